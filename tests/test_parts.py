"""A large file read in parts, by one process or several, gives the answer of one reading."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from logscan import Options, Rulebook, load_rules, parts, scan, to_json, workers
from logscan.parts import segments_of
from logscan.sources import FileSource, blocks
from tests.bench.generate import FORMS, Plan, write
from tests.logs import UUID, Line, failed, render
from tests.test_properties import logs

RULES = load_rules()


def small(patch: pytest.MonkeyPatch, block: int, segment: int) -> None:
    """Parts of a few lines: the real ones are of 32 MiB."""
    patch.setattr(blocks, "BLOCK", block)
    patch.setattr(parts, "SEGMENT", segment)
    patch.setattr(parts, "_MIN_LINES", 24)
    patch.setattr(parts, "_WARM", block)
    patch.setattr("logscan.prefilter._LARGE", 0)


def in_one_go(path: Path | list[Path], options: Options) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("logscan.intake.segments_of", lambda *_: [])
        return to_json(scan(path, rules=RULES, options=options), RULES)


@settings(max_examples=60)
@given(st.lists(logs(), min_size=1, max_size=4).map(b"".join), st.sampled_from([(1500, 3000), (3000, 9000), (900, 2700)]), st.booleans())
def test_parts_give_the_answer_of_one_reading(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, sizes: tuple[int, int], full: bool
) -> None:
    path = tmp_path_factory.mktemp("parts") / "a.log"
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch, pytest.MonkeyPatch.context() as shorter:
        # A record may go on over some hundred lines: fewer than a block has.
        shorter.setattr("logscan.parse.lines.MAX_HELD", 8)
        small(patch, *sizes)
        event(f"{len(segments_of(FileSource('a.log', path), None))} parts")
        options = Options(full=full)
        assert to_json(scan(path, rules=RULES, options=options), RULES) == in_one_go(path, options)


@pytest.mark.parametrize("form", sorted(FORMS))
def test_parts_of_every_bench_form(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "b.log"
    write(path, Plan(form, 1_500_000, 0.2))
    small(monkeypatch, 64 << 10, 128 << 10)
    assert len(segments_of(FileSource("b.log", path), None)) > 8
    assert to_json(scan(path, rules=RULES), RULES) == in_one_go(path, Options())


def test_parts_of_several_sources(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.log" for number in range(3)]
    for number, path in enumerate(paths):
        write(path, Plan("cli-json" if number else "dash-log", 60_000, 0.3, seed=number))
    with pytest.MonkeyPatch.context() as patch:
        small(patch, 4000, 8000)
        found = to_json(scan(paths, rules=RULES), RULES)
    assert found == in_one_go(paths, Options())


def test_parts_what_explains_a_failure_may_stand_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = render([Line(number, "Cache warmed", "CacheService") for number in range(40)], "cli-json")
    failure = render(
        [failed(UUID, 100, "Error: the flux capacitor is out of plutonium\n    at Foo.bar (/app/dist/foo.js:12:7)")], "cli-json"
    )
    for shift in range(0, len(failure) + 200, 37):
        path = tmp_path / "a.log"
        path.write_bytes(noise[: 3000 - shift].rpartition(b"\n")[0] + b"\n" + failure + noise * 3)
        with pytest.MonkeyPatch.context() as patch:
            small(patch, 1500, 3000)
            found = to_json(scan(path, rules=RULES), RULES)
        assert "flux capacitor" in found
        assert found == in_one_go(path, Options())
    del monkeypatch


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of two real parts."""
    path = tmp_path_factory.mktemp("large") / "large.jsonl"
    write(path, Plan(size=3_000_000, share=0.02))
    path.write_bytes(path.read_bytes() * 23)
    assert len(segments_of(FileSource(path.name, path), None)) == 2
    return path


def test_parts_by_several_processes(large: Path, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_WORTH", 2)
    told: list[int] = []
    one = to_json(scan(large, rules=rulebook), rulebook)
    two = to_json(scan(large, rules=rulebook, options=Options(workers=2, progress=told.append)), rulebook)
    assert one == two
    assert sum(told) == large.stat().st_size


def test_parts_do_without_a_helper_that_dies(large: Path, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_WORTH", 2)
    one = to_json(scan(large, rules=rulebook), rulebook)
    # Its rules differ, as they would if someone saved a rule file just now.
    monkeypatch.setattr("logscan.workers.Options", lambda *_, **__: None)
    assert to_json(scan(large, rules=rulebook, options=Options(workers=2)), rulebook) == one


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_parts_a_signal_ends_all_processes(large: Path, tmp_path: Path) -> None:
    # Three times the same log are parts enough for a second process.
    log = tmp_path / "log.jsonl"
    log.write_bytes(large.read_bytes() * 3)
    command = [sys.executable, "-m", "logscan", "scan", str(log), "--format", "json", "--workers", "2"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    _until_helped(running.pid)
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert running.returncode in (130, 1), err.decode()
    assert b"Traceback" not in err
    assert out.startswith(b"{") or running.returncode == 130


def _until_helped(process: int) -> None:
    """Wait until a process has begun to read: it has a child by then. Where nobody tells of children, a while."""
    children = Path(f"/proc/{process}/task/{process}/children")
    for _ in range(300 if children.exists() else 15):
        time.sleep(0.1)
        if children.exists() and children.read_text():
            return


def test_parts_are_for_large_plain_files_of_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch, 3000, 6000)
    lines = render([Line(number, "Cache warmed", "CacheService") for number in range(200)], "cli-json")
    path = tmp_path / "a.log"

    def number(data: bytes, form: str | None = None) -> int:
        path.write_bytes(data)
        return len(segments_of(FileSource("a.log", path), form))

    assert number(lines) > 2
    assert number(lines[:8000]) == 0
    assert number(lines, "pino") == 0
    assert number(b"\xef\xbb\xbf" + lines) == 0
    assert number(lines.decode().encode("utf-16")) == 0
    assert number(b"[" + b",".join(lines.splitlines()) + b"]") == 0
    assert number(b"x" * 50_000) == 0
