"""The four example plugins, each in another language, called from Python."""

import plugbay
import pytest
from conftest import TEXT, Desk


def test_describe(plugin: plugbay.Plugin) -> None:
    info = plugin.describe()
    assert info.name and len(info.version) == 3
    assert isinstance(info.capabilities, frozenset) and "tokenize" in info.capabilities
    assert info.homepage is None or isinstance(info.homepage, str)


def test_tokens_are_pieces_of_the_text(plugin: plugbay.Plugin) -> None:
    tokens = plugin.text_tools.tokenize(TEXT)
    assert tokens
    text, end = TEXT.encode(), 0
    for token in tokens:
        assert isinstance(token.kind, plugbay.Variant)
        assert token.start >= end
        end = token.start + token.length
        text[token.start : end].decode()
    assert end <= len(text)


def test_word_counts(plugin: plugbay.Plugin) -> None:
    count = plugin.call("demo:editor/text-tools#count-words", TEXT)
    assert count == {
        "lines": 3,
        "words": len(TEXT.split()),
        "characters": len(TEXT),
        "bytes": len(TEXT.encode()),
    }


def test_a_session_is_kept_across_calls(plugin: plugbay.Plugin) -> None:
    with plugin.sessions.session("notes") as session:
        assert session.append("one two") == 2
        assert session.append("three") == 3
        summary = session.summary()
        assert (summary.name, summary.appended, summary.words) == ("notes", 2, 3)
        assert summary.longest == "three"
    with pytest.raises(plugbay.PlugbayError):
        session.append("after the end")


def test_sessions_merge(plugin: plugbay.Plugin) -> None:
    first, second = plugin.sessions.session("first"), plugin.sessions.session("second")
    first.append("a b")
    second.append("c")
    merged = plugin.sessions.session.merge(first, second)
    assert merged.summary().words == 3
    with pytest.raises(plugbay.PlugbayError):
        first.append("used up")


def test_a_file_through_a_granted_directory(desk: Desk, tmp_path) -> None:
    (tmp_path / "words").write_text("# comment\nship\nbay\n")
    granted = desk.load("markdown", allow_read={tmp_path: "/words"}, env={"EDITOR_DICTIONARY": "/words/words"})
    assert granted.dictionary.default_path() == "/words/words"
    assert granted.dictionary.load_dictionary("/words/words") == 2
    assert granted.dictionary.unknown_words("The ship") == [(0, "The")]
    with pytest.raises(plugbay.ResultError) as failure:
        granted.dictionary.load_dictionary("/etc/passwd")
    assert isinstance(failure.value.value, str)


def test_without_the_grant_it_is_denied(desk: Desk) -> None:
    with pytest.raises(plugbay.Denied) as denied:
        desk.host.load(desk_path("markdown"), allow="demo:editor")
    assert any(name.startswith("wasi:filesystem") for name in denied.value.imports)
    assert "markdown" in str(denied.value) and "wasi:filesystem" in str(denied.value)


def test_edits_come_from_the_open_buffer(plugin: plugbay.Plugin, desk: Desk) -> None:
    try:
        edits = plugin.text_tools.propose(desk.buffer)
    except plugbay.ResultError as declined:
        assert isinstance(declined.value, plugbay.Variant)
        return
    assert all(edit.case in ("insert", "delete", "replace") for edit in edits)


@pytest.mark.parametrize("kind, error", [("trap", plugbay.Trap), ("recurse-forever", plugbay.Trap), ("loop-forever", plugbay.Deadline)])
def test_mischief_ends_the_plugin_and_nothing_else(desk: Desk, kind: str, error: type) -> None:
    mischievous, other = desk.load("whitespace", deadline=0.3), desk.load("shout")
    with pytest.raises(error):
        mischievous.mischief.commit(kind)
    assert mischievous.poisoned
    with pytest.raises(plugbay.Poisoned):
        mischievous.describe()
    assert other.text_tools.count_words("still here").words == 2


def desk_path(name: str):
    from conftest import PLUGINS

    return PLUGINS[name]
