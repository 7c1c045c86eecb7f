"""All findings of a run, and which of them is the verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from logscan.findings.case import Case
from logscan.findings.contradiction import status_contradiction
from logscan.findings.jobs import images_not_accessible, jobs_failing
from logscan.findings.process import log_incomplete, service_crashing
from logscan.findings.queue import jobs_stalled, redis_not_working, worker_not_consuming
from logscan.model import SEVERITIES, Finding
from logscan.ordering import Seen
from logscan.rulebook.schema import FINDINGS, PLATFORM

_JUDGES: Final[tuple[Callable[[Case], Finding | None], ...]] = (
    redis_not_working,
    jobs_failing,
    images_not_accessible,
    worker_not_consuming,
    jobs_stalled,
    service_crashing,
    status_contradiction,
    log_incomplete,
)


def conclude(case: Case) -> tuple[Finding, ...]:
    """The findings, gravest first: by severity, then by mascots hit, then in the order of the table."""
    found = [finding for judge in _JUDGES if (finding := judge(case)) is not None]
    recognised = any(_tells(item) for item in case.seen) or (case.stored is not None and not case.stored.rows.is_empty())
    if not recognised and not any(f.severity == "critical" for f in found):
        # That piped `railway logs` stops at 500 is part of the help; as a finding it would hide the verdict.
        found = [f for f in found if f.severity != "info"] + [_nothing(case)]
    elif not any(f.id != "log-incomplete" for f in found):
        if not case.by_outcome.get("generated"):
            found.append(_undecided(case))
        elif not any(f.severity == "warning" for f in found):
            found.append(_healthy(case))
    order = {name: place for place, name in enumerate(FINDINGS)}
    return tuple(sorted(found, key=lambda f: (SEVERITIES.index(f.severity), -f.mascots, order[f.id])))


def _tells(item: Seen) -> bool:
    """Whether a sighting is a signature or a cause, and not just the platform's own line."""
    return item.sighting.kind == "cause" or (item.sighting.kind == "event" and item.sighting.event not in PLATFORM)


def _healthy(case: Case) -> Finding:
    done = case.events("generated")
    counts = case.by_outcome
    return Finding(
        "healthy", "ok", "certain", done[0].stamp, done[-1].stamp, ongoing=True, mascots=0, supports=case.evidence(done, 3),
        missing=("longer-log",) if counts.get("in_flight") else (),
        values={"generated": counts.get("generated", 0), "in_flight": counts.get("in_flight", 0), "count": counts.get("generated", 0)},
    )  # fmt: skip


def _undecided(case: Case) -> Finding:
    counts = case.by_outcome
    missing = []
    if counts.get("unknown"):
        missing.append("stamps")
    if not case.worker_heard:
        missing.append("worker-log")
    elif not case.events("enqueued", "request_begun"):
        missing.append("api-log")
    known = [item for item in case.seen if item.sighting.kind in ("event", "cause")]
    ends = (known[0].stamp, known[-1].stamp) if known else (None, None)
    return Finding(
        "undecided", "info", "possible", *ends, ongoing=False, mascots=0,
        supports=case.evidence(known) or case.row_evidence(case.statuses, 3),
        missing=tuple(missing) or ("longer-log",),
        values={"total": case.mascots.height, "unknown": counts.get("unknown", 0), "in_flight": counts.get("in_flight", 0)},
    )  # fmt: skip


def _nothing(case: Case) -> Finding:
    finding = Finding("nothing-recognised", "info", "certain", None, None, ongoing=False, mascots=0, missing=("api-log",))
    lines = case.coverage.lines
    return replace(finding, values={"lines": lines, "count": lines}, variant=None if lines else "empty")
