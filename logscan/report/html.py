"""The HTML report: one file, no network, readable without scripts. Log text in it is hostile and escaped."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import jinja2
import polars as pl

from logscan.model import Diagnosis, Evidence
from logscan.report.words import Words
from logscan.times import format_stamp
from logscan.version import __version__
from logscan.visible import visible

MAX_ROWS: Final = 2000


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("logscan.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def to_html(diagnosis: Diagnosis, words: Words, *, now: int, version: str = __version__) -> str:
    """The report as one page. `now` (ns, UTC) is the moment it is made; the same input and `now` give the same bytes."""
    mascots = diagnosis.mascots.head(MAX_ROWS)
    return _environment().get_template("report.html").render(
        w=words,
        findings=[_finding(diagnosis, words, place) for place in range(len(diagnosis.findings))],
        causes=[{"cause": c, "title": words.cause(c.id), "evidence": [_evidence(e) for e in c.evidence]} for c in diagnosis.causes],
        outcomes=list(diagnosis.by_outcome.items()),
        other_jobs=list(diagnosis.other_jobs.items()),
        checks=[{"check": c, "words": words.check(c), "evidence": _evidence(c.evidence) if c.evidence else None} for c in diagnosis.checks],
        rows=_rows(mascots, words),
        total=diagnosis.mascots.height,
        shown=mascots.height,
        coverage=diagnosis.coverage,
        notes=[words.note(note) for note in diagnosis.coverage.notes],
        interrupted=diagnosis.interrupted is not None,
        rules=diagnosis.rules_hash,
        now=words.moment(now),
        version=version,
    )  # fmt: skip


def _finding(diagnosis: Diagnosis, words: Words, place: int) -> dict[str, Any]:
    finding = diagnosis.findings[place]
    return {
        "finding": finding,
        "title": words.title(finding),
        "summary": words.summary(finding),
        "causes": [(cause, words.cause(cause)) for cause in finding.causes],
        "steps": words.remedies(finding) if finding.severity != "ok" else [],
        "supports": [_evidence(e) for e in finding.supports],
        "contradicts": [_evidence(e) for e in finding.contradicts],
        "missing": [words.missing(key) for key in finding.missing],
    }


def _evidence(evidence: Evidence) -> dict[str, str | int]:
    return {"place": f"{evidence.source}:{evidence.line}", "time": format_stamp(evidence.timestamp) or "", "text": evidence.text}


def _rows(mascots: pl.DataFrame, words: Words) -> list[dict[str, str | int]]:
    """The table of mascots, every cell as text."""
    times = mascots.with_columns(pl.col("enqueued_at", "started_at", "ended_at").cast(pl.Int64))
    return [
        {
            **{name: words.moment(row[name]) if row[name] is not None else "" for name in ("enqueued_at", "started_at", "ended_at")},
            "id": visible(row["mascot_id"]),
            "outcome": row["outcome"],
            "outcome_text": words.ui(row["outcome"]),
            "attempts": row["attempts"],
            "waited": words.duration(row["wait_s"]),
            "ran": words.duration(row["run_s"]),
            "causes": ", ".join(row["causes"]),
            "certainty": words.ui(row["certainty"]),
            "image": words.ui(row["image"]) if row["image"] else "",
        }
        for row in times.iter_rows(named=True)
    ]
