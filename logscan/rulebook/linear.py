"""Patterns that need no time limit. The limit costs `regex` three microseconds a match, several times the match itself."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

import regex

from logscan.rulebook.anchors import OTHER_DIALECT

# The tree of the standard library's own parser; public as `sre_parse` before 3.11.
from re import _constants as op, _parser  # type: ignore[attr-defined]  # isort: skip

# Matching takes as many steps as the text has characters, to the power of its long repeats, and of one more where it may
# begin anywhere: a tenth of a second here.
SHORT: Final = 400
_MAX_REPEATS: Final = 3
_MANY: Final = 16
_SINGLE: Final = ([op.LITERAL], [op.NOT_LITERAL], [op.IN], [op.ANY])
_REPEATS: Final = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)

Match = re.Match[str] | regex.Match[str]


def quick_pattern(pattern: str, text: str, *, anywhere: bool) -> re.Pattern[str] | None:
    """The pattern to try on a text without a time limit, at its start or `anywhere`; None where it needs one, or might match otherwise."""
    return linear(pattern, anywhere=anywhere) if is_plain(text) else None


def is_plain(text: str) -> bool:
    """Whether a text is short, and of characters that both engines take alike: control characters are not."""
    return len(text) <= SHORT and text.isascii() and text.isprintable()


@lru_cache(maxsize=4096)
def linear(pattern: str, *, anywhere: bool) -> re.Pattern[str] | None:
    """The pattern for the standard library's `re`, if it cannot run away on a text of SHORT characters; else None.

    On a plain text it matches just what `regex` does. Long repeats may not stand in each other, and there are three at most.
    """
    if OTHER_DIALECT.search(pattern):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = _parser.parse(pattern)
            return re.compile(pattern) if _repeats(tree) + anywhere <= _MAX_REPEATS else None
    except (re.error, OverflowError, Warning):
        return None


def _repeats(tree: Iterable[tuple[Any, Any]]) -> int:
    """How many long repeats a match may go through, one inside the other counted as too many."""
    return sum(_repeats_of(kind, value) for kind, value in tree)


def _repeats_of(kind: Any, value: Any) -> int:
    if kind in _REPEATS:
        _low, high, inner = value
        if high is not op.MAXREPEAT and high < _MANY:
            return _repeats(inner) * int(high)
        # Of two ways to read the same characters, repeated, a match may try all.
        return 1 if [kind for kind, _ in inner] in _SINGLE else _MAX_REPEATS + 1
    if kind is op.BRANCH:
        return sum(_repeats(branch) for branch in value[1])
    if kind is op.SUBPATTERN:
        return _repeats(value[3])
    if kind in (op.ASSERT, op.ASSERT_NOT):
        return _repeats(value[1])
    if kind is op.ATOMIC_GROUP:
        return _repeats(value)
    return _MAX_REPEATS + 1 if kind in (op.GROUPREF, op.GROUPREF_EXISTS) else 0
