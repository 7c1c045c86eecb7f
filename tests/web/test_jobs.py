"""What a server finds in its data folder, and what a worker process makes of a request."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from logscan import Rulebook
from logscan.errors import LogscanError
from logscan.web.messages import Answer, Request
from logscan.web.options import ScanOptions
from logscan.web.scanner import Scanner
from logscan.web.sessions import load_key
from logscan.web.store import Failure, Meta, Store
from tests.web.client import Client
from tests.web.conftest import LOG, Serve


def left_behind(data: Path, name: str, content: bytes = LOG, **values: Any) -> Meta:
    """A scan as a server that was killed leaves it."""
    folder = data / "reports" / name
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "0").write_bytes(content)
    meta = Meta(name, time.time(), ["a.log"], [len(content)], ScanOptions(), **values)
    (folder / "meta.json").write_bytes(msgspec.json.encode(meta))
    return meta


def test_jobs_left_behind_are_taken_up_or_given_up(serve: Serve, tmp_path: Path) -> None:
    data = tmp_path / "data"
    left_behind(data, "waiting")
    left_behind(data, "fatal", tries=2)
    left_behind(data, "script", kind="script")
    (data / "incoming" / "half" / "files").mkdir(parents=True)
    client = serve()
    assert client.wait("/r/waiting") == "done"
    assert client.state("/r/fatal") == "failed"
    assert client.get("/r/script").status == 404
    assert sorted(path.name for path in (data / "reports").iterdir()) == ["fatal", "waiting"]
    assert not (data / "reports" / "fatal" / "files").exists()
    assert list((data / "incoming").iterdir()) == []


def test_jobs_over_their_time_are_gone_after_a_restart(serve: Serve, tmp_path: Path) -> None:
    meta = left_behind(tmp_path / "data", "old", state="failed", failure=Failure("scan-crashed", {"how": "SIGKILL"}))
    meta.created = 0
    (tmp_path / "data" / "reports" / "old" / "meta.json").write_bytes(msgspec.json.encode(meta))
    client = serve()
    assert client.get("/r/old").status == 404
    assert list((tmp_path / "data" / "reports").iterdir()) == []


def test_jobs_go_on_after_a_mistake_in_one(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    save, full = Store.save, [True]

    def failing(self: Store, meta: Meta) -> None:
        if full.pop() if full else False:
            raise OSError(28, "No space left on device")
        save(self, meta)

    client = serve()
    monkeypatch.setattr(Store, "save", failing)
    answer = client.scan(LOG)
    assert answer.status == 500
    assert answer.json["title"] == "The scan broke off"
    assert client.scan(LOG).status == 200


def test_jobs_say_when_no_process_can_be_started(serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    client = serve()
    monkeypatch.setattr("logscan.web.worker.sys.executable", str(tmp_path / "no-python"))
    answer = client.scan(LOG)
    assert answer.status == 500
    assert "no process: No such file" in answer.json["detail"]
    monkeypatch.undo()
    assert client.scan(LOG).status == 200


def test_failure_of_another_version_is_still_told() -> None:
    assert Failure("something-new", {}).problem().status == 500


def test_key_is_made_once_and_mended(tmp_path: Path) -> None:
    key = load_key(tmp_path)
    assert load_key(tmp_path) == key
    (tmp_path / "key").write_bytes(b"cut")
    assert len(load_key(tmp_path)) == len(key)
    with pytest.raises(LogscanError, match="cannot use the data folder"):
        load_key(tmp_path / "none")


Ask = Callable[..., list[Answer]]


@pytest.fixture
def ask(tmp_path: Path, rulebook: Rulebook) -> Ask:
    """Scan these files as a worker does; its answers."""

    def scan(*contents: bytes, expanded: int = 1 << 30, **options: Any) -> list[Answer]:
        (tmp_path / "files").mkdir()
        for number, content in enumerate(contents):
            (tmp_path / "files" / str(number)).write_bytes(content)
        out = io.BytesIO()
        names = [f"{number}.log" for number in range(len(contents))]
        Scanner(rulebook, out).answer(Request(str(tmp_path), names, ScanOptions(**options), expanded))
        return [msgspec.json.decode(line, type=Answer) for line in out.getvalue().splitlines()]

    return scan


def test_scanner_tells_how_far_it_is_and_sums_up(ask: Ask, tmp_path: Path) -> None:
    *steps, last = ask(LOG, LOG.replace(b"024c8711", b"99999999"))
    assert steps[0].read == len(LOG)
    assert steps[-1].judging
    assert last.last
    assert last.summary is not None
    assert (last.summary.severity, last.summary.mascots) == ("critical", 4)
    assert last.summary.titles[0] != last.summary.titles[1]
    assert "default-src 'none'" in last.summary.policy
    assert {path.name for path in tmp_path.glob("report.*")} == {"report.json", "report.en.html", "report.fr.html"}


def test_scanner_stops_at_what_is_too_much(ask: Ask, tmp_path: Path) -> None:
    last = ask(LOG, LOG, expanded=len(LOG) + 1)[-1]
    assert last.problem == "expands-too-far"
    assert list(tmp_path.glob("report.*")) == []


def test_scanner_reads_the_options(ask: Ask, tmp_path: Path) -> None:
    secret = LOG.replace(b"Resource exhausted.", b"redis://default:s3cr3t-p4ss@redis:6379")
    last = ask(secret, redact=False, until="2026-11-23T08:14:30Z", tz="Europe/Paris")[-1]
    assert last.summary is not None
    # The log's own times are those of Paris: half of it lies before that moment.
    lines = msgspec.json.decode((tmp_path / "report.json").read_bytes())["input"]["lines"]
    assert 20 < lines < 75
    assert "s3cr3t-p4ss" in (tmp_path / "report.json").read_text(encoding="utf-8")


def test_page_of_a_report_that_is_not_there_yet(serve: Serve) -> None:
    client = serve()
    address = client.upload(LOG * 30)
    assert client.get(f"{address}/report.json").status == 404
    assert Client(client.address).get(f"{address}/status", Accept="application/json").status == 200
