"""A record as the rules see it: its texts, which of them carry data, and where they hold secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import regex

from logscan.model import Record
from logscan.rulebook import TIMEOUT, Compiled, Rulebook

_MAX_TEXTS: Final = 40
_MAX_CHARS: Final = 4096
_MASK: Final = "•"


@dataclass(slots=True)
class Look:
    """One record under a rulebook."""

    rulebook: Rulebook
    record: Record
    texts: list[str]
    _data: dict[str, list[Compiled]] = field(default_factory=dict)

    def data_of(self, text: str) -> list[Compiled]:
        """The rules for which this text carries other people's words."""
        if text not in self._data:
            rules = (rule for rule in self.rulebook.data if rule.accepts(self.record.context))
            self._data[text] = [rule for rule in rules if rule.search(text)]
        return self._data[text]

    def masked(self, text: str) -> str:
        """The text with every secret covered, character by character, so that places stay the same."""
        for rule in self.rulebook.secrets:
            try:
                text = rule.pattern.sub(_cover, text, timeout=TIMEOUT)
            except TimeoutError:
                return _MASK * len(text)
        return text


def texts_of(record: Record) -> list[str]:
    """The texts of a record in which rules are looked for, the message's first line first."""
    return [text[:_MAX_CHARS] for text in [*record.message.split("\n"), *record.details][:_MAX_TEXTS]]


def _cover(found: regex.Match[str]) -> str:
    """The match with its secret covered."""
    whole: str = found[0]
    if "secret" not in found.re.groupindex or found["secret"] is None:
        return _MASK * len(whole)
    start: int = found.start("secret") - found.start()
    end: int = found.end("secret") - found.start()
    return whole[:start] + _MASK * (end - start) + whole[end:]
