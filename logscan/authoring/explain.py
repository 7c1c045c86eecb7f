"""Why a line is read as it is: its form and fields, the rules that matched, and where the nearest others stopped.

What matched is told by the very code that scans. For the rest, growing parts of a rule's pattern are tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from logscan.authoring.explaining.look import Look, texts_of
from logscan.authoring.explaining.near import Near, near_rules
from logscan.authoring.trial import records_of
from logscan.match import Matcher, service_votes
from logscan.model import Record
from logscan.parse import detect
from logscan.rulebook import Compiled, Rulebook

__all__ = ["Explained", "Match", "Near", "explain"]


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that holds, and what its groups captured (a secret is not told)."""

    rule: Compiled
    captures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Explained:
    """One record: the form of its line, its fields, the rules that matched and the nearest that did not, best first."""

    record: Record
    form: str
    matched: tuple[Match, ...]
    near: tuple[Near, ...]


def explain(text: str, rulebook: Rulebook, near: int = 3) -> list[Explained]:
    """Each record of `text`, with the rules that matched it and at most `near` that nearly did."""
    lines = text.split("\n")
    records = records_of(text)
    ends = [*(record.line - 1 for record in records[1:]), len(lines)][: len(records)]
    matcher = Matcher(rulebook)
    out = []
    for record, end in zip(records, ends, strict=True):
        raw = lines[record.line - 1 : max(end, record.line)]
        look = Look(rulebook, record, texts_of(record))
        matched = tuple(_matched(matcher, look, raw))
        known = {match.rule.id for match in matched}
        nearest = sorted(near_rules(look, known), key=lambda item: (-item.score, item.rule.id)) if near > 0 else []
        out.append(Explained(record, _form(raw), matched, tuple(nearest[:near])))
    return out


def _form(raw: list[str]) -> str:
    """The form of a record's first line; of an object over several lines, that of its keys."""
    form = detect(raw[:1])
    return detect(raw) if form == "text" and raw[0].strip() == "{" else form


def _matched(matcher: Matcher, look: Look, raw: list[str]) -> Iterator[Match]:
    """Every rule of every kind that holds."""
    record, rulebook = look.record, look.rulebook
    for sighting in matcher.look(record, 0):
        if sighting.rule is not None:
            yield Match(sighting.rule, sighting.captured)
    matcher.seen.clear()
    for rule in dict.fromkeys(rule for text in look.texts for rule in look.data_of(text)):
        yield Match(rule, {})
    whole = [*raw, record.message]
    yield from (Match(rule, {}) for rule in rulebook.services if service_votes(whole, [rule]))
    for rule in rulebook.secrets:
        found = next(filter(None, map(rule.search, (record.message, *record.details, *raw))), None)
        if found is not None:
            yield Match(rule, {name: value for name, value in found.groupdict().items() if value is not None and name != "secret"})
