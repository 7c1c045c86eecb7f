"""One line after the other → records. Files may mix forms, so each line is judged by itself.

A few forms spread a record over lines: a dashboard `.log` entry whose message holds newlines, Nest
11's uncompacted objects, pino-pretty's context line. The parser holds such a record until it ends.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from logscan.model import Record
from logscan.parse.dates import DayOrder
from logscan.parse.documents import BARE_ROW, fields_of_row
from logscan.parse.entry import Entry
from logscan.parse.loggers import BROWSER_SOURCE, peel
from logscan.parse.quick import quick_entry, quick_record
from logscan.parse.railway import STAMP, from_line, from_object
from logscan.parse.text import decode_json, strip_ansi
from logscan.times import UTC

MAX_HELD: Final = 400
LOG_LINE: Final = re.compile(rf"{STAMP} \[(?:inf|err|wrn|dbg)\]")
_NONBLANK: Final = rb"(?m)^[^\S\n]*\S"


class Format(NamedTuple):
    """A form of a whole file.

    `starts` finds the beginning of each record in raw bytes, `tail` what a block may begin with of a record
    that the block before began; `spread` forms need every line.
    """

    starts: re.Pattern[bytes]
    spread: bool = False
    tail: re.Pattern[bytes] | None = None


_ANY: Final = Format(re.compile(_NONBLANK))
# A stamp, an object or a Nest line begins a record; other lines carry on the one before.
_OWN_LINE: Final = rb"(?m)^(?:\d{4}-\d\d-\d\d[T ]|\{\"|\[\{|\[Nest\])"
# One of Nest's objects as a whole, up to the block's end at most, or a line.
_OBJECTS: Final = Format(
    re.compile(
        rb"(?m)^\{\r?\n  level: [^\n]*\n(?:  [^\n]*\n)*?  message:[^\n]*\n(?:  [^\n]*\n)*(?:\}|\Z)|" + _NONBLANK.removeprefix(b"(?m)")
    ),
    spread=True,
    tail=re.compile(rb"(?:  [^\n]*\n)+\}"),
)

FORMATS: Final[dict[str, Format]] = {
    "railway-json": _ANY,
    "railway-rows": _ANY,
    "railway-ndjson": _ANY,
    "railway-http": _ANY,
    "railway-plain": _ANY,
    "railway-log": Format(re.compile(_OWN_LINE), spread=True),
    "railway-screen": _ANY,
    "railway-array": _ANY,
    "railway-response": _ANY,
    "railway-csv": _ANY,
    "nest": _ANY,
    "nest-json": _ANY,
    "nest-inspect": _OBJECTS,
    "pino": _ANY,
    "pino-pretty": Format(re.compile(rb"(?m)^ {0,3}\S"), spread=True),
    "winston": _ANY,
    "devtools": _ANY,
    "text": _ANY,
    "mixed": _OBJECTS,
}

_SCREEN: Final = re.compile(
    r"You reached the (?:start|end) of the range|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w* \d{1,2}, \d{4}, \d{1,2}:\d{2} [AP]M"
    r"|\d{4}-\d{2}-\d{2} \d{2}:\d{2}"
)
_HINTS: Final = (
    ("railway-log", re.compile(rf"{STAMP} \[(?:inf|err|wrn|dbg)\](?: |$)")),
    ("railway-http", re.compile(rf"{STAMP} [A-Z]+ \S+ \d{{3}} \d+ms")),
    ("railway-plain", re.compile(rf"{STAMP} \[")),
    ("nest", re.compile(r"\[[^\]]+\]\s+\d+\s+(?:-\s+)?\d{1,4}[./-]")),
    ("pino-pretty", re.compile(r"\[[\d: .+-]{8,40}\] (?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\b")),
    ("winston", re.compile(r"(?:error|warn|info|http|verbose|debug|silly): .*\{\"")),
    ("devtools", re.compile(rf"(?:\d{{2}}:\d{{2}}:\d{{2}}\.\d{{3}} )?{BROWSER_SOURCE}:\d+ {{1,3}}\S")),
    ("devtools", re.compile(r"\d{2}:\d{2}:\d{2}\.\d{3}$|\[\d+:\d+:\d{4}/")),
    ("railway-screen", re.compile(r"You reached the (?:start|end) of the range$")),
    ("nest-inspect", re.compile(r"(?:\{ |  )level: '\w+',")),
    ("railway-csv", BARE_ROW),
)  # fmt: skip
_OBJECT_KEYS: Final = (
    ("railway-http", {"httpStatus"}),
    ("railway-rows", {"tags", "attributes", "message"}),
    ("railway-ndjson", {"attributes", "message"}),
    ("pino", {"msg", "time"}),
    ("nest-json", {"message", "pid", "timestamp"}),
    ("railway-json", {"message", "timestamp"}),
    ("winston", {"message", "level"}),
)
# A few marks tell that a file was copied from the screen, whatever its lines are.
_STRONG: Final = frozenset({"railway-screen"})


def detect(lines: Iterable[str]) -> str:
    """The form of the lines: `text` where none has one, `mixed` where no form has most of them."""
    votes: Counter[str] = Counter()
    for line in lines:
        form = _form_of(strip_ansi(line))
        if form:
            votes[form] += 1000 if form in _STRONG else 1
    if not votes:
        return "text"
    form, number = max(votes.items(), key=lambda vote: (vote[1], vote[0]))
    most = number * 5 >= votes.total() * 4
    # Objects over several lines, however few, need a parser that sees every line.
    return form if most and (form == "nest-inspect" or "nest-inspect" not in votes) else "mixed"


def _form_of(line: str) -> str | None:
    if line.startswith('{"'):
        fields = decode_json(line)
        if not isinstance(fields, dict):
            return None
        return next((form for form, keys in _OBJECT_KEYS if keys <= fields.keys()), None)
    return next((form for form, pattern in _HINTS if pattern.match(line)), None)


def is_marker(line: str) -> bool:
    """Whether a line is one of the marks that copying the dashboard's screen leaves."""
    return _SCREEN.fullmatch(line.strip()) is not None


@dataclass(slots=True)
class LineParser:
    """Parses the lines of one source. Feed lines in order; `flush` at the end, and before a gap.

    `extra` counts the records beyond the first of lines that hold a whole array.
    """

    zone: dt.tzinfo = UTC
    form: str | None = None
    days: DayOrder = field(default_factory=DayOrder)
    extra: int = 0
    _held: Entry | None = None
    _held_line: int = 0
    _held_size: int = 0
    _held_pretty: bool = False
    _object: list[tuple[int, str]] = field(default_factory=list)
    _last: int = 0

    def __post_init__(self) -> None:
        self.days.zone = self.zone

    @property
    def idle(self) -> bool:
        """Whether nothing is held: the next line is judged by itself."""
        return self._held is None and not self._object

    def feed(self, line: int, text: str) -> list[Record]:
        """The records that are complete once this line is known. Blank lines and screen marks give none."""
        if self.idle and (record := quick_record(line, text)) is not None:
            self._last = line
            return [record]
        out = self.flush() if line != self._last + 1 else []
        self._last = line
        raw = text.rstrip("\r\n")
        text = strip_ansi(raw)
        if self._object:
            return out + self._more_object(line, text)
        if self._held is not None and self._carries_on(text):
            return out
        out += self.flush()
        if not text.strip() or (text[0] in "YJFMASOND2" and is_marker(text)):
            return out
        return out + self._begin(line, text, raw)

    def flush(self) -> list[Record]:
        """What is held, as it stands."""
        out: list[Record] = []
        if self._held is not None:
            out.append(self._finish(self._held, self._held_line))
            self._held = None
        lines, self._object = self._object, []
        for line, text in lines:
            out += self._begin(line, text, text, whole=True)
        return out

    def _begin(self, line: int, text: str, raw: str, *, whole: bool = False) -> list[Record]:
        if text.startswith(('{"', "[{")):
            return self._structured(line, text)
        if text.endswith(("Z", 'Z"')) and (fields := fields_of_row(text)) is not None:
            row = from_object(fields, self.zone)
            return [self._finish(row, line)] if row is not None else []
        if text == "{" and not whole and self.form in (None, "nest-inspect"):
            self._object = [(line, text)]
            return []
        entry = None
        if self.form in (None, "railway-log", "railway-plain", "railway-http"):
            # A colour behind the stamp may tell the level.
            entry = quick_entry(text, self.zone) or from_line(raw if raw[:1] == text[:1] else text, self.zone)
        holds, pretty = entry is not None and self._is_log(text), False
        if entry is None:
            entry = peel(Entry(raw, zone=self.zone))
            holds = pretty = entry.message != text and text.startswith("[") and text[1:2].isdigit()
        if holds and not whole:
            self._held, self._held_line, self._held_size, self._held_pretty = entry, line, 0, pretty
            return []
        return [self._finish(entry, line)]

    def _structured(self, line: int, text: str) -> list[Record]:
        decoded = decode_json(text)
        items = decoded if isinstance(decoded, list) else [decoded]
        out = []
        for item in items:
            entry = from_object(item, self.zone) if isinstance(item, dict) else None
            if entry is not None:
                out.append(self._finish(entry, line))
        if not out:
            entry = Entry(text, broken=decoded is None and text.startswith('{"'))
            out.append(self._finish(entry, line))
        self.extra += len(out) - 1
        return out

    @staticmethod
    def _is_log(text: str) -> bool:
        return LOG_LINE.match(text) is not None

    def _carries_on(self, text: str) -> bool:
        """Add `text` to the held record if it belongs to it."""
        held = self._held
        if held is None:
            return False
        if self._held_pretty:
            found = re.fullmatch(r'    context: "([^"]+)"', text)
            if found:
                held.context = found[1]
            return found is not None
        if re.match(_OWN_LINE, text.encode("utf-8", "replace")[:40]) or self._held_size >= MAX_HELD:
            return False
        self._held_size += 1
        held.message += "\n" + text
        return True

    def _more_object(self, line: int, text: str) -> list[Record]:
        self._object.append((line, text))
        if text == "}":
            joined = "\n".join(part for _, part in self._object)
            entry = peel(Entry(joined, zone=self.zone))
            if entry.message == joined:
                return self.flush()
            first, self._object = self._object[0][0], []
            return [self._finish(entry, first)]
        if len(self._object) > MAX_HELD or not text.startswith(" ") or '"' in text[:4]:
            return self.flush()
        return []

    def _finish(self, entry: Entry, line: int) -> Record:
        return entry.record(line)
