"""Everything in a window of time, page by page, newest first; what Railway leaves open is asked for in a way that suits either answer.

An answer holds the newest rows up to its anchor, and one more than asked for. Whether the bounds
belong to the window nobody says, so they are put a nanosecond outside it. Rows at the border of two pages
come twice: each page's oldest stamp may have been cut, so the next page begins there, and what is held
of that stamp is taken off, each row as often as it was held. True repeats stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from logscan.railway.rows import Row, identity

# What those who keep Railway's own tools ask for at once; the highest number that it takes is not known.
PAGE: Final = 5000
_SURELY_CUT: Final = 100


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where paging stands: the next anchor, the stamp down to which rows are held, and how often those at that stamp are.

    `done`: the window's beginning was reached. Times in nanoseconds.
    """

    anchor: int
    edge: int
    held: Counter[bytes] = field(default_factory=Counter)
    largest: int = 0
    done: bool = False

    @property
    def stepping(self) -> bool:
        """Whether the stamp at the edge is being stepped over, because an answer is too small for all its rows."""
        return bool(self.held) and self.anchor <= self.edge

    @classmethod
    def at(cls, until: int) -> Cursor:
        """The beginning of a pull that goes back from `until`."""
        return cls(until + 1, until + 1)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows that were not held before, oldest first, and where to go on. `burst`: a stamp of which some rows may be missing."""

    rows: list[Row]
    cursor: Cursor
    burst: int | None = None


class Fetch(Protocol):
    """Asks for rows; `limit` is how many it asked for last, which faults may have made fewer."""

    limit: int

    def __call__(self, before: int, anchor: int) -> list[Row]:
        """The newest rows between two moments, oldest first. Raises RailwayError."""


def pages(fetch: Fetch, since: int, until: int, cursor: Cursor, *, trusting: bool = False) -> Iterator[Page]:
    """The pages of a window, from `cursor` back to `since`. Whatever `fetch` raises goes through.

    `trusting` takes a short answer for the last one, which spares a request, where the window is asked for again anyway.
    """
    while not cursor.done:
        answered = fetch(since - 1, cursor.anchor)
        page = _page(answered, since, until, cursor, fetch.limit)
        if trusting and len(answered) < min(fetch.limit, _SURELY_CUT):
            page = replace(page, cursor=replace(page.cursor, done=True))
        cursor = page.cursor
        yield page


def _page(answered: list[Row], since: int, until: int, cursor: Cursor, limit: int) -> Page:
    rows = [row for row in answered if since <= row.stamp <= until]
    fresh = _fresh(rows, cursor)
    largest = max(cursor.largest, len(answered))
    if not fresh:
        return _without_progress(answered, rows, replace(cursor, largest=largest), limit)
    oldest = rows[0].stamp
    # A page holds everything from its oldest stamp up to the anchor, so that it alone says what is held there.
    held = Counter(identity(row) for row in rows if row.stamp == oldest)
    done = answered[0].stamp < since
    # Older rows, although a stamp was stepped over: of that one not all may have been seen.
    return Page(fresh, Cursor(oldest + 1, oldest, held, largest, done), cursor.edge if cursor.stepping else None)


def _fresh(rows: list[Row], cursor: Cursor) -> list[Row]:
    """The rows that are not held yet; they are the older ones."""
    known = Counter(cursor.held)
    fresh = []
    for row in reversed(rows):
        if row.stamp < cursor.edge:
            fresh.append(row)
        elif row.stamp == cursor.edge:
            name = identity(row)
            if known[name] > 0:
                known[name] -= 1
            else:
                fresh.append(row)
    fresh.reverse()
    return fresh


def _without_progress(answered: list[Row], rows: list[Row], cursor: Cursor, limit: int) -> Page:
    """The beginning was reached; or one stamp has more rows than an answer holds, and is stepped over."""
    full = len(answered) >= limit or len(answered) == cursor.largest >= _SURELY_CUT
    if full and not cursor.stepping and cursor.held:
        return Page([], replace(cursor, anchor=cursor.edge))
    if cursor.stepping and cursor.anchor == cursor.edge and any(row.stamp == cursor.edge for row in rows):
        return Page([], replace(cursor, anchor=cursor.edge - 1))
    return Page([], replace(cursor, done=True), cursor.edge if cursor.stepping else None)
