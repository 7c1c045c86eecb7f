"""Looks for parts of patterns in a text, for as long as there is time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache

import regex


@lru_cache(maxsize=8192)
def _compiled(pattern: str) -> regex.Pattern[str] | None:
    try:
        return regex.compile(pattern)
    except (regex.error, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Finder:
    """Looks for parts of a pattern in one text until time is up. What makes no pattern by itself is not found."""

    text: str
    until: float
    at_start: bool

    def __call__(self, pattern: str) -> regex.Match[str] | None:
        """What a part finds, at the start of the text or anywhere in it."""
        left = self.until - time.monotonic()
        compiled = _compiled(pattern) if left > 0 else None
        if compiled is None:
            return None
        try:
            return compiled.match(self.text, timeout=left) if self.at_start else compiled.search(self.text, timeout=left)
        except TimeoutError:
            return None
