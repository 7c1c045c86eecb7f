"""What README shows of Railway, played against the server: the blocks under `<!-- railway -->` are one session.

`LOGSCAN_ACCEPT_GOLD=1 pytest tests/railway/test_readme.py` puts today's output into them.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from logscan.cli.main import run
from logscan.times import MINUTE, SECOND, parse_stamp
from tests.railway.server import Railway
from tests.railway.test_check import GOOD, REDIS_OWN, URL
from tests.railway.world import API, PROJECT_TOKEN, REDIS, WORKER, Service
from tests.test_readme import README, ROOT, blocks, replayed, text

NOW = parse_stamp("2026-11-26T13:30:00Z") or 0


@pytest.fixture
def project(railway: Railway, monkeypatch: pytest.MonkeyPatch) -> Railway:
    """A project whose API enqueues into one Redis, and whose worker awaits jobs from another."""
    rows = [json.loads(line) for line in (ROOT / "fixtures/worker-missing-api-rows/input.jsonl").read_text("utf-8").splitlines()]
    order = ("timestamp", "message", "severity", "attributes", "tags")
    railway.world.logs.add({name: it[name] for name in order} | {"tags": {**it["tags"], "serviceId": API}} for it in rows)
    railway.world.deployment("d1", API, NOON_OF_ROWS, commitHash="3f1c2ab9d0", commitMessage="Queue for variations")
    railway.world.services[:] = [
        Service(API, "backend", variables=dict(URL)), Service(WORKER, "worker", variables={**GOOD, "REDIS_HOST": "localhost"}),
        Service(REDIS, "Redis", image="redis:7.4", variables=dict(REDIS_OWN)),
    ]  # fmt: skip
    monkeypatch.setattr("logscan.railway.client.Client.now", lambda _: NOW)
    monkeypatch.setenv("COLUMNS", "100")
    return railway


NOON_OF_ROWS = NOW - 10 * MINUTE - 5 * SECOND


def test_readme_session_with_railway_goes_as_it_is_told(
    project: Railway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)

    told = replayed("railway", capsysbinary)
    assert told == text(README)
    assert told.count("<!-- railway -->") >= 2
    assert PROJECT_TOKEN not in told


def test_readme_line_of_follow_is_what_follow_prints(
    project: Railway, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (shown,) = (json.loads(block) for block in blocks("json", README))
    log = (ROOT / "fixtures/worker-missing-api-rows/input.jsonl").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(log)))
    assert run(["follow", "-"]) == 1
    said = [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    assert {**said[0], "at": shown["at"]} == shown
