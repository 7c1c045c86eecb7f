"""Tables of text, as database clients print and save them → header and rows.

psql (aligned with any border, unaligned, expanded, `--csv`), CSV with any of the usual separators (TablePlus, Railway's
data tab, spreadsheets), rows that were copied (tabs), Markdown, JSON. What stands around a table, such as the prompt and the
query of a terminal's transcript, is passed over; a text may hold several tables.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final, NamedTuple

Row = list[str | None]
# Whether a header is the one that is looked for.
Wanted = Callable[[Sequence[str]], bool]

_BOXES: Final = str.maketrans("│┃║─━═┼╋╬┌┬┐└┴┘├┤╔╦╗╚╩╝╠╣", "|||---+++" + "+" * 16)
_RULE: Final = re.compile(r"\s*[|+]?[-:|+ ]*-{2,}[-:|+ ]*[|+]?\s*")
_FOOTER: Final = re.compile(r"\((\d+) [^\W\d]+\)\s*")
_RECORD: Final = re.compile(r"-\[ [^\W\d]+ \d+ \][-+]*\s*|\* [^\W\d]+ \d+\s*")
_SEPARATORS: Final = (",", "\t", ";", "|")
_MAX_BEFORE: Final = 200
_MIN_COLUMNS: Final = 2


class Table(NamedTuple):
    """A table of texts; None is an empty cell. `odd` counts rows that do not have as many cells as the header."""

    header: list[str]
    rows: list[Row]
    odd: int = 0


def tables(text: str, wanted: Wanted) -> list[Table]:
    """The tables of a text whose header is `wanted`, in order."""
    start = text.lstrip()
    if start.startswith(("[", "{")):
        return _json(start, wanted)
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    out: list[Table] = []
    at = 0
    while at < len(lines):
        found = _table(lines, at, wanted)
        if found is None:
            break
        table, at = found
        out.append(table)
    return out


def _table(lines: list[str], at: int, wanted: Wanted) -> tuple[Table, int] | None:
    """The first table from a line on, and the line behind it."""
    for place in range(at, min(len(lines), at + _MAX_BEFORE)):
        line = lines[place]
        if _RECORD.fullmatch(line):
            table, end = _expanded(lines, place)
            if wanted(table.header):
                return table, end
            continue
        plain = line.translate(_BOXES)
        after = lines[place + 1].translate(_BOXES) if place + 1 < len(lines) else ""
        if "|" in plain and _RULE.fullmatch(after) and wanted(header := _cells(plain, framed=plain.lstrip().startswith("|"))):
            return _aligned(lines, place, header)
        for separator in _SEPARATORS:
            if line.count(separator) >= _MIN_COLUMNS - 1 and wanted(header := _split(line, separator)):
                return _separated(lines, place, separator, header)
    return None


def _split(line: str, separator: str) -> list[str]:
    if separator == "|":
        return [cell.strip() for cell in line.split("|")]
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:
        # A carriage return in the middle, say.
        return []


def _aligned(lines: list[str], at: int, header: list[str]) -> tuple[Table, int]:
    """The form of psql itself, also with frames, and Markdown's. A cell's line break is a plus at its end, and the rest below."""
    rows: list[Row] = []
    odd, goes_on = 0, False
    framed, rule = lines[at].translate(_BOXES).lstrip().startswith("|"), lines[at + 1].translate(_BOXES)
    bars = [place for place, char in enumerate(rule) if char in "+|" and 0 < place < len(rule.rstrip()) - 1]
    # Markdown, whose rule has no crossings, knows no cells of several lines.
    wraps = "+" in rule
    place = at + 2
    for place in range(at + 2, len(lines) + 1):
        line = lines[place].translate(_BOXES) if place < len(lines) else ""
        if _RULE.fullmatch(line):
            continue
        if "|" not in line:
            break
        cells = _cells(line, framed=framed)
        if len(cells) > len(header) == len(bars) + 1:
            # A cell holds the sign itself: the columns lie where the rule's do.
            cells = _cut(line, bars, framed=framed) or cells
        if len(cells) != len(header):
            odd += 1
            continue
        breaks = wraps and any(cell.endswith("+") for cell in cells)
        if wraps:
            cells = [cell.removesuffix("+").rstrip() for cell in cells]
        if goes_on and rows:
            rows[-1] = [" ".join(filter(None, (old, new))) or None for old, new in zip(rows[-1], cells, strict=True)]
        else:
            rows.append([cell or None for cell in cells])
        goes_on = breaks
    return Table(header, rows, odd), place + 1


def _cut(line: str, bars: Sequence[int], *, framed: bool) -> list[str] | None:
    """The cells of a line that is cut at these columns of the screen; None where no sign stands there."""
    shown: list[str] = []
    for char in line.rstrip():
        if unicodedata.combining(char) and shown:
            shown[-1] += char
        else:
            # A wide character takes two columns.
            shown += [char, ""] if unicodedata.east_asian_width(char) in "WF" else [char]
    if any(shown[bar : bar + 1] != ["|"] for bar in bars):
        return None
    starts, ends = [int(framed), *(bar + 1 for bar in bars)], [*bars, len(shown) - framed]
    return ["".join(shown[start:end]).strip() for start, end in zip(starts, ends, strict=True)]


def _cells(line: str, *, framed: bool) -> list[str]:
    """The cells of a line of an aligned table; frames at its ends are none."""
    if framed:
        line = line.strip().removeprefix("|").removesuffix("|")
    return [cell.strip() for cell in line.split("|")]


def _expanded(lines: list[str], at: int) -> tuple[Table, int]:
    """What psql prints after `\\x`: a line for each cell."""  # noqa: D301  # psql's command
    records: list[dict[str, str]] = []
    place = at
    for place in range(at, len(lines) + 1):
        line = lines[place].translate(_BOXES) if place < len(lines) else ""
        if _RECORD.fullmatch(line):
            records.append({})
        elif records and "|" in line:
            name, _, value = line.partition("|")
            records[-1][name.strip()] = value.strip()
        else:
            break
    header = list(dict.fromkeys(name for record in records for name in record))
    return Table(header, [[record.get(name) or None for name in header] for record in records]), place + 1


def _separated(lines: list[str], at: int, separator: str, header: list[str]) -> tuple[Table, int]:
    """CSV, or rows with tabs, up to psql's footer or an empty line."""
    rows: list[Row] = []
    odd = 0
    csv.field_size_limit(sys.maxsize if sys.maxsize < 1 << 31 else (1 << 31) - 1)
    # psql quotes nothing in its unaligned form.
    texts = (f"{line}\n" for line in islice(lines, at + 1, None))
    reader = csv.reader(texts, delimiter=separator, quoting=csv.QUOTE_NONE if separator == "|" else csv.QUOTE_MINIMAL)
    try:
        for row in reader:
            if not row or (len(row) == 1 and _FOOTER.fullmatch(row[0])):
                break
            if separator == "|" and len(row) > len(header) and "name" in header:
                rows.append(_folded(row, len(header), header.index("name")))
            elif len(row) == len(header):
                rows.append([cell.strip() or None for cell in row])
            else:
                odd += 1
    except csv.Error:
        odd += 1
    return Table(header, rows, odd), at + 1 + max(reader.line_num, 1)


def _folded(row: list[str], width: int, place: int) -> Row:
    """A row in whose cell at `place` stands the sign that parts cells."""
    end = place + 1 + len(row) - width
    return [cell.strip() or None for cell in (*row[:place], "|".join(row[place:end]), *row[end:])]


def _json(text: str, wanted: Wanted) -> list[Table]:
    """An array of objects, or one object a line."""
    try:
        decoded = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return []
    objects = [it for it in decoded if isinstance(it, dict)]
    header = list(dict.fromkeys(name for it in objects for name in it))
    if not objects or not wanted(header):
        return []
    return [Table(header, [[_told(it.get(name)) for name in header] for it in objects], len(decoded) - len(objects))]


def _told(value: object) -> str | None:
    return None if value is None else value if isinstance(value, str) else json.dumps(value)
