"""The machine-readable report: a contract that other programs read. Keys are only ever added.

The structs below are both the encoder and the source of the JSON Schema. All texts are English.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from logscan.model import Batch, Cause, Diagnosis, Evidence, Finding, Matched
from logscan.report.words import Words
from logscan.rulebook import Rulebook
from logscan.times import format_stamp
from logscan.version import __version__

Stamp = str | None


class EvidenceJson(msgspec.Struct, frozen=True):
    """A line that proves something; `line` is the line in the file, or the record's number in a one-line array."""

    source: str
    line: int
    timestamp: Stamp
    text: str


class MissingJson(msgspec.Struct, frozen=True):
    """What would make a finding sure, and the one command that fetches it."""

    what: str
    command: str


class RemedyJson(msgspec.Struct, frozen=True):
    """A step that mends it."""

    text: str
    command: str | None
    link: str | None


class FindingJson(msgspec.Struct, frozen=True):
    """A conclusion about the whole run, with what speaks for and against it."""

    id: str
    severity: Literal["critical", "warning", "ok", "info"]
    confidence: Literal["certain", "likely", "possible"]
    title: str
    summary: str
    first: Stamp
    last: Stamp
    ongoing: bool
    mascots: int
    causes: list[str]
    supports: list[EvidenceJson]
    contradicts: list[EvidenceJson]
    missing: list[MissingJson]
    remedies: list[RemedyJson]


class CauseJson(msgspec.Struct, frozen=True):
    """A family of causes; `mascots` counts those with an attempt, enqueue or upload that failed so."""

    id: str
    component: str
    rules: list[str]
    mascots: int
    lines: int
    evidence: list[EvidenceJson]


class MascotsJson(msgspec.Struct, frozen=True):
    """How many mascots ended where, and which; `other_jobs` are poses and the like, counted and not judged."""

    total: int
    by_outcome: dict[str, int]
    other_jobs: dict[str, int]
    ids: dict[str, list[str]]


class SourceJson(msgspec.Struct, frozen=True):
    """One input; `kind` names a log that is not the backend's."""

    name: str
    format: str
    service: str | None
    lines: int
    first: Stamp
    last: Stamp
    kind: str | None


class DeploymentJson(msgspec.Struct, frozen=True):
    """A deployment on Railway in the time that was pulled."""

    id: str
    service: str | None
    status: str
    created: Stamp
    changed: Stamp
    commit: str | None
    message: str | None


class InputJson(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was read. `deployments` is there where the log was pulled from Railway."""

    lines: int
    bytes: int
    matched: int
    unparsed: int
    undecodable: int
    dropped: int
    sources: list[SourceJson]
    notes: list[str]
    deployments: list[DeploymentJson] = []


class CheckJson(msgspec.Struct, frozen=True):
    """An item of the checklist."""

    id: str
    status: Literal["pass", "fail", "warn", "skip"]
    detail: str
    command: str


class CellJson(msgspec.Struct, frozen=True):
    """Mascots of whom logs and database say the same two things; `ids` are the first of them.

    `logs` is an outcome, or `not_in_logs` (a row of the logs' time), `other_time`, `undated`, `no_logs`; `database` a
    status in lower case, or `absent`; `image` is known of completed rows only.
    """

    logs: str
    database: str
    image: Literal["present", "missing"] | None
    mascots: int
    kind: Literal["agrees", "later", "contradiction", "no-image", "absent", "not-logged", "other-time"]
    explanation: str
    ids: list[str]


class DatabaseJson(msgspec.Struct, frozen=True):
    """The database beside the logs. `partial`: rows are missing. `images_missing` counts completed rows without any URL."""

    source: str
    rows: int
    partial: bool
    by_status: dict[str, int]
    images_missing: int
    first: Stamp
    last: Stamp
    matrix: list[CellJson]


class BatchJson(msgspec.Struct, frozen=True):
    """One polling of the plugin; `states` counts its mascots by where they stand, `joined` says by what they are known."""

    batch: str
    mascots: list[str]
    joined: Literal["database", "logs", "console"] | None
    variations: int | None
    attempts: int
    max: int | None
    images: bool
    gave_up: bool
    image_errors: int
    states: dict[str, int]
    explanation: str


class PluginJson(msgspec.Struct, frozen=True):
    """What the plugin's console tells."""

    batches: list[BatchJson]


class ReportJson(msgspec.Struct, frozen=True, omit_defaults=True):
    """The whole report. `database` and `plugin` are there where they were given."""

    schema: Literal[1]
    logscan: str
    rules: str
    verdict: str
    findings: list[FindingJson]
    causes: list[CauseJson]
    mascots: MascotsJson
    input: InputJson
    checks: list[CheckJson]
    database: DatabaseJson | None = None
    plugin: PluginJson | None = None


def to_json(diagnosis: Diagnosis, rulebook: Rulebook, version: str = __version__) -> str:
    """The report as one JSON object over several lines. The same input gives the same bytes."""
    encoded = msgspec.json.encode(report(diagnosis, rulebook, version))
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of the report."""
    schema: dict[str, Any] = msgspec.json.schema(ReportJson)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "logscan report", **schema}


def report(diagnosis: Diagnosis, rulebook: Rulebook, version: str = __version__) -> ReportJson:
    """The report as structs."""
    words = Words(rulebook, "en")
    coverage = diagnosis.coverage
    return ReportJson(
        schema=1,
        logscan=version,
        rules=diagnosis.rules_hash,
        verdict=diagnosis.verdict,
        findings=[_finding(finding, words) for finding in diagnosis.findings],
        causes=[_cause(cause) for cause in diagnosis.causes],
        mascots=MascotsJson(diagnosis.mascots.height, dict(diagnosis.by_outcome), dict(diagnosis.other_jobs), _ids(diagnosis)),
        input=InputJson(
            lines=coverage.lines,
            bytes=sum(source.bytes for source in coverage.sources),
            matched=coverage.matched,
            unparsed=sum(source.unparsed for source in coverage.sources),
            undecodable=sum(source.undecodable for source in coverage.sources),
            dropped=coverage.dropped,
            sources=[
                SourceJson(s.name, s.format, s.service, s.lines, format_stamp(s.first), format_stamp(s.last), s.kind)
                for s in coverage.sources
            ],
            notes=[words.note(note) for note in coverage.notes],
            deployments=[
                DeploymentJson(it.id, it.service, it.status, format_stamp(it.created), format_stamp(it.changed), it.commit, it.message)
                for it in coverage.deployments
            ],
        ),
        checks=[CheckJson(check.id, check.status, *words.check(check)[1:]) for check in diagnosis.checks],
        database=_database(diagnosis.matched, words) if diagnosis.matched is not None else None,
        plugin=PluginJson([_batch(batch, words) for batch in diagnosis.batches]) if diagnosis.batches else None,
    )


def _database(matched: Matched, words: Words) -> DatabaseJson:
    return DatabaseJson(
        matched.name, matched.rows, matched.partial, dict(matched.by_status), matched.images_missing,
        format_stamp(matched.first), format_stamp(matched.last),
        [CellJson(c.logs, c.database, c.image, c.mascots, c.kind, words.ui(f"cell-{c.meaning}"), list(c.ids)) for c in matched.cells],
    )  # fmt: skip


def _batch(batch: Batch, words: Words) -> BatchJson:
    return BatchJson(
        batch.id, list(batch.mascots), batch.joined, batch.variations, batch.attempts, batch.most, batch.images, batch.gave_up,
        batch.image_errors, dict(batch.states), words.ui(batch.meaning),
    )  # fmt: skip


def _finding(finding: Finding, words: Words) -> FindingJson:
    return FindingJson(
        finding.id, finding.severity, finding.confidence, words.title(finding), words.summary(finding),
        format_stamp(finding.first), format_stamp(finding.last), finding.ongoing, finding.mascots, list(finding.causes),
        [_evidence(e) for e in finding.supports], [_evidence(e) for e in finding.contradicts],
        [MissingJson(*words.missing(key)) for key in finding.missing],
        [RemedyJson(text, remedy.command, remedy.link) for text, remedy in words.remedies(finding)],
    )  # fmt: skip


def _ids(diagnosis: Diagnosis) -> dict[str, list[str]]:
    """Per outcome the mascots that ended so, in order of first event: what a later report is compared with."""
    mascots = diagnosis.mascots
    return {name: mascots.filter(mascots["outcome"] == name)["mascot_id"].to_list() for name in diagnosis.by_outcome}


def _cause(cause: Cause) -> CauseJson:
    return CauseJson(cause.id, cause.component, list(cause.rules), cause.mascots, cause.lines, [_evidence(e) for e in cause.evidence])


def _evidence(evidence: Evidence) -> EvidenceJson:
    return EvidenceJson(evidence.source, evidence.line, format_stamp(evidence.timestamp), evidence.text)
