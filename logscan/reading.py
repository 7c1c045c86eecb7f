"""One input, from bytes to records, with the account of what it held."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final

from logscan.counting import Counted, all_single, count, count_single, undecodable
from logscan.extent import extent_of
from logscan.model import Record, Wall
from logscan.parse import DayOrder, LineParser, detect
from logscan.parse.documents import Ending, document_form, read_csv, read_json
from logscan.parse.entry import Entry
from logscan.parse.loggers import peel
from logscan.parse.railway import from_object
from logscan.parse.text import clean
from logscan.prefilter import Hits, Lane, Scanner, Trail
from logscan.sources import Source
from logscan.sources.blocks import Block, Blocks
from logscan.spans import Span, extend, see, spans_of
from logscan.stretches import Segment, Stretch, head_of, limited, runs
from logscan.times import UTC

_DOCUMENTS: Final = (None, "railway-array", "railway-response", "railway-csv", "railway-ndjson")
_SAMPLE_LINES: Final = 200
_SMALL: Final = 1 << 16
_MAX_SAMPLES: Final = 1000


Anchors = tuple[int, ...] | None
Read = tuple[Record, Anchors]


@dataclass(slots=True)
class Reader:
    """Reads one source once. After `records()` is exhausted, or cut short, the other fields hold the account.

    Lines that `express` takes or leaves do not come out as records.
    `records` numbers count records, not lines; `walls` are loggers' dates still to be resolved by `days`.
    """

    source: Source
    scanner: Scanner
    zone: dt.tzinfo = UTC
    form: str | None = None
    forms: Counter[str] = field(default_factory=Counter)
    lines: int = 0
    size: int = 0
    undecodable: int = 0
    first: int | None = None
    last: int | None = None
    walls: list[Wall] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)
    spans: dict[str, Span] = field(default_factory=dict)
    broken: str | None = None
    documents: bool = False
    earliest: dict[tuple[str | None, str | None, str | None], int] = field(default_factory=dict)
    cut: int = 0
    printed: int = 0
    parser: LineParser = field(default_factory=LineParser)
    progress: Callable[[int], None] | None = None
    express: Lane | None = None
    _trail: Trail = field(default_factory=Trail)
    _form_before: str | None = None

    def __post_init__(self) -> None:
        self.parser = LineParser(self.zone, self.form if self.form != "auto" else None)

    def records(self) -> Iterator[Record]:
        """The candidates as records, in reading order. Raises SourceError if the input cannot be opened."""
        for record, _ in self.candidates():
            yield record

    def candidates(self) -> Iterator[Read]:
        """The candidates as records, each with the anchors that its line holds, if they are known."""
        chunks: Iterator[bytes] = self._counted(self.source.chunks())
        head = head_of(chunks)
        while (form := document_form(head) if self.form in _DOCUMENTS else None) is not None:
            ending = Ending()
            yield from ((record, None) for record in self._document(chain([head], chunks), form, ending))
            self.undecodable += ending.undecodable
            self.broken = self.broken or ending.broken
            self.documents = True
            # A chain, unlike a generator, leaves the rest open when it is dropped.
            chunks = chain([ending.rest.encode("utf-8", "replace")], chunks)
            head = head_of(chunks)
        yield from self._lines(chain([head], chunks), self.lines + 1 if self.documents else 1)
        self.broken = self.broken or self.source.broken

    def segment(self, segment: Segment, line: int = 1) -> Iterator[Read]:
        """The candidates of a segment of a plain file whose first line has this number. What its last line begins is left to the next."""
        chunks = self.source.chunks(segment.even)
        if segment.stop is not None:
            chunks = limited(chunks, segment.stop - segment.even)
        begun = b"".join(limited(self.source.chunks(segment.start), segment.even - segment.start))
        yield from self._lines(self._counted(chunks), line, segment.start, begun, ends=segment.stop is None)
        self.broken = self.source.broken

    def warm_up(self, segment: Segment, line: int = 1) -> Iterator[Read]:
        """The candidates before a segment: what its first lines are is known from those before."""
        data = b"".join(limited(self.source.chunks(segment.warm), segment.start - segment.warm))
        yield from self._block(Block(data, line - data.count(b"\n"), segment.warm))

    def heir(self) -> Reader:
        """A reader that goes on where this one is, with nothing counted yet."""
        heir = Reader(self.source, self.scanner, self.zone, self.form, progress=self.progress)
        heir.parser = replace(self.parser, days=DayOrder(self.zone), extra=0)
        heir._trail, heir._form_before = self._trail, self._form_before
        return heir

    def add(self, later: Reader, lines: int = 0) -> None:
        """Take over the account of a later segment, whose lines are numbered from behind so many."""
        self.forms += later.forms
        self.lines += later.lines
        self.printed += later.printed
        self.size += later.size
        self.undecodable += later.undecodable
        self.cut += later.cut
        self._extend(later.first, later.last)
        extend(self.spans, later.spans)
        self.walls += later.walls
        self.stretches += [stretch._replace(line=stretch.line + lines) for stretch in later.stretches]
        if len(self.samples) < _MAX_SAMPLES:
            self.samples += later.samples
            for key, at in later.earliest.items():
                self.earliest[key] = min(at, self.earliest.get(key, at))
        self.broken = self.broken or later.broken
        self.parser.days.add(later.parser.days)

    def again(self, first: int, last: int) -> Iterator[Record]:
        """All records stamped between `first` and `last`, read a second time, from just the blocks that hold them."""
        full = Scanner()
        if self.documents or not self.stretches:
            reader = Reader(self.source, full, self.zone, self.form)
            yield from (r for r in reader.records() if r.stamp is not None and first <= r.stamp <= last)
            return
        wanted = [s for s in self.stretches if s.first is None or s.last is None or (s.first <= last and s.last >= first)]
        for run in runs(wanted, self.stretches):
            reader = Reader(self.source, full, self.zone, self.form)
            size = self._end_of(run[-1]) - run[0].offset
            chunks = limited(self.source.chunks(run[0].offset), size)
            for record, _ in reader._lines(chunks, run[0].line, run[0].offset):
                if record.stamp is not None and first <= record.stamp <= last:
                    yield record

    def _end_of(self, stretch: Stretch) -> int:
        place = self.stretches.index(stretch) + 1
        return self.stretches[place].offset if place < len(self.stretches) else self.size

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.size += len(chunk)
            if self.progress is not None:
                self.progress(len(chunk))
            yield chunk

    def _document(self, chunks: Iterable[bytes], form: str, ending: Ending) -> Iterator[Record]:
        items = read_csv(chunks, ending) if form == "railway-csv" else read_json(chunks, form, ending)
        for line, fields, text in items:
            self.lines += 1
            self.forms[form] += 1
            entry = from_object(fields, self.zone) if fields is not None else None
            if entry is None:
                entry = peel(Entry(text, broken=fields is None))
            if entry.wall is not None:
                self.parser.days.see(entry.wall, entry.stamp if entry.clock == "railway" else None)
            self._extend(entry.stamp, entry.stamp)
            record = entry.record(line)
            see(self.spans, record)
            if len(self.samples) < _MAX_SAMPLES:
                self._sampled([record])
            yield record

    def _lines(self, chunks: Iterable[bytes], line: int, offset: int = 0, begun: bytes = b"", *, ends: bool = True) -> Iterator[Read]:
        blocks = Blocks()
        for block in blocks.of(chunks, line, offset, begun, ends=ends):
            before = self.printed
            yield from self._block(block)
            # The last line may lack its end.
            blocks.lines = self.printed - before - (not block.data.endswith(b"\n"))
        if ends:
            yield from ((record, None) for record in self.parser.flush())
        self.lines += self.parser.extra
        self.cut = blocks.cut

    def _block(self, block: Block) -> Iterator[Read]:
        sample = _sample(block)
        form = self.form or detect(sample)
        self._keep(sample)
        plain = block._replace(data=clean(block.data, sample))
        hits = self.scanner.search(plain.data, form)
        counted = self._count(plain, form, hits)
        single = counted is None or counted.single
        known: dict[int, tuple[int, ...]] = {}
        try:
            for number, text, anchors in self.scanner.candidates(plain, self._trail, hits, single=single, express=self.express):
                # A record may be held until the next line shows that it is whole.
                if anchors is not None:
                    known[number] = anchors
                for record in self.parser.feed(number, text):
                    yield record, known.pop(record.line, None)
        finally:
            # Whoever is interrupted in a block has its lines counted, too.
            lines = self._trail.taken(plain)
            self._account(plain, sample, form, counted or count_single(plain.data, lines, hits.odd or ()))
            self.undecodable += undecodable(block.data, replaced=self.source.replaces)

    def _count(self, block: Block, form: str, hits: Hits) -> Counted | None:
        """The account of a block; None if it is sure that each line is judged by itself, and the lines will be counted on the way."""
        return None if all_single(form, hits.odd) else count(block.data, form, begins=form != self._form_before)

    def _account(self, block: Block, sample: list[str], form: str, counted: Counted) -> None:
        self._form_before = form
        self.lines += counted.records
        self.printed += counted.lines
        self.forms[form] += counted.records
        extent = extent_of(block.data, self._parse_alone, counted.records)
        self.stretches.append(Stretch(block.line, block.offset, extent.first, extent.last))
        self._extend(extent.first, extent.last)
        extend(self.spans, spans_of(block.data, sample, self._parse_alone))
        self.walls += extent.walls
        for record in extent.days:
            self._see(record)

    def _parse_alone(self, line: str) -> list[Record]:
        parser = LineParser(self.zone, self.parser.form)
        return [*parser.feed(1, line), *parser.flush()]

    def _keep(self, lines: Iterable[str]) -> None:
        """Keep some lines, whole and as messages, for telling whose log this is, and when each process was first seen."""
        for line in lines:
            if len(self.samples) < _MAX_SAMPLES:
                self._sampled(self._parse_alone(line))
                self.samples.append(line)

    def _sampled(self, records: Iterable[Record]) -> None:
        for record in records:
            self.samples.append(record.message)
            if record.clock == "railway":
                self._see(record)
            if record.replica and record.stamp is not None:
                key = (record.service, record.deployment, record.replica)
                self.earliest[key] = min(record.stamp, self.earliest.get(key, record.stamp))

    def _see(self, record: Record) -> None:
        """Let a record tell whether the day or the month comes first."""
        if record.wall is not None:
            self.parser.days.see(record.wall, record.stamp if record.clock == "railway" else None)

    def _extend(self, first: int | None, last: int | None) -> None:
        if first is not None and (self.first is None or first < self.first):
            self.first = first
        if last is not None and (self.last is None or last > self.last):
            self.last = last

    def finish(self) -> None:
        """Resolve the loggers' dates at the ends, now that the order of day and month is known."""
        for wall in self.walls:
            moment = self.parser.days.resolve(wall)
            self._extend(moment, moment)

    @property
    def main_form(self) -> str:
        """The form of most records; `mixed` where none has nine tenths of them."""
        if not self.forms:
            return "empty"
        form, number = max(self.forms.items(), key=lambda item: (item[1], item[0]))
        return form if number * 10 >= 9 * sum(self.forms.values()) else "mixed"


def _sample(block: Block) -> list[str]:
    """Some lines, spread over a block."""
    data = block.data
    if len(data) < _SMALL:
        lines = data.split(b"\n", _SAMPLE_LINES)[:_SAMPLE_LINES]
    else:
        step = len(data) // 8
        lines = [line for start in range(0, len(data), step) for line in data[start : start + 4096].split(b"\n")[1:13]]
    return [line[:65536].decode("utf-8", "replace").rstrip("\r") for line in lines if line.strip()]
