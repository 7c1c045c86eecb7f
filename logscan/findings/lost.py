"""Mascots that a process took with it: attempts that ran when it died, jobs that wait while it cannot start."""

from __future__ import annotations

from logscan.findings.case import Case, Death
from logscan.ordering import Seen

_ENDS = frozenset({"generated", "generation_failed"})


def lost_to_deaths(case: Case) -> dict[str, list[str]]:
    """Per mascot the causes of the deaths that hit it."""
    out: dict[str, list[str]] = {}
    deaths = case.deaths
    restarts = [item for item in case.events("container_start") if item.sighting.process in case.tagged]
    stalled = set(case.with_outcome("stalled"))
    if not deaths and not (restarts and stalled):
        return out
    for mascot, events in case.by_mascot.items():
        for pick, following in _unfinished(events):
            families = [death.family for death in deaths if _hit(death.seen, pick, following, case)]
            if not families and mascot in stalled and any(_hit(item, pick, following, case) for item in restarts):
                families = ["process"]
            for family in families[:1]:
                if family not in out.setdefault(mascot, []):
                    out[mascot].append(family)
    for mascot, family in _cannot_start(case, deaths).items():
        out.setdefault(mascot, []).append(family)
    return out


def _unfinished(events: list[Seen]) -> list[tuple[Seen, Seen | None]]:
    """Pick-ups that no end followed, each with the next pick-up."""
    steps = [item for item in events if item.sighting.event == "processing" or item.sighting.event in _ENDS]
    out = []
    for place, item in enumerate(steps):
        if item.sighting.event == "processing":
            after = steps[place + 1] if place + 1 < len(steps) else None
            if after is None or after.sighting.event == "processing":
                before = steps[place - 1] if place else None
                # Within a shuffled burst the end may stand before its pick-up.
                if not (before and before.sighting.event in _ENDS and before.near(item)):
                    out.append((item, after))
    return out


def _hit(death: Seen, pick: Seen, following: Seen | None, case: Case) -> bool:
    same = death.sighting.process == pick.sighting.process or death.sighting.process not in case.tagged
    return same and pick.at <= death.at and (following is None or death.at < following.at)


def _cannot_start(case: Case, deaths: list[Death]) -> dict[str, str]:
    """Mascots that wait while nothing picks up jobs after a death."""
    waiting = case.with_outcome("waiting")
    if not waiting or not deaths:
        return {}
    last = deaths[-1]
    if any(item.at > last.seen.at for item in case.events("processing")):
        return {}
    return dict.fromkeys(waiting, last.family)
