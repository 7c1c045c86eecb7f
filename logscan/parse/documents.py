"""Files that are one document: a JSON array, an API response, pretty-printed objects, a CSV table."""

from __future__ import annotations

import codecs
import csv
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec

from logscan.parse.text import without_surrogates

_DECODER: Final = json.JSONDecoder()
_ARRAY: Final = re.compile(rb"\s*\[\s*(?:\{|\]|$)")
_RESPONSE: Final = re.compile(rb'\s*\{\s*"data"\s*:\s*\{\s*"(?:environmentLogs|deploymentLogs|buildLogs|httpLogs)"\s*:\s*\[')
_PRETTY: Final = re.compile(rb'\s*\{\r?\n\s+"[^\n]*\n')
_HEADER: Final = re.compile(rb'"?[\w .]+"?(?:,"?[\w .]+"?)+\r?\n')
_BARE_RETURN: Final = re.compile(r"\r(?!\n)")
_CLOSING: Final = re.compile(r"[\]\}\s]*")
_GAP: Final = re.compile(r"[\s,]*")
_ESCAPED: Final = re.compile("[\udc80-\udcff]")
# The dashboard's columns, and one row of them on one line.
COLUMNS: Final = ("message", "severity", "attributes", "tags", "timestamp")
_CELL: Final = r'(?:"(?:[^"]|"")*"|\{\})'
BARE_ROW: Final = re.compile(rf'(?:{_CELL}|[^",][^,]*|),"?[a-z]{{3,9}}"?,{_CELL},{_CELL},"?\d{{4}}-\d\d-\d\dT[\d:.]{{8,18}}Z"?')
_GIVE_UP: Final = 8 << 20
HEAD: Final = 4096


class Item(NamedTuple):
    """One entry of a document: its fields (None where it could not be read) and its line or number."""

    line: int
    fields: dict[str, Any] | None
    text: str


@dataclass(slots=True)
class Ending:
    """How reading a document ended: damage found, and what followed it; `quotes` were read of a table."""

    broken: str | None = None
    rest: str = ""
    undecodable: int = 0
    quotes: int = 0


def document_form(head: bytes) -> str | None:
    """The form of a file that is one document, by its first bytes; None for files of lines."""
    start = head[:HEAD]
    if _RESPONSE.match(start):
        return "railway-response"
    if _ARRAY.match(start):
        return "railway-array"
    header = _HEADER.match(start)
    if header and {b"message", b"timestamp"} <= {name.strip(b' "\r\n').lower() for name in header[0].split(b",")}:
        return "railway-csv"
    if _PRETTY.match(start):
        return _pretty_form(head)
    return None


def _pretty_form(head: bytes) -> str | None:
    """Pretty-printed log entries, told from any other dump by their first object."""
    try:
        first, _ = _DECODER.raw_decode(head.decode("utf-8", "replace").lstrip())
    except ValueError:
        return None
    known = isinstance(first, dict) and "message" in first and first.keys() & {"timestamp", "severity", "attributes", "level"}
    return "railway-ndjson" if known or (isinstance(first, dict) and "httpStatus" in first) else None


def read_json(chunks: Iterable[bytes], form: str, ending: Ending) -> Iterator[Item]:
    """The objects of an array, a response or a row of pretty-printed objects."""
    return _JsonReader(iter(chunks), form, ending).items()


class _JsonReader:
    """Decodes one object at a time from a growing buffer."""

    def __init__(self, chunks: Iterator[bytes], form: str, ending: Ending) -> None:
        self._chunks = chunks
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
        self._buffer = ""
        self._at = 0
        self._line = 1
        self._form = form
        self._ending = ending
        self._done = False

    def _more(self) -> bool:
        if self._done:
            return False
        chunk = next(self._chunks, None)
        self._done = chunk is None
        self._buffer = self._buffer[self._at :] + self._decoder.decode(chunk or b"", final=self._done)
        self._at = 0
        return True

    def _move(self, to: int) -> None:
        self._line += self._buffer.count("\n", self._at, to)
        self._at = to

    def items(self) -> Iterator[Item]:
        """The entries, in order; what follows the document is left in `ending.rest`."""
        self._more()
        if self._form != "railway-ndjson":
            self._move(self._buffer.index("[") + 1)
        number, first_line = 0, self._line
        while self._next_start():
            number += 1
            # A one-line array has no lines to point at: its records are numbered.
            place = self._line if self._form == "railway-ndjson" or self._line != first_line else number
            fields, text = self._decode()
            if text:
                damaged = not text.isascii() and _ESCAPED.search(text) is not None
                self._ending.undecodable += damaged
                halves = "\\ud" in text or "\\uD" in text
                yield Item(place, without_surrogates(fields) if damaged or halves else fields, without_surrogates(text))
        self._ending.rest = without_surrogates(self._rest())

    def _next_start(self) -> bool:
        """Move to the next object; False at the end of the document."""
        while True:
            gap = _GAP.match(self._buffer, self._at)
            self._move(gap.end() if gap else self._at)
            if self._at < len(self._buffer):
                break
            if not self._more():
                if self._form != "railway-ndjson":
                    self._ending.broken = "the JSON array ends too early (cut off)"
                return False
        return self._buffer[self._at] == "{"

    def _decode(self) -> tuple[dict[str, Any] | None, str]:
        while True:
            try:
                fields, end = _DECODER.raw_decode(self._buffer, self._at)
            except (ValueError, RecursionError):
                if len(self._buffer) - self._at < _GIVE_UP and self._more():
                    continue
                return None, self._skip()
            text = self._buffer[self._at : end]
            self._move(end)
            return fields, text

    def _skip(self) -> str:
        """Pass over an object that cannot be read, up to the next one."""
        self._ending.broken = "part of the JSON cannot be read"
        found = re.compile(r"\}\s*,?\s*(?=\{\s*\")").search(self._buffer, self._at)
        end = found.end() if found else len(self._buffer)
        text = self._buffer[self._at : end]
        self._move(end)
        return text

    def _rest(self) -> str:
        if self._form != "railway-ndjson":
            # What closes the document: `]`, or `]}}` of a response. It may arrive in pieces.
            self._close()
            while self._at == len(self._buffer) and self._more():
                self._close()
        return self._buffer[self._at :]

    def _close(self) -> None:
        closing = _CLOSING.match(self._buffer, self._at)
        self._move(closing.end() if closing else self._at)


def read_csv(chunks: Iterable[bytes], ending: Ending) -> Iterator[Item]:
    """The rows of a dashboard table, as objects."""
    csv.field_size_limit(sys.maxsize if sys.maxsize < 1 << 31 else (1 << 31) - 1)
    lines = _text_lines(chunks, ending)
    reader = csv.reader(lines)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        while True:
            line = reader.line_num + 1
            row = next(reader, None)
            if row is None:
                break
            if row:
                yield _row(line, header, row)
    except csv.Error as error:
        ending.broken = f"the CSV cannot be read to its end ({error})"
    if ending.quotes % 2:
        ending.broken = "the CSV ends inside a cell (cut off)"


def fields_of_row(text: str) -> dict[str, Any] | None:
    """One row of a dashboard table that lost its header (grep, split, tail), as an object; None for any other line."""
    if not BARE_ROW.fullmatch(text):
        return None
    row = next(csv.reader([text]))
    return _row(1, COLUMNS, row).fields


def _row(line: int, header: Sequence[str], row: list[str]) -> Item:
    text = ",".join(row)
    if len(row) != len(header):
        return Item(line, None, text)
    fields: dict[str, Any] = dict(zip(header, row, strict=True))
    for name in ("attributes", "tags"):
        try:
            fields[name] = msgspec.json.decode(fields.get(name) or "{}")
        except msgspec.DecodeError:
            fields[name] = {}
    return Item(line, fields, text)


def _text_lines(chunks: Iterable[bytes], ending: Ending) -> Iterator[str]:
    carry = b""
    for chunk in chunks:
        *whole, carry = (carry + chunk).split(b"\n")
        for data in whole:
            yield _text(data + b"\n", ending)
    if carry:
        yield _text(carry, ending)


def _text(data: bytes, ending: Ending) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        ending.undecodable += 1
        text = data.decode("utf-8", "replace")
    ending.quotes += text.count('"')
    # A progress bar's bare carriage return ends no row.
    return _BARE_RETURN.sub(" ", text.replace("\0", ""))
