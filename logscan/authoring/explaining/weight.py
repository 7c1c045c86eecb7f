"""The literal text of a pattern, and how much it tells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from logscan.authoring.explaining.split import Piece, Split
from logscan.rulebook.anchors import COMMON

_WORD: Final = re.compile(r"[^\W_]+")
_CODE: Final = re.compile(r"[A-Z0-9]{5,}")
ENOUGH: Final = 4


def weight_of(text: str) -> int:
    """How much a literal text tells: its letters and digits, where words that every log is full of count for one."""
    return sum(1 if _common(word) else len(word) for word in _WORD.findall(text))


def words_of(split: Split) -> frozenset[str]:
    """The literal words of a pattern that tell something."""
    text = "\n".join(_all(pieces) for pieces in split.alternatives)
    return frozenset(word for word in _WORD.findall(text) if len(word) > 2 and not _common(word))  # noqa: PLR2004


def telling(text: str) -> bool:
    """Two words of some length that are not in every log, or one that is a code."""
    words = {word for word in _WORD.findall(text) if len(word) >= ENOUGH and not _common(word)}
    return len(words) > 1 or any(_CODE.fullmatch(word) for word in words)


def _common(word: str) -> bool:
    return word.lower() in COMMON or word.endswith(("Error", "Exception"))


def _all(pieces: Iterable[Piece]) -> str:
    """All literal text, of every alternative."""
    return "".join(piece.literal or ("" if piece.look else "\n" + "\n".join(map(_all, piece.alternatives)) + "\n") for piece in pieces)


def said(pieces: Iterable[Piece], seen: str) -> str:
    """The literal text of pieces that were found in `seen`."""
    return "".join(_said_by(piece, seen) for piece in pieces)


def _said_by(piece: Piece, seen: str) -> str:
    if piece.literal:
        return piece.literal if not piece.optional else "\n"
    if not piece.enterable:
        return "\n"
    inside = [text for text in (said(row, seen) for row in piece.alternatives) if all(part in seen for part in text.lower().split("\n"))]
    return max(inside, key=weight_of, default="\n")


def least(pieces: Iterable[Piece]) -> str:
    """The literal text that a line must still hold, at least."""
    return "".join(
        piece.literal if piece.literal and not piece.optional
        else min(map(least, piece.alternatives), key=weight_of) if piece.enterable
        else "\n"
        for piece in pieces
    )  # fmt: skip
