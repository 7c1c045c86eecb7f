"""Anchors: whatever a pattern matches holds one of them, in letters that no form of log escapes."""

from __future__ import annotations

import re

import pytest
import regex
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from logscan import Rulebook, load_rules
from logscan.rulebook import Compiled
from logscan.rulebook.anchors import MIN_LENGTH, PLAIN, Anchors, anchors_of, fold

RULES = [rule for rule in load_rules().scanned if rule.anchors.texts]
WORDS = st.text(alphabet="abcdefgK =:-_.(", min_size=1, max_size=6).map(re.escape)
ATOMS = st.one_of(WORDS, st.sampled_from([r"\d+", r"\S+", ".", r"\s{0,3}", r"\w{1,4}", r"[ab]", r"[^x]?", r"\b", "é", '"', r"\\*", "/"]))


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: "(?:" + "|".join(parts) + ")"),
        inner.map(lambda part: f"({part})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{0,2}", "{1,2}", "+?", "??"])).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
        inner.map(lambda part: f"(?i:{part})"),
        inner.map(lambda part: f"(?={part}){part}"),
        inner.map(lambda part: f"(?!zz{part})"),
    )


PATTERNS = st.tuples(st.sampled_from(["", "", "(?i)", "(?s)"]), st.recursive(ATOMS, _combined, max_leaves=8)).map("".join)


def holds(anchors: Anchors, text: str) -> bool:
    text = fold(text) if anchors.ignore_case else text
    return not anchors.texts or any(anchor in text for anchor in anchors.texts)


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(st.data(), PATTERNS)
def test_anchors_occur_in_every_match_of_any_pattern(data: st.DataObject, pattern: str) -> None:
    try:
        known = re.compile(pattern)
    except re.error:
        assume(False)
    text = data.draw(st.from_regex(known))
    found = regex.search(pattern, text)
    assume(found is not None)
    assert holds(anchors_of(pattern), text)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from(RULES))
def test_anchors_occur_in_every_match_of_the_packaged_rules(data: st.DataObject, rule: Compiled) -> None:
    text = data.draw(st.from_regex(re.compile(rule.rule.pattern)))
    assume(rule.pattern.search(text) is not None)
    assert holds(rule.anchors, text)


@given(PATTERNS)
def test_anchors_hold_only_what_no_form_escapes(pattern: str) -> None:
    anchors = anchors_of(pattern)
    assert all(len(text) >= MIN_LENGTH and set(text) <= PLAIN for text in anchors.texts)
    assert not anchors.ignore_case or all(text == text.lower() for text in anchors.texts)


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("Failed to generate mascot (?P<mascot>\\S+)", {"Failed to generate mascot "}),
        ("(?:ECONNREFUSED|ENOTFOUND) .{0,80}:6379", {"CONNREFUSED", "NOTFOUND"}),
        ("(?:abcdef)?ghi", {"ghi"}),
        ("(?:abcdef){2,3}", {"abcdef"}),
        ("(?i)Access Denied by policy", {"access denied by policy"}),
        ("a(?:bc)d", {"abcd"}),
        ('"code":', {"code"}),
        ("\\d+ \\w+", set()),
        ("(?:abc|\\d+)", set()),
        ("(?i:abc)", set()),
        ("größer als", {"er als"}),
    ],
)
def test_anchors_of_patterns(pattern: str, texts: set[str]) -> None:
    assert set(anchors_of(pattern).texts) == texts


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("[[:alpha:]]bcdef", "xbcdef"),
        ("(?:foobar){e<=1}", "fobar"),
        (r"\p{Lu}bcdef", "Xbcdef"),
        ("(?|abc(x)|def(y))", "defy"),
        ("(?x) ab cd ef # a note", "abcdef"),
        ("abc(?#a note)def", "abcdef"),
        (r"\mword\M here", "word here"),
    ],
)
def test_anchors_where_the_regex_package_reads_a_pattern_otherwise(pattern: str, text: str) -> None:
    assert regex.search(pattern, text)
    assert holds(anchors_of(pattern), text)


def test_anchors_ignore_case_beyond_ascii() -> None:
    # Kelvin's sign and the long s are a k and an s to a pattern that ignores case.
    for pattern, text in (("(?i)disk full", "dis\u212a full"), ("(?i)desk", "de\u017fk"), ("(?i)disk", "d\u0130sk")):
        rule_matches = regex.compile(pattern).search(text) is not None
        assert not rule_matches or holds(anchors_of(pattern), text)


def test_every_packaged_rule_can_be_looked_for(rulebook: Rulebook) -> None:
    """A rule without an anchor would make every line a candidate."""
    assert [rule.id for rule in rulebook.scanned if not rule.scan_anchors.texts] == []
