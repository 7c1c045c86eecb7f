"""The time that a run may take: first it is stopped so that it can say so, then it is ended whatever it does."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from logscan.times import SECOND

# For the mail that says that there was not time enough, and its retries.
GRACE: Final = 180.0
_EXIT: Final = 3


class OutOfTime(BaseException):
    """The time limit was reached. No error: nothing that handles errors on the way may take it for its own."""


@contextmanager
def limited(limit: int) -> Iterator[None]:
    """Raise OutOfTime after `limit` nanoseconds, where the system has such an alarm and this is the main thread."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def alarm(_signum: int, _frame: object) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, limit / SECOND)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def ended_after(limit: int) -> Iterator[None]:
    """End the process some time after the limit, even in the middle of a call that hears no alarm. The next run goes on."""
    timer = threading.Timer(limit / SECOND + GRACE, os._exit, [_EXIT])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
