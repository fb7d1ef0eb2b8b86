"""What values of the Component Model are in Python. No code that calls a plugin lives here.

=====================  ======================================================================
WIT                    Python
=====================  ======================================================================
bool, integers         ``bool``, ``int`` (checked against the width)
f32, f64               ``float``
char, string           ``str``
list<u8>               ``bytes`` (any buffer is accepted); other lists are ``list``
record                 :class:`Record` out; a mapping or an object with the attributes in
tuple                  ``tuple``
variant                :class:`Variant`
enum                   ``str``
flags                  ``frozenset`` of ``str`` out; any iterable of ``str`` in
option<T>              ``None`` or the value; an option of an option wraps it in :class:`Some`
result<T, E>           as the result of a call: the value, or :class:`plugbay.ResultError` is
                       raised; anywhere else :class:`Ok` or :class:`Err`
resource               :class:`plugbay.Resource`
=====================  ======================================================================

Names of fields, functions and parameters are written with ``_`` in place of ``-``. Names of cases, enum values and flags
are data, and stay as the WIT has them.
"""

from __future__ import annotations

from typing import Any, Iterator, NamedTuple

__all__ = ["Err", "Ok", "Record", "Some", "Variant"]


class Record:
    """A record: fields are attributes. It compares, prints and iterates like a frozen dataclass or a mapping."""

    __slots__ = ("_fields",)

    def __init__(self, **fields: Any) -> None:
        object.__setattr__(self, "_fields", fields)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._fields[name]
        except KeyError:
            raise AttributeError(f"the record has no field {name!r}; it has {', '.join(self._fields)}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("records are read-only; make a new one")

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def keys(self) -> Iterator[str]:
        return iter(self._fields)

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Record):
            return bool(self._fields == other._fields)
        if isinstance(other, dict):
            return bool(self._fields == other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self._fields.items()))

    def __reduce__(self) -> Any:
        return (_record, (self._fields,))

    def __repr__(self) -> str:
        return f"Record({', '.join(f'{name}={value!r}' for name, value in self._fields.items())})"


def _record(fields: dict[str, Any]) -> Record:
    return Record(**fields)


class Variant(NamedTuple):
    """A case of a variant and its payload, if it has one. ``match v: case Variant("insert", text): …``"""

    case: str
    payload: Any = None


class Some(NamedTuple):
    """A value that is there, where an option holds an option."""

    value: Any


class Ok(NamedTuple):
    """The good side of a result that is part of another value."""

    value: Any = None


class Err(NamedTuple):
    """The bad side of a result that is part of another value."""

    error: Any = None
