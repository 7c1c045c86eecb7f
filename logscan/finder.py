"""Many texts searched for at once in raw bytes, with Hyperscan where it is installed."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

hyperscan: Any = None
# The variable is for tests, and for whoever wants to compare.
if not os.environ.get("LOGSCAN_NO_HYPERSCAN"):
    # Not everywhere is a wheel of it; the prefilter has a way without.
    with suppress(ImportError):
        hyperscan = importlib.import_module("hyperscan")


@dataclass(slots=True)
class Finder:
    """Finds any of many texts, which go by their numbers."""

    database: Any

    @classmethod
    def of(cls, exact: Sequence[str], folded: Sequence[str]) -> Finder | None:
        """A finder of texts taken to the letter, and of texts in any case (ASCII), numbered in that order; None without Hyperscan."""
        return _compiled(tuple(exact), tuple(folded)) if hyperscan is not None and (exact or folded) else None

    def hits(self, data: bytes) -> list[tuple[int, int]]:
        """Where a text ends, in order, and the text's number."""
        found: list[tuple[int, int]] = []

        def take(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found.append((end, number))

        self.database.scan(data, match_event_handler=take)
        found.sort()
        return found

    def numbers(self, data: bytes) -> set[int]:
        """The numbers of the texts that stand in `data`."""
        found: set[int] = set()

        def take(number: int, _start: int, _end: int, _flags: int, _context: object) -> None:
            found.add(number)

        self.database.scan(data, match_event_handler=take)
        return found


@lru_cache(maxsize=16)
def _compiled(exact: tuple[str, ...], folded: tuple[str, ...]) -> Finder:
    texts = [*exact, *folded]
    database = hyperscan.Database()
    database.compile(
        expressions=[b"".join(b"\\x%02x" % byte for byte in text.encode()) for text in texts],
        ids=list(range(len(texts))),
        elements=len(texts),
        flags=[0] * len(exact) + [hyperscan.HS_FLAG_CASELESS] * len(folded),
    )
    return Finder(database)
