"""What a pull tells a scan: which stretch is missing, and that silence is silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from logscan.fetched import coverage_path, fetched_of
from logscan.times import MINUTE, SECOND, format_stamp
from tests.railway.conftest import Logscan
from tests.railway.server import Railway
from tests.railway.world import API, NOON, WORKER, row

A, B = "7b0f6a3e-1111-4222-8333-444455556666", "8c1f6a3e-1111-4222-8333-444455556666"
PULL = ("pull", "--since", format_stamp(NOON), "--until", format_stamp(NOON + 60 * MINUTE), "-o", "logs.jsonl")


def enqueued(name: str, moment: int) -> dict[str, Any]:
    return row(moment, f"[JobsService] Successfully enqueued mascot generation for {name}")


def noise(railway: Railway, begin: int, end: int, step: int = 10 * SECOND) -> None:
    railway.world.logs.add(row(moment, "[HealthController] GET /health 200", API) for moment in range(begin, end, step))


def report(logscan: Logscan, *options: str) -> dict[str, Any]:
    done = logscan("scan", "logs.jsonl", "--format", "json", "--exit-zero", *options)
    told: dict[str, Any] = json.loads(done.out)
    return told


def outcomes(told: dict[str, Any]) -> dict[str, int]:
    counted: dict[str, int] = told["mascots"]["by_outcome"]
    return counted


def test_silence_up_to_the_end_of_a_pull_is_silence(railway: Railway, logscan: Logscan) -> None:
    """Nothing was written after the enqueueing, and the pull knows it: the job waits. The file alone cannot tell."""
    railway.world.logs.add([enqueued(A, NOON + MINUTE)])
    assert logscan(*PULL).code == 0
    told = report(logscan)
    assert outcomes(told) == {"waiting": 1}
    assert told["input"]["sources"][0]["service"] == "backend"
    # A window that ends before the deadline leaves it open.
    assert outcomes(report(logscan, "--until", format_stamp(NOON + 2 * MINUTE))) == {"in_flight": 1}
    coverage_path(Path("logs.jsonl")).unlink()
    assert outcomes(report(logscan)) == {"in_flight": 1}


def test_a_pull_that_ended_now_leaves_lines_time_to_appear(railway: Railway, logscan: Logscan) -> None:
    import time

    railway.world.logs.add([enqueued(A, time.time_ns() - 130 * SECOND)])
    assert logscan("pull", "--since", "1h", "-o", "logs.jsonl").code == 0
    # Two minutes are over, but the last half one may still be on its way.
    assert outcomes(report(logscan)) == {"in_flight": 1}


def test_what_was_not_fetched_is_a_hole(railway: Railway, logscan: Logscan) -> None:
    noise(railway, NOON, NOON + 60 * MINUTE)
    railway.world.logs.add([
        row(NOON + 55 * MINUTE, f"[MascotGenerationProcessor] Processing mascot generation: {A}", WORKER),
        row(NOON + 56 * MINUTE, f"[MascotGenerationProcessor] Successfully generated mascot {A}", WORKER),
    ])  # fmt: skip
    assert logscan(*PULL, "--page", "50", "--max-requests", "5").code == 3
    told = report(logscan)
    (finding,) = (it for it in told["findings"] if it["id"] == "log-incomplete")
    assert finding["summary"] == "1 stretch of the log was not fetched from Railway. Counts are lower bounds."
    assert told["input"]["notes"][0].startswith("logs.jsonl: 2024-06-01T12:00:00Z to 2024-06-01T12:4")
    # Outside of the hole nothing is said of it.
    inside = report(logscan, "--since", format_stamp(NOON + 54 * MINUTE))
    assert [it["id"] for it in inside["findings"]] == ["healthy"]
    assert logscan(*PULL, "--page", "50").code == 0
    assert "log-incomplete" not in [it["id"] for it in report(logscan)["findings"]]


def test_a_burst_that_may_be_cut_makes_a_mascot_unknown(railway: Railway, logscan: Logscan) -> None:
    railway.world.logs.add(
        [enqueued(A, NOON), *(row(NOON + 9 * SECOND, f"noise {n}") for n in range(30)), row(NOON + 20 * MINUTE, "later")]
    )
    assert logscan(*PULL, "--page", "10").code == 0
    assert outcomes(report(logscan)) == {"unknown": 1}


def test_an_account_of_another_file_is_not_believed(railway: Railway, logscan: Logscan) -> None:
    railway.world.logs.add([enqueued(A, NOON + MINUTE)])
    assert logscan(*PULL).code == 0
    log = Path("logs.jsonl")
    assert fetched_of(log) is not None
    log.write_bytes(log.read_bytes().replace(A.encode(), B.encode()))
    assert fetched_of(log) is None
    assert outcomes(report(logscan)) == {"in_flight": 1}


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff\xfe", b'{"schema":2}', b"[1]", b'{"schema":1,"size":"x"}'])
def test_an_account_that_cannot_be_read_is_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "logs.jsonl").write_text("x\n")
    (tmp_path / "logs.jsonl.coverage.json").write_bytes(data)
    assert fetched_of(tmp_path / "logs.jsonl") is None


def test_a_second_input_that_nobody_vouches_for_keeps_the_end_open(railway: Railway, logscan: Logscan) -> None:
    railway.world.logs.add([enqueued(A, NOON + MINUTE)])
    assert logscan(*PULL).code == 0
    Path("worker.log").write_text("2024-06-01T12:01:30.000000000Z [inf]  [WorkerService] idle\n")
    assert outcomes(report(logscan, "worker.log")) == {"in_flight": 1}


def test_deployments_are_told(railway: Railway, logscan: Logscan) -> None:
    railway.world.logs.add([enqueued(A, NOON + MINUTE)])
    railway.world.deployment("d0", API, NOON - 60 * MINUTE, "REMOVED", commitHash="0ld")
    railway.world.deployment("d1", API, NOON + MINUTE, "SUCCESS", commitHash="abcdef0123", commitMessage="fix\x1b[31m")
    assert logscan(*PULL).code == 0
    told = report(logscan)["input"]["deployments"]
    assert [(it["service"], it["status"], it["created"], it["commit"]) for it in told] == [
        ("backend", "REMOVED", "2024-06-01T11:00:00Z", "0ld"), ("backend", "SUCCESS", "2024-06-01T12:01:00Z", "abcdef0123"),
    ]  # fmt: skip
    out = logscan("scan", "logs.jsonl", "--exit-zero").out
    assert "  deployed 2024-06-01 12:01:00: backend SUCCESS abcdef0 fix\\x1b[31m\n" in out
    # The page marks them on its picture of outcomes, and names them in the table beside it.
    assert logscan("scan", "logs.jsonl", "--exit-zero", "-o", "report.html").code == 0
    page = Path("report.html").read_text(encoding="utf-8")
    assert "backend abcdef0" in page
    assert 'class="mark deploy"' in page


def test_a_worker_whose_lines_were_asked_for_and_are_not_there_is_silent(railway: Railway, logscan: Logscan) -> None:
    """A file of the API's lines alone leaves open what the worker wrote; a pull of all services does not."""
    railway.world.logs.add([enqueued(A, NOON + MINUTE)])
    for options, expected in (((), ("likely", False)), (("--service", "backend"), ("possible", True))):
        assert logscan(*PULL, *options, "--restart").code == 0
        finding = report(logscan)["findings"][0]
        assert finding["id"] == "worker-not-consuming"
        assert (finding["confidence"], bool(finding["missing"])) == expected
