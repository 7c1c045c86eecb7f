"""A diagnosis that goes on: lines are read once, as they come; what they gave is kept and judged again when something changed.

Memory is bounded by events: lines that no rule knows are forgotten, and events are once they are a day old.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from logscan.diagnose import Options, judge
from logscan.express import Follow
from logscan.intake import Account, take
from logscan.match import Matcher
from logscan.model import Diagnosis, Record
from logscan.prefilter import Scanner
from logscan.reading import Reader
from logscan.rulebook import Rulebook
from logscan.sources import MemorySource
from logscan.spans import see
from logscan.times import SECOND

KEEP: Final = 24 * 3600 * SECOND
_MOST: Final = 100_000
_SAMPLES: Final = 1000
# What a live input is told to be: no form of a file, whose length would say something.
FORM: Final = "live"


class Live:
    """Takes lines of one or more inputs; `diagnosis()` tells what they mean so far. `dirty`: something was recognised since."""

    def __init__(self, rulebook: Rulebook, options: Options, names: Sequence[str], keep: int = KEEP, most: int = _MOST) -> None:
        self._rulebook, self._options, self._keep, self._most = rulebook, options, keep, most
        self._account = Account(
            Matcher(rulebook), [Reader(MemorySource(name, b""), Scanner(), options.zone, options.form) for name in names]
        )
        self._lines = [0 for _ in names]
        self._follow: list[Follow] = [{} for _ in names]
        self.dirty = True

    @property
    def lines(self) -> int:
        """How many records were read."""
        return sum(reader.lines for reader in self._account.readers)

    @property
    def newest(self) -> int | None:
        """The latest stamp of any line (ns)."""
        return max((reader.last for reader in self._account.readers if reader.last is not None), default=None)

    @property
    def kept(self) -> int:
        """How many sightings are held."""
        return len(self._account.matcher.seen)

    def feed(self, text: str, place: int = 0) -> None:
        """The next line of an input."""
        reader = self._account.readers[place]
        self._lines[place] += 1
        reader.size += len(text) + 1
        self._take(place, reader.parser.feed(self._lines[place], text))

    def settle(self) -> None:
        """No line has come for a moment: what was held back because the next one might belong to it counts now."""
        for place, reader in enumerate(self._account.readers):
            self._take(place, reader.parser.flush())

    def diagnosis(self, until: int | None = None) -> Diagnosis:
        """What the lines mean so far. `until`: up to then none is missing, though none may have come."""
        self.dirty = False
        # A copy: an account remembers what it was asked.
        return judge(replace(self._account, _backend=None), self._rulebook, self._options, until=until)

    def _take(self, place: int, records: Sequence[Record]) -> None:
        account, reader = self._account, self._account.readers[place]
        for record in records:
            reader.lines += 1
            reader.forms[FORM] += 1
            self._learn(reader, record)
            before = len(account.matcher.seen)
            take(account, place, record, self._follow[place])
            self.dirty |= len(account.matcher.seen) > before
        if len(account.matcher.seen) > self._most:
            self._forget()

    @staticmethod
    def _learn(reader: Reader, record: Record) -> None:
        """When a record was written, whose it is, and in which order its logger writes day and month."""
        stamp = record.stamp
        if record.wall is not None:
            reader.parser.days.see(record.wall, stamp if record.clock == "railway" else None)
            stamp = stamp if stamp is not None else reader.parser.days.resolve(record.wall)
        if len(reader.samples) < _SAMPLES:
            reader.samples.append(record.message)
        see(reader.spans, record)
        if stamp is None:
            return
        reader.first = stamp if reader.first is None else min(reader.first, stamp)
        reader.last = stamp if reader.last is None else max(reader.last, stamp)
        if record.replica:
            key = (record.service, record.deployment, record.replica)
            reader.earliest[key] = min(stamp, reader.earliest.get(key, stamp))

    def _forget(self) -> None:
        """Let go of sightings older than `keep`, and of the older half where that is not enough."""
        old = self._account.matcher
        oldest = (self.newest or 0) - self._keep
        kept = [it for it in old.seen if it.stamp is None or it.stamp >= oldest]
        if len(kept) > self._most * 3 // 4:
            kept = kept[-self._most // 2 :]
        # A new matcher: the old one also remembers the text of every line that it ever recognised.
        self._account.matcher = Matcher(self._rulebook, kept, old.records, old.matched, old.processes)
