"""The commonest lines, read in one go: a plain console tag in front of the message, from `railway logs --json` or a dashboard `.log`.

Any line that is more than that gives None, and goes the general way (`lines`), which reads this one alike.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Final

import msgspec

from logscan.model import Record
from logscan.parse.entry import Entry
from logscan.parse.text import LEVELS
from logscan.times import LATEST, SECOND, parse_stamp

# A tag and words behind it: no logger's date begins like that, and none of pino-pretty's levels.
TAG: Final = r"([A-Z][a-z]\w{0,50})\] (?!(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\b)"
_TAGGED: Final = re.compile(r"\[" + TAG + r"([A-Za-z][^\x1b\0]*)")
_LOG: Final = re.compile(r"(.{30}) \[(inf|err|wrn|dbg)\] {1,2}" + _TAGGED.pattern)
_NANOS: Final = 30


class _Row(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    message: str
    timestamp: str
    level: str


_decode: Final = msgspec.json.Decoder(_Row).decode


def quick_record(line: int, text: str) -> Record | None:
    """The record of a line that holds nothing but message, Railway's stamp and level; None for any other."""
    if not text.startswith('{"'):
        return None
    try:
        row = _decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return None
    stamp, level = _stamp(row.timestamp), LEVELS.get(row.level)
    found = _TAGGED.fullmatch(row.message)
    if stamp is None or level is None or found is None:
        return None
    return Record(line, found[2], stamp, "railway", None, level, found[1])


def quick_entry(text: str, zone: dt.tzinfo) -> Entry | None:
    """The entry that a line of a dashboard `.log` begins; None for any other."""
    found = _LOG.fullmatch(text) if text.startswith("20") else None
    stamp = _stamp(found[1]) if found else None
    if found is None or stamp is None:
        return None
    return Entry(found[4], stamp, "railway", level=LEVELS[found[2]], context=found[3], zone=zone)


def _stamp(text: str) -> int | None:
    nanoseconds = text[20:29]
    if len(text) != _NANOS or text[19] != "." or text[29] != "Z" or not (nanoseconds.isascii() and nanoseconds.isdigit()):
        return None
    second = second_of(text[:19])
    return None if second is None else second + int(nanoseconds)


@lru_cache(maxsize=4096)
def second_of(text: str) -> int | None:
    """A second of RFC 3339, without its zone, as nanoseconds; None if it is none."""
    if text[10:11] != "T":
        return None
    stamp = parse_stamp(text + "Z")
    return stamp if stamp is not None and stamp <= LATEST - SECOND else None
