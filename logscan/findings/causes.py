"""What the run says about causes: which there were, and which explain where a mascot ended."""

from __future__ import annotations

from logscan.causes import UNKNOWN, rule_of
from logscan.findings.case import Case
from logscan.model import Cause
from logscan.ordering import Seen


def explained(case: Case, lost: dict[str, list[str]]) -> dict[str, list[str]]:
    """Per mascot, the causes of where it ended: not those of earlier attempts that were mended."""
    outcome = dict(zip(case.mascots["mascot_id"].to_list(), case.mascots["outcome"].to_list(), strict=True))
    missing = set(case.mascots.filter(case.mascots["image"] == "missing")["mascot_id"].to_list())
    out: dict[str, list[str]] = {}
    for failure in case.attribution.failures:
        ended_so = outcome.get(failure.mascot) == failure.event or (failure.event == "upload_failed" and failure.mascot in missing)
        if ended_so and failure.family not in out.setdefault(failure.mascot, []):
            out[failure.mascot].append(failure.family)
    for mascot, families in lost.items():
        if outcome.get(mascot) in ("stalled", "waiting"):
            out.setdefault(mascot, []).extend(f for f in families if f not in out.get(mascot, []))
    return {mascot: [f for f in families if f != UNKNOWN] or families for mascot, families in out.items()}


def doubted(case: Case) -> set[str]:
    """The mascots whose cause is likely only."""
    return {failure.mascot for failure in case.attribution.failures if failure.certainty != "certain"}


def causes_of(case: Case, lost: dict[str, list[str]]) -> tuple[Cause, ...]:
    """Every family that was seen: most mascots first, then most lines, then by id; `unknown` last."""
    lines = case.line_counts
    mascots: dict[str, set[str]] = {}
    items: dict[str, list[Seen]] = {}
    for failure in case.attribution.failures:
        mascots.setdefault(failure.family, set()).add(failure.mascot)
        items.setdefault(failure.family, []).extend(failure.lines or [failure.seen, *failure.follow])
    for block in case.attribution.blocks:
        items.setdefault(block.family, []).extend(block.lines)
    for mascot, families in lost.items():
        for family in families:
            mascots.setdefault(family, set()).add(mascot)
    causes = [_cause(case, family, items.get(family, []), len(mascots.get(family, ())), lines[family]) for family in {*items, *mascots}]
    return tuple(sorted(causes, key=lambda c: (c.id == UNKNOWN, -c.mascots, -c.lines, c.id)))


def _cause(case: Case, family: str, items: list[Seen], mascots: int, lines: int) -> Cause:
    own = [s for s in items if family == UNKNOWN or (s.sighting.rule and s.sighting.rule.family and s.sighting.rule.family.id == family)]
    own.sort(key=lambda s: (s.at, s.sighting.record))
    stamps = [s.stamp for s in own if s.stamp is not None]
    known = case.rulebook.families.get(family)
    rules = sorted({s.sighting.rule.id for s in own if s.sighting.kind == "cause" and s.sighting.rule})
    return Cause(
        family, known.component if known else "none", tuple(rules), mascots, lines or len({s.sighting.record for s in own}),
        case.evidence(own), min(stamps, default=None), max(stamps, default=None),
        warning=family != UNKNOWN and bool(own) and all(s.sighting.kind == "cause" and rule_of(s).warning for s in own),
    )  # fmt: skip


def other_jobs(case: Case) -> dict[str, int]:
    """How many jobs of other queues began, by kind."""
    kinds: dict[str, set[str]] = {}
    for item in case.events("other_job"):
        if item.sighting.rule is not None:
            kinds.setdefault(item.sighting.rule.id, set()).add(item.sighting.captures.get("other", ""))
    return {kind: len(ids) for kind, ids in sorted(kinds.items())}
