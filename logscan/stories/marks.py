"""When processes began anew, were deployed, or died."""

from __future__ import annotations

from collections.abc import Iterator

from logscan.findings.case import Case
from logscan.findings.process import restarts_of
from logscan.intake import Account
from logscan.model import Deployment, Mark
from logscan.visible import visible

MAX_MARKS = 200
_TAGS = 3


def marks_of(case: Case, account: Account) -> tuple[Mark, ...]:
    """Deaths, restarts and deploys with a stamp, in order; of very many the first."""
    names = {number: _service(key) for key, number in account.matcher.processes.items()}
    marks = [
        Mark("death", death.seen.stamp, names.get(death.seen.sighting.process), case.evidence_of(death.seen))
        for death in case.deaths[:MAX_MARKS]
        if death.seen.stamp is not None
    ]
    # What Railway tells of its deployments is better than what the lines' tags show.
    told = [Mark("deploy", it.created, _deployed(it)) for it in case.coverage.deployments if it.created is not None]
    marks += told or [Mark("deploy", at, names.get(process)) for at, process in _deploys(case, account)]
    for process, items in restarts_of(case).items():
        marks += [
            Mark("restart", item.stamp, names.get(process), case.evidence_of(item)) for item in items[:MAX_MARKS] if item.stamp is not None
        ]
    return tuple(sorted(marks, key=lambda mark: (mark.stamp, mark.kind, mark.process or ""))[:MAX_MARKS])


def _deployed(deployment: Deployment) -> str | None:
    """The service and the commit, as far as known."""
    return visible(" ".join(part for part in (deployment.service, (deployment.commit or "")[:7]) if part)) or None


def _service(key: object) -> str | None:
    """The service in a process's key: (service, deployment, replica), or (source, service) without tags."""
    if not isinstance(key, tuple):
        return None
    service = key[0] if len(key) == _TAGS else key[-1]
    return visible(str(service)) if service else None


def _deploys(case: Case, account: Account) -> Iterator[tuple[int, int]]:
    """When another deployment of a service was first seen, and its process."""
    earliest = dict(account.earliest)
    for item in case.seen if account.tagged else ():
        process = item.sighting.process
        if item.stamp is not None and item.stamp < earliest.get(process, item.stamp + 1):
            earliest[process] = item.stamp
    first: dict[object, dict[object, tuple[int, int]]] = {}
    for key, process in account.matcher.processes.items():
        if isinstance(key, tuple) and len(key) == _TAGS and key[1] and process in earliest:
            known = first.setdefault(key[0], {})
            known[key[1]] = min(known.get(key[1], (earliest[process], process)), (earliest[process], process))
    for deployments in first.values():
        for at, process in sorted(deployments.values())[1:]:
            yield at, process
