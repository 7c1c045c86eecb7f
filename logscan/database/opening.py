"""What `--db` names: a server, a file of a database, or an export."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Final

from logscan.database.export import read_export
from logscan.database.names import Names
from logscan.database.window import Ask, Window
from logscan.errors import DatabaseError, UsageError
from logscan.model import Stored
from logscan.sources import FileSource, PipeSource
from logscan.times import UTC

_SQLITE: Final = b"SQLite format 3\0"
_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SERVER: Final = re.compile(r"postgres(?:ql)?(?:\+\w+)?", re.IGNORECASE)


def opened(argument: str, names: Names, zone: dt.tzinfo = UTC, timeout: float = 30.0) -> Ask:
    """What reads the rows that `argument` names; nothing is read yet. `timeout` in seconds, of each query.

    Raises UsageError for what is neither a PostgreSQL URL nor a file; the message does not repeat a URL.
    """
    found = _URL.match(argument)
    if found is None and not argument.strip():
        raise UsageError("--db: give postgresql://…, a file, or - for standard input")
    if found is not None and found[1].lower() == "sqlite":
        # As ORMs write it: three slashes before a relative path, four before an absolute one.
        return _file(argument[found.end() :].removeprefix("/"), names, zone, timeout)
    if found is None:
        return _file(argument, names, zone, timeout)
    if not _SERVER.fullmatch(found[1]):
        raise UsageError(f"--db {found[1]}://…: only PostgreSQL (postgresql://…), SQLite files and exports are read")
    try:
        from logscan.database.postgres import Postgres
    except ImportError as error:
        raise UsageError("--db postgresql://… needs one more package: pip install 'logscan[db]'") from error
    try:
        return Postgres(argument, names, zone, timeout).read
    except DatabaseError as error:
        raise UsageError(str(error)) from None


def _file(argument: str, names: Names, zone: dt.tzinfo, timeout: float) -> Ask:
    path = Path(argument)

    def ask(_window: Window) -> Stored:
        if argument == "-":
            return read_export(PipeSource(), names, zone)
        if path.is_fifo():
            return read_export(PipeSource(argument, path), names, zone)
        if _starts_with(path, _SQLITE):
            from logscan.database.sqlite import read_sqlite

            return read_sqlite(path, names, zone, timeout)
        return read_export(FileSource(argument, path), names, zone)

    return ask


def _starts_with(path: Path, magic: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError:
        return False
