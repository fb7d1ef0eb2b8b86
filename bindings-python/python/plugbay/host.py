"""Hosts and plugins as a Python user sees them: names instead of paths, resources as objects. Whatever is decided or
checked is decided in the native half."""

from __future__ import annotations

import json
import os
from typing import Any, Callable, Iterable, Union

from plugbay import _plugbay

__all__ = ["Host", "Interface", "Plugin", "Resource"]

Source = Union[str, "os.PathLike[str]", bytes]


class Host:
    """Compiles plugins and knows what they may be offered.

    Plugins run with checks in their own code and touch no signal handler of the process. With ``signals=True`` they run
    faster, under handlers for SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGURG that pass on what is not theirs: for programs
    in which no other library owns these signals.
    """

    def __init__(self, *, signals: bool = False) -> None:
        self._native = _plugbay.Host(signals=signals)

    def provide(self, name: str, implementation: Any = None) -> Any:
        """Offers the interface `name` to plugins that are granted it with ``allow=name``.

        `implementation` is a mapping of WIT names to functions, or an object whose public methods are the functions.
        Without one this is a decorator for a class without parameters.

        >>> host = Host()
        >>> host.provide("demo:editor/logging", {"log": print})
        """
        if implementation is not None:
            self._native.provide(name, implementation)
            return None

        def decorate(cls: type) -> type:
            self._native.provide(name, cls())
            return cls

        return decorate

    def load(self, source: Source, **options: Any) -> Plugin:
        """Loads a component from a path, or from its bytes. Nothing is allowed that is not named here.

        ``allow``, ``deny``: names of interfaces, ``"wasi:clocks"`` or ``"demo:editor/logging"``.
        ``allow_read``, ``allow_write``: a directory, several, or ``{host directory: guest path}``.
        ``env``: a mapping; ``allow_env``: names of variables to pass on; ``args``: a list.
        ``allow_clocks``, ``allow_random``: ``True``; ``stdio``: ``"null"``, ``"inherit"`` or ``"capture"``.
        ``deadline``: seconds for each call (5); ``memory``: bytes (256 MiB); ``name``: for messages.
        """
        return Plugin(self._native.load(source, **options))

    def card(self, source: Source) -> dict[str, Any]:
        """What a component asks for: the permission card, as plain data."""
        card: dict[str, Any] = json.loads(self._native.card(source))
        return card


class Plugin:
    """A live plugin. Exports are attributes: functions of the world directly, interfaces by the last part of their
    name; ``-`` is ``_``. :meth:`call` takes the names as they are in WIT."""

    def __init__(self, native: Any) -> None:
        self._native = native
        self._functions: dict[str, tuple[list[str], str]] = {
            path: (params, ty) for path, params, ty in native.functions()
        }
        self._interfaces = {path.partition("#")[0] for path in self._functions if "#" in path}

    @property
    def name(self) -> str:
        """What the plugin is called in messages."""
        return str(self._native.name)

    @property
    def poisoned(self) -> bool:
        """Whether an earlier call ended the plugin; then it has to be loaded again."""
        return bool(self._native.poisoned)

    @property
    def memory(self) -> int:
        """Bytes of memory that the plugin uses."""
        return int(self._native.memory)

    def functions(self) -> dict[str, str]:
        """All exported functions with their types."""
        return {path: ty for path, (_, ty) in self._functions.items()}

    def call(self, path: str, *args: Any) -> Any:
        """Calls ``"describe"`` or ``"demo:editor/text-tools#tokenize"`` (the version may be left out)."""
        return self._native.call(path, self._resource, *args)

    def set_deadline(self, seconds: float | None) -> None:
        """Changes the deadline of the calls from now on."""
        self._native.set_deadline(seconds)

    def take_stdout(self) -> bytes:
        """What the plugin wrote to a captured standard output since the last time."""
        return bytes(self._native.take_stdout())

    def take_stderr(self) -> bytes:
        """What the plugin wrote to a captured standard error since the last time."""
        return bytes(self._native.take_stderr())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        wit = name.replace("_", "-")
        if wit in self._functions:
            return _Function(self, wit)
        found = [interface for interface in sorted(self._interfaces) if _short(interface) == wit]
        if len(found) == 1:
            return Interface(self, found[0])
        if found:
            raise AttributeError(f"{wit} could be any of {', '.join(found)}; use plugin[…]")
        offers = [path for path in self._functions if "#" not in path] + sorted(self._interfaces)
        raise AttributeError(f"the plugin exports no {wit}; it exports {', '.join(offers)}")

    def __getitem__(self, interface: str) -> Interface:
        """The interface by its whole name, with or without a version."""
        for known in self._interfaces:
            if interface in (known, known.partition("@")[0]):
                return Interface(self, known)
        raise KeyError(interface)

    def __dir__(self) -> Iterable[str]:
        names = [path for path in self._functions if "#" not in path] + [_short(name) for name in self._interfaces]
        return [*super().__dir__(), *(name.replace("-", "_") for name in names)]

    def __repr__(self) -> str:
        return f"<plugbay.Plugin {self.name}>"

    def _resource(self, handle: Any) -> Resource:
        return Resource(self, handle)

    def _find(self, suffix: str) -> str | None:
        return next((path for path in self._functions if path.endswith(suffix)), None)


class _Function:
    def __init__(self, plugin: Plugin, path: str, *bound: Any) -> None:
        self._plugin, self._path, self._bound = plugin, path, bound

    def __call__(self, *args: Any) -> Any:
        return self._plugin.call(self._path, *self._bound, *args)

    def __repr__(self) -> str:
        return f"<function {self._path} of {self._plugin.name}>"

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        return f"{self._path}: {self._plugin._functions[self._path][1]}"


class Interface:
    """The functions and resources of one exported interface, as attributes."""

    def __init__(self, plugin: Plugin, name: str) -> None:
        self._plugin, self._name = plugin, name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        wit = name.replace("_", "-")
        if f"{self._name}#{wit}" in self._plugin._functions:
            return _Function(self._plugin, f"{self._name}#{wit}")
        marks = (f"[constructor]{wit}", f"[method]{wit}.", f"[static]{wit}.")
        if any(path.startswith(f"{self._name}#{mark}") for path in self._plugin._functions for mark in marks):
            return _ResourceType(self._plugin, self._name, wit)
        raise AttributeError(f"{self._name} has no {wit}")

    def __dir__(self) -> Iterable[str]:
        names = [path.partition("#")[2] for path in self._plugin._functions if path.startswith(f"{self._name}#")]
        return [*super().__dir__(), *(name.replace("-", "_") for name in names if not name.startswith("["))]

    def __repr__(self) -> str:
        return f"<interface {self._name} of {self._plugin.name}>"


class _ResourceType:
    """A resource of a plugin: call it to make one; static functions are attributes."""

    def __init__(self, plugin: Plugin, interface: str, name: str) -> None:
        self._plugin, self._interface, self._name = plugin, interface, name

    def __call__(self, *args: Any) -> Any:
        return self._plugin.call(f"{self._interface}#[constructor]{self._name}", *args)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        path = f"{self._interface}#[static]{self._name}.{name.replace('_', '-')}"
        if path not in self._plugin._functions:
            raise AttributeError(f"the resource {self._name} has no static function {name}")
        return _Function(self._plugin, path)


class Resource:
    """A resource that lives in a plugin. Methods are attributes; ``with`` (or :meth:`drop`) gives it back, as does
    passing it to a function that takes it over."""

    def __init__(self, plugin: Plugin, handle: Any) -> None:
        self._plugin, self._handle = plugin, handle

    def drop(self) -> None:
        """Gives the resource back: its destructor runs in the plugin."""
        self._plugin._native.drop(self._handle)

    def __enter__(self) -> Resource:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        path = self._plugin._find(f"#[method]{self._handle.name}.{name.replace('_', '-')}")
        if path is None:
            raise AttributeError(f"the resource {self._handle.name} has no method {name}")
        return _Function(self._plugin, path, self)

    def __repr__(self) -> str:
        return f"<resource {self._handle.name} of {self._plugin.name}>"


def _short(interface: str) -> str:
    return interface.partition("@")[0].rpartition("/")[2]
