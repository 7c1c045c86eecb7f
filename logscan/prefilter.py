r"""Blocks → candidate lines. Most lines of a log match no rule; only those that may are decoded and parsed.

The prefilter may let too much through, never too little: it looks for the rules' anchors, and lets
every line pass in which an escape (terminal codes, NULs, JSON's `\u00..`) could hide one, or a
letter that is no ASCII matches one (FOLDED).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import polars as pl

from logscan.parse import FORMATS
from logscan.parse.lines import is_marker
from logscan.rulebook import FOLDED, Rulebook
from logscan.sources.blocks import Block

FOLLOW: Final = 12
_FAILURES: Final = frozenset({"enqueue_failed", "generation_failed", "upload_failed"})
_ODD: Final = ("\x1b", "\0", "\\u0", "\\u21", '[{"')
_MARKS: Final = re.compile(rb"(?m)^(?:You reached the |[A-Z][a-z]{2,8} \d\d?, \d{4}, |\d{4}-\d\d-\d\d \d\d:\d\d\r?$)[^\n]*")


class Candidate(NamedTuple):
    """A line that may match: its number in the source and its text."""

    line: int
    text: str


class Counted(NamedTuple):
    """What a block holds besides its candidates: records, and lines with bytes that are no text."""

    records: int
    undecodable: int


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

    @classmethod
    def of(cls, rulebook: Rulebook, *, full: bool = False) -> Scanner:
        """A scanner for these rules; `full`, or a rule without an anchor, makes every line a candidate."""
        anchors = [rule.scan_anchors for rule in rulebook.scanned]
        if full or not all(anchor.texts for anchor in anchors):
            return cls()
        failures = [r for r in rulebook.signatures if getattr(r.rule, "event", None) in _FAILURES]
        return cls(
            sorted({*_ODD, *FOLDED, *(text for anchor in anchors if not anchor.ignore_case for text in anchor.texts)}),
            sorted({text for anchor in anchors if anchor.ignore_case for text in anchor.texts}),
            sorted({*_ODD, *(text for rule in failures for text in rule.anchors.texts)}),
        )

    def candidates(self, block: Block, form: str, trail: Trail) -> Iterator[Candidate]:
        """The lines of `block` that may match, and after a failure the lines that may explain it, in order.

        `trail` goes from each block of a source to its next.
        """
        lines = block.data.decode("utf-8", "replace").split("\n")
        if not lines[-1]:
            lines.pop()
        if self.exact is None or _needs_all(block, form):
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


def count(block: Block, form: str, *, replaced: bool = False, begins: bool = True) -> Counted:
    """Records and undecodable lines of a block, without parsing it; `replaced`: it was UTF-16, bad parts are U+FFFD.

    `begins`: no record of the block before goes on in this one, so that lines before the first beginning count too.
    """
    starts, tail = FORMATS[form].starts, FORMATS[form].tail
    before = tail.match(block.data) if tail and not begins else None
    records = sum(1 for _ in starts.finditer(block.data, before.end() if before else 0))
    if begins and FORMATS[form].spread:
        first = starts.search(block.data)
        records += sum(1 for _ in FORMATS["text"].starts.finditer(block.data, 0, first.start() if first else len(block.data)))
    marks = [mark for mark in _MARKS.finditer(block.data) if is_marker(mark[0].decode("utf-8", "replace"))]
    return Counted(records - len(marks), _undecodable(block.data, replaced=replaced))


def _undecodable(data: bytes, *, replaced: bool) -> int:
    if replaced:
        return sum(1 for line in data.split(b"\n") if b"\xef\xbf\xbd" in line)
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


def _needs_all(block: Block, form: str) -> bool:
    """Whether records of this block may spread over lines, so that single lines tell too little."""
    spec = FORMATS[form]
    if not spec.spread:
        return False
    if form != "railway-log":
        return True
    return sum(1 for _ in spec.starts.finditer(block.data)) != sum(1 for _ in FORMATS["text"].starts.finditer(block.data))
