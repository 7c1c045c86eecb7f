"""Round steps and ticks of axes."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from typing import Final

from logscan.times import MINUTE, SECOND, UTC

HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
_STEPS: Final = (
    *(SECOND * n for n in (1, 2, 5, 10, 15, 30)), *(MINUTE * n for n in (1, 2, 5, 10, 15, 30)), *(HOUR * n for n in (1, 2, 3, 6, 12)),
    *(DAY * n for n in (1, 2, 7, 14, 30, 90, 365, 3650)),
)  # fmt: skip
_WEEK: Final = 7 * DAY
# 1970 began on a Thursday: weeks are to begin on Mondays.
_MONDAY: Final = 4 * DAY


def step_for(span: int, most: int) -> int:
    """The smallest round step (ns) of which `most` cover the span."""
    return next((step for step in _STEPS if span < step * (most - 1)), _STEPS[-1])


def floor_to(stamp: int, step: int) -> int:
    """The last multiple of a step that is not after a stamp."""
    shift = _MONDAY if step % _WEEK == 0 else 0
    return (stamp - shift) // step * step + shift


def time_ticks(start: int, end: int, most: int) -> Iterator[tuple[int, str]]:
    """At most about `most` round moments, with the words that their distance needs."""
    step = step_for(max(end - start, SECOND), most)
    at = floor_to(start + step - 1, step)
    day = None
    while at <= end:
        moment = dt.datetime.fromtimestamp(at // SECOND, UTC)
        if step >= DAY:
            words = f"{moment:%Y-%m-%d}" if step >= 365 * DAY else f"{moment:%m-%d}"
        else:
            words = f"{moment:%H:%M:%S}" if step < MINUTE else f"{moment:%H:%M}"
            if day is not None and moment.date() != day:
                words = f"{moment:%m-%d}"
        day = moment.date()
        yield at, words
        at += step


def nice_top(value: float) -> int:
    """A round number at or above a count, for the top of an axis."""
    if value <= 4:  # noqa: PLR2004  # few are counted one by one
        return max(math.ceil(value), 1)
    power = 10 ** math.floor(math.log10(value))
    return next(int(factor * power) for factor in (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10) if factor * power >= value)


def log_ticks(low: float, high: float) -> list[float]:
    """Familiar durations in seconds between two, for a logarithmic axis."""
    known = (0.01, 0.1, 1, 10, 60, 600, 3600, 36000, 86400, 864000)
    return [tick for tick in known if low <= tick <= high]
