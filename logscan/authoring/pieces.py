r"""A pattern taken apart, so that it can be tried piece by piece: how far does it get in a line?

Pieces are what a quantifier may follow: a character, an escape, a class, a group. Joined again they are
the pattern. What cannot be taken apart (verbose patterns, fuzzy ones, nested sets) is left whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import regex

from logscan.rulebook.anchors import COMMON

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
_WORD: Final = re.compile(r"[^\W_]+")
_CODE: Final = re.compile(r"[A-Z0-9]{5,}")
_ENOUGH: Final = 4


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


# How far pieces get in a line.

Find = Callable[[str], "regex.Match[str] | None"]


@dataclass(frozen=True, slots=True)
class Reach:
    """How much of a pattern a line holds: of `pieces`, the first `count`, or the last where `backwards`.

    `before` and `after` are the pattern's text around them, `done` and `left` the pieces that stand there;
    `beyond` is the literal text that the line holds on the other side of the stop.
    """

    pieces: tuple[Piece, ...]
    count: int
    found: regex.Match[str]
    before: str
    after: str
    done: tuple[Piece, ...] = ()
    left: tuple[Piece, ...] = ()
    backwards: bool = False
    beyond: str = ""

    @property
    def whole(self) -> int:
        """`count` without the part of a word in which matching stopped: only whole words tell."""
        row = self.pieces[::-1] if self.backwards else self.pieces
        count = self.count
        if count < len(row) and _in_word(row[count]):
            while count and _in_word(row[count - 1]):
                count -= 1
        return count

    @property
    def held(self) -> tuple[Piece, ...]:
        """The pieces of this row that the line holds."""
        return self.pieces[len(self.pieces) - self.whole :] if self.backwards else self.pieces[: self.whole]

    @property
    def rest(self) -> tuple[Piece, ...]:
        """The pieces of this row that the line does not hold."""
        return self.pieces[: len(self.pieces) - self.whole] if self.backwards else self.pieces[self.whole :]

    @property
    def said(self) -> str:
        """The pattern's own words that stand in the line, on this side of the stop."""
        return _said((*self.done, *self.held), self.found[0].lower())

    @property
    def weight(self) -> int:
        """How much of its literal text the pattern finds in the line, on both sides of the stop."""
        return weight_of(self.said) + weight_of(self.beyond)

    @property
    def share(self) -> float:
        """How much of the pattern's literal text that is, from 0 to 1."""
        missing = weight_of(_least((*self.rest, *self.left))) - weight_of(self.beyond)
        return self.weight / max(1, self.weight + max(0, missing))

    @property
    def telling(self) -> bool:
        """Whether the words in common are more than one that any line may hold."""
        return telling(f"{self.said}\n{self.beyond}")

    def up_to(self, count: int, find: Find) -> regex.Match[str] | None:
        """What only the first `count` pieces find."""
        return find(self.before + joined(self.pieces[:count]) + self.after)


def reaches(split: Split, find: Find, anywhere: Find) -> Iterator[Reach]:
    """For each alternative, how far it gets from its beginning with `find`, or else from its end."""
    for pieces in split.alternatives:
        forward = _forward(pieces, split.flags + split.opener, split.closer, find)
        backward = _backward(pieces, split, anywhere)
        if forward is None or backward is None:
            continue
        room = len(forward.left or forward.rest)
        behind = backward.found.end() >= forward.found.end()
        beyond = _said(backward.held[max(0, backward.whole - room) :], backward.found[0].lower()) if behind and room else ""
        if weight_of(forward.said) >= _ENOUGH or not backward.whole:
            yield replace(forward, beyond=beyond)
        else:
            yield backward


def _backward(pieces: tuple[Piece, ...], split: Split, find: Find) -> Reach | None:
    """The longest end that the line holds."""
    longest = _longest(len(pieces), lambda count: find(split.alone(pieces[len(pieces) - count :])))
    return None if longest is None else Reach(pieces, *longest, split.flags + split.opener, split.closer, backwards=True)


def _forward(
    pieces: tuple[Piece, ...], before: str, after: str, find: Find, *, done: tuple[Piece, ...] = (), left: tuple[Piece, ...] = ()
) -> Reach | None:
    """The longest beginning that the line holds, into the group at which it ends."""
    longest = _longest(len(pieces), lambda count: find(before + joined(pieces[:count]) + after))
    if longest is None:
        return None
    count, found = longest
    best = Reach(pieces, count, found, before, after, done, left)
    if count == len(pieces) or not pieces[count].enterable:
        return best
    group, behind = pieces[count], (*pieces[count + 1 :], *left)
    before += joined(pieces[:count]) + group.opener
    for inside in group.alternatives:
        inner = _forward(inside, before, ")" + after, find, done=(*done, *pieces[:count]), left=behind)
        if inner is not None and inner.count < len(inside) and inner.weight > best.weight:
            best = inner
    return best


def _longest(size: int, find: Callable[[int], regex.Match[str] | None]) -> tuple[int, regex.Match[str]] | None:
    """The greatest count that is found, by halving: where more pieces are found, fewer are too."""
    found = find(0)
    if found is None:
        return None
    low, high = 0, size
    while low < high:
        middle = (low + high + 1) // 2
        more = find(middle)
        if more is None:
            high = middle - 1
        else:
            low, found = middle, more
    return low, found


def weight_of(text: str) -> int:
    """How much a literal text tells: its letters and digits, where words that every log is full of count for one."""
    return sum(1 if _common(word) else len(word) for word in _WORD.findall(text))


def words_of(split: Split) -> frozenset[str]:
    """The literal words of a pattern that tell something."""
    text = "\n".join(_all(pieces) for pieces in split.alternatives)
    return frozenset(word for word in _WORD.findall(text) if len(word) > 2 and not _common(word))  # noqa: PLR2004


def _common(word: str) -> bool:
    return word.lower() in COMMON or word.endswith(("Error", "Exception"))


def telling(text: str) -> bool:
    """Two words of some length that are not in every log, or one that is a code."""
    words = {word for word in _WORD.findall(text) if len(word) >= _ENOUGH and not _common(word)}
    return len(words) > 1 or any(_CODE.fullmatch(word) for word in words)


def _in_word(piece: Piece) -> bool:
    return piece.literal.isalnum() and not piece.quantifier


def _all(pieces: Iterable[Piece]) -> str:
    """All literal text, of every alternative."""
    return "".join(piece.literal or ("" if piece.look else "\n" + "\n".join(map(_all, piece.alternatives)) + "\n") for piece in pieces)


def _said(pieces: Iterable[Piece], seen: str) -> str:
    """The literal text of pieces that were found in `seen`."""
    return "".join(_said_by(piece, seen) for piece in pieces)


def _said_by(piece: Piece, seen: str) -> str:
    if piece.literal:
        return piece.literal if not piece.optional else "\n"
    if not piece.enterable:
        return "\n"
    inside = [text for text in (_said(row, seen) for row in piece.alternatives) if all(part in seen for part in text.lower().split("\n"))]
    return max(inside, key=weight_of, default="\n")


def _least(pieces: Iterable[Piece]) -> str:
    """The literal text that a line must still hold, at least."""
    return "".join(
        piece.literal if piece.literal and not piece.optional
        else min(map(_least, piece.alternatives), key=weight_of) if piece.enterable
        else "\n"
        for piece in pieces
    )  # fmt: skip
