"""A pull: every row of a window into a file, however often it is broken off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from logscan.errors import RailwayError, UsageError
from logscan.fetched import Deployed, Stretch, stretch
from logscan.railway import queries
from logscan.railway.answers import Fault
from logscan.railway.client import Client
from logscan.railway.deployments import deployments_in
from logscan.railway.journal import LOGS, Begun, Entry, Journal, Task, journal_path, open_journal, unfinished
from logscan.railway.paging import PAGE, Page, pages
from logscan.railway.rows import HttpRows, LogRows, Row, is_image, rows_of, service_of
from logscan.railway.scope import Scope
from logscan.times import SECOND, format_stamp

# How long a line may be under way until Railway shows it. Its own tools read 30 seconds back.
LAG: Final = 30 * SECOND
_SMALLEST: Final = 250
_DAY: Final = 86400 * SECOND
# For how long plans keep logs (Enterprise, Pro, Hobby), less an hour for the clock.
_KEPT: Final = tuple(days * _DAY - 3600 * SECOND for days in (90, 30, 7))


@dataclass(slots=True)
class Fetcher:
    """Asks for the rows of an environment, or the HTTP requests of a deployment. See paging.Fetch."""

    client: Client
    variables: dict[str, Any]
    limit: int = PAGE
    http: bool = False
    floor: int | None = None

    @classmethod
    def of(cls, client: Client, scope: Scope, limit: int = PAGE, deployment: str | None = None) -> Self:
        """A fetcher for the scope's lines, or for one deployment's requests."""
        if deployment is not None:
            return cls(client, {"deployment": deployment}, limit, http=True)
        return cls(client, {"environment": scope.environment.id, "filter": scope.filter}, limit)

    def __call__(self, before: int, anchor: int) -> list[Row]:
        """The newest rows between two moments, oldest first. Raises RailwayError.

        What lies before the time for which Railway keeps logs is answered with an error, or with nothing: then `floor` is
        set to the beginning of a plan's time that is answered for.
        """
        before = max(before, self.floor or 0)
        try:
            return self._asked(before, anchor)
        except RailwayError as error:
            for kept in _KEPT if _generic(error) else ():
                floor = self.client.now() - kept
                if before < floor < anchor:
                    with suppress(RailwayError):
                        rows = self._asked(floor, anchor)
                        self.floor = floor
                        return rows
            raise

    def _asked(self, before: int, anchor: int) -> list[Row]:
        variables = {**self.variables, "before": stamp_text(before), "anchor": stamp_text(anchor), "limit": self.limit}

        def smaller() -> None:
            # An answer that fails twice may be too large for someone on the way.
            self.limit = variables["limit"] = max(min(_SMALLEST, self.limit), self.limit // 2)

        if self.http:
            return rows_of(self.client.ask(queries.HTTP_LOGS, variables, HttpRows, smaller=smaller).rows)
        return rows_of(self.client.ask(queries.ENVIRONMENT_LOGS, variables, LogRows, smaller=smaller).rows)


def _generic(error: RailwayError) -> bool:
    """Whether Railway said no more than that it could not process the request."""
    return isinstance(error.__cause__, Fault) and error.__cause__.generic


def stamp_text(moment: int) -> str:
    """As the CLI sends moments: always nine digits."""
    seconds, rest = divmod(max(0, moment), SECOND)
    return f"{(format_stamp(seconds * SECOND) or '').removesuffix('Z')}.{rest:09d}Z"


@dataclass(frozen=True, slots=True)
class Order:
    """What to pull: a window in nanoseconds, and as it was `asked` for; `limit` rows at once; with `http`, image requests too."""

    since: int
    until: int
    asked: tuple[str, str | None]
    http: bool = False
    limit: int = PAGE


@dataclass(slots=True)
class Pull:
    """A pull at work. `run` fetches, and may be stopped by any exception; `journal` has what was fetched until then."""

    client: Client
    scope: Scope
    order: Order
    journal: Journal
    resumed: bool
    progress: Callable[[int, int], None] = lambda _rows, _reached: None
    deployments: list[Deployed] = field(default_factory=list)

    @classmethod
    def at(cls, output: Path, client: Client, scope: Scope, order: Order, *, restart: bool = False) -> Self:
        """Begin a pull into `output`, or go on with the one that was broken off there. Raises UsageError, LogscanError."""
        task = Task(client.endpoint.http, scope.project.id, scope.environment.id, scope.filter, order.http, order.asked)
        before = None if restart else unfinished(output)
        if before is not None and before.task != task:
            raise UsageError(
                f"'{journal_path(output)}': another pull into '{output}' was broken off (since {format_stamp(before.since)}). "
                "Give the same options to go on with it, or --restart to throw it away"
            )
        begun = before or Begun(task, order.since, order.until, client.now())
        order = replace(order, since=begun.since, until=begun.until)
        return cls(client, scope, order, open_journal(output, begun, anew=before is None), before is not None)

    def run(self) -> None:
        """Fetch what is not there yet. Raises RailwayError."""
        self.deployments = self._deployments()
        streams = [LOGS, *(it.id for it in self.deployments if self.order.http)]
        for stream in streams:
            fetch = Fetcher.of(self.client, self.scope, self.order.limit, None if stream == LOGS else stream)
            for page in pages(fetch, self.order.since, self.order.until, self.journal.cursor(stream)):
                self.journal.add(stream, replace(page, rows=list(self._wanted(stream, page))), fetch.floor)
                self.progress(self.rows, page.cursor.edge)

    def _deployments(self) -> list[Deployed]:
        """They mark the timeline; only HTTP requests cannot do without them."""
        try:
            return deployments_in(self.client, self.scope, self.order.since, self.order.until)
        except RailwayError as error:
            if self.order.http:
                raise
            self.client.notify(f"the list of deployments is missing: {error}")
            return []

    def _wanted(self, stream: str, page: Page) -> Iterator[Row]:
        """The rows of the scope, whatever Railway makes of the filter; of HTTP requests those for images."""
        if stream != LOGS:
            return (row for row in page.rows if is_image(row))
        if self.scope.filter is None:
            return iter(page.rows)
        return (row for row in page.rows if self.scope.holds(service_of(row)))

    @property
    def rows(self) -> int:
        """How many rows are there."""
        return sum(entry.rows for entry in self.journal.entries)

    @property
    def _log_entries(self) -> list[Entry]:
        return [entry for entry in self.journal.entries if entry.stream == LOGS]

    @property
    def whole(self) -> bool:
        """Whether the log was fetched down to the beginning of its window."""
        return bool(self._log_entries) and self._log_entries[-1].done

    def missing(self, why: str | None = None) -> list[Stretch]:
        """What of the log was not fetched, oldest first; `why` it ended."""
        entries = self._log_entries
        bursts = sorted(entry.burst for entry in entries if entry.burst is not None)
        parts = [stretch(burst, burst, "more rows at one moment than Railway gives at once") for burst in bursts]
        floor = entries[-1].floor if entries else None
        if self.whole:
            return [*([stretch(self.order.since, floor, "older than what Railway keeps")] if floor else []), *parts]
        edge = min(entries[-1].edge, self.order.until) if entries else self.order.until
        return [stretch(self.order.since, edge, why or "broken off"), *parts]

    def advice(self) -> str | None:
        """What to say where old lines could not be had."""
        reached = self.missing()
        old = not self.whole and self.client.now() - self.journal.cursor(LOGS).edge > _KEPT[-1]
        return "Railway keeps logs for 7 days on its Hobby plan, for 30 on Pro: ask for less with --since" if reached and old else None
