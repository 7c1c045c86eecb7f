"""Characters that act on a terminal or reorder a page, made visible."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_HIDDEN: Final = re.compile(
    "[\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\ufe00-\\ufe0f\\ufeff"
    "\\ufff9-\\ufffb\\ud800-\\udfff\\U000e0000-\\U000e007f]"
)
_SHOWN: Final = {"\n": " ⏎ ", "\r": ""}


def visible(text: str) -> str:
    """`text` with control, bidi and other invisible characters written out."""
    return _HIDDEN.sub(_show, text)


def _show(found: re.Match[str]) -> str:
    char = found[0]
    if char in _SHOWN:
        return _SHOWN[char]
    if ord(char) <= ord("\xff"):
        return f"\\x{ord(char):02x}"
    return f"<{unicodedata.name(char, '') or f'U+{ord(char):04X}'}>"
