"""Failures and the error lines that explain them; how they are found is the business of `attribute`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from logscan.model import Confidence
from logscan.ordering import Seen
from logscan.rulebook.schema import STRENGTHS, CauseRule

FAILURES: Final = frozenset({"enqueue_failed", "generation_failed", "upload_failed"})
UNKNOWN: Final = "unknown"
_RANK: Final[dict[str, int]] = {strength: place for place, strength in enumerate(STRENGTHS)}
# A job of another queue that failed: what it says is no mascot's.
OTHER: Final = "other_failed"
_PLAUSIBLE: Final = {
    "enqueue_failed": frozenset({"redis", "database", "process", "none"}),
    "generation_failed": frozenset({"google", "storage", "replicate", "process", "database", "none"}),
    "upload_failed": frozenset({"storage", "none"}),
    OTHER: frozenset({"google", "storage", "replicate", "process", "database", "redis", "none"}),
}


@dataclass(slots=True, eq=False)
class Failure:
    """A step of one mascot that failed, and the error lines that are its own.

    `prelude` holds lines that were printed before, until it is settled whose they are; `follow` what no rule knows;
    `behind` what stands right behind the failure line, though such an error seldom makes this step fail.
    """

    seen: Seen
    event: str
    mascot: str
    lines: list[Seen] = field(default_factory=list)
    prelude: list[Seen] = field(default_factory=list)
    follow: list[Seen] = field(default_factory=list)
    behind: list[Seen] = field(default_factory=list)
    certainty: Confidence = "certain"

    @property
    def family(self) -> str:
        """The cause: the strongest of its lines, `unknown` without any."""
        return strongest(self.lines) or UNKNOWN


@dataclass(slots=True, eq=False)
class Block:
    """Error lines of one process that belong together and to no mascot."""

    lines: list[Seen]

    @property
    def family(self) -> str:
        """The cause: the strongest of its lines."""
        return strongest(self.lines) or UNKNOWN

    @property
    def fatal(self) -> bool:
        """Whether the process died of it."""
        return any(rule_of(seen).fatal for seen in self.lines)


@dataclass(frozen=True, slots=True)
class Attribution:
    """Failures with their lines, and the blocks that no failure owns. Each error line is in one place only."""

    failures: tuple[Failure, ...]
    blocks: tuple[Block, ...]


def rule_of(seen: Seen) -> CauseRule:
    """The cause rule of a sighting of kind `cause`."""
    rule = seen.sighting.rule
    assert rule is not None and isinstance(rule.rule, CauseRule)  # noqa: PT018, S101  # kind `cause` has one
    return rule.rule


def family_of(seen: Seen) -> str:
    """The family of a sighting of kind `cause`."""
    rule = seen.sighting.rule
    return rule.family.id if rule is not None and rule.family is not None else UNKNOWN


def strongest(lines: Sequence[Seen]) -> str | None:
    """The family that explains an error best: by strength (root first), then by lines, then the first."""
    families = {family_of(seen) for seen in lines}
    if len(families) < 2:  # noqa: PLR2004  # nothing to weigh
        return next(iter(families), None)
    scores: dict[str, list[int]] = {}
    for place, seen in enumerate(lines):
        score = scores.setdefault(family_of(seen), [-9, 0, -place])
        score[0] = max(score[0], -_RANK[rule_of(seen).strength])
        score[1] += 1
    return max(scores, key=lambda family: scores[family])


def strength_of(lines: Iterable[Seen]) -> int:
    """The best strength among the lines, as its place in STRENGTHS (0 is a root); beyond the last without any."""
    return min((_RANK[rule_of(seen).strength] for seen in lines), default=len(STRENGTHS))


def by_record(lines: Iterable[Seen]) -> list[list[Seen]]:
    """The sightings of each record together: several rules may know one."""
    records: dict[int, list[Seen]] = {}
    for seen in lines:
        records.setdefault(seen.sighting.record, []).append(seen)
    return list(records.values())


def components_of(lines: Iterable[Seen]) -> set[str]:
    """The components that error lines come from."""
    return {seen.sighting.rule.family.component for seen in lines if seen.sighting.rule and seen.sighting.rule.family}


def plausible(failure: Failure, seen: Seen) -> bool:
    """Whether an error of this component can make this step fail at all."""
    rule = seen.sighting.rule
    return rule is not None and rule.family is not None and rule.family.component in _PLAUSIBLE[failure.event] and not rule_of(seen).warning


def has_known(lines: Iterable[Seen]) -> bool:
    """Whether an error text is among the lines, and not only stack frames."""
    return any(rule_of(seen).strength != "hint" for seen in lines)


def count_lines(attribution: Attribution) -> Counter[str]:
    """How many records each family explains."""
    records: dict[str, set[int]] = {}
    groups: tuple[Failure | Block, ...] = (*attribution.failures, *attribution.blocks)
    for group in groups:
        family = group.family
        for seen in group.lines:
            if family_of(seen) == family:
                records.setdefault(family, set()).add(seen.sighting.record)
    return Counter({family: len(numbers) for family, numbers in records.items()})
