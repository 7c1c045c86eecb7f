"""Which rules are worth trying on a text: those of which an anchor occurs in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

from logscan.finder import Finder
from logscan.rulebook import Compiled, fold

_GRAM: Final = 4
# Building a finder takes as long as looking at so many texts without.
_MANY: Final = 500


class Gate:
    """Picks the rules worth trying on a text: those of which an anchor occurs in it."""

    def __init__(self, rules: Iterable[Compiled]) -> None:
        self._rules = list(rules)
        exact: dict[str, list[int]] = {}
        folded: dict[str, list[int]] = {}
        self._always = {number for number, rule in enumerate(self._rules) if not rule.anchors.texts}
        for number, rule in enumerate(self._rules):
            for text in rule.anchors.texts:
                (folded if rule.anchors.ignore_case else exact).setdefault(text, []).append(number)
        self._by_text = [*exact.values(), *folded.values()]
        self._texts = (tuple(exact), tuple(folded))
        self._grams = _Grams(*self._texts)
        self._finder: Finder | None = None
        self._asked = 0

    def rules_for(self, text: str) -> list[Compiled]:
        """The rules whose anchors `text` holds, in the order of the rulebook."""
        self._asked += 1
        if self._asked == _MANY:
            self._finder = Finder.of(*self._texts)
        # Case is more than what ASCII has in a text that is more than ASCII.
        texts = self._finder.numbers(text.encode()) if self._finder is not None and text.isascii() else self._grams.numbers(text)
        if not texts and not self._always:
            return []
        return [self._rules[number] for number in sorted(self._always.union(*(self._by_text[place] for place in texts)))]


class _Grams:
    """The same search without Hyperscan: anchors are looked up by one of their runs of four characters, the rarest one."""

    def __init__(self, exact: Sequence[str], folded: Sequence[str]) -> None:
        shared = Counter(gram for text in (*exact, *folded) for gram in _grams(text.lower()))
        self._short: list[tuple[int, str, bool]] = []
        self._by_gram: dict[str, list[tuple[int, str, bool]]] = {}
        for number, text in enumerate((*exact, *folded)):
            grams = _grams(text.lower())
            place = self._by_gram.setdefault(min(grams, key=lambda gram: (shared[gram], gram)), []) if grams else self._short
            place.append((number, text, number >= len(exact)))

    def numbers(self, text: str) -> set[int]:
        """The numbers of the anchors that `text` holds: first the exact ones, then those that ignore case."""
        lowered = fold(text)
        hits = self._by_gram.keys() & _grams(lowered)
        anchors = chain(self._short, *(self._by_gram[gram] for gram in hits))
        return {number for number, anchor, ignore_case in anchors if anchor in (lowered if ignore_case else text)}


def _grams(text: str) -> set[str]:
    return {text[place : place + _GRAM] for place in range(len(text) - _GRAM + 1)}
