"""The inputs that a command line names, as sources of UTF-8 bytes."""

from __future__ import annotations

import codecs
import glob
import os
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, Protocol

from logscan.errors import SourceError, UsageError
from logscan.sources.inflate import Inflate, compression_of, refused_as

CHUNK: Final = 4 << 20
_HEAD: Final = 8
_BOMS: Final = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class Source(Protocol):
    """An input. `chunks` may be asked for more than once, except of standard input.

    `form` is what it is said to be, where its content need not tell. After reading, `broken` says why it ended too early,
    `seekable` whether offsets are cheap, and `replaces` whether what could not be decoded stands as U+FFFD in it (UTF-16 input).
    """

    name: str
    form: str | None
    broken: str | None
    seekable: bool
    replaces: bool

    def chunks(self, offset: int = 0) -> Iterator[bytes]:
        """UTF-8 bytes without a byte order mark, from `offset` on. Raises SourceError."""

    def close(self) -> None:
        """Give back what is held for a second reading."""


@dataclass(slots=True)
class FileSource:
    """A file on disk. See Source."""

    name: str
    path: Path
    broken: str | None = None
    seekable: bool = False
    replaces: bool = False
    form: str | None = None

    def chunks(self, offset: int = 0) -> Iterator[bytes]:
        """The file's text as UTF-8. Raises SourceError."""
        self.broken = None
        try:
            with self.path.open("rb", buffering=0) as file:
                if offset and self.seekable:
                    file.seek(offset)
                    yield from _raw(file)
                    return
                chunks = _buffered(_raw(file))
                head = next(chunks, b"")
                refused = refused_as(head)
                if refused:
                    raise SourceError(f"{self.name}: this is a {refused}, not a log: unpack it and give the files inside")
                self.seekable = compression_of(head) is None and not head.startswith((codecs.BOM_UTF8, *(bom for bom, _ in _BOMS)))
                yield from _skip(_plain(_chain(head, chunks), self), offset)
        except OSError as error:
            raise self._unreadable(error) from error

    def size(self) -> int:
        """Bytes on disk; 0 for what is no regular file. Raises SourceError."""
        try:
            return self.path.stat().st_size if self.path.is_file() else 0
        except OSError as error:
            raise self._unreadable(error) from error

    def piece(self, offset: int, size: int) -> bytes:
        """Some bytes as they stand on disk. Raises SourceError."""
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                return file.read(size)
        except OSError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: OSError) -> SourceError:
        return SourceError(f"{self.name}: cannot be read: {error.strerror or error}")

    def close(self) -> None:
        """Nothing is held: files are read anew."""


@dataclass(slots=True)
class MemorySource:
    """Bytes that are at hand already. See Source."""

    name: str
    data: bytes
    broken: str | None = None
    seekable: bool = False
    replaces: bool = False
    form: str | None = None

    def chunks(self, offset: int = 0) -> Iterator[bytes]:
        """The text as UTF-8."""
        self.broken = None
        yield from _skip(_plain(iter([self.data]), self), offset)

    def close(self) -> None:
        """Nothing is held but the bytes themselves."""


@dataclass(slots=True)
class PipeSource:
    """Standard input, or a named pipe. With `spool`, what was read is kept in a temporary file, to be read again."""

    name: str = "<stdin>"
    path: Path | None = None
    spool: bool = False
    broken: str | None = None
    seekable: bool = False
    replaces: bool = False
    form: str | None = None
    _kept: IO[bytes] | None = field(default=None)

    def chunks(self, offset: int = 0) -> Iterator[bytes]:
        """What is piped in, as UTF-8; a second time only with `spool`."""
        if self._kept is not None:
            self._kept.seek(0)
            yield from _skip(_raw(self._kept), offset)
            return
        if self.spool:
            self._kept = tempfile.TemporaryFile()  # noqa: SIM115  # closed by close()
        try:
            with nullcontext(_stdin()) if self.path is None else self.path.open("rb", buffering=0) as file:
                for chunk in _plain(_raw(file), self):
                    if self._kept is not None:
                        self._kept.write(chunk)
                    yield chunk
        except OSError as error:
            raise SourceError(f"{self.name}: cannot be read: {error.strerror or error}") from error

    def close(self) -> None:
        """Throw the kept copy away."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None


def _stdin() -> IO[bytes]:
    """Standard input without Python's buffer: a thread that waits in it for more would make the interpreter abort at its end."""
    raw: IO[bytes] = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
    return raw


def _raw(file: IO[bytes]) -> Iterator[bytes]:
    """Bytes as soon as they are there: a slow pipe is not kept waiting for a full chunk."""
    read = getattr(file, "read1", file.read)
    while chunk := read(CHUNK):
        yield chunk


def _skip(chunks: Iterable[bytes], offset: int) -> Iterator[bytes]:
    for chunk in chunks:
        if offset >= len(chunk):
            offset -= len(chunk)
            continue
        yield chunk[offset:]
        offset = 0


def _plain(chunks: Iterator[bytes], source: Source) -> Iterator[bytes]:
    """Decompress and decode by content; why it ended early is left in `source.broken`."""
    chunks = _buffered(chunks)
    head = next(chunks, b"")
    name = compression_of(head)
    if name is None:
        yield from _utf8(_chain(head, chunks), source)
        return
    inflate = Inflate(_chain(head, chunks), name)
    yield from _utf8(_buffered(iter(inflate)), source)
    source.broken = inflate.broken


def _buffered(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, the first chunk long enough to be recognised."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= _HEAD:
            break
    if head:
        yield head
    yield from chunks


def _chain(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from rest


def _utf8(chunks: Iterator[bytes], source: Source) -> Iterator[bytes]:
    head = next(chunks, b"")
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            source.replaces = True
            decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
            yield decoder.decode(head[len(bom) :]).encode("utf-8", "replace")
            for chunk in chunks:
                yield decoder.decode(chunk).encode("utf-8", "replace")
            yield decoder.decode(b"", final=True).encode("utf-8", "replace")
            return
    yield head.removeprefix(codecs.BOM_UTF8)
    yield from chunks


def expand(arguments: Iterable[str]) -> list[Source]:
    """Files, folders, globs and `-` as sources, each file once, folders walked in order of name. Raises UsageError."""
    paths: dict[Path, str] = {}
    stdin = False
    for argument in arguments:
        if argument == "-":
            stdin = True
            continue
        for name in _files(argument):
            paths.setdefault(Path(name).resolve(), name)
    several = len(paths) + stdin > 1
    sources: list[Source] = [_source(name, several=several) for name in paths.values()]
    if stdin and sys.stdin is None:
        raise UsageError("- : standard input is closed, so there is nothing to read")
    if stdin:
        sources.insert(0, PipeSource(spool=several))
    return sources


def _source(name: str, *, several: bool) -> Source:
    path = Path(name)
    return PipeSource(name, path, spool=several) if path.is_fifo() else FileSource(name, path)


def _files(argument: str) -> list[str]:
    path = Path(argument)
    if path.is_dir():
        closed: list[OSError] = []
        found = [os.path.join(folder, name) for folder, _, names in os.walk(path, onerror=closed.append) for name in names]  # noqa: PTH118  # keeps the user's spelling
        # A folder that may not be entered is named in the report, as a file would be.
        found += [str(error.filename) for error in closed]
        files = [name for name in sorted(found) if not _hidden(Path(name).relative_to(path)) and _is_log(name)]
        if not files:
            raise UsageError(f"no log files in folder '{argument}'")
        return files
    if not path.exists() and any(mark in argument for mark in "*?["):
        matches = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207  # absolute patterns too
        if not matches:
            raise UsageError(f"no file matches '{argument}'")
        return [name for match in matches for name in _files(match)]
    return [argument]


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _is_log(name: str) -> bool:
    """Whether a file met in a folder can be a log: pictures, databases and archives of other kinds are passed over."""
    try:
        mode = Path(name).stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            return False
        with open(name, "rb") as file:  # noqa: PTH123
            head = file.read(4096)
    except OSError:
        return True  # named in the report as unreadable
    if compression_of(head) or head.startswith(tuple(bom for bom, _ in _BOMS)):
        return True
    return refused_as(head) is None and head.count(0) * 20 <= len(head)
