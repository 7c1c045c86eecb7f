"""Log text made fit to show: secrets masked, control and bidi characters visible, length bounded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import regex

from logscan.rulebook import TIMEOUT, Rulebook, fold
from logscan.visible import visible

MAX_TEXT: Final = 500
# What is masked already stays as it is, so that the same secret keeps its mark.
_MARK: Final = regex.compile(r"\[redacted:[0-9a-f]{4,8}\]?")
# An id of the usual kinds (UUID, cuid, nanoid, ULID, ObjectId, integer) holds no secret.
_PLAIN_ID: Final = regex.compile(r"[A-Za-z0-9_-]{1,36}")


@dataclass(frozen=True, slots=True)
class Redactor:
    """Cleans texts; `secrets` False leaves secrets in, for a report that stays on this machine.

    A mark is the number of the secret in the order in which this redactor met them: the same secret gets the same
    mark, another one another. Nothing in it comes from the secret, so that nobody who holds a report can try guesses
    against it, as a digest would let them, salted or not: what makes a salt repeatable stands in the report too.
    The price is that marks of two reports cannot be compared.
    """

    rulebook: Rulebook
    secrets: bool = True
    _marks: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def clean(self, text: str, limit: int = MAX_TEXT) -> str:
        """`text` without secrets and without characters that act on a terminal or reorder a page."""
        text = visible(self.masked(text[: limit * 4]))
        return text if len(text) <= limit else text[: limit - 1] + "…"

    def masked(self, text: str) -> str:
        """`text` without secrets, and else as it is."""
        if self.secrets:
            folded = fold(text)
            for rule in self.rulebook.secrets:
                anchors = rule.anchors
                if anchors.texts and not any(anchor in (folded if anchors.ignore_case else text) for anchor in anchors.texts):
                    continue
                try:
                    text = rule.pattern.sub(self._mask, text, timeout=TIMEOUT)
                except TimeoutError:
                    return f"[not shown: the pattern of '{rule.id}' takes too long on this text]"
        return text

    def clean_id(self, identifier: str) -> str:
        """A mascot's id as reports show it: strange ones may be anything, a password too."""
        return identifier if _PLAIN_ID.fullmatch(identifier) else self.clean(identifier)

    def _mask(self, found: regex.Match[str]) -> str:
        """A match with its secret masked. Without the group `secret` that is the whole match."""
        group = "secret" if found.groupdict().get("secret") is not None else 0
        secret, (start, end) = found[group], found.span(group)
        if _MARK.fullmatch(secret):
            return str(found[0])
        mark = self._marks.setdefault(secret, f"[redacted:{len(self._marks) + 1:04x}]")
        whole: str = found[0]
        return whole[: start - found.start()] + mark + whole[end - found.start() :]
