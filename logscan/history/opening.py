"""Opening the history: a damaged file is set aside, a newer one is refused, an older one is brought up to date."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from logscan.history.rows import HistoryError
from logscan.history.schema import APPLICATION, STEPS
from logscan.history.store import History
from logscan.visible import visible

_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# Beside the database SQLite keeps what is not written into it yet.
_PARTS: Final = ("", "-wal", "-shm")
_BUSY_MS: Final = 10_000


def open_history(path: Path, *, create: bool = True, notify: Callable[[str], None] = lambda _: None) -> History:
    """The history in a file, made where there is none. `notify` is told of a damaged file that was set aside.

    Raises HistoryError where the file is a newer logscan's or another program's, or the place cannot be used.
    """
    if not create and not path.is_file():
        raise HistoryError(f"there is no history at '{path}': logscan nightly run makes one")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return History(_connected(path))
        except sqlite3.DatabaseError as error:
            if _code(error) not in _DAMAGED:
                raise
            if not create:
                raise HistoryError(
                    f"the history '{path}' is damaged ({error}); the next nightly run sets it aside and begins anew"
                ) from error
            notify(f"the history '{path}' is damaged ({error}): it was set aside as '{_set_aside(path)}', and a new one begins")
            return History(_connected(path))
    except (OSError, sqlite3.Error) as error:
        raise HistoryError(f"the history '{path}' cannot be used: {getattr(error, 'strerror', None) or visible(str(error))}") from error


def in_memory(path: Path | None) -> History:
    """A copy of the history, or an empty one, that nothing writes back: for a run on trial. Raises HistoryError."""
    memory = sqlite3.connect(":memory:", isolation_level=None)
    if path is not None and path.is_file():
        try:
            # Not through `open_history`: a trial changes nothing, and sets nothing aside.
            source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
            try:
                source.backup(memory)
            finally:
                source.close()
            _check(memory, path)
        except sqlite3.Error as error:
            raise HistoryError(f"the history '{path}' cannot be used: {visible(str(error))}") from error
    migrate(memory, STEPS)
    return History(memory)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_MS / 1000)
    try:
        _check(connection, path)
        if not _tables(connection):
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        # A mail that is noted as sent must stay so when the power fails.
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection, STEPS)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Raises HistoryError for what must not be touched, DatabaseError for a damaged file."""
    found = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found is None or found[0] != "ok":
        error = sqlite3.DatabaseError(str(found[0]) if found else "no answer")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error
    version, owner = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "application_id"))
    if owner != APPLICATION and (_tables(connection) or version):
        raise HistoryError(f"'{path}' is another program's database: name another file with --history")
    if version > len(STEPS):
        raise HistoryError(
            f"the history '{path}' was written by a newer logscan (version {version}, this one knows up to {len(STEPS)}): "
            "update logscan, or name another file with --history"
        )


def migrate(connection: sqlite3.Connection, steps: Sequence[str]) -> None:
    """Take the steps that a file has not taken yet, each as a whole or not at all."""
    connection.execute("PRAGMA foreign_keys = ON")
    for number, step in enumerate(steps, 1):
        connection.execute("BEGIN IMMEDIATE")
        # Asked within the transaction: another process may have taken the step meanwhile.
        if connection.execute("PRAGMA user_version").fetchone()[0] < number:
            for statement in filter(str.strip, _statements(step)):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")


def _statements(script: str) -> list[str]:
    """`executescript` would commit before it begins."""
    out, rest = [], ""
    for line in script.splitlines():
        rest += line + "\n"
        if sqlite3.complete_statement(rest):
            out.append(rest)
            rest = ""
    return [*out, rest]


def _tables(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None


def _code(error: sqlite3.DatabaseError) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    # Extended codes carry the plain one in their lowest byte.
    return None if code is None else code & 0xFF


def _set_aside(path: Path) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    for part in _PARTS:
        beside = path.with_name(path.name + part)
        if beside.exists():
            beside.replace(aside.with_name(aside.name + part))
    return aside
