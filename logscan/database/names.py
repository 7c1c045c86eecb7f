"""How the table of mascots and its columns are called, and which column of a source is which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from logscan.errors import DatabaseError
from logscan.frames import STORED

TABLE: Final = "mascots"
# What each column of the frame is called by backends, ORMs and people; letters and digits count, case does not.
_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "mascot_id": ("id", "mascotid", "uuid"),
    "name": ("name", "mascotname"),
    "status": ("status", "state"),
    "full_body_url": ("fullbodyimageurl", "fullbodyurl", "imageurl", "image"),
    "avatar_url": ("avatarimageurl", "avatarurl", "avatar"),
    "batch_id": ("batchid", "batch"),
    "created_at": ("createdat", "created", "creationdate", "insertedat"),
}
NEEDED: Final = ("mascot_id", "status")
# The words of `--db-columns`: those of the backend's own columns.
WORDS: Final[Mapping[str, str]] = {
    "id": "mascot_id", "name": "name", "status": "status", "image": "full_body_url", "avatar": "avatar_url", "batch": "batch_id",
    "created": "created_at",
}  # fmt: skip
_NOT_A_NAME: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Names:
    """`columns` holds, by the frame's column, what it is called in the source; others are found by their usual names."""

    table: str = TABLE
    columns: Mapping[str, str] = field(default_factory=dict)

    def among(self, header: Sequence[str]) -> dict[str, str]:
        """By the frame's column the source's. Raises DatabaseError where the id or the status is not among them."""
        found = {**usual(header), **self._given(header)}
        lacking = [name for name in NEEDED if name not in found]
        if lacking:
            words = {column: word for word, column in WORDS.items()}
            told = " and ".join(words[name] for name in lacking)
            shown = ", ".join(list(header)[:20]) or "none"
            raise DatabaseError(f"no column for {told} among {shown}: name it with --db-columns {words[lacking[0]]}=COLUMN")
        return {name: found[name] for name in STORED.names() if name in found}

    def _given(self, header: Sequence[str]) -> dict[str, str]:
        folded = {name.lower(): name for name in reversed(header)}
        out = {}
        for column, name in self.columns.items():
            real = name if name in header else folded.get(name.lower())
            if real is None:
                shown = ", ".join(list(header)[:20]) or "none"
                raise DatabaseError(f"there is no column '{name}' (--db-columns), only {shown}")
            out[column] = real
        return out


def usual(header: Iterable[str]) -> dict[str, str]:
    """By the frame's column the first of the header that has one of its usual names."""
    folded: dict[str, str] = {}
    for name in header:
        folded.setdefault(_NOT_A_NAME.sub("", name.lower()), name)
    found = {column: next((folded[alias] for alias in aliases if alias in folded), None) for column, aliases in _ALIASES.items()}
    return {column: name for column, name in found.items() if name is not None}


def parse_columns(text: str) -> dict[str, str]:
    """`status=state,image=url` by the frame's columns. Raises ValueError."""
    out: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        word, equals, name = (part.strip() for part in pair.partition("="))
        column = WORDS.get(word.lower()) or next(iter(usual([word])), None)
        if not equals or not name or column is None:
            raise ValueError(f"'{pair}' is not one of {', '.join(f'{known}=COLUMN' for known in WORDS)}")
        out[column] = name
    return out


def parse_table(text: str) -> tuple[str, ...]:
    """`mascots`, `public.mascots` or `"Mascot"` as its parts. Raises ValueError."""
    parts = re.findall(r'"((?:[^"]|"")+)"|([^".]+)', text)
    names = tuple((quoted or plain).replace('""', '"') for quoted, plain in parts)
    rest = re.sub(r'"(?:[^"]|"")+"|[^".]+', "", text)
    if not names or len(names) > 2 or rest != "." * (len(names) - 1) or "\0" in text:  # noqa: PLR2004  # a schema and a table
        raise ValueError(f"'{text}' is not a table (mascots, schema.mascots)")
    return names
