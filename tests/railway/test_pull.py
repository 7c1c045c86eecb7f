"""`logscan pull` against a server: what it writes, what it survives, what it says."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from logscan.times import SECOND, format_stamp
from tests.railway.conftest import Logscan
from tests.railway.server import Fault, Railway
from tests.railway.world import ACCOUNT, API, ENVIRONMENT, NOON, OWN, PROJECT, PROJECT_TOKEN, REDIS, WORKER, Logs, Service, http_row, row

PULL = ("pull", "--since", format_stamp(NOON), "--until", format_stamp(NOON + 3600 * SECOND), "-o", "logs.jsonl")


def fill(railway: Railway, number: int = 40, step: int = SECOND) -> list[dict[str, Any]]:
    railway.world.logs.add(row(NOON + n * step, f"line {n}", (API, WORKER)[n % 2]) for n in range(number))
    return railway.world.logs.rows


def lines(path: str | Path = "logs.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_bytes().splitlines()]


def coverage(path: str = "logs.jsonl") -> dict[str, Any]:
    told: dict[str, Any] = json.loads(Path(path + ".coverage.json").read_bytes())
    return told


def test_pull_writes_the_rows_as_they_are_oldest_first(railway: Railway, logscan: Logscan) -> None:
    rows = fill(railway)
    railway.world.deployment("d0", API, NOON - 900 * SECOND, "REMOVED", commitHash="f00", commitMessage="before")
    railway.world.deployment("d1", API, NOON + 5 * SECOND, commitHash="abc", commitMessage="fix")
    done = logscan(*PULL, "--page", "7")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("logscan: logs.jsonl: 40 rows, 2024-06-01T12:00:00Z to 2024-06-01T13:00:00Z, ")
    assert lines() == rows
    told = coverage()
    assert (told["rows"], told["missing"], told["size"]) == (40, [], Path("logs.jsonl").stat().st_size)
    assert [(it["id"], it["status"], it["commit"], it["message"]) for it in told["deployments"]] == [
        ("d0", "REMOVED", "f00", "before"), ("d1", "SUCCESS", "abc", "fix"),
    ]  # fmt: skip
    assert sorted(path.name for path in Path().iterdir() if path.is_file()) == ["logs.jsonl", "logs.jsonl.coverage.json"]


def test_pull_asks_in_the_name_of_logscan_with_the_right_header(
    railway: Railway, logscan: Logscan, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert logscan(*PULL).code == 0
    assert {it.get("project-access-token") for it in railway.headers} == {PROJECT_TOKEN}
    assert all(it["user-agent"].startswith("logscan/") and "authorization" not in it for it in railway.headers)
    railway.headers.clear()
    monkeypatch.delenv("RAILWAY_TOKEN")
    monkeypatch.setenv("RAILWAY_API_TOKEN", ACCOUNT)
    assert logscan(*PULL).code == 0
    assert {it.get("authorization") for it in railway.headers} == {f"Bearer {ACCOUNT}"}


@pytest.mark.parametrize("name", ["logs.jsonl.gz", "logs.jsonl.zst", "logs.jsonl.bz2", "logs.jsonl.xz"])
def test_pull_compresses_as_the_name_says(railway: Railway, logscan: Logscan, name: str) -> None:
    fill(railway)
    assert logscan(*PULL[:-1], name).code == 0
    assert Path(name).read_bytes()[:1] != b"{"
    done = logscan("scan", name, "--format", "json", "--exit-zero")
    assert json.loads(done.out)["input"]["lines"] == 40


def test_pull_to_standard_output_feeds_a_scan(railway: Railway, logscan: Logscan) -> None:
    rows = fill(railway)
    done = logscan(*PULL[:-1], "-")
    assert [json.loads(line) for line in done.out.splitlines()] == rows
    assert [path.name for path in Path().iterdir() if path.is_file()] == []


def test_pull_takes_services_by_name_or_id_and_leaves_logscan_itself_out(
    railway: Railway, logscan: Logscan, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(railway)
    railway.world.logs.add([row(NOON + 1, "own", OWN), row(NOON + 2, "redis", REDIS)])
    railway.world.services.append(Service(OWN, "logscan"))

    def services(*options: str) -> set[str]:
        assert logscan(*PULL, *options, "--restart").code == 0
        return {it["tags"]["serviceId"] for it in lines()}

    assert services("--service", "Worker") == {WORKER}
    assert services("--service", "backend", "--service", WORKER) == {API, WORKER}
    monkeypatch.setenv("RAILWAY_SERVICE_ID", WORKER)
    assert services() == {WORKER}
    assert services("--service", "all") == {API, WORKER, REDIS, OWN}
    # On Railway that variable names the service that asks.
    monkeypatch.setenv("RAILWAY_SERVICE_ID", OWN)
    monkeypatch.setenv("RAILWAY_REPLICA_ID", "r")
    assert services() == {API, WORKER, REDIS}
    done = logscan(*PULL, "--service", "logscan")
    assert done.code == 2
    assert "the service that logscan itself runs in" in done.err


def test_pull_fetches_image_requests_of_every_deployment_on_demand(railway: Railway, logscan: Logscan) -> None:
    fill(railway, 4)
    for number, name in enumerate(("d1", "d2")):
        railway.world.deployment(name, API, NOON + number * SECOND, "REMOVED" if number else "SUCCESS")
        paths = ["/health", "/images/a.png", "/mascots/7/image"] * 5
        railway.world.http[name] = Logs([http_row(NOON + number + n * SECOND // 2, path, name) for n, path in enumerate(paths)])
    assert logscan(*PULL, "--http", "--page", "6").code == 0
    got = lines()
    assert [it["timestamp"] for it in got] == sorted(it["timestamp"] for it in got)
    assert len([it for it in got if "httpStatus" in it]) == 20
    assert len([it for it in got if "message" in it]) == 4


FAULTS = {
    "cut": Fault("cut"), "drop": Fault("drop"), "short": Fault("short"), "html": Fault("html"), "500": Fault("status", text="500"),
    "problem": Fault("error"), "null": Fault("error", text="Internal server error"),
    "429": Fault("429", {"retry-after": "0"}), "429-reset": Fault("429", {"x-ratelimit-reset": "0", "x-ratelimit-remaining": "0"}),
    "429-draft": Fault("429", {"ratelimit": '"default";r=0;t=0', "ratelimit-policy": '"default";q=1000;w=3600'}),
    "limited": Fault("error", {}, text="Rate limit exceeded"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_pull_survives(railway: Railway, logscan: Logscan, name: str) -> None:
    rows = fill(railway)
    fault = FAULTS[name]
    if name == "limited":
        railway.answer_headers["retry-after"] = "0"
    railway.faults.extend([None, fault, None, None, fault, fault, None, fault])
    done = logscan(*PULL, "--page", "9")
    assert done.code == 0, done.err
    assert lines() == rows


def test_pull_survives_answers_that_take_too_long(railway: Railway, logscan: Logscan, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = fill(railway)
    monkeypatch.setenv("RAILWAY_HTTP_TIMEOUT", "1")
    railway.faults.extend([None, None, None, Fault("slow", seconds=1.3)])
    assert logscan(*PULL, "--page", "9").code == 0
    assert lines() == rows


def test_pull_asks_for_less_where_answers_keep_breaking(railway: Railway, logscan: Logscan) -> None:
    rows = fill(railway, 900)
    railway.faults.extend([None, None, None, Fault("cut"), Fault("cut"), Fault("cut")])
    assert logscan(*PULL, "--page", "1000").code == 0
    assert lines() == rows
    asked = [it["variables"]["limit"] for it in railway.asked if "limit" in it["variables"]]
    assert asked[:4] == [1000, 1000, 500, 250]


def test_pull_stops_at_its_budget_and_goes_on_with_the_next(railway: Railway, logscan: Logscan) -> None:
    rows = fill(railway)
    done = logscan(*PULL, "--page", "9", "--max-requests", "5")
    assert done.code == 3
    assert "not everything was fetched: the budget of 5 requests is used up (--max-requests)" in done.err
    assert "the same command goes on where this stopped" in done.err
    kept = lines()
    assert 0 < len(kept) < 40
    assert kept == rows[-len(kept) :]
    (missing,) = coverage()["missing"]
    assert (missing["since"], missing["until"]) == ("2024-06-01T12:00:00Z", f"{kept[0]['timestamp'].split('.')[0]}Z")
    # What lies beside it, and is kept until the pull goes on, holds no token.
    assert all(PROJECT_TOKEN.encode() not in path.read_bytes() for path in Path().iterdir() if path.is_file())
    before = len(railway.asked)
    done = logscan(*PULL, "--page", "9")
    assert (done.code, lines(), coverage()["missing"]) == (0, rows, [])
    assert "going on with the pull that began at" in done.err
    assert len(railway.asked) - before < 8


def test_pull_holds_the_pull_that_was_broken_off_against_another_one(railway: Railway, logscan: Logscan) -> None:
    fill(railway)
    assert logscan(*PULL, "--page", "9", "--max-requests", "5").code == 3
    done = logscan(*PULL, "--service", "worker")
    assert done.code == 2
    assert "--restart to throw it away" in done.err
    assert logscan(*PULL, "--service", "worker", "--restart").code == 0
    assert len(lines()) == 20


def test_pull_does_not_wait_longer_than_it_may(railway: Railway, logscan: Logscan) -> None:
    fill(railway)
    railway.faults.extend([None, None, None, Fault("429", {"Retry-After": "1800"})])
    done = logscan(*PULL, "--page", "9", "--max-wait", "1m")
    assert done.code == 3
    assert "Railway's rate limit is reached; it asks to wait 30m, which is longer than --max-wait 1m" in done.err
    railway.faults.clear()
    railway.answer_headers.update({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 900)})
    done = logscan(*PULL, "--page", "9", "--max-wait", "1m", "--restart")
    assert done.code == 3
    assert "longer than --max-wait 1m" in done.err


def test_pull_ends_where_the_limit_is_never_renewed(railway: Railway, logscan: Logscan) -> None:
    fill(railway)
    railway.faults.extend([None, None, None, *[Fault("429", {"Retry-After": "0"})] * 30])
    done = logscan(*PULL, "--page", "9")
    assert done.code == 3
    assert "is not renewed after 20 pauses" in done.err


def test_pull_keeps_what_was_there_where_nothing_could_be_fetched(railway: Railway, logscan: Logscan) -> None:
    Path("logs.jsonl").write_text("kept\n")
    railway.faults.extend([None, None] + [Fault("status", text="503")] * 20)
    done = logscan(*PULL)
    assert (done.code, Path("logs.jsonl").read_text()) == (3, "kept\n")
    assert "Railway does not answer as it should, tried 6 times: HTTP 503" in done.err
    assert not Path("logs.jsonl.pull").exists()


def test_pull_says_what_a_burst_beyond_a_page_may_have_cost(railway: Railway, logscan: Logscan) -> None:
    railway.world.logs.add([row(NOON, "before"), *(row(NOON + 5, f"{n}") for n in range(30)), row(NOON + 9, "after")])
    done = logscan(*PULL, "--page", "10")
    assert done.code == 0
    assert "logscan: 2024-06-01T12:00:00.000000005Z: more rows at one moment than Railway gives at once; some may be missing" in done.err
    assert [it["message"] for it in lines()][::20][:1] == ["before"]
    assert coverage()["missing"][0]["reason"].startswith("more rows at one moment")


@pytest.mark.parametrize("days", [7, 30])
def test_pull_fetches_what_railway_keeps_where_more_is_asked_for(railway: Railway, logscan: Logscan, days: int) -> None:
    day, now = 86400 * SECOND, time.time_ns()
    railway.world.logs.add(row(now - n * day, f"{n} days ago") for n in range(60, 0, -1))
    railway.world.manner.keeps = days * day
    done = logscan("pull", "--since", "60d", "-o", "logs.jsonl", "--page", "5")
    assert done.code == 0, done.err
    assert [it["message"] for it in lines()] == [f"{n} days ago" for n in range(days - 1, 0, -1)]
    (missing,) = coverage()["missing"]
    assert missing["reason"] == "older than what Railway keeps"
    assert f"logscan: missing: {missing['since']} to {missing['until']}: older than what Railway keeps" in done.err


def test_pull_uses_railways_clock_where_this_machines_is_wrong(railway: Railway, logscan: Logscan) -> None:
    """A clock that is slow would cut off the newest lines."""
    railway.date = time.time() + 7200
    railway.world.logs.add([row(time.time_ns() + 7100 * SECOND, "just now")])
    assert logscan("pull", "--since", "10m", "-o", "logs.jsonl").code == 0
    assert [it["message"] for it in lines()] == ["just now"]


def start(railway: Railway, *options: str) -> subprocess.Popen[bytes]:
    """The command as a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "logscan", *map(str, PULL), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_for(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX")
def test_pull_killed_again_and_again_loses_no_row_and_doubles_none(
    railway: Railway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # Stamps that several rows share, so that borders of pages fall between them.
    railway.world.logs.add(row(NOON + n // 3 * SECOND, f"line {n % 4}") for n in range(3000))
    for round_number in range(4):
        seen = len(railway.asked)
        killed = start(railway, "--page", "50")
        wait_for(lambda seen=seen, n=round_number: len(railway.asked) > seen + 6 + 3 * n)  # type: ignore[misc]
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        assert not Path("logs.jsonl").exists()
        assert all(json.loads(line) for line in Path("logs.jsonl.part").read_bytes().split(b"\n")[:-1])
    last = start(railway, "--page", "50")
    _, err = last.communicate(timeout=60)
    assert last.returncode == 0, err
    assert lines() == railway.world.logs.rows


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_pull_interrupted_writes_what_it_has(railway: Railway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = fill(railway, 2000)
    railway.faults.extend([None] * 8 + [Fault("slow", seconds=9)])
    stopped = start(railway, "--page", "50")
    wait_for(lambda: len(railway.asked) > 8)
    stopped.send_signal(signal.SIGINT)
    _, err = stopped.communicate(timeout=30)
    assert stopped.returncode == 130, err
    assert b"it was interrupted" in err
    assert b"Traceback" not in err
    kept = lines()
    assert kept == rows[-len(kept) :]
    assert len(kept) > 100


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_scan_of_a_pull_that_is_interrupted_reports_what_it_has(railway: Railway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fill(railway, 9000, SECOND // 3)
    railway.faults.extend([None] * 4 + [Fault("slow", seconds=9)])
    command = [sys.executable, "-m", "logscan", "scan", "--railway", *map(str, PULL[1:5]), "--format", "json"]
    stopped = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: len(railway.asked) > 4)
    stopped.send_signal(signal.SIGINT)
    out, err = stopped.communicate(timeout=30)
    assert stopped.returncode == 130, err
    told = json.loads(out)
    assert told["input"]["lines"] == 5001
    assert told["input"]["notes"][0].startswith("railway:production: 2024-06-01T12:00:00Z to 2024-06-01T12:2")


def test_pull_lets_only_one_write_a_file(railway: Railway, logscan: Logscan) -> None:
    pytest.importorskip("fcntl")
    fill(railway, 2000)
    railway.faults.extend([None] * 4 + [Fault("slow", seconds=9)])
    first = start(railway, "--page", "50")
    wait_for(lambda: len(railway.asked) > 4)
    done = logscan(*PULL)
    first.kill()
    first.communicate()
    assert (done.code, done.err) == (2, "logscan: another pull is writing 'logs.jsonl' at this moment\n")


def test_pull_of_a_truncated_gz_is_no_pull_result(railway: Railway, logscan: Logscan) -> None:
    """The account belongs to the very file that was pulled: a changed one is read without it."""
    fill(railway)
    assert logscan(*PULL[:-1], "logs.jsonl.gz").code == 0
    plain = gzip.decompress(Path("logs.jsonl.gz").read_bytes())
    Path("logs.jsonl.gz").write_bytes(gzip.compress(plain[: len(plain) // 2]))
    done = logscan("scan", "logs.jsonl.gz", "--format", "json", "--exit-zero")
    assert done.code in (0, 3)
    assert PROJECT not in done.err + ENVIRONMENT[:0]
