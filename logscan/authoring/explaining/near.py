"""The rules that nearly hold for a record, and why they do not. Growing parts of their patterns are tried."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from logscan.authoring.explaining.finder import Finder
from logscan.authoring.explaining.look import Look
from logscan.authoring.explaining.reach import reaches
from logscan.authoring.explaining.refusal import at_start, not_at_start, other_logger, refused
from logscan.authoring.explaining.split import Split, split_pattern
from logscan.authoring.explaining.stop import Stop, quoted
from logscan.authoring.explaining.weight import telling, words_of
from logscan.rulebook import TIMEOUT, Compiled, fold

# Below these, what a rule and a line have in common is chance.
_LEAST_WEIGHT: Final = 6
_LEAST_SHARE: Final = 0.45
_HALF_SURE: Final = 4


@dataclass(frozen=True, slots=True)
class Near:
    """A rule that does not hold, but nearly: where it stopped, in words. `score` goes from 0 to 1."""

    rule: Compiled
    why: str
    score: float


def near_rules(look: Look, known: set[str]) -> Iterator[Near]:
    """The rules that nearly hold, besides those that are known to hold, in no order."""
    search = _Search(look, time.monotonic() + 2 * TIMEOUT)
    lowered = [fold(text) for text in look.texts]
    book = look.rulebook
    for rule in (*book.signatures, *book.causes, *book.facts, *book.data):
        if rule.id in known:
            continue
        found = max(search.tries(rule, lowered), key=lambda item: item.score, default=None)
        if found is not None:
            yield found


@dataclass(frozen=True, slots=True)
class _Search:
    """Tries the rules that did not match on one record, for as long as two patterns may take."""

    look: Look
    until: float

    def tries(self, rule: Compiled, lowered: list[str]) -> Iterator[Near]:
        """How near a rule comes on each text; `lowered` are the texts in small letters."""
        split = split_pattern(rule.rule.pattern)
        words = _words(rule.rule.pattern)
        for place, low in enumerate(lowered):
            if time.monotonic() > self.until:
                return
            common = [word for word in words if word.lower() in low]
            alike = sum(map(len, common)) >= _LEAST_WEIGHT and telling("\n".join(common))
            if not alike and not any(anchor.lower() in low for anchor in rule.anchors.texts):
                continue
            whole = self._whole(rule, place)
            if whole is not None:
                yield whole
            elif alike and split is not None:
                yield from self._part(rule, split, place)

    def _whole(self, rule: Compiled, place: int) -> Near | None:
        """The pattern holds, and yet the rule does not: why."""
        text = self.look.texts[place]
        try:
            found = rule.pattern.search(text, timeout=TIMEOUT)
        except TimeoutError:
            return Near(rule, f"its pattern takes more than {TIMEOUT:g} seconds on this line, so it is given up", 1.0)
        if found is not None:
            reasons = [*other_logger(rule, self.look), *refused(rule, self.look, place, found)]
            return Near(rule, "; ".join(reasons or ["its pattern holds, but the line is not taken"]), 1.0 - 0.1 * max(0, len(reasons) - 1))
        anchors = rule.anchors
        same_case = anchors.ignore_case or not anchors.texts or any(anchor in text for anchor in anchors.texts)
        return None if same_case else self._other_case(rule, text)

    def _other_case(self, rule: Compiled, text: str) -> Near | None:
        found = Finder(text, self.until, at_start=at_start(rule))(f"(?i){rule.rule.pattern}")
        if found is None:
            return None
        where = quoted(self.look.masked(text)[found.start() : found.end()])
        reasons = [f"only capital and small letters differ, in {where}: with (?i) at its beginning the pattern would hold"]
        return Near(rule, "; ".join([*reasons, *other_logger(rule, self.look)]), 0.9)

    def _part(self, rule: Compiled, split: Split, place: int) -> Iterator[Near]:
        """The longest parts of the pattern that hold."""
        text = self.look.texts[place]
        logger = list(other_logger(rule, self.look))
        for from_start in (True, False) if at_start(rule) and place == 0 else (False,):
            finder, anywhere = Finder(text, self.until, at_start=from_start), Finder(text, self.until, at_start=False)
            found = reaches(split, finder, anywhere)
            best = max(found, key=lambda reach: (reach.telling, reach.share * _sure(reach.weight), not reach.backwards), default=None)
            if best is None or not best.telling or best.weight < _LEAST_WEIGHT or best.share < _LEAST_SHARE:
                continue
            reasons = [Stop(best, self.look.masked(text), finder).words(), *logger]
            if at_start(rule) and not from_start and best.found.start():
                reasons += not_at_start(rule, self.look, place, best.found) if not best.backwards else ()
            yield Near(rule, "; ".join(reasons), 0.9 * best.share * _sure(best.weight) * 0.7 ** (len(reasons) - 1))


@lru_cache(maxsize=2048)
def _words(pattern: str) -> frozenset[str]:
    split = split_pattern(pattern)
    return words_of(split) if split is not None else frozenset()


def _sure(weight: int) -> float:
    """More common words are better than few, however great a share of a short pattern they are."""
    return weight / (weight + _HALF_SURE)
