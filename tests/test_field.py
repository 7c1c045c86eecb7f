"""Field data: errors as real libraries print them get their cause first; real log formats are read rightly.

The data lie beside the project in `shared/field` and are skipped where they do not.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from logscan import Rulebook
from logscan.model import Record
from logscan.parse import LineParser, detect
from logscan.times import format_stamp
from tests.logs import read

FIELD = Path(__file__).parents[1].parent / "shared" / "field"
pytestmark = pytest.mark.skipif(not FIELD.is_dir(), reason="the field data (../shared/field) are not on this machine")

OVERALL, EACH = 0.95, 0.80


@cache
def entries(name: str) -> list[dict[str, Any]]:
    if not FIELD.is_dir():
        return []
    return [json.loads(line) for line in (FIELD / name).read_text(encoding="utf-8").splitlines()]


def first_causes(rulebook: Rulebook) -> list[tuple[str, str | None, str]]:
    """Per error: its cause, the cause that logscan puts first, and its wording."""
    out = []
    for entry in entries("errors.jsonl"):
        causes = read(rulebook, ("\n".join(entry["lines"]) + "\n").encode()).causes
        out.append((entry["cause"], causes[0].id if causes else None, entry["wording"]))
    return out


def test_field_errors_get_their_cause_first(rulebook: Rulebook) -> None:
    judged = first_causes(rulebook)
    total, right = Counter(cause for cause, _, _ in judged), Counter(cause for cause, got, _ in judged if got == cause)
    wrong = [f"{cause} ({wording}): {got}" for cause, got, wording in judged if got != cause]
    assert len(judged) > 100
    assert right.total() / total.total() >= OVERALL, wrong
    assert not {cause: f"{right[cause]}/{total[cause]}" for cause in total if right[cause] / total[cause] < EACH}, wrong


def test_field_errors_cover_every_family_of_the_rules(rulebook: Rulebook) -> None:
    assert {entry["cause"] for entry in entries("errors.jsonl")} <= set(rulebook.families)


# What the backend's own lines must come out as, whatever stands around them.
SIGNATURES = {
    "Successfully enqueued mascot generation for ": ("info", "JobsService"),
    "Processing mascot generation: ": ("info", "MascotGenerationProcessor"),
    "Failed to generate mascot ": ("error", "MascotGenerationProcessor"),
    "Failed to enqueue mascot generation for ": ("error", "JobsService"),
    "Successfully generated mascot ": ("info", "MascotGenerationProcessor"),
    "3 job(s) failed to enqueue. Redis may not be configured.": ("warn", "MascotsService"),
    "2 job(s) failed to enqueue. Redis may not be configured.": ("warn", "MascotsService"),
    "Prompt built": ("debug", "MascotGenerationProcessor"),
}
PLUGIN = ("Fetched mascots ", "Mascot has no fullBodyImageUrl 7b0f6a3e-5d0e-4d7c-9a43-2f6b1c9e8d10", "Failed to load image")
# The form that each format is taken for, and the time of its first line about a mascot (None: it tells none, or no date).
FORMATS = {
    "nest7-console-colour": ("nest", "2026-11-22T08:27:54Z"),
    "nest8-console-plain": ("nest", "2026-11-22T08:27:56Z"),
    "nest9-console-colour": ("nest", "2026-11-22T08:27:57Z"),
    "nest9-console-timestamp-suffix": ("nest", "2026-11-22T08:27:58Z"),
    "nest10-console-colour": ("nest", "2026-11-22T08:27:59Z"),
    "nest10-console-plain": ("nest", "2026-11-22T08:27:59Z"),
    "nest11-console-colour": ("nest", "2026-11-22T08:28:00Z"),
    "nest11-console-timestamp-suffix": ("nest", "2026-11-22T08:28:01Z"),
    "nest10-locale-en_GB": ("nest", "2026-11-22T08:28:02Z"),
    "nest10-locale-fr_FR": ("nest", "2026-11-22T08:28:02Z"),
    "nest10-locale-pt_BR": ("nest", "2026-11-22T08:28:02Z"),
    "nest10-locale-ja_JP": ("nest", "2026-11-22T08:28:03Z"),
    "nest10-locale-en_CA": ("nest", "2026-11-22T08:28:04Z"),
    "nest8-locale-de-colour": ("nest", "2026-11-22T08:28:05Z"),
    "nest11-json": ("nest-json", "2026-11-22T08:28:06.266Z"),
    "nest11-json-colors": ("nest-inspect", "2026-11-22T08:28:06.624Z"),
    "nest11-json-not-compact": ("nest-inspect", "2026-11-22T08:28:07.006Z"),
    "nest11-colors-false": ("nest", "2026-11-22T08:28:07Z"),
    "nestjs-pino-json": ("pino", "2026-11-22T08:28:08.455Z"),
    "nestjs-pino-json-label-iso": ("pino", "2026-11-22T08:28:09.429Z"),
    "nestjs-pino-pretty-plain": ("pino-pretty", None),
    "winston-nestlike-colour": ("nest", "2026-11-22T08:28:13Z"),
    "winston-simple": ("winston", None),
    "devtools-save-plain-plugin": ("devtools", None),
    "devtools-save-timestamps-plugin": ("devtools", None),
    "devtools-save-plain-ui-iframe": ("devtools", None),
    "devtools-save-timestamps-figma-app": ("devtools", None),
    "devtools-save-vm-eval": ("devtools", None),
    "devtools-visible-text": ("devtools", None),
    "chromium-stderr-console": ("devtools", None),
    "railway-export-text": ("railway-log", "2026-11-22T08:28:00.000005652Z"),
    "railway-logs-cli-plain": ("nest", "2026-11-22T08:27:59Z"),
    "railway-logs-cli-json": ("railway-json", "2026-11-22T08:28:00.000006477Z"),
    "railway-http-log-json": ("railway-http", None),
}


def parse(lines: list[str]) -> tuple[list[Record], LineParser]:
    parser = LineParser()
    records = [record for number, line in enumerate(lines, 1) for record in parser.feed(number, line)]
    return records + parser.flush(), parser


def test_field_formats_are_all_looked_at() -> None:
    assert [entry["format"] for entry in entries("formats.jsonl")] == list(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_field_format_is_read_to_level_context_message_and_time(name: str) -> None:
    lines: list[str] = next(entry["lines"] for entry in entries("formats.jsonl") if entry["format"] == name)
    records, parser = parse(lines)
    assert detect(lines) == FORMATS[name][0]
    read_lines = {record.line: record for record in records}
    stamps = []
    for number, line in enumerate(lines, 1):
        text = start_of_message(line)
        if text is None:
            continue
        record = read_lines.get(number) or max((r for r in records if r.line < number), key=lambda r: r.line)
        assert record.message.startswith(text), line
        assert (record.level, record.context) == SIGNATURES[text], line
        stamps.append(format_stamp(record.stamp if record.wall is None or record.stamp is not None else parser.days.resolve(record.wall)))
    assert (stamps or [None])[0] == FORMATS[name][1]
    assert bool(stamps) != name.startswith(("devtools", "chromium", "railway-http"))


@pytest.mark.parametrize(
    "name", ["devtools-save-plain-plugin", "devtools-save-timestamps-plugin", "devtools-visible-text", "chromium-stderr-console"]
)
def test_field_console_is_read_to_the_plugins_own_lines(name: str) -> None:
    lines: list[str] = next(entry["lines"] for entry in entries("formats.jsonl") if entry["format"] == name)
    messages = [record.message for record in parse(lines)[0] if record.context == "Mascot Plugin"]
    assert len(messages) == len(PLUGIN)
    assert all(message.startswith(start) for message, start in zip(messages, PLUGIN, strict=True))


@pytest.mark.parametrize("name", FORMATS)
def test_field_format_leaves_no_escape_and_no_wrapping_in_a_message(name: str) -> None:
    lines: list[str] = next(entry["lines"] for entry in entries("formats.jsonl") if entry["format"] == name)
    for record in parse(lines)[0]:
        assert "\x1b" not in record.message
        assert not re.match(r"\[Nest\]|\d{4}-\d\d-\d\dT|\{\"(?:level|message|timestamp)\"|\[(?:inf|err)\]", record.message)


def start_of_message(line: str) -> str | None:
    """Which of the backend's lines a raw line carries; None for others and for copies of it inside an error's own fields."""
    if line.strip().startswith(('"message"', '"stack"')):
        return None
    return next((text for text in SIGNATURES if text in line), None)
