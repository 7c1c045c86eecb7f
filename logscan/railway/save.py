"""The end of a pull: its pages as one log, oldest first, compressed as its name says, with its account beside it."""

from __future__ import annotations

import bz2
import gzip
import heapq
import lzma
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from logscan.errors import LogscanError
from logscan.fetched import Fetched, coverage_path, encode, stretch, tail_of
from logscan.railway.journal import LOGS, Entry
from logscan.railway.pull import LAG, Pull
from logscan.railway.rows import stamp_of
from logscan.times import format_stamp
from logscan.version import __version__

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_CHUNK: Final = 1 << 20
_OPENERS: Final[dict[str, Callable[..., Any]]] = {".gz": gzip.open, ".zst": zstd.open, ".bz2": bz2.open, ".xz": lzma.open}


def save(pull: Pull, output: Path, why: str | None = None) -> Fetched:
    """Write the log and its account. `why` says what stopped the pull, if it was; then its state stays, so that it can go on.

    Raises LogscanError where the disk cannot take it; nothing fetched is lost then.
    """
    beside = output.with_name(f".{output.name}.tmp")
    try:
        with _opened(beside, output.suffix) as file:
            for data in _merged(pull):
                file.write(data)
        size, tail = tail_of(beside)
        account = _account(pull, size, tail, why)
        coverage = coverage_path(output)
        coverage.with_name(f".{coverage.name}.tmp").write_bytes(encode(account))
        os.replace(beside, output)  # noqa: PTH105  # both in one folder
        os.replace(coverage.with_name(f".{coverage.name}.tmp"), coverage)  # noqa: PTH105
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise LogscanError(f"cannot write '{output}': {error.strerror or error}; the same command goes on here once it can") from error
    if why is None:
        pull.journal.remove()
    return account


def _opened(path: Path, suffix: str) -> IO[bytes]:
    opener = _OPENERS.get(suffix.lower(), open)
    file: IO[bytes] = opener(path, "wb")
    return file


def _merged(pull: Pull) -> Iterator[bytes]:
    """The rows of all streams by time."""
    streams: dict[str, list[tuple[int, Entry]]] = {}
    offset = 0
    for entry in pull.journal.entries:
        streams.setdefault(entry.stream, []).append((offset, entry))
        offset += entry.length
    with pull.journal.part.open("rb") as part:
        if set(streams) <= {LOGS}:
            yield from _backwards(part, streams.get(LOGS, []))
        else:
            # Each stream with a handle of its own: they are read side by side.
            parts = [pull.journal.part.open("rb") for _ in streams]
            lines = [_lines(_backwards(file, places)) for file, places in zip(parts, streams.values(), strict=True)]
            yield from heapq.merge(*lines, key=stamp_of)
            for file in parts:
                file.close()


def _backwards(part: IO[bytes], places: list[tuple[int, Entry]]) -> Iterator[bytes]:
    """Pages came from the newest to the oldest."""
    for offset, entry in reversed(places):
        part.seek(offset)
        if entry.length:
            yield part.read(entry.length)


def _lines(pages: Iterable[bytes]) -> Iterator[bytes]:
    for page in pages:
        yield from page.splitlines(keepends=True)


def _account(pull: Pull, size: int, tail: str, why: str | None) -> Fetched:
    order, scope = pull.order, pull.scope
    return Fetched(
        logscan=__version__, size=size, tail=tail, project=scope.project.name, environment=scope.environment.name,
        services=dict(scope.services), chosen=list(scope.chosen), window=stretch(order.since, order.until),
        settled=format_stamp(max(order.since, min(order.until, pull.journal.begun.at - LAG))) or "",
        missing=pull.missing(why), rows=pull.rows, deployments=pull.deployments,
    )  # fmt: skip
