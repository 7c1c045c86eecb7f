"""Rows of mascots from an SQLite file, opened for reading only."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from logscan.database.frame import stored_of, table_of
from logscan.database.names import Names, parse_table
from logscan.database.window import MAX_ROWS
from logscan.errors import DatabaseError
from logscan.model import Stored
from logscan.times import UTC
from logscan.visible import visible

_STEPS: Final = 10_000


def read_sqlite(path: Path, names: Names, zone: dt.tzinfo = UTC, timeout: float = 30.0) -> Stored:
    """The newest rows of the table. `timeout` in seconds. Raises DatabaseError."""
    name = visible(str(path))
    try:
        # `immutable` would miss what a running program has not yet written into the file itself.
        with closing(sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True, timeout=timeout)) as database:
            database.text_factory = lambda data: data.decode("utf-8", "replace")
            return _read(database, name, names, zone, timeout)
    except sqlite3.Error as error:
        raise DatabaseError(f"{name}: cannot be read: {visible(str(error))}") from error


def _read(database: sqlite3.Connection, name: str, names: Names, zone: dt.tzinfo, timeout: float) -> Stored:
    deadline = dt.datetime.now(UTC) + dt.timedelta(seconds=timeout)
    database.set_progress_handler(lambda: dt.datetime.now(UTC) > deadline, _STEPS)
    table = ".".join(_quoted(part) for part in parse_table(names.table))
    known = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")]
    if parse_table(names.table)[-1].lower() not in {it.lower() for it in known}:
        shown = ", ".join(map(visible, known[:20])) or "none"
        raise DatabaseError(f"{name}: there is no table {names.table} in it, only {shown}: name it with --db-table")
    header = [column[0] for column in database.execute(f"SELECT * FROM {table} LIMIT 0").description]  # noqa: S608  # quoted
    try:
        chosen = names.among(header)
    except DatabaseError as error:
        raise DatabaseError(f"{name}: table {names.table}: {error}") from error
    order = f" ORDER BY {_quoted(chosen['created_at'])} DESC" if "created_at" in chosen else ""
    columns = ", ".join(_quoted(it) for it in chosen.values())
    rows = database.execute(f"SELECT {columns} FROM {table}{order} LIMIT {MAX_ROWS + 1}").fetchall()  # noqa: S608  # quoted
    raw = table_of(list(chosen), [_texts(row) for row in rows[:MAX_ROWS]], {column: column for column in chosen})
    return stored_of(name, raw, zone, partial=len(rows) > MAX_ROWS)


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _texts(row: Sequence[object]) -> list[str | None]:
    return [None if value is None else value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in row]
