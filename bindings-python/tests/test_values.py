"""Values of every type, to a plugin and back."""

import math
from pathlib import Path
from typing import Any

import plugbay
import pytest
from plugbay import Err, Ok, Record, Some, Variant

ECHO = Path(__file__).parent / "echo.wasm"


@pytest.fixture(scope="module")
def echo() -> plugbay.Plugin:
    return plugbay.Host().load(ECHO)


POINT = Record(x=-1, long_label="höhe", near=0.5)
CASES = [
    ("bool", [True, False]),
    ("s8", [-128, 127]),
    ("u16", [0, 65535]),
    ("s16", [-32768, 32767]),
    ("u32", [2**32 - 1]),
    ("s32", [-(2**31)]),
    ("u64", [2**64 - 1]),
    ("s64", [-(2**63)]),
    ("f32", [1.5, math.inf]),
    ("f64", [0.1, -math.inf]),
    ("char", ["a", "☃", "\0", "🍰"]),
    ("string", ["", "plain", "naïve 東京 🍰", "x" * 10_000]),
    ("points", [POINT, Record(x=2, long_label="", near=None)]),
    ("shapes", [Variant("dot"), Variant("circle", 2.5), Variant("path", [POINT])]),
    ("colors", ["red", "dark-green"]),
    ("permissions", [frozenset(), frozenset({"read", "run-it"})]),
    ("maybe", [None, 7]),
    ("maybe_maybe", [None, Some(None), Some(7)]),
    ("result", [Ok(1), Err("no")]),
    ("empty_result", [Ok(), Err()]),
    ("pair", [(1, "one"), (2, "two")]),
    ("lists", [[], [1, 2]]),
]


@pytest.mark.parametrize("name, values", CASES)
def test_there_and_back(echo: plugbay.Plugin, name: str, values: list) -> None:
    assert getattr(echo, name)(values) == values


@pytest.mark.parametrize("data", [b"", b"\0\xff", bytearray(b"abc"), memoryview(b"abc"), [1, 2, 3]])
def test_bytes(echo: plugbay.Plugin, data: Any) -> None:
    assert echo.u8(data) == bytes(data)
    assert type(echo.u8(data)) is bytes


def test_nan(echo: plugbay.Plugin) -> None:
    assert math.isnan(echo.f64([math.nan])[0])


def test_other_forms_are_taken_too(echo: plugbay.Plugin) -> None:
    class Point:
        x, long_label, near = 1, "a", None

    expected = [{"x": 1, "long_label": "a", "near": None}]
    assert echo.points([Point()]) == expected
    assert echo.points([{"x": 1, "long-label": "a", "near": None}]) == expected
    assert echo.shapes(["dot", ("circle", 1.0)]) == [Variant("dot"), Variant("circle", 1.0)]
    assert echo.permissions([["read"], {"write"}]) == [{"read"}, {"write"}]
    assert echo.f64([1]) == [1.0]


@pytest.mark.parametrize(
    "name, value, error, place",
    [
        ("u8", [256], OverflowError, r"\[0\]"),
        ("u32", [0, -1], OverflowError, r"\[1\]"),
        ("u32", [1.5], TypeError, "expected a u32, found float"),
        ("u32", [True], TypeError, "expected a u32, found bool"),
        ("bool", [1], TypeError, "expected a bool, found int"),
        ("char", ["ab"], TypeError, "expected one character"),
        ("string", "not a list", TypeError, "expected a list"),
        ("string", ["\ud800"], TypeError, "expected a str"),
        ("points", [{"x": 1}], TypeError, "no field `long_label`"),
        ("points", [{"x": "1", "long_label": "", "near": None}], TypeError, r"\.x: as an? s32"),
        ("shapes", [Variant("square", 1)], ValueError, "none of dot, circle, path"),
        ("shapes", [Variant("circle", "1")], TypeError, r"\(circle\)"),
        ("colors", ["blue"], ValueError, "none of red, dark-green"),
        ("permissions", ["read"], TypeError, "a set of flags"),
        ("maybe_maybe", [7], TypeError, "Some"),
        ("result", [1], TypeError, "Ok"),
        ("pair", [(1,)], TypeError, "tuple of 2"),
    ],
)
def test_misfits_name_the_place(echo: plugbay.Plugin, name: str, value: Any, error: type, place: str) -> None:
    with pytest.raises(error, match=place):
        getattr(echo, name)(value)
    assert getattr(echo, "u8")(b"still alive") == b"still alive"


def test_a_list_that_contains_itself(echo: plugbay.Plugin) -> None:
    endless: list = []
    endless.append(endless)
    with pytest.raises(TypeError):
        echo.lists(endless)
