"""Patterns that go without a time limit: only those that cannot run away, and they match what `regex` matches."""

from __future__ import annotations

import time

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from logscan import Rulebook, load_rules
from logscan.rulebook.linear import SHORT, linear, quick_pattern

RULES = load_rules()


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:a|aa)+$",
        "(a+)+$",
        "(?:a*)*b",
        r"(?:\w+ )+x",
        "a*a*a*a*b",
        r"(?:.{0,99}x){9}",
        r"(\w+)\1",
        "[[:alpha:]]+",
        "(?:ab){e<=1}",
        "(",
        "(?P<a>x)(?(a)y|z)",
    ],
)
def test_linear_leaves_what_may_run_away_or_is_another_dialect(pattern: str) -> None:
    assert linear(pattern, anywhere=False) is None


def test_linear_is_stricter_where_a_match_may_begin_anywhere() -> None:
    assert linear(r"a\w+b\w+c\w+", anywhere=False) is not None
    assert linear(r"a\w+b\w+c\w+", anywhere=True) is None


def test_linear_is_for_short_ascii_texts() -> None:
    assert quick_pattern("abc", "x" * SHORT, anywhere=True) is not None
    assert quick_pattern("abc", "x" * (SHORT + 1), anywhere=True) is None
    assert quick_pattern("abc", "é", anywhere=True) is None


@pytest.mark.parametrize("pattern", [r"\w*\w*\w*!", r"\d+[^!]*\S*!", r"(?:a{0,15}b?){3}\w*!"])
def test_linear_ends_soon_on_the_worst_text(pattern: str) -> None:
    quick = linear(pattern, anywhere=False)
    assert quick is not None
    begun = time.process_time()
    assert quick.match("1" + "a" * (SHORT - 1)) is None
    assert time.process_time() - begun < 5


def test_linear_holds_for_most_rules(rulebook: Rulebook) -> None:
    rules = [*rulebook.signatures, *rulebook.facts]
    assert sum(linear(rule.rule.pattern, anywhere=False) is not None for rule in rules) > 0.9 * len(rules)


@pytest.mark.parametrize("rule", [r for r in RULES.rules if linear(r.rule.pattern, anywhere=False)], ids=lambda rule: rule.id)
@settings(max_examples=20)
@given(st.data())
def test_linear_matches_what_regex_does(rule: object, data: st.DataObject) -> None:
    pattern = rule.rule.pattern  # type: ignore[attr-defined]
    lines = st.sampled_from([example if isinstance(example, str) else example.line for example in rule.rule.examples])  # type: ignore[attr-defined]
    words = lines.flatmap(lambda line: st.permutations(line.split(" ")).map(" ".join))
    text = data.draw(
        lines | words | st.builds(str.__add__, st.text(max_size=3), lines) | st.builds(str.__add__, lines, st.text(max_size=3))
    )
    quick, whole = quick_pattern(pattern, text, anywhere=False), regex.compile(pattern)
    if quick is None:
        return
    one, other = quick.match(text), whole.match(text)
    assert (one and (one.span(), one.groupdict())) == (other and (other.span(), other.groupdict()))
    searched, found = quick.search(text), whole.search(text)
    assert (searched and searched.span()) == (found and found.span())
