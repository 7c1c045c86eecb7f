"""Records → sightings: which rules recognise a record, and what they capture from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Literal, NamedTuple

import regex

from logscan.model import Clock, Record, Wall
from logscan.rulebook import Compiled, Rulebook
from logscan.rulebook.schema import Signature

Kind = Literal["event", "cause", "fact", "service", "context"]

_TRAILING: Final = ".,;:!?)]}>'\"`…"
_LEADING: Final = "'\"`<([{"
# After an id that ends the pattern: the end of the message, an error behind a colon, a parenthesis, a dump.
_AFTER_ID: Final = re.compile(r"\s*$|\s+[(\[{-]")
_LONG: Final = 64 << 10
_WINDOW: Final = 4 << 10
_TIMEOUT: Final = 2.0
_MAX_TRIES: Final = 20
_MAX_TEXTS: Final = 400
_MAX_WINDOWS: Final = 100


class Sighting(NamedTuple):
    """One rule that recognised one record. `record` numbers the records of a run, in reading order."""

    kind: Kind
    rule: Compiled | None
    event: str | None
    mascot: str | None
    captures: Mapping[str, str]
    record: int
    stamp: int | None
    clock: Clock | None
    wall: Wall | None
    source: int
    line: int
    process: int
    context: str | None
    text: str


@dataclass(slots=True)
class Matcher:
    """Applies a rulebook. `seen` lists the sightings so far; `matched` counts records that any rule knew."""

    rulebook: Rulebook
    seen: list[Sighting] = field(default_factory=list)
    records: int = 0
    matched: int = 0
    processes: dict[object, int] = field(default_factory=dict)
    _signatures: _Gate = field(init=False)
    _causes: _Gate = field(init=False)
    _facts: _Gate = field(init=False)
    _services: _Gate = field(init=False)
    _data: _Gate = field(init=False)
    _strings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._signatures = _Gate(self.rulebook.signatures)
        self._causes = _Gate(self.rulebook.causes)
        self._facts = _Gate(self.rulebook.facts)
        self._services = _Gate(self.rulebook.services)
        self._data = _Gate(self.rulebook.data)

    def look(self, record: Record, source: int) -> list[Sighting]:
        """The sightings of one record; they are kept in `seen` as well."""
        self.records += 1
        found: list[Sighting] = []
        first = record.message.split("\n", 1)[0]
        for rule in self._signatures.rules_for(first):
            event = match_signature(rule, first) if rule.accepts(record.context) else None
            if event is not None and isinstance(rule.rule, Signature):
                found.append(self._sighting("event", rule, record, source, event, rule.rule.event))
        for kind, gate in (("fact", self._facts), ("service", self._services)):
            for rule in gate.rules_for(first):
                if rule.accepts(record.context) and rule.pattern.match(first):
                    found.append(self._sighting("fact" if kind == "fact" else "service", rule, record, source, {}))
        found += [self._sighting("cause", rule, record, source, captures) for rule, captures in self._cause_rules(record)]
        if found:
            self.matched += 1
            self.seen += found
        return found

    def may_match(self, text: str) -> bool:
        """Whether any rule's anchor occurs in `text`."""
        return any(gate.rules_for(text) for gate in (self._signatures, self._causes, self._facts, self._services))

    def keep_context(self, record: Record, source: int) -> Sighting:
        """Keep a record that no rule knows, because it follows a failure and may explain it."""
        self.seen.append(self._sighting("context", None, record, source, {}))
        return self.seen[-1]

    def _cause_rules(self, record: Record) -> Iterator[tuple[Compiled, Mapping[str, str]]]:
        known: set[str] = set()
        for text in _texts(record):
            rules = self._causes.rules_for(text)
            if not rules or any(r.accepts(record.context) and r.pattern.search(text) for r in self._data.rules_for(text)):
                continue
            for rule in rules:
                if rule.id not in known and rule.accepts(record.context):
                    captures = match_cause(rule, text)
                    if captures is not None:
                        known.add(rule.id)
                        yield rule, captures

    def _sighting(
        self, kind: Kind, rule: Compiled | None, record: Record, source: int, captures: Mapping[str, str], event: str | None = None
    ) -> Sighting:
        mascot = captures.get("mascot")
        return Sighting(
            kind, rule, event, self._strings.setdefault(mascot, mascot) if mascot else None, captures, self.records,
            record.stamp, record.clock, record.wall, source, record.line, self._process(record, source),
            record.context, self._strings.setdefault(record.text, record.text),
        )  # fmt: skip

    def _process(self, record: Record, source: int) -> int:
        """A number for the process that wrote the record: its replica where Railway names one, else its source."""
        key: object = (record.service, record.deployment, record.replica) if record.replica else (source, record.service)
        return self.processes.setdefault(key, len(self.processes))


class _Gate:
    """Picks the rules worth trying on a text: those of which an anchor occurs in it."""

    def __init__(self, rules: Iterable[Compiled]) -> None:
        self._always: list[Compiled] = []
        self._exact: dict[str, list[Compiled]] = {}
        self._folded: dict[str, list[Compiled]] = {}
        for rule in rules:
            if not rule.anchors.texts:
                self._always.append(rule)
            for text in rule.anchors.texts:
                (self._folded if rule.anchors.ignore_case else self._exact).setdefault(text, []).append(rule)

    def rules_for(self, text: str) -> list[Compiled]:
        found = dict.fromkeys(self._always)
        for anchor, rules in self._exact.items():
            if anchor in text:
                found.update(dict.fromkeys(rules))
        if self._folded:
            lowered = text.lower()
            for anchor, rules in self._folded.items():
                if anchor in lowered:
                    found.update(dict.fromkeys(rules))
        return list(found)


def match_signature(rule: Compiled, text: str) -> dict[str, str] | None:
    """The captures of a signature at the start of `text`, or None. Ids lose the punctuation around them."""
    found = rule.pattern.match(text, timeout=_TIMEOUT)
    if found is None:
        return None
    captures = {name: value for name, value in found.groupdict().items() if value is not None}
    for name in ("mascot", "variation", "batch"):
        if name in captures:
            raw = captures[name]
            captures[name] = raw.rstrip(_TRAILING).lstrip(_LEADING)
            if not captures[name]:
                return None
            if found.end(name) == found.end() and raw[-1] not in ":," and not _AFTER_ID.match(text, found.end()):
                return None
    return captures


def match_cause(rule: Compiled, text: str) -> dict[str, str] | None:
    """The captures of a cause rule anywhere in `text`, or None. Words in quotation marks are data, not errors."""
    try:
        for number, found in enumerate(rule.pattern.finditer(text, timeout=_TIMEOUT)):
            if not text.count('"', 0, found.start()) % 2:
                return {name: value for name, value in found.groupdict().items() if value is not None}
            if number >= _MAX_TRIES:
                return None
    except TimeoutError:
        return None
    return None


def _texts(record: Record) -> Iterator[str]:
    """The error texts of a record, line by line; of very long ones, the stretches around likely words."""
    lines = [*record.message.split("\n"), *record.details]
    for text in lines[:_MAX_TEXTS]:
        if len(text) <= _LONG:
            yield text
        else:
            yield text[:_LONG]
            for found in islice(regex.finditer(r"(?:Error|error|failed|Exception)", text, pos=_LONG), _MAX_WINDOWS):
                start = max(_LONG, found.start() - _WINDOW)
                yield text[start : start + 2 * _WINDOW]
