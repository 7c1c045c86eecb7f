"""Records matched as they are read: one source after the other, or a stretch of one."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from logscan.causes import FAILURES
from logscan.database import Ask
from logscan.express import ORDINARY, Express, Follow
from logscan.match import Matcher, service_votes
from logscan.model import Check, ImageAnswer, ImageUrl, Note, Record, Stored
from logscan.prefilter import FOLLOW, Scanner
from logscan.reading import Anchors, Reader
from logscan.rulebook import Rulebook
from logscan.rulebook.schema import PLATFORM
from logscan.spans import Span, see
from logscan.times import UTC

_MAX_SAMPLES: Final = 5


class Interrupted(Exception):  # noqa: N818  # not an error: what was read is reported
    """Raised by a signal handler: stop reading. `signum` is the signal."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"signal {signum}")
        self.signum = signum


@dataclass(frozen=True, slots=True)
class Counted:
    """What an earlier run has counted already: lines up to `until` (ns), of these `mascots` and of none.

    Lines of other mascots still count, as far back as `since`: those that were open then, or that nobody had seen.
    `same`: it is known to be the same log; else one in which none of the mascots stands is another log, and counts whole.
    """

    since: int
    until: int
    mascots: frozenset[str]
    same: bool = False


def _no_lap(_stage: str) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to read and judge. Times in nanoseconds; `pickup` and `run` None: as the rules say.

    `stories` keeps what a page shows of single mascots. `full` looks at every line instead of those that the
    prefilter lets through. `workers` processes read a large file; the answer is the same. `progress` is told of
    every chunk's bytes, `read` when the reading is over, `lap` of each stage of the work when it is over.
    `checks` are looks at Railway, `stored` rows of the database, to be judged together with the logs; `database` reads
    such rows once the logs are read, and `notes` are told beside those on the logs. What was `counted` before is left out.
    `ask` is told the addresses of images and asks for some; `answers` are those of an earlier time.
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
    workers: int = 1
    progress: Callable[[int], None] | None = None
    read: Callable[[], None] | None = None
    lap: Callable[[str], None] = _no_lap
    checks: tuple[Check, ...] = ()
    stored: Stored | None = None
    ask: Callable[[Sequence[ImageUrl]], Sequence[ImageAnswer]] | None = None
    answers: tuple[ImageAnswer, ...] = ()
    database: Ask | None = None
    notes: tuple[Note, ...] = ()
    counted: Counted | None = None


@dataclass(slots=True)
class Account:
    """What reading gave. The sightings are in `matcher.seen`; the counters go by the number of the source.

    `beside` are lines beside others, where they are at hand and cannot be read again.
    """

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
    interrupted: int | None = None
    beside: dict[tuple[int, int], Record] | None = None
    _backend: set[int] | None = None

    def add_samples(self, number: int, records: Sequence[Record]) -> None:
        """Keep the first few records that fitted no form."""
        samples = self.samples.setdefault(number, [])
        samples += records[: _MAX_SAMPLES - len(samples)]

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


def prepared(rulebook: Rulebook, *, full: bool) -> tuple[Scanner, Matcher]:
    """What finds candidates and what matches them, agreed on the numbers of anchors."""
    scanner, matcher = Scanner.of(rulebook, full=full), Matcher(rulebook)
    matcher.number_anchors(scanner.texts)
    return scanner, matcher


def read_one(account: Account, number: int, reader: Reader, window: Options | None) -> None:
    """Read and match one source; of a `window` only what lies in it. Raises SourceError, Interrupted."""
    cutter = _Window(window, reader) if window is not None else None
    follow: Follow = {}
    if cutter is None:
        take_express(account, number, reader, follow)
    try:
        for record, anchors in reader.candidates():
            if cutter is None or cutter.holds(record):
                take(account, number, record, follow, anchors)
    except Interrupted:
        # The parser holds a record until it knows that the next line is another.
        for record in reader.parser.flush():
            if cutter is None or cutter.holds(record):
                take(account, number, record, follow)
        raise
    if cutter is not None:
        account.outside += cutter.outside
        reader.lines = cutter.inside
        reader.first, reader.last, reader.spans = cutter.first, cutter.last, cutter.spans
        reader.stretches.clear()
        reader.walls.clear()


def take_express(account: Account, number: int, reader: Reader, follow: Follow) -> None:
    """Let the commonest lines of a source that is read from now on go straight to the matcher."""
    reader.express = Express(account.matcher, number, reader.parser, account.stamped, follow)


def take(account: Account, number: int, record: Record, follow: Follow, anchors: Anchors = None) -> None:
    """Match one record. `follow` says per process what of the next lines is kept because it may explain a failure."""
    matcher = account.matcher
    found = matcher.look(record, number, anchors)
    if record.replica:
        account.tagged_sources.add(number)
    for sighting in found:
        if sighting.mascot is not None:
            (account.stamped if sighting.stamp is not None or sighting.wall is not None else account.unstamped)[number] += 1
        if sighting.event in FAILURES:
            follow[sighting.process] = (record.line + FOLLOW, record.context)
    if record.broken and (found or matcher.may_match(record.message)):
        account.unparsed[number] += 1
        account.add_samples(number, [record])
    if not found and follow and record.message.strip() and _explains(record, follow.get(matcher.process(record, number))):
        matcher.keep_context(record, number)


def _explains(record: Record, failure: tuple[int, str | None] | None) -> bool:
    """Whether a line that no rule knows may explain a failure before it: what other loggers say of ordinary things does not."""
    if failure is None or record.line > failure[0]:
        return False
    return record.context in (None, failure[1]) or record.level not in ORDINARY


class _Window:
    """`--since` and `--until`: decides record by record, carrying the time on over lines without one."""

    def __init__(self, options: Options, reader: Reader) -> None:
        self._since, self._until, self._days = options.since, options.until, reader.parser.days
        self._at: int | None = None
        self.inside = self.outside = 0
        self.first: int | None = None
        self.last: int | None = None
        self.spans: dict[str, Span] = {}

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
        see(self.spans, record)
        if stamp is not None:
            self.first = stamp if self.first is None else min(self.first, stamp)
            self.last = stamp if self.last is None else max(self.last, stamp)
        return True
