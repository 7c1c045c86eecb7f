"""Where a pattern stopped in a text, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from logscan.authoring.explaining.reach import Find, Reach
from logscan.authoring.explaining.split import Piece, joined
from logscan.visible import visible

_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Stop:
    """Puts into words where a pattern stopped in a text, of which secrets are covered."""

    reach: Reach
    text: str
    find: Find

    def words(self) -> str:
        """What was matched, what the rule wants next, and what the line has there."""
        return self._backwards() if self.reach.backwards else self._forwards()

    def _forwards(self) -> str:
        pieces, count = self.reach.pieces, self.reach.count
        first = self.reach.whole
        at = self.reach.found.end() - (count - first)
        wants = _wanted(pieces[first:])
        behind = first
        while behind and pieces[behind - 1].zero_width:
            behind -= 1
        gap = self.reach.up_to(behind - 1, self.find) if behind and pieces[behind - 1].gap else None
        if gap is not None and gap.end() > gap.start():
            return f"matched up to {_tail(self.text[gap.start() : gap.end()])}; somewhere behind it {wants}, which does not follow"
        return f"{self._matched(at)}{wants}, {self._has(at, pieces[first])}"

    def _matched(self, at: int) -> str:
        start = self.reach.found.start()
        return f"matched up to {_tail(self.text[start:at])}; then " if at > start else ""

    def _has(self, at: int, wanted: Piece) -> str:
        if at >= len(self.text):
            return "the line ends"
        size = 12 if wanted.literal else 24
        cut = re.compile(rf"[\s\S]{{1,{size}}}\w{{0,20}}").match(self.text, at)
        return f"the line has {quoted(cut[0] if cut else '')}"

    def _backwards(self) -> str:
        found, rest = self.reach.found, self.reach.rest
        start = found.start() + self.reach.count - self.reach.whole
        there = f"{_tail(self.text[start : found.end()])} stands in the line"
        if not rest:
            return f"{there}, but not where the rule wants it"
        last = rest[-1]
        if last.look:
            return f"{there}, but the rule looks at what stands beside it: {_pattern(last.text)}"
        solid = [place for place, piece in enumerate(rest) if not piece.gap and not piece.zero_width]
        if not solid:
            return f"{there}, but the rule wants {_pattern(joined(rest))} before it"
        first = solid[-1]
        while first and rest[first].literal and rest[first - 1].literal:
            first -= 1
        return f"{there}, but the rule wants {_pattern(_run(rest[first:]))} before it"


def _wanted(pieces: Iterable[Piece]) -> str:
    row = list(pieces)
    source = row[0].text
    if source == "$":
        return "the rule wants the end of the line"
    if source == "^":
        return "the rule wants the start of the line"
    if source == r"\b":
        return r"the rule wants a word to begin or end («\b»)"
    if row[0].look:
        verb = "refuses" if source.startswith(("(?!", "(?<!")) else "wants"
        side = "stands before" if source.startswith("(?<") else "follows"
        return f"the rule {verb} what {side}: {_pattern(source)}" if verb == "refuses" else f"the rule wants {_pattern(source)} beside it"
    return f"the rule wants {_pattern(_run(row))}"


def _run(pieces: Iterable[Piece]) -> str:
    """The first pieces as the pattern has them: characters up to the next piece that is none, or that piece."""
    first, *others = pieces
    if first.quantifier or not (first.literal or first.text.startswith("[")):
        return first.text
    run = takewhile(lambda piece: piece.literal and not piece.quantifier, others)
    return first.text + joined(run)


def _pattern(source: str) -> str:
    return quoted(source if len(source) <= _SHOWN else source[: _SHOWN - 1] + "…")


def _tail(text: str) -> str:
    """The end of a text, from the beginning of a word on."""
    if len(text) <= _SHOWN:
        return quoted(text)
    cut = text[-_SHOWN:]
    return quoted("…" + (cut.partition(" ")[2] or cut))


def quoted(text: str) -> str:
    """A text within guillemets, with everything visible."""
    return f"«{visible(text)}»"
