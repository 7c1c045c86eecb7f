"""Every folder of `fixtures/` is a log and the answer it must give; `fixtures/README.md` says how to add one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from logscan.cli.main import run

FIXTURES = Path(__file__).parents[1] / "fixtures"
CASES = sorted(folder.name for folder in FIXTURES.iterdir() if (folder / "expected.json").is_file())
# Beside the report itself an answer may name the options to scan with and the exit code.
OUTSIDE = {"args", "exit"}


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    from logscan.report.contract import json_schema

    return jsonschema.Draft202012Validator(json_schema())


@pytest.mark.parametrize("name", CASES)
def test_fixture_gives_its_answer(
    name: str, validator: jsonschema.Draft202012Validator, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(FIXTURES / name)
    expected = json.loads(Path("expected.json").read_text(encoding="utf-8"))
    code = run(["scan", "--format", "json", *expected.get("args", []), *inputs()])
    printed = capsysbinary.readouterr()
    report = json.loads(printed.out)
    wrong = list(differences({key: value for key, value in expected.items() if key not in OUTSIDE}, report))
    if code != expected["exit"]:
        wrong.append(f"exit: expected {expected['exit']}, got {code} {printed.err.decode()}")
    assert not wrong, f"fixtures/{name}:\n  " + "\n  ".join(wrong)
    validator.validate(report)


@pytest.mark.parametrize("name", CASES)
def test_fixture_says_enough(name: str) -> None:
    expected = json.loads((FIXTURES / name / "expected.json").read_text(encoding="utf-8"))
    assert {"verdict", "mascots", "exit"} <= expected.keys()
    assert "total" in expected["mascots"]


def test_fixtures_cover_every_verdict() -> None:
    verdicts = {json.loads((FIXTURES / name / "expected.json").read_text(encoding="utf-8"))["verdict"] for name in CASES}
    assert verdicts == {
        "redis-not-working", "jobs-failing", "images-not-accessible", "worker-not-consuming", "jobs-stalled", "service-crashing",
        "status-contradiction", "log-incomplete", "healthy", "undecided", "nothing-recognised",
    }  # fmt: skip


def test_differences_names_the_place_and_both_values() -> None:
    expected = {"verdict": "healthy", "findings": [{"id": "healthy"}], "mascots": {"by_outcome": {"generated": 1}}}
    actual = {"verdict": "undecided", "findings": [], "mascots": {"by_outcome": {"generated": 1, "stalled": 1}}, "input": {}}
    assert list(differences(expected, actual)) == [
        "verdict: expected 'healthy', got 'undecided'",
        "findings: expected 1 items ['healthy'], got 0 []",
        "mascots.by_outcome: expected {'generated': 1}, got {'generated': 1, 'stalled': 1}",
    ]


def inputs() -> list[str]:
    """The input files of the current folder, in order of name."""
    return sorted(path.name for path in Path().iterdir() if path.name.startswith("input"))


def differences(expected: Any, actual: Any, place: str = "") -> Iterator[str]:
    """Where `actual` is not what `expected` says: objects may leave out keys (`by_outcome` may not), lists are whole."""
    if isinstance(expected, dict) and isinstance(actual, dict) and not place.endswith("by_outcome"):
        for key, value in expected.items():
            inner = f"{place}.{key}" if place else key
            if key in actual:
                yield from differences(value, actual[key], inner)
            else:
                yield f"{inner}: expected {value!r}, got nothing"
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            yield f"{place}: expected {len(expected)} items {_names(expected)}, got {len(actual)} {_names(actual)}"
            return
        for number, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(one, other, f"{place}[{number}]")
    elif expected != actual:
        yield f"{place}: expected {expected!r}, got {actual!r}"


def _names(items: list[Any]) -> list[Any]:
    return [item.get("id", item.get("name", "…")) if isinstance(item, dict) else item for item in items]
