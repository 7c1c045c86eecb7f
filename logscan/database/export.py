"""An export of the table, or of a query's result, from a source of text; and how one is known among logs."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Final

from logscan.database.frame import merged, stored_of, table_of
from logscan.database.names import NEEDED, Names, usual
from logscan.database.tables import Table, tables
from logscan.errors import DatabaseError, SourceError
from logscan.model import Stored
from logscan.sources import Source
from logscan.times import UTC
from logscan.visible import visible

# The statuses that the backend writes, and those that others of its kind do.
STATUSES: Final = frozenset({"pending", "queued", "generating", "processing", "completed", "failed"})
_NEEDED: Final = frozenset(NEEDED)
# A table of anything may have an id and a status; only one of mascots has one of these.
_OWN: Final = frozenset({"full_body_url", "avatar_url", "batch_id"})
# Columns of logs and of queues' jobs.
_FOREIGN: Final = frozenset(
    {"message", "msg", "level", "severity", "timestamp", "attributes", "tags", "stacktrace", "failedreason", "httpstatus"}
)
# What clients cut a result at unless they are told otherwise, and the checklist's own query.
_PAGES: Final = frozenset({10, 20, 25, 50, 100, 200, 250, 300, 500, 1000, 5000, 10_000})
MAX_BYTES: Final = 256 << 20
_HEAD: Final = 64 << 10
_ID: Final = re.compile(r"[\w.:@-]{1,128}")


def read_export(source: Source, names: Names, zone: dt.tzinfo = UTC, progress: Callable[[int], None] | None = None) -> Stored:
    """The rows of an export; `progress` is told of every chunk's bytes. Raises SourceError, DatabaseError."""
    text = _text(source, progress)
    given = _NEEDED & names.columns.keys()

    def wanted(header: Sequence[str]) -> bool:
        folded = {name.lower() for name in header}
        return (_NEEDED - given) <= usual(header).keys() and all(names.columns[name].lower() in folded for name in given)

    found = tables(text, wanted)
    name = visible(source.name)
    if not found:
        raise DatabaseError(
            f"{name}: no table of mascots in it: export the query's result as CSV or psql prints it, with its header "
            "(a column for the id and one for the status; --db-columns names them)"
        )
    several = [_stored(name, table, names, zone) for table in found]
    result = merged(several)
    assert result is not None  # noqa: S101  # there is one table at least
    return replace(result, name=name)


def _stored(name: str, table: Table, names: Names, zone: dt.tzinfo) -> Stored:
    try:
        chosen = names.among(table.header)
    except DatabaseError as error:
        raise DatabaseError(f"{name}: {error}") from error
    rows = table_of(table.header, table.rows, chosen)
    return stored_of(name, rows, zone, partial=len(table.rows) in _PAGES or table.odd > 0)


def is_export(source: Source) -> bool:
    """Whether a source surely is an export of mascots, by its beginning: columns that only such a table has, and its statuses."""
    try:
        with closing(source.chunks()) as chunks:  # type: ignore[type-var]  # a generator
            head = next(chunks, b"")[:_HEAD]
    except SourceError:
        return False
    if not head.strip() or head.count(0):
        return False
    text = head.decode("utf-8", "replace")
    start = text.lstrip()
    if start.startswith("{") and not start.startswith('{"id"'):
        return False
    if len(head) == _HEAD:
        text = _whole_rows(text)
    found = tables(text, _is_header)
    rows = [(dict(zip(table.header, row, strict=True)), usual(table.header)) for table in found for row in table.rows[:200]]
    if not found or any(table.odd > len(table.rows) for table in found):
        return False
    return all(_is_row(row.get(chosen["mascot_id"]), row.get(chosen["status"])) for row, chosen in rows)


def _is_header(header: Sequence[str]) -> bool:
    columns = usual(header)
    foreign = {re.sub(r"[^a-z]", "", name.lower()) for name in header} & _FOREIGN
    return columns.keys() >= _NEEDED and not foreign and not _OWN.isdisjoint(columns) and len(set(header)) == len(header)


def _is_row(mascot: str | None, status: str | None) -> bool:
    # What an aligned cell's line break leaves has no id.
    blank = mascot is None and status is None
    return blank or (mascot is not None and _ID.fullmatch(mascot) is not None and (status or "").strip().lower() in STATUSES)


def _whole_rows(text: str) -> str:
    """A beginning without the row that is cut."""
    start = text.lstrip()
    if start.startswith("["):
        decoder, at, rows = json.JSONDecoder(), start.find("{"), []
        while at > 0:
            try:
                row, end = decoder.raw_decode(start, at)
            except (ValueError, RecursionError):
                break
            rows.append(row)
            at = start.find("{", end)
        return json.dumps(rows)
    return text[: text.rfind("\n") + 1]


def _text(source: Source, progress: Callable[[int], None] | None) -> str:
    data = bytearray()
    for chunk in source.chunks():
        data += chunk
        if progress is not None:
            progress(len(chunk))
        if len(data) > MAX_BYTES:
            raise DatabaseError(
                f"{visible(source.name)}: larger than {MAX_BYTES >> 20} MiB: read the database itself (--db postgresql://…)"
            )
    return data.decode("utf-8", "replace")
