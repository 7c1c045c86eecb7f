"""Points in time as integers: nanoseconds since 1970, UTC. Python's datetime keeps only six digits."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND

_EPOCH_DAY: Final = dt.date(1970, 1, 1).toordinal()
_UNITS: Final = {"ms": SECOND // 1000, "s": SECOND, "m": MINUTE, "h": 60 * MINUTE, "d": 1440 * MINUTE, "w": 10080 * MINUTE}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")
_STAMP: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9})\d*)?)?)?\s?(Z|z|[+-]\d{2}:?\d{2})?", re.ASCII
)
UTC: Final = dt.UTC
# What Polars can hold: nanoseconds of 64 bits.
EARLIEST: Final = 0
LATEST: Final = (1 << 63) - 1


def parse_duration(text: str) -> int:
    """`90s`, `2m`, `1h30m`, `1.5d` as nanoseconds. Raises ValueError."""
    parts = _DURATION.findall(text.strip())
    if not parts or _DURATION.sub("", text).strip():
        raise ValueError(f"'{text}' is not a duration (such as 90s, 2m, 24h, 1d)")
    return round(sum(float(number) * _UNITS[unit] for number, unit in parts))


def format_duration(nanoseconds: int) -> str:
    """A duration in at most two units, as `parse_duration` reads it: `2m`, `1h30m`, `12s`."""
    seconds = round(nanoseconds / SECOND)
    out = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        if seconds >= size:
            out.append(f"{seconds // size}{unit}")
            seconds %= size
    return "".join(out[:2]) or "0s"


@lru_cache(maxsize=64)
def _day(text: str) -> int:
    return (dt.date.fromisoformat(text).toordinal() - _EPOCH_DAY) * 86400


def wall_clock(year: int, month: int, day: int, seconds: int, zone: dt.tzinfo) -> int:
    """A wall-clock time in `zone` as nanoseconds; `seconds` count from midnight. Raises ValueError."""
    midnight = dt.date(year, month, day).toordinal() - _EPOCH_DAY
    naive = midnight * 86400 + seconds
    if zone is UTC:
        return naive * SECOND
    local = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=naive)  # noqa: DTZ001  # made aware on the next line
    return round(local.replace(tzinfo=zone).timestamp()) * SECOND


def parse_stamp(text: str, zone: dt.tzinfo = UTC) -> int | None:
    """RFC 3339 or ISO 8601, zero to nine decimals, as nanoseconds; `zone` where it names none. None if it is neither."""
    found = _STAMP.fullmatch(text)
    if not found:
        return None
    date, hour, minute, second, fraction, offset = found.groups()
    if int(hour or 0) > 23 or int(minute or 0) > 59 or int(second or 0) > 60:  # noqa: PLR2004  # a leap second is one
        return None
    seconds = int(hour or 0) * 3600 + int(minute or 0) * 60 + int(second or 0)
    nanoseconds = int(fraction.ljust(9, "0")) if fraction else 0
    try:
        if offset is None:
            year, month, day = map(int, date.split("-"))
            return _bounded(wall_clock(year, month, day, seconds, zone) + nanoseconds)
        total = _day(date) + seconds
    except (ValueError, OverflowError):
        return None
    if offset not in "Zz":
        if int(offset[1:3]) > 23 or int(offset[-2:]) > 59:  # noqa: PLR2004  # an offset is less than a day
            return None
        shift = int(offset[1:3]) * 3600 + int(offset[-2:]) * 60
        total += -shift if offset[0] == "+" else shift
    return _bounded(total * SECOND + nanoseconds)


def _bounded(nanoseconds: int) -> int | None:
    return nanoseconds if EARLIEST <= nanoseconds <= LATEST else None


def from_epoch(number: float) -> int | None:
    """Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by size. None if implausible."""
    for limit, factor in ((1e8, 0), (1e11, SECOND), (1e14, SECOND // 1000), (1e17, 1000), (1e20, 1)):
        if number < limit:
            return _bounded(int(number) * factor + round(number % 1 * factor)) if factor else None
    return None


def format_stamp(nanoseconds: int | None) -> str | None:
    """RFC 3339 in UTC, as many decimals as needed (none, three, six or nine)."""
    if nanoseconds is None:
        return None
    seconds, rest = divmod(nanoseconds, SECOND)
    moment = dt.datetime.fromtimestamp(0, UTC) + dt.timedelta(seconds=seconds)
    text = f"{moment:%Y-%m-%dT%H:%M:%S}"
    if rest:
        digits = f"{rest:09d}"
        while digits.endswith("000"):
            digits = digits[:-3]
        text += f".{digits}"
    return text + "Z"


def parse_moment(text: str, now: int, zone: dt.tzinfo = UTC) -> int:
    """What `--since` and `--until` take: a stamp, or a duration back from `now`. Raises ValueError."""
    stamp = parse_stamp(text.strip(), zone)
    if stamp is not None:
        return stamp
    try:
        return now - parse_duration(text)
    except ValueError:
        raise ValueError(f"'{text}' is neither a time (2026-11-22T08:00:00Z) nor a duration back from now (2h, 1d)") from None


def parse_zone(name: str) -> dt.tzinfo:
    """A zone by its IANA name, or `UTC`. Raises ValueError."""
    if name.upper() in {"UTC", "Z"}:
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"unknown time zone '{name}' (use an IANA name such as Europe/Paris)") from error


def from_seconds(seconds: int) -> dt.datetime:
    """A moment in whole seconds since 1970 as a datetime in UTC."""
    return dt.datetime.fromtimestamp(seconds, UTC)
