"""The four example plugins, and a host that offers them what the editor does."""

from pathlib import Path

import plugbay
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "plugins-example"
PLUGINS = {
    "markdown": EXAMPLES / "rust" / "markdown.wasm",
    "whitespace": EXAMPLES / "c" / "whitespace.wasm",
    "outline": EXAMPLES / "go" / "outline.wasm",
    "shout": EXAMPLES / "assemblyscript" / "shout.wasm",
}
TEXT = "# The  plugin bay\n\nA ship has a bay.  It is naïve; 東京 has 42 bays.\n"


class Buffer:
    """A host resource: the text that is open in the editor."""

    def __init__(self, name: str, text: str) -> None:
        self.name_, self.text_ = name, text

    def name(self) -> str:
        return self.name_

    def text(self) -> str:
        return self.text_

    def length(self) -> int:
        return len(self.text_.encode())

    def line_count(self) -> int:
        return len(self.text_.splitlines())

    def line(self, number: int) -> "str | None":
        lines = self.text_.splitlines()
        return lines[number] if number < len(lines) else None


class Desk:
    """The editor's side."""

    def __init__(self, **options: bool) -> None:
        self.log: "list[tuple[str, str]]" = []
        self.config = {"dash": "em"}
        self.buffer = Buffer("sample.md", TEXT)
        self.host = plugbay.Host(**options)
        self.host.provide("demo:editor/logging", {"log": lambda level, message: self.log.append((level, message))})
        self.host.provide("demo:editor/config", {"get": self.config.get, "entries": lambda: list(self.config.items())})
        self.host.provide("demo:editor/buffers", {"buffer": Buffer, "open-buffer": lambda: self.buffer})

    def load(self, name: str, **options: object) -> plugbay.Plugin:
        grants = {"allow": ["demo:editor", "wasi:cli", "wasi:filesystem"], "stdio": "null"}
        return self.host.load(PLUGINS[name], allow_clocks=True, allow_random=True, **{**grants, **options})


@pytest.fixture(scope="session")
def desk() -> Desk:
    return Desk()


@pytest.fixture(params=PLUGINS)
def plugin(request: pytest.FixtureRequest, desk: Desk) -> plugbay.Plugin:
    return desk.load(request.param)
