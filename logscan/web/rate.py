"""How often one client may ask."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from typing import Final

from logscan.web.problems import Problem

_MINUTE: Final = 60.0
_MAX_CLIENTS: Final = 10_000


class RateLimit:
    """A bucket per client that holds `rate` requests and fills up within a minute."""

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, client: str) -> None:
        """Count one request. Raises Problem where the bucket is empty."""
        left, now = self._left(client)
        if left < 1:
            raise Problem("too-many-requests", limit=self._rate, retry=int((1 - left) * _MINUTE / self._rate) + 1)
        self._buckets[client] = (left - 1, now)

    def check(self, client: str) -> None:
        """Refuse a client whose bucket is empty, without counting. Raises Problem."""
        left, _ = self._left(client)
        if left < 1:
            raise Problem("too-many-requests", limit=self._rate, retry=int((1 - left) * _MINUTE / self._rate) + 1)

    def _left(self, client: str) -> tuple[float, float]:
        now = self._clock()
        if len(self._buckets) >= _MAX_CLIENTS:
            self._buckets = {name: kept for name, kept in self._buckets.items() if now - kept[1] < _MINUTE}
        left, at = self._buckets.get(client, (float(self._rate), now))
        return min(float(self._rate), left + (now - at) * self._rate / _MINUTE), now


def client_of(host: str | None) -> str:
    """A client by its address; IPv6 hands whole networks to one client."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return host or "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)
