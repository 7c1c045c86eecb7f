"""BullMQ's job numbers → mascots. A listener's `Job 7 failed` names no mascot; `Job ID: 7` after a pick-up ties them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from logscan.ordering import Seen

_NEAREST = 3
_NEIGHBOURS = 8


def job_mascots(seen: Sequence[Seen]) -> dict[str, str]:
    """The mascot of each job number, where a pick-up stands beside it. Shuffled bursts are settled by votes."""
    votes: Counter[tuple[str, str]] = Counter()
    picked: dict[int, list[Seen]] = {}
    links: list[tuple[Seen, int]] = []
    for item in seen:
        before = picked.setdefault(item.sighting.process, [])
        if item.sighting.event == "processing" and item.sighting.mascot:
            before.append(item)
        elif item.sighting.event == "job_link":
            links.append((item, len(before)))
    for link, place in links:
        picks = picked[link.sighting.process]
        for number in range(max(0, place - _NEIGHBOURS), min(len(picks), place + _NEIGHBOURS)):
            if picks[number].near(link, 12):
                nearest = number == place - 1
                votes[link.sighting.captures["job"], str(picks[number].sighting.mascot)] += _NEAREST if nearest else 1
    out: dict[str, str] = {}
    tied: set[str] = set()
    for (job, mascot), _ in votes.most_common():
        if job not in out and mascot not in tied:
            out[job] = mascot
            tied.add(mascot)
    return out


def named_failures(seen: Sequence[Seen]) -> list[Seen]:
    """The sightings, each `job_failed` turned into its mascot's `generation_failed` unless that stands there already."""
    mascots = job_mascots(seen) if any(item.sighting.event == "job_failed" and item.sighting.captures.get("job") for item in seen) else {}
    if not mascots:
        return list(seen)
    failed: dict[str, list[Seen]] = {}
    for item in seen:
        if item.sighting.event == "generation_failed" and item.sighting.mascot:
            failed.setdefault(item.sighting.mascot, []).append(item)
    out = []
    for item in seen:
        mascot = mascots.get(item.sighting.captures.get("job", "")) if item.sighting.event == "job_failed" else None
        if mascot and not any(item.near(other) for other in failed.get(mascot, [])):
            item = item._replace(sighting=item.sighting._replace(event="generation_failed", mascot=mascot))  # noqa: PLW2901
        out.append(item)
    return out
