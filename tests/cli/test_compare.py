"""`logscan compare`: what is new, what still fails, what has recovered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from logscan.report.compare import FAILING
from tests.cli.conftest import Logscan, log

WORKER = "[MascotGenerationProcessor]"


def story(*mascots: tuple[str, str]) -> bytes:
    """A log in which each mascot ends as it is said."""
    lines = []
    for number, (name, outcome) in enumerate(mascots):
        lines.append((number, f"[JobsService] Successfully enqueued mascot generation for {name}"))
        if outcome in ("generated", "failed"):
            lines.append((number + 30, f"{WORKER} Starting processing for mascot {name} (variation 1 of batch b)"))
        if outcome == "generated":
            lines.append((number + 60, f"{WORKER} Successfully generated mascot {name} (variation 1)"))
        if outcome == "failed":
            lines.append((number + 60, f"{WORKER} Failed to generate mascot {name} (variation 1):"))
            lines.append((number + 60, f"{WORKER} ClientError: [VertexAI.ClientError]: got status: 429 Too Many Requests."))
    lines.append((1000, "GET /health 200"))
    return "".join(
        f"2026-11-22T{8 + at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}.000000000Z [inf]  {text}\n" for at, text in sorted(lines)
    ).encode()


@pytest.fixture
def reports(logscan: Logscan) -> None:
    """OLD and NEW in the working folder."""
    old = story(("mascot-1", "failed"), ("mascot-2", "failed"), ("mascot-3", "waiting"), ("mascot-4", "generated"), ("mascot-5", "failed"))
    new = story(
        ("mascot-1", "generated"), ("mascot-2", "failed"), ("mascot-6", "failed"), ("mascot-4", "generated"), ("mascot-3", "generated")
    )
    for name, text in (("old", old), ("new", new)):
        Path(f"{name}.json").write_text(logscan("scan", "--format", "json", stdin=text).out, encoding="utf-8")


@pytest.mark.usefixtures("reports")
def test_compare_puts_every_mascot_into_one_group(logscan: Logscan) -> None:
    done = logscan("compare", "old.json", "new.json", "--format", "json")
    assert done.code == 1
    found: dict[str, Any] = json.loads(done.out)
    assert found["mascots"] == {
        "new": ["mascot-6"],
        "still": ["mascot-2"],
        "recovered": ["mascot-1", "mascot-3"],
        "unseen": ["mascot-5"],
        "open": [],
    }
    assert found["findings"] == {"new": [], "still": ["jobs-failing"], "recovered": ["worker-not-consuming"]}
    assert found["causes"]["still"] == ["google-quota"]
    old = json.loads(Path("old.json").read_text())
    failed = [name for outcome in FAILING for name in old["mascots"]["ids"].get(outcome, [])]
    assert sorted(failed) == sorted(name for group in ("still", "recovered", "unseen", "open") for name in found["mascots"][group])
    assert found["old"]["failing"] == len(failed) == 4


@pytest.mark.usefixtures("reports")
def test_compare_tells_it_in_words(logscan: Logscan) -> None:
    done = logscan("compare", "old.json", "new.json")
    assert done.code == 1
    text = done.out
    assert text.index("\nNew\n") < text.index("\nStill failing\n") < text.index("\nRecovered\n")
    assert "google-quota): 3 → 2 mascots" in text
    assert "2 mascots: mascot-1, mascot-3" in text
    assert "Failing before, not in the new log\n  · 1 mascot: mascot-5" in text
    french = logscan("compare", "old.json", "new.json", "--lang", "fr", "--format", "markdown").out
    assert french.startswith("## Comparé au rapport précédent\n")
    assert "### Toujours en échec" in french


@pytest.mark.usefixtures("reports")
def test_compare_with_itself_says_that_nothing_changed(logscan: Logscan) -> None:
    done = logscan("compare", "new.json", "new.json", "--exit-zero")
    assert done.code == 0
    assert "Nothing changed." in done.out
    assert "\nNew\n" not in done.out


@pytest.mark.usefixtures("reports")
def test_compare_with_a_healthy_day_exits_0(logscan: Logscan) -> None:
    Path("fine.json").write_text(logscan("scan", log("healthy-nest8-german"), "--format", "json").out, encoding="utf-8")
    done = logscan("compare", "old.json", "fine.json")
    assert done.code == 0
    assert "✔ healthy" in done.out


@pytest.mark.usefixtures("reports")
def test_compare_reads_reports_that_name_no_mascots(logscan: Logscan) -> None:
    older = json.loads(Path("old.json").read_text())
    del older["mascots"]["ids"]
    older["rules"] = "sha256:other"
    older["findings"][0]["title"] = "\x1b[2J"
    older["findings"][0]["id"] = "from-the-future"
    Path("older.json").write_text(json.dumps(older))
    done = logscan("compare", "older.json", "new.json")
    assert "cannot be compared" in done.out
    assert "different rules" in done.out
    assert "\x1b" not in done.out
    assert json.loads(logscan("compare", "older.json", "new.json", "--format", "json").out)["mascots"] is None


@pytest.mark.usefixtures("reports")
def test_compare_takes_one_from_stdin(logscan: Logscan) -> None:
    assert logscan("compare", "old.json", "-", stdin=Path("new.json").read_bytes()).out == logscan("compare", "old.json", "new.json").out
    assert logscan("compare", "-", "-").code == 2


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"schema": 2}', '{"schema": 1}', "\xff"])
def test_compare_says_what_is_no_report(logscan: Logscan, text: str) -> None:
    Path("bad.json").write_text(text, encoding="latin-1")
    done = logscan("compare", "bad.json", "bad.json")
    assert done.code == 3
    assert "bad.json: this is no report" in done.err
    assert done.out == ""
    assert logscan("compare", "nowhere.json", "bad.json").code == 3
