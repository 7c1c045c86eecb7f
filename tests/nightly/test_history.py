"""The history: its commands, its migrations, and files that are not its own."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import polars as pl
import pytest

from logscan.history import HistoryError, open_history
from logscan.history.opening import in_memory, migrate
from logscan.history.schema import APPLICATION, STEPS
from tests.cli.conftest import Logscan, log
from tests.nightly.servers import Mailbox


@pytest.fixture
def nights(logscan: Logscan, mailbox: Mailbox) -> Logscan:
    """Two nights: quota, then another log that is well; and one in between on which nothing ran."""
    logscan("nightly", "run", log("quota-cli-plain"), "--now", "2026-11-24T03:00:00Z")
    logscan("nightly", "run", log("healthy-nest8-german"), "--now", "2026-11-26T03:00:00Z")
    return logscan


def test_history_list_shows_nights(nights: Logscan) -> None:
    assert nights("history", "list").out == (
        "Night       Verdict       Failed  Mascots  Mail\n"
        "2026-11-26  healthy            0        3  sent\n"
        "2026-11-25  (no run)                       in that of 2026-11-26\n"
        "2026-11-24  jobs-failing       2        3  sent\n"
    )
    told = json.loads(nights("history", "list", "--format", "json", "--limit", "1").out)
    assert [(it["night"], it["verdict"], it["mail"]) for it in told] == [("2026-11-26", "healthy", "sent")]


def test_history_show_tells_a_night(nights: Logscan) -> None:
    told = nights("history", "show", "2026-11-24", "--lang", "fr").out
    assert "2026-11-24: jobs-failing" in told
    assert "Mascottes\xa0: 3 (générée 1 · génération échouée 2)" in told
    assert "google-quota  2 mascottes" in told
    held = json.loads(nights("history", "show", "2026-11-24", "--format", "json").out)
    assert held["causes"] == [{"id": "google-quota", "component": "google", "mascots": 2, "lines": 14}]
    assert held["outcomes"] == {"generated": 1, "generation_failed": 2}


def test_history_show_of_an_unknown_night_is_wrong_usage(nights: Logscan) -> None:
    done = nights("history", "show", "2025-01-01")
    assert (done.code, "no night '2025-01-01'" in done.err) == (2, True)


@pytest.mark.parametrize("table", ["nights", "findings", "causes", "carried"])
def test_history_export_holds_every_row(table: str, nights: Logscan, tmp_path: Path) -> None:
    for ending in ("csv", "parquet"):
        assert nights("history", "export", "--table", table, "-o", f"out.{ending}").code == 0
    parquet, csv = pl.read_parquet(tmp_path / "out.parquet"), pl.read_csv(tmp_path / "out.csv")
    assert parquet.columns == csv.columns
    assert parquet.height == csv.height == {"nights": 3, "findings": 2, "causes": 1, "carried": 0}[table]
    if table == "nights":
        assert parquet["verdict"].to_list() == ["jobs-failing", None, "healthy"]
        assert parquet.schema["since"] == pl.Datetime("ns", "UTC")


def test_history_export_to_an_unknown_form_is_wrong_usage(nights: Logscan) -> None:
    assert nights("history", "export", "-o", "out.xlsx").code == 2


def test_history_that_is_not_there_is_told(logscan: Logscan) -> None:
    done = logscan("history", "list")
    assert (done.code, "there is no history at" in done.err) == (3, True)


def test_history_refuses_another_programs_database_and_leaves_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "app.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE users (id)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(HistoryError, match="another program's database"):
        open_history(path)
    with pytest.raises(HistoryError, match="another program's database"):
        in_memory(path)
    assert path.read_bytes() == before


def test_history_sets_a_file_aside_that_is_damaged_within(nights: Logscan, tmp_path: Path) -> None:
    path = tmp_path / "data" / "history.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = bytearray(path.read_bytes())
    data[4096:12288] = b"\xa5" * 8192
    path.write_bytes(data)
    told: list[str] = []
    with open_history(path, notify=told.append) as history:
        assert history.nights() == []
    assert "was set aside as" in told[0]
    (aside,) = (it for it in path.parent.iterdir() if ".damaged-" in it.name)
    assert aside.read_bytes() == bytes(data)


def test_history_takes_further_steps_and_keeps_what_it_holds(nights: Logscan, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "data" / "history.sqlite", isolation_level=None)
    steps = (*STEPS, "ALTER TABLE nights ADD COLUMN mood TEXT;\nUPDATE nights SET mood = 'calm; or so';")
    for _ in range(2):
        migrate(connection, steps)
    assert connection.execute("SELECT night, mood FROM nights WHERE verdict IS NOT NULL").fetchall() == [
        ("2026-11-24", "calm; or so"), ("2026-11-26", "calm; or so"),
    ]  # fmt: skip
    assert connection.execute("PRAGMA user_version").fetchone() == (len(STEPS) + 1,)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION,)
    connection.close()


def test_history_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "h.sqlite", isolation_level=None)
    migrate(connection, STEPS)
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, (*STEPS, "CREATE TABLE more (x);\nCREATE TABLE more (x);"))
    connection.rollback()
    assert connection.execute("PRAGMA user_version").fetchone() == (len(STEPS),)
    assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'more'").fetchall() == []
    connection.close()
