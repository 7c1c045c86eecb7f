"""A diagnosis that goes on says at every moment what a scan of the same lines would say."""

from __future__ import annotations

from pathlib import Path

import pytest

from logscan import Options, Rulebook, scan
from logscan.live import Live
from logscan.model import Diagnosis
from logscan.times import SECOND

FIXTURES = Path(__file__).parents[1] / "fixtures"
LINES = [
    "healthy-nest8-german", "quota-cli-plain", "redis-refused-cli-json", "worker-missing-api-rows", "interleaved-jobs-two-causes",
    "bucket-missing-dash-log", "overloaded-then-ok-pino", "stalled-nest9-english-dates",
]  # fmt: skip


def said(diagnosis: Diagnosis) -> object:
    findings = [(it.id, it.confidence, it.mascots, it.causes) for it in diagnosis.findings]
    return (
        diagnosis.verdict,
        findings,
        dict(diagnosis.by_outcome),
        [(it.id, it.mascots) for it in diagnosis.causes],
        diagnosis.coverage.lines,
    )


@pytest.mark.parametrize("name", LINES)
def test_live_says_what_a_scan_says(name: str, rulebook: Rulebook) -> None:
    (log,) = (path for path in (FIXTURES / name).iterdir() if path.name.startswith("input"))
    live = Live(rulebook, Options(), ["live"])
    for line in log.read_text(encoding="utf-8").splitlines():
        live.feed(line)
    live.settle()
    assert said(live.diagnosis()) == said(scan(log, rules=rulebook, options=Options(full=True)))


def line(n: int, event: str = "Failed to generate mascot") -> str:
    return f"2024-06-01T{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}.000000000Z [inf]  [MascotGenerationProcessor] {event} m-{n:06d}"


def test_live_judges_again_only_what_is_new(rulebook: Rulebook) -> None:
    live = Live(rulebook, Options(), ["live"])
    live.feed(line(1, "Successfully generated mascot"))
    live.settle()
    assert live.dirty
    assert live.diagnosis().verdict == "healthy"
    live.feed("2024-06-01T00:00:02.000000000Z [inf]  [HealthController] nothing of note")
    live.settle()
    assert not live.dirty
    assert live.lines == 2


def test_live_forgets_what_is_old_and_stays_bounded(rulebook: Rulebook) -> None:
    live = Live(rulebook, Options(), ["live"], keep=600 * SECOND, most=1000)
    for n in range(5000):
        live.feed(line(n))
    assert live.kept <= 1000
    live.settle()
    diagnosis = live.diagnosis()
    assert diagnosis.coverage.lines == 5000
    assert 100 < diagnosis.mascots.height <= 1000
    assert diagnosis.mascots["mascot_id"].max() == "m-004999"


def test_live_silence_counts_once_it_is_known_to_be_one(rulebook: Rulebook) -> None:
    live = Live(rulebook, Options(), ["live"])
    live.feed(line(0, "Processing mascot generation:"))
    live.settle()
    assert dict(live.diagnosis().by_outcome) == {"in_flight": 1}
    newest = live.newest
    assert newest is not None
    assert dict(live.diagnosis(newest + 3600 * SECOND).by_outcome) == {"stalled": 1}
