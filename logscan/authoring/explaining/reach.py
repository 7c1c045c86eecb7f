"""How far the pieces of a pattern get in a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import regex

from logscan.authoring.explaining.split import Piece, Split, joined
from logscan.authoring.explaining.weight import ENOUGH, least, said, telling, weight_of

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
        return said((*self.done, *self.held), self.found[0].lower())

    @property
    def weight(self) -> int:
        """How much of its literal text the pattern finds in the line, on both sides of the stop."""
        return weight_of(self.said) + weight_of(self.beyond)

    @property
    def share(self) -> float:
        """How much of the pattern's literal text that is, from 0 to 1."""
        missing = weight_of(least((*self.rest, *self.left))) - weight_of(self.beyond)
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
        beyond = said(backward.held[max(0, backward.whole - room) :], backward.found[0].lower()) if behind and room else ""
        if weight_of(forward.said) >= ENOUGH or not backward.whole:
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


def _in_word(piece: Piece) -> bool:
    return piece.literal.isalnum() and not piece.quantifier
