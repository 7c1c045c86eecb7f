"""The parts of a large file, shared out between this process and helpers.

This process reads from the front, so that what it says while it reads is right; helpers read from the back. Who begins
a part claims it first: nobody waits for a part that is not being read.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Final

from logscan.match import Matcher
from logscan.parts import Part, read_on, read_part
from logscan.reading import Reader
from logscan.rulebook import Rulebook, load_rules
from logscan.sources import Source
from logscan.stretches import Segment
from logscan.taking import Account, Options, prepared

# Below so many parts another process has hardly started when all is read.
_WORTH: Final = 6


def read_in_parts(account: Account, number: int, segments: Sequence[Segment], options: Options) -> None:
    """Read a source by segments, and put together what they give. Raises SourceError, Interrupted."""
    reader = account.readers[number]
    with _helpers(reader, account.matcher.rulebook, segments, options) as helpers:
        for place, segment in enumerate(segments):
            part = helpers.part(place)
            if part is None:
                read_on(account, number, segment)
            else:
                part.add_to(account, number)
                if options.progress is not None:
                    options.progress(part.reader.size)


class _Alone:
    """No helpers."""

    def part(self, _place: int) -> Part | None:
        return None


@dataclass(frozen=True, slots=True)
class _Shared:
    """What helpers are asked to read, and who has begun what."""

    claims: Any
    futures: Sequence[Future[Part | None]]

    def part(self, place: int) -> Part | None:
        """What a helper made of a segment; None if none has begun it, which none will from now on, or the helper died."""
        if _claim(self.claims, place):
            return None
        try:
            return self.futures[place].result()
        except BrokenProcessPool:
            return None


def _claim(claims: Any, place: int) -> bool:
    """Claim a part; False if somebody has.

    A lock is not needed: a part that this process and a helper claim at the same moment is read twice, and the helper's is not asked for.
    """
    free = not claims[place]
    claims[place] = True
    return free


@contextmanager
def _helpers(reader: Reader, rulebook: Rulebook, segments: Sequence[Segment], options: Options) -> Iterator[_Alone | _Shared]:
    """Other processes begin at the end of the file, while this one begins at its start."""
    if options.workers < 2 or len(segments) < _WORTH:  # noqa: PLR2004  # one is this process
        yield _Alone()
        return
    context = get_context("spawn")
    claims = context.RawArray("b", len(segments))
    about = (claims, reader.source, rulebook.folders, rulebook.hash, Options(options.zone, options.form, full=options.full))
    workers = min(options.workers - 1, len(segments) - 1)
    with ProcessPoolExecutor(workers, context, _prepare, about) as pool:
        with _deaf():
            later = [pool.submit(_read, place, segments[place]) for place in reversed(range(len(segments)))]
        try:
            yield _Shared(claims, later[::-1])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes that begin meanwhile never hear Ctrl-C, which goes to all of a terminal: this one tells them when to end.

    It hears it itself when they have begun: a signal that is blocked here may still come by way of another thread.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    heard: list[int] = []
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    handlers = {}
    # Only the main thread has handlers.
    with suppress(ValueError):
        handlers = {number: signal.signal(number, lambda told, _frame: heard.append(told)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if heard:
            signal.raise_signal(heard[0])


@dataclass(slots=True)
class _Helper:
    """What another process reads with."""

    claims: Any
    reader: Reader
    matcher: Matcher


_helper: _Helper | None = None


def _prepare(claims: Any, source: Source, folders: Sequence[str], known: str, options: Options) -> None:
    """Make this process a helper."""
    global _helper  # noqa: PLW0603  # a process is the helper of one run
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    rulebook = load_rules(*folders)
    if rulebook.hash != known:
        raise RuntimeError("the rules have changed meanwhile")
    scanner, matcher = prepared(rulebook, full=options.full)
    _helper = _Helper(claims, Reader(source, scanner, options.zone, options.form), matcher)


def _read(place: int, segment: Segment) -> Part | None:
    """Read a part, unless somebody else does."""
    if _helper is None:
        raise RuntimeError("this process was not prepared")
    if not _claim(_helper.claims, place):
        return None
    return read_part(_helper.reader.heir(), _helper.matcher, segment)
