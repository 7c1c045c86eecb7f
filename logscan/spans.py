"""Which service wrote from when to when, as Railway's tags tell it, without parsing each line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from logscan.model import Record

# What API rows and the dashboard's objects call a service in their tags.
_KEYS: Final = {key: re.compile(b'"%b"\\s*:\\s*"([^"\\n]{1,200})"' % key) for key in (b"serviceId", b"service")}
# An app's own fields may have the same names, and as many values as somebody likes.
_MAX_NAMES: Final = 200
_MAX_TRIES: Final = 4


class Span(NamedTuple):
    """Earliest and latest stamp (ns) of a service; None where its lines have none."""

    first: int | None
    last: int | None


def spans_of(data: bytes, sample: Sequence[str], parse: Callable[[str], Iterable[Record]]) -> dict[str, Span]:
    """The services of a block of lines in UTF-8, some of which are the sample: those of its first and last line of each."""
    if not any('"tags"' in line for line in sample):
        return {}
    keys = [key for key in _KEYS if any(key.decode() in line for line in sample)]
    # In order of sight, for the limit's sake.
    names = list(dict.fromkeys(name for key in keys for name in _KEYS[key].findall(data)))
    out = {}
    for name in names[:_MAX_NAMES]:
        service = _decoded(name)
        found = [record for record in _ends(data, name, parse) if record.service == service]
        if service and found:
            stamps = [record.stamp for record in found if record.stamp is not None]
            out[service] = Span(min(stamps, default=None), max(stamps, default=None))
    return out


def _decoded(name: bytes) -> str | None:
    """A name as it stands in JSON, decoded; None where it is no text."""
    try:
        return msgspec.json.decode(b'"%b"' % name, type=str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _ends(data: bytes, name: bytes, parse: Callable[[str], Iterable[Record]]) -> Iterator[Record]:
    """The records of the first and the last few lines that hold a name in quotes."""
    quoted = b'"%b"' % name
    place = -1
    for _ in range(_MAX_TRIES):
        place = data.find(quoted, place + 1)
        if place < 0:
            return
        yield from _record_at(data, place, parse)
        place = data.find(b"\n", place)
        if place < 0:
            return
    place = len(data)
    for _ in range(_MAX_TRIES):
        place = data.rfind(quoted, 0, place)
        if place < 0:
            return
        yield from _record_at(data, place, parse)
        place = data.rfind(b"\n", 0, place)
        if place < 0:
            return


def _record_at(data: bytes, place: int, parse: Callable[[str], Iterable[Record]]) -> Iterable[Record]:
    stop = data.find(b"\n", place)
    return parse(data[data.rfind(b"\n", 0, place) + 1 : stop if stop >= 0 else len(data)].decode("utf-8", "replace"))


def see(spans: dict[str, Span], record: Record) -> None:
    """Add what a single record tells."""
    name, stamp = record.service, record.stamp
    if not name:
        return
    known = spans.get(name)
    if known is None or stamp is None or known.first is None or known.last is None:
        extend(spans, {name: Span(stamp, stamp)})
    elif not known.first <= stamp <= known.last:
        spans[name] = Span(min(known.first, stamp), max(known.last, stamp))


def extend(spans: dict[str, Span], more: Mapping[str, Span]) -> None:
    """Add what another stretch of the same input tells."""
    for name, span in more.items():
        known = spans.get(name, span)
        firsts = [at for at in (known.first, span.first) if at is not None]
        lasts = [at for at in (known.last, span.last) if at is not None]
        spans[name] = Span(min(firsts, default=None), max(lasts, default=None))
