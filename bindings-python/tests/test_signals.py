"""Plugins leave the signals of the process alone, unless they are allowed to use them."""

import time
from pathlib import Path

import plugbay
import pytest
from conftest import TEXT, Desk


def caught() -> int:
    """The signals that this process has handlers for, a bit for each; not those that the C library keeps for itself."""
    lines = Path("/proc/self/status").read_text().splitlines()
    mask = next(line.split()[1] for line in lines if line.startswith("SigCgt"))
    return int(mask, 16) & 0x7FFF_FFFF


def test_a_plugin_installs_no_signal_handler_until_it_may() -> None:
    before = caught()
    plugin = Desk().load("markdown")
    assert plugin.text_tools.tokenize(TEXT)
    assert caught() == before
    plugin = Desk(signals=True).load("markdown")
    assert plugin.text_tools.tokenize(TEXT)
    assert caught() != before


@pytest.mark.parametrize("signals", [False, True])
def test_deadlines_hold_in_both_styles(signals: bool) -> None:
    plugin = Desk(signals=signals).load("markdown", deadline=30)
    plugin.set_deadline(0.05)
    text, start = TEXT * 200_000, time.monotonic()
    with pytest.raises(plugbay.Deadline):
        plugin.text_tools.tokenize(text)
    assert time.monotonic() - start < 30
