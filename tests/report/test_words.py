"""Numbers, times and plurals as people of the language write them."""

from __future__ import annotations

import re

import pytest

from logscan import Rulebook
from logscan.report.texts import COUNTED, UI
from logscan.report.words import Words
from logscan.rulebook.schema import Language
from logscan.times import parse_stamp


@pytest.mark.parametrize(
    ("language", "stamp", "said", "brief"),
    [
        ("en", "2026-11-22T09:05:57Z", "22 Nov 2026, 09:05", "22 Nov, 09:05"),
        ("fr", "2026-11-22T09:05:57Z", "22 nov. 2026 à 09:05", "22 nov. à 09:05"),
        ("fr", "2026-08-01T00:00:00Z", "1er août 2026 à 00:00", "1er août à 00:00"),
        ("en", "2026-08-01T00:00:00Z", "1 Aug 2026, 00:00", "1 Aug, 00:00"),
    ],
)
def test_words_times_as_they_are_spoken(rulebook: Rulebook, language: Language, stamp: str, said: str, brief: str) -> None:
    words, at = Words(rulebook, language), parse_stamp(stamp) or 0
    assert words.spoken(at) == said
    assert words.brief(at) == brief


@pytest.mark.parametrize(("part", "english", "french"), [(0, "0%", "0\u202f%"), (1, "<1%", "<1\u202f%"), (500, "50%", "50\u202f%"), (999, ">99%", ">99\u202f%"), (1000, "100%", "100\u202f%")])  # fmt: skip
def test_words_percents_never_round_to_nought_or_all(rulebook: Rulebook, part: int, english: str, french: str) -> None:
    assert Words(rulebook, "en").percent(part, 1000) == english
    assert Words(rulebook, "fr").percent(part, 1000) == french


def test_words_nought_is_singular_in_french_only(rulebook: Rulebook) -> None:
    assert [Words(rulebook, "en").counted("mascots", n) for n in (0, 1, 2)] == ["0 mascots", "1 mascot", "2 mascots"]
    assert [Words(rulebook, "fr").counted("mascots", n) for n in (0, 1, 1234)] == ["0 mascotte", "1 mascotte", "1\u202f234 mascottes"]


@pytest.mark.parametrize("key", UI)
def test_words_both_languages_fill_in_the_same_values(key: str) -> None:
    english, french = UI[key]
    assert english
    assert french
    assert set(re.findall(r"\{(\w+)\}", english)) == set(re.findall(r"\{(\w+)\}", french))
    # French sets a (thin) space before what has two parts.
    assert not re.search(r"[^\s\u00a0\u202f][;!?](?:\s|$)", french)


def test_words_counted_ones_have_both_numbers() -> None:
    assert all(len(forms) == 2 and all(forms) for texts in COUNTED.values() for forms in texts)
