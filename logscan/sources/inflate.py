"""Decompression that keeps what came before a break: gzip, zstd, bzip2, xz, told apart by their first bytes."""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# Small steps lose little of what came before damage.
STEP: Final = 1 << 16
_ERRORS: Final = (zlib.error, OSError, lzma.LZMAError, EOFError, zstd.ZstdError, ValueError)


class Inflater(Protocol):
    """What the standard library's decompressors share."""

    eof: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Up to `max_length` bytes of output."""


_MAGIC: Final[tuple[tuple[bytes, str, Callable[[], Any]], ...]] = (
    (b"\x1f\x8b", "gzip", lambda: zlib.decompressobj(wbits=31)),
    (b"\x28\xb5\x2f\xfd", "zstd", zstd.ZstdDecompressor),
    (b"BZh", "bzip2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", "xz", lzma.LZMADecompressor),
)
_MAGIC_SIZE: Final = max(len(magic) for magic, _, _ in _MAGIC)
_REFUSED: Final = ((b"PK\x03\x04", "zip archive"), (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"), (b"%PDF-", "PDF file"))


def compression_of(head: bytes) -> str | None:
    """The compression's name by the first bytes of a file, or None."""
    return next((name for magic, name, _ in _MAGIC if head.startswith(magic)), None)


def refused_as(head: bytes) -> str | None:
    """What a file is that cannot be a log, by its first bytes."""
    return next((name for magic, name in _REFUSED if head.startswith(magic)), None)


def begins_case(head: bytes) -> bool:
    """Whether a file is a case (`logscan.cases`) by its first bytes: a zip file whose first entry, named at byte 30, is `case.json`."""
    return head.startswith(b"PK\x03\x04") and head[30:39] == b"case.json"


class Inflate:
    """Iterates over the plain bytes of compressed chunks, several members in a row included.

    After the last one `broken` says why the stream ended early, or is None.
    """

    def __init__(self, chunks: Iterator[bytes], name: str) -> None:
        self._chunks = chunks
        self._make = next(make for _, known, make in _MAGIC if known == name)
        self._name = name
        self.broken: str | None = None

    def __iter__(self) -> Iterator[bytes]:
        inflater: Inflater | None = self._make()
        rest = b""
        started = False
        for chunk in _sliced(self._chunks):
            data = rest + chunk
            rest = b""
            while data:
                if inflater is None:
                    if len(data) < _MAGIC_SIZE and data.strip(b"\0"):
                        rest = data
                        break
                    if not self._begins_member(data):
                        return
                    inflater = self._make()
                started = True
                try:
                    yield from _drain(inflater, data)
                except _ERRORS as error:
                    self.broken = f"{self._name} data is damaged ({error})"
                    return
                data, inflater = (inflater.unused_data, None) if inflater.eof else (b"", inflater)
        if rest:
            self._begins_member(rest)
        if started and inflater is not None:
            self.broken = f"{self._name} data ends too early (cut off)"

    def _begins_member(self, data: bytes) -> bool:
        """Padding after the last member is common and means nothing; anything else is damage."""
        if compression_of(data) == self._name:
            return True
        if data.strip(b"\0"):
            self.broken = f"{self._name} data is followed by other bytes"
        return False


def _sliced(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), STEP):
            yield chunk[start : start + STEP]


def _drain(inflater: Inflater, data: bytes) -> Iterator[bytes]:
    """All output for `data`, at most STEP bytes at a time, so that a bomb cannot fill the memory."""
    while True:
        out = inflater.decompress(data, STEP)
        if out:
            yield out
        tail: bytes | None = getattr(inflater, "unconsumed_tail", None)
        if inflater.eof or (tail is not None and not tail):
            return
        if tail is None and (getattr(inflater, "needs_input", True)):
            return
        data = tail or b""
