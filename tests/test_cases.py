"""A case gives the answer of the scan that it was made from, tells no secret, and does no harm."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logscan import Options, Rulebook, load_rules
from logscan.cases import Kept, packed
from logscan.cli.main import run
from logscan.diagnose import diagnose
from logscan.report.contract import to_json
from logscan.sources import FileSource, MemorySource, Source
from tests.logs import UUID, Line, enqueued, failed, generated, picked, render
from tests.test_recordings import HERE, PART, Case, forms

FIXTURES = Path(__file__).parents[1] / "fixtures"
CASES = sorted(folder.name for folder in FIXTURES.iterdir() if (folder / "expected.json").is_file())
NOW = 1_796_000_000_000_000_000
RULES = load_rules()


def kept_of(sources: list[Source], rulebook: Rulebook = RULES, options: Options | None = None) -> tuple[str, bytes]:
    """The answer to some inputs, and the case that is made of them."""
    box: list[Kept] = []
    diagnosis = diagnose(sources, rulebook, options, box.append)
    return to_json(diagnosis, rulebook), packed(box[0], now=NOW, reports={}, setup={})


def answer_of(case: bytes, options: Options | None = None) -> str:
    return to_json(diagnose([MemorySource("case.zip", case)], RULES, options), RULES)


def expectation(name: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads((FIXTURES / name / "expected.json").read_text(encoding="utf-8"))
    return decoded


WITH_OPTIONS = [name for name in CASES if expectation(name).get("args")]
BY_COMMAND = [*WITH_OPTIONS, "all-sources-joined", "quota-cli-plain"]


@pytest.mark.parametrize("name", sorted({*CASES} - {*WITH_OPTIONS}))
def test_case_of_a_fixture_gives_its_answer(name: str) -> None:
    """Byte for byte; and again from a case of the case."""
    sources: list[Source] = [FileSource(path.name, path) for path in sorted((FIXTURES / name).glob("input*"))]
    answer, made = kept_of(sources)
    again, second = kept_of([MemorySource("case.zip", made)])
    assert again == answer
    assert answer_of(second) == answer


@pytest.mark.parametrize("name", BY_COMMAND)
def test_case_by_command_gives_the_answer_of_a_scan(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """With the fixture's own options, from a folder whose name the case does not tell."""
    shutil.copytree(FIXTURES / name, tmp_path / "folder")
    monkeypatch.chdir(tmp_path / "folder")
    args, inputs = expectation(name).get("args", []), sorted(path.name for path in Path().glob("input*"))
    code = run(["scan", "--format", "json", *args, *inputs])
    first = capsysbinary.readouterr().out
    assert run(["bundle", *args, *inputs, "-o", "case.zip", "--now", "2026-11-28T00:00:00Z"]) == code
    capsysbinary.readouterr()
    assert run(["scan", "--format", "json", "case.zip"]) == code
    assert capsysbinary.readouterr().out == first
    with zipfile.ZipFile("case.zip") as archive:
        assert archive.read("report.json") == first
        assert archive.namelist()[0] == "case.json"


@pytest.mark.skipif(not HERE, reason="the recordings (../shared/field/recorded) are not on this machine")
@pytest.mark.parametrize("case", PART, ids=str)
def test_case_of_a_recording_gives_its_answer(case: Case, tmp_path: Path) -> None:
    rows = forms().read(Path(__file__).parents[2] / "shared" / "field" / "recorded" / case.name / "recording.jsonl")
    path = tmp_path / "a.log"
    path.write_bytes(forms().render(rows, case.form, shuffle_seed=case.shuffle))
    answer, made = kept_of([FileSource("a.log", path)])
    assert answer_of(made) == answer


_STEPS: list[Callable[[str, int], Line]] = [enqueued, picked, generated, failed]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from([UUID, "bob@example.org", "4711", "sk-abcdefghijklmnop1234"]), st.integers(0, 900)),
        max_size=30,
    ),
    st.sampled_from(["dash-log", "cli-json", "bare", "api-rows", "dash-json"]),
    st.sampled_from(["console", "nest", "pino"]),
)
def test_case_of_any_log_gives_its_answer(steps: list[tuple[int, str, int]], holder: str, logger: str) -> None:
    lines = [_STEPS[kind](mascot, second * 1_000_000_000) for kind, mascot, second in sorted(steps, key=lambda step: step[2])]
    answer, made = kept_of([MemorySource("a.log", render(lines, holder, logger))])
    assert answer_of(made) == answer


def test_case_page_shows_the_same_stories() -> None:
    """The page of a case has the mascots' lines, with those beside them."""
    path = FIXTURES / "quota-cli-plain" / "input.log"
    box: list[Kept] = []
    first = diagnose([FileSource("a.log", path)], RULES, Options(stories=True), box.append)
    again = diagnose([MemorySource("c", packed(box[0], now=NOW, reports={}, setup={}))], RULES, Options(stories=True))
    assert first.stories is not None and again.stories is not None
    assert again.stories.variants == first.stories.variants
    # In a case the dates of a logger are resolved, so that lines beside others have a time, too.
    for row in range(first.mascots.height):
        told = [[(line.kind, line.line, line.text, line.cause) for line in it.story(row).lines] for it in (first.stories, again.stories)]
        assert told[0] == told[1]


SECRET = "hunter2hunter2"  # noqa: S105  # to be masked
SECRETS = (
    f"2026-11-22T09:00:00.000000001Z [err]  [JobsService] Failed to enqueue mascot generation for m1: Error: redis://default:{SECRET}@redis.railway.internal:6379 NOAUTH\n"
    f"2026-11-22T09:00:00.000000002Z [err]  REDIS_PASSWORD={SECRET}\n"
    "2026-11-22T09:00:00.000000003Z [err]  REDIS_PASSWORD=another-one-77\n"
    f"2026-11-22T09:00:01.000000003Z [err]  [JobsService] Failed to enqueue mascot generation for m2: Error: redis://default:{SECRET}@redis.railway.internal:6379 NOAUTH\n"
    "2026-11-22T09:00:02.000000003Z [inf]  just a mail of zoe@example.org beside it\n"
).encode()


def test_case_tells_no_secret_and_marks_the_same_one_alike() -> None:
    _, made = kept_of([MemorySource("a.log", SECRETS)])
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        text = "".join(archive.read(name).decode() for name in archive.namelist())
        lines = [json.loads(line)["text"] for name in ("lines.jsonl", "beside.jsonl") for line in archive.read(name).splitlines()]
    assert SECRET not in text and "another-one-77" not in text and "zoe@" not in text
    marks = {line.partition("[redacted:")[2][:4] for line in lines if "redis://" in line or line.startswith("REDIS_PASSWORD=[")}
    assert len(marks) == 2
    assert len({line.partition("[redacted:")[2][:4] for line in lines if "redis://" in line}) == 1


def test_case_bytes_are_the_same_each_time_and_tell_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAILWAY_TOKEN", "0b7c1a52-58ad-4a0c-9a70-2f6ad1c7e5f1")
    log = tmp_path / "home-of-zoe" / "backend.log"
    log.parent.mkdir()
    log.write_bytes(SECRETS)
    made = []
    for name in ("one.zip", "two.zip"):
        assert run(["bundle", str(log), "-o", str(tmp_path / name), "--now", "2026-11-28T00:00:00Z", "--lang", "en"]) == 1
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    assert "lines that matter" in capfd.readouterr().err
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        text = "".join(archive.read(name).decode() for name in archive.namelist())
        setup = json.loads(archive.read("case.json"))["setup"]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert "zoe" not in text and "0b7c1a52" not in text
    assert "RAILWAY_TOKEN" in setup["variables"].split()


def test_case_is_refused_among_logs_and_in_another_window(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "case.zip").write_bytes(kept_of([MemorySource("a.log", SECRETS)])[1])
    (tmp_path / "a.log").write_bytes(b"x\n")
    assert run(["scan", str(tmp_path / "case.zip"), str(tmp_path / "a.log"), "--exit-zero", "--lang", "en"]) == 3
    assert "scan it alone" in capfd.readouterr().err
    assert run(["scan", str(tmp_path / "case.zip"), "--since", "2026-11-22", "--exit-zero", "--lang", "en"]) == 3
    assert "--since" in capfd.readouterr().err


def test_case_of_other_rules_says_so(tmp_path: Path) -> None:
    rule = "{id: mine, event: generated, pattern: 'Painted (?P<mascot>\\S+)', examples: ['Painted 1', 'Painted 2'], counterexamples: ['x']}"
    (tmp_path / "x.yaml").write_text(f"schema: 1\nsignatures: [{rule}]\n")
    _, made = kept_of([MemorySource("a.log", b"Painted m1\nPainted m2\n")], load_rules(tmp_path))
    report = json.loads(answer_of(made))
    assert "other rules" in report["input"]["notes"][-1]
    assert " 2 of its lines" in report["input"]["notes"][-1]
    assert report["verdict"] == "nothing-recognised"


def rewritten(made: bytes, **files: bytes | None) -> bytes:
    """A case with other contents; None leaves a file out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = files.get(name.partition(".")[0], old.read(name))
            if data is not None:
                new.writestr(name, data)
    return buffer.getvalue()


def notes_of(case: bytes) -> str:
    return " ".join(json.loads(answer_of(case))["input"]["notes"])


def test_case_that_is_damaged_says_so() -> None:
    _, made = kept_of([MemorySource("a.log", SECRETS)])
    case = json.loads(zipfile.ZipFile(io.BytesIO(made)).read("case.json"))
    for damaged in (
        made[: len(made) // 2],
        rewritten(made, case=b"{}"),
        rewritten(made, case=b"\xff"),
        rewritten(made, case=json.dumps({**case, "schema": 2}).encode()),
        rewritten(made, lines=b'{"source":7,"line":1,"time":null,"text":"x","kind":"event","record":1,"process":0}\n'),
        rewritten(made, lines=b'{"source":0,"line":1,"time":null,"text":"x","kind":"event","record":1,"process":9}\n'),
        rewritten(made, lines=b"nonsense\n"),
        made.replace(b"lines.jsonl", b"case.json\0\0"),
    ):
        assert "damaged" in notes_of(damaged), damaged[:80]


def test_case_that_expands_without_an_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    _, made = kept_of([MemorySource("a.log", SECRETS)])
    monkeypatch.setattr("logscan.cases.open._MOST", 1 << 20)
    bomb = rewritten(made, beside=b" " * (64 << 20))
    assert len(bomb) < 1 << 20
    assert "expands to more than 1 MiB" in notes_of(bomb)


def test_case_with_strange_entries_touches_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _, made = kept_of([MemorySource("a.log", SECRETS)])
    buffer = io.BytesIO(made)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("../outside.txt", "x")
        archive.writestr("/absolute.txt", "x")
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert json.loads(answer_of(buffer.getvalue()))["verdict"] == "redis-not-working"
    assert not list(tmp_path.parent.glob("outside.txt")) and not list(tmp_path.iterdir())
    many = io.BytesIO(made)
    with zipfile.ZipFile(many, "a") as archive:
        for number in range(40):
            archive.writestr(f"{number}.txt", "x")
    assert "too many files" in notes_of(many.getvalue())


def test_case_option_of_deadlines_wins() -> None:
    lines = [enqueued("m1", 0), Line(600_000_000_000, "tick")]
    _, made = kept_of([MemorySource("a.log", render(lines))])
    reports: list[dict[str, Any]] = [json.loads(answer_of(made, options)) for options in (Options(), Options(pickup=3600_000_000_000))]
    assert [report["mascots"]["by_outcome"] for report in reports] == [{"waiting": 1}, {"in_flight": 1}]
