"""Sightings in the order in which things happened, with every date resolved that can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter, gt, lt
from typing import Final, NamedTuple

from logscan.match import Sighting
from logscan.parse import DayOrder
from logscan.times import SECOND

# How far apart lines of one burst may be stamped: Railway stamps a backlog microseconds apart,
# loggers print whole seconds, and without stamps only the distance in lines is left.
RAILWAY_SLACK: Final = 50_000_000
APP_SLACK: Final = SECOND
LINE_SLACK: Final = 60
# Where a source has no stamps at all its lines are put this far apart, so that eight make a burst.
LINE_TIME: Final = 10_000_000
BARE_SLACK: Final = 8 * LINE_TIME


class Seen(NamedTuple):
    """A sighting in its place.

    `at` orders (ns), `stamp` is None where the line has none of its own, and `slack` says how far in
    time (of `at`) a neighbour of the same burst may be.
    """

    sighting: Sighting
    stamp: int | None
    at: int
    slack: int

    def near(self, other: Seen, lines: int = LINE_SLACK) -> bool:
        """Whether two sightings of one process stand in the same burst."""
        if self.stamp is not None and other.stamp is not None:
            return abs(self.stamp - other.stamp) <= max(self.slack, other.slack)
        here, there = self.sighting, other.sighting
        return here.source == there.source and abs(here.line - there.line) <= lines and abs(self.at - other.at) <= APP_SLACK


def in_order(sightings: Iterable[Sighting], days: Mapping[int, DayOrder]) -> list[Seen]:
    """All sightings by time, then source, then line; within a file saved newest first, by line backwards."""
    by_source: dict[int, list[Sighting]] = {}
    for sighting in sightings:
        by_source.setdefault(sighting.source, []).append(sighting)
    out: list[Seen] = []
    for source in sorted(by_source):
        placed = _placed(by_source[source], days.get(source))
        out += reversed(placed) if _backwards(placed) else placed
    # The sort is stable, and quick where all is in order already.
    out.sort(key=attrgetter("at"))
    return out


def _placed(items: list[Sighting], days: DayOrder | None) -> list[Seen]:
    stamps = [s.stamp if s.stamp is not None or s.wall is None or days is None else days.resolve(s.wall) for s in items]
    first = next((stamp for stamp in stamps if stamp is not None), None)
    if first is None:
        return [Seen(s, None, s.line * LINE_TIME, BARE_SLACK) for s in items]
    out = []
    carried, since = first, 0
    for sighting, stamp in zip(items, stamps, strict=True):
        if stamp is None:
            since += 1
        elif stamp != carried:
            carried, since = stamp, 0
        slack = RAILWAY_SLACK if sighting.clock == "railway" else APP_SLACK
        out.append(Seen(sighting, stamp, carried + since if since else carried, slack))
    return out


def _backwards(placed: list[Seen]) -> bool:
    """Whether a source runs from newest to oldest."""
    stamps = [seen.stamp for seen in placed if seen.stamp is not None]
    later = stamps[1:]
    fell, rose = sum(map(gt, stamps, later)), sum(map(lt, stamps, later))
    return bool(fell > rose)
