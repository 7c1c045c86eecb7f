r"""Blocks → candidate lines. Most lines of a log match no rule; only those that may are decoded and parsed.

Where Hyperscan is there (`finder`), blocks are searched as they are; else their lines are, with Polars.

The prefilter may let too much through, never too little: it looks for the rules' anchors, and lets
every line pass in which an escape (terminal codes, NULs, JSON's `\u00..`) could hide one, or a
letter that is no ASCII matches one (FOLDED).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import polars as pl

from logscan.finder import Finder
from logscan.parse import FORMATS
from logscan.parse.lines import is_marker
from logscan.rulebook import FOLDED, Rulebook
from logscan.sources.blocks import Block

FOLLOW: Final = 12
# From this size on, building a finder pays.
_LARGE: Final = 128 << 10
_FAILURES: Final = frozenset({"enqueue_failed", "generation_failed", "upload_failed"})
_ODD: Final = ("\x1b", "\0", "\\u0", "\\u21", '[{"')
_TEXT: Final = FORMATS["text"].starts
_MARKS: Final = re.compile(rb"(?m)^(?:You reached the |[A-Z][a-z]{2,8} \d\d?, \d{4}, |\d{4}-\d\d-\d\d \d\d:\d\d\r?$)[^\n]*")


class Candidate(NamedTuple):
    """A line that may match: its number in the source and its text."""

    line: int
    text: str


class Counted(NamedTuple):
    """What a block holds besides its candidates: lines, records, and lines with bytes that are no text.

    `single`: no record spreads over lines, so that each line can be judged by itself.
    """

    lines: int
    records: int
    undecodable: int
    single: bool


@dataclass(slots=True)
class Trail:
    """How many of a source's next lines stand behind a failure that a block before held."""

    left: int = 0


@dataclass(slots=True)
class Scanner:
    """Finds the candidates of blocks. `exact` None: every line is one (the full path)."""

    exact: list[str] | None = None
    folded: list[str] = field(default_factory=list)
    follow: list[str] = field(default_factory=list)
    finder: Finder | None = None
    failing: frozenset[int] = frozenset()

    @classmethod
    def of(cls, rulebook: Rulebook, *, full: bool = False) -> Scanner:
        """A scanner for these rules; `full`, or a rule without an anchor, makes every line a candidate."""
        anchors = [rule.scan_anchors for rule in rulebook.scanned]
        if full or not all(anchor.texts for anchor in anchors):
            return cls()
        failures = [r for r in rulebook.signatures if getattr(r.rule, "event", None) in _FAILURES]
        scanner = cls(
            sorted({*_ODD, *FOLDED, *(text for anchor in anchors if not anchor.ignore_case for text in anchor.texts)}),
            sorted({text for anchor in anchors if anchor.ignore_case for text in anchor.texts}),
            sorted({*_ODD, *(text for rule in failures for text in rule.anchors.texts)}),
        )
        texts = [*(scanner.exact or ()), *scanner.folded]
        scanner.failing = frozenset(number for number, text in enumerate(texts) if text in scanner.follow)
        return scanner

    def candidates(self, block: Block, trail: Trail, *, single: bool) -> Iterator[Candidate]:
        """The lines of `block` that may match, and after a failure the lines that may explain it, in order.

        All of them where records spread over lines (not `single`). `trail` goes from each block of a source to its next.
        """
        every = self.exact is None or not single
        if self.finder is None and len(block.data) >= _LARGE:
            self.finder = Finder.of(self.exact or (), self.folded)
        if self.finder is not None and not every:
            yield from _around_hits(block, self.finder.hits(block.data), self.failing, trail)
            return
        lines = block.data.decode("utf-8", "replace").split("\n")
        if not lines[-1]:
            lines.pop()
        if self.exact is None or every:
            yield from (Candidate(number, text) for number, text in enumerate(lines, block.line))
            trail.left = FOLLOW
            return
        column = pl.Series(lines, dtype=pl.String())
        # Polars finds all anchors in one pass (Aho-Corasick), without regard to how many there are.
        hits = column.str.contains_any(self.exact)
        if self.folded:
            hits |= column.str.contains_any(self.folded, ascii_case_insensitive=True)
        hits |= self._behind_failures(column, trail)
        for place in hits.arg_true():
            yield Candidate(block.line + place, lines[place])

    def _behind_failures(self, column: pl.Series, trail: Trail) -> pl.Series:
        failures = column.str.contains_any(self.follow)
        place = pl.int_range(len(column), eager=True)
        # How far each line stands behind the last failure before it, which may stand in a block before.
        last = pl.select(pl.when(failures).then(place).forward_fill().fill_null(trail.left - FOLLOW - 1)).to_series()
        trail.left = max(0, last[-1] + FOLLOW - len(column) + 1)
        return place - last <= FOLLOW


def _around_hits(block: Block, hits: Iterable[tuple[int, int]], failing: AbstractSet[int], trail: Trail) -> Iterator[Candidate]:
    """The lines that hold a hit, and those behind a failure. Only they are decoded."""
    data = block.data
    # `done` is where the next line begins that was not looked at, `number` its number; up to line `until` all are candidates.
    done, number, until = 0, block.line, block.line + trail.left - 1
    for end, text in hits:
        if end > done:
            start = data.rfind(b"\n", done, end) + 1 or done
            while number <= until and done < start:
                stop = data.index(b"\n", done)
                yield Candidate(number, data[done:stop].decode("utf-8", "replace"))
                done, number = stop + 1, number + 1
            number += data.count(b"\n", done, start)
            stop = data.find(b"\n", end)
            stop = len(data) if stop < 0 else stop
            yield Candidate(number, data[start:stop].decode("utf-8", "replace"))
            done, number = stop + 1, number + 1
        if text in failing:
            until = number - 1 + FOLLOW
    while number <= until and done < len(data):
        stop = data.find(b"\n", done)
        stop = len(data) if stop < 0 else stop
        yield Candidate(number, data[done:stop].decode("utf-8", "replace"))
        done, number = stop + 1, number + 1
    number += data.count(b"\n", done) + (done < len(data) and not data.endswith(b"\n"))
    trail.left = max(0, until - number + 1)


def count(block: Block, form: str, *, replaced: bool = False, begins: bool = True) -> Counted:
    """Records and undecodable lines of a block, without parsing it; `replaced`: it was UTF-16, bad parts are U+FFFD.

    `begins`: no record of the block before goes on in this one, so that lines before the first beginning count too.
    """
    data, spec = block.data, FORMATS[form]
    undecodable = _undecodable(data, replaced=replaced)
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    if not spec.spread and data.startswith(b'{"') and data.count(b'\n{"') + 1 == lines:
        # Each line begins an object: none is blank, or a mark.
        return Counted(lines, lines, undecodable, single=True)
    before = spec.tail.match(data) if spec.tail and not begins else None
    records = _number(spec.starts, data, before.end() if before else 0)
    single = not spec.spread or (form == "railway-log" and records in (lines, _number(_TEXT, data)))
    if begins and spec.spread:
        first = spec.starts.search(data)
        records += _number(_TEXT, data, 0, first.start() if first else len(data))
    marks = [mark for mark in _MARKS.finditer(data) if is_marker(mark[0].decode("utf-8", "replace"))]
    return Counted(lines, records - len(marks), undecodable, single)


def _number(pattern: re.Pattern[bytes], data: bytes, start: int = 0, end: int = sys.maxsize) -> int:
    return sum(1 for _ in pattern.finditer(data, start, end))


def _undecodable(data: bytes, *, replaced: bool) -> int:
    if replaced:
        return sum(1 for line in data.split(b"\n") if b"\xef\xbf\xbd" in line)
    if data.isascii():
        return 0
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return sum(1 for line in data.split(b"\n") if not _decodes(line))
    return 0


def _decodes(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
