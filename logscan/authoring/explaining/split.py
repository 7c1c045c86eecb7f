r"""A pattern taken apart, so that it can be tried piece by piece.

Pieces are what a quantifier may follow: a character, an escape, a class, a group. Joined again they are
the pattern. What cannot be taken apart (verbose patterns, fuzzy ones, nested sets) is left whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_FLAGS: Final = re.compile(r"(?:\(\?[aLbefimpsuwV0]+\))*")
# Where white space means nothing, sets nest, or the search runs backwards, pieces are not what they look like.
_OTHER_RULES: Final = re.compile(r"\(\?[a-zA-Z0-9-]*(?:x|r|V1)[a-zA-Z0-9-]*[:)]")
_ESCAPE: Final = re.compile(
    r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|N\{[^}]*\}|[pP](?:\{[^}]*\}|\w)|[gkL]<[^>]*>|\d{1,3}|.)", re.DOTALL
)
_CLASS: Final = re.compile(r"\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]", re.DOTALL)
_CALL: Final = re.compile(r"\(\?(?:P[=>]\w+|&\w+|R|[+-]?\d+|#[^)]*|[a-zA-Z0-9-]+)\)|\(\*\w+\)")
_OPENER: Final = re.compile(r"\((?:\?(?:P?<[^\W\d]\w*>|<[=!]|[:=!>|]|[a-zA-Z0-9-]+:|\([^()]*\)))?")
_QUANTIFIER: Final = re.compile(r"(?:[*+?]|\{(?:\d+(?:,\d*)?|,\d*)\})[?+]?")
_FUZZY: Final = re.compile(r"\{[\d<=+,\s]*[eisd]")
_LOOKS: Final = ("(?=", "(?!", "(?<=", "(?<!")
_ZERO_WIDTH: Final = frozenset({"^", "$", r"\b", r"\B", r"\A", r"\Z", r"\m", r"\M", r"\G", r"\K"})
_MAX_DEPTH: Final = 30


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece with its quantifier. `literal` is the one character it stands for, `alternatives` a group's inside."""

    text: str
    literal: str = ""
    quantifier: str = ""
    opener: str = ""
    alternatives: tuple[tuple[Piece, ...], ...] = ()

    @property
    def optional(self) -> bool:
        """Whether a line may do without it."""
        return self.quantifier.startswith(("?", "*", "{0", "{,"))

    @property
    def look(self) -> bool:
        """Whether it looks around and takes nothing."""
        return self.text.startswith(_LOOKS)

    @property
    def zero_width(self) -> bool:
        """Whether it takes no character of the line."""
        return self.look or self.text in _ZERO_WIDTH

    @property
    def gap(self) -> bool:
        """Whether it runs over words of any kind, so that its end says nothing."""
        if not self.quantifier or re.fullmatch(r"\{\d+\}", self.quantifier):
            return False
        return self.text.startswith((".", "[^")) or self.quantifier[1:].endswith("?")

    @property
    def enterable(self) -> bool:
        """Whether its inside can be tried by itself."""
        return bool(self.alternatives) and not self.look and not self.optional and not self.opener.startswith("(?(")


@dataclass(frozen=True, slots=True)
class Split:
    """A pattern as alternatives, each a row of pieces, between what opens and closes all of them."""

    flags: str
    opener: str
    alternatives: tuple[tuple[Piece, ...], ...]
    closer: str

    @property
    def text(self) -> str:
        """The pattern."""
        return self.flags + self.opener + "|".join(joined(pieces) for pieces in self.alternatives) + self.closer

    def alone(self, pieces: Iterable[Piece]) -> str:
        """A pattern of these pieces alone."""
        return self.flags + self.opener + joined(pieces) + self.closer


def joined(pieces: Iterable[Piece]) -> str:
    """The pattern that the pieces make."""
    return "".join(piece.text for piece in pieces)


@lru_cache(maxsize=2048)
def split_pattern(pattern: str) -> Split | None:
    """The pattern in pieces; None where it cannot be taken apart."""
    if _OTHER_RULES.search(pattern):
        return None
    flags = _FLAGS.match(pattern)
    start = flags.end() if flags else 0
    parser = _Parser(pattern, start)
    try:
        alternatives = parser.alternatives(0)
    except _Unsplittable:
        return None
    if parser.at < len(pattern):
        return None
    opener = closer = ""
    while len(alternatives) == 1 and len(alternatives[0]) == 1:
        whole = alternatives[0][0]
        if not whole.enterable or whole.quantifier:
            break
        opener, closer, alternatives = opener + whole.opener, closer + ")", whole.alternatives
    return Split(pattern[:start], opener, alternatives, closer)


class _Unsplittable(Exception):  # noqa: N818  # never leaves this module
    """The pattern is not one that this parser knows how to read."""


class _Parser:
    """Reads the dialect of the `regex` package as far as it takes to see where a piece ends."""

    def __init__(self, pattern: str, at: int) -> None:
        self._pattern = pattern
        self.at = at

    def alternatives(self, depth: int) -> tuple[tuple[Piece, ...], ...]:
        """Pieces up to a closing parenthesis or the end."""
        if depth > _MAX_DEPTH:
            raise _Unsplittable
        rows: list[list[Piece]] = [[]]
        while self.at < len(self._pattern) and self._pattern[self.at] != ")":
            if self._pattern[self.at] == "|":
                self.at += 1
                rows.append([])
            else:
                rows[-1].append(self._piece(depth))
        return tuple(map(tuple, rows))

    def _piece(self, depth: int) -> Piece:
        start = self.at
        literal, opener, alternatives = self._atom(depth)
        end = self.at
        if _FUZZY.match(self._pattern, end):
            raise _Unsplittable
        while found := _QUANTIFIER.match(self._pattern, self.at):
            self.at = found.end()
        return Piece(self._pattern[start : self.at], literal, self._pattern[end : self.at], opener, alternatives)

    def _atom(self, depth: int) -> tuple[str, str, tuple[tuple[Piece, ...], ...]]:
        first = self._pattern[self.at]
        if first == "\\":
            escape = self._take(_ESCAPE)
            plain = len(escape) == 2 and not escape[1].isalnum()  # noqa: PLR2004  # a backslash and what it escapes
            return escape[1] if plain else "", "", ()
        if first == "[":
            self._take(_CLASS)
            return "", "", ()
        if first == "(":
            return self._group(depth)
        self.at += 1
        return "" if first in ".^$" else first, "", ()

    def _group(self, depth: int) -> tuple[str, str, tuple[tuple[Piece, ...], ...]]:
        if call := _CALL.match(self._pattern, self.at):
            self.at = call.end()
            return "", "", ()
        opener = self._take(_OPENER)
        alternatives = self.alternatives(depth + 1)
        if self.at >= len(self._pattern):
            raise _Unsplittable
        self.at += 1
        return "", opener, alternatives

    def _take(self, what: re.Pattern[str]) -> str:
        found = what.match(self._pattern, self.at)
        if found is None:
            raise _Unsplittable
        self.at = found.end()
        return found[0]
