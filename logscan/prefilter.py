r"""Blocks → candidate lines. Most lines of a log match no rule; only those that may are decoded and parsed.

The prefilter may let too much through, never too little: it looks for the rules' anchors, and lets
every line pass in which an escape (terminal codes, NULs, JSON's `\u00..`) could hide one, or a
letter that is no ASCII matches one (FOLDED).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from logscan.counting import ODD, lines_of
from logscan.finder import Finder, places
from logscan.rulebook import FOLDED, Rulebook
from logscan.sources.blocks import Block

FOLLOW: Final = 12
# From this size on, building a finder pays.
_LARGE: Final = 128 << 10
_FAILURES: Final = frozenset({"enqueue_failed", "generation_failed", "upload_failed"})
# Numbers of anchors of which it is not known which they are.
_ANCHOR: Final = -1
_FAILURE: Final = -2
_HIDING: Final = ("\x1b", "\0", "\\u0", "\\u21", '[{"')


class Lane(Protocol):
    """A shorter way for lines of which everything can be told from the block itself: both say where the line ends, or -1."""

    def take(self, data: bytes, start: int, line: int, anchors: tuple[int, ...]) -> int:
        """Take the line of this number that starts there and holds these anchors."""

    def leave(self, data: bytes, start: int) -> int:
        """Leave out the line that starts there and holds no anchor, because it cannot explain a failure before it."""


class Candidate(NamedTuple):
    """A line that may match: its number in the source, its text, and the anchors in it by number (None: there may be others)."""

    line: int
    text: str
    anchors: tuple[int, ...] | None = None


class Hits(NamedTuple):
    """Where anchors end in a block, in order, with their numbers; and where the beginnings of odd lines end (`counting`)."""

    anchors: list[tuple[int, int]]
    odd: list[int] | None


@dataclass(slots=True)
class Trail:
    """How many of a source's next lines stand behind a failure that a block before held, and how many lines the last block had."""

    left: int = 0
    lines: int | None = None

    def taken(self, block: Block) -> int:
        """How many lines `block` has; they were counted on the way, if all of it was gone through."""
        lines, self.lines = self.lines, None
        return lines_of(block.data) if lines is None else lines


@dataclass(slots=True)
class Scanner:
    """Finds the candidates of blocks. `exact` None: every line is one (the full path)."""

    exact: list[str] | None = None
    folded: list[str] = field(default_factory=list)
    follow: list[str] = field(default_factory=list)
    failing: frozenset[int] = frozenset()
    hiding: frozenset[int] = frozenset()
    _finds: bool = False

    @classmethod
    def of(cls, rulebook: Rulebook, *, full: bool = False) -> Scanner:
        """A scanner for these rules; `full`, or a rule without an anchor, makes every line a candidate."""
        anchors = [rule.scan_anchors for rule in rulebook.scanned]
        if full or not all(anchor.texts for anchor in anchors):
            return cls()
        failures = [r for r in rulebook.signatures if getattr(r.rule, "event", None) in _FAILURES]
        scanner = cls(
            sorted({*_HIDING, *FOLDED, *(text for anchor in anchors if not anchor.ignore_case for text in anchor.texts)}),
            sorted({text for anchor in anchors if anchor.ignore_case for text in anchor.texts}),
            sorted({*_HIDING, *(text for rule in failures for text in rule.anchors.texts)}),
        )
        scanner.failing = frozenset({_FAILURE, *(number for number, text in enumerate(scanner.texts) if text in scanner.follow)})
        hiding = {*_HIDING, *FOLDED}
        scanner.hiding = frozenset({_FAILURE, _ANCHOR, *(number for number, text in enumerate(scanner.texts) if text in hiding)})
        return scanner

    @property
    def texts(self) -> list[str]:
        """The anchors by their numbers: those taken to the letter, then those in any case."""
        return [*(self.exact or ()), *self.folded]

    def search(self, data: bytes, form: str) -> Hits:
        """All anchors in a block of UTF-8, and its odd lines where its form has such and Hyperscan finds them."""
        if self.exact is None:
            return Hits([], None)
        self._finds = self._finds or len(data) >= _LARGE
        finder = Finder.of(self.exact, self.folded, ODD.get(form)) if self._finds else None
        if finder is None:
            # Without it nobody says which anchor it is, and Polars builds its search anew each time.
            failures = [(place + 1, _FAILURE) for place in places(data, self.follow)]
            return Hits(sorted([*failures, *((place + 1, _ANCHOR) for place in places(data, self.texts))]), None)
        anchors, odd = finder.hits(data)
        return Hits(anchors, odd if form in ODD else None)

    def candidates(self, block: Block, trail: Trail, hits: Hits, *, single: bool, express: Lane | None = None) -> Iterator[Candidate]:
        """The lines of `block` that may match, and after a failure the lines that may explain it, in order.

        All of them where records spread over lines (not `single`). `trail` goes from each block of a source to its next.
        What `express` takes or leaves is not among them.
        """
        if self.exact is not None and single:
            yield from self._around(block, hits.anchors, trail, express)
            return
        lines = block.data.decode("utf-8", "replace").split("\n")
        if not lines[-1]:
            lines.pop()
        trail.left, trail.lines = FOLLOW, len(lines)
        yield from (Candidate(number, text) for number, text in enumerate(lines, block.line))

    def _around(self, block: Block, hits: list[tuple[int, int]], trail: Trail, express: Lane | None) -> Iterator[Candidate]:
        """The lines that hold an anchor, and those behind a failure. Only they are decoded."""
        data, size = block.data, len(hits)
        # `done` is where the next line begins that was not looked at, `number` its number; up to line `until` all are candidates.
        done, number, until, place = 0, block.line, block.line + trail.left - 1, 0
        while place < size:
            end, anchor = hits[place]
            start = data.rfind(b"\n", done, end) + 1 or done
            if number <= until and done < start:
                done, number = yield from _behind(data, done, start, number, until=until, express=express)
            number += data.count(b"\n", done, start)
            stop = data.find(b"\n", end)
            if stop < 0:
                stop = len(data)
            place += 1
            anchors: tuple[int, ...] = (anchor,)
            if place < size and hits[place][0] <= stop:
                anchors, place = _on_line(hits, place - 1, stop)
            known = self.hiding.isdisjoint(anchors)
            if not self.failing.isdisjoint(anchors):
                until = number + FOLLOW
            if known and express is not None and express.take(data, start, number, anchors) == stop:
                done, number = stop + 1, number + 1
                continue
            yield Candidate(number, data[start:stop].decode("utf-8", "replace"), anchors if known else None)
            done, number = stop + 1, number + 1
        done, number = yield from _behind(data, done, len(data), number, until=until, express=express)
        trail.left = max(0, until - number + 1)
        trail.lines = number - block.line + (lines_of(data, done) if done < len(data) else 0)


def _behind(
    data: bytes, done: int, end: int, line: int, *, until: int, express: Lane | None
) -> Generator[Candidate, None, tuple[int, int]]:
    """The lines from one place to another that hold no anchor, up to line `until`; returns where it stopped and that line's number."""
    while line <= until and done < end:
        stop = _line_end(data, done)
        if express is None or express.leave(data, done) != stop:
            yield Candidate(line, data[done:stop].decode("utf-8", "replace"), ())
        done, line = stop + 1, line + 1
    return done, line


def _line_end(data: bytes, place: int) -> int:
    """Where the line at a place ends; the last one may lack its end."""
    stop = data.find(b"\n", place)
    return len(data) if stop < 0 else stop


def _on_line(hits: list[tuple[int, int]], place: int, stop: int) -> tuple[tuple[int, ...], int]:
    """The anchors, from a place in the hits on, that end before the line does; and the place behind them."""
    first, size = place, len(hits)
    while place < size and hits[place][0] <= stop:
        place += 1
    return tuple(sorted({number for _, number in hits[first:place]})), place
