"""Many texts searched for at once in raw bytes: with Hyperscan where it is installed, else with Polars (Aho-Corasick)."""

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
    """Finds any of many texts, which go by their numbers; with them, where a pattern matches."""

    database: Any
    size: int

    @classmethod
    def of(cls, exact: Sequence[str], folded: Sequence[str], pattern: bytes | None = None) -> Finder | None:
        """A finder of texts taken to the letter, and of texts in any case (ASCII), numbered in that order; None without Hyperscan."""
        return _compiled(tuple(exact), tuple(folded), pattern) if hyperscan is not None and (exact or folded) else None

    def hits(self, data: bytes) -> tuple[list[tuple[int, int]], list[int]]:
        """Where a text ends, in order, and the text's number; and where the pattern ends."""
        found: list[tuple[int, int]] = []
        matched: list[int] = []
        size = self.size

        def take(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            if number < size:
                found.append((end, number))
            else:
                matched.append(end)

        self.database.scan(data, match_event_handler=take)
        found.sort()
        return found, matched

    def numbers(self, data: bytes) -> set[int]:
        """The numbers of the texts that stand in `data`."""
        found: set[int] = set()

        def take(number: int, _start: int, _end: int, _flags: int, _context: object) -> None:
            found.add(number)

        self.database.scan(data, match_event_handler=take)
        return found


def places(data: bytes, texts: Sequence[str]) -> list[int]:
    """Where, in UTF-8, one of `texts` begins in any case (ASCII), in order: at least one place in each line that holds any."""
    import polars as pl

    found = pl.Series([data], dtype=pl.Binary()).cast(pl.String()).str.find_many(list(texts), ascii_case_insensitive=True)
    return found.explode(empty_as_null=False).sort().to_list()


@lru_cache(maxsize=16)
def _compiled(exact: tuple[str, ...], folded: tuple[str, ...], pattern: bytes | None) -> Finder:
    expressions = [b"".join(b"\\x%02x" % byte for byte in text.encode()) for text in (*exact, *folded)]
    flags = [0] * len(exact) + [hyperscan.HS_FLAG_CASELESS] * len(folded)
    size = len(expressions)
    if pattern is not None:
        expressions.append(pattern)
        flags.append(0)
    database = hyperscan.Database()
    database.compile(expressions=expressions, ids=list(range(len(expressions))), elements=len(expressions), flags=flags)
    return Finder(database, size)
