"""The literal text that a pattern cannot match without.

The scanner looks for these anchors in raw bytes, so an anchor may hold only characters that no
log form escapes: no double quotes, backslashes, slashes, control characters or non-ASCII letters.
"""

from __future__ import annotations

import re
import string
import warnings
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

# The tree of the standard library's own parser; public as `sre_parse` before 3.11.
from re import _constants as op, _parser  # type: ignore[attr-defined]  # isort: skip

PLAIN: Final = frozenset(string.ascii_letters + string.digits + " _-.:,;()[]{}@#%*=!?$|~^'")
MIN_LENGTH: Final = 3
# POSIX classes and fuzzy matching: `re` reads these as literal text, `regex` does not.
OTHER_DIALECT: Final = re.compile(r"\[:\^?\w+:\]|(?<!\\)(?:\\\\)*\{[\d<=+,\s]*[eisd]\s*[<=,:}]")
# What is no ASCII letter and yet matches one where case is ignored: the dotted I, Kelvin's sign, the long s.
FOLDED: Final = {"\u0130": "i", "\u212a": "k", "\u017f": "s"}
_FOLD: Final = str.maketrans(FOLDED)
# Words that ordinary lines are full of: as anchors they would let half a log through.
_COMMON_WORDS: Final = """
access app block bucket build code connect connection database eason error errors exception exit failed finish generated
http https image images info inish invalid job jobs load message model name next node_modules not odel open page queue read
redis request resource response server service start started starting status storage timeout type upload url warn write
"""
COMMON: Final = frozenset(_COMMON_WORDS.split())
# Words that tell much of a message, and that the paths of an access log are full of.
_OF_REQUESTS: Final = frozenset({"get", "mascot", "mascots"})


class Anchors(NamedTuple):
    """One of `texts` occurs in every line that the pattern matches. Empty: nothing can be said."""

    texts: tuple[str, ...] = ()
    ignore_case: bool = False


@lru_cache(maxsize=4096)
def anchors_of(pattern: str) -> Anchors:
    """Derive the anchors of a regular expression.

    Patterns that use what the standard library's syntax lacks (they are compiled by the `regex`
    package) get no anchors: every line must then be looked at.
    """
    if OTHER_DIALECT.search(pattern):
        return Anchors()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = _parser.parse(pattern)
    except (re.error, OverflowError):
        return Anchors()
    ignore_case = bool(tree.state.flags & re.IGNORECASE)
    best = _best(_required(tree))
    if not best:
        return Anchors()
    if ignore_case:
        best = tuple(text.lower() for text in best)
    return Anchors(tuple(dict.fromkeys(best)), ignore_case)


def fold(text: str) -> str:
    """`text` as anchors that ignore case are looked for in it."""
    return text.lower() if text.isascii() else text.translate(_FOLD).lower()


def _required(tree: Iterable[tuple[Any, Any]]) -> list[tuple[str, ...]]:
    """Sets of texts of which one must occur, in the order they stand in the pattern."""
    found: list[tuple[str, ...]] = []
    run: list[str] = []

    def close() -> None:
        if len(run) >= MIN_LENGTH:
            found.append(("".join(run),))
        run.clear()

    for kind, value in tree:
        if kind is op.LITERAL and chr(value) in PLAIN:
            run.append(chr(value))
            continue
        if kind is op.SUBPATTERN and not value[1] and not value[2]:
            inner = list(value[3])
            if all(k is op.LITERAL and chr(v) in PLAIN for k, v in inner):
                run.extend(chr(v) for _, v in inner)
                continue
        close()
        found.extend(_inside(kind, value))
    close()
    return found


def _inside(kind: Any, value: Any) -> list[tuple[str, ...]]:
    if kind is op.SUBPATTERN:
        # Flags that are switched on for a part only would make the texts depend on case.
        return [] if value[1] or value[2] else _required(value[3])
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        low, _high, inner = value
        return _required(inner) if low >= 1 else []
    if kind is op.ATOMIC_GROUP:
        return _required(value)
    if kind is op.BRANCH:
        branches = [_best(_required(branch)) for branch in value[1]]
        if all(branches):
            return [tuple(text for branch in branches for text in branch or ())]
    return []


def _best(sets: Sequence[tuple[str, ...]]) -> tuple[str, ...] | None:
    """The set whose most frequent text is rarest in a log, as far as length and ordinary words tell."""
    return max(sets, key=lambda texts: (min(map(_rarity, texts)), -len(texts)), default=None)


def _rarity(text: str) -> int:
    return 1 if text.strip(" :.,[]()=").lower() in COMMON | _OF_REQUESTS else len(text)
