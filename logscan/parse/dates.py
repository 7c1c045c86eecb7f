"""Loggers' own dates. Nest prints them in the server's locale, so day and month may stand either way round."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal

from logscan.model import Wall
from logscan.times import EARLIEST, LATEST, SECOND, UTC, wall_clock

Order = Literal["dmy", "mdy"]
DAY: Final = 86400 * SECOND

# 11/22/2026, 8:27:54 AM · 22/11/2026 08:28:02 · 22.11.2026, 08:28:05 · 2026-11-22, 8:28:04 a.m. · 2026. 11. 22. 오전 8:28:03
DATE: Final = (
    r"(?P<d1>\d{1,4})(?P<sep>[./-])\s?(?P<d2>\d{1,2})(?P=sep)\s?(?P<d3>\d{1,4})\.?,?\s+(?:klo\s+)?"
    r"(?P<before>午前|午後|上午|下午|오전|오후)?\s?"
    r"(?P<h>\d{1,2})[:.](?P<m>\d{2})[:.](?P<s>\d{2})(?:\s?(?P<half>[AaPp]\.?\s?[Mm]\.?))?"
)
_MAX_DAYS: Final = 1000
_PM: Final = {"午後", "下午", "오후"}


def wall_of(found: re.Match[str]) -> Wall | None:
    """The date in a match of DATE; None where the numbers make no date."""
    first, second, third = int(found["d1"]), int(found["d2"]), int(found["d3"])
    hour, half = int(found["h"]), (found["half"] or "").lower()
    if half.startswith("p") or found["before"] in _PM:
        hour = hour % 12 + 12
    elif half or found["before"]:
        hour %= 12
    seconds = hour * 3600 + int(found["m"]) * 60 + int(found["s"])
    if seconds >= 86400:  # noqa: PLR2004  # seconds of a day
        return None
    if len(found["d1"]) == 4:  # noqa: PLR2004  # a year
        return Wall(second, third, first, seconds, "ymd")
    if len(found["d3"]) != 4:  # noqa: PLR2004
        return None
    return Wall(first, second, third, seconds, _order(found, first, second))


def _order(found: re.Match[str], first: int, second: int) -> Order | None:
    """What one stamp alone tells of the order: a number above 12, or a habit of its locale."""
    if first > 12:  # noqa: PLR2004  # months
        return "dmy"
    if second > 12:  # noqa: PLR2004
        return "mdy"
    if found["sep"] == ".":
        return "dmy"
    # ICU writes "AM" for en-US, "am" for en-GB, en-AU, en-IN, which put the day first.
    half = found["half"]
    if half:
        return "mdy" if half.startswith(("AM", "PM")) else "dmy"
    return None


@dataclass(slots=True)
class DayOrder:
    """Learns, over one source, whether its loggers put the day or the month first."""

    zone: dt.tzinfo = UTC
    votes: dict[str, int] = field(default_factory=lambda: {"dmy": 0, "mdy": 0})
    undecided: int = 0
    _days: list[Wall] = field(default_factory=list)

    def see(self, wall: Wall, railway: int | None = None) -> None:
        """Take one stamp into account, and Railway's own stamp of the same line or one nearby."""
        if wall.order == "ymd":
            return
        if wall.order is not None:
            self.votes[wall.order] += 1
            return
        if railway is not None:
            for order in ("dmy", "mdy"):
                moment = self._at(wall, order)
                if moment is not None and abs(moment - railway) < DAY and wall.first != wall.second:
                    self.votes[order] += 1
            return
        self.undecided += wall.first != wall.second
        if (not self._days or self._days[-1][:3] != wall[:3]) and len(self._days) < _MAX_DAYS:
            self._days.append(wall)

    def add(self, later: DayOrder) -> None:
        """Take into account what was learned over a later stretch of the same source."""
        for order, votes in later.votes.items():
            self.votes[order] += votes
        self.undecided += later.undecided
        for wall in later._days:
            if (not self._days or self._days[-1][:3] != wall[:3]) and len(self._days) < _MAX_DAYS:
                self._days.append(wall)

    @property
    def order(self) -> Order:
        """The likelier order; month first (Nest's default, en-US) where nothing tells."""
        if self.votes["dmy"] != self.votes["mdy"]:
            return "dmy" if self.votes["dmy"] > self.votes["mdy"] else "mdy"
        return "dmy" if self._continuity() == "dmy" else "mdy"

    @property
    def ambiguous(self) -> bool:
        """Whether stamps were read whose order nothing decided."""
        return self.undecided > 0 and self.votes["dmy"] == self.votes["mdy"] and self._continuity() is None

    def _continuity(self) -> Order | None:
        """Days that follow each other: the order in which the log spans the shorter time."""
        if len(self._days) < 2:  # noqa: PLR2004  # a span needs two
            return None
        spans: dict[Order, int] = {}
        for order in ("dmy", "mdy"):
            moments = [moment for wall in self._days if (moment := self._at(wall, order)) is not None]
            if len(moments) == len(self._days):
                spans[order] = sum(abs(b - a) for a, b in pairwise(moments))
        if len(spans) == 1 or (spans and len(set(spans.values())) > 1):
            return min(spans, key=lambda order: spans[order])
        return None

    def resolve(self, wall: Wall) -> int | None:
        """The stamp in nanoseconds; None for a date that does not exist."""
        return self._at(wall, self.order)

    def _at(self, wall: Wall, order: Order) -> int | None:
        order_of: str = wall.order or order
        month, day = (wall.second, wall.first) if order_of == "dmy" else (wall.first, wall.second)
        try:
            moment = wall_clock(wall.year, month, day, wall.seconds, self.zone)
        except (ValueError, OverflowError):
            return None
        return moment if EARLIEST <= moment <= LATEST else None
