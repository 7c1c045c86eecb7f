"""One line after the other becomes records, whatever the form; a file may mix them."""

from __future__ import annotations

import pytest

from logscan import Options, Rulebook
from logscan.model import Record
from logscan.parse import FORMATS, LineParser, detect
from tests.logs import HOLDERS, LOGGERS, MS, SECOND, START, UUID, Line, enqueued, generated, outcomes, picked, read, render, tick

DOCUMENTS = {"dash-json", "dash-csv", "api"}
LINE = Line(123_456_789, f"Successfully enqueued mascot generation for {UUID}", "JobsService", "warn")


def parse(text: str, form: str | None = None) -> list[Record]:
    """The records of a file of lines."""
    parser = LineParser(form=form)
    found = [record for number, line in enumerate(text.removesuffix("\n").split("\n"), 1) for record in parser.feed(number, line)]
    return [*found, *parser.flush()]


@pytest.mark.parametrize("holder", sorted(set(HOLDERS) - DOCUMENTS))
@pytest.mark.parametrize("logger", LOGGERS)
def test_lines_stamp_level_context_and_message_of_every_form(holder: str, logger: str) -> None:
    (record,) = parse(render([LINE], holder, logger).decode())
    # The dashboard's `.log` leaves out the attributes, and with them the name of a logger that writes JSON.
    context = None if holder == "dash-log" and logger in ("nest-json", "pino") else "JobsService"
    assert (record.line, record.context, record.message) == (1, context, LINE.text)
    says_level = logger != "console" or holder not in ("bare", "cli")
    stream = logger == "console" or (holder, logger) == ("dash-log", "pino")
    assert record.level == (None if not says_level else "info" if stream else "warn")
    if holder not in ("bare", "cli") and (holder, logger) != ("cli-json", "nest-json"):
        assert (record.stamp, record.clock) == (START + LINE.at, "railway")
    elif logger in ("nest-json", "nest-inspect", "pino") and holder == "bare":
        assert (record.stamp, record.clock) == (START + LINE.at // MS * MS, "app")
    elif "nest" in logger and holder == "bare":
        assert record.stamp is None
        assert record.wall is not None
        assert (record.wall.year, record.wall.seconds, {record.wall.first, record.wall.second}) == (2026, 9 * 3600, {11, 22})


@pytest.mark.parametrize(
    ("holder", "logger", "form"),
    [
        ("bare", "console", "text"), ("bare", "nest", "nest"), ("bare", "nest-colour", "nest"), ("bare", "nest7", "nest"), ("bare", "winston-nest", "nest"),
        ("bare", "nest-json", "nest-json"), ("bare", "nest-inspect", "nest-inspect"), ("bare", "pino", "pino"), ("bare", "winston", "winston"),
        ("cli", "console", "text"), ("cli", "nest", "nest"), ("cli", "pino", "railway-plain"), ("cli-json", "nest", "railway-json"),
        ("dash-log", "nest", "railway-log"), ("dash-json", "nest", "railway-array"), ("dash-ndjson", "nest", "railway-ndjson"),
        ("dash-csv", "nest", "railway-csv"), ("api", "nest", "railway-response"), ("api-rows", "nest", "railway-rows"),
    ],
)  # fmt: skip
def test_lines_form_is_named(rulebook: Rulebook, holder: str, logger: str, form: str) -> None:
    found = read(rulebook, render([enqueued(UUID, 0), picked(UUID, MS), generated(UUID, SECOND)], holder, logger))
    assert found.coverage.sources[0].format == form
    assert form in FORMATS


def test_lines_forms_may_change_from_line_to_line(rulebook: Rulebook) -> None:
    holders = [name for name in HOLDERS if name not in DOCUMENTS]
    pairs = [(holder, logger) for holder in holders for logger in LOGGERS]
    lines = [render([enqueued(f"{number:04d}", number * SECOND)], *pair) for number, pair in enumerate(pairs)]
    found = read(rulebook, b"".join(lines))
    assert set(outcomes(found)) == {f"{number:04d}" for number in range(len(pairs))}
    assert found.coverage.lines == len(pairs)


@pytest.mark.parametrize(
    "odd",
    [
        "{ level: 'info', message: 'x' }",
        "{\n  level: 'log',\n  other: 1\n}",
        "[08:28:12.096] INFO (7): x",
    ],
)
def test_lines_one_odd_line_does_not_change_the_count(rulebook: Rulebook, odd: str) -> None:
    lines = [tick(n * SECOND) for n in range(100)]
    for logger in ("nest", "console", "pino"):
        log = render(lines[:50], "bare", logger) + f"{odd}\n".encode() + render(lines[50:], "bare", logger)
        assert read(rulebook, log).coverage.lines == 100 + odd.count("\n") + 1, logger


def test_lines_form_can_be_forced(rulebook: Rulebook) -> None:
    export = render([enqueued(UUID, 0)])
    assert outcomes(read(rulebook, export, options=Options(form="railway-log"))) == {UUID: "in_flight"}
    assert outcomes(read(rulebook, export, options=Options(form="text"))) == {}


# Records over several lines.


def test_lines_dashboard_entry_with_newlines() -> None:
    log = "2026-11-22T09:00:00.000000001Z [err]  Error: boom\n    at a (/a.js:1:1)\n\n  code: 'X'\n2026-11-22T09:00:01.000000000Z [inf]  next\n"
    first, second = parse(log)
    assert [line for line in first.message.split("\n") if line] == ["Error: boom", "    at a (/a.js:1:1)", "  code: 'X'"]
    assert (first.line, first.stamp, second.line, second.message) == (1, START + 1, 5, "next")


def test_lines_dashboard_entry_that_is_empty() -> None:
    for text in ("2026-11-22T09:00:00.000000000Z [inf]  ", "2026-11-22T09:00:00.000000000Z [inf]"):
        (record,) = parse(text)
        assert (record.message, record.stamp) == ("", START)


def test_lines_indentation_of_a_message_is_kept() -> None:
    (record,) = parse("2026-11-22T09:00:00.000000000Z [err]      at a (/a.js:1:1)")
    assert record.message == "    at a (/a.js:1:1)"


def test_lines_pino_pretty_takes_its_context_line() -> None:
    text = (
        '[08:28:12.096] ERROR (7): Failed to generate mascot 12\n    context: "MascotGenerationProcessor"\n[08:28:12.099] INFO (7): next\n'
    )
    first, second = parse(text)
    assert (first.message, first.level, first.context) == ("Failed to generate mascot 12", "error", "MascotGenerationProcessor")
    assert (second.message, second.context) == ("next", None)


def test_lines_pino_pretty_with_a_date() -> None:
    entry = '[2026-11-22 10:00:0{n}.250 +0100] INFO (7): hello {n}\n    context: "A{n}"\n'
    records = parse("".join(entry.format(n=n) for n in range(3)))
    assert [(record.message, record.context) for record in records] == [("hello 0", "A0"), ("hello 1", "A1"), ("hello 2", "A2")]
    assert records[0].stamp == START + 250 * MS


def test_lines_nest_objects_over_lines() -> None:
    text = (
        "{\n  level: 'error',\n  pid: 7,\n  timestamp: 1795338000000,\n  message: 'Failed to generate mascot 12',\n  context: 'MascotGenerationProcessor',\n"
        "  stack: 'Error: Gemini Flash service not configured\\n' +\n    '    at a (/a.js:1:1)'\n}\nnext\n"
    )
    first, second = parse(text)
    assert (first.line, first.stamp, first.level, first.context) == (1, START, "error", "MascotGenerationProcessor")
    assert first.message == "Failed to generate mascot 12"
    assert any("Gemini Flash service not configured" in detail for detail in first.details)
    assert (second.line, second.message) == (10, "next")


def test_lines_braces_that_are_no_record_stay_lines() -> None:
    text = '{\n  "prompt": "a"\n}\n{\nnext\n'
    assert [record.message for record in parse(text)] == ["{", '  "prompt": "a"', "}", "{", "next"]


def test_lines_cut_off_object_is_not_lost() -> None:
    assert "".join(record.message for record in parse("{\n  level: 'log',\n  message: 'Failed to")).startswith("{")


# Lines that are none.


@pytest.mark.parametrize(
    "mark",
    [
        "You reached the start of the range",
        "You reached the end of the range",
        "May 5, 2026, 1:24 PM",
        "2026-09-20 17:46",
        "Sep 20, 2026, 11:24 AM",
    ],
)
def test_lines_marks_of_the_screen_are_no_records(rulebook: Rulebook, mark: str) -> None:
    assert parse(mark) == []
    bare = render([enqueued(UUID, 0), generated(UUID, SECOND)], "cli")
    found = read(rulebook, f"{mark}\n".encode() + bare + f"\n{mark}\r\n".encode())
    assert found.coverage.lines == 2
    assert outcomes(found) == {UUID: "generated"}


@pytest.mark.parametrize("line", ["You reached the start of the range of mountains", "2026-09-20 17:46 done", "May 5, 2026"])
def test_lines_that_only_look_like_marks_are_records(rulebook: Rulebook, line: str) -> None:
    assert len(parse(line)) == 1
    assert read(rulebook, f"{line}\n".encode()).coverage.lines == 1


def test_lines_blank_ones_are_no_records(rulebook: Rulebook) -> None:
    assert read(rulebook, b"\n\na\n  \n\t\nb\r\n\r\n").coverage.lines == 2


def test_lines_numbers_are_those_of_the_file(rulebook: Rulebook) -> None:
    found = read(
        rulebook,
        b"\n\r\n"
        + render([tick(0), enqueued(UUID, 0)], "cli-json")
        + b"\n"
        + render([picked(UUID, SECOND), generated(UUID, 2 * SECOND)], "cli-json"),
    )
    evidence = [item.line for finding in found.findings for item in finding.supports]
    assert set(evidence) <= {4, 6, 7}
    assert 7 in evidence


@pytest.mark.parametrize(
    ("text", "unparsed"),
    [
        ('{"message":"Failed to generate mascot 12', 1),
        ('{"message":"Failed to generate mascot 12","timestamp":}', 1),
        ('{"message":"hello', 0),
        ("Failed to generate mascot 12", 0),
        ('{"other":"Failed to generate mascot 12"}', 0),
    ],
)
def test_lines_unparsed_candidates_are_counted(rulebook: Rulebook, text: str, unparsed: int) -> None:
    found = read(rulebook, render([enqueued(UUID, 0)], "cli-json") + text.encode() + b"\n")
    assert found.coverage.sources[0].unparsed == unparsed
    assert found.coverage.lines == 2


# Detection.


def test_detect_goes_by_most_lines() -> None:
    nest = render([tick(n) for n in range(9)], "bare", "nest").decode().splitlines()
    rows = render([tick(n) for n in range(10)], "cli-json", "nest").decode().splitlines()
    assert detect(nest) == "nest"
    assert detect([*nest, *rows]) == "mixed"
    assert detect([*nest, *rows[:2]]) == "nest"
    assert detect(["hello", "world"]) == detect([]) == "text"


def test_detect_is_not_fooled_by_messages() -> None:
    assert detect(["He wrote 2026-11-22T09:00:00.000000000Z [inf]  x"] * 3) == "text"
    assert detect(['GET {"message":1,"timestamp":2}'] * 3) == "text"


def test_lines_only_a_dashboards_line_is_carried_on(rulebook: Rulebook) -> None:
    """What stands behind an object or a Nest line is a record of its own, and counted as one."""
    log = b"".join((
        b"2026-11-22T09:00:00.000000000Z [inf]  [JobsService] first\n", b"  carried on\n" * 3,
        b'{"message":"[JobsService] object","timestamp":"2026-11-22T09:00:01.000000000Z","level":"info"}\n', b"[CacheService] bare\n" * 4, b"\n",
        b"2026-11-22T09:00:02.000000000Z [err]  [JobsService] last\n" * 5, b"  carried on\n",
    ))  # fmt: skip
    found = read(rulebook, log * 10)
    assert found.coverage.sources[0].format == "railway-log"
    assert found.coverage.lines == 10 * (1 + 1 + 4 + 5)
