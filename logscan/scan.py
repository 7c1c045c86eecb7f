"""Blocks → candidate lines. Most lines of a log match no rule; only those that may are decoded and parsed.

The prefilter may let too much through, never too little: it looks for the rules' anchors, and lets
every line pass in which an escape (terminal codes, NULs, JSON's `\\u00..`) could hide one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from logscan.parse import FORMATS
from logscan.parse.lines import is_marker
from logscan.rulebook import Compiled, Rulebook
from logscan.sources.blocks import Block

FOLLOW: Final = 12
_FAILURES: Final = frozenset({"enqueue_failed", "generation_failed", "upload_failed"})
_ODD: Final = (rb"\x1b", rb"\x00", rb"\\u00[0-7]")
_MARKS: Final = re.compile(rb"(?m)^(?:You reached the |[A-Z][a-z]{2,8} \d\d?, \d{4}, |\d{4}-\d\d-\d\d \d\d:\d\d\r?$)[^\n]*")


class Candidate(NamedTuple):
    """A line that may match: its number in the source and its bytes."""

    line: int
    data: bytes


class Counted(NamedTuple):
    """What a block holds besides its candidates: records, and lines with bytes that are no text."""

    records: int
    undecodable: int


@dataclass(slots=True)
class Scanner:
    """Finds the candidates of blocks. `anchors` None: every line is one (the full path)."""

    anchors: re.Pattern[bytes] | None
    follow: re.Pattern[bytes] | None

    @classmethod
    def of(cls, rulebook: Rulebook, *, full: bool = False) -> Scanner:
        """A scanner for these rules; `full`, or a rule without an anchor, makes every line a candidate."""
        rules = rulebook.scanned
        if full or any(not rule.scan_anchors.texts for rule in rules):
            return cls(None, None)
        failures = [r for r in rulebook.signatures if getattr(r.rule, "event", None) in _FAILURES]
        return cls(re.compile(b"|".join((*_ODD, *_patterns(rules)))), re.compile(b"|".join(_patterns(failures))))

    def candidates(self, block: Block, form: str) -> Iterator[Candidate]:
        """The lines of `block` that may match, and after a failure the lines that may explain it, in order."""
        if self.anchors is None or self.follow is None or _needs_all(block, form):
            for number, data in enumerate(block.data.split(b"\n"), block.line):
                yield Candidate(number, data)
            return
        data, number, counted, position = block.data, block.line, 0, 0
        follow_until = 0
        while found := self.anchors.search(data, position):
            start = data.rfind(b"\n", 0, found.start()) + 1
            end = _line_end(data, found.start())
            number += data.count(b"\n", counted, start)
            counted = start
            yield Candidate(number, data[start:end])
            position = end + 1
            if self.follow.search(data, start, end):
                follow_until = number + FOLLOW
            while number < follow_until and position < len(data) and not self.anchors.search(data, position, _line_end(data, position)):
                end = _line_end(data, position)
                number += 1
                counted = position
                yield Candidate(number, data[position:end])
                position = end + 1
            if position >= len(data):
                return


def count(block: Block, form: str) -> Counted:
    """Records and undecodable lines of a block, without parsing it."""
    records = sum(1 for _ in FORMATS[form].starts.finditer(block.data))
    marks = [mark for mark in _MARKS.finditer(block.data) if is_marker(mark[0].decode("utf-8", "replace"))]
    return Counted(records - len(marks), _undecodable(block.data))


def _undecodable(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return sum(1 for line in data.split(b"\n") if not _decodes(line))
    # UTF-16 input was decoded on the way in; what could not be is marked already.
    return sum(1 for line in data.split(b"\n") if b"\xef\xbf\xbd" in line) if b"\xef\xbf\xbd" in data else 0


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


def _line_end(data: bytes, position: int) -> int:
    end = data.find(b"\n", position)
    return len(data) if end < 0 else end


def _patterns(rules: Iterable[Compiled]) -> list[bytes]:
    anchors = [rule.scan_anchors for rule in rules]
    exact = {text for anchor in anchors if not anchor.ignore_case for text in anchor.texts}
    folded = {text for anchor in anchors if anchor.ignore_case for text in anchor.texts}
    return [re.escape(text.encode()) for text in sorted(exact)] + [b"(?i:%b)" % re.escape(text.encode()) for text in sorted(folded)]
