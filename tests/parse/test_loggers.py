"""What loggers put around a message: every release of Nest, pino, Winston, browser consoles, in any nesting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from logscan import Rulebook
from logscan.model import Record
from logscan.parse import LineParser
from logscan.parse.entry import Entry
from logscan.parse.loggers import peel
from logscan.parse.text import level_of, strip_ansi
from tests.logs import MS, START, UUID, outcomes, read

FIELD = Path(__file__).parents[2].parent / "shared" / "field"


def one(text: str) -> Record:
    parser = LineParser()
    (record,) = [*parser.feed(1, text), *parser.flush()]
    return record


NEST = [
    ("[Nest] 7   - 11/22/2026, 8:27:54 AM   [JobsService] Enqueued 1", None),
    ("[Nest] 7   - 11/22/2026, 8:27:54 AM   [JobsService] Enqueued 1 +73ms", None),
    ("[Nest] 7  - 11/22/2026, 8:27:54 AM     LOG [JobsService] Enqueued 1", "info"),
    ("[Nest] 7  - 11/22/2026, 8:27:54 AM    WARN [JobsService] Enqueued 1", "warn"),
    ("[Nest] 7  - 11/22/2026, 8:27:54 AM   ERROR [JobsService] Enqueued 1", "error"),
    ("[Nest] 7  - 11/22/2026, 8:27:54 AM   DEBUG [JobsService] Enqueued 1", "debug"),
    ("[Nest] 7  - 11/22/2026, 8:27:54 AM VERBOSE [JobsService] Enqueued 1", "debug"),
    ("[Nest] 7  - 11/22/2026, 8:27:54 AM   FATAL [JobsService] Enqueued 1", "fatal"),
    ("[Nest] 7  - 11/22/2026, 8:27:54\u202fAM     LOG [JobsService] Enqueued 1", "info"),
    ("[Nest] 7  - 22/11/2026, 08:27:54     LOG [JobsService] Enqueued 1", "info"),
    ("[Nest] 7  - 22/11/2026 08:27:54     LOG [JobsService] Enqueued 1", "info"),
    ("[Nest] 7  - 22.11.2026, 08:27:54     LOG [JobsService] Enqueued 1", "info"),
    ("[Nest] 7  - 22.11.2026 klo 8.27.54     LOG [JobsService] Enqueued 1", "info"),
    ("[Nest] 7  - 2026/11/22 8:27:54     LOG [JobsService] Enqueued 1", "info"),
    ("[Nest] 7  - 2026-11-22, 8:27:54 a.m.     LOG [JobsService] Enqueued 1", "info"),
    ("[Nest] 7  - 2026-11-22 08:27:54     LOG [JobsService] Enqueued 1", "info"),
    ("[Nest] 7  - 2026. 11. 22. 오전 8:27:54     LOG [JobsService] Enqueued 1", "info"),
    ("[Nest] 7  - 2026/11/22 上午8:27:54     LOG [JobsService] Enqueued 1", "info"),
    ("[MascotAPI] 7  - 11/22/2026, 8:27:54 AM     LOG [JobsService] Enqueued 1 +5ms", "info"),
    ("[My App] 7 11/22/2026, 8:27:54 AM     LOG [JobsService] Enqueued 1 +0ms", "info"),
    ("\x1b[32m[Nest] 7  - \x1b[39m11/22/2026, 8:27:54 AM \x1b[32m    LOG\x1b[39m \x1b[38;5;3m[JobsService] \x1b[39m\x1b[32mEnqueued 1\x1b[39m\x1b[38;5;3m +43ms\x1b[39m", "info"),
    ("\x1b[33m[Nest] 7   - \x1b[39m11/22/2026, 8:27:54 AM   \x1b[38;5;3m[JobsService] \x1b[39m\x1b[33mEnqueued 1\x1b[39m", "warn"),
    ("\x1b[31m[Nest] 7   - \x1b[39m11/22/2026, 8:27:54 AM   \x1b[38;5;3m[JobsService] \x1b[39m\x1b[31mEnqueued 1\x1b[39m", "error"),
    ("\x1b[32m[MascotAPI]\x1b[39m \x1b[32m7\x1b[39m 11/22/2026, 8:27:54 AM \x1b[32m    LOG\x1b[39m \x1b[33m[JobsService]\x1b[39m \x1b[32mEnqueued 1\x1b[39m \x1b[33m+0ms\x1b[39m", "info"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "level"), NEST)
def test_loggers_nest(text: str, level: str | None) -> None:
    record = one(text)
    assert (record.context, record.message, record.level) == ("JobsService", "Enqueued 1", level)
    assert record.wall is not None
    assert (record.wall.year, record.wall.seconds) == (2026, 8 * 3600 + 27 * 60 + 54)
    assert {record.wall.first, record.wall.second} == {11, 22}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12:00:00 AM", 0), ("12:30:00 PM", 45_000), ("1:00:00 PM", 46_800), ("11:59:59 p.m.", 86_399), ("12:00:01 am", 1)],
)
def test_loggers_nest_half_days(text: str, seconds: int) -> None:
    wall = one(f"[Nest] 7  - 11/22/2026, {text}     LOG [A] x").wall
    assert wall is not None
    assert wall.seconds == seconds


def test_loggers_nest_without_context() -> None:
    record = one("[Nest] 7  - 11/22/2026, 8:27:54 AM     LOG hello [world]")
    assert (record.context, record.message) == (None, "hello [world]")


@pytest.mark.parametrize(
    "text",
    [
        "[Nest] is a framework",
        "[Nest] 7  - tomorrow     LOG [A] x",
        "[Nest] 7  - 11/22/2026     LOG [A] x",
        "At [Nest] 7  - 11/22/2026, 8:27:54 AM     LOG [A] x",
    ],
)
def test_loggers_what_is_no_nest_line(text: str) -> None:
    record = one(text)
    assert record.wall is None
    assert record.text.endswith(text) or record.context == "Nest"


def test_loggers_nest_date_that_is_none() -> None:
    record = one("[Nest] 7  - 45/45/2026, 8:27:54 AM     LOG [JobsService] Enqueued 1")
    assert (record.context, record.message, record.stamp) == ("JobsService", "Enqueued 1", None)


@pytest.mark.parametrize(
    ("fields", "level", "stamp"),
    [
        ({"level": 30, "time": 1795338000123, "pid": 7, "hostname": "vm", "context": "A", "msg": "x"}, "info", START + 123 * MS),
        ({"level": "info", "time": "2026-11-22T09:00:00.123Z", "context": "A", "msg": "x"}, "info", START + 123 * MS),
        ({"level": 50, "time": 1795338000, "logger": "A", "msg": "x"}, "error", START),
        ({"level": 60, "ts": 1795338000.5, "context": "A", "msg": "x"}, "fatal", START + 500 * MS),
        ({"level": "log", "pid": 7, "timestamp": 1795338000123, "message": "x", "context": "A"}, "info", START + 123 * MS),
        ({"level": "warn", "message": "x", "context": "A", "@timestamp": "2026-11-22T09:00:00Z"}, "warn", START),
        ({"severity": "WARNING", "message": "x", "context": "A"}, "warn", None),
        ({"level": True, "message": "x", "context": "A", "time": True}, None, None),
        ({"level": "shouting", "message": "x", "context": "A", "time": "noon"}, None, None),
    ],
)
def test_loggers_json(fields: dict[str, Any], level: str | None, stamp: int | None) -> None:
    record = one(json.dumps(fields))
    assert (record.context, record.message, record.level, record.stamp) == ("A", "x", level, stamp)


def test_loggers_json_message_that_is_no_text() -> None:
    assert one('{"level":"log","timestamp":1795338000000,"message":{"a":[1,2]}}').message == '{"a":[1,2]}'
    assert one('{"level":30,"time":1795338000000,"msg":7}').message == "7"


@pytest.mark.parametrize(
    "error",
    [
        {
            "err": {
                "type": "Error",
                "message": "connect ECONNREFUSED 127.0.0.1:6379",
                "stack": "Error: connect ECONNREFUSED 127.0.0.1:6379\n    at a",
            }
        },
        {"err": {"message": "x", "cause": {"message": "connect ECONNREFUSED 127.0.0.1:6379"}}},
        {"error": "connect ECONNREFUSED 127.0.0.1:6379"},
        {"stack": ["Error: connect ECONNREFUSED 127.0.0.1:6379\n    at a"]},
        {"trace": "Error: connect ECONNREFUSED 127.0.0.1:6379\\n    at a"},
        {"err": {"aggregateErrors": [{"message": "connect ECONNREFUSED 127.0.0.1:6379"}]}},
        {"exception": {"errors": [{"error": {"details": ["connect ECONNREFUSED 127.0.0.1:6379"]}}]}},
    ],
)
def test_loggers_errors_of_structured_lines(rulebook: Rulebook, error: dict[str, Any]) -> None:
    line = {"level": 50, "time": 1795338000000, "context": "JobsService", **error, "msg": f"Failed to enqueue mascot generation for {UUID}"}
    assert any("ECONNREFUSED 127.0.0.1:6379" in detail for detail in one(json.dumps(line)).details)
    found = read(rulebook, json.dumps(line).encode())
    assert [(cause.id, cause.mascots) for cause in found.causes] == [("redis-refused", 1)]


def test_loggers_errors_without_end_are_bounded() -> None:
    inner: dict[str, Any] = {"message": "deep"}
    for _ in range(200):
        inner = {"message": "x", "cause": inner}
    wide = {
        "level": 50,
        "time": 1795338000000,
        "msg": "m",
        "err": inner,
        "stack": "\n".join(f"line {n}" for n in range(5000)),
        "errors": ["e" * 10**6],
    }
    record = one(json.dumps(wide))
    assert len(record.details) <= 200
    assert max(map(len, record.details)) <= 20_000


@pytest.mark.parametrize(
    ("text", "level", "context", "message"),
    [
        ('info: Enqueued 1 {"context":"JobsService"}', "info", "JobsService", "Enqueued 1"),
        ('warn: 2 job(s) failed {"context":"JobsService"}', "warn", "JobsService", "2 job(s) failed"),
        ("\x1b[32minfo\x1b[39m: Enqueued 1", "info", None, "Enqueued 1"),
        ("verbose: Enqueued 1", "debug", None, "Enqueued 1"),
        ('info: said {"a":1} twice', "info", None, 'said {"a":1} twice'),
        ('info: broken {"a":', "info", None, 'broken {"a":'),
    ],
)
def test_loggers_winston(text: str, level: str, context: str | None, message: str) -> None:
    record = one(text)
    assert (record.level, record.context, record.message) == (level, context, message)


@pytest.mark.parametrize(
    "text",
    [
        "code.js:4 [Mascot] Has images: false",
        "08:29:55.258 code.js:4 [Mascot] Has images: false",
        "08:29:55.258 figma_app.min.js.br:2 [Mascot] Has images: false",
        "VM123:7 [Mascot] Has images: false",
        "PLUGIN_1_SOURCE:1 [Mascot] Has images: false",
        "about:srcdoc:1 [Mascot] Has images: false",
        "(index):12 [Mascot] Has images: false",
        '[8896:8896:1122/083903.226406:INFO:CONSOLE:4] "[Mascot] Has images: false", source: http://127.0.0.1:8101/code.js (4)',
        '[8896:8896:1122/083903.226406:INFO:CONSOLE(4)] "[Mascot] Has images: false", source: http://127.0.0.1:8101/code.js (4)',
    ],
)
def test_loggers_browser_consoles(text: str) -> None:
    record = one(text)
    assert (record.context, record.message) == ("Mascot", "Has images: false")


def test_loggers_console_tags() -> None:
    for text, context, message in (
        ("[JobsService] x", "JobsService", "x"),
        ("[JobsService] [JobsService] x", "JobsService", "x"),
        ("[AuditService] [JobsService] x", "AuditService", "[JobsService] x"),
        ("[ERROR] [JobsService] x", "JobsService", "x"),
        ("[Mascot Code] x", "Mascot Code", "x"),
        ("[12] x", None, "[12] x"),
        ("[JobsService]x", None, "[JobsService]x"),
        ("[]", None, "[]"),
    ):
        record = one(text)
        assert (record.context, record.message) == (context, message), text


@pytest.mark.parametrize(
    "inner",
    [
        "[Nest] 7  - 11/22/2026, 8:27:59 AM     LOG [JobsService] Enqueued 1",
        '{"level":"log","pid":7,"timestamp":1795338000000,"message":"Enqueued 1","context":"JobsService"}',
        '{"level":30,"time":1795338000000,"context":"JobsService","msg":"Enqueued 1"}',
        'info: Enqueued 1 {"context":"JobsService"}',
        "[JobsService] Enqueued 1",
        "{ level: 'log', pid: 7, timestamp: 1795338000000, message: 'Enqueued 1', context: 'JobsService' }",
    ],
)
@pytest.mark.parametrize(
    "outer",
    [
        "2026-11-22T09:00:00.000000007Z [inf]  {}",
        '2026-11-22T09:00:00.000000007Z [INFO] {} region="eu"',
        "[2026-11-22T09:00:00.000000007Z] {}",
        "2026-11-22T09:00:00.000000007Z {}",
        "JSON",
        "ROW",
    ],
)
def test_loggers_nested_in_what_railway_adds(inner: str, outer: str) -> None:
    stamp = {"timestamp": "2026-11-22T09:00:00.000000007Z"}
    text = {
        "JSON": json.dumps({"message": inner, **stamp, "level": "info"}),
        "ROW": json.dumps({"message": inner, **stamp, "severity": "info", "attributes": [{"key": "level", "value": '"info"'}], "tags": {}}),
    }.get(outer, outer.replace("{}", inner))
    record = one(text)
    assert (record.stamp, record.clock, record.context, record.message) == (START + 7, "railway", "JobsService", "Enqueued 1")


def test_loggers_wrappings_without_end_are_bounded() -> None:
    text = "x"
    for _ in range(50):
        text = json.dumps({"level": 30, "time": 1, "msg": text})
        if len(text) > 10**6:
            break
    assert one(text).message
    assert peel(Entry("info: " * 1000 + "x")).message


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("\x1b[31mred\x1b[0m", "red"), ("\x1b[38;5;3mx\x1b[39m", "x"), ("a\x1b]0;title\x07b", "ab"), ("a\x1b]8;;http://x\x1b\\b", "ab"),
        ("a\0b", "ab"), ("a\x1bMb", "ab"), ("a\x1b", "a"), ("\x1b[", ""), ("plain", "plain"), ("a\tb", "a\tb"),
    ],
)  # fmt: skip
def test_text_strip_ansi(text: str, clean: str) -> None:
    assert strip_ansi(text) == clean


@pytest.mark.parametrize(
    ("value", "level"),
    [
        ("LOG", "info"), ("err", "error"), ("ERRO", "error"), ("[wrn]", "warn"), ('"fatal"', "fatal"), ("nope", None), (None, None), ([], None),
        (10, "debug"), (20, "debug"), (30, "info"), (35, "warn"), (40, "warn"), (50, "error"), (60, "fatal"), (True, None), (30.0, "info"),
    ],
)  # fmt: skip
def test_text_levels(value: object, level: str | None) -> None:
    assert level_of(value) == level


@pytest.mark.skipif(not (FIELD / "formats.jsonl").exists(), reason="the field data is not at hand")
def test_loggers_formats_of_the_field(rulebook: Rulebook) -> None:
    """Each sample that enqueues or picks up a mascot must give it, with the logger's name taken off."""
    missed = []
    for raw in (FIELD / "formats.jsonl").read_text("utf-8").splitlines():
        sample = json.loads(raw)
        text = "\n".join(sample["lines"])
        if "Successfully enqueued mascot generation for " in text and "pretty" not in sample["format"]:
            mascot = text.partition("Successfully enqueued mascot generation for ")[2][:36]
            found = read(rulebook, text.encode())
            if mascot not in outcomes(found) or found.coverage.sources[0].format == "text":
                missed.append(sample["format"])
    assert not missed
