"""The page without scripts: upload, wait, report, list, delete, demo; and what is left on disk."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import pytest

from logscan.web.jobs import Jobs
from tests.web.client import Client
from tests.web.conftest import LOG, Serve


def test_page_takes_a_form_and_leads_to_the_report(serve: Serve, tmp_path: Path) -> None:
    client = serve()
    address = client.upload(LOG, "quota.log", tz="Europe/Paris", since="2026-11-01")
    assert re.fullmatch(r"/r/[\w-]{22}", address)
    assert client.wait(address) == "done"
    page = client.get(address)
    assert page.status == 200
    assert "logscan scan quota.log --lang en --tz Europe/Paris --since 2026-11-01 -o report.html" in page.text
    report = client.get(f"{address}/report.html")
    assert "2 mascots could not be generated" in report.text
    assert "sandbox allow-scripts" in report.headers["content-security-policy"]
    assert "allow-same-origin" not in report.headers["content-security-policy"]
    assert "default-src 'none'" in report.headers["content-security-policy"]
    assert "2 mascottes" in client.get(f"{address}/report.html?lang=fr").text
    assert '<html lang="en">' in client.get(address).text  # the report's language is not the page's
    assert client.get(f"{address}/report.json").json["verdict"] == "jobs-failing"
    taken = client.get(f"{address}/report.html?download").headers["content-disposition"]
    assert taken == 'attachment; filename="logscan-report.html"'
    folder = tmp_path / "data" / "reports" / address.removeprefix("/r/")
    # The log is gone, and nothing of it but the report remains.
    assert sorted(path.name for path in folder.iterdir()) == ["meta.json", "report.en.html", "report.fr.html", "report.json"]
    if os.name == "posix":
        assert folder.parent.stat().st_mode & 0o077 == 0


def test_page_takes_pasted_lines(client: Client) -> None:
    answer = client.post("/scan", [], {"form": client.form_token(), "paste": LOG.decode()}, Accept="text/html")
    address = answer.headers["location"]
    assert client.wait(address) == "done"
    assert "logscan scan pasted.log" in client.get(address).text
    empty = client.post("/scan", [("file", "", b"")], {"form": client.form_token(), "paste": ""}, Accept="text/html")
    assert empty.status == 422
    assert "No log was given" in empty.text


def test_page_shows_a_refusal_as_a_page_in_the_readers_language(client: Client) -> None:
    answer = client.post(
        "/scan", [("file", "a.zip", b"PK\x03\x04")], {"form": client.form_token()}, Accept="text/html", Accept_Language="fr"
    )
    assert answer.status == 415
    assert "Ce n&#39;est pas un journal" in answer.text
    script = client.post(
        "/scan", [("file", "a.zip", b"PK\x03\x04")], {"form": client.form_token()}, Accept="application/json", Accept_Language="fr"
    )
    assert script.json["title"] == "Ce n'est pas un journal"


def test_page_waits_for_a_scan_without_scripts(serve: Serve) -> None:
    client = serve()
    address = client.upload(LOG * 60)
    waiting = client.get(address)
    assert '<noscript><meta http-equiv="refresh"' in waiting.text
    assert client.get(f"{address}/report.html").status == 404
    assert client.wait(address) == "done"
    assert "http-equiv" not in client.get(address).text


def test_page_lists_a_browsers_own_reports(client: Client) -> None:
    address = client.upload(LOG, "mine-alone.log")
    client.wait(address)
    assert address in client.get("/").text
    assert "2 mascots could not be generated" in client.get("/").text
    stranger = Client(client.address)
    assert address not in stranger.get("/").text
    # Who has the address may look.
    assert stranger.get(f"{address}/report.html").status == 200


def test_page_deletes_for_the_browser_that_made_it(serve: Serve, tmp_path: Path) -> None:
    client = serve()
    address = client.upload(LOG)
    client.wait(address)
    stranger = Client(client.address)
    assert "/delete" not in stranger.get(address).text
    refused = stranger.submit(f"{address}/delete", {"form": stranger.form_token()})
    assert refused.status == 403
    assert "Not your report" in refused.text
    assert client.submit(f"{address}/delete", {"form": "wrong"}).status == 403
    gone = client.submit(f"{address}/delete", {"form": client.form_token()})
    assert (gone.status, gone.headers["location"]) == (303, "/?deleted")
    assert client.get(address).status == 404
    assert list((tmp_path / "data" / "reports").iterdir()) == []


def test_page_cancels_a_scan_that_works(serve: Serve, tmp_path: Path) -> None:
    client = serve()
    address = client.upload(LOG * 1000)
    while client.get(f"{address}/status", Accept="application/json").json["step"] != "read":
        time.sleep(0.02)
    client.submit(f"{address}/delete", {"form": client.form_token()})
    assert client.get(address).status == 404
    other = client.upload(LOG)
    assert client.wait(other) == "done"
    assert [path.name for path in (tmp_path / "data" / "reports").iterdir()] == [other.removeprefix("/r/")]


def test_page_forgets_after_the_time_to_keep(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logscan.web.jobs._TEND", 0.2)
    client = serve(keep=3)
    address = client.upload(LOG)
    end = time.monotonic() + 30
    while list((tmp_path / "data" / "reports").iterdir()):
        assert time.monotonic() < end
        time.sleep(0.1)
    assert client.get(address).status == 404


def test_page_shows_a_demo_that_says_so(client: Client) -> None:
    address = client.get("/demo").headers["location"]
    assert client.wait(address.partition("?")[0]) == "done"
    page = client.get(address).text
    assert "This report was made from a log that ships with logscan, not from yours." in page
    assert "/delete" not in page
    assert client.get("/demo").headers["location"] == address
    assert address.partition("?")[0] not in client.get("/").text


def test_page_speaks_the_readers_language(client: Client) -> None:
    assert '<html lang="en">' in client.get("/", Accept_Language="de, en;q=0.5").text
    assert '<html lang="fr">' in client.get("/", Accept_Language="de, fr-CA;q=0.9, en;q=0.5").text
    assert '<html lang="fr">' in client.get("/?lang=fr").text
    assert '<html lang="fr">' in client.get("/", Accept_Language="en").text  # chosen once
    assert '<html lang="en">' in client.get("/?lang=en", Accept_Language="fr").text


def test_page_tells_scripts_how(client: Client) -> None:
    page = client.get("/").text
    assert f"curl -F file=@backend.log {client.address}/api/scan" in page
    for key in ("too-large", "not-a-log", "scan-too-long", "queue-full"):
        assert f'id="problem-{key}"' in page


def test_page_answers_unknown_addresses(client: Client) -> None:
    for path in ("/r/abc", "/r/../../etc/passwd", "/r/%2e%2e", "/r/abc/status", "/static/../app.py", "/static/%2e%2e/app.py", "/x"):
        assert client.get(path, Accept="text/html").status == 404
    assert client.send("PUT", "/scan").headers["allow"] == "POST"


def test_page_says_whether_it_is_well(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve()
    assert client.get("/healthz").json == {"status": "ok", "busy": 0}
    monkeypatch.setattr("logscan.web.store.Store.writable", lambda _: False)
    assert client.get("/healthz").status == 503


def test_page_numbers_its_own_mistakes(serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    client = serve()
    monkeypatch.setattr(Jobs, "recent", lambda *_: 1 / 0)
    answer = client.get("/", Accept="text/html")
    assert answer.status == 500
    number = re.search(r"its log says which \((\w{6})\)", answer.text)
    assert number
    # It is written after the answer.
    end = time.monotonic() + 10
    while f"error {number[1]}" not in caplog.text:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "ZeroDivisionError" in caplog.text
    assert "Content-Security-Policy".lower() in answer.headers


def test_data_folder_survives_what_it_should_not_hold(serve: Serve, tmp_path: Path) -> None:
    reports = tmp_path / "data" / "reports"
    for name, content in (("broken", "{"), ("other", json.dumps({"id": "elsewhere"})), ("empty", None)):
        (reports / name).mkdir(parents=True)
        if content is not None:
            (reports / name / "meta.json").write_text(content)
    (tmp_path / "data" / "key").write_bytes(b"short")
    client = serve()
    assert client.get("/").status == 200
    assert list(reports.iterdir()) == []
