"""What a block holds besides its candidates: lines and records, without parsing it.

Most lines are records. Where Hyperscan searches a block anyway it finds the lines that may be none (`ODD`), and
only those are looked at.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

from logscan.parse import FORMATS
from logscan.parse.lines import LOG_LINE, is_marker

_TEXT: Final = FORMATS["text"].starts
_MARKS: Final = (rb"You reached the ", rb"[A-Z][a-z]{2,8} \d\d?, \d{4}, ", rb"\d{4}-\d\d-\d\d \d\d:\d\d\r?\n")
_MARK: Final = re.compile(rb"(?m)^(?:" + b"|".join((*_MARKS[:2], _MARKS[2].replace(rb"\n", b"$"))) + rb")[^\n]*")
_OWN: Final = FORMATS["railway-log"].starts.pattern.removeprefix(b"(?m)^")
# Lines of no form that stand behind an object or a Nest line: only a dashboard's own line is carried on by what follows it.
_BEHIND: Final = re.compile(
    rb"(?m)^(?=" + _OWN + rb")(?!" + LOG_LINE.pattern.encode() + rb")[^\n]*\n((?:(?!" + _OWN + rb")[^\n]*(?:\n|\Z))+)",
)
_BLANK: Final = re.compile(rb"\n(?=[^\S\n]*\n)")
_START: Final = rb"(?:^|\n)"


def _unlike(*places: bytes) -> bytes:
    """A pattern of lines that do not begin with these character classes, one after the other."""
    return b"|".join(_START + b"".join(places[:place]) + b"[^" + places[place][1:] for place in range(len(places)))


_OBJECTS: Final = _unlike(b"[{]")
_WORDS: Final = b"|".join(_START + pattern for pattern in (rb"[ \t\r\f\v]*\n", *_MARKS))
_STAMPED: Final = _unlike(*([b"[0-9]"] * 4), b"[-]", *([b"[0-9]"] * 2), b"[-]", *([b"[0-9]"] * 2), b"[T ]")
# Per form: lines that may be no records, or begin none.
ODD: Final[dict[str, bytes]] = {
    **dict.fromkeys(("railway-json", "railway-rows", "railway-ndjson", "railway-http", "nest-json", "pino"), _OBJECTS),
    **dict.fromkeys(("railway-plain", "railway-screen", "nest", "winston", "devtools", "text"), _WORDS),
    "railway-log": _STAMPED,
}


class Counted(NamedTuple):
    """`single`: no record spreads over lines, each can be judged by itself."""

    lines: int
    records: int
    single: bool


def all_single(form: str, odd: Sequence[int] | None) -> bool:
    """Whether it is known already that no record of a block spreads over lines. `odd`: where the beginnings of its odd lines end."""
    return odd is not None and (not FORMATS[form].spread or not odd)


def count_single(data: bytes, lines: int, odd: Sequence[int]) -> Counted:
    """Count a block of so many lines of which it is known that none spread."""
    return Counted(lines, lines - _no_records(data, odd), single=True)


def count(data: bytes, form: str, *, begins: bool = True) -> Counted:
    """Count any block. `begins`: no record of the block before goes on in this one; lines before the first beginning count too."""
    spec, lines = FORMATS[form], lines_of(data)
    marks = sum(is_marker(mark[0].decode("utf-8", "replace")) for mark in _MARK.finditer(data))
    if not spec.spread:
        return Counted(lines, lines - _blank(data) - marks, single=True)
    before = spec.tail.match(data) if spec.tail and not begins else None
    records = _number(spec.starts, data, before.end() if before else 0)
    single = form == "railway-log" and records in (lines, lines - _blank(data))
    if form == "railway-log" and not single:
        records += sum(_number(_TEXT, found[1]) for found in _BEHIND.finditer(data))
    if begins:
        first = spec.starts.search(data)
        records += _number(_TEXT, data, 0, first.start() if first else len(data))
    return Counted(lines, records - marks, single)


def _blank(data: bytes) -> int:
    """How many lines are blank."""
    end = data[data.rfind(b"\n") + 1 :]
    return len(_BLANK.findall(data)) + (not data.partition(b"\n")[0].strip() and b"\n" in data) + (bool(end) and not end.strip())


def lines_of(data: bytes, start: int = 0) -> int:
    """The lines of a block, from the line on that begins at `start`; the last one may lack its end."""
    return data.count(b"\n", start) + (not data.endswith(b"\n"))


def _no_records(data: bytes, odd: Sequence[int]) -> int:
    """How many of the odd lines are blank, or marks of the screen."""
    starts = {data.rfind(b"\n", 0, end - 1) + 1 for end in odd}
    starts.add(data.rfind(b"\n") + 1)
    starts.discard(len(data))
    return sum(_is_none(data, start) for start in starts)


def _is_none(data: bytes, start: int) -> bool:
    stop = data.find(b"\n", start)
    line = data[start : stop if stop >= 0 else len(data)]
    return not line.strip() or (_MARK.match(line) is not None and is_marker(line.decode("utf-8", "replace")))


def _number(pattern: re.Pattern[bytes], data: bytes, start: int = 0, end: int = sys.maxsize) -> int:
    return sum(1 for _ in pattern.finditer(data, start, end))


def undecodable(data: bytes, *, replaced: bool) -> int:
    """Lines with bytes that are no text; `replaced`: it was UTF-16, bad parts are U+FFFD."""
    if replaced:
        return sum(1 for line in data.split(b"\n") if b"\xef\xbf\xbd" in line)
    if data.isascii():
        return 0
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return sum(1 for line in data.split(b"\n") if not _decodes(line))
    return 0


def _decodes(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
