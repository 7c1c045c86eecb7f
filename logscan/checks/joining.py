"""One checklist of what the logs show and what a look at Railway shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from logscan.model import Check

_RANK: Final = {"fail": 0, "warn": 1, "pass": 2, "skip": 3}
# A process that runs may still take no job, and jobs that go through Redis show that there is one, wherever it stands.
_WORST: Final = frozenset({"worker-running"})
_LOGS_PROVE: Final = frozenset({"redis-service"})


def joined(logs: Iterable[Check], looked: Iterable[Check]) -> tuple[Check, ...]:
    """The checklist in its order. A look is newer than any line of a log, so it counts where there was one."""
    by_id = {check.id: check for check in looked}
    return tuple(_one(check, by_id.get(check.id)) for check in logs)


def _one(logs: Check, looked: Check | None) -> Check:
    if looked is None or (looked.status == "skip" and logs.status != "skip"):
        return logs
    if logs.id in _WORST:
        return min(looked, logs, key=lambda check: _RANK[check.status])
    return logs if logs.id in _LOGS_PROVE and logs.status == "pass" and looked.status == "fail" else looked
