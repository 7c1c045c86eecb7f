"""Failures of one burst: what order does not settle, since Railway may shuffle the lines of a burst.

Every error that stands in a burst is somebody's: a failure without one takes one that nobody needs, and
nothing that several failures could own is called certain.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from logscan.causes import UNKNOWN, Failure, by_record, components_of, family_of, has_known, plausible, rule_of, strength_of, strongest
from logscan.ordering import APP_SLACK, Seen

_REACH: Final = 150
_NEIGHBOURS: Final = 16
_MOST: Final = 2 * _NEIGHBOURS
_ERROR: Final = re.compile(r"(?m)\b\w*(?:Error|Exception)\b: ")

# The sightings of one record.
_Record = list[Seen]


def settle(failures: Sequence[Failure], loose: list[Seen]) -> list[Seen]:
    """Fill failures of one process that have no error, name every error of a burst. Returns what is loose now."""
    pool = _Pool(loose)
    for burst in _bursts(failures):
        _Burst(burst, pool).settle()
    _doubt(failures)
    return pool.left()


def _bursts(failures: Sequence[Failure]) -> Iterator[list[Failure]]:
    """Failures that follow one another closely."""
    burst: list[Failure] = []
    for failure in failures:
        if burst and (len(burst) >= _MOST or not failure.seen.near(burst[-1].seen, _REACH)):
            yield burst
            burst = []
        burst.append(failure)
    if burst:
        yield burst


class _Pool:
    """The loose lines of a process, by time, each given away once at most."""

    def __init__(self, lines: list[Seen]) -> None:
        self._lines = lines
        self._moments = [seen.at for seen in lines]
        self._taken: set[int] = set()
        self._returned: list[Seen] = []

    def around(self, failure: Failure) -> list[Seen]:
        """The lines in a failure's burst that may be its own, the nearest first, stack frames last."""
        middle = bisect_left(self._moments, failure.seen.at)
        low = max(middle - _REACH, bisect_left(self._moments, failure.seen.at - APP_SLACK))
        high = min(middle + _REACH, bisect_right(self._moments, failure.seen.at + APP_SLACK))
        found = [
            seen
            for seen in self._lines[low:high]
            if id(seen) not in self._taken and seen.near(failure.seen, _REACH) and plausible(failure, seen)
        ]
        return sorted(found, key=lambda seen: (rule_of(seen).strength == "hint", _distance(seen, failure.seen)))

    def take(self, lines: Sequence[Seen]) -> None:
        self._taken.update(map(id, lines))

    def give_back(self, lines: Sequence[Seen]) -> None:
        self._returned += lines

    def left(self) -> list[Seen]:
        return [seen for seen in self._lines if id(seen) not in self._taken] + self._returned


@dataclass(slots=True)
class _Burst:
    """The failures of one burst, and the loose lines about."""

    failures: list[Failure]
    pool: _Pool

    def settle(self) -> None:
        for failure in self._silent():
            self._from_pool(failure)
        for failure in self._silent():
            self._from_own_upload(failure)
        if len(self.failures) > 1 and (self._silent() or self._hidden()):
            self._deal()
        self._return()

    def _silent(self) -> list[Failure]:
        return [failure for failure in self.failures if not has_known(failure.lines)]

    def _from_pool(self, failure: Failure) -> None:
        around = self.pool.around(failure)
        if has_known(around):
            rivals = [other for other in self._silent() if other.mascot != failure.mascot]
            records = by_record(around)
            share = [seen for record in records[: -(-len(records) // (1 + len(rivals)))] for seen in record]
            failure.lines += share
            self.pool.take(share)

    def _from_own_upload(self, failure: Failure) -> None:
        """A job that failed because its upload did: the mascot's other failure in the burst holds the error."""
        own = [other for other in self.failures if other is not failure and other.mascot == failure.mascot and has_known(other.lines)]
        if own:
            failure.lines.append(own[0].lines[-1])

    def _hidden(self) -> set[str]:
        """The errors that stand in the burst and explain no failure: lines of one were given to another."""
        families = [failure.family for failure in self.failures]
        named = set(families)
        parted: set[str] = set()
        beside: Counter[str] = Counter()
        for failure, own in zip(self.failures, families, strict=True):
            best = [seen for seen in failure.lines if family_of(seen) == own]
            for family in _told(failure.lines) - named:
                if _one_error(best, [seen for seen in failure.lines if family_of(seen) == family]):
                    beside[family] += 1
                else:
                    parted.add(family)
        # What several failures have beside a stronger text is another text of that error.
        return parted | {family for family, number in beside.items() if number == 1}

    def _deal(self) -> None:
        """Deal the burst's lines anew: to each failure an error, to each error a failure, the nearest as far as may be."""
        fixed = {id(failure): failure.family for failure in self.failures if _pinned_error(failure)}
        records: dict[str, list[_Record]] = {}
        for failure in self.failures:
            kept = []
            for record in by_record(failure.lines):
                family = strongest(record) or UNKNOWN
                if _pinned(failure, record[0]) or not has_known(record) or family == fixed.get(id(failure)):
                    kept += record
                else:
                    records.setdefault(family, []).append(record)
            failure.lines = kept
        free = [failure for failure in self.failures if id(failure) not in fixed]
        owners = _owners(records, free, set(fixed.values()))
        for family, own in records.items():
            self._share_out(own, owners.get(family, []))

    def _return(self) -> None:
        """Lines of an error that explains another failure of the burst, and not the one that has them, go to that one."""
        owners: dict[str, list[Failure]] = {}
        for failure in self.failures:
            owners.setdefault(failure.family, []).append(failure)
        if len(owners) == 1:
            return
        for own, failures in owners.items():
            for failure in failures:
                kept = []
                for record in by_record(failure.lines):
                    family = strongest(record)
                    others = [] if family in (None, own) else [o for o in owners.get(family, []) if o.mascot != failure.mascot]
                    if not others or not has_known(record) or _pinned(failure, record[0]):
                        kept += record
                    else:
                        min(others, key=lambda owner: _distance(record[0], owner.seen)).lines += record
                failure.lines = kept

    def _share_out(self, records: Sequence[_Record], owners: Sequence[Failure]) -> None:
        """An error's lines to its failures: one each first, then each to the nearest."""
        left = list(records)
        for owner in owners:
            nearest = min(left, key=lambda record: _distance(record[0], owner.seen))
            left.remove(nearest)
            owner.lines += nearest
        for record in left:
            if owners:
                min(owners, key=lambda owner: _distance(record[0], owner.seen)).lines += record
            else:
                self.pool.give_back(record)


def _one_error(best: Sequence[Seen], other: Sequence[Seen]) -> bool:
    """Whether a weaker text may stand for the same error as the best one: of one component, or of the process as a whole."""
    components = components_of(other)
    return strength_of(best) < strength_of(other) and bool(components & components_of(best) or "process" in components)


def _told(lines: Sequence[Seen]) -> set[str]:
    """The errors that lines tell of, but for symptoms and stack frames, which may belong to any of them."""
    return {family_of(seen) for seen in lines if rule_of(seen).strength not in ("hint", "symptom")}


def _owners(records: Mapping[str, Sequence[_Record]], free: Sequence[Failure], named: AbstractSet[str]) -> dict[str, list[Failure]]:
    """Which failures each error explains: first one for each error, the strongest first, then one for each failure left."""
    strength = {family: min(strength_of(record) for record in own) for family, own in records.items()}
    owners: dict[str, list[Failure]] = {}
    left = list(free)
    for family in sorted(records, key=lambda family: (family in named, strength[family], -len(records[family]), family)):
        possible = [failure for failure in left if plausible(failure, records[family][0][0])]
        if possible:
            near = min(possible, key=lambda failure: _nearest(records[family], failure))
            owners[family] = [near]
            left.remove(near)
    # A failure with an error text of its own that no rule knows needs no other's.
    for failure in [failure for failure in left if not _ERROR.search("\n".join(seen.sighting.text for seen in failure.follow))]:
        spare = [family for family, own in owners.items() if len(records[family]) > len(own) and plausible(failure, records[family][0][0])]
        if spare:
            owners[min(spare, key=lambda family: (strength[family], _nearest(records[family], failure)))].append(failure)
    return owners


def _nearest(records: Sequence[_Record], failure: Failure) -> tuple[int, int]:
    return min(_distance(record[0], failure.seen) for record in records)


def _pinned_error(failure: Failure) -> bool:
    return has_known(seen for seen in failure.lines if _pinned(failure, seen))


def _pinned(failure: Failure, seen: Seen) -> bool:
    """Whether an error stands in the failure's own record, where no shuffling parts them."""
    return seen.sighting.record == failure.seen.sighting.record


def _doubt(failures: Sequence[Failure]) -> None:
    """`likely` where another mascot failed in the same burst of another cause and nothing names the owner."""
    families = [failure.family for failure in failures]
    for place, failure in enumerate(failures):
        near = range(max(0, place - _NEIGHBOURS), min(len(failures), place + _NEIGHBOURS + 1))
        others = [failures[number] for number in near if families[number] != families[place]]
        rivals = (other for other in others if other.mascot != failure.mascot and other.seen.near(failure.seen, _REACH))
        if any(rivals) and failure.lines and not any(_pinned(failure, seen) for seen in failure.lines):
            failure.certainty = "likely"


def _distance(a: Seen, b: Seen) -> tuple[int, int]:
    return abs(a.at - b.at), abs(a.sighting.line - b.sighting.line)
