"""The stretch of time that a block of lines covers, without parsing each of its lines.

Anything that looks like a stamp is found by pattern; only the earliest and the latest are then checked by
parsing their lines, so that a date in someone's payload never moves the end of the log.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from logscan.model import Record, Wall
from logscan.parse.dates import DATE, wall_of
from logscan.parse.railway import STAMP
from logscan.times import SECOND, from_epoch, parse_stamp

Parse = Callable[[str], Iterable[Record]]

_MAX_TRIES: Final = 50
_LARGE: Final = 256 << 10
_SAMPLES: Final = 24
_NEAR: Final = 8
# Lines of one burst may stand in any order, and streams of several services are stamped a little apart.
_DISORDER: Final = SECOND
_KEYS: Final = rb'"(?:@?timestamp|time|ts)"\s*:\s*'
_PATTERNS: Final = (
    re.compile(rb"(?m)^\[?(%b)[\] \t]" % STAMP.encode()),
    re.compile(_KEYS + rb'"(\d{4}-\d\d-\d\d[T ][^"\\]{8,27})"'),
    re.compile(_KEYS + rb"(\d{10,19}(?:\.\d+)?)\b"),
    re.compile(rb"\btimestamp: (?:\x1b\[\d+m)?(\d{13})\b"),
)
_DATE: Final = re.compile(DATE)
_DATE_BYTES: Final = re.compile(rb"\d{1,4}[./-] ?\d{1,2}[./-] ?\d{1,4}\.?,?\s+[^\s\d]{0,12}\s?\d{1,2}[:.]\d\d[:.]\d\d[^\n]{0,8}")


class Extent(NamedTuple):
    """Earliest and latest stamp, and the loggers' dates that may be the ends once their order is known.

    `days` holds one record of each day that a logger's date names, for telling that order.
    """

    first: int | None = None
    last: int | None = None
    walls: tuple[Wall, ...] = ()
    days: tuple[Record, ...] = ()


def extent_of(data: bytes, parse: Parse, records: int) -> Extent:
    """The extent of a block that holds so many records; `parse` gives the records of one line."""
    sampled = _of_sorted(data, parse) if len(data) >= _LARGE else None
    if sampled is not None:
        return sampled
    ends: list[int] = []
    stamped = 0
    for pattern in _PATTERNS:
        texts = pattern.findall(data)
        if texts:
            found = _checked(data, texts, parse)
            stamped += len(texts) if found else 0
            ends += found
    # Where each line has its stamp, the dates in the messages are not needed.
    known = {} if stamped >= records else _dates(data)
    return Extent(min(ends, default=None), max(ends, default=None), _walls(known, data, parse), _days(known, data, parse))


def _of_sorted(data: bytes, parse: Parse) -> Extent | None:
    """The extent of a large block whose sampled lines are all stamped and in order: its ends are that of its first and last lines."""
    size = len(data)
    places = [data.find(b"\n", size * part // _SAMPLES) + 1 for part in range(1, _SAMPLES)]
    starts = [0, *_next_lines(data, 0), *places, *_last_lines(data)]
    stamps = []
    for start in starts:
        end = data.find(b"\n", start)
        line = data[start : end if end >= 0 else size]
        found = [record.stamp for record in parse(line.decode("utf-8", "replace")) if record.clock == "railway"]
        if end < 0 and not found:
            # A log that is still written, or was cut, ends in the middle of a line.
            continue
        if not found or found[0] is None or not line:
            return None
        stamps.append(found[0])
    steps = [b - a for a, b in pairwise(stamps)]
    if all(step >= -_DISORDER for step in steps) or all(step <= _DISORDER for step in steps):
        return Extent(min(stamps), max(stamps))
    return None


def _next_lines(data: bytes, start: int) -> Iterator[int]:
    """Where the next few lines begin."""
    for _ in range(_NEAR):
        start = data.find(b"\n", start) + 1
        if start <= 0:
            return
        yield start


def _last_lines(data: bytes) -> list[int]:
    """Where the last few lines begin."""
    out: list[int] = []
    end = len(data) - data.endswith(b"\n")
    for _ in range(_NEAR):
        end = data.rfind(b"\n", 0, end)
        if end < 0:
            break
        out.append(end + 1)
    return out[::-1]


def _checked(data: bytes, texts: list[bytes], parse: Parse) -> list[int]:
    """The smallest and the largest of the stamps that really are their line's stamp."""
    groups: dict[int, set[bytes]] = {}
    for text in texts:
        groups.setdefault(len(text), set()).add(text)
    out = []
    for group in groups.values():
        for backwards in (False, True):
            for text in sorted(group, reverse=backwards)[:_MAX_TRIES]:
                stamp = _stamp(text)
                if stamp is not None and any(record.stamp == stamp for record in _records_with(data, text, parse)):
                    out.append(stamp)
                    break
    return out


def _records_with(data: bytes, text: bytes, parse: Parse) -> Iterator[Record]:
    """The records of the first and the last line that hold `text`."""
    for place in {data.find(text), data.rfind(text)}:
        start = data.rfind(b"\n", 0, place) + 1
        end = data.find(b"\n", place)
        line = data[start : end if end >= 0 else len(data)]
        yield from parse(line.decode("utf-8", "replace"))


def _stamp(data: bytes) -> int | None:
    text = data.decode("ascii", "replace")
    return from_epoch(float(text) if "." in text else int(text)) if text.replace(".", "").isdigit() else parse_stamp(text)


def _dates(data: bytes) -> dict[Wall, bytes]:
    """What may be a logger's date, as it stands in the block, in order of appearance."""
    known: dict[Wall, bytes] = {}
    for raw in dict.fromkeys(_DATE_BYTES.findall(data)):
        found = _DATE.match(raw.decode("utf-8", "replace"))
        wall = wall_of(found) if found else None
        if wall is not None:
            known.setdefault(wall, raw)
    return known


def _days(known: Mapping[Wall, bytes], data: bytes, parse: Parse) -> tuple[Record, ...]:
    """The first record of each day."""
    out: dict[tuple[int, int, int, str | None], Record] = {}
    tries: Counter[tuple[int, int, int, str | None]] = Counter()
    for wall, raw in known.items():
        day = (wall.first, wall.second, wall.year, wall.order)
        if day in out or tries[day] >= _MAX_TRIES:
            continue
        tries[day] += 1
        record = next((record for record in _records_with(data, raw, parse) if record.wall == wall), None)
        if record is not None:
            out[day] = record
    return tuple(out.values())


def _walls(known: Mapping[Wall, bytes], data: bytes, parse: Parse) -> tuple[Wall, ...]:
    """The loggers' dates that come first and last in either order of day and month."""
    out: dict[Wall, None] = {}
    for day_first in (False, True):
        ordered = sorted(known, key=lambda wall: _rank(wall, day_first=day_first))
        for walls in (ordered, ordered[::-1]):
            for wall in walls[:_MAX_TRIES]:
                if any(record.stamp is None and record.wall == wall for record in _records_with(data, known[wall], parse)):
                    out[wall] = None
                    break
    return tuple(out)


def _rank(wall: Wall, *, day_first: bool) -> tuple[int, int, int, int]:
    day_first = day_first if wall.order is None else wall.order == "dmy"
    month, day = (wall.second, wall.first) if day_first else (wall.first, wall.second)
    return wall.year, month, day, wall.seconds
