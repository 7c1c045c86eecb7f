"""How fast a command goes, and what makes it go faster."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

# More processes than this wait for the disk, and for the one that puts their parts together.
_MAX_WORKERS: Final = 4


def cores() -> int:
    """How many processes are worth starting."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, _MAX_WORKERS)


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for reference cycles: hundreds of thousands of events hold none, and each search goes through all of them."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


@dataclass(slots=True)
class Stopwatch:
    """Seconds per stage. What came before it, the start of Python and the imports, is told by the processor's time."""

    laps: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=lambda: time.perf_counter() - time.process_time())

    def lap(self, stage: str) -> None:
        """A stage is over."""
        now = time.perf_counter()
        self.laps[stage] = self.laps.get(stage, 0.0) + now - self._since
        self._since = now

    def table(self) -> str:
        """One line a stage, and the sum."""
        rows = [*self.laps.items(), ("all", sum(self.laps.values()))]
        return "\n".join(f"{seconds:8.3f} s  {stage}" for stage, seconds in rows)
