"""What Railway says about its rate limits: in either form of headers, or in none."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

from logscan.times import SECOND, UTC, parse_stamp

_ITEM: Final = re.compile(r";\s*([a-z]+)\s*=\s*(\d{1,12})")
_YEAR: Final = 366 * 86400
HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Requests allowed in `window` seconds, how many are left of them, and in how many seconds they are renewed; None: not said."""

    limit: int | None = None
    window: int | None = None
    remaining: int | None = None
    reset: float | None = None

    @property
    def hourly(self) -> int | None:
        """Requests an hour. Railway's documents speak of hours where the header names no time."""
        return None if self.limit is None else self.limit * HOUR // (self.window or HOUR)


def rate_limit(headers: Mapping[str, str], now: float | None = None) -> RateLimit:
    """`X-RateLimit-Limit/-Remaining/-Reset`, and `RateLimit-Policy: "default";q=1000;w=3600` with `RateLimit: "default";r=4;t=30`."""
    policy, state = _items(headers.get("ratelimit-policy")), _items(headers.get("ratelimit"))
    return RateLimit(
        limit=_number(headers.get("x-ratelimit-limit")) or policy.get("q"),
        window=policy.get("w"),
        remaining=_whole(_number(headers.get("x-ratelimit-remaining")), state.get("r")),
        reset=_first(_seconds(headers.get("x-ratelimit-reset"), now), state.get("t")),
    )


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """How many seconds a 429 asks to wait: `Retry-After` as seconds or as a date, else until the limit is renewed."""
    asked = _seconds(headers.get("retry-after"), now)
    return asked if asked is not None else rate_limit(headers, now).reset


def server_time(headers: Mapping[str, str]) -> float | None:
    """The server's clock, to the second."""
    return _date(headers.get("date"))


def _items(text: str | None) -> dict[str, int]:
    return {name: int(number) for name, number in _ITEM.findall(text or "")}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.strip().isdecimal() and len(text) < 16 else None  # noqa: PLR2004  # longer ones are no counts


def _whole(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _seconds(text: str | None, now: float | None) -> float | None:
    """Seconds from now: given as such, or as a moment (seconds or milliseconds since 1970, a date)."""
    if not text:
        return None
    now = time.time() if now is None else now
    number = _decimal(text.strip())
    if number is not None:
        if number <= _YEAR:
            return number
        return max(0.0, (number / 1000 if number > 1e11 else number) - now)  # noqa: PLR2004  # milliseconds
    stamp = parse_stamp(text.strip())
    moment = stamp / SECOND if stamp is not None else _date(text)
    return None if moment is None else max(0.0, moment - now)


def _decimal(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,16}(?:\.\d{1,9})?", text) else None


def _date(text: str | None) -> float | None:
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
