"""Log text made fit to show: secrets masked, control and bidi characters visible, length bounded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import regex

from logscan.rulebook import TIMEOUT, Rulebook
from logscan.visible import visible

MAX_TEXT: Final = 500
# What is masked already stays as it is, so that the same secret keeps its mark.
_MARK: Final = regex.compile(r"\[redacted:[0-9a-f]{4}\]?")


@dataclass(frozen=True, slots=True)
class Redactor:
    """Cleans texts; `secrets` False leaves secrets in, for a report that stays on this machine."""

    rulebook: Rulebook
    secrets: bool = True

    def clean(self, text: str, limit: int = MAX_TEXT) -> str:
        """`text` without secrets and without characters that act on a terminal or reorder a page."""
        text = text[: limit * 4]
        if self.secrets:
            for rule in self.rulebook.secrets:
                try:
                    text = rule.pattern.sub(_mask, text, timeout=TIMEOUT)
                except TimeoutError:
                    return f"[not shown: the pattern of '{rule.id}' takes too long on this text]"
        text = visible(text)
        return text if len(text) <= limit else text[: limit - 1] + "…"


def _mask(found: regex.Match[str]) -> str:
    """The same secret gets the same mark, so that "same or different?" can still be seen. Without the group it is the whole match."""
    group = "secret" if found.groupdict().get("secret") is not None else 0
    secret, (start, end) = found[group], found.span(group)
    if _MARK.fullmatch(secret):
        return str(found[0])
    mark = f"[redacted:{hashlib.sha256(secret.encode('utf-8', 'replace')).hexdigest()[:4]}]"
    whole: str = found[0]
    return whole[: start - found.start()] + mark + whole[end - found.start() :]
