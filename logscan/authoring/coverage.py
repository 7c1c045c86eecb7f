"""What the rules make of real logs: which fired, which never did, and which errors no rule knows."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from logscan.errors import SourceError
from logscan.intake import Interrupted, Options
from logscan.match import Matcher
from logscan.model import Record
from logscan.prefilter import Scanner
from logscan.reading import Reader
from logscan.redact import Redactor
from logscan.rulebook import Compiled, Rulebook
from logscan.sources import Source
from logscan.visible import visible

MAX_SHAPES: Final = 10_000
_MAX_CHARS: Final = 2000
_MAX_TEXTS: Final = 400
# A matcher keeps the text of every record that a rule knew, so a new one takes over now and then.
_RENEW: Final = 50_000
# Dumps go on line by line; a logger's own line, or in a merged log those of other processes, may stand between.
_NEXT: Final = 2
_BETWEEN: Final = 50

_HEX: Final = r"[0-9a-fA-F]"
_TLD: Final = (
    "com|net|org|io|dev|app|internal|local|localdomain|lan|cloud|ai|co|sh|gg|me|info|xyz|tech|site|online|eu|uk|us|fr|de|ch|be|nl|es|it"
)
# What differs from one line of a kind to the next. One pass, so that no mark is taken for a value.
_VALUES: Final = re.compile(
    rf"""
      (?P<secret>\[redacted:{_HEX}{{4,8}}\])
    | (?P<url>\b[A-Za-z][A-Za-z0-9+.-]{{0,20}}://(?:\[redacted:{_HEX}{{4,8}}\]|[^\s"'`<>)\]}}]){{1,1000}})
    | (?P<time>\b\d{{4}}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{{1,9}})?)?(?:Z|[ ]?[+-]\d\d:?\d\d)?)?
        |\b\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}}(?:,?\s\d{{1,2}}:\d\d:\d\d(?:\s[AP]M)?)?|\b\d{{1,2}}:\d\d:\d\d(?:[.,]\d{{1,9}})?)
    | (?P<text>"(?:[^"\\]|\\.){{0,1000}}"|`[^`]{{0,1000}}`|(?<!\w)'(?:[^'\\]|\\.){{0,1000}}'(?!\w))
    | (?P<mail>[\w.+-]{{1,64}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,5}})
    | (?P<id>\b{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}\b|\b0x{_HEX}{{1,64}}\b
        |\b(?=\d{{0,64}}[a-fA-F])(?=[a-fA-F]{{0,64}}\d){_HEX}{{8,64}}\b
        |(?<![\w-])(?=\w{{0,40}}[A-Za-z])(?=(?:[A-Za-z_-]{{0,40}}\d){{3}})[A-Za-z0-9_-]{{9,200}}(?![\w-]|\.\w))
    | (?P<host>\b\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?::\d{{1,5}})?\b
        |(?<![\w:])(?:{_HEX}{{0,4}}:){{2,7}}{_HEX}{{1,5}}(?![\w:])
        |\b(?:[\w-]{{1,63}}\.){{1,8}}(?:{_TLD})(?::\d{{1,5}})?(?![\w(.]|-\w)
        |\b(?:localhost(?::\d{{1,5}})?|[A-Za-z][\w-]{{0,62}}:\d{{4,5}})\b)
    | (?P<path>(?<![\w<>])(?:[A-Za-z]:|~|\.{{1,2}})?/[\w.@%+~:-]{{1,200}}(?:/[\w.@%+~:-]{{0,200}}){{0,40}}
        |(?<![\w<>/])[\w.@-]{{1,100}}(?:/[\w.@%+~-]{{1,200}}){{1,40}}\.[A-Za-z]\w{{0,4}}(?::\d+){{0,2}}\b)
    | (?P<n>\bv\d+(?:\.\d+)+|(?<![\w.])[-+]?\d+(?:[.,]\d+)*)
    """,
    re.VERBOSE,
)
_SPACES: Final = re.compile(r"\s+")

_QUOTED: Final = re.compile(r'"[^"]*"')
_NAMES: Final = re.compile(r"\b\w*(?<!\bNo)(?:Error|Exception)\b(?!\s*(?:[=:]\s*)?(?:0\b|null\b|none\b|false\b|undefined\b))")
_CODES: Final = re.compile(
    r"\bE(?:CONN[A-Z]+|PIPE|TIMEDOUT|TIMEOUT|HOST(?:UNREACH|DOWN)|NET(?:UNREACH|DOWN)|NOTFOUND|AI_[A-Z]+|ACCES|PERM|NOENT|NOSPC|NOMEM|MFILE"
    r"|NFILE|ADDR(?:INUSE|NOTAVAIL)|PROTO|NOTDIR|ISDIR|ROFS|EXIST|REFUSED|SERVFAIL|BADF|AGAIN|BUSY)\b|\bSIG(?:SEGV|ABRT|KILL|BUS)\b"
)
_WORDS: Final = re.compile(
    r"(?<!\b0 )(?<!\bno )(?<!\bnot )(?<!\bnever )\bfail(?:ed|ure)\b(?!\s*[=:]\s*0\b)"
    r"|\b(?:fatal|panic)\b|\b(?:error|critical)\s?:(?!\s*(?:0|null|none|false|undefined)\b)"
    r"|\b(?:access|permission|request)?\s?(?:denied|refused|rejected)\b|\b(?:unauthorized|forbidden)\b"
    r"|\btimed[ -]out\b|\btime-?out\b(?!s?\W{0,3}[=:]|\s(?:is|of|set|was set)\b|\s?\(?\d)|\btime-?out of \d+ ?m?s exceeded"
    r"|\b(?:unhandled|uncaught)\b|\b(?:crashed|crashing|segfault|segmentation fault|out of memory|traceback)\b"
    r"|\b(?:cannot|could not|couldn't|unable to)\s\w|\b(?:quota|limit|size)\s(?:was\s)?exceeded\b|\bunavailable\b"
    r"|\bstatus(?: code)?:? 5\d\d\b",
    re.IGNORECASE,
)
_FRAME: Final = re.compile(
    r"\s*at\s(?:async\s)?\S|\s*\.{3}\s\d+\s(?:more|lines)\b|\s+File \"|\s*\^+\s*$|\s*(?:node:|file:|/)\S{1,500}:\d+\s*$"
    r"|\s*(?:>\s*)?\d+\s\||\s*-{2,}[\w ]{0,40}stack[ -]?trace"
)
# `Error details:`, `Error type: ApiError` and a bare name add nothing to the failure that they stand behind.
_HEADING: Final = re.compile(
    r"\s*(?:error\s)?(?:type|name|code|details?|stack(?:\s?trace)?)\s*:|\s*\w*(?:error|exception):?\s*$", re.IGNORECASE
)
_BRACES: Final = re.compile(r"[\s\[\](){},;'\"]*$")
_PAIR: Final = re.compile(r"\s+(?P<key>['\"]?[\w$.-]{1,80}['\"]?|\[\w{1,40}\]|\[Symbol\([^)]{0,80}\)\]):(?:\s|$)")
_TELLING_KEYS: Final = frozenset({"message", "error", "err", "reason", "cause", "stack", "msg", "detail", "details"})


@dataclass(frozen=True, slots=True)
class Shape:
    """Lines of one kind that look like errors and that no rule knows: how many, the first, and how to begin a rule for it."""

    shape: str
    count: int
    line: str
    source: str
    number: int
    command: str


@dataclass(frozen=True, slots=True)
class RuleCoverage:
    """What the rules made of some logs. `never` lists signatures, causes and facts; `interrupted` is the signal that ended the reading."""

    fired: tuple[tuple[Compiled, int], ...]
    never: tuple[Compiled, ...]
    unmatched: tuple[Shape, ...]
    records: int
    matched: int
    unreadable: tuple[str, ...]
    interrupted: int | None = None


def rule_coverage(sources: Sequence[Source], rulebook: Rulebook, options: Options | None = None) -> RuleCoverage:
    """Read every line of `sources` and count. Of the options, `zone`, `form`, `redact`, `progress` and `read` are heeded."""
    options = options or Options()
    counts = _Counts(rulebook)
    unreadable: list[str] = []
    interrupted = None
    for place, source in enumerate(sources):
        reader = Reader(source, Scanner(), options.zone, options.form, progress=options.progress)
        try:
            _read(reader, place, visible(source.name), counts)
        except SourceError as error:
            unreadable.append(visible(str(error)))
        except Interrupted as stop:
            interrupted = stop.signum
        finally:
            source.close()
        if reader.broken:
            unreadable.append(visible(f"{source.name}: {reader.broken}"))
        if interrupted is not None:
            break
    if options.read is not None:
        options.read()
    return counts.result(Redactor(rulebook, options.redact), tuple(unreadable), interrupted)


def shape_of(text: str) -> str:
    """What lines of one kind have in common: ids, numbers, times, quoted words, URLs, paths and hosts become marks."""
    marked = _VALUES.sub(lambda found: f"<{found.lastgroup}>", text[:_MAX_CHARS])
    return visible(_SPACES.sub(" ", marked).strip())


def looks_like_error(text: str) -> bool:
    """Whether the words of a line tell of an error. Quoted words are data, except in JSON."""
    text = text[:_MAX_CHARS]
    if not text.lstrip().startswith("{"):
        text = _QUOTED.sub('""', text)
    return any(pattern.search(text) for pattern in (_NAMES, _CODES, _WORDS))


def _read(reader: Reader, place: int, name: str, counts: _Counts) -> None:
    try:
        for record in reader.records():
            counts.take(record, place, name)
    except Interrupted:
        # The parser holds a record until it knows that the next line is another.
        for record in reader.parser.flush():
            counts.take(record, place, name)
        raise


@dataclass(slots=True)
class _First:
    """The first line of a shape, and how many there are."""

    text: str
    source: str
    number: int
    count: int = 0


@dataclass(slots=True)
class _Counts:
    """The account while reading. What it keeps is bounded by the rules and by MAX_SHAPES, not by the logs."""

    rulebook: Rulebook
    records: int = 0
    matched: int = 0
    fired: Counter[Compiled] = field(default_factory=Counter)
    _shapes: dict[str, _First] = field(default_factory=dict)
    _behind: dict[tuple[int, str | None], int] = field(default_factory=dict)
    _matcher: Matcher = field(init=False)

    def __post_init__(self) -> None:
        self._matcher = Matcher(self.rulebook)

    def take(self, record: Record, place: int, source: str) -> None:
        """Count one record, and what it is an example of."""
        if self._matcher.records >= _RENEW:
            self._matcher = Matcher(self.rulebook)
        self.records += 1
        found = self._matcher.look(record, place)
        self._matcher.seen.clear()
        if found:
            self.matched += 1
            self.fired.update({sighting.rule for sighting in found if sighting.rule is not None})
            self._trail(record, place)
            return
        text = None if self._carries_on(record, place) else self._error(record)
        if text is not None:
            self._trail(record, place)
            self._add(text, source, record.line)

    def _trail(self, record: Record, place: int) -> None:
        """Remember where a failure's dump has come to, process by process."""
        if len(self._behind) > MAX_SHAPES:
            self._behind.clear()
        self._behind[place, record.replica] = record.line + record.message.count("\n")

    def _carries_on(self, record: Record, place: int) -> bool:
        """Whether the record is a line of the dump of the failure right before it."""
        text = record.message
        if "\n" in text or not _carries_on(text):
            return False
        before = self._behind.get((place, record.replica))
        if before is None or record.line - before > (_BETWEEN if record.replica else _NEXT):
            return False
        self._trail(record, place)
        return True

    def _error(self, record: Record) -> str | None:
        """The line of a record that tells of an error, with the logger's name; None where none does."""
        lines = record.message.split("\n")
        texts = [text for text in [*lines, *record.details][:_MAX_TEXTS] if text.strip() and not _FRAME.match(text)]
        said = next((text for text in texts if looks_like_error(text) and not self._is_data(text, record)), None)
        if said is None and record.level in {"error", "fatal"}:
            said = next((text for text in texts if not _BRACES.match(text) and not _PAIR.match(text)), None)
            if said is not None and self._is_data(said, record):
                return None
        if said is None:
            return None
        return f"[{record.context}] {said}" if record.context and said is lines[0] else said

    def _is_data(self, text: str, record: Record) -> bool:
        return any(rule.accepts(record.context) and rule.search(text[:_MAX_CHARS]) for rule in self.rulebook.data)

    def _add(self, text: str, source: str, number: int) -> None:
        shape = shape_of(text)
        first = self._shapes.get(shape)
        if first is None:
            if len(self._shapes) >= MAX_SHAPES:
                self._drop_rarest()
            first = self._shapes[shape] = _First(text[:_MAX_CHARS], source, number)
        first.count += 1

    def _drop_rarest(self) -> None:
        """Make room: what is frequent stays, or comes back."""
        kept = sorted(self._shapes.items(), key=lambda item: -item[1].count)[: MAX_SHAPES // 2]
        self._shapes = dict(kept)

    def result(self, redactor: Redactor, unreadable: tuple[str, ...], interrupted: int | None) -> RuleCoverage:
        """The account as it stands."""
        book = self.rulebook
        return RuleCoverage(
            fired=tuple(sorted(self.fired.items(), key=lambda item: (-item[1], item[0].id))),
            never=tuple(rule for rule in (*book.signatures, *book.causes, *book.facts) if rule not in self.fired),
            unmatched=tuple(_merged(self._shapes.values(), redactor)),
            records=self.records,
            matched=self.matched,
            unreadable=unreadable,
            interrupted=interrupted,
        )


def _carries_on(text: str) -> bool:
    """Whether a line can be a piece of an error's dump that says nothing new: braces, `code: 'E…',`, a stack frame."""
    if _BRACES.match(text) or _FRAME.match(text) or _HEADING.match(text):
        return True
    pair = _PAIR.match(text)
    if pair is None:
        return False
    return pair["key"].strip("'\"[]") not in _TELLING_KEYS or not looks_like_error(text[pair.end("key") + 1 :])


def _merged(kinds: Iterable[_First], redactor: Redactor) -> list[Shape]:
    """The shapes with secrets masked, most frequent first: what differed in a secret only is one."""
    merged: dict[str, Shape] = {}
    for first in kinds:
        line = redactor.clean(first.text)
        shape = shape_of(line)
        known = merged.get(shape)
        command = f"logscan rules new --from-line {shlex.quote(line.strip().removesuffix('…'))}"
        new = Shape(shape, first.count, line, first.source, first.number, command)
        merged[shape] = new if known is None else replace(known, count=known.count + first.count)
    return sorted(merged.values(), key=lambda item: -item.count)
