"""An upload on its way to disk: a multipart body, written once, as it comes, whatever its size."""

from __future__ import annotations

import asyncio
import errno
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from logscan.web.names import PASTED, distinct, shown
from logscan.web.problems import Problem
from logscan.web.settings import Settings
from logscan.web.sniff import HEAD, not_a_log

# Parts are written in pieces of this size, in a thread: a slow disk must not hold up the page.
_PIECE: Final = 1 << 20
_MAX_FIELD: Final = 4096
_MAX_FIELDS: Final = 40
# What the parts' headers may add to the files' own size.
_OVERHEAD: Final = 1 << 20
# An upload must bring this many bytes a second, on average, once `idle` is over.
MIN_PACE: Final = 1024


@dataclass(slots=True)
class Upload:
    """What has come in: options by name, the files' names, and their sizes in bytes. File n is `folder/n`."""

    fields: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Part:
    """The part of a form that is being read."""

    name: str = ""
    filename: bytes | None = None
    file: IO[bytes] | None = None
    head: bytearray = field(default_factory=bytearray)
    size: int = 0
    text: bytearray = field(default_factory=bytearray)
    header: list[bytearray] = field(default_factory=lambda: [bytearray(), bytearray()])
    disposition: str = ""


class _Receiver:
    """Turns the parser's calls into files in `folder` and fields. `allowed` is asked once, before the first file."""

    def __init__(self, folder: Path, settings: Settings, allowed: Callable[[dict[str, str]], None]) -> None:
        self.upload = Upload()
        self.ended = False
        self._folder, self._settings, self._allowed = folder, settings, allowed
        self._part = _Part()
        self._total = 0
        self._pending: list[tuple[IO[bytes], bytes]] = []
        self._waiting = 0

    def parser(self, boundary: bytes) -> MultipartParser:
        """A parser that calls this receiver."""
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin, "on_header_field": lambda d, s, e: self._header(0, d[s:e]),
                "on_header_value": lambda d, s, e: self._header(1, d[s:e]), "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished, "on_part_data": lambda d, s, e: self._data(d[s:e]),
                "on_part_end": self._end, "on_end": self._over,
            },
        )  # fmt: skip

    async def flush(self, least: int = _PIECE) -> None:
        """Write what waits, if it is at least so much."""
        if self._pending and self._waiting >= least:
            pending, self._pending, self._waiting = self._pending, [], 0
            await asyncio.to_thread(_write, pending)

    def close(self) -> None:
        """Give the open file back, where the upload broke off."""
        if self._part.file is not None:
            self._part.file.close()

    def _begin(self) -> None:
        self._part = _Part()
        if len(self.upload.fields) >= _MAX_FIELDS:
            raise Problem("malformed", why=f"more than {_MAX_FIELDS} fields")

    def _header(self, which: int, data: bytes) -> None:
        self._part.header[which] += data

    def _header_end(self) -> None:
        name, value = self._part.header
        if name.lower() == b"content-disposition":
            self._part.disposition = value.decode("latin-1")
        self._part.header = [bytearray(), bytearray()]

    def _headers_finished(self) -> None:
        _, values = parse_options_header(self._part.disposition)
        part = self._part
        part.name = values.get(b"name", b"").decode("utf-8", "replace")
        part.filename = values.get(b"filename")
        if part.filename is not None or part.name in ("file", "paste"):
            self._allowed(self.upload.fields)
            if part.name not in ("file", "paste"):
                raise Problem("malformed", why="files go into the field 'file'")

    def _data(self, data: bytes) -> None:
        part = self._part
        if part.name not in ("file", "paste"):
            part.text += data
            if len(part.text) > _MAX_FIELD:
                raise Problem("field-too-long", field=part.name[:40])
            return
        self._total += len(data)
        if self._total > self._settings.upload:
            raise Problem("too-large", limit=self._settings.upload)
        if part.file is None:
            part.file = self._open()
        part.size += len(data)
        if len(part.head) < HEAD:
            part.head += data[: HEAD - len(part.head)]
            if len(part.head) >= HEAD:
                self._sniff()
        self._pending.append((part.file, data))
        self._waiting += len(data)

    def _end(self) -> None:
        part = self._part
        if part.file is not None:
            self._sniff()
            _write(self._pending)
            self._pending, self._waiting = [], 0
            part.file.close()
            self.upload.sizes.append(part.size)
        elif part.name == "file" and part.filename:
            # An empty file is named in the report, as an empty one on disk would be.
            self._open().close()
            self.upload.sizes.append(0)
        elif part.name not in ("file", "paste"):
            self.upload.fields[part.name] = part.text.decode("utf-8", "replace")

    def _open(self) -> IO[bytes]:
        """The next file; its name on disk is its number."""
        names = self.upload.names
        if len(names) >= self._settings.files:
            raise Problem("too-many-files", limit=self._settings.files)
        file = (self._folder / str(len(names))).open("xb")
        names.append(shown(self._part.filename or b"") if self._part.name == "file" else PASTED)
        return file

    def _sniff(self) -> None:
        kind = not_a_log(bytes(self._part.head))
        if kind:
            raise Problem("not-a-log", name=self.upload.names[-1] or "file", kind=kind)

    def _over(self) -> None:
        self.ended = True


def _write(pending: Sequence[tuple[IO[bytes], bytes]]) -> None:
    try:
        for file, data in pending:
            file.write(data)
    except OSError as error:
        raise Problem("no-space") if error.errno in (errno.ENOSPC, errno.EDQUOT) else error from error


async def receive(request: Request, folder: Path, settings: Settings, allowed: Callable[[dict[str, str]], None]) -> Upload:
    """Write an upload's files into `folder`. `allowed` sees the fields before the first file and may refuse by raising.

    Raises Problem, and ClientDisconnect where the client went away.
    """
    kind, values = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or request.headers.get("content-encoding", "identity") != "identity":
        raise Problem("wrong-type", type=(request.headers.get("content-encoding") or kind.decode("latin-1") or "nothing")[:60])
    if not values.get(b"boundary"):
        raise Problem("malformed", why="the form names no boundary")
    length = content_length(request)
    if length > settings.upload + _OVERHEAD:
        raise Problem("too-large", limit=settings.upload)
    if length + (64 << 20) > shutil.disk_usage(folder).free:
        raise Problem("no-space")
    receiver = _Receiver(folder, settings, allowed)
    try:
        parser = receiver.parser(values[b"boundary"])
        await _feed(request, parser, receiver, settings)
        parser.finalize()
    except FormParserError as error:
        raise Problem("malformed", why="the form is damaged") from error
    finally:
        receiver.close()
    upload = receiver.upload
    if not receiver.ended:
        raise Problem("malformed", why="the form ends too early")
    if not upload.names:
        raise Problem("no-file")
    if not any(upload.sizes):
        raise Problem("empty")
    upload.names = distinct(upload.names)
    return upload


def content_length(request: Request) -> int:
    """What a body announces of its size, in bytes; 0 where it says nothing."""
    text = request.headers.get("content-length", "0")
    return int(text) if text.isdecimal() else 0


async def _feed(request: Request, parser: MultipartParser, receiver: _Receiver, settings: Settings) -> None:
    began, total = time.monotonic(), 0
    while True:
        data, more = await _next(request, settings)
        parser.write(data)
        await receiver.flush()
        total += len(data)
        if total > settings.upload + _OVERHEAD:
            raise Problem("too-large", limit=settings.upload)
        if not more:
            await receiver.flush(0)
            return
        spent = time.monotonic() - began
        if spent > settings.idle and total < spent * MIN_PACE:
            raise Problem("too-slow", limit=round(settings.idle))


async def _next(request: Request, settings: Settings) -> tuple[bytes, bool]:
    try:
        message = await asyncio.wait_for(request.receive(), settings.idle)
    except TimeoutError as error:
        raise Problem("too-slow", limit=round(settings.idle)) from error
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)
