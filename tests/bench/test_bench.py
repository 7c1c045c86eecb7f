"""The bench's logs: the same bytes each time, and logscan's answer is the one written beside them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from logscan import Options, Rulebook, scan, to_json
from logscan.finder import hyperscan
from logscan.reading import Reader
from logscan.sources import FileSource
from logscan.taking import prepared
from tests.bench.generate import FORMS, Plan, size_of, write
from tests.bench.run import Tool, counted, made, table, tools


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize(("share", "mascots"), [(0.03, None), (0.33, None), (0.1, 20)])
def test_bench_answer_is_the_true_one(form: str, share: float, mascots: int | None, rulebook: Rulebook, tmp_path: Path) -> None:
    log = tmp_path / "b.log"
    truth = write(log, Plan(form, 1_500_000, share, mascots))
    report = json.loads(to_json(scan(log, rules=rulebook), rulebook))
    assert report["input"]["lines"] == truth["lines"]
    assert report["input"]["bytes"] == truth["bytes"] == log.stat().st_size
    if mascots is None:
        assert report["mascots"]["by_outcome"] == truth["by_outcome"]
        assert report["causes"][0]["id"] == "google-quota"
        assert report["causes"][0]["mascots"] == truth["google-quota"]
    else:
        assert report["mascots"]["total"] == mascots


def test_bench_same_plan_same_bytes(tmp_path: Path) -> None:
    one, two, other = (tmp_path / name for name in ("one", "two", "other"))
    for path, seed in ((one, 1), (two, 1), (other, 2)):
        write(path, Plan(size=50_000, seed=seed))
    assert one.read_bytes() == two.read_bytes() != other.read_bytes()
    assert (size_of("250MB"), size_of("1.5GB"), size_of("7")) == (250_000_000, 1_500_000_000, 7)


@pytest.mark.skipif(hyperscan is None, reason="Hyperscan is not installed, or turned off")
@pytest.mark.parametrize("form", sorted(FORMS))
def test_bench_fast_way_slow_way_and_full_path_agree(
    form: str, rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "b.log"
    write(log, Plan(form, 1_500_000))
    fast, full = (to_json(scan(log, rules=rulebook, options=Options(full=full)), rulebook) for full in (False, True))
    monkeypatch.setattr("logscan.finder.hyperscan", None)
    assert to_json(scan(log, rules=rulebook), rulebook) == fast == full


def test_bench_counts_no_time_of_a_wrong_answer(tmp_path: Path) -> None:
    log = made(tmp_path, Plan(size=20_000))
    assert made(tmp_path, Plan(size=20_000)).truth == log.truth
    tool = Tool("liar", log, [sys.executable, "-c", "print(7)"], counted)
    with pytest.raises(SystemExit, match=r"liar: wrong answer \(exit code 0\): 7"):
        tool.run()
    assert tool.seconds == []
    honest = Tool("honest", log, [sys.executable, "-c", f"print({log.steps})"], counted)
    honest.run()
    assert "| honest | 0 MB |" in table([honest])


def test_bench_runner_runs_logscan_on_each_log(tmp_path: Path) -> None:
    found = [tool for tool in tools(tmp_path, 200_000) if tool.name.startswith("logscan")]
    assert len(found) == 7
    assert len({tool.log.path for tool in found}) == 6
    found[-1].run()
    assert found[-1].median > 0
    assert found[-1].peak > 0


@pytest.mark.skipif(hyperscan is None, reason="Hyperscan is not installed, or turned off")
@pytest.mark.parametrize("form", sorted(FORMS))
def test_bench_few_lines_hold_an_anchor_that_no_rule_knows(form: str, rulebook: Rulebook, tmp_path: Path) -> None:
    """An anchor of ordinary lines makes a scan many times slower, and nothing else shows it."""
    log = tmp_path / "b.log"
    truth = write(log, Plan(form, 1_500_000))
    scanner, _ = prepared(rulebook, full=False)
    reader = Reader(FileSource(log.name, log), scanner)
    read = sum(1 for _ in reader.records())

    # Steps, failures with their errors, and twelve lines behind each failure.
    failed = truth["by_outcome"]["generation_failed"]
    assert read < 4 * truth["mascots"] + 14 * failed + truth["lines"] * 0.01
