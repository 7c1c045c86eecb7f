"""Rows as the API gives them, kept as their bytes: only the time stamp is read of most."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import msgspec

from logscan.times import parse_stamp


class Row(NamedTuple):
    """A row: when (ns), and its JSON on one line."""

    stamp: int
    raw: bytes


class LogRows(msgspec.Struct):
    """The data of an environmentLogs answer."""

    rows: list[msgspec.Raw] = msgspec.field(name="environmentLogs")


class HttpRows(msgspec.Struct):
    """The data of an httpLogs answer."""

    rows: list[msgspec.Raw] = msgspec.field(name="httpLogs")


class _Stamp(msgspec.Struct):
    timestamp: str | None = None


class _Tags(msgspec.Struct):
    serviceId: str | None = None  # noqa: N815  # Railway's own names
    deploymentId: str | None = None  # noqa: N815
    deploymentInstanceId: str | None = None  # noqa: N815
    environmentId: str | None = None  # noqa: N815


class _Tagged(msgspec.Struct):
    tags: _Tags | None = None


class _Identity(msgspec.Struct):
    timestamp: str | None = None
    message: str | None = None
    tags: _Tags | None = None
    requestId: str | None = None  # noqa: N815  # of HTTP rows


_STAMPS: Final = msgspec.json.Decoder(_Stamp)
_IDENTITIES: Final = msgspec.json.Decoder(_Identity)
_TAGGED: Final = msgspec.json.Decoder(_Tagged)


def rows_of(raws: Sequence[msgspec.Raw]) -> list[Row]:
    """The rows of an answer, oldest first. A row whose time cannot be read stands where the one before it stands."""
    decode = _STAMPS.decode
    stamps: list[int] = []
    known, last = "", 0
    for raw in raws:
        text = decode(raw).timestamp
        if text is not None and text != known:
            stamp = parse_stamp(text)
            known, last = text, last if stamp is None else stamp
        stamps.append(last)
    rows = [Row(stamp, _line(bytes(raw))) for stamp, raw in zip(stamps, raws, strict=True)]
    if any(after < before for before, after in pairwise(stamps)):
        rows.sort(key=lambda row: row.stamp)
    return rows


def _line(raw: bytes) -> bytes:
    """JSON on one line, however it was sent. Inside strings line ends are escaped."""
    return msgspec.json.format(raw, indent=-1) if b"\n" in raw or b"\r" in raw else raw


def identity(row: Row) -> bytes:
    """What tells a row from others: its time stamp, message and tags (of an HTTP row, its request)."""
    it = _IDENTITIES.decode(row.raw)
    # Not the bytes: the same row may be spelled otherwise over another connection.
    tags = it.tags or _Tags()
    parts = (it.timestamp, it.message, it.requestId, tags.serviceId, tags.deploymentId, tags.deploymentInstanceId, tags.environmentId)
    return hashlib.blake2b(msgspec.msgpack.encode(parts), digest_size=12).digest()


def stamp_of(line: bytes) -> int:
    """When a row was written, of its line."""
    return parse_stamp(_STAMPS.decode(line).timestamp or "") or 0


def service_of(row: Row) -> str | None:
    """The id of the service that wrote a row."""
    tags = _TAGGED.decode(row.raw).tags
    return tags.serviceId if tags else None


class _Http(msgspec.Struct):
    path: str = ""


_HTTP: Final = msgspec.json.Decoder(_Http)
_IMAGE: Final = re.compile(
    r"\.(?:png|jpe?g|webp|gif|svg|avif)(?:[?#]|$)|/(?:images?|mascots?|variations?|uploads?|assets|storage)(?:[/?#]|$)", re.IGNORECASE
)


def is_image(row: Row) -> bool:
    """Whether an HTTP row asked for an image, or for mascots."""
    return _IMAGE.search(_HTTP.decode(row.raw).path) is not None
