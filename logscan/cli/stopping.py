"""Signals that end the reading, but not the answer."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from logscan.intake import Interrupted


@dataclass(slots=True)
class Stop:
    """Signals: while reading they end it; later they only change the exit code."""

    reading: bool = True
    signum: int | None = None

    def end_of_reading(self) -> None:
        """From here on the answer is nearly there: it is given in any case."""
        self.reading = False

    def __call__(self, signum: int, _frame: object) -> None:
        """The handler. Raises Interrupted while something is read."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if self.reading:
            raise Interrupted(signum)
        self.signum = signum


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Ctrl-C and SIGTERM stop the reading, and what was read is reported; a second Ctrl-C ends at once."""
    stop = Stop()
    before = {}
    for name in ("SIGINT", "SIGTERM"):
        number = getattr(signal, name)
        # In another thread than the main one, whoever embeds logscan keeps its own handlers.
        with suppress(ValueError):
            before[number] = signal.signal(number, stop)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
