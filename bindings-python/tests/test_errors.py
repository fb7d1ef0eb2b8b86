"""What goes wrong is an exception that says what to do."""

import pytest

import plugbay
from conftest import PLUGINS, Buffer, Desk


def test_a_missing_file() -> None:
    with pytest.raises(FileNotFoundError, match="no-such-plugin"):
        plugbay.Host().load("no-such-plugin.wasm")


@pytest.mark.parametrize("data", [b"", b"# not a plugin", b"\0asm", b"\0asm\x0d\0\1\0\xff"])
def test_bytes_that_are_no_component(data: bytes) -> None:
    with pytest.raises(plugbay.LoadError):
        plugbay.Host().load(data)


def test_an_unknown_import() -> None:
    with pytest.raises(plugbay.Incompatible, match="demo:editor/logging"):
        plugbay.Host().load(PLUGINS["shout"])


def test_an_unknown_option(desk: Desk) -> None:
    with pytest.raises(TypeError, match="alow_read"):
        desk.host.load(PLUGINS["shout"], alow_read="/")


def test_wrong_arguments_name_the_place(desk: Desk) -> None:
    plugin = desk.load("shout")
    with pytest.raises(TypeError, match="text: expected a str, found int"):
        plugin.text_tools.tokenize(1)
    with pytest.raises(TypeError, match="was given 0 arguments"):
        plugin.text_tools.tokenize()
    with pytest.raises(ValueError, match="none of loop-forever"):
        plugin.mischief.commit("sleep")
    with pytest.raises(AttributeError, match="exports no nothing"):
        plugin.nothing


def test_an_exception_of_a_host_function_comes_back(desk: Desk) -> None:
    class Odd(BaseException):
        pass

    def log(level: str, message: str) -> None:
        raise Odd(message)

    host = plugbay.Host()
    host.provide("demo:editor/logging", {"log": log})
    host.provide("demo:editor/config", {"get": log, "entries": log})
    host.provide("demo:editor/buffers", {"buffer": Buffer, "open-buffer": lambda: log("", "none")})
    plugin = host.load(PLUGINS["shout"], allow="demo:editor")
    with pytest.raises(Odd):
        plugin.sessions.session("")


def test_the_card_tells_what_is_asked_for() -> None:
    card = plugbay.Host().card(PLUGINS["markdown"])
    assert any("wasi:filesystem" in name for entry in card["entries"] for name in entry["imports"])
