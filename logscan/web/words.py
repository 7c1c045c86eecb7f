"""The page's words in a language, chosen by the reader or by the browser."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from logscan.web.settings import format_size
from logscan.web.texts import PROBLEMS, TEXTS

Language = Literal["en", "fr"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "fr")
_MONTHS: Final = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juill.", "août", "sept.", "oct.", "nov.", "déc.")

_BEFORE_MARKS: Final = re.compile(r" (?=[?!:;»])|(?<=«) ")


@dataclass(frozen=True, slots=True)
class Words:
    """All words of one language."""

    language: Language = "en"

    @property
    def other(self) -> Language:
        """The language that the reader may change to."""
        return "fr" if self.language == "en" else "en"

    def ui(self, key: str, **values: object) -> str:
        """A fixed text."""
        text = self._own(TEXTS[key])
        return text.format_map(values) if values else text

    def problem(self, key: str, values: Mapping[str, object]) -> tuple[str, str]:
        """Title and detail of a problem."""
        titles, details = zip(*PROBLEMS[key], strict=True)
        return self._own(titles), self._own(details).format_map(values)

    def _own(self, texts: tuple[str, ...]) -> str:
        """A text in this language; French marks must not begin a line."""
        return texts[0] if self.language == "en" else _BEFORE_MARKS.sub("\u00a0", texts[1])

    def size(self, size: float) -> str:
        """Bytes."""
        return format_size(size, french=self.language == "fr")

    def duration(self, seconds: float) -> str:
        """A duration, in days where they are whole: `7 days`, `90 minutes`."""
        for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
            if seconds >= length and seconds % length == 0:
                return self.count(unit, round(seconds / length))
        return self.count("second", round(seconds))

    def moment(self, seconds: float) -> str:
        """A day and a time in UTC."""
        at = dt.datetime.fromtimestamp(seconds, dt.UTC)
        if self.language == "fr":
            return f"{at.day} {_MONTHS[at.month - 1]} {at:%Y %H:%M} UTC"
        return f"{at.day} {at:%b %Y %H:%M} UTC"

    def count(self, key: str, number: int) -> str:
        """`1 file`, `2 files`; French counts 0 as singular."""
        singular = number < 2 if self.language == "fr" else number == 1  # noqa: PLR2004  # grammar
        return f"{number}\u00a0{self.ui(key if singular else key + 's')}"


def accepted(header: str) -> Language:
    """The language that an Accept-Language header prefers: English where it names neither."""
    best: tuple[float, Language] = (0.0, "en")
    for part in header.split(",")[:20]:
        name, _, weight = part.partition(";")
        language = name.strip().lower()[:2]
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0.0
        if language in LANGUAGES and quality > best[0]:
            best = (quality, "fr" if language == "fr" else "en")
    return best[1]
