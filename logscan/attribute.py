"""Which cause belongs to which mascot's failure.

An error is printed over several lines, mostly without the mascot's id: before the failure line by the
service that the processor called, behind it as follow-up and stack. Attempts interleave, and Railway may
shuffle the lines of a burst. So lines are tied to failures in order first, then, where that leaves
gaps, within the burst (`bursts`); no line is ever counted for two mascots.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from logscan.bursts import settle
from logscan.causes import (
    FAILURES,
    OTHER,
    Attribution,
    Block,
    Failure,
    by_record,
    components_of,
    family_of,
    has_known,
    plausible,
    rule_of,
    strength_of,
    strongest,
)
from logscan.ordering import Seen
from logscan.rulebook import Rulebook
from logscan.rulebook.schema import STRENGTHS

_STEPS: Final = frozenset({"enqueued", "processing", "generated", "uploaded", "request_begun", "request_done", "other_job"})
_BLOCK_LINES: Final = 14
_SYMPTOM: Final = STRENGTHS.index("symptom")
_RIVALS: Final = 16


def attribute(seen: Sequence[Seen], rulebook: Rulebook) -> Attribution:
    """Tie the error lines of a run, in order, to the failures they explain."""
    inner = frozenset(c for r in rulebook.signatures if getattr(r.rule, "event", None) == "inner_failure" for c in r.contexts)
    failures: list[Failure] = []
    blocks: list[Block] = []
    for process in _by_process(seen):
        walk = _Walk(inner)
        for item in process:
            walk.take(item)
        found = _merged(walk.failures)
        loose = walk.end() + _settle_preludes(found)
        loose = _take_behind(found, settle(found, sorted(loose, key=_place)))
        loose += [line for failure in found if failure.event == OTHER for line in failure.lines]
        failures += [failure for failure in found if failure.event != OTHER]
        # Stack frames name a library, not a cause: they count where nothing else in the process does.
        known = has_known(item for item in process if item.sighting.kind == "cause")
        blocks += _blocks(line for line in sorted(loose, key=_place) if not known or rule_of(line).strength != "hint")
    return Attribution(tuple(failures), tuple(blocks))


def _by_process(seen: Iterable[Seen]) -> Iterator[list[Seen]]:
    processes: dict[int, list[Seen]] = {}
    for item in seen:
        processes.setdefault(item.sighting.process, []).append(item)
    yield from processes.values()


def _place(seen: Seen) -> tuple[int, int]:
    return seen.at, seen.sighting.record


class _Walk:
    """Goes through one process in order, as a reader would: prelude, failure line, follow-up."""

    def __init__(self, inner: frozenset[str]) -> None:
        self._inner = inner
        self._in_prelude = False
        self._owner: Failure | None = None
        self._last: Seen | None = None
        self._pending: list[Seen] = []
        self._records: dict[int, Failure] = {}
        self._loose: list[Seen] = []
        self.failures: list[Failure] = []

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
        if event == OTHER or (event in FAILURES and mascot):
            failure = Failure(item, event, mascot or "")
            for seen in self._pending:
                (failure.prelude if seen.near(item) else self._loose).append(seen)
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
            if owner is not None and _right_behind(owner, item):
                owner.behind.append(item)
            self._pending.append(item)

    def end(self) -> list[Seen]:
        """The lines that no failure owns."""
        return self._loose + self._pending


def _right_behind(failure: Failure, item: Seen) -> bool:
    here, there = failure.seen.sighting, item.sighting
    return here.source == there.source and there.line == here.line + 1


def _take_behind(failures: Sequence[Failure], loose: list[Seen]) -> list[Seen]:
    """Where a failure has no better text, the one right behind it is its own. Returns what is loose still."""
    free = set(map(id, loose))
    for failure in failures:
        if not has_known(failure.lines):
            taken = [seen for seen in failure.behind if id(seen) in free]
            failure.lines += taken
            free.difference_update(map(id, taken))
    return [seen for seen in loose if id(seen) in free]


def _settle_preludes(failures: Sequence[Failure]) -> list[Seen]:
    """Give what was printed before failure lines to the failures it belongs to; what is left belongs to none."""
    left: list[Seen] = []
    for place, failure in enumerate(failures):
        if failure.prelude:
            waiting, failure.prelude = failure.prelude, []
            around = [other for other in failures[place : place + _RIVALS] if other.seen.near(failure.seen)]
            left += _hand_out(waiting, around)
    for failure in failures:
        left += _join(failure)
    return left


def _hand_out(waiting: Iterable[Seen], failures: Sequence[Failure]) -> list[Seen]:
    """Each line to the failure whose own text says the same, else to the first that says nothing. Returns the rest."""
    left: list[Seen] = []
    waiting = list(waiting)
    single = len({family_of(seen) for seen in waiting}) == 1
    for seen in waiting:
        possible = [failure for failure in failures if plausible(failure, seen)]
        family = family_of(seen)
        # Attempts that interleave print their preludes side by side.
        agreeing = [failure for failure in possible if any(family_of(own) == family for own in failure.lines)]
        silent = [failure for failure in possible if not has_known(failure.lines)]
        free = [failure for failure in silent if strongest(failure.prelude) in (None, family)]
        if single and silent[:1] == list(failures[:1]):
            silent[0].prelude.append(seen)
        elif agreeing or free or possible:
            min(agreeing or free[:1] or possible[:1], key=lambda failure: len(failure.prelude)).prelude.append(seen)
        else:
            left.append(seen)
    return left


def _join(failure: Failure) -> list[Seen]:
    """Make the prelude the failure's own where it is of the same error. Returns what tells of another."""
    prelude, failure.prelude = failure.prelude, []
    own, before = strongest(failure.lines), strongest(prelude)
    # What the failing logger itself says before its failure line was shuffled there.
    shuffled = any(seen.sighting.context and seen.sighting.context == failure.seen.sighting.context for seen in prelude)
    if own is None or before in (None, own) or shuffled or _behind(failure.lines, prelude):
        failure.lines += prelude
        return []
    others: list[Seen] = []
    for record in by_record(prelude):
        told = strength_of(record) < _SYMPTOM and strongest(record) != own
        (others if told else failure.lines).extend(record)
    return others


def _behind(own: Sequence[Seen], prelude: Sequence[Seen]) -> bool:
    """Whether the prelude may tell what is behind the failure's own text: a symptom, or a text of the same component."""
    return strength_of(prelude) < strength_of(own) and (strength_of(own) >= _SYMPTOM or bool(components_of(own) & components_of(prelude)))


def _merged(failures: list[Failure]) -> list[Failure]:
    """Failures that two loggers report for one mascot are one failure."""
    out: list[Failure] = []
    last: dict[tuple[str, str], Failure] = {}
    for failure in failures:
        key = (failure.mascot, failure.event)
        before = last.get(key)
        if before is not None and failure.seen.near(before.seen) and before.seen.sighting.rule is not failure.seen.sighting.rule:
            before.lines += failure.lines
            before.prelude += failure.prelude
            before.follow += failure.follow
        else:
            out.append(failure)
            last[key] = failure
    return out


def _blocks(loose: Iterable[Seen]) -> list[Block]:
    """Loose error lines that stand together are one error."""
    blocks: list[Block] = []
    for seen in loose:
        if blocks and seen.near(blocks[-1].lines[-1], _BLOCK_LINES) and _same_error(blocks[-1], seen):
            blocks[-1].lines.append(seen)
        else:
            blocks.append(Block([seen]))
    return blocks


def _same_error(block: Block, seen: Seen) -> bool:
    """Harmless warnings stand for themselves, and so does a line that two loggers wrote."""
    return rule_of(block.lines[-1]).warning == rule_of(seen).warning
