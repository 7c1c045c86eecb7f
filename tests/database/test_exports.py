"""Exports in every form that clients give them, and how they are told from logs."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logscan.database import Names, is_export, read_export
from logscan.errors import DatabaseError
from logscan.model import Stored
from logscan.sources import FileSource, MemorySource
from logscan.times import format_stamp
from tests.database.server import Server
from tests.logs import HOLDERS, LOGGERS, enqueued, failed, render

FIXTURES = Path(__file__).parents[2] / "fixtures"
HEADER = ("id", "name", "status", "fullBodyImageUrl", "avatarImageUrl", "batchId", "createdAt")
COLUMNS = 'id, name, status, "fullBodyImageUrl", "avatarImageUrl", "batchId", "createdAt"'
QUERY = f'SELECT {COLUMNS} FROM mascots ORDER BY "createdAt" DESC LIMIT 10'  # noqa: S608  # the checklist's own
MISSING = """SELECT id, name, status, "batchId" FROM mascots WHERE "fullBodyImageUrl" IS NULL AND "avatarImageUrl" IS NULL
    AND lower(status::text) <> 'failed' ORDER BY "createdAt" DESC"""
A, B, C = (f"5b0c6c1e-0a1d-4c7e-9c55-1d2f3a4b5c0{number}" for number in range(1, 4))
Row = tuple[str | None, ...]
ROWS: list[Row] = [
    (A, "Otto", "completed", f"https://cdn.example.org/{A}.png?x=1,2", None, "batch_1", "2026-11-22 09:00:02.118"),
    (B, 'Zoé | "la" loutre, 狐', "failed", None, None, "batch_1", "2026-11-22 09:00:01"),
    (C, None, "pending", None, None, None, "2026-11-22 09:00:00.5"),
]
PSQL = {
    "aligned": (), "border": ("-P", "border=2"), "no-border": ("-P", "border=1"), "unicode": ("-P", "linestyle=unicode", "-P", "border=2"),
    "unaligned": ("-A",), "csv": ("--csv",), "tabs": ("-A", "-F", "\t"), "semicolons": ("-A", "-F", ";"), "expanded": ("-x",),
    "null-shown": ("-P", "null=NULL"),
}  # fmt: skip


def told(stored: Stored) -> list[Row]:
    """The rows as in ROWS, times aside."""
    return [row[:-1] for row in stored.rows.iter_rows()]


def source(text: str | bytes, name: str = "export") -> MemorySource:
    return MemorySource(name, text.encode() if isinstance(text, str) else text)


@pytest.fixture
def filled(database: Server) -> Server:
    with psycopg.connect(database.url(), autocommit=True) as connection:
        connection.execute("ALTER TABLE mascots ALTER COLUMN name DROP NOT NULL")
        connection.cursor().executemany(
            f"INSERT INTO mascots ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s)",  # noqa: S608
            ROWS,
        )  # fmt: skip
    return database


@pytest.mark.parametrize("form", PSQL)
def test_export_psql_itself_prints_it(form: str, filled: Server) -> None:
    printed = filled.psql(QUERY, *PSQL[form])
    stored = read_export(source(printed), Names())
    expected = [row[:-1] for row in ROWS]
    if form in ("tabs", "semicolons"):
        # A quotation mark that nobody doubled.
        expected = [expected[0], (B, stored.rows["name"][1], *expected[1][2:]), expected[2]]
    assert told(stored) == expected
    assert [format_stamp(int(at)) for at in stored.rows["created_at"].cast(int)] == [
        "2026-11-22T09:00:02.118Z", "2026-11-22T09:00:01Z", "2026-11-22T09:00:00.500Z",
    ]  # fmt: skip
    assert is_export(source(printed))


def test_export_of_both_queries_of_the_checklist_in_one_file(filled: Server) -> None:
    session = 'psql (15.8)\nType "help" for help.\n\n' + "".join(
        f"mascots=> {query};\n{filled.psql(query)}\n" for query in (MISSING, QUERY)
    )
    stored = read_export(source(session), Names())
    assert sorted(told(stored)) == sorted(row[:-1] for row in ROWS)
    assert is_export(source(session))


def test_export_without_urls_knows_none(filled: Server) -> None:
    stored = read_export(source(filled.psql(MISSING)), Names())
    assert told(stored) == [(C, None, "pending", None, None, None)]
    assert stored.known == {"mascot_id", "name", "status", "batch_id"}


def as_csv(rows: Sequence[Row], separator: str = ",", null: str = "", end: str = "\n", *, quote: bool = False) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL)
    writer.writerow(HEADER)
    writer.writerows([null if cell is None else cell for cell in row] for row in rows)
    return out.getvalue()


def as_markdown(rows: Sequence[Row]) -> str:
    lines = [HEADER, ["---"] * len(HEADER), *([(cell or "NULL").replace("|", "/") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


FORMS: dict[str, Callable[[Sequence[Row]], str]] = {
    "csv": as_csv,
    "tableplus": lambda rows: as_csv(rows, null="NULL", end="\r\n", quote=True),
    "spreadsheet": lambda rows: as_csv(rows, ";"),
    "tabs": lambda rows: as_csv(rows, "\t"),
    "copied": lambda rows: as_csv(rows, "\t", "[NULL]"),
    "bom": lambda rows: "\ufeff" + as_csv(rows),
    "markdown": as_markdown,
    "json": lambda rows: json.dumps([dict(zip(HEADER, row, strict=True)) for row in rows]),
    "ndjson": lambda rows: "".join(json.dumps(dict(zip(HEADER, row, strict=True))) + "\n" for row in rows),
}
ids = st.one_of(st.uuids(version=4).map(str), st.from_regex(r"[a-z0-9]{8,24}", fullmatch=True), st.integers(1, 10**9).map(str))
names = st.none() | st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20).filter(
    lambda text: (
        text.strip().lower() not in ("null", "\\n", "(null)", "[null]", "<null>", "none", "nil", "undefined", "¤", "∅") and "|" not in text
    )
)
urls = st.none() | st.from_regex(r"https://[a-z]{3,9}\.example/[\w%.~-]{1,40}", fullmatch=True)
rows_of = st.lists(
    st.tuples(
        ids, names, st.sampled_from(["pending", "Generating", "COMPLETED", "failed"]), urls, urls, st.none() | ids,
        st.datetimes(min_value=dt.datetime(2020, 1, 1), max_value=dt.datetime(2030, 1, 1)).map(str),
    ),
    min_size=1, max_size=9, unique_by=lambda row: row[0],
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@given(rows=rows_of)
def test_export_every_form_holds_the_same_rows(form: str, rows: list[Row]) -> None:
    text = FORMS[form](rows)
    stored = read_export(source(text), Names())
    expected = {row[0]: (row[0], row[1], str(row[2]).lower(), *row[3:6]) for row in rows}
    assert {row[0]: row for row in told(stored)} == expected
    moments = dict(zip(stored.rows["mascot_id"].to_list(), stored.rows["created_at"].dt.replace_time_zone(None).to_list(), strict=True))
    assert {mascot: str(moment) for mascot, moment in moments.items()} == {str(row[0]): row[6] for row in rows}
    assert is_export(source(text))


@given(rows=rows_of, cut=st.integers(0, 400), form=st.sampled_from(sorted(FORMS)))
def test_export_cut_anywhere_never_raises_another_error(rows: list[Row], cut: int, form: str) -> None:
    text = FORMS[form](rows)[:cut]
    is_export(source(text))
    with suppress(DatabaseError):
        read_export(source(text), Names())


@given(st.binary(max_size=2000))
@example(b"\r,")
def test_export_any_bytes_are_none_and_do_no_harm(data: bytes) -> None:
    assert not is_export(source(data))


@pytest.mark.parametrize("holder", sorted(HOLDERS))
@pytest.mark.parametrize("logger", sorted(LOGGERS))
def test_export_no_log_is_taken_for_one(holder: str, logger: str) -> None:
    assert not is_export(source(render([enqueued(A, 0), failed(A, 10**9)], holder, logger)))


def test_export_no_fixture_is_taken_for_one_but_those_that_are() -> None:
    found = {
        path.relative_to(FIXTURES).as_posix() for path in FIXTURES.glob("*/*") if path.is_file() and is_export(FileSource(path.name, path))
    }
    assert found == {
        "all-sources-joined/input-mascots.csv", "api-log-alone-database-knows-better/input-mascots.json", "database-and-console-join/input-mascots.csv",
        "export-alone-tableplus/input.csv", "plugin-waited-for-failed-jobs/mascots.txt", "redis-silent-rows-pending/mascots.tsv",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "id,name,status,createdAt\n1,generate,completed,2026-11-22 09:00:00\n",  # a queue's jobs
        "id,status,batchId,message\n1,failed,batch_1,Failed to generate mascot 1\n",
        "id,status,batchId,timestamp\n1,failed,batch_1,2026-11-22T09:00:00Z\n",
        "id,status,batchId\n1,200,batch_1\n",  # requests
        "id,status,batchId\na b,failed,batch_1\n",
        "message,severity,attributes,tags,timestamp\nx,info,{},{},2026-11-22T09:00:00.000000000Z\n",
        '{"id":"1","status":"failed","message":"x"}\n',
        "[JobsService] Successfully enqueued mascot generation for 1\n" * 300 + "id,status,batchId\n1,failed,b\n",
        "Here are the columns: id, status, batchId\nand then the log:\n",
        "",
    ],
)  # fmt: skip
def test_export_what_only_looks_like_one(text: str) -> None:
    assert not is_export(source(text))


def test_export_packed(tmp_path: Path) -> None:
    path = tmp_path / "export.csv.gz"
    path.write_bytes(gzip.compress(as_csv(ROWS).encode()))
    assert is_export(FileSource("export.csv.gz", path))
    assert len(told(read_export(FileSource("export.csv.gz", path), Names()))) == 3
    assert len(told(read_export(source(as_csv(ROWS).encode("utf-16")), Names()))) == 3


def test_export_of_a_limited_query_is_partial() -> None:
    rows = [(f"{n}", "x", "failed", None, None, None, None) for n in range(300)]
    assert read_export(source(as_csv(rows)), Names()).partial
    assert not read_export(source(as_csv(rows[:299])), Names()).partial


def test_export_names_can_be_told() -> None:
    text = "nr;zustand;bild\n1;FAILED;\n2;completed;https://x.example/2.png\n"
    stored = read_export(source(text), Names(columns={"mascot_id": "nr", "status": "zustand", "full_body_url": "Bild"}))
    assert told(stored) == [("1", None, "failed", None, None, None), ("2", None, "completed", "https://x.example/2.png", None, None)]
    with pytest.raises(DatabaseError, match=r"export: no table of mascots in it: .*--db-columns"):
        read_export(source(text), Names())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22 09:00:00.123456+00", "2026-11-22T09:00:00.123456Z"), ("2026-11-22 09:00:00", "2026-11-22T09:00:00Z"),
        ("2026-11-22T09:00:00.5Z", "2026-11-22T09:00:00.500Z"), ("2026-11-22 09:00:00+0530", "2026-11-22T03:30:00Z"),
        ("2026-11-22 09:00:00-03:30", "2026-11-22T12:30:00Z"), ("1795338000", "2026-11-22T09:00:00Z"), ("1795338000123", "2026-11-22T09:00:00.123Z"),
        ("Sun Nov 22 2026 10:00:00 GMT+0100 (CET)", "2026-11-22T09:00:00Z"), ("2026-11-22 09:00:00 UTC", "2026-11-22T09:00:00Z"),
        ("yesterday", None), ("0001-01-01 00:00:00+00", None), ("9999-12-31 00:00:00+00", None), ("2026-02-30 09:00:00", None),
    ],
)  # fmt: skip
def test_export_times_of_every_client(text: str, expected: str | None) -> None:
    stored = read_export(source(f"id;status;createdAt\n1;failed;{text}\n"), Names())
    at = stored.rows["created_at"].cast(int)[0]
    assert (None if at is None else format_stamp(at)) == expected
