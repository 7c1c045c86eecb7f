"""`--db` and `--console`: files of every kind, standard input, wrong usage, and what cannot be read."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import FIXTURES, Logscan
from tests.logs import MINUTE, SECOND, enqueued, generated, picked, render, tick

CSV = "id,name,status,fullBodyImageUrl,avatarImageUrl,batchId,createdAt\nm1,Otto,completed,,,batch_1,2026-11-22 09:00:00\n"
CONSOLE = "".join(f"ui.js:110 [Mascot] Polling attempt {k}/3 for batch: batch_1\n" for k in (1, 2, 3))
LOG = render([enqueued("m1", 0), picked("m1", SECOND), generated("m1", 9 * SECOND), tick(30 * MINUTE)])


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "backend.log").write_bytes(LOG)
    (tmp_path / "export.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "console.log").write_text(CONSOLE, encoding="utf-8")
    database = sqlite3.connect(tmp_path / "mascots.db")
    database.execute(
        'CREATE TABLE mascots (id TEXT, name TEXT, status TEXT, "fullBodyImageUrl" TEXT, "avatarImageUrl" TEXT, "batchId" TEXT, "createdAt" INTEGER)'
    )
    database.execute("INSERT INTO mascots VALUES ('m1', 'Otto', 'COMPLETED', NULL, '', 'batch_1', 1795338000)")
    database.execute("CREATE TABLE users (id TEXT)")
    database.commit()
    database.close()
    return tmp_path


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("arguments", [("--db", "export.csv"), ("--db", "mascots.db"), ("--db", "sqlite:///./mascots.db"), ("export.csv",)])
def test_db_file_beside_a_log(logscan: Logscan, arguments: tuple[str, ...]) -> None:
    ended = logscan("scan", "backend.log", *arguments, "--format", "json")
    report = json.loads(ended.out)
    assert (ended.code, report["verdict"]) == (1, "images-not-accessible"), ended.err
    assert [(it["logs"], it["database"], it["image"]) for it in report["database"]["matrix"]] == [("generated", "completed", "missing")]
    assert report["database"]["source"] == arguments[-1].removeprefix("sqlite:///./")


@pytest.mark.usefixtures("files")
def test_db_from_standard_input(logscan: Logscan) -> None:
    report = json.loads(logscan("scan", "backend.log", "--db", "-", "--format", "json", stdin=CSV.encode()).out)
    assert report["database"]["rows"] == 1
    assert report["input"]["sources"] == [{**report["input"]["sources"][0], "name": "backend.log"}]
    alone = json.loads(logscan("scan", "--db", "-", "--format", "json", stdin=CSV.encode()).out)
    assert alone["database"]["matrix"][0]["logs"] == "no_logs"
    piped = json.loads(logscan("--db", "export.csv", "--format", "json", stdin=LOG).out)
    assert piped["database"]["matrix"][0]["logs"] == "generated"


@pytest.mark.usefixtures("files")
def test_db_from_the_environment(logscan: Logscan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCAN_SCAN_DB", "export.csv")
    assert json.loads(logscan("scan", "backend.log", "--format", "json").out)["database"]["rows"] == 1


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--db", "nix.csv"), "nix.csv: cannot be read: No such file or directory"),
        (("--db", "backend.log"), "backend.log: no table of mascots in it: export the query's result as CSV"),
        (
            ("--db", "mascots.db", "--db-table", "mascotz"),
            "mascots.db: there is no table mascotz in it, only mascots, users: name it with --db-table",
        ),
        (
            ("--db", "mascots.db", "--db-table", "users"),
            "mascots.db: table users: no column for status among id: name it with --db-columns status=COLUMN",
        ),
        (("--db", "export.csv", "--db-columns", "batch=lot"), "export.csv: there is no column 'lot' (--db-columns), only id, name,"),
    ],
)
def test_db_that_cannot_be_read_ends_with_3_after_the_diagnosis(logscan: Logscan, arguments: tuple[str, ...], said: str) -> None:
    ended = logscan("scan", "backend.log", *arguments)
    assert ended.code == 3
    assert said in ended.err
    assert "Nothing is wrong" in ended.out


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--db", ""), "--db: give postgresql://"),
        (("--db", "mongodb://u:hidden@h/x"), "--db mongodb://…: only PostgreSQL"),
        (("--db", "export.csv", "--db-columns", "colour=red"), "--db-columns: 'colour=red' is not one of id=COLUMN"),
        (("--db", "export.csv", "--db-table", "a.b.c"), "--db-table: 'a.b.c' is not a table"),
        (("--db", "export.csv", "--db-timeout", "soon"), "--db-timeout: 'soon' is not a duration"),
        (("--db-timeout", "soon"), "--db-timeout: 'soon' is not a duration"),
    ],
)
def test_db_wrong_usage_ends_with_2(logscan: Logscan, arguments: tuple[str, ...], said: str) -> None:
    ended = logscan("scan", "backend.log", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert "hidden" not in ended.err


@pytest.mark.usefixtures("files")
def test_console_by_option_by_content_and_alone(logscan: Logscan) -> None:
    by_option = json.loads(logscan("scan", "backend.log", "--db", "export.csv", "--console", "console.log", "--format", "json").out)
    by_content = json.loads(logscan("scan", "backend.log", "console.log", "export.csv", "--format", "json").out)
    assert by_option == by_content
    (batch,) = by_option["plugin"]["batches"]
    assert (batch["mascots"], batch["joined"], batch["attempts"], batch["gave_up"], batch["states"]) == (
        ["m1"],
        "database",
        3,
        True,
        {"no-image": 1},
    )
    alone = json.loads(logscan("scan", "--console", "console.log", "--format", "json").out)
    assert alone["plugin"]["batches"][0]["joined"] is None


@pytest.mark.usefixtures("files")
def test_console_without_a_line_of_the_plugin_is_told(logscan: Logscan, tmp_path: Path) -> None:
    (tmp_path / "other.log").write_text("figma_app.min.js:1 host ready\n", encoding="utf-8")
    ended = logscan("scan", "backend.log", "--console", "other.log", "--format", "json")
    report = json.loads(ended.out)
    assert any("no line of the plugin in it" in note for note in report["input"]["notes"])
    plugin = next(it for it in report["checks"] if it["id"] == "plugin-console")
    assert (plugin["status"], plugin["detail"]) == ("skip", "not looked at: the console holds no line of the plugin")


def test_console_that_is_not_there_ends_with_3(logscan: Logscan) -> None:
    assert logscan("scan", "--console", "nix.log").code == 3


def test_db_sentence_in_french(logscan: Logscan) -> None:
    case = FIXTURES / "api-log-alone-database-knows-better"
    ended = logscan("scan", case / "input-api.log", case / "input-mascots.json", "--lang", "fr")
    assert "Les journaux et la base de données se contredisent" in ended.out
    assert "terminée, avec image" in ended.out
