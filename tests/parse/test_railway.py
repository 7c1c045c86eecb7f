"""What Railway, its command line and its dashboard put around an entry."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest

from logscan.model import Record
from logscan.parse import LineParser
from logscan.parse.railway import from_line, from_object
from tests.logs import MS, SECOND, START

STAMP = "2026-11-22T09:00:00.123456789Z"
AT = START + 123_456_789


def one(text: str) -> Record:
    parser = LineParser()
    (record,) = [*parser.feed(1, text), *parser.flush()]
    return record


@pytest.mark.parametrize(
    ("text", "level", "message"),
    [
        (f"{STAMP} [inf]  hello", "info", "hello"),
        (f"{STAMP} [err]  hello", "error", "hello"),
        (f"{STAMP} [wrn]  hello", "warn", "hello"),
        (f"{STAMP} [dbg]  hello", "debug", "hello"),
        (f"{STAMP} [inf]    indented", "info", "  indented"),
        (f"{STAMP} [inf]  ", "info", ""),
        (f"{STAMP} [inf]", "info", ""),
        (f"{STAMP} [INFO] hello a=1", "info", "hello"),
        (f'{STAMP} [ERRO] hello a="b c" d=[1,2] e={{"f":null}}', "error", "hello"),
        (f"{STAMP} [DBUG] hello a=true b=null c=-1.5e3", "debug", "hello"),
        (f'{STAMP} ["shout"] hello a=1', None, "hello"),
        (f"{STAMP} [30] hello a=1", "info", "hello"),
        (f'{STAMP} [INFO] k=v is not json a="b"', "info", "k=v is not json"),
        (f"{STAMP} [INFO] 1 + 1=2 and more", "info", "1 + 1=2 and more"),
        (f'{STAMP} [INFO] half a="b', "info", 'half a="b'),
        (f"{STAMP} [INFO]  a=1", "info", ""),
        (f"[{STAMP}] hello", None, "hello"),
        (f"{STAMP} hello", None, "hello"),
        (f"{STAMP}\thello", None, "hello"),
        (f"{STAMP} GET /api/items 502 15003ms QmFzZTY0LWlkLUE", None, "GET /api/items 502 15003ms"),
        (f"[{STAMP}] GET /api/items 200 12ms", None, "GET /api/items 200 12ms"),
    ],
)
def test_railway_lines(text: str, level: str | None, message: str) -> None:
    record = one(text)
    assert (record.stamp, record.level, record.message) == (AT, level, message)


def test_railway_attributes_are_the_loggers_fields() -> None:
    record = one(f'{STAMP} [ERRO] Failed to enqueue context="JobsService" err={{"message":"connect ECONNREFUSED ::1:6379"}} time=1')
    assert (record.context, record.message, record.details) == ("JobsService", "Failed to enqueue", ("connect ECONNREFUSED ::1:6379",))


@pytest.mark.parametrize(
    "text",
    [
        "9 lives",
        "2026-11-22",
        "2026-11-22T09:00:00Z",
        "2026-13-45T09:00:00Z hello",
        "[2026] x",
        "20261122T090000Z x",
    ],
)
def test_railway_what_has_no_stamp(text: str) -> None:
    record = one(text)
    assert record.stamp is None
    assert record.message == text


@pytest.mark.parametrize("stamp", ["2026-02-30T08:00:00.000000000Z", "2026-11-22T99:00:00Z", "1961-11-22T08:00:00.000000000Z"])
def test_railway_impossible_stamp_takes_nothing_from_its_line(stamp: str) -> None:
    record = one(f"{stamp} [err]  [JobsService] x")
    assert (record.stamp, record.clock, record.level, record.context, record.message) == (None, None, "error", "JobsService", "x")


@pytest.mark.parametrize(("level", "known"), [("30", "info"), ("50", "error"), ('"fatal"', "fatal"), ('"shout"', None)])
def test_railway_levels_without_a_stamp(level: str, known: str | None) -> None:
    record = one(f"[{level}] [JobsService] x")
    assert (record.level, record.context, record.message) == (known, "JobsService", "x")


def test_railway_event_is_the_text_where_there_is_no_message() -> None:
    record = one(f'{{"message":"","event":"[JobsService] x","timestamp":"{STAMP}","level":"info"}}')
    assert (record.context, record.message) == ("JobsService", "x")


def test_railway_stamps_of_other_programs_are_not_railways() -> None:
    utc, local = from_line("2026-11-22 10:00:00.5 hello"), from_line("2026-11-22 10:00:00.5 hello", ZoneInfo("Europe/Paris"))
    assert utc is not None
    assert local is not None
    assert (utc.clock, local.clock) == ("app", "app")
    assert (utc.stamp or 0) - (local.stamp or 0) == 3600 * SECOND


# Objects.


def row(**fields: object) -> Record:
    entry = from_object(fields)
    assert entry is not None
    return entry.record(1)


def test_railway_api_rows() -> None:
    record = row(
        timestamp=STAMP,
        message="payment failed",
        severity="error",
        attributes=[
            {"key": "level", "value": '"error"'},
            {"key": "context", "value": '"Pay"'},
            {"key": "odd", "value": "not json"},
            {"key": 7},
            "?",
        ],
        tags={"serviceId": "S", "deploymentId": "D", "deploymentInstanceId": "R", "snapshotId": None},
    )
    assert (record.stamp, record.level, record.context, record.message) == (AT, "error", "Pay", "payment failed")
    assert (record.service, record.deployment, record.replica) == ("S", "D", "R")


def test_railway_dashboard_objects() -> None:
    record = row(timestamp=STAMP, message="m", attributes={"level": "warn"}, tags={"service": "S", "deployment": "D", "replica": "R"})
    assert (record.stamp, record.level, record.service, record.deployment, record.replica) == (AT, "warn", "S", "D", "R")
    assert row(message="m", attributes={"timestamp": "2026-11-22T09:00:00.5Z"}).stamp == START + 500 * MS
    assert row(message="m", attributes={}, tags=None).replica is None
    assert row(message="m", attributes={}, tags={"replica": None, "service": ""}).service is None


def test_railway_structlog_keeps_its_text_in_event() -> None:
    assert row(timestamp=STAMP, message="", attributes={"event": "Job done", "level": "info"}).message == "Job done"


def test_railway_tags_of_the_app_are_not_railways() -> None:
    record = row(timestamp=STAMP, message="m", level="info", tags=["a", "b"])
    assert record.replica is None
    assert row(timestamp=STAMP, message="m", level="info", tags={"replica": "mine"}).replica is None


def test_railway_app_keys_replace_railways_in_cli_json() -> None:
    own = row(message="m", timestamp="2026-11-22T09:00:00.123Z", level="info")
    assert (own.stamp, own.clock) == (START + 123 * MS, "app")
    assert (row(message="m", timestamp=STAMP, level="info").clock) == "railway"
    assert row(message="m", timestamp=1795338000123, level=30, time=5).stamp == START + 123 * MS
    assert row(message={"a": 1}, timestamp=STAMP).message == '{"a":1}'


def test_railway_escapes_that_the_cli_leaves() -> None:
    record = row(message="m", timestamp=STAMP, level="error", stack="Error: a\\n    at b (/c.js:1:1)")
    assert record.details == ("Error: a", "    at b (/c.js:1:1)")


def test_railway_http_rows() -> None:
    record = row(timestamp=STAMP, method="GET", path="/a?b=c", httpStatus=502, totalDuration=15022, requestId="x", upstreamErrors="")
    assert (record.stamp, record.message) == (AT, "GET /a?b=c 502 15022ms")
    assert row(httpStatus=500, path=None).message


@pytest.mark.parametrize("fields", [{}, {"a": 1}, {"timestamp": STAMP}, {"attributes": {}, "tags": {}}, {"message": None}])
def test_railway_objects_that_are_no_entries(fields: dict[str, object]) -> None:
    assert from_object(fields) is None


@pytest.mark.parametrize("odd", [None, 7, [], {}, "x", True, 1e308, -1, "2026-11-22T09:00:00.123456789Z"])
@pytest.mark.parametrize("key", ["message", "timestamp", "severity", "attributes", "tags", "level", "context", "err", "time", "stack"])
def test_railway_odd_values_never_crash(odd: object, key: str) -> None:
    for base in (
        {"message": "Successfully enqueued mascot generation for 1", "timestamp": STAMP, "severity": "info", "attributes": [], "tags": {}},
        {"message": "m", "timestamp": STAMP, "attributes": {"level": "info", key: odd}, "tags": {}},
        {"message": "m", "timestamp": STAMP, "attributes": [{"key": key, "value": odd}]},
        {"msg": "m", "level": 30},
        {"httpStatus": 200, "path": "/", "method": odd, "totalDuration": odd},
    ):
        fields = {**base, key: odd}
        entry = from_object(fields)
        if entry is not None:
            entry.record(1)
        parser = LineParser()
        assert len([*parser.feed(1, json.dumps(fields)), *parser.flush()]) == 1
