"""Findings about processes and about the log itself: service-crashing and log-incomplete."""

from __future__ import annotations

from bisect import bisect_left

from logscan.findings.case import Case, family_order
from logscan.model import Finding
from logscan.ordering import Seen
from logscan.times import SECOND

_DAMAGE = frozenset({"broken", "unreadable", "long-lines"})
_RESTARTS = 3
_DEATHS = 2


def service_crashing(case: Case) -> Finding | None:
    """Three restarts of one replica in one deployment, or two deaths with a fatal line."""
    restarts = restarts_of(case)
    most = max(restarts.values(), key=len, default=[])
    deaths = case.deaths
    if len(most) < _RESTARTS and len(deaths) < _DEATHS:
        return None
    items = sorted([death.seen for death in deaths] + most, key=lambda item: item.at)
    last = items[-1]
    alive = case.events("generated", "enqueued", "app_ready")
    working = [item for item in alive if item.at > last.at and item.sighting.process == last.sighting.process]
    return Finding(
        "service-crashing", "critical", "certain" if deaths else "likely", items[0].stamp, last.stamp, not working,
        _hit(case, [item.at for item in items]), family_order(case, (death.family for death in deaths)),
        case.evidence([*(d.seen for d in deaths[:4]), *most[:2]]), case.evidence(working, 1), () if deaths else ("whole-log",),
        {"deaths": len(deaths), "restarts": sum(len(items) for items in restarts.values())},
    )  # fmt: skip


def restarts_of(case: Case) -> dict[int, list[Seen]]:
    """Starts of a container that was there before. Without tags only those after a death count."""
    out: dict[int, list[Seen]] = {}
    starts: dict[int, list[Seen]] = {}
    for item in case.events("container_start"):
        starts.setdefault(item.sighting.process, []).append(item)
    earliest = dict(case.earliest)
    for item in case.seen if starts else ():
        earliest[item.sighting.process] = min(item.at, earliest.get(item.sighting.process, item.at))
    for process, items in starts.items():
        if process in case.tagged:
            # "Starting Container" may come after the first lines of the app, but not by seconds.
            known_before = items[0].at - earliest[process] > 2 * SECOND
            out[process] = items if known_before else items[1:]
        else:
            deaths = [death.seen.at for death in case.deaths if death.seen.sighting.process == process]
            out[process] = _after_deaths(items, deaths)
    return out


def _after_deaths(starts: list[Seen], deaths: list[int]) -> list[Seen]:
    out = []
    before = -1
    for item in starts:
        if any(before < death <= item.at for death in deaths):
            out.append(item)
        before = item.at
    return out


def _hit(case: Case, moments: list[int]) -> int:
    """Mascots that were under way, or waiting, at one of the moments (of `Seen.at`, sorted)."""
    hit = 0
    for mascot, outcome in zip(case.mascots["mascot_id"].to_list(), case.mascots["outcome"].to_list(), strict=True):
        events = case.by_mascot[mascot]
        first = bisect_left(moments, events[0].at)
        if outcome != "enqueue_failed" and first < len(moments):
            ends = [item.at for item in events if item.sighting.event == outcome]
            hit += not ends or ends[0 if outcome == "generated" else -1] > moments[first]
    return hit


def log_incomplete(case: Case) -> Finding | None:
    """Holes, unreadable parts, or exactly the number of records at which `railway logs` cuts."""
    coverage = case.coverage
    damaged = sum(note.key in _DAMAGE for note in coverage.notes)
    cut = [note for note in coverage.notes if note.key == "cut-at-500"]
    if not coverage.holes and not damaged and not cut:
        return None
    if not coverage.lines and not coverage.holes:
        # Nothing could be read at all: the notes say why.
        return None
    drops = case.events("lines_dropped")
    real = bool(coverage.holes or damaged)
    unfetched = not damaged and all(hole.reason == "not-fetched" for hole in coverage.holes)
    return Finding(
        "log-incomplete", "warning" if real else "info", "certain" if real else "likely",
        drops[0].stamp if drops else None, drops[-1].stamp if drops else None, ongoing=False, mascots=case.by_outcome.get("unknown", 0),
        supports=case.evidence(drops), missing=("whole-log",),
        values={
            "count": len(cut) if not real else len(coverage.holes) if unfetched else damaged,
            "damaged": damaged, "holes": len(coverage.holes), "dropped": coverage.dropped, "cut": len(cut),
        },
        variant="cut" if not real else "damaged" if damaged and not drops else "not-fetched" if unfetched else None,
    )  # fmt: skip
