"""`POST /api/scan`: the contract, and a clear refusal of everything else."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from logscan import load_rules, scan, to_json
from tests.web.client import Answer, Client
from tests.web.conftest import FIXTURES, LOG, Serve

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LINE = b"2026-11-22T09:05:57.123456789Z [inf]  [HealthController] GET /health 200 26 - 2.104 ms\n"


def left(data: Path) -> list[Path]:
    """What a script's scan left on disk."""
    return [path for folder in ("incoming", "reports") for path in (data / folder).iterdir()]


def is_problem(answer: Answer, status: int, key: str, said: str) -> None:
    assert answer.status == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["type"].endswith(f"#problem-{key}")
    assert answer.json["status"] == status
    assert said in answer.json["detail"].replace("\u00a0", " "), answer.json


def test_api_answers_what_the_command_prints(client: Client) -> None:
    path = FIXTURES / "two-services-two-forms"
    files = [("file", name, (path / name).read_bytes()) for name in ("input-backend.jsonl", "input-worker.log")]
    answer = client.post("/api/scan", files)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    printed = to_json(scan([path / "input-backend.jsonl", path / "input-worker.log"]), load_rules())
    assert answer.text == printed.replace(f"{path}/", "")


def test_api_gives_the_report_as_a_page_when_asked(client: Client) -> None:
    answer = client.post("/api/scan", [("file", "b.log", LOG)], {"lang": "fr"}, Accept="text/html")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert '<html lang="fr">' in answer.text
    assert "sandbox" in answer.headers["content-security-policy"]


def test_api_takes_options_in_the_form_or_in_the_address(client: Client) -> None:
    whole = client.scan(LOG).json
    for answer in (
        client.scan(LOG, since="2026-11-23T09:14:30Z"),
        client.post("/api/scan?since=2026-11-23T09:14:30Z", [("file", "b.log", LOG)]),
    ):
        assert 0 < answer.json["input"]["lines"] < whole["input"]["lines"]


def test_api_keeps_nothing(serve: Serve, tmp_path: Path) -> None:
    client = serve()
    assert client.scan(LOG).status == 200
    assert client.scan(b"\x89PNG\r\n").status == 415
    assert client.scan(LOG, tz="Nowhere/Else").status == 422
    assert left(tmp_path / "data") == []


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress, bz2.compress, lzma.compress])
def test_api_reads_compressed_files(client: Client, pack: object) -> None:
    assert callable(pack)
    assert client.scan(pack(LOG)).json["verdict"] == "jobs-failing"


def test_api_finds_a_console_beside_the_logs_by_its_content(client: Client) -> None:
    console = (FIXTURES / "plugin-gave-up-devtools" / "input.log").read_bytes()
    answer = client.post("/api/scan", [("file", "a.bin", LOG), ("file", "b.bin", console)])
    assert [source["format"] for source in answer.json["input"]["sources"]] == ["nest", "devtools"]


def test_api_finds_an_export_of_the_database_by_its_content(client: Client) -> None:
    path = FIXTURES / "database-and-console-join"
    files = [("file", it.name, it.read_bytes()) for it in sorted(path.glob("input-*"))]
    report = client.post("/api/scan", files).json
    assert report["database"]["images_missing"] == 2
    assert [it["joined"] for it in report["plugin"]["batches"]] == ["database"]


def test_api_wants_a_file(client: Client) -> None:
    is_problem(client.post("/api/scan", [], {"lang": "en"}), 422, "no-file", "field 'file'")
    is_problem(client.post("/api/scan", [("file", "", b"")]), 422, "no-file", "field 'file'")
    is_problem(client.scan(b""), 422, "empty", "empty")


@pytest.mark.parametrize(
    ("name", "value"), [("tz", "Nowhere/Else"), ("tz", "../../etc/passwd"), ("since", "yesterday"), ("until", "9" * 60), ("lang", "de")]
)
def test_api_names_the_option_that_it_cannot_read(client: Client, name: str, value: str) -> None:
    is_problem(client.scan(LOG, **{name: value}), 422, "bad-option", f"'{value}' will not do for {name}")


def test_api_refuses_a_window_that_ends_before_it_begins(client: Client) -> None:
    is_problem(client.scan(LOG, since="1h", until="2h"), 422, "bad-option", "until")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"PK\x03\x04", "zip archive"),
        (b"%PDF-1.7", "PDF file"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\x7fELF", "ELF"),
        (b"a\0b\0c" * 99, "binary file"),
    ],
)
@pytest.mark.parametrize("size", [0, 9000])
def test_api_says_what_a_file_is_that_is_no_log(client: Client, head: bytes, kind: str, size: int) -> None:
    is_problem(client.scan(head + b"\0" * size, "mine.log"), 415, "not-a-log", f"mine.log is a {kind}")


def test_api_wants_a_form(client: Client) -> None:
    for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/mixed; boundary=x"):
        is_problem(client.send("POST", "/api/scan", LOG, {"Content-Type": kind}), 415, "wrong-type", kind.partition(";")[0])
    is_problem(client.send("POST", "/api/scan", LOG), 415, "wrong-type", "nothing")
    packed = {"Content-Type": "multipart/form-data; boundary=x", "Content-Encoding": "gzip"}
    is_problem(client.send("POST", "/api/scan", LOG, packed), 415, "wrong-type", "gzip")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"--x", b"nothing of the kind", b"--x\r\n\r\n", b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
        b"--x\r\n" + b"A: b\r\n" * 5000 + b"\r\n", b"--x\r\nA: " + b"b" * 99999, b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 99,
        b'--x\r\nContent-Disposition: form-data; name="other"; filename="a"\r\n\r\nabc\r\n--x--\r\n',
    ],
)  # fmt: skip
def test_api_survives_forms_that_are_none(client: Client, body: bytes) -> None:
    answer = client.send("POST", "/api/scan", body, {"Content-Type": "multipart/form-data; boundary=x"})
    is_problem(answer, 400, "malformed", "multipart form")
    long = client.send("POST", "/api/scan", b"", {"Content-Type": "multipart/form-data; boundary=" + "x" * 500})
    assert long.status == 400
    assert client.send("POST", "/api/scan", b"", {"Content-Type": "multipart/form-data"}).status == 400


def test_api_refuses_fields_that_are_no_options(client: Client) -> None:
    is_problem(client.scan(LOG, tz="x" * 5000), 413, "field-too-long", "'tz'")


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd", "..\\..\\windows\\system32", "/etc/shadow", "a\x00b", "\x1b[31mred", "<img src=x onerror=alert(1)>.log",
        "x" * 5000 + ".log", "..", "日本語.log", "meta.json", "CON", "a%0d%0aSet-Cookie: a=b", "-rf", "\udcff\udcfe",
    ],
)  # fmt: skip
def test_api_takes_names_for_show_only(client: Client, name: str) -> None:
    answer = client.scan(LOG, name)
    if answer.status != 200:
        is_problem(answer, 400, "malformed", "multipart form")  # a header that no browser would send
        return
    (source,) = answer.json["input"]["sources"]
    assert source["name"]
    assert len(source["name"]) <= 130
    assert not any(bad in source["name"] for bad in "/\\\0\x1b\n\r")


def test_api_tells_files_of_one_name_apart(client: Client) -> None:
    answer = client.post("/api/scan", [("file", "b.log", LOG), ("file", "b.log", LINE), ("file", "", LINE)])
    assert [source["name"] for source in answer.json["input"]["sources"]] == ["b.log", "b (2).log", "file-3.log"]


def test_api_shows_hostile_content_as_text(client: Client) -> None:
    log = (FIXTURES / "hostile-text" / "input.jsonl").read_bytes()
    page = client.post("/api/scan", [("file", "<script>alert(1)</script>.log", log)], Accept="text/html")
    assert page.status == 200
    assert "<script>alert" not in page.text


def test_api_masks_secrets_unless_told_otherwise(client: Client) -> None:
    log = LOG.replace(b"Resource exhausted.", b"Resource exhausted. redis://default:s3cr3t-p4ss@redis.railway.internal:6379")
    assert b"s3cr3t-p4ss" not in client.scan(log).body
    assert b"s3cr3t-p4ss" in client.scan(log, redact="no").body


def test_api_never_shows_secrets_where_others_can_come(serve: Serve) -> None:
    client = serve(hosts=("logs.example.org",))
    is_problem(client.scan(LOG, redact="no"), 422, "must-redact", "--no-redact")


def test_api_refuses_what_is_too_large_with_its_limit(serve: Serve, tmp_path: Path) -> None:
    client = serve(upload=100_000, files=3)
    answer = client.scan(LINE * 2000)
    is_problem(answer, 413, "too-large", "at most 97.7 kB")
    assert answer.json["limit"] == {"name": "--max-upload", "value": "97.7\u00a0kB"}
    is_problem(client.post("/api/scan", [("file", "a.log", LINE)] * 4), 413, "too-many-files", "at most 3 files")
    is_problem(client.post("/api/scan", [("file", "a.log", b"")] * 4), 413, "too-many-files", "at most 3 files")
    # Far beyond: refused by its announced length, without waiting for it.
    is_problem(client.scan(LINE * 50_000), 413, "too-large", "at most 97.7 kB")
    assert client.scan(LINE * 1000).status == 200
    assert left(tmp_path / "data") == []


def test_api_says_that_the_disk_is_full_before_it_is(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve()
    real = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("logscan.web.upload.shutil.disk_usage", lambda _: real._replace(free=1 << 20))
    is_problem(client.scan(LOG), 507, "no-space", "has to make some")
    assert left(tmp_path / "data") == []


def test_api_stops_at_bombs(serve: Serve, tmp_path: Path) -> None:
    client = serve(expanded=2 << 20)
    for pack in (gzip.compress, zstd.compress, bz2.compress, lzma.compress):
        bomb = pack(LINE * 50_000)
        assert len(bomb) < 50_000
        is_problem(client.scan(bomb), 413, "expands-too-far", "more than 2 MB")
    # Many small ones are one big one.
    is_problem(client.post("/api/scan", [("file", "a.gz", gzip.compress(LINE * 10_000))] * 5), 413, "expands-too-far", "more than 2 MB")
    assert client.scan(LOG).status == 200
    assert left(tmp_path / "data") == []


def test_api_stops_a_scan_that_takes_too_long(serve: Serve) -> None:
    client = serve(scan_time=0.01)
    answer = client.scan(LINE * 100_000)
    is_problem(answer, 422, "scan-too-long", "It was stopped after")
    assert answer.json["limit"]["name"] == "--max-time"


def test_api_counts_requests_of_a_client(serve: Serve) -> None:
    client = serve(rate=3)
    assert [client.post("/api/scan", []).status for _ in range(3)] == [422] * 3
    answer = client.scan(LOG)
    is_problem(answer, 429, "too-many-requests", "3 a minute")
    assert 1 <= int(answer.headers["retry-after"]) <= 21


def test_api_says_when_the_line_is_full(serve: Serve) -> None:
    client = serve(queue=1)
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda _: client.scan(LINE * 20_000), range(6)))
    assert {answer.status for answer in answers} == {200, 429}
    refused = next(answer for answer in answers if answer.status == 429)
    is_problem(refused, 429, "queue-full", "1 uploads are being read")
    assert client.scan(LOG).status == 200


def test_api_serves_twenty_at_once_and_the_page_meanwhile(serve: Serve, tmp_path: Path) -> None:
    client = serve(workers=2)
    logs = [LOG.replace(b"024c8711", b"%08d" % number) for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        running = [pool.submit(client.scan, log, f"{number}.log") for number, log in enumerate(logs)]
        assert client.get("/").status == 200
        assert not all(one.done() for one in running)
        answers = [one.result() for one in running]
    for number, answer in enumerate(answers):
        assert answer.status == 200
        assert answer.json["input"]["sources"][0]["name"] == f"{number}.log"
        assert f"{number:08d}-1f14" in json.dumps(answer.json)
    assert left(tmp_path / "data") == []
