"""What goes wrong between a browser and the server, each with its HTTP status; the words are in `texts.py`.

A problem becomes a page for people and `application/problem+json` (RFC 9457) for scripts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from logscan.web.words import Words

STATUS: Final[Mapping[str, int]] = {
    "malformed": 400,
    "bad-host": 400,
    "login-needed": 401,
    "cross-site": 403,
    "stale-page": 403,
    "not-yours": 403,
    "not-found": 404,
    "wrong-method": 405,
    "too-slow": 408,
    "too-large": 413,
    "expands-too-far": 413,
    "too-many-files": 413,
    "field-too-long": 413,
    "wrong-type": 415,
    "not-a-log": 415,
    "no-file": 422,
    "empty": 422,
    "bad-option": 422,
    "must-redact": 422,
    "must-not-ask": 422,
    "scan-too-long": 422,
    "too-many-requests": 429,
    "queue-full": 429,
    "wrong-token": 401,
    "scan-crashed": 500,
    "internal": 500,
    "stopping": 503,
    "no-space": 507,
}
# What a client may try again by itself, and after how many seconds.
RETRY: Final[Mapping[str, int]] = {"too-many-requests": 20, "queue-full": 20, "stopping": 10}
# The option of `logscan serve` that sets a limit, for whoever runs the server.
LIMITS: Final[Mapping[str, str]] = {
    "must-not-ask": "--check-urls",
    "too-large": "--max-upload",
    "expands-too-far": "--max-expanded",
    "too-many-files": "--max-files",
    "too-slow": "--idle",
    "scan-too-long": "--max-time",
    "too-many-requests": "--rate",
    "queue-full": "--queue",
}
_BYTES: Final = frozenset({"too-large", "expands-too-far"})
_SECONDS: Final = frozenset({"too-slow", "scan-too-long"})


class Problem(Exception):  # noqa: N818  # RFC 9457's word
    """A request that cannot be served. `values` fill the words; a `limit` among them is the limit that was met."""

    def __init__(self, key: str, **values: str | int) -> None:
        super().__init__(key)
        self.key = key
        self.values = values

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS[self.key]

    @property
    def headers(self) -> dict[str, str]:
        """Headers that go with the status."""
        retry = self.values.get("retry", RETRY.get(self.key))
        more = {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}  # noqa: PLR2004  # the status that asks for it
        return more if retry is None else {**more, "Retry-After": str(retry)}

    def shown(self, words: Words) -> tuple[str, str]:
        """Title and detail. A `limit` is in bytes, seconds or a number, as its problem has it."""
        return words.problem(self.key, {**self.values, "limit": self.limit(words)})

    def limit(self, words: Words) -> str:
        """The limit that was met, in words; empty where none was."""
        limit = self.values.get("limit", "")
        if isinstance(limit, int):
            if self.key in _BYTES:
                return words.size(limit)
            if self.key in _SECONDS:
                return words.duration(limit)
        return str(limit)

    def as_json(self, words: Words) -> dict[str, Any]:
        """Members of RFC 9457, and `limit` where one was met."""
        title, detail = self.shown(words)
        limit = self.limit(words)
        met = {"limit": {"name": LIMITS[self.key], "value": limit}} if limit else {}
        return {"type": f"/#problem-{self.key}", "title": title, "status": self.status, "detail": detail, **met}
