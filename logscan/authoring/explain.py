"""Why a line is read as it is: its form and fields, the rules that matched, and where the nearest others stopped.

What matched is told by the very code that scans. For the rest, growing parts of a rule's pattern are tried.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import takewhile
from typing import Final

import regex

from logscan.authoring.pieces import Piece, Reach, Split, joined, reaches, split_pattern, telling, words_of
from logscan.authoring.trial import records_of
from logscan.match import Matcher, match_cause, match_signature, service_votes
from logscan.model import Record
from logscan.parse import detect
from logscan.rulebook import TIMEOUT, Compiled, Rulebook, fold
from logscan.rulebook.schema import Fact, Signature
from logscan.visible import visible

_MAX_TEXTS: Final = 40
_MAX_CHARS: Final = 4096
# Below these, what a rule and a line have in common is chance.
_LEAST_WEIGHT: Final = 6
_LEAST_SHARE: Final = 0.45
_HALF_SURE: Final = 4
_SHOWN: Final = 50
_MASK: Final = "•"
_IDS: Final = ("mascot", "variation", "batch")


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that holds, and what its groups captured (a secret is not told)."""

    rule: Compiled
    captures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Near:
    """A rule that does not hold, but nearly: where it stopped, in words. `score` goes from 0 to 1."""

    rule: Compiled
    why: str
    score: float


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
        look = _Look(rulebook, record, _texts(record))
        matched = tuple(_matched(matcher, look, raw))
        known = {match.rule.id for match in matched}
        nearest = sorted(look.near(known), key=lambda item: (-item.score, item.rule.id)) if near > 0 else []
        out.append(Explained(record, _form(raw), matched, tuple(nearest[:near])))
    return out


def _form(raw: list[str]) -> str:
    """The form of a record's first line; of an object over several lines, that of its keys."""
    form = detect(raw[:1])
    return detect(raw) if form == "text" and raw[0].strip() == "{" else form


def _texts(record: Record) -> list[str]:
    return [text[:_MAX_CHARS] for text in [*record.message.split("\n"), *record.details][:_MAX_TEXTS]]


def _matched(matcher: Matcher, look: _Look, raw: list[str]) -> Iterator[Match]:
    """Every rule of every kind that holds."""
    record, rulebook = look.record, look.rulebook
    for sighting in matcher.look(record, 0):
        if sighting.rule is not None:
            yield Match(sighting.rule, sighting.captures)
    matcher.seen.clear()
    for rule in dict.fromkeys(rule for text in look.texts for rule in look.data_of(text)):
        yield Match(rule, {})
    whole = [*raw, record.message]
    yield from (Match(rule, {}) for rule in rulebook.services if service_votes(whole, [rule]))
    for rule in rulebook.secrets:
        found = next(filter(None, map(rule.search, (record.message, *record.details, *raw))), None)
        if found is not None:
            yield Match(rule, {name: value for name, value in found.groupdict().items() if value is not None and name != "secret"})


@dataclass(slots=True)
class _Look:
    """Tries the rules that did not match on one record, for as long as two patterns may take."""

    rulebook: Rulebook
    record: Record
    texts: list[str]
    _until: float = 0.0
    _data: dict[str, list[Compiled]] = field(default_factory=dict)

    def data_of(self, text: str) -> list[Compiled]:
        """The rules for which this text carries other people's words."""
        if text not in self._data:
            rules = (rule for rule in self.rulebook.data if rule.accepts(self.record.context))
            self._data[text] = [rule for rule in rules if rule.search(text)]
        return self._data[text]

    def near(self, known: set[str]) -> Iterator[Near]:
        """The rules that nearly hold, in no order."""
        self._until = time.monotonic() + 2 * TIMEOUT
        lowered = [fold(text) for text in self.texts]
        book = self.rulebook
        for rule in (*book.signatures, *book.causes, *book.facts, *book.data):
            if rule.id in known:
                continue
            found = max(self._tries(rule, lowered), key=lambda item: item.score, default=None)
            if found is not None:
                yield found

    def _tries(self, rule: Compiled, lowered: list[str]) -> Iterator[Near]:
        split = split_pattern(rule.rule.pattern)
        words = _words(rule.rule.pattern)
        for place, low in enumerate(lowered):
            if time.monotonic() > self._until:
                return
            common = [word for word in words if word.lower() in low]
            alike = sum(map(len, common)) >= _LEAST_WEIGHT and telling("\n".join(common))
            if not alike and not any(anchor.lower() in low for anchor in rule.anchors.texts):
                continue
            whole = self._whole(rule, place)
            if whole is not None:
                yield whole
            elif alike and split is not None:
                yield from self._part(rule, split, place)

    def _whole(self, rule: Compiled, place: int) -> Near | None:
        """The pattern holds, and yet the rule does not: why."""
        text = self.texts[place]
        try:
            found = rule.pattern.search(text, timeout=TIMEOUT)
        except TimeoutError:
            return Near(rule, f"its pattern takes more than {TIMEOUT:g} seconds on this line, so it is given up", 1.0)
        if found is not None:
            reasons = [*self._logger(rule), *self._refused(rule, place, found)]
            return Near(rule, "; ".join(reasons or ["its pattern holds, but the line is not taken"]), 1.0 - 0.1 * max(0, len(reasons) - 1))
        anchors = rule.anchors
        same_case = anchors.ignore_case or not anchors.texts or any(anchor in text for anchor in anchors.texts)
        return None if same_case else self._other_case(rule, text)

    def _other_case(self, rule: Compiled, text: str) -> Near | None:
        found = _Finder(text, self._until, at_start=_at_start(rule))(f"(?i){rule.rule.pattern}")
        if found is None:
            return None
        where = _quoted(self._masked(text)[found.start() : found.end()])
        reasons = [f"only capital and small letters differ, in {where}: with (?i) at its beginning the pattern would hold"]
        return Near(rule, "; ".join([*reasons, *self._logger(rule)]), 0.9)

    def _logger(self, rule: Compiled) -> Iterator[str]:
        context = self.record.context
        if rule.accepts(context):
            return
        wanted = " or ".join(rule.contexts)
        if context is None:
            yield f"the rule is strict: it wants a line that names the logger {wanted}; this line names none"
        else:
            yield f"the rule wants the logger {wanted}; this line is of {visible(context)}"

    def _refused(self, rule: Compiled, place: int, found: regex.Match[str]) -> Iterator[str]:
        """What is in the way of a pattern that holds somewhere in a text."""
        text = self.texts[place]
        if _at_start(rule):
            yield from self._not_at_start(rule, place, found)
            if isinstance(rule.rule, Signature) and place == 0 and rule.match(text) and match_signature(rule, text) is None:
                yield _no_id(rule, text)
        elif rule.family is not None:
            data = self.data_of(text)
            if data:
                yield f"the line carries other people's words (rule {data[0].id}), so no cause is looked for"
            elif match_cause(rule, text) is None:
                yield "its words stand inside quotation marks, where causes are not looked for"

    def _not_at_start(self, rule: Compiled, place: int, found: regex.Match[str]) -> Iterator[str]:
        kind = "fact" if isinstance(rule.rule, Fact) else "signature"
        if place:
            first = self.record.message.count("\n") + 1
            where = f"on line {place + 1} of it" if place < first else "in an error text beside it"
            yield f"a {kind} holds on the first line of a message only; here it stands {where}"
        elif found.start() and rule.match(self.texts[place]) is None:
            yield f"a {kind} holds at the start of the message only; here it stands at character {found.start() + 1}"

    def _part(self, rule: Compiled, split: Split, place: int) -> Iterator[Near]:
        """The longest parts of the pattern that hold."""
        text = self.texts[place]
        logger = list(self._logger(rule))
        for at_start in (True, False) if _at_start(rule) and place == 0 else (False,):
            finder, anywhere = _Finder(text, self._until, at_start=at_start), _Finder(text, self._until, at_start=False)
            found = reaches(split, finder, anywhere)
            best = max(found, key=lambda reach: (reach.telling, reach.share * _sure(reach.weight), not reach.backwards), default=None)
            if best is None or not best.telling or best.weight < _LEAST_WEIGHT or best.share < _LEAST_SHARE:
                continue
            reasons = [_Stop(best, self._masked(text), finder).words(), *logger]
            if _at_start(rule) and not at_start and best.found.start():
                reasons += self._not_at_start(rule, place, best.found) if not best.backwards else ()
            yield Near(rule, "; ".join(reasons), 0.9 * best.share * _sure(best.weight) * 0.7 ** (len(reasons) - 1))

    def _masked(self, text: str) -> str:
        """The text with every secret covered, character by character, so that places stay the same."""
        for rule in self.rulebook.secrets:
            try:
                text = rule.pattern.sub(_cover, text, timeout=TIMEOUT)
            except TimeoutError:
                return _MASK * len(text)
        return text


@lru_cache(maxsize=2048)
def _words(pattern: str) -> frozenset[str]:
    split = split_pattern(pattern)
    return words_of(split) if split is not None else frozenset()


@lru_cache(maxsize=8192)
def _compiled(pattern: str) -> regex.Pattern[str] | None:
    try:
        return regex.compile(pattern)
    except (regex.error, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class _Finder:
    """Looks for parts of a pattern in one text until time is up. What makes no pattern by itself is not found."""

    text: str
    until: float
    at_start: bool

    def __call__(self, pattern: str) -> regex.Match[str] | None:
        left = self.until - time.monotonic()
        compiled = _compiled(pattern) if left > 0 else None
        if compiled is None:
            return None
        try:
            return compiled.match(self.text, timeout=left) if self.at_start else compiled.search(self.text, timeout=left)
        except TimeoutError:
            return None


def _sure(weight: int) -> float:
    """More common words are better than few, however great a share of a short pattern they are."""
    return weight / (weight + _HALF_SURE)


def _at_start(rule: Compiled) -> bool:
    return isinstance(rule.rule, (Signature, Fact))


def _no_id(rule: Compiled, text: str) -> str:
    """Why a signature's captures were refused."""
    found = rule.match(text)
    captures = found.groupdict() if found is not None else {}
    for name in _IDS:
        value = captures.get(name)
        if value is not None and not any(char.isalnum() for char in value):
            return f"'{visible(value)}' is no id: nothing is left of {name} once punctuation is taken off"
        if value is not None and value.isalpha() and found is not None and found.end(name) == found.end():
            return f"'{visible(value)}' is taken for a plain word, not an id"
    return "what it captures is no id"


def _cover(found: regex.Match[str]) -> str:
    """The match with its secret covered."""
    whole: str = found[0]
    if "secret" not in found.re.groupindex or found["secret"] is None:
        return _MASK * len(whole)
    start: int = found.start("secret") - found.start()
    end: int = found.end("secret") - found.start()
    return whole[:start] + _MASK * (end - start) + whole[end:]


@dataclass(frozen=True, slots=True)
class _Stop:
    """Puts into words where a pattern stopped in a text, of which secrets are covered."""

    reach: Reach
    text: str
    find: _Finder

    def words(self) -> str:
        return self._backwards() if self.reach.backwards else self._forwards()

    def _forwards(self) -> str:
        pieces, count = self.reach.pieces, self.reach.count
        first = self.reach.whole
        at = self.reach.found.end() - (count - first)
        wants = _wanted(pieces[first:])
        behind = first
        while behind and pieces[behind - 1].zero_width:
            behind -= 1
        gap = self.reach.up_to(behind - 1, self.find) if behind and pieces[behind - 1].gap else None
        if gap is not None and gap.end() > gap.start():
            return f"matched up to {_tail(self.text[gap.start() : gap.end()])}; somewhere behind it {wants}, which does not follow"
        return f"{self._matched(at)}{wants}, {self._has(at, pieces[first])}"

    def _matched(self, at: int) -> str:
        start = self.reach.found.start()
        return f"matched up to {_tail(self.text[start:at])}; then " if at > start else ""

    def _has(self, at: int, wanted: Piece) -> str:
        if at >= len(self.text):
            return "the line ends"
        size = 12 if wanted.literal else 24
        cut = re.compile(rf"[\s\S]{{1,{size}}}\w{{0,20}}").match(self.text, at)
        return f"the line has {_quoted(cut[0] if cut else '')}"

    def _backwards(self) -> str:
        found, rest = self.reach.found, self.reach.rest
        start = found.start() + self.reach.count - self.reach.whole
        there = f"{_tail(self.text[start : found.end()])} stands in the line"
        if not rest:
            return f"{there}, but not where the rule wants it"
        last = rest[-1]
        if last.look:
            return f"{there}, but the rule looks at what stands beside it: {_pattern(last.text)}"
        solid = [place for place, piece in enumerate(rest) if not piece.gap and not piece.zero_width]
        if not solid:
            return f"{there}, but the rule wants {_pattern(joined(rest))} before it"
        first = solid[-1]
        while first and rest[first].literal and rest[first - 1].literal:
            first -= 1
        return f"{there}, but the rule wants {_pattern(_run(rest[first:]))} before it"


def _wanted(pieces: Iterable[Piece]) -> str:
    row = list(pieces)
    source = row[0].text
    if source == "$":
        return "the rule wants the end of the line"
    if source == "^":
        return "the rule wants the start of the line"
    if source == r"\b":
        return r"the rule wants a word to begin or end («\b»)"
    if row[0].look:
        verb = "refuses" if source.startswith(("(?!", "(?<!")) else "wants"
        side = "stands before" if source.startswith("(?<") else "follows"
        return f"the rule {verb} what {side}: {_pattern(source)}" if verb == "refuses" else f"the rule wants {_pattern(source)} beside it"
    return f"the rule wants {_pattern(_run(row))}"


def _run(pieces: Iterable[Piece]) -> str:
    """The first pieces as the pattern has them: characters up to the next piece that is none, or that piece."""
    first, *others = pieces
    if first.quantifier or not (first.literal or first.text.startswith("[")):
        return first.text
    run = takewhile(lambda piece: piece.literal and not piece.quantifier, others)
    return first.text + joined(run)


def _pattern(source: str) -> str:
    return _quoted(source if len(source) <= _SHOWN else source[: _SHOWN - 1] + "…")


def _tail(text: str) -> str:
    """The end of a text, from the beginning of a word on."""
    if len(text) <= _SHOWN:
        return _quoted(text)
    cut = text[-_SHOWN:]
    return _quoted("…" + (cut.partition(" ")[2] or cut))


def _quoted(text: str) -> str:
    return f"«{visible(text)}»"
