"""What feeds `logscan follow`: threads that read, and hand over what they read."""

from __future__ import annotations

import codecs
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from logscan.errors import LogscanError
from logscan.railway.feed import Feed
from logscan.sources import PipeSource

# A reader that is faster than the diagnosis waits for it.
_QUEUE: Final = 64


class Heard(NamedTuple):
    """Lines, the state of whom they come from, up to when (ns) none is missing, and what is wrong. `ended`: no more will come."""

    lines: list[str]
    state: str
    until: int | None = None
    words: str = ""
    ended: bool = False
    error: Exception | None = None


def heard(reader: Callable[[], Iterator[Heard]]) -> queue.Queue[Heard]:
    """A queue that a thread fills with what `reader` gives."""
    into: queue.Queue[Heard] = queue.Queue(_QUEUE)

    def work() -> None:
        try:
            for item in reader():
                into.put(item)
            into.put(Heard([], "ended", ended=True))
        except Exception as error:  # noqa: BLE001  # told by the main thread
            into.put(Heard([], "ended", ended=True, error=error))

    threading.Thread(target=work, name="logscan-reader", daemon=True).start()
    return into


def piped() -> Iterator[Heard]:
    """Standard input, as soon as its lines are there. Raises SourceError."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    rest = ""
    source = PipeSource()
    for chunk in source.chunks():
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        if lines:
            yield Heard([line.removesuffix("\r") for line in lines], "reading")
    if rest:
        yield Heard([rest], "reading")
    if source.broken:
        raise LogscanError(f"{source.name}: {source.broken}; what came before was used")


def from_railway(feed: Feed) -> Iterator[Heard]:
    """Rows of Railway as lines. Raises RailwayError."""
    for news in feed.news():
        yield Heard([row.raw.decode("utf-8", "replace") for row in news.rows], news.state, news.until, news.words)
