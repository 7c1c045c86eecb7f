"""BullMQ's job numbers → mascots. A listener's `Job 7 failed` names no mascot; `Job ID: 7` after a pick-up ties them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from logscan.ordering import Seen

_NEAREST = 3
_NEIGHBOURS = 8
_BURST_LINES = 12


@dataclass(slots=True, eq=False)
class _Tie:
    """A job number from one moment on: numbers start anew when Redis does. `votes` are for mascots."""

    job: str
    since: int
    votes: Counter[str] = field(default_factory=Counter)
    mascot: str | None = None


def job_ties(seen: Sequence[Seen]) -> dict[str, list[_Tie]]:
    """Each job number's mascots over time, where pick-ups stand beside it. Shuffled bursts are settled by votes."""
    ties: dict[str, list[_Tie]] = {}
    for link, votes in _links(seen):
        job = link.sighting.captures["job"]
        known = ties.setdefault(job, [])
        if not known or not (known[-1].votes.keys() & votes.keys()):
            known.append(_Tie(job, link.at))
        known[-1].votes += votes
    taken: set[str] = set()
    ranked = [(votes, tie, mascot) for known in ties.values() for tie in known for mascot, votes in tie.votes.items()]
    for _, tie, mascot in sorted(ranked, key=lambda item: (-item[0], item[1].since)):
        if tie.mascot is None and mascot not in taken:
            tie.mascot = mascot
            taken.add(mascot)
    return ties


def _links(seen: Sequence[Seen]) -> list[tuple[Seen, Counter[str]]]:
    """Every `Job ID` line with the mascots that were picked up in its burst."""
    picked: dict[int, list[Seen]] = {}
    links: list[tuple[Seen, int]] = []
    for item in seen:
        before = picked.setdefault(item.sighting.process, [])
        if item.sighting.event == "processing" and item.sighting.mascot:
            before.append(item)
        elif item.sighting.event == "job_link":
            links.append((item, len(before)))
    out = []
    for link, place in links:
        picks = picked[link.sighting.process]
        votes: Counter[str] = Counter()
        for number in range(max(0, place - _NEIGHBOURS), min(len(picks), place + _NEIGHBOURS)):
            if picks[number].near(link, _BURST_LINES):
                votes[str(picks[number].sighting.mascot)] += _NEAREST if number == place - 1 else 1
        if votes:
            out.append((link, votes))
    return out


def _mascot_of(item: Seen, ties: Mapping[str, list[_Tie]]) -> str | None:
    """The mascot of a `job_failed`: that of the job's last pick-up before it."""
    known = ties.get(item.sighting.captures.get("job", ""), [])
    before = [tie for tie in known if tie.since <= item.at + item.slack]
    return (before[-1] if before else known[0]).mascot if known else None


def named_failures(seen: Sequence[Seen]) -> list[Seen]:
    """The sightings, each `job_failed` turned into its mascot's `generation_failed` unless that stands there already."""
    if not any(item.sighting.event == "job_failed" and item.sighting.captures.get("job") for item in seen):
        return list(seen)
    ties = job_ties(seen)
    failed: dict[str, list[Seen]] = {}
    for item in seen:
        if item.sighting.event == "generation_failed" and item.sighting.mascot:
            failed.setdefault(item.sighting.mascot, []).append(item)
    out = []
    for item in seen:
        mascot = _mascot_of(item, ties) if item.sighting.event == "job_failed" else None
        named = mascot is not None and not any(item.near(other) for other in failed.get(mascot, []))
        out.append(item._replace(sighting=item.sighting._replace(event="generation_failed", mascot=mascot)) if named else item)
    return out
