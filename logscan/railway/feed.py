"""A log that goes on: over WebSocket where Railway lets the token in, by asking again and again where not.

Every row comes once. What a connection, or a question, gives is counted by row; only what exceeds the
count of all before is new. So neither equal stamps nor true repeats are lost, and what a reconnect sends
again is not doubled. Questions overlap by half a minute, because lines may be shown late.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NamedTuple

from logscan.errors import RailwayError, RefusedError
from logscan.railway.answers import Fault
from logscan.railway.client import Client
from logscan.railway.limits import HOUR
from logscan.railway.paging import Cursor, pages
from logscan.railway.pull import LAG, Fetcher, stamp_text
from logscan.railway.rows import Row, identity, service_of
from logscan.railway.scope import Scope
from logscan.railway.stream import Closed, Stream
from logscan.times import SECOND

State = Literal["connecting", "live", "polling", "waiting"]
OVERLAP: Final = LAG
_BACKLOG: Final = 5000
# Beside a stream that works, questions only make sure.
_SURE: Final = 120.0
_HELD: Final = 30.0
_LONGEST: Final = 30.0
_REFUSALS: Final = 2
_SHARE: Final = 0.5


class News(NamedTuple):
    """New rows, oldest first, and how they came; up to `until` (ns) none is missing. `words` say what is wrong, if something is."""

    rows: list[Row]
    state: State
    until: int | None
    words: str = ""


@dataclass(slots=True)
class Once:
    """Lets every row through once. A session is a connection or a question: what gives each row once."""

    _given: dict[bytes, tuple[int, int]] = field(default_factory=dict)

    def fresh(self, rows: list[Row], session: Counter[bytes]) -> list[Row]:
        """The rows of a session that no session before gave."""
        out = []
        for row in rows:
            name = identity(row)
            session[name] += 1
            if session[name] > self._given.get(name, (0, 0))[0]:
                self._given[name] = (session[name], row.stamp)
                out.append(row)
        return out

    def trim(self, session: Counter[bytes]) -> None:
        """Let a session that goes on forget what is forgotten here."""
        for name in [name for name in session if name not in self._given]:
            del session[name]

    def forget(self, before: int) -> None:
        """Rows older than this are not asked for again."""
        self._given = {name: given for name, given in self._given.items() if given[1] >= before}


@dataclass(slots=True)
class Feed:
    """What a scope writes from `since` on. `budget`: requests an hour; `sleep` and `clock` in seconds."""

    client: Client
    scope: Scope
    since: int
    budget: int = 360
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _once: Once = field(default_factory=Once)
    _polled: int = 0
    _due: float = 0.0
    _asked_at: float = 0.0
    _refusals: int = 0
    _failures: int = 0

    @property
    def interval(self) -> float:
        """Seconds between questions: within the budget, and within half of what Railway allows an hour."""
        allowed = self.client.limit.hourly
        most = self.budget if allowed is None else min(self.budget, max(1, int(allowed * _SHARE)))
        return max(2.0, HOUR / most)

    def news(self) -> Iterator[News]:
        """News, for ever. Raises RefusedError where Railway does not take the token (any more), RailwayError where the beginning fails."""
        # The budget is one of an hour: the pace keeps to it, a count would end it.
        self.client.patience = replace(self.client.patience, requests=sys.maxsize)
        self._polled = self.since + OVERLAP
        yield self._poll("connecting")
        while True:
            if self._refusals >= _REFUSALS:
                self.sleep(max(0.0, self._due - self.clock()))
                yield self._asked("polling")
            else:
                yield from self._connection()

    def _connection(self) -> Iterator[News]:
        """One connection, from its beginning to its end; questions go on beside it."""
        began = self.clock()
        try:
            stream = Stream.opened(self.client, self._subscription())
        except Closed as closed:
            yield from self._pause(str(closed))
            return
        try:
            yield from self._listened(stream)
        except Closed as closed:
            words = str(closed)
        except (Fault, RefusedError):
            # Project tokens are not taken here, though they are over HTTP; whether this one is a question will show.
            self._refusals += 1
            words = "Railway does not give this token a stream"
        finally:
            stream.close()
        if self.clock() - began >= _HELD:
            self._failures = 0
        self._due = min(self._due, self.clock() + self.interval)
        yield from self._pause(words)

    def _listened(self, stream: Stream) -> Iterator[News]:
        """What a connection gives. Raises Closed; RailwayError or Fault where Railway refuses."""
        session: Counter[bytes] = Counter()
        state: State = "polling"
        while True:
            for rows in stream.rows(min(1.0, max(0.05, self._due - self.clock()))):
                if state != "live":
                    # Rows are the proof. What was written since the last question may be more than a stream repeats;
                    # streams that break again and again must not make more questions than the budget has.
                    state, self._due = "live", min(self._due, max(self.clock() + 1, self._asked_at + self.interval))
                news = self._new(rows, session, state)
                if news.rows:
                    self._failures = 0
                yield news
            if self.clock() >= self._due:
                yield self._asked(state)
                self._once.trim(session)
                if state == "live":
                    self._due = max(self._due, self.clock() + _SURE)
            elif state == "live":
                yield News([], state, self.client.now() - OVERLAP)

    def _subscription(self) -> dict[str, Any]:
        # The form that is known to work has a filter; what an empty one gives nobody has tried.
        return {
            "environment": self.scope.environment.id, "before": stamp_text(self._polled - OVERLAP), "limit": _BACKLOG,
            "filter": self.scope.filter,
        }  # fmt: skip

    def _pause(self, words: str) -> Iterator[News]:
        """Longer after each failure, by chance; questions go on meanwhile."""
        self._failures += 1
        most = min(_LONGEST, 2.0 ** (self._failures - 1))
        until = self.clock() + most / 2 + random.uniform(0, most / 2)  # noqa: S311  # no secret hangs on it
        yield News([], "connecting" if self._refusals < _REFUSALS else "polling", None, words)
        while (left := until - self.clock()) > 0:
            if self.clock() >= self._due:
                yield self._asked("polling")
            else:
                self.sleep(min(left, self._due - self.clock()))

    def _asked(self, state: State) -> News:
        """A question whose failure is not the end."""
        try:
            return self._poll(state)
        except RefusedError:
            raise
        except RailwayError as error:
            self._due = self.clock() + max(self.interval, _LONGEST)
            return News([], "waiting", None, str(error))

    def _poll(self, state: State) -> News:
        until = self.client.now()
        fetch = Fetcher.of(self.client, self.scope)
        # Half a minute into the future: a row may bear a stamp of a clock that is fast.
        found = list(pages(fetch, self._polled - OVERLAP, until + OVERLAP, Cursor.at(until + OVERLAP), trusting=True))
        rows = [row for page in reversed(found) for row in page.rows]
        news = self._new(rows, Counter(), state)
        self._polled, self._asked_at = until, self.clock()
        self._once.forget(until - 4 * OVERLAP - int(_SURE * SECOND))
        self._due = self.clock() + self.interval
        return news._replace(until=until - OVERLAP)

    def _new(self, rows: list[Row], session: Counter[bytes], state: State) -> News:
        wanted = [row for row in rows if self.scope.filter is None or self.scope.holds(service_of(row))]
        return News(self._once.fresh(wanted, session), state, None)
