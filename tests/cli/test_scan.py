"""`logscan scan`: exit codes, inputs, options, outputs, and how it ends when it is stopped."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest

from logscan import Rulebook
from logscan.diagnose import Interrupted, diagnose
from tests.cli.conftest import COMMAND, Ended, Logscan, log
from tests.logs import Held, enqueued, failed, generated, picked, render

HEALTHY, FAILING, FOREIGN, BEHIND = "overloaded-then-ok-pino", "quota-cli-plain", "other-service-redis", "queue-behind-api-response"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="pipes and signals of POSIX")


def report_of(done: Ended) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(done.out)
    return report


# Exit codes


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([log(HEALTHY)], 0),
        ([log(BEHIND)], 0),
        ([log("cut-at-500-records")], 0),
        ([log(FAILING)], 1),
        (["missing.log"], 3),
        ([log(HEALTHY), "missing.log"], 3),
        ([log("archive-cut-off-gz")], 3),
        ([log(FOREIGN)], 4),
        (["empty.log"], 4),
        # Where several hold: 2, 1, 3, 4, 0.
        ([log(FAILING), "missing.log"], 1),
        ([log(FOREIGN), "missing.log"], 3),
        ([log(FAILING), "--rules", "bad-rules"], 2),
        ([log(FAILING), "--since", "yesterday"], 2),
        (["missing.log", "--tz", "Mars/Olympus"], 2),
        # --exit-zero forgives 1 and 4, nothing else.
        ([log(FAILING), "--exit-zero"], 0),
        ([log(FOREIGN), "--exit-zero"], 0),
        (["missing.log", "--exit-zero"], 3),
        ([log(FAILING), "missing.log", "--exit-zero"], 3),
        ([log(FAILING), "--rules", "bad-rules", "--exit-zero"], 2),
    ],
)
def test_scan_exit_code(logscan: Logscan, tmp_path: Path, arguments: list[str | Path], code: int) -> None:
    (tmp_path / "empty.log").touch()
    (tmp_path / "bad-rules").mkdir()
    (tmp_path / "bad-rules" / "mine.yaml").write_text("schema: 1\nsignatures: 7\n")
    done = logscan("scan", *arguments, "--format", "json")
    assert done.code == code, done.err
    assert bool(done.out) == (code != 2)


def test_scan_undecodable_bytes_alone_are_no_error(logscan: Logscan) -> None:
    done = logscan("scan", log("mixed-forms-one-file"), "--format", "json")
    assert (done.code, report_of(done)["input"]["undecodable"]) == (0, 1)


# Inputs


def test_scan_missing_file_is_named_and_the_others_are_diagnosed(logscan: Logscan) -> None:
    done = logscan("scan", log(HEALTHY), "missing.log", "--format", "json")
    assert "missing.log" in done.err
    report = report_of(done)
    assert report["mascots"]["by_outcome"] == {"generated": 2}
    assert [source["lines"] > 0 for source in report["input"]["sources"]] == [True, False]
    assert any("missing.log" in note for note in report["input"]["notes"])
    assert "log-incomplete" in [finding["id"] for finding in report["findings"]]


def test_scan_nothing_that_could_be_read_is_no_hole_in_a_log(logscan: Logscan) -> None:
    done = logscan("scan", "missing.log")
    assert "There was nothing to read" in done.out
    assert "The log is not complete" not in done.out


def test_scan_says_nothing_on_stderr_where_all_is_well(logscan: Logscan) -> None:
    assert logscan("scan", log(HEALTHY)).err == ""


def test_scan_takes_folders_globs_and_the_same_file_once(logscan: Logscan, tmp_path: Path) -> None:
    (tmp_path / "logs" / "old").mkdir(parents=True)
    shutil.copy(log("two-services-two-forms"), tmp_path / "logs" / "backend.jsonl")
    shutil.copy(log("two-services-two-forms").with_name("input-worker.log"), tmp_path / "logs" / "old" / "worker.log")
    for arguments in (["logs"], ["logs/**/*.*"], ["logs", "logs/backend.jsonl", tmp_path / "logs" / "old" / "worker.log"]):
        report = report_of(logscan("scan", *arguments, "--format", "json"))
        assert report["mascots"]["by_outcome"] == {"generated": 2, "generation_failed": 1}
        assert [Path(source["name"]).name for source in report["input"]["sources"]] == ["backend.jsonl", "worker.log"]


@pytest.mark.parametrize("argument", ["*.nothing", "empty-folder"])
def test_scan_glob_or_folder_without_files_is_wrong_usage(logscan: Logscan, tmp_path: Path, argument: str) -> None:
    (tmp_path / "empty-folder").mkdir()
    done = logscan("scan", argument)
    assert done.code == 2
    assert argument in done.err


@pytest.mark.parametrize("name", ["zip", "pdf"])
def test_scan_file_that_is_no_log_is_told_by_its_kind(logscan: Logscan, tmp_path: Path, name: str) -> None:
    (tmp_path / "log").write_bytes({"zip": b"PK\x03\x04rest", "pdf": b"%PDF-1.7 rest"}[name])
    done = logscan("scan", "log")
    assert done.code == 3
    assert name.upper() in done.err.upper()


def test_scan_piped_input_is_read_by_bare_logscan_with_its_options(process: Logscan, logscan: Logscan) -> None:
    log_bytes = log(FAILING).read_bytes()
    bare = process("--format", "json", "--lang", "fr", stdin=log_bytes)
    assert bare == logscan("scan", "-", "--format", "json", stdin=log_bytes) == logscan("scan", "--format", "json", stdin=log_bytes)
    assert bare.code == 1
    assert report_of(bare)["input"]["sources"][0]["name"] == "<stdin>"


def test_scan_piped_input_without_any_option(logscan: Logscan) -> None:
    done = logscan(stdin=log(HEALTHY).read_bytes())
    assert done.code == 0
    assert "images are made" in done.out


def test_scan_piped_gzip_is_known_by_its_content(logscan: Logscan) -> None:
    done = logscan("--format", "json", stdin=log("worker-out-of-heap-gz").read_bytes())
    assert report_of(done)["verdict"] == "service-crashing"


def test_scan_empty_pipe_tells_how_to_get_a_log(logscan: Logscan) -> None:
    done = logscan(stdin=b"")
    assert done.code == 4
    for help_ in ("railway logs --service backend --json", "500", "--json keeps"):
        assert help_ in done.out


def test_scan_pipe_and_files_together(logscan: Logscan) -> None:
    worker = log("two-services-two-forms").with_name("input-worker.log")
    done = logscan("scan", "-", worker, "--format", "json", stdin=log("two-services-two-forms").read_bytes())
    assert report_of(done)["mascots"]["by_outcome"] == {"generated": 2, "generation_failed": 1}


@pytest.mark.parametrize("arguments", [["scan"], ["scan", "--format", "json"]])
def test_scan_terminal_on_stdin_is_wrong_usage_and_no_hang(arguments: list[str]) -> None:
    pty = pytest.importorskip("pty", reason="no terminals to imitate here")
    leader, follower = pty.openpty()
    try:
        done = subprocess.run([*COMMAND, *arguments], stdin=follower, capture_output=True, text=True, check=False, timeout=30)
    finally:
        os.close(follower)
        os.close(leader)
    assert done.returncode == 2
    assert "nothing to read" in done.stderr
    assert "railway logs" in done.stderr


# Outputs


def test_scan_text_is_the_default_and_writes_no_file_into_a_pipe(logscan: Logscan, tmp_path: Path) -> None:
    done = logscan("scan", log(FAILING))
    assert "2 mascots could not be generated" in done.out
    assert "google-quota" in done.out
    assert "\x1b" not in done.out
    assert list(tmp_path.iterdir()) == []


def test_scan_json_is_one_object_and_nothing_else(logscan: Logscan) -> None:
    done = logscan("scan", log(FAILING), "--format", "json")
    assert report_of(done)["schema"] == 1
    assert done.out.endswith("}\n")


def test_scan_markdown(logscan: Logscan) -> None:
    assert logscan("scan", log(FAILING), "--format", "markdown").out.startswith("## 2 mascots could not be generated\n")


def test_scan_html_goes_to_the_file_and_its_path_is_said(logscan: Logscan, tmp_path: Path) -> None:
    done = logscan("scan", log(FAILING), "-o", "out.html", "--format", "json")
    assert done.code == 1
    assert report_of(done)["verdict"] == "jobs-failing"
    assert "out.html" in done.err
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "2 mascots could not be generated" in page
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.html"]


def test_scan_html_to_stdout_is_the_page_alone(logscan: Logscan) -> None:
    done = logscan("scan", log(FAILING), "-o", "-")
    assert done.code == 1
    assert done.out.startswith("<!doctype html>")
    assert done.out.rstrip().endswith("</html>")
    assert done.err == ""


@pytest.mark.parametrize("option", ["-o", "--timeline"])
def test_scan_refuses_a_place_that_cannot_be_written_before_it_reads(logscan: Logscan, option: str) -> None:
    done = logscan("scan", "missing.log", option, "no-such-folder/out.csv")
    assert done.code == 2
    assert "no-such-folder" in done.err
    assert done.out == ""


def test_scan_report_that_cannot_be_written_is_exit_3(logscan: Logscan, tmp_path: Path) -> None:
    (tmp_path / "out.html").mkdir()
    done = logscan("scan", log(HEALTHY), "-o", "out.html")
    assert done.code == 3
    assert "out.html" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["out.html"]


@POSIX
def test_scan_report_is_written_through_a_link_and_into_a_pipe(logscan: Logscan, tmp_path: Path) -> None:
    (tmp_path / "kept.html").write_text("old")
    (tmp_path / "latest.html").symlink_to("kept.html")
    logscan("scan", log(HEALTHY), "-o", "latest.html")
    assert (tmp_path / "latest.html").is_symlink()
    assert (tmp_path / "kept.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    os.mkfifo(tmp_path / "pipe.csv")
    reading = os.open(tmp_path / "pipe.csv", os.O_RDONLY | os.O_NONBLOCK)
    try:
        logscan("scan", log(HEALTHY), "--timeline", "pipe.csv")
        assert (tmp_path / "pipe.csv").is_fifo()
        assert os.read(reading, 65536).startswith(b"mascot_id,")
    finally:
        os.close(reading)


@POSIX
def test_scan_full_disk_is_told_and_no_internal_error() -> None:
    if not Path("/dev/full").is_char_device():
        pytest.skip("no /dev/full here")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "scan", str(log(HEALTHY))], stdout=full, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False
        )
    assert done.returncode == 3
    assert b"No space left" in done.stderr
    assert b"internal error" not in done.stderr


COLUMNS = ["mascot_id", "outcome", "attempts", "enqueued_at", "started_at", "ended_at", "wait_s", "run_s", "causes", "certainty", "image"]


def test_scan_timeline_jsonl(logscan: Logscan, tmp_path: Path) -> None:
    logscan("scan", log("upload-denied-json-array"), "--timeline", "t.jsonl", "--format", "json")
    rows = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text().splitlines()]
    assert [list(row) for row in rows] == [COLUMNS] * 3
    assert [(row["outcome"], row["attempts"], row["causes"], row["image"]) for row in rows] == [
        ("generated", 1, ["s3-storage"], "missing"), ("generated", 1, ["s3-storage"], "missing"), ("generated", 1, [], "present"),
    ]  # fmt: skip
    assert all(
        re.fullmatch(r"2026-11-24T18:4\d:\d\d\.\d{3,9}Z", row[name]) for row in rows for name in ("enqueued_at", "started_at", "ended_at")
    )
    assert all(0 <= row["wait_s"] < 60 and 5 < row["run_s"] < 600 for row in rows)


def test_scan_timeline_csv_and_parquet_hold_the_same_rows(logscan: Logscan, tmp_path: Path) -> None:
    for name in ("t.jsonl", "t.csv", "t.parquet"):
        logscan("scan", log("worker-missing-api-rows"), "--timeline", name)
    rows = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text().splitlines()]
    table = list(csv.DictReader(io.StringIO((tmp_path / "t.csv").read_text())))
    frame = pl.read_parquet(tmp_path / "t.parquet")
    assert list(table[0]) == frame.columns == COLUMNS
    ids = [row["mascot_id"] for row in rows]
    assert len(ids) == 4
    assert [row["mascot_id"] for row in table] == frame["mascot_id"].to_list() == ids
    assert {row["outcome"] for row in table} == set(frame["outcome"].to_list()) == {"waiting"}
    assert [row["enqueued_at"] for row in table] == [row["enqueued_at"] for row in rows]
    assert frame["started_at"].to_list() == [None] * 4


def test_scan_timeline_of_nothing_still_has_its_columns(logscan: Logscan, tmp_path: Path) -> None:
    logscan("scan", log(FOREIGN), "--timeline", "t.csv")
    assert (tmp_path / "t.csv").read_text().strip() == ",".join(COLUMNS)


def test_scan_timeline_of_another_kind_is_wrong_usage(logscan: Logscan) -> None:
    done = logscan("scan", log(HEALTHY), "--timeline", "t.xlsx")
    assert done.code == 2
    assert ".parquet" in done.err


def test_scan_schema_is_a_json_schema_and_needs_no_input(logscan: Logscan) -> None:
    done = logscan("scan", "--schema")
    assert done.code == 0
    schema = json.loads(done.out)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(report_of(logscan("scan", log(FAILING), "--format", "json")), schema)
    broken = {**report_of(logscan("scan", log(FAILING), "--format", "json")), "verdict": 7}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


# Language and terminal


def test_scan_speaks_french_when_asked(logscan: Logscan) -> None:
    done = logscan("scan", log(FAILING), "--lang", "fr")
    assert "2 mascottes n'ont pas pu être générées" in done.out
    assert "could not be" not in done.out


@pytest.mark.parametrize(
    ("variables", "french"),
    [
        ({"LANG": "fr_FR.UTF-8"}, True),
        ({"LANG": "fr_CA.UTF-8", "LC_ALL": "en_US.UTF-8"}, False),
        ({"LC_MESSAGES": "fr_FR.UTF-8"}, True),
        ({"LANG": "de_DE"}, False),
    ],
)
def test_scan_language_is_the_locales(logscan: Logscan, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], french: bool) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ("mascottes" in logscan("scan", log(FAILING)).out) is french


def test_scan_json_is_english_whatever_the_locale(logscan: Logscan, monkeypatch: pytest.MonkeyPatch) -> None:
    english = logscan("scan", log(FAILING), "--format", "json")
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert logscan("scan", log(FAILING), "--format", "json") == english
    assert logscan("scan", log(FAILING), "--format", "json", "--lang", "fr") == english


def test_scan_force_color_paints_into_a_pipe(logscan: Logscan, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = logscan("scan", log(FAILING)).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    painted = logscan("scan", log(FAILING)).out
    assert "\x1b[1;31m" in painted
    assert [line.rstrip() for line in re.sub(r"\x1b\[[\d;]*m", "", painted).splitlines()] == plain.splitlines()


def at_terminal(tmp_path: Path, *arguments: str | Path, columns: int = 100, **variables: str) -> tuple[int, str]:
    """Run with a terminal of so many columns on stdout; exit code, and what the terminal got."""
    pty = pytest.importorskip("pty", reason="no terminals to imitate here")
    leader, follower = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm-256color", **variables}
    got = b""
    try:
        with subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            stdout=follower,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=tmp_path,
            env=environment,
        ) as child:
            os.close(follower)
            while True:
                try:
                    part = os.read(leader, 65536)
                except OSError:
                    break
                if not part:
                    break
                got += part
    finally:
        os.close(leader)
    return child.returncode, got.decode().replace("\r\n", "\n")


def test_scan_at_a_terminal_is_painted_and_writes_the_report(tmp_path: Path) -> None:
    code, shown = at_terminal(tmp_path, "scan", log(FAILING))
    assert code == 1
    assert "\x1b[1;31m" in shown
    assert "logscan-report.html" in shown
    assert (tmp_path / "logscan-report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_scan_at_a_narrow_terminal_without_colour(tmp_path: Path) -> None:
    code, shown = at_terminal(tmp_path, "scan", log(FAILING), columns=48, NO_COLOR="1")
    assert code == 1
    assert "\x1b" not in shown
    # A command to copy stays on one line; all else is wrapped.
    wrapped = [line for line in shown.splitlines() if not line.lstrip().startswith("$ ") and "logscan-report.html" not in line]
    assert max(map(len, wrapped)) <= 48


# Options


def test_scan_window_by_times_and_by_durations_back_from_now(logscan: Logscan) -> None:
    named = logscan(
        "scan", log("window-since-until"), "--format", "json", "--since", "2026-12-10T00:00:00Z", "--until", "2026-12-10T12:00:00Z"
    )
    back = logscan("scan", log("window-since-until"), "--format", "json", "--since", "12h", "--now", "2026-12-10T12:00:00Z")
    both = logscan("scan", log("window-since-until"), "--format", "json")
    assert named.code == back.code == 0
    assert report_of(named)["mascots"] == report_of(back)["mascots"]
    assert report_of(named)["mascots"]["total"] == 2
    assert report_of(both)["mascots"]["total"] == 4
    assert report_of(both)["verdict"] == "jobs-failing"


@pytest.mark.parametrize(
    "options",
    [
        ["--since", "noon"], ["--until", "tomorrow"], ["--since", "1h", "--until", "2h"], ["--since", "2026-12-02", "--until", "2026-12-01"],
        ["--pickup", "soon"], ["--run", "10"], ["--now", "later"], ["--tz", "Mars/Olympus"], ["--input-format", "xml"], ["--lang", "de"],
    ],
)  # fmt: skip
def test_scan_option_that_makes_no_sense_is_exit_2_and_named(logscan: Logscan, options: list[str]) -> None:
    done = logscan("scan", log(HEALTHY), *options)
    assert done.code == 2
    assert options[0] in done.err
    assert done.out == ""


def test_scan_deadlines_are_the_users(logscan: Logscan) -> None:
    def outcomes(name: str, *options: str) -> dict[str, int]:
        found: dict[str, int] = report_of(logscan("scan", log(name), "--format", "json", *options))["mascots"]["by_outcome"]
        return found

    assert outcomes("first-backend-stub") == {"stalled": 2}
    assert outcomes("first-backend-stub", "--run", "1h") == {"in_flight": 2}
    assert outcomes("worker-missing-api-rows") == {"waiting": 4}
    assert outcomes("worker-missing-api-rows", "--pickup", "210s") == {"waiting": 3, "in_flight": 1}


def test_scan_zone_moves_stamps_that_name_none(logscan: Logscan) -> None:
    def first(*options: str) -> str:
        stamp: str = report_of(logscan("scan", log("healthy-nest8-german"), "--format", "json", *options))["input"]["sources"][0]["first"]
        return stamp

    assert first() == "2026-11-28T08:28:07Z"
    assert first("--tz", "Europe/Paris") == "2026-11-28T07:28:07Z"
    assert first("--tz", "America/New_York") == "2026-11-28T13:28:07Z"


def test_scan_now_dates_the_page_and_changes_no_finding(logscan: Logscan) -> None:
    early = logscan("scan", log(FAILING), "--format", "json", "--now", "2026-11-23T09:14:03Z")
    late = logscan("scan", log(FAILING), "--format", "json", "--now", "2031-01-01T00:00:00Z")
    assert early == late
    assert "2031-01-01 00:00:00" in logscan("scan", log(FAILING), "-o", "-", "--now", "2031-01-01T00:00:00Z").out


def test_scan_input_format_can_be_forced(logscan: Logscan) -> None:
    report = report_of(logscan("scan", log("permission-denied-ndjson"), "--format", "json", "--input-format", "text"))
    assert report["input"]["sources"][0]["format"] == "text"
    assert report["input"]["lines"] == report_of(logscan("scan", log("permission-denied-ndjson"), "--format", "json"))["input"]["lines"]


def test_scan_options_come_from_the_environment_too(logscan: Logscan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCAN_SCAN_FORMAT", "json")
    monkeypatch.setenv("LOGSCAN_SCAN_EXIT_ZERO", "1")
    monkeypatch.setenv("LOGSCAN_SCAN_PICKUP", "210s")
    done = logscan("scan", log("worker-missing-api-rows"))
    assert done.code == 0
    assert report_of(done)["mascots"]["by_outcome"] == {"waiting": 3, "in_flight": 1}
    assert report_of(logscan("scan", log("worker-missing-api-rows"), "--pickup", "2m"))["mascots"]["by_outcome"] == {"waiting": 4}


@pytest.mark.parametrize(
    ("option", "value", "shows"),
    [
        ("OUTPUT", "-", "<!doctype html>"),
        ("LANG", "fr", "n'ont pas pu être générées"),
        ("TZ", "Mars/Olympus", "Mars/Olympus"),
        ("RUN", "soon", "soon"),
        ("NOW", "later", "later"),
        ("SINCE", "noon", "noon"),
        ("UNTIL", "midnight", "midnight"),
        ("RULES", "no-rules-here", "no-rules-here"),
        ("TIMELINE", "t.xlsx", "t.xlsx"),
        ("INPUT_FORMAT", "xml", "xml"),
        ("SCHEMA", "1", "json-schema.org"),
    ],
)
def test_scan_every_option_has_its_variable(logscan: Logscan, monkeypatch: pytest.MonkeyPatch, option: str, value: str, shows: str) -> None:
    monkeypatch.setenv(f"LOGSCAN_SCAN_{option}", value)
    done = logscan("scan", log(FAILING))
    assert shows in done.out + done.err


def test_scan_secrets_are_masked_unless_the_report_stays_here(logscan: Logscan) -> None:
    masked = logscan("scan", log("hostile-text"), "--format", "json").out
    kept = logscan("scan", log("hostile-text"), "--format", "json", "--no-redact").out
    for secret in ("hunter2-very-secret", "abcdefghijklmnop0123456789"):
        assert secret not in masked
        assert secret in kept


# Rules of one's own

RULE = """schema: 1
families:
  - id: moon-phase
    component: process
    title: {en: "The moon stands wrong", fr: "La lune est mal placée"}
    remedies: [{text: {en: "Wait.", fr: "Attendez."}}]
    rules:
      - id: moon-phase-wrong
        pattern: 'MoonError: phase \\S+ refused'
        examples: ['MoonError: phase full refused', 'Error: MoonError: phase new refused']
        counterexamples: ['The moon is full']
"""


def test_scan_rules_folder_adds_a_cause_by_yaml_alone(logscan: Logscan, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "moon.yaml").write_text(RULE, encoding="utf-8")
    (tmp_path / "a.log").write_text(
        "[MascotGenerationProcessor] Processing mascot generation: 7\n[MascotGenerationProcessor] Failed to generate mascot 7:\nMoonError: phase full refused\n"
    )
    without = report_of(logscan("scan", "a.log", "--format", "json"))
    with_rules = report_of(logscan("scan", "a.log", "--format", "json", "--rules", "mine"))
    assert [cause["id"] for cause in without["causes"]] == ["unknown"]
    assert [(cause["id"], cause["rules"], cause["mascots"]) for cause in with_rules["causes"]] == [("moon-phase", ["moon-phase-wrong"], 1)]
    assert without["rules"] != with_rules["rules"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (RULE.replace("refused'\n        examples", "(refused'\n        examples", 1), "moon.yaml:9:"),
        (RULE.replace("    component: process", "    component: moon"), "moon.yaml:4:"),
        (RULE.replace("schema: 1", "schema: 99"), "moon.yaml:1:"),
        (RULE + "   - broken: [yaml\n", "moon.yaml:12:"),
    ],
)
def test_scan_wrong_rules_are_exit_2_with_file_and_line(logscan: Logscan, tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "moon.yaml").write_text(text, encoding="utf-8")
    done = logscan("scan", log(HEALTHY), "--rules", "mine")
    assert done.code == 2
    assert place in done.err
    assert done.out == ""


def test_scan_rules_folder_that_is_not_there_is_exit_2(logscan: Logscan) -> None:
    done = logscan("scan", log(HEALTHY), "--rules", "no-rules-here")
    assert done.code == 2
    assert "no-rules-here" in done.err


# Being stopped


@POSIX
@pytest.mark.parametrize("arguments", [["scan", str(log(FAILING)), "--format", "json"], ["--help"]])
def test_scan_closed_pipe_is_141_without_a_word(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*COMMAND, *arguments], stdout=writing, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False, timeout=60
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def stopped(number: signal.Signals, tmp_path: Path, *arguments: str) -> Ended:
    """Feed a failing log and much harmless text into a slow pipe, signal while it is read, and close nothing before."""
    child = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "LANG": "C.UTF-8"},
    )
    assert child.stdin is not None
    # More than a pipe holds: once this is written, the log at its head has been read.
    child.stdin.write(log(FAILING).read_bytes() + b"GET /health 200 26 - 2.104 ms\n" * 20_000)
    child.stdin.flush()
    time.sleep(0.2)
    try:
        child.send_signal(number)
        # The pipe stays open: the signal alone ends the reading.
        output, errors = b"", b""
        if child.stdout is not None and child.stderr is not None:
            output, errors = child.stdout.read(), child.stderr.read()
        return Ended(child.wait(30), output.decode(), errors.decode())
    finally:
        child.kill()
        child.communicate()


@POSIX
def test_scan_ctrl_c_reports_on_what_was_read(tmp_path: Path) -> None:
    done = stopped(signal.SIGINT, tmp_path, "--format", "json", "-o", "page.html")
    assert done.code == 130
    report = report_of(done)
    assert report["verdict"] == "jobs-failing"
    assert report["mascots"]["by_outcome"] == {"generated": 1, "generation_failed": 2}
    assert "interrupted" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Traceback" not in done.err


@POSIX
def test_scan_ctrl_c_reports_the_last_record_too(tmp_path: Path) -> None:
    """Of a form whose records may go on over lines: it is held until the next one begins."""
    child = subprocess.Popen([*COMMAND, "--format", "json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path)
    assert child.stdin is not None
    # More than a pipe holds: once this is written, the reading has begun.
    child.stdin.write(b"2026-11-22T08:00:00.000000000Z [inf]  GET /health 200 26 - 2.104 ms\n" * 5_000)
    child.stdin.write(render([failed("a", 0, "x"), failed("b", 10**9, "x")], "dash-log"))
    child.stdin.flush()
    time.sleep(1)
    child.send_signal(signal.SIGINT)
    output, _ = child.communicate(timeout=30)
    assert json.loads(output)["mascots"]["by_outcome"] == {"generation_failed": 2}
    assert child.returncode == 130


@pytest.mark.parametrize("option", ["-o", "--timeline"])
def test_scan_never_writes_over_a_log(logscan: Logscan, tmp_path: Path, option: str) -> None:
    own = tmp_path / "backend.jsonl"
    own.write_bytes(b"[JobsService] Successfully enqueued mascot generation for 4711\n")
    before = own.read_bytes()
    done = logscan("scan", own, option, tmp_path / "." / "backend.jsonl")
    assert (done.code, own.read_bytes()) == (2, before)
    assert "is one of the logs to read" in done.err


@POSIX
@pytest.mark.parametrize(("closed", "code"), [("<&-", 2), ("2>&-", 1)])
def test_scan_with_a_closed_stream(closed: str, code: int, tmp_path: Path) -> None:
    file = "-" if closed == "<&-" else log(FAILING)
    done = subprocess.run(
        ["sh", "-c", f'"$@" {closed}', "sh", *COMMAND, "scan", file], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == code
    assert "internal error" not in done.stderr + done.stdout


@POSIX
def test_scan_sigterm_reports_on_what_was_read_and_says_so(tmp_path: Path) -> None:
    done = stopped(signal.SIGTERM, tmp_path)
    assert done.code == 143
    assert "interrupted" in done.out
    assert "2 mascots could not be generated" in done.out
    assert "Traceback" not in done.err


class Struck(Held):
    """An input in whose second reading (to compare overlaps) a signal strikes."""

    def chunks(self, offset: int = 0) -> Iterator[bytes]:
        if self.broken == "read":
            raise Interrupted(signal.SIGTERM)
        yield from super().chunks(offset)
        self.broken = "read"


def test_scan_signal_after_the_reading_still_reports(rulebook: Rulebook) -> None:
    rows = render([enqueued("a", 0), picked("a", 10**9), generated("a", 5 * 10**9)], "api-rows")
    diagnosis = diagnose([Held(rows, "one.jsonl"), Struck(rows, "two.jsonl")], rulebook)
    assert diagnosis.interrupted == signal.SIGTERM
    assert dict(diagnosis.by_outcome) == {"generated": 1}
