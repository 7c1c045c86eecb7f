"""What follows from HTTP requests and from the answers of image addresses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import trustme

from logscan import Diagnosis, Options, load_rules
from logscan.cli.main import run
from logscan.diagnose import diagnose
from logscan.images import image_urls, owner_of, sample, shown, urls_in
from logscan.model import ImageAnswer, ImageUrl
from logscan.recorded import decode, encode
from logscan.report.contract import to_json
from logscan.sources import MemorySource
from tests.images.server import Storage, storage, written
from tests.logs import UUID, Line, enqueued, generated, picked, render

RULES = load_rules()
FIXTURES = Path(__file__).parents[2] / "fixtures"
SECOND = 1_000_000_000
HOST = "mascot-demo.up.railway.app"
GOOD = [enqueued(UUID, 0), picked(UUID, SECOND), generated(UUID, 10 * SECOND), Line(1000 * SECOND, "tick")]


def http(second: int, path: str, status: int, took: int = 5, method: str = "GET", deployment: str | None = None) -> bytes:
    stamp = f"2026-11-22T09:{second // 60:02d}:{second % 60:02d}.000Z"
    row: dict[str, Any] = {"timestamp": stamp, "method": method, "path": path, "httpStatus": status, "totalDuration": took, "host": HOST}
    if deployment:
        row["deploymentId"] = deployment
    return json.dumps(row).encode() + b"\n"


def read(*data: bytes, **options: Any) -> Diagnosis:
    return diagnose([MemorySource(f"{n}.log", part) for n, part in enumerate(data)], RULES, Options(**options))


def report(diagnosis: Diagnosis) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(to_json(diagnosis, RULES))
    return decoded


def check(diagnosis: Diagnosis, name: str) -> tuple[str, str]:
    return next((it["status"], it["detail"]) for it in report(diagnosis)["checks"] if it["id"] == name)


def lost(diagnosis: Diagnosis) -> tuple[str, str, int] | None:
    """Confidence, summary and mascots of images-not-accessible."""
    found = [it for it in report(diagnosis)["findings"] if it["id"] == "images-not-accessible"]
    return (found[0]["confidence"], found[0]["summary"], found[0]["mascots"]) if found else None


PATH = f"/uploads/{UUID}/full-body-1.png"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 502])
def test_judging_image_requests_that_fail(status: int) -> None:
    diagnosis = read(render(GOOD), http(60, PATH, status))
    assert lost(diagnosis) == ("certain", "Requests for images were refused or failed (HTTP log), paths: 1.", 1)
    assert check(diagnosis, "image-urls") == ("fail", f"HTTP log: of 1 image paths that were asked for, 1 fail ({status} and the like)")


def test_judging_image_requests_that_come_in_the_end() -> None:
    diagnosis = read(render(GOOD), http(60, PATH, 404) + http(70, PATH, 200))
    assert lost(diagnosis) is None
    assert check(diagnosis, "image-urls")[0] == "pass"


@pytest.mark.parametrize("path", ["/favicon.ico", "/favicon.png", "/apple-touch-icon-120x120.png", "/api-docs/swagger-logo.png"])
def test_judging_images_that_browsers_ask_for_by_themselves(path: str) -> None:
    assert lost(read(render(GOOD), http(60, path, 404))) is None


def test_judging_a_path_of_nobody_known_is_likely_only() -> None:
    found = lost(read(render(GOOD), http(60, "/files/a.png", 404)))
    assert found is not None and found[0] == "likely"


def gone(*more: bytes, logs: list[Line] | None = None, here: str | None = None, there: str | None = None) -> Diagnosis:
    return read(render(logs or GOOD), http(60, PATH, 200, deployment=here) + http(600, PATH, 404, deployment=there), *more)


def test_judging_images_that_are_gone_since_a_deployment() -> None:
    """By another deployment that answers, by the container's own line, by Railway's list; and not without any."""
    by_row = gone(here="d1", there="d2")
    by_line = gone(logs=[*GOOD[:3], Line(300 * SECOND, "Starting Container"), GOOD[3]])
    for diagnosis, when in ((by_row, "2026-11-22T09:10:00Z"), (by_line, "2026-11-22T09:05:00Z")):
        assert check(diagnosis, "image-urls") == (
            "fail",
            f"HTTP log: of the images that were there, 1 answer 404 since the deployment at {when}",
        )
        found = lost(diagnosis)
        assert found is not None and "gone since the deployment at" in found[1]
        steps = [it["text"] for it in report(diagnosis)["findings"][0]["remedies"]]
        assert "container's disk" in steps[0]
    for diagnosis in (gone(), gone(here="d1", there="d1")):
        found = lost(diagnosis)
        assert found is not None and "gone" not in found[1]


def test_judging_images_that_were_made_before_a_deployment_and_never_seen() -> None:
    logs = [*GOOD[:3], Line(300 * SECOND, "Starting Container"), GOOD[3]]
    found = lost(read(render(logs), http(600, PATH, 404)))
    assert found is not None and "gone since the deployment" in found[1]


def test_judging_images_that_nobody_asked_for() -> None:
    named = Line(11 * SECOND, f"Public URL: https://{HOST}{PATH}", "StorageService")
    other = http(900, "/api/v1/mascots", 201, 90, "POST")
    diagnosis = read(render([*GOOD[:3], named, GOOD[3]]), other)
    assert check(diagnosis, "image-urls")[0] == "warn"
    assert "images of 1 generated mascots were never asked for" in check(diagnosis, "image-urls")[1]
    assert lost(diagnosis) is None
    assert check(read(render([*GOOD[:3], named, GOOD[3]]), other + http(901, PATH, 200)), "image-urls")[0] == "pass"


def test_judging_creation_requests_that_hang() -> None:
    hang = http(20, "/api/v1/mascots", 499, 30_000, "POST") + http(60, "/api/v1/mascots", 502, 15_000, "POST")
    (finding,) = report(read(hang))["findings"]
    assert (finding["id"], finding["confidence"], finding["mascots"]) == ("redis-not-working", "possible", 2)
    assert {it["command"].split()[1] for it in finding["missing"]} == {"logs", "variable"}
    # Errors of Redis that repeat, and requests that hang: each explains the other.
    retries = [Line(n * SECOND, f"Retrying connection (attempt {n}), delay: 50ms", "RedisConfig") for n in range(1, 6)]
    both = report(read(render(retries), hang))["findings"][0]
    assert (both["id"], both["confidence"]) == ("redis-not-working", "certain")
    alone = report(read(render(retries)))["findings"][0]
    assert (alone["id"], alone["confidence"]) == ("redis-not-working", "likely")


@pytest.mark.parametrize(
    "rows",
    [
        http(20, "/api/v1/mascots", 502, 3, "POST") * 2,
        http(20, "/api/v1/mascots", 499, 30_000, "POST"),
        http(20, "/api/v1/mascots", 504, 30_000, "POST")
        + http(25, "/api/v1/mascots", 504, 30_000, "POST")
        + http(90, "/api/v1/mascots", 201, 80, "POST"),
        http(20, "/api/v1/orders", 504, 30_000, "POST") * 2,
    ],
)
def test_judging_requests_that_do_not_hang(rows: bytes) -> None:
    assert report(read(rows))["verdict"] in ("nothing-recognised", "undecided")


def test_judging_requests_that_hang_beside_a_queue_that_works() -> None:
    hang = http(0, "/api/v1/mascots", 504, 30_000, "POST") + http(1, "/api/v1/mascots", 504, 30_000, "POST")
    later = [enqueued(UUID, 60 * SECOND), picked(UUID, 61 * SECOND), generated(UUID, 70 * SECOND)]
    assert report(read(render(later), hang))["verdict"] == "healthy"


GAVE_UP = b"[Mascot] Starting to poll for batch variations: batch_x\n[Mascot] Polling attempt 30/30 for batch: batch_x\n[Mascot] Polling timeout after 30 attempts\n"


def answered(*kinds: str, cors: bool | None = None) -> tuple[ImageAnswer, ...]:
    status = {"ok": 200, "denied": 403, "server": 503}
    return tuple(
        ImageAnswer(f"https://cdn.example.org/{n}.png", kind, UUID, status.get(kind), at=1, cors=cors) for n, kind in enumerate(kinds)
    )


@pytest.mark.parametrize(
    ("answers", "confidence"),
    [
        ((), "likely"),
        (answered("denied"), "certain"),
        (answered("ok", cors=False), "certain"),
        (answered("private"), "certain"),
        (answered("dns", "slow"), "likely"),
        (answered("ok", cors=True), "possible"),
        (answered("large", cors=True), "possible"),
    ],
)
def test_judging_certainty_grows_and_falls_with_the_answers(answers: tuple[ImageAnswer, ...], confidence: str) -> None:
    diagnosis = read(render(GOOD), GAVE_UP, answers=answers)
    found = lost(diagnosis)
    assert found is not None and found[0] == confidence
    finding = report(diagnosis)["findings"][0]
    if confidence == "possible":
        assert any("cdn.example.org" in it["text"] for it in finding["contradicts"])
    assert ("logscan scan FILE --check-urls" in [it["command"] for it in finding["missing"]]) is not bool(answers)


def test_judging_answers_that_are_well_are_no_finding() -> None:
    diagnosis = read(render(GOOD), answers=answered("ok", "ok", cors=True))
    assert report(diagnosis)["verdict"] == "healthy"
    assert check(diagnosis, "image-urls") == ("pass", "all 2 that were asked answer with an image")
    assert check(diagnosis, "image-cors") == ("pass", "all 2 images that came may be read by the plugin")


def test_judging_every_kind_of_answer_has_words_and_a_remedy() -> None:
    kinds = set(RULES.checks["image-urls"].details) - {"ok", "gone", "requests", "requested", "never-asked", "known"}
    advice = RULES.findings["images-not-accessible"].advice
    assert kinds - {"large", "limited"} <= advice.keys()
    for kind in sorted(kinds):
        diagnosis = read(render(GOOD), answers=answered(kind, "ok", cors=True))
        status, detail = check(diagnosis, "image-urls")
        assert status == ("warn" if kind in ("large", "limited") else "fail")
        assert "of 2 that were asked, 1 " in detail and "{" not in detail
        found = lost(diagnosis)
        assert (found is None) == (kind in ("large", "limited"))


def test_judging_recorded_answers_come_back(tmp_path: Path) -> None:
    answers = answered("denied", "ok", cors=None)
    data = encode(answers)
    again = decode(data, "a.jsonl")
    assert [(it.url, it.kind, it.status, it.mascot, it.line) for it in again] == [
        (it.url, it.kind, it.status, it.mascot, n) for n, it in enumerate(answers, 1)
    ]
    (tmp_path / "a.log").write_bytes(render(GOOD))
    (tmp_path / "a.jsonl").write_bytes(data)
    (tmp_path / "bad.jsonl").write_bytes(data + b'{"logscan":"image-answer","url":7}\n')
    assert run(["scan", str(tmp_path / "a.log"), str(tmp_path / "a.jsonl"), "--format", "json"]) == 1
    assert run(["scan", str(tmp_path / "a.log"), str(tmp_path / "bad.jsonl"), "--format", "json"]) == 3


def test_judging_urls_in_lines() -> None:
    assert urls_in("see https://a.example/x/1.png?token=abc, and (http://b.example:9000/y.webp).") == [
        "https://a.example/x/1.png?token=abc,",
        "http://b.example:9000/y.webp",
    ]
    assert not urls_in("https://a.example/x.pngs https://a.example/page")
    assert shown("https://u:p@a.example:8443/x.png?sig=1") == "https://a.example:8443/x.png?…"
    assert owner_of(PATH, [UUID]) == UUID
    assert image_urls([], [], None, []) == []


def test_judging_a_sample_is_spread() -> None:
    urls = [
        ImageUrl(f"https://{host}.example/m/{n}/{kind}-{n}.png", None, n)
        for host in "ab"
        for kind in ("full", "avatar")
        for n in range(100)
    ]
    chosen = sample(urls, 12)
    assert len(chosen) == 12 == len(set(chosen))
    for host in "ab":
        for kind in ("full", "avatar"):
            times = sorted(it.created or 0 for it in chosen if it.url.startswith(f"https://{host}") and kind in it.url)
            assert times in ([0, 50, 99], [0, 49, 99])
    assert sample(urls[:3], 20) and len(sample(urls[:3], 20)) == 3
    assert sample(list(reversed(urls)), 12) == chosen


def test_judging_by_command(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The whole way: addresses from a log, asked of a real storage, kept, and judged again without asking."""
    monkeypatch.setenv("LOGSCAN_CA_FILE", str(written(authority, tmp_path)))
    monkeypatch.chdir(tmp_path)
    with storage(authority) as it:
        urls = [f"{it.url(path)}?X-Amz-Signature=0123456789abcdef" for path in ("/denied.png", "/no-cors.png")]
        lines = [Line(11 * SECOND, f"Public URL: {url}", "StorageService") for url in urls]
        Path("a.log").write_bytes(render([*GOOD[:3], *lines, GOOD[3]]))
        asked = ["--check-urls", "5", "--allow-private", "127.0.0.1", "--save-answers", "answers.jsonl"]
        assert run(["scan", "a.log", "--format", "json", *asked]) == 1
        first = json.loads(capfd.readouterr().out)
        count = len(it.asked)
    assert count == 5  # HEAD and GET each, and OPTIONS where an image came
    assert "0123456789abcdef" not in json.dumps(first) + Path("answers.jsonl").read_text()
    assert run(["scan", "a.log", "answers.jsonl", "--format", "json"]) == 1
    again = json.loads(capfd.readouterr().out)
    assert again["checks"] == first["checks"]
    statuses = {it["id"]: it["status"] for it in again["checks"]}
    assert (statuses["image-urls"], statuses["image-cors"]) == ("fail", "fail")
    assert run(["scan", "a.log", "--format", "json"]) == 0
    skipped = next(it for it in json.loads(capfd.readouterr().out)["checks"] if it["id"] == "image-urls")
    assert skipped["status"] == "skip" and "2 addresses are known" in skipped["detail"] and "--check-urls" in skipped["command"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--check-urls", "a.log"], "Files come before it"),
        (["a.log", "--check-urls", "5000"], "at most 1000"),
        (["a.log", "--save-answers", "x.jsonl"], "without --check-urls"),
        (["a.log", "--check-urls", "--allow-private", "intranet"], "not an address or network"),
        (["a.log", "--check-urls", "--save-answers", "no/such/x.jsonl"], "no folder"),
        (["a.log", "--check-urls", "--save-answers", "a.log"], "one of the logs"),
    ],
)
def test_judging_wrong_usage(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.log").write_bytes(render(GOOD))
    assert run(["scan", *arguments]) == 2
    assert says in capfd.readouterr().err


def test_judging_all_sources_answer_all_items() -> None:
    """Logs, console, export, HTTP log and answers together: each item of the checklist has an answer with a line or a number."""
    folder = FIXTURES / "all-sources-joined"
    diagnosis = diagnose([MemorySource(path.name, path.read_bytes()) for path in sorted(folder.glob("input*"))], RULES)
    checks = {it.id: it for it in diagnosis.checks}
    groups = {
        "redis": ("redis-service", "redis-variables"), "google": ("google-project", "google-credentials", "google-enabled"),
        "plugin": ("plugin-console",), "database": ("database-statuses", "database-images"), "images": ("image-urls", "image-cors"),
        "worker": ("worker-running", "storage-variables"),
    }  # fmt: skip
    for names in groups.values():
        assert all(checks[name].status != "skip" for name in names), names
        assert any(checks[name].evidence is not None or checks[name].values for name in names), names
    sources = {it.source for finding in diagnosis.findings for it in finding.supports}
    assert {"input-console.log", "input-images.jsonl", "input-http.jsonl"} <= sources


def test_judging_one_source_alone_is_enough_for_each_part(images: Storage) -> None:
    assert lost(read(http(60, PATH, 404))) is not None
    assert lost(read(encode(answered("denied")))) is not None
    assert images.port
