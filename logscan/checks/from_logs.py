"""The checklist, as far as the logs alone answer it. Nothing passes without data."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from logscan.causes import Block, Failure, family_of
from logscan.checks.from_database import database_images, database_statuses, plugin_console
from logscan.checks.from_images import image_cors_check, image_urls_check
from logscan.findings.case import Case
from logscan.model import Check, Status
from logscan.ordering import Seen
from logscan.rulebook.schema import CHECKS, Fact

_DISABLED: Final = re.compile(r"SERVICE_DISABLED|accessNotConfigured|API has not been used in project|\bit is disabled\b")
_RANK: Final = {"fail": 0, "warn": 1, "pass": 2}


def checklist(case: Case) -> tuple[Check, ...]:
    """Every item, in the order the reader knows; what the logs do not answer is skipped."""
    facts = _facts(case)
    out = []
    for name in CHECKS:
        judged = _JUDGES[name](case) if name in _JUDGES else None
        out.append(judged or facts.get(name) or Check(name, "skip"))
    return tuple(out)


def _facts(case: Case) -> dict[str, Check]:
    """Start-up lines that answer an item; of several processes the worst answer counts."""
    out: dict[str, tuple[int, Check]] = {}
    for item in case.seen:
        rule = item.sighting.rule
        if item.sighting.kind == "fact" and rule is not None and isinstance(rule.rule, Fact):
            status: Status = rule.rule.status
            check = Check(rule.rule.check, status, rule.id, case.evidence_of(item))
            known = out.get(check.id)
            if known is None or _RANK[status] < known[0]:
                out[check.id] = (_RANK[status], check)
    return {name: check for name, (_, check) in out.items()}


def _evidence(case: Case, name: str, status: Status, items: list[Seen]) -> Check:
    return Check(name, status, None, case.evidence_of(items[0]))


def _google_enabled(case: Case) -> Check | None:
    """An image that was generated shows it; else only an error that calls the API disabled shows the contrary."""
    made = case.events("generated")
    if made:
        return _evidence(case, "google-enabled", "pass", made)
    groups: tuple[Failure | Block, ...] = (*case.attribution.failures, *case.attribution.blocks)
    lines = [seen for group in groups for seen in group.lines if family_of(seen) == "google-permission"]
    disabled = [seen for seen in lines if _DISABLED.search(seen.sighting.text)]
    return _evidence(case, "google-enabled", "fail", disabled) if disabled else None


def _worker_running(case: Case) -> Check | None:
    waiting = case.with_outcome("waiting")
    if waiting:
        items = [item for item in case.events("enqueued") if item.sighting.mascot in set(waiting)]
        return _evidence(case, "worker-running", "fail" if not case.events("processing") else "warn", items)
    picks = case.events("processing")
    return _evidence(case, "worker-running", "pass", picks) if picks else None


def _redis_service(case: Case) -> Check | None:
    """Jobs that went through Redis show that one is there; whether it belongs to the project they do not show."""
    works = case.works
    return _evidence(case, "redis-service", "pass", works) if works else None


def _image_cors(case: Case) -> Check | None:
    asked = image_cors_check(case)
    if asked is not None:
        return asked
    refused = [s for b in case.attribution.blocks if b.family == "browser-image-cors" for s in b.lines if "CORS" in s.sighting.text]
    return _evidence(case, "image-cors", "fail", refused) if refused else None


_JUDGES: Final[dict[str, Callable[[Case], Check | None]]] = {
    "google-enabled": _google_enabled,
    "worker-running": _worker_running,
    "redis-service": _redis_service,
    "image-urls": image_urls_check,
    "image-cors": _image_cors,
    "plugin-console": plugin_console,
    "database-statuses": database_statuses,
    "database-images": database_images,
}
