"""Diagnoses to render: fixtures, and a log that attacks its reader."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from logscan import Diagnosis, Rulebook, scan
from logscan.api import Options
from logscan.report.words import Words
from logscan.times import parse_stamp

FIXTURES = Path(__file__).parents[2] / "fixtures"
# Some of every verdict and form; each of them says something of its own in a report.
CASES = [
    "quota-cli-plain", "redis-silent-nest7", "two-services-two-forms", "worker-missing-api-rows", "upload-denied-json-array",
    "image-cors-devtools", "worker-out-of-heap-gz", "dropped-lines-powershell-utf16", "healthy-nest8-german", "no-stamps-undecided",
    "http-rows", "enqueue-mended", "look-alikes", "hostile-text",
]  # fmt: skip
NOW = parse_stamp("2026-12-24T18:00:00Z") or 0

Diagnose = Callable[..., Diagnosis]


@pytest.fixture(scope="session")
def fixture(rulebook: Rulebook) -> Diagnose:
    """The diagnosis of a fixture, as somebody has it who stands in its folder; each is made once."""

    @cache
    def call(name: str) -> Diagnosis:
        with contextlib.chdir(FIXTURES / name):
            return scan(sorted(path.name for path in Path().glob("input*")), rules=rulebook, options=Options(stories=True))

    return call


@pytest.fixture
def attacked(tmp_path: Path, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> Diagnose:
    """The diagnosis of a log in which `text` stands wherever a stranger's text can come to stand."""
    monkeypatch.chdir(tmp_path)

    def call(text: str, name: str = "a.log") -> Diagnosis:
        mascot = "".join(text.split())[:60]
        lines = [
            f"[JobsService] Successfully enqueued mascot generation for {mascot}",
            "[MascotGenerationProcessor] Starting processing for mascot 7 (variation 1 of batch b)",
            "[MascotGenerationProcessor] Failed to generate mascot 7 (variation 1):",
            f"[MascotGenerationProcessor] Error: NoSuchBucket: The specified bucket does not exist {text}",
            f"[JobsService] Failed to enqueue mascot generation for 8: Error: {text}",
        ]
        # A dashboard's file: one record may hold newlines.
        Path(name).write_text(
            "".join(f"2026-11-22T08:00:0{at}.000000000Z [err]  {line}\n" for at, line in enumerate(lines)), encoding="utf-8", newline=""
        )
        return scan([name], rules=rulebook, options=Options(stories=True))

    return call


@pytest.fixture(params=["en", "fr"])
def words(request: pytest.FixtureRequest, rulebook: Rulebook) -> Words:
    """The texts of both languages, one after the other."""
    return Words(rulebook, request.param)


@pytest.fixture
def english(rulebook: Rulebook) -> Words:
    return Words(rulebook, "en")


def with_rules_hash(diagnosis: Diagnosis, value: str = "sha256:fixed") -> Diagnosis:
    """The diagnosis as if a fixed set of rules had made it."""
    return replace(diagnosis, rules_hash=value)
