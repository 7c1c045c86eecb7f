"""Image addresses are asked from a server only where its operator and the upload both want it; cases are welcome."""

from __future__ import annotations

import io
import json
import zipfile

from logscan.cases import Kept, packed
from logscan.diagnose import diagnose
from logscan.report.contract import to_json
from logscan.rulebook import load_rules
from logscan.sources import MemorySource
from tests.images.server import storage
from tests.web.client import Client
from tests.web.conftest import LOG, Serve
from tests.web.test_api import is_problem

NAMED = b"2026-11-22T09:05:57.123456789Z [inf]  [StorageService] Public URL: %s\n"


def status_of(text: str) -> str:
    return next(it["status"] for it in json.loads(text)["checks"] if it["id"] == "image-urls")


def test_addresses_are_not_asked_unless_the_server_says_so(client: Client) -> None:
    log = LOG + NAMED % b"http://no-such-host.invalid/a.png"
    assert status_of(client.scan(log).text) == "skip"
    is_problem(client.scan(log, check_urls="yes"), 422, "must-not-ask", "--check-urls")
    assert 'name="check_urls"' not in client.get("/").text


def test_addresses_are_asked_where_both_want_it_and_never_on_private_networks(serve: Serve) -> None:
    with storage(None) as inner:
        client = serve(check_urls=5)
        log = LOG + NAMED % inner.url("/open.png", "http").encode()
        assert 'name="check_urls"' in client.get("/").text
        assert status_of(client.scan(log).text) == "skip"
        answer = client.scan(log, check_urls="yes")
        assert status_of(answer.text) == "fail"
        assert "private network" in answer.text
        assert not inner.asked


def test_addresses_case_is_judged_as_by_command(client: Client) -> None:
    rules = load_rules()
    box: list[Kept] = []
    first = to_json(diagnose([MemorySource("backend.log", LOG)], rules, keep=box.append), rules)
    made = packed(box[0], now=0, reports={"report.json": first}, setup={})
    assert client.scan(made, "case.zip").text == first
    damaged = client.scan(made[: len(made) // 2], "case.zip")
    assert damaged.status == 200 and "this case is damaged" in damaged.text
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("backend.log", LOG)
    assert client.scan(other.getvalue(), "logs.zip").status == 415
