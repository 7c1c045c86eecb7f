"""Which cause belongs to which mascot's failure.

An error is printed over several lines, mostly without the mascot's id: before the failure line by the
service that the processor called, behind it as follow-up and stack. Railway may shuffle the lines of a
burst, and attempts interleave. So lines are tied to failures in order first, then, where that leaves
gaps, within the burst; no line is ever counted for two mascots.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from logscan.model import Confidence
from logscan.ordering import APP_SLACK, Seen
from logscan.rulebook import Rulebook
from logscan.rulebook.schema import STRENGTHS, CauseRule

FAILURES: Final = frozenset({"enqueue_failed", "generation_failed", "upload_failed"})
UNKNOWN: Final = "unknown"
_STEPS: Final = frozenset({"enqueued", "processing", "generated", "uploaded", "request_begun", "request_done", "other_job"})
_REACH: Final = 150
_NEIGHBOURS: Final = 16
_PLAUSIBLE: Final = {
    "enqueue_failed": frozenset({"redis", "database", "process", "none"}),
    "generation_failed": frozenset({"google", "storage", "replicate", "process", "database", "none"}),
    "upload_failed": frozenset({"storage", "none"}),
}


@dataclass(slots=True, eq=False)
class Failure:
    """A step of one mascot that failed, and the error lines that are its own."""

    seen: Seen
    event: str
    mascot: str
    lines: list[Seen] = field(default_factory=list)
    follow: list[Seen] = field(default_factory=list)
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


def strongest(lines: Iterable[Seen]) -> str | None:
    """The family that explains an error best: by strength (root first), then by lines, then the first."""
    scores: dict[str, list[int]] = {}
    for place, seen in enumerate(lines):
        score = scores.setdefault(family_of(seen), [-9, 0, -place])
        score[0] = max(score[0], -STRENGTHS.index(rule_of(seen).strength))
        score[1] += 1
    return max(scores, key=lambda family: scores[family]) if scores else None


def attribute(seen: Sequence[Seen], rulebook: Rulebook) -> Attribution:
    """Tie the error lines of a run, in order, to the failures they explain."""
    inner = frozenset(c for r in rulebook.signatures if getattr(r.rule, "event", None) == "inner_failure" for c in r.contexts)
    failures: list[Failure] = []
    blocks: list[Block] = []
    for process in _by_process(seen):
        walk = _Walk(inner)
        for item in process:
            walk.take(item)
        walk.end()
        _repair(walk.failures, walk.loose)
        failures += _merged(walk.failures)
        # Stack frames name a library, not a cause: they count where nothing else in the process does.
        known = _has_known(item for item in process if item.sighting.kind == "cause")
        blocks += _blocks(seen for seen in walk.loose if not known or rule_of(seen).strength != "hint")
    return Attribution(tuple(failures), tuple(blocks))


def _by_process(seen: Iterable[Seen]) -> Iterator[list[Seen]]:
    processes: dict[int, list[Seen]] = {}
    for item in seen:
        processes.setdefault(item.sighting.process, []).append(item)
    yield from processes.values()


class _Walk:
    """Goes through one process in order, as a reader would: prelude, failure line, follow-up."""

    def __init__(self, inner: frozenset[str]) -> None:
        self._inner = inner
        self._in_prelude = False
        self._owner: Failure | None = None
        self._last: Seen | None = None
        self._pending: list[Seen] = []
        self._records: dict[int, Failure] = {}
        self.failures: list[Failure] = []
        self.loose: list[Seen] = []

    def take(self, item: Seen) -> None:
        sighting = item.sighting
        if sighting.kind == "event":
            self._event(item)
        elif sighting.kind == "cause":
            self._cause(item)
        elif sighting.kind == "context" and self._owner is not None and item.near(self._owner.seen):
            self._owner.follow.append(item)

    def _event(self, item: Seen) -> None:
        event, mascot = item.sighting.event, item.sighting.mascot
        if event in FAILURES and mascot:
            failure = Failure(item, event, mascot)
            failure.lines = [seen for seen in self._pending if seen.near(item) and plausible(failure, seen)]
            kept = set(map(id, failure.lines))
            self.loose += [seen for seen in self._pending if id(seen) not in kept]
            self._pending = []
            self.failures.append(failure)
            self._records[item.sighting.record] = failure
            self._owner, self._last, self._in_prelude = failure, item, False
        elif event == "inner_failure":
            self._in_prelude = True
        elif event in _STEPS:
            self._owner, self._in_prelude = None, False

    def _cause(self, item: Seen) -> None:
        sighting = item.sighting
        same = self._records.get(sighting.record)
        if same is not None:
            same.lines.append(item)
            self._last = item
            return
        if sighting.context is not None:
            self._in_prelude = sighting.context in self._inner
        owner = self._owner
        if not self._in_prelude and owner is not None and self._last is not None and item.near(self._last) and plausible(owner, item):
            owner.lines.append(item)
            self._last = item
        else:
            self._pending.append(item)

    def end(self) -> None:
        self.loose += self._pending
        self.loose.sort(key=lambda seen: (seen.at, seen.sighting.record))


def plausible(failure: Failure, seen: Seen) -> bool:
    """Whether an error of this component can make this step fail at all."""
    rule = seen.sighting.rule
    return rule is not None and rule.family is not None and rule.family.component in _PLAUSIBLE[failure.event] and not rule_of(seen).warning


def _repair(failures: list[Failure], loose: list[Seen]) -> None:
    """Fill failures that the walk left without an error, from loose lines or overfull neighbours of the same burst."""
    moments = [seen.at for seen in loose]
    taken: set[int] = set()
    for place, failure in enumerate(failures):
        if _has_known(failure.lines):
            continue
        rivals = _rivals(failures, place)
        low = bisect_left(moments, failure.seen.at - APP_SLACK)
        high = bisect_right(moments, failure.seen.at + APP_SLACK)
        around = [s for s in loose[low:high] if id(s) not in taken and s.near(failure.seen, _REACH) and plausible(failure, s)]
        if _has_known(around):
            share = -(-len(around) // (1 + sum(not other.lines for other in rivals)))
            around.sort(key=lambda seen: (rule_of(seen).strength == "hint", *_distance(seen, failure.seen)))
            failure.lines += around[:share]
            taken.update(map(id, around[:share]))
        elif not _from_own_upload(failure, failures, place):
            _take_over(failure, rivals)
    loose[:] = [seen for seen in loose if id(seen) not in taken]
    for place, failure in enumerate(failures):
        _doubt(failure, _rivals(failures, place))


def _has_known(lines: Iterable[Seen]) -> bool:
    """Whether an error text is among the lines, and not only stack frames."""
    return any(rule_of(seen).strength != "hint" for seen in lines)


def _from_own_upload(failure: Failure, failures: list[Failure], place: int) -> bool:
    """A job that failed because its upload did: the mascot's other failure in the burst holds the error."""
    for other in failures[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS + 1]:
        if other is not failure and other.mascot == failure.mascot and other.seen.near(failure.seen, _REACH) and _has_known(other.lines):
            failure.lines = failure.lines + other.lines[-1:]
            return True
    return False


def _rivals(failures: list[Failure], place: int) -> list[Failure]:
    """Failures of other mascots in the same burst."""
    me = failures[place]
    around = failures[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS + 1]
    return [other for other in around if other.mascot != me.mascot and other.seen.near(me.seen, _REACH)]


def _take_over(failure: Failure, rivals: list[Failure]) -> None:
    """One line of a neighbour that has several of one cause: shuffling gave it the whole burst's."""
    for other in sorted(rivals, key=lambda other: -len(other.lines)):
        spare = [seen for seen in other.lines if family_of(seen) == other.family]
        if other.event == failure.event and len(spare) > 1 and spare[-1].sighting.record != other.seen.sighting.record:
            other.lines.remove(spare[-1])
            failure.lines.append(spare[-1])
            return


def _doubt(failure: Failure, rivals: list[Failure]) -> None:
    """`likely` where another mascot failed in the same burst of another cause and nothing names the owner."""
    if not failure.lines or any(seen.sighting.record == failure.seen.sighting.record for seen in failure.lines):
        return
    if {other.family for other in rivals} - {failure.family}:
        failure.certainty = "likely"


def _distance(a: Seen, b: Seen) -> tuple[int, int]:
    return abs(a.at - b.at), abs(a.sighting.line - b.sighting.line)


def _merged(failures: list[Failure]) -> list[Failure]:
    """Failures that two loggers report for one mascot are one failure."""
    out: list[Failure] = []
    last: dict[tuple[str, str], Failure] = {}
    for failure in failures:
        key = (failure.mascot, failure.event)
        before = last.get(key)
        if before is not None and failure.seen.near(before.seen) and before.seen.sighting.rule is not failure.seen.sighting.rule:
            before.lines += failure.lines
            before.follow += failure.follow
        else:
            out.append(failure)
            last[key] = failure
    return out


def _blocks(loose: Iterable[Seen]) -> list[Block]:
    """Loose error lines that stand together are one error."""
    blocks: list[Block] = []
    for seen in loose:
        if blocks and seen.near(blocks[-1].lines[-1], 14) and _same_error(blocks[-1], seen):
            blocks[-1].lines.append(seen)
        else:
            blocks.append(Block([seen]))
    return blocks


def _same_error(block: Block, seen: Seen) -> bool:
    """Harmless warnings stand for themselves, and so does a line that two loggers wrote."""
    return rule_of(block.lines[-1]).warning == rule_of(seen).warning


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
