"""A large plain file, read in parts, which several processes may share out (`workers`).

Parts are cut where blocks are cut anyway, and each begins with what the block before it leaves open, so that the
answer is that of one reading from end to end. Large files are always read so: the answer must not depend on cores.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from logscan.express import Follow
from logscan.match import Matcher, Sighting
from logscan.model import Record
from logscan.parse.documents import HEAD, document_form
from logscan.prefilter import Scanner
from logscan.reading import Reader
from logscan.sources import FileSource, Source, blocks
from logscan.stretches import Segment
from logscan.taking import Account, take, take_express

SEGMENT: Final = 32 << 20
# So many lines tell all that those behind them need: a record's first line (MAX_HELD), a failure before that (FOLLOW).
_MIN_LINES: Final = 1000
_WARM: Final = 1 << 20


def segments_of(source: Source, form: str | None) -> list[Segment]:
    """Where to cut a source; nothing where it is read in one go, being small, compressed, or no file of lines. Raises SourceError."""
    if not isinstance(source, FileSource):
        return []
    size = source.size()
    if size < 2 * SEGMENT or form is not None:
        return []
    head = next(source.chunks(), b"")
    if not source.seekable or document_form(head[:HEAD]):
        return []
    segments = [Segment(0, 0, 0, None)]
    for even in range(SEGMENT, size - SEGMENT // 2, SEGMENT):
        first = even - blocks.BLOCK
        data = source.piece(first, blocks.BLOCK)
        start = data.rfind(b"\n") + 1
        warm = data.find(b"\n", max(0, start - _WARM)) + 1
        if warm and data.count(b"\n", warm, start) >= _MIN_LINES:
            segments[-1] = segments[-1]._replace(stop=even)
            segments.append(Segment(first + warm, first + start, even, None))
    return segments if len(segments) > 1 else []


@dataclass(slots=True)
class Part:
    """What a segment gave: the reader's account, the sightings by column (rules by their places in the rulebook), the counters."""

    reader: Reader
    columns: list[tuple[Any, ...]]
    records: int
    matched: int
    processes: list[object]
    samples: list[Record] = field(default_factory=list)
    unparsed: int = 0
    unstamped: int = 0
    stamped: int = 0
    tagged: bool = False

    @classmethod
    def of(cls, account: Account) -> Self:
        """What an account of one source holds."""
        (reader,), matcher = account.readers, account.matcher
        places = {id(rule): place for place, rule in enumerate(matcher.rulebook.rules)}
        columns = list(zip(*matcher.seen, strict=True))
        if columns:
            columns[_RULE] = tuple(None if rule is None else places[id(rule)] for rule in columns[_RULE])
        return cls(
            replace(reader, scanner=Scanner(), progress=None, express=None), columns, matcher.records, matcher.matched,
            list(matcher.processes), account.samples.get(0, []), account.unparsed[0], account.unstamped[0], account.stamped[0],
            0 in account.tagged_sources,
        )  # fmt: skip

    def add_to(self, account: Account, number: int) -> None:
        """Put this part behind what an account holds of a source already."""
        matcher, reader = account.matcher, account.readers[number]
        lines, records, rules = reader.printed, matcher.records, matcher.rulebook.rules
        numbers = [matcher.number_of(_of_source(key, number)) for key in self.processes]
        if self.columns:
            columns = list(self.columns)
            columns[_RULE] = tuple(None if place is None else rules[place] for place in columns[_RULE])
            columns[_RECORD] = tuple(record + records for record in columns[_RECORD])
            columns[_SOURCE] = (number,) * len(columns[_SOURCE])
            columns[_LINE] = tuple(line + lines for line in columns[_LINE])
            columns[_PROCESS] = tuple(numbers[process] for process in columns[_PROCESS])
            matcher.seen += map(Sighting._make, zip(*columns, strict=True))
        matcher.records += self.records
        matcher.matched += self.matched
        reader.add(self.reader, lines)
        account.add_samples(number, [record._replace(line=record.line + lines) for record in self.samples])
        account.unparsed[number] += self.unparsed
        account.unstamped[number] += self.unstamped
        account.stamped[number] += self.stamped
        if self.tagged:
            account.tagged_sources.add(number)


_RULE, _RECORD, _SOURCE, _LINE, _PROCESS = map(Sighting._fields.index, ("rule", "record", "source", "line", "process"))


def _of_source(key: object, number: int) -> object:
    """The key of a process as the whole run knows it: a part has one source, number 0."""
    return (number, key[1]) if isinstance(key, tuple) and key[0] == 0 else key


def _warmed(reader: Reader, matcher: Matcher, segment: Segment, number: int = 0, line: int = 1) -> tuple[Reader, Follow]:
    """A reader that begins a segment as one would that has read all before it; and what it then knows of failures."""
    follow: Follow = {}
    if not segment.start:
        return reader.heir(), follow
    warm = reader.heir()
    before = Account(matcher.fresh(matcher.processes), [warm])
    take_express(before, number, warm, follow)
    for record, anchors in warm.warm_up(segment, line):
        take(before, number, record, follow, anchors)
    # What follows a failure is known by the number of the process.
    for process in before.matcher.processes:
        matcher.number_of(process)
    return warm.heir(), follow


def read_part(reader: Reader, matcher: Matcher, segment: Segment) -> Part:
    """Read one segment by itself. Raises SourceError."""
    account = Account(matcher.fresh(), [])
    heir, follow = _warmed(reader, account.matcher, segment)
    account.readers.append(heir)
    take_express(account, 0, heir, follow)
    for record, anchors in heir.segment(segment):
        take(account, 0, record, follow, anchors)
    return Part.of(account)


def read_on(account: Account, number: int, segment: Segment) -> None:
    """Read the next segment of a source. Raises SourceError, Interrupted."""
    reader = account.readers[number]
    line = reader.printed + 1
    heir, follow = _warmed(reader, account.matcher, segment, number, line)
    take_express(account, number, heir, follow)
    try:
        for record, anchors in heir.segment(segment, line):
            take(account, number, record, follow, anchors)
    finally:
        reader.add(heir)
