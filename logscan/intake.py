"""All inputs of a run, read and matched: the sightings, and the account of what the logs cover."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from logscan.causes import FAILURES
from logscan.errors import SourceError
from logscan.match import Matcher, Sighting, captured_number, service_votes
from logscan.model import Coverage, Evidence, Hole, Note, Record, SourceReport
from logscan.ordering import Seen
from logscan.overlap import duplicates
from logscan.prefilter import FOLLOW, Scanner
from logscan.reading import Reader
from logscan.redact import Redactor
from logscan.rulebook import Rulebook
from logscan.rulebook.schema import PLATFORM
from logscan.sources import Source
from logscan.times import SECOND, UTC
from logscan.visible import visible

CLI_LIMIT: Final = 500
_DROP_REACH: Final = 10 * SECOND
_CLI_FORMS: Final = frozenset({"railway-json", "railway-plain", "nest", "text", "pino", "nest-json", "winston", "mixed"})
_MAX_SAMPLES: Final = 5


class Interrupted(Exception):  # noqa: N818  # not an error: what was read is reported
    """Raised by a signal handler: stop reading. `signum` is the signal."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"signal {signum}")
        self.signum = signum


@dataclass(frozen=True, slots=True)
class Options:
    """How to read and judge. Times in nanoseconds; `pickup` and `run` None: as the rules say.

    `stories` keeps what a page shows of single mascots. `full` looks at every line instead of those that the prefilter
    lets through; `progress` is told of every chunk's bytes, `read` when the reading is over.
    """

    zone: dt.tzinfo = UTC
    form: str | None = None
    since: int | None = None
    until: int | None = None
    pickup: int | None = None
    run: int | None = None
    redact: bool = True
    stories: bool = False
    full: bool = False
    progress: Callable[[int], None] | None = None
    read: Callable[[], None] | None = None


@dataclass(slots=True)
class Account:
    """What reading gave. The sightings are in `matcher.seen`; the counters go by the number of the source."""

    matcher: Matcher
    readers: list[Reader]
    samples: dict[int, list[Record]] = field(default_factory=dict)
    unparsed: Counter[int] = field(default_factory=Counter)
    unreadable: dict[int, str] = field(default_factory=dict)
    outside: int = 0
    unstamped: Counter[int] = field(default_factory=Counter)
    stamped: Counter[int] = field(default_factory=Counter)
    double: dict[int, int] = field(default_factory=dict)
    tagged_sources: set[int] = field(default_factory=set)
    services: dict[int, set[str]] = field(default_factory=dict)
    interrupted: int | None = None
    _backend: set[int] | None = None

    @property
    def earliest(self) -> dict[int, int]:
        """When each tagged process was first seen, as far as samples tell."""
        processes = self.matcher.processes
        seen = sorted((at, processes[key]) for reader in self.readers for key, at in reader.earliest.items() if key in processes)
        return {process: at for at, process in reversed(seen)}

    def kind(self, number: int) -> str | None:
        """Whose log a source is, if its samples tell and nothing of the backend stands in it."""
        if self._backend is None:
            self._backend = {s.source for s in self.matcher.seen if s.event and s.event not in PLATFORM}
        if number in self._backend:
            return None
        kinds = service_votes(self.readers[number].samples, self.matcher.rulebook.services)
        return kinds.most_common(1)[0][0] if kinds else None

    @property
    def tagged(self) -> frozenset[int]:
        """The processes that Railway's tags name."""
        return frozenset(number for key, number in self.matcher.processes.items() if isinstance(key, tuple) and len(key) == 3)  # noqa: PLR2004


def read_all(sources: Sequence[Source], rulebook: Rulebook, options: Options) -> Account:
    """Read every source; a signal ends the reading, an unreadable source is noted."""
    windowed = options.since is not None or options.until is not None
    scanner = Scanner.of(rulebook, full=options.full or windowed)
    account = Account(Matcher(rulebook), [])
    for place, source in enumerate(sources):
        reader = Reader(source, scanner, options.zone, options.form, progress=options.progress)
        account.readers.append(reader)
        if account.interrupted is not None:
            continue
        try:
            _read_one(account, place, reader, options if windowed else None)
        except SourceError as error:
            account.unreadable[place] = str(error)
        except Interrupted as stop:
            account.interrupted = stop.signum
        reader.finish()
    try:
        _leave_out_duplicates(account)
    except Interrupted as stop:
        account.interrupted = stop.signum
    return account


def _read_one(account: Account, number: int, reader: Reader, window: Options | None) -> None:
    cutter = _Window(window, reader) if window is not None else None
    follow: dict[int, int] = {}
    try:
        for record in reader.records():
            if cutter is None or cutter.holds(record):
                _take(account, number, record, follow)
    except Interrupted:
        # The parser holds a record until it knows that the next line is another.
        for record in reader.parser.flush():
            if cutter is None or cutter.holds(record):
                _take(account, number, record, follow)
        raise
    if cutter is not None:
        account.outside += cutter.outside
        reader.lines = cutter.inside
        reader.first, reader.last = cutter.first, cutter.last
        reader.stretches.clear()
        reader.walls.clear()


def _take(account: Account, number: int, record: Record, follow: dict[int, int]) -> None:
    """Match one record. `follow` says per process up to which line what follows a failure is kept."""
    matcher = account.matcher
    found = matcher.look(record, number)
    if record.replica:
        account.tagged_sources.add(number)
    if record.service:
        account.services.setdefault(number, set()).add(record.service)
    for sighting in found:
        if sighting.mascot is not None:
            (account.stamped if sighting.stamp is not None or sighting.wall is not None else account.unstamped)[number] += 1
        if sighting.event in FAILURES:
            follow[sighting.process] = record.line + FOLLOW
    if record.broken and (found or matcher.may_match(record.message)):
        account.unparsed[number] += 1
        samples = account.samples.setdefault(number, [])
        if len(samples) < _MAX_SAMPLES:
            samples.append(record)
    if not found and follow and record.message.strip() and follow.get(matcher.process(record, number), 0) >= record.line:
        matcher.keep_context(record, number)


class _Window:
    """`--since` and `--until`: decides record by record, carrying the time on over lines without one."""

    def __init__(self, options: Options, reader: Reader) -> None:
        self._since, self._until, self._days = options.since, options.until, reader.parser.days
        self._at: int | None = None
        self.inside = self.outside = 0
        self.first: int | None = None
        self.last: int | None = None

    def holds(self, record: Record) -> bool:
        """Whether a record lies in the window; it is counted as inside or outside."""
        stamp = record.stamp if record.stamp is not None or record.wall is None else self._days.resolve(record.wall)
        self._at = stamp if stamp is not None else self._at
        early = self._at is not None and self._since is not None and self._at < self._since
        late = self._at is not None and self._until is not None and self._at > self._until
        if early or late:
            self.outside += 1
            return False
        self.inside += 1
        if stamp is not None:
            self.first = stamp if self.first is None else min(self.first, stamp)
            self.last = stamp if self.last is None else max(self.last, stamp)
        return True


def _leave_out_duplicates(account: Account) -> None:
    if account.interrupted is not None:
        return
    found = duplicates(account.readers, frozenset(account.tagged_sources))
    if not found:
        return
    gone = {(source, *place) for source, places in found.items() for place in places}
    kept = [s for s in account.matcher.seen if (s.source, s.line, s.stamp) not in gone]
    account.matcher.matched -= _records(account.matcher.seen) - _records(kept)
    account.matcher.seen = kept
    account.double = {source: places.total() for source, places in found.items()}


def _records(sightings: Sequence[Sighting]) -> int:
    return len({sighting.record for sighting in sightings if sighting.kind != "context"})


def coverage_of(account: Account, seen: Sequence[Seen], redactor: Redactor) -> Coverage:
    """What the logs really cover, with holes and notes."""
    ends = [stamp for reader in account.readers for stamp in (reader.first, reader.last) if stamp is not None]
    ends += [item.stamp for item in seen if item.stamp is not None]
    drops = [item for item in seen if item.sighting.event == "lines_dropped"]
    holes = [Hole(*_around(item), "dropped") for item in drops]
    holes += [Hole(reader.last, None, "broken") for reader in account.readers if reader.broken]
    return Coverage(
        sources=tuple(_source_report(account, number, redactor) for number in range(len(account.readers))),
        start=min(ends, default=None),
        end=max(ends, default=None),
        holes=tuple(holes),
        lines=sum(reader.lines for reader in account.readers) - sum(account.double.values()),
        matched=account.matcher.matched,
        dropped=sum(captured_number(item.sighting.captures, "dropped") for item in drops),
        notes=tuple(_notes(account, drops)),
    )


def _around(item: Seen) -> tuple[int | None, int | None]:
    """Railway's drop line stands for lines up to ten seconds to either side."""
    return (None, None) if item.stamp is None else (item.stamp - _DROP_REACH, item.stamp + _DROP_REACH)


def _source_report(account: Account, number: int, redactor: Redactor) -> SourceReport:
    reader = account.readers[number]
    services = sorted(account.services.get(number, ()))
    return SourceReport(
        name=visible(reader.source.name),
        format=reader.main_form,
        service=visible(", ".join(services)) or None,
        lines=reader.lines - account.double.get(number, 0),
        bytes=reader.size,
        first=reader.first,
        last=reader.last,
        kind=account.kind(number),
        unparsed=account.unparsed[number],
        undecodable=reader.undecodable,
        samples=tuple(_sample(reader, record, redactor) for record in account.samples.get(number, [])),
    )


def _sample(reader: Reader, record: Record, redactor: Redactor) -> Evidence:
    return Evidence(visible(reader.source.name), record.line, record.stamp, redactor.clean(record.text))


def _notes(account: Account, drops: Sequence[Seen]) -> list[Note]:
    notes = [note for number in range(len(account.readers)) for note in _notes_on(account, number)]
    if account.outside:
        notes.append(Note("outside-window", account.outside))
    dropped = sum(captured_number(item.sighting.captures, "dropped") for item in drops)
    return [*notes, Note("dropped", dropped)] if dropped else notes


def _notes_on(account: Account, number: int) -> list[Note]:
    """What people must know of one source."""
    reader = account.readers[number]
    name: dict[str, int | str] = {"source": visible(reader.source.name)}
    if number in account.unreadable:
        return [Note("unreadable", 1, {"why": visible(account.unreadable[number])})]
    kind = account.kind(number)
    stamps = "some-stamps" if account.stamped[number] else "no-stamps"
    possible = (
        (reader.broken, Note("broken", 1, {**name, "why": reader.broken or ""})),
        (reader.cut, Note("long-lines", reader.cut, name)),
        (reader.parser.days.ambiguous, Note("day-order", 1, name)),
        (account.unstamped[number], Note(stamps, 1, name)),
        (_cut_by_cli(reader), Note("cut-at-500", 1, name)),
        (account.double.get(number), Note("duplicates", account.double.get(number, 0), name)),
        (kind, Note("other-log", 1, {**name, "kind": kind or ""})),
    )
    return [note for holds, note in possible if holds]


def _cut_by_cli(reader: Reader) -> bool:
    """Exactly as many records as `railway logs` gives at most; its plain form prints those without a text as blank lines."""
    return reader.main_form in _CLI_FORMS and CLI_LIMIT in (reader.lines, reader.printed)
