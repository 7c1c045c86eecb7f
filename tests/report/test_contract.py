"""The JSON report is a contract: its keys, its times, its language, its order, its bytes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from logscan import Rulebook, to_json
from logscan.report.contract import json_schema
from tests.report.conftest import CASES, FIXTURES, Diagnose

EVIDENCE = {"source", "line", "timestamp", "text"}
KEYS = {
    "": {"schema", "logscan", "rules", "verdict", "findings", "causes", "mascots", "input", "checks"},
    "findings": {
        "id", "severity", "confidence", "title", "summary", "first", "last", "ongoing", "mascots", "causes", "supports", "contradicts",
        "missing", "remedies",
    },
    "findings.supports": EVIDENCE,
    "findings.contradicts": EVIDENCE,
    "findings.missing": {"what", "command"},
    "findings.remedies": {"text", "command", "link"},
    "causes": {"id", "component", "rules", "mascots", "lines", "evidence"},
    "causes.evidence": EVIDENCE,
    "mascots": {"total", "by_outcome"},
    "input": {"lines", "bytes", "matched", "unparsed", "undecodable", "dropped", "sources"},
    "input.sources": {"name", "format", "service", "lines", "first", "last"},
    "input.sources.services": {"name", "first", "last"},
    "checks": {"id", "status", "detail", "command"},
}  # fmt: skip
# Keys that came later; the README names them.
ADDED = {"mascots": {"other_jobs", "ids"}, "input": {"notes"}, "input.sources": {"kind"}}
SOMETIMES = {"input.sources": {"services"}}
# Objects whose keys are data.
FREE = {"mascots.by_outcome", "mascots.other_jobs", "mascots.ids"}
CHECKS = [
    "redis-service", "redis-variables", "redis-same", "google-project", "google-credentials", "google-enabled", "storage-variables",
    "worker-running", "database-statuses", "database-images", "image-urls", "image-cors", "plugin-console",
]  # fmt: skip
COMPONENTS = {"redis", "google", "storage", "database", "process", "platform", "replicate", "none"}
FRENCH = re.compile(r"\b(?:mascotte|journal|erreur|tâche|requête|variable non|enregistrement)s?\b", re.IGNORECASE)


def objects(value: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of a report with its place; lists add nothing to the place."""
    if isinstance(value, dict):
        yield place, value
        for key, inner in value.items():
            yield from objects(inner, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner, place)


@pytest.fixture(params=CASES, scope="session")
def report(request: pytest.FixtureRequest, fixture: Diagnose, rulebook: Rulebook) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(to_json(fixture(request.param), rulebook))
    return decoded


def test_contract_has_exactly_the_keys_it_promises(report: dict[str, Any]) -> None:
    for place, found in objects(report):
        if place not in FREE:
            assert set(found) - SOMETIMES.get(place, set()) == KEYS[place] | ADDED.get(place, set()), place


def test_contract_fits_its_schema(report: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(json_schema()).validate(report)


def test_contract_times_are_rfc_3339_in_utc_or_null(report: dict[str, Any]) -> None:
    stamps = [found[key] for _, found in objects(report) for key in ("first", "last", "timestamp") if key in found]
    assert stamps
    for stamp in stamps:
        assert stamp is None or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", stamp)


def test_contract_values_are_of_the_known_words(report: dict[str, Any]) -> None:
    assert report["schema"] == 1
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", report["rules"])
    assert {finding["severity"] for finding in report["findings"]} <= {"critical", "warning", "ok", "info"}
    assert {finding["confidence"] for finding in report["findings"]} <= {"certain", "likely", "possible"}
    assert {cause["component"] for cause in report["causes"]} <= COMPONENTS
    assert [check["id"] for check in report["checks"]] == CHECKS
    assert {check["status"] for check in report["checks"]} <= {"pass", "fail", "warn", "skip"}


def test_contract_numbers_reconcile(report: dict[str, Any]) -> None:
    outcomes = report["mascots"]["by_outcome"]
    assert sum(outcomes.values()) == report["mascots"]["total"]
    assert 0 not in outcomes.values()
    assert {outcome: len(ids) for outcome, ids in report["mascots"]["ids"].items()} == outcomes
    assert report["input"]["matched"] <= report["input"]["lines"]
    assert len({finding["id"] for finding in report["findings"]}) == len(report["findings"])
    known = {cause["id"] for cause in report["causes"]}
    assert all(set(finding["causes"]) <= known for finding in report["findings"])
    assert all(cause["mascots"] <= report["mascots"]["total"] for cause in report["causes"])


def test_contract_order_is_gravest_first(report: dict[str, Any]) -> None:
    rank = ["critical", "warning", "ok", "info"]
    graded = [(rank.index(finding["severity"]), -finding["mascots"]) for finding in report["findings"]]
    assert graded == sorted(graded)
    assert report["verdict"] == report["findings"][0]["id"]
    causes = [(cause["id"] == "unknown", -cause["mascots"], -cause["lines"], cause["id"]) for cause in report["causes"]]
    assert causes == sorted(causes)


def test_contract_evidence_stands_where_it_says(report: dict[str, Any]) -> None:
    names = {source["name"] for source in report["input"]["sources"]}
    proof = [found for place, found in objects(report) if place.endswith(("supports", "contradicts", "evidence"))]
    for item in proof:
        assert item["source"] in names
        assert item["line"] >= 1
        assert item["text"].strip()
        assert len(item["text"]) <= 500
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", item["text"])


def test_contract_every_grave_finding_has_proof_and_a_remedy(report: dict[str, Any]) -> None:
    for finding in report["findings"]:
        if finding["severity"] in ("critical", "warning"):
            assert finding["remedies"]
            assert finding["supports"] or finding["id"] == "log-incomplete"
        assert finding["title"]
        assert not re.search(r"\{\w+\}", finding["title"] + finding["summary"])


def test_contract_is_english(report: dict[str, Any]) -> None:
    own = [found[key] for _, found in objects(report) for key in ("title", "summary", "what", "detail") if key in found]
    own += [remedy["text"] for finding in report["findings"] for remedy in finding["remedies"]] + report["input"]["notes"]
    assert not [text for text in own if FRENCH.search(text)]


def test_contract_names_the_command_that_would_make_sure(fixture: Diagnose, rulebook: Rulebook) -> None:
    for name, words in (("worker-missing-api-rows", "--service worker"), ("no-stamps-undecided", "--json"), ("http-rows", "railway logs")):
        finding = json.loads(to_json(fixture(name), rulebook))["findings"][0]
        assert any(words in missing["command"] for missing in finding["missing"]), name


def test_contract_evidence_line_of_a_one_line_array_is_the_records_number(fixture: Diagnose, rulebook: Rulebook) -> None:
    report = json.loads(to_json(fixture("upload-denied-json-array"), rulebook))
    rows = json.loads((FIXTURES / "upload-denied-json-array" / "input.json").read_text(encoding="utf-8"))
    for item in report["findings"][0]["supports"]:
        assert rows[item["line"] - 1]["timestamp"] == item["timestamp"]


def test_contract_evidence_line_is_the_line_in_the_file(fixture: Diagnose, rulebook: Rulebook) -> None:
    report = json.loads(to_json(fixture("two-services-two-forms"), rulebook))
    for item in report["findings"][0]["supports"]:
        line = (FIXTURES / "two-services-two-forms" / item["source"]).read_text(encoding="utf-8").splitlines()[item["line"] - 1]
        assert item["timestamp"] in line
        assert item["text"].split("] ")[-1][:40] in line


def test_contract_gives_the_same_bytes_on_every_machine(fixture: Diagnose, rulebook: Rulebook) -> None:
    here = to_json(fixture("two-pulls-overlap"), rulebook)
    command = [sys.executable, "-m", "logscan", "scan", "--format", "json", "input-pull-1.jsonl", "input-pull-2.jsonl"]
    elsewhere = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "America/Lima", "LANG": "fr_FR.UTF-8", "POLARS_MAX_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, cwd=FIXTURES / "two-pulls-overlap", env=elsewhere, check=False)
    assert done.stdout.decode() == here


def test_contract_names_its_version(fixture: Diagnose, rulebook: Rulebook) -> None:
    assert json.loads(to_json(fixture("http-rows"), rulebook, version="9.8.7"))["logscan"] == "9.8.7"
