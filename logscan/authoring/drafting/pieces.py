"""Pieces of a line, and shapes made of them: what tells stays as it is, what changes becomes a class of characters."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from logscan.rulebook.anchors import COMMON, anchors_of

_WIDEST: Final = 2000
_TELLING_LETTERS, _TELLING_WORDS = 6, 3
_CLASSES: Final = {
    "host": r"[\w.-]{1,253}", "address": r"[\w.:-]{2,60}", "port": r"\d{1,5}", "number": r"\d+", "version": r"[\w.-]{1,40}",
    "time": r"[\w:.,/+ -]{4,40}", "duration": r"[\d.]{1,12} ?[a-zµ]{1,3}", "mail address": r"\S{3,254}", "unseen character": ".{1,80}",
    "size": r"\d{1,6}(?:x\d{1,6}){1,2}", "amount": r"\d{1,12}(?:\.\d{1,9})?",
}  # fmt: skip
GROUP_CLASSES: Final = {"mascot": r"\S+", "job": r"[^\s:,]+", "batch": r"[^\s),]+", "attempt": r"\d+", "max": r"\d+"}
_STRICT_ID: Final = r"[^\s,;:()\[\]{}]+"
_DIGITS: Final = str.maketrans("0123456789", "5342678914")
_LETTERS_AND_DIGITS: Final = str.maketrans("0123456789abcdefABCDEF", "5342678914bcdefaBCDEFA")
IP: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


class Piece(NamedTuple):
    """A stretch of a line. `kind` says in words what it is; `name` is the group that captures it."""

    text: str
    kind: str = "text"
    name: str | None = None
    ends: bool = False

    @property
    def fixed(self) -> bool:
        """Whether the text itself stands in the pattern."""
        return self.kind == "text"

    @property
    def pattern(self) -> str:
        """What recognises this piece in other lines."""
        inner = self._class()
        return f"(?P<{self.name}>{inner})" if self.name else inner

    def _class(self) -> str:
        if self.fixed:
            return escape(self.text)
        if self.name in GROUP_CLASSES:
            return _STRICT_ID if self.ends and self.name == "mascot" else GROUP_CLASSES[self.name]
        if self.kind in _CLASSES:
            return _CLASSES[self.kind]
        if self.kind == "quoted text":
            mark = self.text[0]
            return f"{mark}[^{mark}]{{0,{_width(self.text, 120)}}}{mark}"
        if self.kind == "URL":
            return rf"{escape(self.text.partition('://')[0])}://\S{{1,{_width(self.text, 200)}}}"
        if self.kind == "blanks":
            return rf"\s{{1,{_width(self.text, 8)}}}"
        return rf"\S{{1,{_width(self.text, 64 if self.kind == 'id' else 200)}}}"

    @property
    def other(self) -> str:
        """The text that might as well stand here."""
        if self.kind == "host":
            return "10.20.30.40" if IP.fullmatch(self.text) else "other-host.example.org"
        if self.kind == "quoted text":
            return f"{self.text[0]}other{self.text[0]}"
        if self.kind == "URL":
            return f"{self.text.partition('://')[0]}://example.org/other/7"
        if self.kind == "path":
            return "/srv/other/file-7.txt" if self.text.startswith("/") else "other/file-7.txt"
        fixed = {"mail address": "someone@example.org", "secret": "[redacted:9c1e]", "address": "fd00::7", "version": "1.2.3"}
        if self.kind in fixed:
            return fixed[self.kind]
        if self.kind in ("number", "port", "duration", "size", "amount"):
            return self.text.translate(_DIGITS)
        return self.text.translate(_LETTERS_AND_DIGITS) if self.kind in ("id", "several values") else self.text


class Shape(NamedTuple):
    """A pattern in the making: pieces of a line, and whether they must stand at its start."""

    pieces: tuple[Piece, ...]
    at_start: bool = False
    free: bool = False

    @property
    def pattern(self) -> str:
        """The regular expression. A free shape begins and ends at the edge of a word."""
        before = "^" if self.at_start else r"\b" if self.free and _is_word(self.pieces[0].text[:1], self.pieces[0]) else ""
        after = r"\b" if self.free and _is_word(self.pieces[-1].text[-1:], self.pieces[-1]) else ""
        return before + "".join(piece.pattern for piece in self.pieces) + after

    @property
    def text(self) -> str:
        """The words of the line itself."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def other(self) -> str:
        """The same words with other numbers, ids and hosts."""
        return "".join(piece.other if not piece.fixed else piece.text for piece in self.pieces)

    def captures(self, *, other: bool = False) -> dict[str, str]:
        """What the groups must hold in `text`, or in `other`."""
        return {piece.name: piece.other if other else piece.text for piece in self.pieces if piece.name}

    @property
    def usable(self) -> bool:
        """Whether lines can be picked by it: plain text stands in every line that it matches, and more than `Error` or `failed`."""
        words = self._words()
        special = len(words) > 1 or any(word.lower() not in COMMON for word in words)
        return special and bool(anchors_of(self.pattern).texts)

    @property
    def telling(self) -> bool:
        """Whether its words are more than those that every log is full of."""
        words = self._words()
        rare = [word for word in words if word.lower() not in COMMON]
        return sum(map(len, rare)) >= _TELLING_LETTERS or len(words) >= _TELLING_WORDS

    def _words(self) -> list[str]:
        return re.findall(r"[A-Za-z]{3,}", " ".join(piece.text for piece in self.pieces if piece.fixed))

    def named(self, name: str, place: int) -> Shape:
        """The same with a group for one of its pieces."""
        piece = self.pieces[place]
        return self._replace(pieces=(*self.pieces[:place], piece._replace(kind="id", name=name), *self.pieces[place + 1 :]))


def escape(text: str) -> str:
    """`text` as a pattern that reads easily: only what has a meaning in a pattern gets a backslash."""
    return re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", text)


def _is_word(char: str, piece: Piece) -> bool:
    return piece.fixed and (char.isalnum() or char == "_")


def _width(text: str, least: int) -> int:
    """Room for a text and for longer ones of its kind."""
    return least if len(text) <= least else min(_WIDEST, -(-2 * len(text) // 100) * 100)
