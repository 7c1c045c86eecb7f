"""The words of reports: texts of rules in a language, numbers and times as people of it write them."""

from __future__ import annotations

import datetime as dt
import locale
import os
from dataclasses import dataclass

from logscan.model import Check, Finding, Note
from logscan.report.texts import COUNTED, MONTHS, UI
from logscan.rulebook import Rulebook
from logscan.rulebook.schema import Fact, Language, Remedy
from logscan.times import SECOND, UTC, format_duration, format_stamp, parse_stamp


@dataclass(frozen=True, slots=True)
class Words:
    """All texts of one language."""

    rulebook: Rulebook
    language: Language = "en"

    def ui(self, key: str, **values: object) -> str:
        """A fixed word of reports."""
        text = UI[key][0 if self.language == "en" else 1]
        return text.format_map(values) if values else text

    def number(self, value: float) -> str:
        """1,234 or 1 234, as the language groups digits."""
        return f"{value:,}".replace(",", "\u202f") if self.language == "fr" else f"{value:,}"

    def label(self, key: str) -> str:
        """A fixed word as the beginning of a line: with its colon, before which French leaves a space."""
        return self.ui(key) + ("\u00a0:" if self.language == "fr" else ":")

    def counted(self, key: str, value: int) -> str:
        """`1 record`, `2 records`."""
        english, french = COUNTED[key]
        one, other = english if self.language == "en" else french
        singular = value < 2 if self.language == "fr" else value == 1  # noqa: PLR2004  # grammar
        return f"{self.number(value)} {one if singular else other}"

    def hit(self, mascots: int, total: int) -> str:
        """`2 of 3 mascots`; `4 mascots` where other sources than the logs tell of more than those have."""
        counted = self.counted("mascots", max(mascots, total))
        return counted if mascots > total else self.ui("of", part=self.number(mascots), total=counted)

    def title(self, finding: Finding) -> str:
        """A finding in a few words."""
        texts = self.rulebook.findings[finding.id]
        return texts.title.render(self.language, finding.mascots, **self._values(finding))

    def summary(self, finding: Finding) -> str:
        """A finding in a sentence or two."""
        texts = self.rulebook.findings[finding.id]
        values = self._values(finding)
        count = int((finding.values or {}).get("count", finding.mascots))
        return texts.variants.get(finding.variant or "", texts.summary).render(self.language, count, **values)

    def _values(self, finding: Finding) -> dict[str, str]:
        raw = {"mascots": finding.mascots, **(finding.values or {})}
        return {name: self.number(value) if isinstance(value, int) else self._told(value) for name, value in raw.items()}

    def _told(self, value: str) -> str:
        stamp = parse_stamp(value) if "T" in value else None
        return value if stamp is None else f"{self.moment(stamp)} UTC"

    def remedies(self, finding: Finding) -> list[tuple[str, Remedy]]:
        """The steps that mend a finding: those of its causes first, each once."""
        out: dict[str, Remedy] = {}
        for family in finding.causes:
            known = self.rulebook.families.get(family)
            for remedy in known.remedies if known else ():
                out.setdefault(remedy.text.render(self.language), remedy)
        explained = any(family in self.rulebook.families for family in finding.causes)
        texts = self.rulebook.findings[finding.id]
        for remedy in (remedy for key in finding.advice for remedy in texts.advice.get(key, ())):
            out.setdefault(remedy.text.render(self.language), remedy)
        for remedy in texts.remedies:
            if remedy.unexplained and explained:
                continue
            out.setdefault(remedy.text.render(self.language), remedy)
        return list(out.items())

    def missing(self, key: str) -> tuple[str, str]:
        """What would make sure, and the command that fetches it."""
        texts = self.rulebook.missing[key]
        return texts.what.render(self.language), texts.command

    def note(self, note: Note) -> str:
        """A note about the input as a sentence."""
        values = {"count": self.number(note.count), **(note.values or {})}
        return self.rulebook.notes[note.key].render(self.language, note.count, **values)

    def check(self, check: Check) -> tuple[str, str, str]:
        """A checklist item's title, detail and command."""
        texts = self.rulebook.checks[check.id]
        found = texts.details.get(check.fact or "")
        if found is not None:
            values = {name: str(value) for name, value in (check.values or {}).items()}
            return texts.title.render(self.language), found.render(self.language, **values), texts.command
        detail = texts.skip.render(self.language) if check.status == "skip" else self._fact(check)
        return texts.title.render(self.language), detail, texts.command

    def _fact(self, check: Check) -> str:
        for rule in self.rulebook.facts:
            if rule.id == check.fact and isinstance(rule.rule, Fact):
                return rule.rule.detail.render(self.language)
        return check.evidence.text if check.evidence else ""

    def cause(self, family: str) -> str:
        """The title of a cause."""
        known = self.rulebook.families.get(family)
        return known.title.render(self.language) if known else self.ui("unknown-cause")

    def moment(self, stamp: int | None) -> str:
        """A time to the second, in UTC."""
        text = format_stamp(stamp - stamp % 1_000_000_000) if stamp is not None else None
        return text.replace("T", " ").replace("Z", "") if text else self.ui("no-stamp")

    def spoken(self, stamp: int | None) -> str:
        """A time to the minute as people write it: `22 Nov 2026, 09:05`, `22 nov. 2026 à 09:05`; in UTC."""
        if stamp is None:
            return self.ui("no-stamp")
        moment = dt.datetime.fromtimestamp(stamp // SECOND, UTC)
        french = self.language == "fr"
        day = f"1{'er' if french else ''}" if moment.day == 1 else str(moment.day)
        return f"{day} {MONTHS[french][moment.month - 1]} {moment.year}{' à' if french else ','} {moment:%H:%M}"

    def brief(self, stamp: int) -> str:
        """The same without the year: `22 Nov, 09:05`."""
        year = dt.datetime.fromtimestamp(stamp // SECOND, UTC).year
        return self.spoken(stamp).replace(f" {year}", "", 1)

    def percent(self, part: int, whole: int) -> str:
        """A share in whole percents; `<1 %` and `>99 %` where rounding would tell nought or all."""
        space = "\u202f" if self.language == "fr" else ""
        value = 100 * part / whole if whole else 0
        if 0 < value < 1:
            return f"<1{space}%"
        if 99 < value < 100:  # noqa: PLR2004  # percents
            return f">99{space}%"
        return f"{value:.0f}{space}%"

    def duration(self, seconds: float | None) -> str:
        """Seconds as a short duration."""
        if seconds is None:
            return ""
        if seconds < 10:  # noqa: PLR2004  # below, tenths matter
            text = f"{seconds:.1f}s"
            return text.replace(".", ",") if self.language == "fr" else text
        return format_duration(round(seconds * 1_000_000_000))


def default_language() -> Language:
    """French where the locale is French, else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "fr" if value.lower().startswith("fr") else "en"
    try:
        return "fr" if (locale.getlocale()[0] or "").lower().startswith("fr") else "en"
    except ValueError:
        return "en"
