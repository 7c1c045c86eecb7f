"""Records → sightings: which rules recognise a record, and what they capture from it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Final, Literal, NamedTuple

import regex

from logscan.gate import Gate
from logscan.model import Clock, Record, Wall
from logscan.rulebook import Compiled, Rulebook
from logscan.rulebook.linear import Match, is_plain, linear
from logscan.rulebook.schema import DataRule, Fact, ServiceRule, Signature

Kind = Literal["event", "cause", "fact", "context"]

_TRAILING: Final = ".,;:!?)]}>'\"`…”’»"
_LEADING: Final = "'\"`<([{“‘«"
# After an id that ends the pattern comes the end of the message, an error behind a colon, a parenthesis or a dump.
# Other words may follow an id, but not a plain word: `Failed to generate mascot image for user 12` names none.
_AFTER_ID: Final = re.compile(r"\s*$|\s+[(\[{-]")
IDS: Final = ("mascot", "variation", "batch")
_LONG: Final = 64 << 10
_WINDOW: Final = 4 << 10
_MAX_TRIES: Final = 20
_MAX_TEXTS: Final = 400
_MAX_DIGITS: Final = 9
_SHORTEST_LETTER_ID: Final = 16
_MAX_WINDOWS: Final = 100
_MAX_PLANS: Final = 10_000

# Errors say the same again and again: what was found in texts so short is remembered, of so many.
_SHORT: Final = 1000
_MAX_FOUND: Final = 2000

# What a rule recognises, and what it captures.
_Found = tuple[Kind, Compiled, dict[str, str]]

# Rules, each with its match at the start of a text.
_Plan = tuple[tuple[Compiled, Callable[[str], re.Match[str] | None]], ...]


# Most sightings capture nothing but the mascot.
NOTHING: Final[Mapping[str, str]] = {}


class Sighting(NamedTuple):
    """One rule that recognised one record. `record` numbers the records of a run, in reading order; `captures` are all but the mascot."""

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

    @property
    def captured(self) -> dict[str, str]:
        """All that the rule captures, the mascot too."""
        return {**({"mascot": self.mascot} if self.mascot else {}), **self.captures}


@dataclass(slots=True)
class Matcher:
    """Applies a rulebook. `seen` lists the sightings so far; `matched` counts records that any rule knew."""

    rulebook: Rulebook
    seen: list[Sighting] = field(default_factory=list)
    records: int = 0
    matched: int = 0
    processes: dict[object, int] = field(default_factory=dict)
    _gate: Gate = field(init=False)
    _strings: dict[str, str] = field(default_factory=dict)
    _by_anchor: list[list[Compiled]] = field(default_factory=list)
    _plans: dict[tuple[tuple[int, ...], str | None], _Plan | None] = field(default_factory=dict)
    _found: dict[tuple[str | None, str, tuple[str, ...]], tuple[_Found, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index the anchors of all rules."""
        self._gate = _gate_of(self.rulebook)

    def fresh(self, processes: Mapping[object, int] | None = None) -> Matcher:
        """A matcher of the same rules that has seen nothing; it may know the numbers of processes."""
        fresh = copy(self)
        fresh.seen, fresh.processes, fresh._strings = [], dict(processes or {}), {}  # noqa: SLF001  # its own class
        fresh.records = fresh.matched = 0
        return fresh

    def number_anchors(self, texts: Sequence[str]) -> None:
        """Say which anchor goes by which number, for `look`."""
        rules: dict[str, list[Compiled]] = {}
        for rule in self.rulebook.scanned:
            for text in rule.scan_anchors.texts:
                rules.setdefault(text, []).append(rule)
        self._by_anchor = [rules.get(text, []) for text in texts]

    def look(self, record: Record, source: int, anchors: tuple[int, ...] | None = None) -> list[Sighting]:
        """The sightings of one record; they are kept in `seen` as well. `anchors` are all that its line holds, if that is known."""
        self.records += 1
        plan = self.plan(anchors, record.context) if anchors is not None and not record.details else None
        quick = plan is not None and is_plain(record.message)
        found = self._look_by_plan(plan or (), record, source) if quick else self._look_at_all(record, source)
        if found:
            self.matched += 1
            self.seen += found
        return found

    def plan(self, anchors: tuple[int, ...], context: str | None) -> _Plan | None:
        """The rules to try on a line of this logger with these anchors; None if they take more than a quick match."""
        key = anchors, context
        if key not in self._plans:
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
            self._plans[key] = self._planned(anchors, context)
        return self._plans[key]

    def _planned(self, anchors: tuple[int, ...], context: str | None) -> _Plan | None:
        ids = {rule.id for anchor in anchors for rule in self._by_anchor[anchor] if rule.accepts(context)}
        rules = [(rule, linear(rule.rule.pattern, anywhere=rule.family is not None)) for rule in self.rulebook.scanned if rule.id in ids]
        plan = tuple((rule, pattern.search if rule.family else pattern.match) for rule, pattern in rules if pattern is not None)
        return plan if len(plan) == len(rules) else None

    def _look_by_plan(self, plan: _Plan, record: Record, source: int) -> list[Sighting]:
        """`_look_at_all` for a record of one plain line that holds the anchors of just these rules."""
        found: list[Sighting] = []
        for rule, match in plan:
            hit = match(record.message)
            if hit is None:
                continue
            if rule.family is not None:
                # Whether it is an error, or somebody's words, takes a closer look.
                return self._look_at_all(record, source)
            if isinstance(rule.rule, Fact):
                found.append(self._sighting("fact", rule, record, source, {}))
            elif (captures := captures_of(hit, record.message)) is not None:
                found.append(self._sighting("event", rule, record, source, captures))
        return found

    def _look_at_all(self, record: Record, source: int) -> list[Sighting]:
        key = record.context, record.message, record.details
        found = self._found.get(key)
        if found is None:
            found = tuple(self._recognised(record))
            if len(record.message) <= _SHORT and not record.details:
                if len(self._found) >= _MAX_FOUND:
                    self._found.clear()
                self._found[key] = found
        return [self._sighting(kind, rule, record, source, dict(captures)) for kind, rule, captures in found]

    def _recognised(self, record: Record) -> Iterator[_Found]:
        """What the rules recognise in a record, whenever and by whichever process it was written."""
        known: set[str] = set()
        for place, text in enumerate(_texts(record)):
            rules = [rule for rule in self._gate.rules_for(text) if rule.accepts(record.context)]
            if place == 0 and rules:
                yield from self._at_start(rules, text)
            yield from self._causes(rules, text, known)

    def _at_start(self, rules: Iterable[Compiled], text: str) -> Iterator[_Found]:
        """Signatures and facts hold only at the start of a message."""
        for rule in rules:
            if isinstance(rule.rule, Signature):
                captures = match_signature(rule, text)
                if captures is not None:
                    yield "event", rule, captures
            elif isinstance(rule.rule, Fact) and rule.match(text):
                yield "fact", rule, {}

    def _causes(self, rules: Iterable[Compiled], text: str, known: set[str]) -> Iterator[_Found]:
        """Causes hold anywhere in an error text, except in lines that carry other people's words."""
        causes = [rule for rule in rules if rule.family is not None and rule.id not in known]
        if not causes or any(isinstance(rule.rule, DataRule) and rule.search(text) for rule in rules):
            return
        for rule in causes:
            captures = match_cause(rule, text)
            if captures is not None:
                known.add(rule.id)
                yield "cause", rule, captures

    def may_match(self, text: str) -> bool:
        """Whether any rule's anchor occurs in `text`."""
        return any(rule.anchors.texts and not isinstance(rule.rule, DataRule) for rule in self._gate.rules_for(text))

    def keep_context(self, record: Record, source: int) -> None:
        """Keep a record that no rule knows, because it follows a failure and may explain it."""
        self.seen.append(self._sighting("context", None, record, source, {}))

    def _sighting(self, kind: Kind, rule: Compiled | None, record: Record, source: int, captures: dict[str, str]) -> Sighting:
        mascot = captures.pop("mascot", None)
        if mascot is not None:
            mascot = self.same(mascot)
        # Errors say the same again and again, steps never do.
        text = record.text if kind == "event" else self.same(record.text)
        event = rule.rule.event if rule is not None and isinstance(rule.rule, Signature) else None
        return Sighting(
            kind, rule, event, mascot, captures or NOTHING, self.records, record.stamp, record.clock, record.wall, source, record.line,
            self.process(record, source), record.context, text,
        )  # fmt: skip

    def same(self, text: str) -> str:
        """The text, kept once however often it is seen."""
        return self._strings.setdefault(text, text)

    def process(self, record: Record, source: int) -> int:
        """A number for the process that wrote the record: its replica where Railway names one, else its source."""
        return self.number_of((record.service, record.deployment, record.replica) if record.replica else (source, record.service))

    def number_of(self, process: object) -> int:
        """The number of a process."""
        return self.processes.setdefault(process, len(self.processes))


@lru_cache(maxsize=4)
def _gate_of(rulebook: Rulebook) -> Gate:
    """The index of a rulebook's anchors, made once however many inputs are matched."""
    return Gate((*rulebook.signatures, *rulebook.facts, *rulebook.causes, *rulebook.data))


def captured_number(captures: Mapping[str, str], name: str, default: int = 0) -> int:
    """A captured number. Nobody counts in more than nine digits, and Python refuses to read thousands of them."""
    text = captures.get(name)
    return default if text is None else int(text) if len(text) <= _MAX_DIGITS else 10**_MAX_DIGITS


def service_votes(texts: Iterable[str], rules: Iterable[Compiled]) -> Counter[str]:
    """How many of some sample lines show which other program's log this is."""
    votes: Counter[str] = Counter()
    for text in texts:
        votes.update({rule.rule.service for rule in rules if isinstance(rule.rule, ServiceRule) and rule.match(text)})
    return votes


def match_signature(rule: Compiled, text: str) -> dict[str, str] | None:
    """The captures of a signature at the start of `text`, or None. Ids lose the punctuation around them."""
    found = rule.match(text)
    return captures_of(found, text) if found is not None else None


def captures_of(found: Match, text: str) -> dict[str, str] | None:
    """What a signature's match at the start of `text` captures; None if the id is none. Ids lose the punctuation around them."""
    captures = {name: value for name, value in found.groupdict().items() if value is not None}
    for name in IDS:
        raw = captures.get(name)
        if raw is None:
            continue
        value = captures[name] = raw.rstrip(_TRAILING).lstrip(_LEADING)
        if not value or (_is_word(value, raw) and found.end(name) == found.end() and not _AFTER_ID.match(text, found.end())):
            return None
    return captures


def _is_word(name: str, raw: str) -> bool:
    return name.isalpha() and len(name) < _SHORTEST_LETTER_ID and name == raw


def match_cause(rule: Compiled, text: str) -> dict[str, str] | None:
    """The captures of a cause rule anywhere in `text`, or None. Words in quotation marks are data, not errors."""
    for found in islice(rule.occurrences(text), _MAX_TRIES + 1):
        if not text.count('"', 0, found.start()) % 2:
            return {name: value for name, value in found.groupdict().items() if value is not None}
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
