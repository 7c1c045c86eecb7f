"""A real server: what is read, what it costs, and that nothing can be written or waited for without an end."""

from __future__ import annotations

import json
import time
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from logscan.cli.main import run
from logscan.database import Names, Window, opened
from logscan.errors import DatabaseError, UsageError
from logscan.frames import STORED
from logscan.times import format_stamp
from tests.database.server import PASSWORD, USER, Server
from tests.logs import MINUTE, SECOND, START, Line, enqueued, generated, picked, render, tick

A, B, C, D = (f"5b0c6c1e-0a1d-4c7e-9c55-1d2f3a4b5c0{number}" for number in range(1, 5))
Captured = pytest.CaptureFixture[bytes]


def insert(server: Server, *rows: tuple[str, str, str | None, str]) -> None:
    """Rows of id, status, URL, and when they were made (as the table's own clock writes it: UTC without a zone)."""
    with psycopg.connect(server.url(), autocommit=True) as connection, connection.cursor() as cursor:
        cursor.executemany(
            'INSERT INTO mascots (id, name, status, "fullBodyImageUrl", "batchId", "createdAt") VALUES (%s, %s, %s, %s, %s, %s)',
            [(mascot, "Otto", status, url, "batch_1", made) for mascot, status, url, made in rows],
        )


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two mascots made, one waiting, from 9:00 to 9:30."""
    monkeypatch.chdir(tmp_path)
    lines: list[Line] = [enqueued(A, 0), enqueued(B, SECOND), enqueued(C, 2 * SECOND), picked(A, 3 * SECOND), generated(A, 20 * SECOND)]
    lines += [picked(B, 21 * SECOND), generated(B, 40 * SECOND), tick(30 * MINUTE)]
    path = tmp_path / "backend.log"
    path.write_bytes(render(lines))
    return path


def scanned(capture: Captured, *arguments: str) -> tuple[int, dict[str, object], str]:
    code = run(["scan", "--format", "json", *arguments])
    printed = capture.readouterr()
    assert PASSWORD not in printed.out.decode() + printed.err.decode()
    assert quote(PASSWORD, safe="") not in printed.out.decode() + printed.err.decode()
    return code, json.loads(printed.out), printed.err.decode()


def test_postgres_rows_come_as_the_frame_says(database: Server) -> None:
    insert(
        database, (A, "completed", "https://cdn.example.org/a.png", "2026-11-22 09:00:00.118"), (B, "pending", None, "2026-11-22 09:00:01")
    )
    stored = opened(database.url(), Names())(Window())
    assert stored.rows.schema == STORED
    assert stored.known == frozenset(STORED.names())
    assert stored.rows.select("mascot_id", "status", "full_body_url", "batch_id").rows() == [
        (B, "pending", None, "batch_1"), (A, "completed", "https://cdn.example.org/a.png", "batch_1"),
    ]  # fmt: skip
    # The server's own zone is another: times without a zone are UTC all the same.
    assert [format_stamp(int(at)) for at in stored.rows["created_at"].cast(int)] == ["2026-11-22T09:00:01Z", "2026-11-22T09:00:00.118Z"]
    assert not stored.partial


def test_postgres_beside_a_log(database: Server, log: Path, capsysbinary: Captured) -> None:
    insert(
        database, (A, "completed", "https://cdn.example.org/a.png", "2026-11-22 09:00:00"), (B, "completed", None, "2026-11-22 09:00:00"),
        (C, "pending", None, "2026-11-22 09:00:00"), (D, "failed", None, "2026-11-21 09:00:00"),
    )  # fmt: skip
    code, report, _ = scanned(capsysbinary, str(log), "--db", database.url())
    assert code == 1
    assert report["database"]["source"] == f"postgresql://127.0.0.1:{database.port}/mascots"  # type: ignore[index]
    cells = {(it["logs"], it["database"], it["image"]): (it["mascots"], it["kind"]) for it in report["database"]["matrix"]}  # type: ignore[index]
    assert cells == {
        ("generated", "completed", "present"): (1, "agrees"), ("generated", "completed", "missing"): (1, "no-image"),
        ("waiting", "pending", None): (1, "agrees"), ("other_time", "failed", None): (1, "other-time"),
    }  # fmt: skip
    findings = {it["id"]: (it["confidence"], it["mascots"]) for it in report["findings"]}  # type: ignore[attr-defined]
    assert findings == {"images-not-accessible": ("certain", 1), "worker-not-consuming": ("certain", 1)}


def test_postgres_settings_come_from_the_environment(
    database: Server, log: Path, capsysbinary: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGSCAN_SCAN_DB", f"postgresql://{USER}@127.0.0.1:{database.port}/mascots")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    insert(database, (A, "completed", "https://cdn.example.org/a.png", "2026-11-22 09:00:00"))
    assert scanned(capsysbinary, str(log))[1]["database"]["rows"] == 1  # type: ignore[index]


def test_postgres_is_never_taken_without_being_asked_for(
    database: Server, log: Path, capsysbinary: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url())
    assert "database" not in scanned(capsysbinary, str(log))[1]


def test_postgres_other_names_and_statuses_in_capitals(database: Server) -> None:
    database.execute(
        "CREATE SCHEMA other", 'CREATE TABLE other."Figur" (nr bigint, zustand text, bild text, made timestamptz, "a""b" text)',
        "INSERT INTO other.\"Figur\" VALUES (7, 'FAILED', NULL, '2026-11-22 10:00:00+01', 'x'), (8, 'Completed', 'u', NULL, 'y')",
    )  # fmt: skip
    names = Names('other."Figur"', {"mascot_id": "nr", "status": "zustand", "full_body_url": "bild", "created_at": "made", "name": 'a"b'})
    stored = opened(database.url(), names)(Window(START, START + MINUTE, ("7", "8", "no number")))
    assert stored.rows.select("mascot_id", "status", "name").rows() == [("7", "failed", "x"), ("8", "completed", "y")]
    assert format_stamp(stored.rows["created_at"].cast(int)[0]) == "2026-11-22T09:00:00Z"
    assert stored.known == {"mascot_id", "status", "full_body_url", "created_at", "name"}


def test_postgres_nothing_can_be_written(database: Server) -> None:
    """A view may do anything when it is read, unless the transaction forbids it."""
    database.execute(
        "CREATE TABLE trace (at timestamptz)",
        "CREATE FUNCTION traced() RETURNS text LANGUAGE plpgsql AS $$BEGIN INSERT INTO trace VALUES (now()); RETURN 'failed'; END$$",
        "CREATE VIEW spy AS SELECT 'a'::text AS id, traced() AS status",
    )
    with pytest.raises(DatabaseError, match="would write into the database"):
        opened(database.url(), Names("spy"))(Window())
    assert database.rows("SELECT count(*) FROM trace") == [(0,)]


def test_postgres_gives_up_in_time(database: Server) -> None:
    database.execute("CREATE VIEW slow AS SELECT 'a'::text AS id, 'failed'::text AS status FROM pg_sleep(30)")
    begun = time.monotonic()
    with pytest.raises(DatabaseError, match=r"no answer within 1s: allow more \(--db-timeout 2m\)"):
        opened(database.url(), Names("slow"), timeout=1)(Window())
    assert time.monotonic() - begun < 15


def test_postgres_reads_the_logs_time_what_the_logs_name_and_the_newest(database: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a large table: one row a minute for two weeks, of which a log covers an hour."""
    database.execute(
        """INSERT INTO mascots (id, name, status, "createdAt")
           SELECT md5(n::text)::uuid, 'm', 'completed', timestamp '2026-11-10' + n * interval '1 minute' FROM generate_series(1, 20000) n"""
    )
    old = str(database.rows('SELECT id FROM mascots ORDER BY "createdAt" LIMIT 1')[0][0])
    stored = opened(database.url(), Names())(Window(START, START + 60 * MINUTE, (old, "not-a-uuid", A)))
    made = stored.rows["created_at"].cast(int)
    within = [at for at in made if START - 10 * MINUTE <= at <= START + 70 * MINUTE]
    assert len(within) == 81
    assert stored.rows.height == 81 + 1000 + 1
    assert old in stored.rows["mascot_id"].to_list()
    assert not stored.partial
    monkeypatch.setattr("logscan.database.postgres.MAX_ROWS", 50)
    few = opened(database.url(), Names())(Window(START, START + 60 * MINUTE))
    assert few.partial
    assert few.rows.height == 50 + 1000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("@", ":wrong-pass@"), "Look at user and password"),
        (("/mascots", "/nowhere"), 'database "nowhere" does not exist'),
        (("127.0.0.1", "no.such.host.invalid"), "Look whether the host and the port are right"),
        (("127.0.0.1", "db.railway.internal"), "the public address"),
    ],
)
def test_postgres_trouble_is_told_and_the_log_diagnosed(
    change: tuple[str, str], said: str, database: Server, log: Path, capsysbinary: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    url = f"postgresql://{USER}@127.0.0.1:{database.port}/mascots".replace(*change)
    code, report, err = scanned(capsysbinary, str(log), "--db", url, "--exit-zero")
    assert code == 3
    assert said in err
    assert "wrong-pass" not in err
    assert report["mascots"]["total"] == 3  # type: ignore[index]
    statuses = {it["id"]: (it["status"], it["detail"]) for it in report["checks"]}  # type: ignore[attr-defined]
    assert statuses["database-statuses"][0] == "skip"
    assert said in statuses["database-statuses"][1]
    # What is critical comes before what could not be read.
    assert scanned(capsysbinary, str(log), "--db", url)[0] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--db-table", "mascotz"), "there is no table mascotz (tables with a status: public.mascots): name it with --db-table"),
        (("--db-columns", "status=state"), "there is no column 'state' (--db-columns), only id, name,"),
        (("--db-table", "other.mascots"), "there is no table other.mascots"),
    ],
)
def test_postgres_wrong_names_are_told(arguments: tuple[str, ...], said: str, database: Server, log: Path, capsysbinary: Captured) -> None:
    code, _, err = scanned(capsysbinary, str(log), "--db", database.url(), *arguments, "--exit-zero")
    assert (code, said in err) == (3, True), err


def test_postgres_no_right_to_read(database: Server) -> None:
    database.execute("DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN PASSWORD 'guest'")
    try:
        with pytest.raises(DatabaseError, match="may not read table mascots"):
            opened(database.url("guest", "guest"), Names())(Window())
    finally:
        database.execute("DROP ROLE guest")


def test_postgres_takes_what_orms_write_into_urls(database: Server) -> None:
    insert(database, (A, "completed", None, "2026-11-22 09:00:00"))
    for url in (database.url().replace("postgresql:", "postgres:"), database.url() + "?schema=public&pgbouncer=true&connection_limit=1"):
        assert opened(url, Names())(Window()).rows.height == 1


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:se@cret@h/x", "postgresql://app:hid/den@h:5432/x", "postgresql://app:12/den@h/x", "postgresql://app:hid?den@h/x",
        "postgresql://app:12?den@h/x", "postgresql://app:hid den@h:99x/x", "mysql://app:hidden@h/x", "postgresql://app:hid%den@h/x",
        "redis://:hidden@h", "postgresql://app:hidden@[::1/x",
    ],
)  # fmt: skip
def test_postgres_a_url_that_is_none_is_wrong_usage_and_not_repeated(url: str, log: Path, capsysbinary: Captured) -> None:
    assert run(["scan", str(log), "--db", url]) == 2
    printed = b"".join(capsysbinary.readouterr()).decode()
    assert not [part for part in ("cret", "hid", "den", ":12") if part in printed], printed
    with pytest.raises(UsageError):
        opened(url, Names())


def test_postgres_a_hundred_thousand_rows(database: Server) -> None:
    database.execute("""INSERT INTO mascots (name, status, "batchId") SELECT 'm', 'completed', 'b' FROM generate_series(1, 100000)""")
    stored = opened(database.url(), Names())(Window())
    assert stored.rows.height == 100_000
    assert stored.rows["mascot_id"].n_unique() == 100_000
