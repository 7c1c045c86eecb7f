"""Ids made of words, and ids that are free."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MAX_ID: Final = 48
_ID_WORDS: Final = 5
_SMALL_WORDS: Final = frozenset(("a", "an", "and", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "was", "with"))


def free_id(name: str, taken: Iterable[str]) -> str:
    """`name`, or `name` with the first number that makes it free."""
    names = set(taken)
    return name if name not in names else next(free for number in range(2, len(names) + 3) if (free := f"{name}-{number}") not in names)


def slug(text: str, words: int = _ID_WORDS) -> str:
    """The first words of a text as an id; empty where it has none."""
    parts = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).replace("'", "").lower())
    kept = parts[:words]
    while len(kept) > 1 and kept[-1] in _SMALL_WORDS:
        kept.pop()
    joined = "-".join(kept)
    return joined if len(joined) <= _MAX_ID else joined[:_MAX_ID].rpartition("-")[0] or joined[:_MAX_ID]
