"""Recorded runs of a replica of the backend, judged against what a perfect reader would say.

The recordings lie beside the project in `shared/field/recorded` (skipped where they do not). A plain run
takes a part of them; `pytest -m recordings` takes all in every form.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from logscan import Diagnosis, Rulebook, scan

FIELD = Path(__file__).parents[1].parent / "shared" / "field"
RECORDED = FIELD / "recorded"
HERE = RECORDED.is_dir() and (FIELD / "railway_forms.py").is_file()
pytestmark = pytest.mark.skipif(not HERE, reason="the recordings (../shared/field/recorded) are not on this machine")

FORMS = ["cli", "cli-json", "dash-log", "dash-json", "dash-ndjson", "dash-csv", "api", "api-rows", "screen"]
STAMPLESS = {"cli", "screen"}
# Outcomes that only a deadline decides.
DUE = {"waiting", "stalled", "in_flight"}


class Case(NamedTuple):
    """A recording as somebody may hold it."""

    name: str
    form: str
    shuffle: int | None = None
    split: bool = False
    newest_first: bool = False

    def __str__(self) -> str:
        how = [f"shuffled-{self.shuffle}"] * (self.shuffle is not None) + ["split"] * self.split + ["newest-first"] * self.newest_first
        return "-".join([self.name, self.form, *how])


PART = [
    Case("boot-crash-loop", "dash-log"),
    Case("gemini-hangs", "api-rows"),
    Case("google-quota-half", "cli-json"),
    Case("google-quota-half", "cli"),
    Case("google-safety", "dash-csv"),
    Case("healthy-v8", "dash-json"),
    Case("log-ends-in-flight", "dash-ndjson"),
    Case("pino-quota", "cli"),
    Case("pino-quota", "cli-json"),
    Case("redis-command-timeout", "api", shuffle=7),
    Case("redis-refused-silent", "dash-log"),
    Case("s3-denied-continues", "cli-json"),
    Case("supabase-not-configured", "screen"),
    Case("two-causes", "api-rows", shuffle=3),
    Case("worker-killed-twice", "api-rows", split=True),
    Case("worker-missing", "cli-json"),
]


def everything() -> Iterator[Case]:
    """Every recording in every form; each also shuffled, split by service, and newest first, in forms that bear it."""
    for number, folder in enumerate(sorted(path.parent for path in RECORDED.glob("*/truth.json"))):
        for form in FORMS:
            yield Case(folder.name, form)
        yield Case(folder.name, "api-rows", shuffle=number)
        yield Case(folder.name, "dash-log", shuffle=100 + number)
        yield Case(folder.name, "cli-json", split=True)
        yield Case(folder.name, "dash-json", newest_first=True)


@pytest.mark.parametrize("case", PART, ids=str)
def test_recording(case: Case, rulebook: Rulebook, tmp_path: Path) -> None:
    assert not list(judge(read(case, rulebook, tmp_path), case))


@pytest.mark.recordings
@pytest.mark.parametrize("case", list(everything()) or [pytest.param(None, id="none")], ids=str)
def test_recording_in_every_form(case: Case, rulebook: Rulebook, tmp_path: Path) -> None:
    assert not list(judge(read(case, rulebook, tmp_path), case))


def test_recordings_judge_sees_what_is_wrong(rulebook: Rulebook, tmp_path: Path) -> None:
    diagnosis = read(Case("worker-missing", "api-rows"), rulebook, tmp_path)
    found = [what.split(":")[0] for what in judge(diagnosis, Case("google-quota-half", "api-rows"))]
    assert found == ["outcomes", "verdict", "causes not named"]


def test_recordings_part_has_every_form() -> None:
    assert {case.form for case in PART} == set(FORMS) == set(forms().FORMS)


@cache
def forms() -> ModuleType:
    """The shared script that turns a recording into what users hold, taken from where it lies."""
    spec = importlib.util.spec_from_file_location("railway_forms", FIELD / "railway_forms.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look their module up by name.
    sys.modules["railway_forms"] = module
    spec.loader.exec_module(module)
    return module


@cache
def truth(name: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads((RECORDED / name / "truth.json").read_text(encoding="utf-8"))
    return decoded


def read(case: Case, rulebook: Rulebook, folder: Path) -> Diagnosis:
    """The recording, rendered into files and diagnosed."""
    rows = forms().read(RECORDED / case.name / "recording.jsonl")
    paths = []
    for service in sorted({row["service"] for row in rows}) if case.split else [None]:
        paths.append(folder / f"{service or 'all'}.log")
        paths[-1].write_bytes(forms().render(rows, case.form, service=service, shuffle_seed=case.shuffle, newest_first=case.newest_first))
    return scan(paths, rules=rulebook)


def judge(diagnosis: Diagnosis, case: Case) -> Iterator[str]:
    """What is not as the truth has it. Without stamps only verdict and causes count, and neither where deadlines decide."""
    known = truth(case.name)
    accepted = [known["outcomes"], *(known.get("accept") or [])]
    if case.form not in STAMPLESS:
        if dict(diagnosis.by_outcome) not in accepted:
            yield f"outcomes: {dict(diagnosis.by_outcome)}, right: {accepted}"
        if dict(diagnosis.by_outcome) == known["outcomes"]:
            yield from judge_mascots(diagnosis, known)
    elif any(DUE & set(outcomes) for outcomes in accepted):
        return
    verdicts = [known["verdict"]] if isinstance(known["verdict"], str) else list(known["verdict"])
    verdicts += known.get("accept_verdict") or []
    if diagnosis.verdict not in verdicts:
        yield f"verdict: {diagnosis.verdict}, right: {verdicts}"
    named = {cause.id for cause in diagnosis.causes}
    if missing := set(known["causes"]) - named:
        yield f"causes not named: {sorted(missing)}"
    if extra := named - set(known["causes"]) - set(known["causes_may"]) - {"unknown"}:
        yield f"causes named wrongly: {sorted(extra)}"


def judge_mascots(diagnosis: Diagnosis, known: dict[str, Any]) -> Iterator[str]:
    """Mascots per cause, and each mascot's outcome and cause, where the truth is sure of them."""
    counted = {cause.id: cause.mascots for cause in diagnosis.causes}
    for cause, mascots in known["cause_mascots"].items():
        if counted.get(cause) != mascots:
            yield f"mascots of {cause}: {counted.get(cause)}, right: {mascots}"
    rows = {row["mascot_id"]: row for row in diagnosis.mascots.to_dicts()}
    for mascot, right in known["per_mascot"].items():
        row = rows.get(mascot)
        if row is None or row["outcome"] != right["outcome"]:
            yield f"{mascot}: {row and row['outcome']}, right: {right['outcome']}"
            continue
        wanted = [] if right["cause"] is None else [right["cause"]] if isinstance(right["cause"], str) else right["cause"]
        fits = row["causes"] == [] if not wanted else len(row["causes"]) == 1 and row["causes"][0] in wanted
        if not fits:
            yield f"{mascot}: causes {row['causes']}, right: {right['cause']}"
