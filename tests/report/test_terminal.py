"""The summary on a terminal: nothing from a log ever acts on it, and it fits."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscan import Rulebook
from logscan.report.terminal import to_terminal
from logscan.report.words import Words
from tests.logs import failed, picked, read, render
from tests.report.conftest import CASES, Diagnose

SGR = re.compile(r"\x1b\[[\d;]*m")
ATTACKS = {
    "clear": "\x1b[2J\x1b[H",
    "title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;https://evil.example/\x1b\\click\x1b]8;;\x1b\\",
    "c1": "\x9b2J \x9d0;owned\x9c",
    "return": "all is well\rNOTHING TO SEE",
    "backspace": "abc\x08\x08\x08xyz\x7f",
    "bell": "\x07\x07",
    "bidi": "\u202egnp.exe\u202c \u2066\u2069\u200f",
    "markup": "[bold red]owned[/] [link=https://evil.example]x[/link] :bomb:",
    "wide": "漢字" * 60,
}


TURNS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def harmless(text: str) -> bool:
    """Whether text only writes: no control but the line's end, nothing that turns the direction of reading."""
    return not any(char != "\n" and (unicodedata.category(char) in ("Cc", "Cs") or char in TURNS) for char in text)


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("attack", ATTACKS)
def test_terminal_log_text_never_acts(attacked: Diagnose, words: Words, attack: str, *, colour: bool) -> None:
    shown = to_terminal(attacked(ATTACKS[attack]), words, colour=colour)
    assert harmless(SGR.sub("", shown) if colour else shown)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows allows no such file name")
def test_terminal_file_name_never_acts(attacked: Diagnose, english: Words) -> None:
    shown = to_terminal(attacked("x", name="a\x1b[2J\u202egol.log"), english)
    assert harmless(shown)
    assert "gol.log" in shown


@given(text=st.text(max_size=60), colour=st.booleans())
def test_terminal_any_text_never_acts(rulebook: Rulebook, text: str, *, colour: bool) -> None:
    error = "Error: " + text.replace("\n", " ")
    shown = to_terminal(
        read(rulebook, render([picked("7", 0), failed("7", 10**9, error)], "dash-json")), Words(rulebook, "en"), colour=colour
    )
    assert "1 mascot could not be generated" in shown
    assert harmless(SGR.sub("", shown) if colour else shown)


def test_terminal_markup_in_log_text_is_text(attacked: Diagnose, english: Words) -> None:
    shown = " ".join(to_terminal(attacked("[bold red]owned[/] :bomb:"), english).split())
    assert "[bold red]owned[/] :bomb:" in shown


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("width", [40, 80, 200])
def test_terminal_fits_its_width(fixture: Diagnose, words: Words, name: str, width: int) -> None:
    lines = to_terminal(fixture(name), words, width=width).splitlines()
    # A command is meant to be copied: it is never broken.
    assert all(len(line) <= width for line in lines if not line.lstrip().startswith("$ "))


@pytest.mark.parametrize("name", CASES)
def test_terminal_colour_is_paint_only(fixture: Diagnose, english: Words, name: str) -> None:
    plain, painted = to_terminal(fixture(name), english), to_terminal(fixture(name), english, colour=True)
    assert "\x1b" not in plain
    assert "\x1b[" in painted
    assert [line.rstrip() for line in SGR.sub("", painted).splitlines()] == plain.splitlines()


@pytest.mark.parametrize("name", CASES)
def test_terminal_tells_verdict_counts_causes_and_sources(fixture: Diagnose, words: Words, name: str) -> None:
    diagnosis = fixture(name)
    shown = to_terminal(diagnosis, words, width=300)
    assert shown.startswith(("✖ ", "▲ ", "✔ ", "● "))
    assert words.title(diagnosis.findings[0]) in shown.splitlines()[0]
    for outcome, count in diagnosis.by_outcome.items():
        assert f"{words.ui(outcome)} {count}" in shown
    for cause in diagnosis.causes[:6]:
        assert re.search(rf"^{cause.id} +{cause.mascots} +{cause.lines} +{re.escape(words.cause(cause.id))}", shown, re.MULTILINE)
    for source in diagnosis.coverage.sources:
        assert f"{source.name}: {source.format}" in shown


def test_terminal_masks_secrets(fixture: Diagnose, english: Words) -> None:
    assert "hunter2-very-secret" not in to_terminal(fixture("hostile-text"), english, width=2000)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("width", [40, 100])
def test_terminal_bar_shows_every_outcome_and_is_full(fixture: Diagnose, english: Words, name: str, width: int) -> None:
    diagnosis = fixture(name)
    signs = "█▒╳░▚╌?"
    bars = [
        line.strip()
        for line in to_terminal(diagnosis, english, width=width).splitlines()
        if line.strip() and set(line.strip()) <= set(signs)
    ]
    assert len(bars) == (1 if diagnosis.by_outcome else 0)
    for bar in bars:
        assert len(bar) == min(width - 2, 60)
        assert len(set(bar)) == len(diagnosis.by_outcome)


def test_terminal_says_how_many_since_when_and_what_was_good(fixture: Diagnose, english: Words) -> None:
    shown = " ".join(to_terminal(fixture("quota-cli-plain"), english).split())
    assert (
        "2 of 3 mascots · since 2026-11-23 09:14:27 UTC, still going on at the end of the log · last good before 2026-11-23 09:14:13"
        in shown
    )
    assert shown.index("What to do") < shown.index("What proves it")
