"""Reading and writing the history. Every change is one transaction, durable when the method returns."""

from __future__ import annotations

import json
import sqlite3
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Self

import polars as pl

from logscan.history.rows import Carried, HistoryError, Letter, Mail, Night, Recorded

_NIGHT: Final = """
SELECT n.*, (SELECT state FROM outbox o WHERE o.night = n.night ORDER BY state = 'sent', channel LIMIT 1) AS mail FROM nights n
"""
TABLES: Final = ("nights", "findings", "causes", "carried")
_STAMPS: Final = ("since", "until", "covered", "planned_at", "ended_at")


class History:
    """An open history. Close it, or use it in a `with`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        connection.row_factory = sqlite3.Row

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """One transaction. Raises HistoryError where it cannot be written, such as on a full disk."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield self._db
            self._db.execute("COMMIT")
        except BaseException as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise HistoryError(f"the history cannot be written: {error}") from error
            raise

    # About this history

    def instance(self) -> str:
        """What tells this history's mails from another's: made once."""
        with self._change() as db:
            db.execute("INSERT OR IGNORE INTO about VALUES ('instance', ?)", (uuid.uuid4().hex[:12],))
        return self.about("instance") or ""

    def about(self, key: str) -> str | None:
        """A note about the history, such as which process works on it."""
        row = self._db.execute("SELECT value FROM about WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None

    def note(self, key: str, value: str | None) -> None:
        """Write such a note, or take it away."""
        with self._change() as db:
            if value is None:
                db.execute("DELETE FROM about WHERE key = ?", (key,))
            else:
                db.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (key, value))

    # Nights

    def night(self, night: str) -> Night | None:
        """One night."""
        row = self._db.execute(f"{_NIGHT} WHERE n.night = ?", (night,)).fetchone()
        return _night(row) if row else None

    def nights(self, *, before: str | None = None, limit: int = -1) -> list[Night]:
        """Nights, the newest first; those before a date only."""
        rows = self._db.execute(f"{_NIGHT} WHERE n.night < ? ORDER BY n.night DESC LIMIT ?", (before or "~", limit))
        return [_night(row) for row in rows]

    def last_judged(self, before: str) -> Night | None:
        """The newest night before a date that was diagnosed."""
        row = self._db.execute(f"{_NIGHT} WHERE n.night < ? AND n.state = 'judged' ORDER BY n.night DESC LIMIT 1", (before,)).fetchone()
        return _night(row) if row else None

    def report(self, night: str) -> bytes | None:
        """A night's JSON report."""
        row = self._db.execute("SELECT body FROM reports WHERE night = ?", (night,)).fetchone()
        return zlib.decompress(row[0]) if row else None

    def reports(self, before: str, limit: int) -> list[bytes]:
        """The JSON reports of the newest nights before a date."""
        rows = self._db.execute("SELECT body FROM reports WHERE night < ? ORDER BY night DESC LIMIT ?", (before, limit))
        return [zlib.decompress(row[0]) for row in rows]

    def findings(self, night: str) -> list[tuple[str, str, int]]:
        """A night's findings: id, severity, mascots."""
        rows = self._db.execute("SELECT finding, severity, mascots FROM findings WHERE night = ? ORDER BY place", (night,))
        return [tuple(row) for row in rows]

    def causes(self, night: str) -> list[tuple[str, str, int, int]]:
        """A night's causes: id, component, mascots, lines."""
        query = "SELECT cause, component, mascots, lines FROM causes WHERE night = ? ORDER BY mascots DESC, lines DESC, cause"
        return [tuple(row) for row in self._db.execute(query, (night,))]

    def open_mascots(self) -> list[Carried]:
        """Mascots that are open as far as is known."""
        return [_carried(row) for row in self._db.execute("SELECT * FROM carried WHERE resolved_night IS NULL ORDER BY since, mascot")]

    def carried_from(self, night: str) -> list[Carried]:
        """Mascots that were open at the end of a night, resolved meanwhile or not."""
        return [_carried(row) for row in self._db.execute("SELECT * FROM carried WHERE night = ? ORDER BY since, mascot", (night,))]

    def plan(self, night: Night, missed: Iterable[str], now: int) -> None:
        """Fix a night's window before anything is asked for, and note nights on which nothing ran."""
        with self._change() as db:
            for name in missed:
                db.execute("INSERT OR IGNORE INTO nights (night, state, planned_at) VALUES (?, 'missed', ?)", (name, now))
                db.execute("UPDATE nights SET state = 'missed' WHERE night = ? AND state = 'planned'", (name,))
            db.execute(
                "INSERT OR REPLACE INTO nights (night, state, since, until, planned_at) VALUES (?, 'planned', ?, ?, ?)",
                (night.night, night.since, night.until, now),
            )

    def judged(self, found: Recorded, letters: Sequence[Letter], now: int) -> None:
        """Write down what a night found, together with the mails that say so: both or neither."""
        it = found.night
        with self._change() as db:
            db.execute(
                "UPDATE nights SET state = 'judged', covered = ?, ended_at = ?, verdict = ?, severity = ?, mascots = ?, failing = ?, "
                "outcomes = ?, lines = ?, uncovered = ?, rules = ?, logscan = ?, problem = ? WHERE night = ?",
                (
                    it.covered, now, it.verdict, it.severity, it.mascots, it.failing, json.dumps(dict(it.outcomes)), it.lines,
                    json.dumps(it.uncovered), it.rules, it.logscan, it.problem, it.night,
                ),
            )  # fmt: skip
            db.executemany("INSERT INTO findings VALUES (?, ?, ?, ?, ?)", [(it.night, n, *row) for n, row in enumerate(found.findings)])
            db.executemany("INSERT INTO causes VALUES (?, ?, ?, ?, ?)", [(it.night, *row) for row in found.causes])
            db.execute("INSERT INTO reports VALUES (?, ?)", (it.night, zlib.compress(found.report, 9)))
            db.execute("UPDATE nights SET caught_up = ? WHERE caught_up IS NULL AND state <> 'judged' AND night < ?", (it.night, it.night))
            _carry(db, it.night, found)
            _post(db, it.night, letters, now)

    def failed(self, night: str, problem: str, letters: Sequence[Letter], now: int) -> None:
        """Write down that a night's run could not do its work, together with the mails that say so."""
        with self._change() as db:
            db.execute("UPDATE nights SET state = 'failed', ended_at = ?, problem = ? WHERE night = ?", (now, problem, night))
            _post(db, night, letters, now)

    def forget(self, before: str) -> int:
        """Delete nights before a date; how many. What is still to be sent is kept."""
        with self._change() as db:
            gone = db.execute(
                "DELETE FROM nights WHERE night < ? AND night NOT IN (SELECT night FROM outbox WHERE state IN ('rendered', 'sending'))",
                (before,),
            ).rowcount
        self._db.execute("PRAGMA incremental_vacuum")
        return gone

    # The outbox

    def unsent(self) -> list[Mail]:
        """What is to be sent, the oldest first: mails that were never handed over, and those of which nobody knows whether they were."""
        rows = self._db.execute("SELECT * FROM outbox WHERE state IN ('rendered', 'sending') ORDER BY night, channel")
        return [_mail(row) for row in rows]

    def last_mailed(self, before: str) -> str | None:
        """The newest night before a date that had a mail."""
        row = self._db.execute("SELECT max(night) FROM outbox WHERE night < ?", (before,)).fetchone()
        return row[0] if row else None

    def sending(self, mail: Mail) -> None:
        """Note that a mail is about to be handed over."""
        self._outbox(mail, "state = 'sending', tries = tries + 1")

    def sent(self, mail: Mail, now: int, error: str | None = None) -> None:
        """Note that a mail was taken; its bytes are no longer needed. `error` tells of recipients that were refused."""
        self._outbox(mail, "state = 'sent', sent_at = ?, error = ?, pending = '[]', body = NULL", now, error)

    def postponed(self, mail: Mail, pending: Sequence[str], error: str) -> None:
        """Note that a mail was not taken, or not for all: the next run tries again."""
        self._outbox(mail, "state = 'rendered', pending = ?, error = ?", json.dumps(list(pending)), error)

    def given_up(self, mail: Mail, error: str) -> None:
        """Note that a mail is too old to be tried again."""
        self._outbox(mail, "state = 'given-up', error = ?, body = NULL", error)

    def _outbox(self, mail: Mail, change: str, *values: object) -> None:
        with self._change() as db:
            # `change` is one of the texts above.
            db.execute(f"UPDATE outbox SET {change} WHERE night = ? AND channel = ?", (*values, mail.night, mail.letter.channel))  # noqa: S608

    # Out

    def frame(self, table: str) -> pl.DataFrame:
        """One of TABLES for other tools; moments as such."""
        if table not in TABLES:
            raise ValueError(table)
        columns = {row["name"]: row["type"] for row in self._db.execute(f"PRAGMA table_info({table})")}
        rows = [tuple(row) for row in self._db.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]  # noqa: S608  # one of TABLES
        schema = pl.Schema({name: pl.Int64() if kind == "INTEGER" else pl.String() for name, kind in columns.items()})
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        return frame.with_columns(pl.col(name).cast(pl.Datetime("ns", "UTC")) for name in _STAMPS if name in columns)


def _post(db: sqlite3.Connection, night: str, letters: Sequence[Letter], now: int) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO outbox (night, channel, message_id, subject, body, pending, state, made_at) "
        "VALUES (?, ?, ?, ?, ?, ?, 'rendered', ?)",
        [(night, it.channel, it.message_id, it.subject, it.body, json.dumps(it.to), now) for it in letters],
    )


def _carry(db: sqlite3.Connection, night: str, found: Recorded) -> None:
    """Settle mascots whose end is known now, and take those along that are open."""
    ends = [(night, outcome, mascot) for mascot, outcome in found.resolved.items()]
    db.executemany("UPDATE carried SET resolved_night = ?, resolved_outcome = ? WHERE mascot = ? AND resolved_night IS NULL", ends)
    db.executemany(
        # One that is open for several nights keeps the night and the moment at which it was first seen to be.
        "INSERT INTO carried (mascot, night, outcome, since) VALUES (?, ?, ?, ?) ON CONFLICT (mascot) DO UPDATE SET "
        "outcome = excluded.outcome, night = CASE WHEN resolved_night IS NULL THEN night ELSE excluded.night END, "
        "since = CASE WHEN resolved_night IS NULL THEN since ELSE excluded.since END, resolved_night = NULL, resolved_outcome = NULL",
        [(it.mascot, night, it.outcome, it.since) for it in found.open],
    )


def _night(row: sqlite3.Row) -> Night:
    values: dict[str, Any] = {key: row[key] for key in row.keys() if key != "planned_at"}  # noqa: SIM118  # a Row is no mapping
    outcomes: Mapping[str, int] = json.loads(row["outcomes"])
    return Night(**{**values, "outcomes": outcomes, "uncovered": tuple(tuple(it) for it in json.loads(row["uncovered"]))})


def _carried(row: sqlite3.Row) -> Carried:
    return Carried(*(row[name] for name in ("mascot", "night", "outcome", "since", "resolved_night", "resolved_outcome")))


def _mail(row: sqlite3.Row) -> Mail:
    pending = tuple(json.loads(row["pending"]))
    letter = Letter(row["channel"], row["message_id"], row["subject"], row["body"], pending)
    return Mail(row["night"], letter, pending, row["state"], row["tries"], row["error"], row["made_at"])
