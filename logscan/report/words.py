"""The words of reports: texts of rules in a language, numbers and times as people of it write them."""

from __future__ import annotations

import locale
import os
from dataclasses import dataclass
from typing import Final

from logscan.model import Check, Finding, Note
from logscan.rulebook import Rulebook
from logscan.rulebook.schema import Fact, Language, Remedy
from logscan.times import format_duration, format_stamp

_UI: Final[dict[str, tuple[str, str]]] = {
    "critical": ("critical", "critique"), "warning": ("warning", "avertissement"), "ok": ("ok", "ok"), "info": ("info", "info"),
    "certain": ("certain", "certain"), "likely": ("likely", "probable"), "possible": ("possible", "possible"),
    "generated": ("generated", "générée"), "generation_failed": ("generation failed", "génération échouée"),
    "enqueue_failed": ("enqueue failed", "mise en file échouée"), "waiting": ("waiting", "en attente"),
    "stalled": ("stalled", "bloquée"), "in_flight": ("in flight", "en cours"), "unknown": ("unknown", "inconnu"),
    "pass": ("pass", "réussi"), "fail": ("fail", "échec"), "warn": ("warn", "attention"), "skip": ("skip", "non vérifié"),
    "present": ("present", "présente"), "missing": ("missing", "manquante"),
    "mascots": ("Mascots", "Mascottes"), "causes": ("Causes", "Causes"), "findings": ("Findings", "Constats"),
    "checklist": ("Checklist", "Liste de contrôle"), "coverage": ("Coverage and sources", "Couverture et sources"),
    "what-to-do": ("What to do", "Que faire"), "proof": ("What proves it", "Ce qui le prouve"),
    "against": ("What speaks against it", "Ce qui s'y oppose"), "to-be-sure": ("To be sure", "Pour en être sûr"),
    "since": ("since", "depuis"), "until": ("until", "jusqu'à"), "ongoing": ("still going on at the end of the log", "toujours en cours à la fin du journal"),
    "over": ("over by the end of the log", "terminé à la fin du journal"),
    "hit": ("mascots hit", "mascottes touchées"), "lines": ("lines", "lignes"), "records": ("Records", "Enregistrements"),
    "unparsed": ("unparsed", "illisibles"), "undecodable": ("undecodable", "indécodables"),
    "dropped": ("dropped", "supprimés"), "source": ("Source", "Source"), "format": ("Form", "Format"), "service": ("Service", "Service"),
    "first": ("First", "Début"), "last": ("Last", "Fin"), "mascot": ("Mascot", "Mascotte"), "outcome": ("Outcome", "État"),
    "attempts": ("Attempts", "Essais"), "enqueued": ("Enqueued", "Mise en file"), "started": ("Started", "Démarrée"), "ended": ("Ended", "Terminée"),
    "waited": ("Waited", "Attente"), "ran": ("Ran", "Durée"), "cause": ("Cause", "Cause"), "certainty": ("Certainty", "Certitude"), "image": ("Image", "Image"),
    "component": ("Component", "Composant"), "none": ("none", "aucun"), "no-stamp": ("no time", "sans heure"),
    "other-jobs": ("Other jobs, not judged", "Autres tâches, non jugées"), "window": ("The logs cover", "Les journaux couvrent"),
    "deployment": ("deployed", "déployé"),
    "state-live": ("live", "en direct"), "state-polling": ("asks again and again", "interroge régulièrement"),
    "state-connecting": ("connecting", "connexion"), "state-waiting": ("waiting", "en attente"), "state-reading": ("reading", "lecture"),
    "state-ended": ("ended", "terminé"), "last-failures": ("Last failures", "Derniers échecs"),
    "awaited": ("Under way: {count}, the oldest for {oldest}", "En cours : {count}, la plus ancienne depuis {oldest}"),
    "interrupted": ("Reading was interrupted: this is about what was read until then.", "La lecture a été interrompue : ceci porte sur ce qui a été lu jusque-là."),
    "report-of": ("logscan report", "Rapport logscan"), "rules": ("rules", "règles"), "now": ("made at", "établi le"), "zone": ("times in UTC", "heures en UTC"),
    "shown-first": ("the first {shown} of {total}; --timeline has all", "les {shown} premières sur {total} ; --timeline les contient toutes"),
    "evidence": ("Evidence", "Preuves"), "status": ("Status", "Statut"), "how-to-check": ("How to check", "Comment vérifier"), "notes": ("Notes", "Remarques"),
    "unknown-cause": ("A failure without a known text", "Un échec sans texte connu"), "written": ("Report written to {path}", "Rapport écrit dans {path}"),
    "of": ("{part} of {total}", "{part} sur {total}"), "signatures": ("Signatures seen", "Signatures vues"),
}  # fmt: skip
# Singular and plural; French counts 0 as singular.
_COUNTED: Final[dict[str, tuple[tuple[str, str], tuple[str, str]]]] = {
    "records": (("record", "records"), ("enregistrement", "enregistrements")), "lines": (("line", "lines"), ("ligne", "lignes")),
    "matched": (("matched", "matched"), ("reconnu", "reconnus")), "mascots": (("mascot", "mascots"), ("mascotte", "mascottes")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """All texts of one language."""

    rulebook: Rulebook
    language: Language = "en"

    def ui(self, key: str, **values: object) -> str:
        """A fixed word of reports."""
        text = _UI[key][0 if self.language == "en" else 1]
        return text.format_map(values) if values else text

    def number(self, value: float) -> str:
        """1,234 or 1 234, as the language groups digits."""
        return f"{value:,}".replace(",", "\u202f") if self.language == "fr" else f"{value:,}"

    def label(self, key: str) -> str:
        """A fixed word as the beginning of a line: with its colon, before which French leaves a space."""
        return self.ui(key) + ("\u00a0:" if self.language == "fr" else ":")

    def counted(self, key: str, value: int) -> str:
        """`1 record`, `2 records`."""
        english, french = _COUNTED[key]
        one, other = english if self.language == "en" else french
        singular = value < 2 if self.language == "fr" else value == 1  # noqa: PLR2004  # grammar
        return f"{self.number(value)} {one if singular else other}"

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
        return {name: self.number(value) if isinstance(value, int) else value for name, value in raw.items()}

    def remedies(self, finding: Finding) -> list[tuple[str, Remedy]]:
        """The steps that mend a finding: those of its causes first, each once."""
        out: dict[str, Remedy] = {}
        for family in finding.causes:
            known = self.rulebook.families.get(family)
            for remedy in known.remedies if known else ():
                out.setdefault(remedy.text.render(self.language), remedy)
        explained = any(family in self.rulebook.families for family in finding.causes)
        for remedy in self.rulebook.findings[finding.id].remedies:
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
