"""The stretch of time that a block of bytes covers, read off its stamps without parsing its lines."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from logscan.model import Wall
from logscan.parse.dates import DATE, wall_of
from logscan.parse.railway import STAMP
from logscan.times import from_epoch, parse_stamp

_LINE_START: Final = re.compile(rb"(?m)^\[?(%b)\]? " % STAMP.encode())
_JSON: Final = re.compile(rb'"timestamp"\s*:\s*"(\d{4}-\d\d-\d\d[T ][^"\\]{8,27})"')
_APP_JSON: Final = re.compile(rb'"(?:timestamp|time|ts)"\s*:\s*(?:"(\d{4}-\d\d-\d\d[T ][^"\\]{8,27})"|(\d{13})\b)')
_NEST: Final = re.compile(rb"\[[^\]\n]{1,60}\]\s+(?:\d+\s+)?(?:-\s+)?(?:\x1b\[[0-9;]*m)?(\d[^\n]{10,40})")
_DATE: Final = re.compile(DATE)


class Extent(NamedTuple):
    """Earliest and latest stamp, or, where only loggers' dates are there, the first and last of those."""

    first: int | None = None
    last: int | None = None
    walls: tuple[Wall, ...] = ()


def extent_of(data: bytes) -> Extent:
    """The extent of a block: Railway's stamps where it has any, else the app's own."""
    stamps = _LINE_START.findall(data) or _JSON.findall(data)
    if stamps:
        found = [s for s in (_stamp(min(stamps)), _stamp(max(stamps))) if s is not None]
        if found:
            return Extent(min(found), max(found))
    pairs = _APP_JSON.findall(data)
    if pairs:
        values = [text for text, _ in pairs if text] or [number for _, number in pairs]
        found = [s for s in (_stamp(min(values)), _stamp(max(values))) if s is not None]
        if found:
            return Extent(min(found), max(found))
    return Extent(walls=_walls(data))


def _stamp(data: bytes) -> int | None:
    text = data.decode("ascii", "replace")
    return from_epoch(int(text)) if text.isdigit() else parse_stamp(text)


def _walls(data: bytes) -> tuple[Wall, ...]:
    lines = _NEST.findall(data)
    walls = []
    for raw in (*lines[:1], *lines[-1:]):
        found = _DATE.match(raw.decode("utf-8", "replace"))
        wall = wall_of(found) if found else None
        if wall is not None:
            walls.append(wall)
    return tuple(walls)
