"""One run at a time: a SQLite file beside the history that a run holds open for writing. The system lets go of it however the run ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from logscan.history.rows import HistoryError


@contextmanager
def locked(history: Path) -> Iterator[bool]:
    """Hold the lock of a history; False where another run holds it. Raises HistoryError where no lock can be had at all."""
    path = history.with_name(history.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(path, error) from error
    try:
        yield _taken(connection, path)
    finally:
        connection.close()


def _taken(connection: sqlite3.Connection, path: Path) -> bool:
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return False
        raise _unusable(path, error) from error
    return True


def _unusable(path: Path, error: Exception) -> HistoryError:
    return HistoryError(f"no lock at '{path}': {getattr(error, 'strerror', None) or error}")
