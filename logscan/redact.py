"""Log text made fit to show: secrets masked, control and bidi characters visible, length bounded."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

import regex

from logscan.rulebook import Rulebook

MAX_TEXT: Final = 500
_HIDDEN: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]")
_SHOWN: Final = {"\n": " ⏎ ", "\r": ""}


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
                text = rule.pattern.sub(_mask, text)
        text = _HIDDEN.sub(_show, text)
        return text if len(text) <= limit else text[: limit - 1] + "…"


def _mask(found: regex.Match[str]) -> str:
    """The same secret gets the same mark, so that "same or different?" can still be seen."""
    secret: str = found["secret"]
    mark = f"[redacted:{hashlib.sha256(secret.encode()).hexdigest()[:4]}]"
    start, end = found.span("secret")
    whole: str = found[0]
    return whole[: start - found.start()] + mark + whole[end - found.start() :]


def _show(found: re.Match[str]) -> str:
    char = found[0]
    if char in _SHOWN:
        return _SHOWN[char]
    if char.isascii() or char < "\u0100":
        return f"\\x{ord(char):02x}"
    return f"<{unicodedata.name(char, '') or f'U+{ord(char):04X}'}>"
