"""Rule files → one validated, compiled Rulebook.

Files are read folder by folder; a later folder adds rules and, by id, replaces them. Every
mistake in every file is collected, so that one run shows them all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Any, Final

import msgspec
import regex

from logscan.errors import RuleProblem, RulesError, Severity, UsageError
from logscan.rulebook import schema
from logscan.rulebook.anchors import Anchors, anchors_of
from logscan.rulebook.convert import convert, unknown
from logscan.rulebook.linear import Match, quick_pattern
from logscan.rulebook.yamlfile import Document, Key, Path, parse_yaml
from logscan.times import parse_duration

TIMEOUT: Final = 2.0
SECTIONS: Final[dict[str, type[schema.Rule]]] = {
    "signatures": schema.Signature,
    "facts": schema.Fact,
    "data": schema.DataRule,
    "services": schema.ServiceRule,
    "secrets": schema.SecretRule,
}


TEXTS: Final[tuple[tuple[str, Any, tuple[str, ...]], ...]] = (
    ("findings", schema.FindingTexts, schema.FINDINGS),
    ("checks", schema.CheckTexts, schema.CHECKS),
    ("missing", schema.MissingTexts, schema.MISSING),
    ("notes", schema.Text, schema.NOTES),
)


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> regex.Pattern[str]:
    """A pattern, compiled once. Raises regex.error."""
    return regex.compile(pattern)


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A rule ready to match. `family` is set for cause rules only; `hides` are the rules of other folders that it replaces."""

    rule: schema.Rule
    anchors: Anchors
    document: Document
    at: Path
    family: schema.Family | None = None
    hides: tuple[Compiled, ...] = ()

    @property
    def origin(self) -> str:
        """Where the rule stands, as `file:line`."""
        return f"{self.document.path}:{self.document.place(self.at)[0]}"

    def problem(self, inside: Path, message: str, severity: Severity = "error") -> RuleProblem:
        """A problem with this rule, at the place of one of its keys."""
        return self.document.problem((*self.at, *inside), message, severity)

    @property
    def id(self) -> str:
        """The rule's id."""
        return self.rule.id

    @property
    def pattern(self) -> regex.Pattern[str]:
        """The rule's pattern, compiled when it is first asked for: most rules never are. Raises RulesError."""
        try:
            return compiled(self.rule.pattern)
        except regex.error as error:
            raise RulesError([self.problem(("pattern",), f"pattern does not compile: {error}")]) from error

    @property
    def contexts(self) -> tuple[str, ...]:
        """The loggers that may write the line; empty means any."""
        return self.rule.contexts

    @property
    def scan_anchors(self) -> Anchors:
        """Texts of which one stands in every raw line that the rule matches: the anchors, else a strict rule's loggers."""
        return Anchors(self.contexts) if not self.anchors.texts and self.rule.strict else self.anchors

    def match(self, text: str) -> Match | None:
        """The pattern at the start of `text`. A pattern that takes too long does not match."""
        quick = quick_pattern(self.rule.pattern, text, anywhere=False)
        if quick is not None:
            return quick.match(text)
        try:
            return self.pattern.match(text, timeout=TIMEOUT)
        except TimeoutError:
            return None

    def search(self, text: str) -> Match | None:
        """The pattern anywhere in `text`. A pattern that takes too long does not match."""
        return next(self.occurrences(text), None)

    def occurrences(self, text: str) -> Iterator[Match]:
        """Every match in `text`, until it takes too long."""
        quick = quick_pattern(self.rule.pattern, text, anywhere=True)
        if quick is not None:
            yield from quick.finditer(text)
            return
        with suppress(TimeoutError):
            yield from self.pattern.finditer(text, timeout=TIMEOUT)

    def accepts(self, context: str | None) -> bool:
        """Whether a line of this logger (None: of none that is named) may match."""
        return not self.rule.strict if context is None else not self.contexts or context in self.contexts


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """A sequence of lines that tests rules together, and its place."""

    sequence: schema.Sequence
    document: Document
    at: Path

    def problem(self, inside: Path, message: str) -> RuleProblem:
        """A problem with this sequence, at the place of one of its keys."""
        return self.document.problem((*self.at, *inside), message)


@dataclass(frozen=True, slots=True, eq=False)
class Rulebook:
    """All rules of a run. `hash` changes with any byte of any rule file; `folders` came on top of the packaged rules.

    Two rulebooks are never equal: what is derived from one is kept by its identity.
    """

    signatures: tuple[Compiled, ...]
    causes: tuple[Compiled, ...]
    facts: tuple[Compiled, ...]
    data: tuple[Compiled, ...]
    services: tuple[Compiled, ...]
    secrets: tuple[Compiled, ...]
    families: Mapping[str, schema.Family]
    findings: Mapping[str, schema.FindingTexts]
    checks: Mapping[str, schema.CheckTexts]
    missing: Mapping[str, schema.MissingTexts]
    notes: Mapping[str, schema.Text]
    sequences: tuple[Story, ...]
    pickup: int
    run: int
    hash: str
    folders: tuple[str, ...] = ()

    @property
    def rules(self) -> tuple[Compiled, ...]:
        """All rules, of every kind."""
        return (*self.signatures, *self.causes, *self.facts, *self.data, *self.services, *self.secrets)

    @property
    def scanned(self) -> tuple[Compiled, ...]:
        """The rules whose anchors make a line a candidate."""
        return self.signatures + self.causes + self.facts


def default_rules() -> FilePath:
    """The packaged rules: inside the wheel, or beside the package in a checkout."""
    inside = FilePath(str(files("logscan"))) / "rules"
    return inside if inside.is_dir() else FilePath(str(files("logscan"))).parent / "rules"


def user_rules() -> FilePath:
    """The user's own rules, read by every command where the folder is there."""
    from platformdirs import user_config_path

    return user_config_path("logscan", appauthor=False) / "rules"


def load_rules(*folders: str | FilePath) -> Rulebook:
    """The packaged rules, with those of `folders` added on top. Raises RulesError, UsageError.

    Packaged rules alone are read once in a process.
    """
    return _load(*folders) if folders else _packaged(default_rules())


@lru_cache(maxsize=1)
def _packaged(_folder: FilePath) -> Rulebook:
    return _load()


def _load(*folders: str | FilePath) -> Rulebook:
    rulebook, problems = read_rules(*folders)
    if problems or rulebook is None:
        raise RulesError(problems)
    return rulebook


def read_rules(*folders: str | FilePath, trusting: bool = True) -> tuple[Rulebook | None, list[RuleProblem]]:
    """What can be loaded, and every mistake. None where not even the words of reports are whole. Raises UsageError.

    `trusting`: the packaged rules' patterns were tried when they were packaged; compiling them all takes a third of a second.
    """
    loader = _Loader()
    for folder in (default_rules(), *map(FilePath, folders)):
        loader.trusted = trusting and folder == default_rules()
        loader.read_folder(folder)
    return loader.finish(tuple(str(FilePath(folder).absolute()) for folder in folders)), loader.problems


@dataclass(slots=True)
class _Loader:
    """Collects files into one book, and problems on the way."""

    problems: list[RuleProblem] = field(default_factory=list)
    rules: dict[str, dict[str, Compiled]] = field(default_factory=lambda: {name: {} for name in (*SECTIONS, "causes")})
    families: dict[str, schema.Family] = field(default_factory=dict)
    findings: dict[str, schema.FindingTexts] = field(default_factory=dict)
    checks: dict[str, schema.CheckTexts] = field(default_factory=dict)
    missing: dict[str, schema.MissingTexts] = field(default_factory=dict)
    notes: dict[str, schema.Text] = field(default_factory=dict)
    stories: dict[str, Story] = field(default_factory=dict)
    deadlines: schema.Deadlines | None = None
    digest: Any = field(default_factory=hashlib.sha256)
    trusted: bool = False
    _here: dict[str, str] = field(default_factory=dict)

    def read_folder(self, folder: FilePath) -> None:
        if not folder.is_dir():
            if folder.is_file():
                raise UsageError(f"'{folder}' is a file: give its folder, '{folder.parent}'")
            raise UsageError(f"no rules folder at '{folder}': give a folder that holds .yaml files")
        self._here = {}
        for path in sorted(folder.rglob("*.y*ml")):
            if path.suffix in {".yaml", ".yml"}:
                name = path.relative_to(folder).as_posix()
                self.read_text(path.read_text("utf-8", errors="replace"), str(path), name)

    def read_text(self, text: str, path: str, name: str) -> None:
        """Take in one file; `name` is its place below the folder, which the hash is made of."""
        self.digest.update(f"{name}\n{text}".replace("\r\n", "\n").encode())
        document = parse_yaml(text, path)
        self.problems += document.problems
        if document.data is None:
            return
        if not isinstance(document.data, dict):
            self.problems.append(document.problem((), "a rule file is a mapping that starts with 'schema: 1'"))
            return
        # Even where the file as a whole has mistakes, the rules in it are looked at.
        content, mistakes = convert(document.data, schema.RuleFile, mended=True)
        self.problems += [document.problem(inside, message) for inside, message in mistakes]
        if content is not None:
            self._sections(document, content)

    def _sections(self, document: Document, content: schema.RuleFile) -> None:
        for section, kind in SECTIONS.items():
            for index, raw in enumerate(getattr(content, section)):
                rule = self._rule(document, raw, kind, (section, index))
                if rule is not None:
                    self._add(document, section, rule, (section, index))
        for index, raw in enumerate(content.families):
            self._family(document, raw, ("families", index))
        for index, raw in enumerate(content.sequences):
            story = self._convert(document, raw, schema.Sequence, ("sequences", index))
            if story is not None and self._is_new(document, "sequence", story.id, ("sequences", index)):
                self.stories[story.id] = Story(story, document, ("sequences", index))
        for section, texts, known in TEXTS:
            self._texts(document, content, section, texts, known)
        if content.deadlines is not None:
            self._deadlines(document, content.deadlines)

    def _family(self, document: Document, raw: Any, at: Path) -> None:
        rules = raw.get("rules", []) if isinstance(raw, dict) else []
        bare = {**raw, "rules": []} if isinstance(raw, dict) else raw
        known = self.families.get(str(bare.get("id"))) if isinstance(bare, dict) else None
        if known is not None:
            # Of a known family only what changes needs to be said.
            bare = {**msgspec.to_builtins(known), **bare}
        family = self._convert(document, bare, schema.Family, at)
        if family is not None and self._is_new(document, "family", family.id, at):
            self.families[family.id] = family
        for index, item in enumerate(rules if isinstance(rules, list) else []):
            rule = self._rule(document, item, schema.CauseRule, (*at, "rules", index))
            if rule is not None and family is not None:
                self._add(document, "causes", rule, (*at, "rules", index), family)

    def _rule(self, document: Document, raw: Any, kind: type[schema.Rule], at: Path) -> Any:
        """A rule of its kind; of one that cannot be used the pattern's mistakes are told, too."""
        rule = self._convert(document, raw, kind, at)
        if rule is None and isinstance(raw, dict) and isinstance(raw.get("pattern"), str):
            self._compiled(document, raw["pattern"], at)
        return rule

    def _add(self, document: Document, section: str, rule: schema.Rule, at: Path, family: schema.Family | None = None) -> None:
        if not self._is_new(document, "rule", rule.id, at):
            return
        if isinstance(rule, schema.Fact) and rule.check not in schema.CHECKS:
            self.problems.append(document.problem((*at, "check"), unknown("check", rule.check, schema.CHECKS)))
        if not self.trusted and not self._usable(document, rule, at):
            return
        hidden = [rules.pop(rule.id) for rules in self.rules.values() if rule.id in rules]
        hides = tuple(found for other in hidden for found in (other, *other.hides))
        self.rules[section][rule.id] = Compiled(rule, anchors_of(rule.pattern), document, at, family, hides)

    def _usable(self, document: Document, rule: schema.Rule, at: Path) -> bool:
        """Whether a rule's pattern can be used; what hinders it is noted."""
        pattern = self._compiled(document, rule.pattern, at)
        if pattern is None:
            return False
        if isinstance(rule, schema.Signature):
            absent = [name for name in schema.NEEDED_GROUPS.get(rule.event, ()) if name not in pattern.groupindex]
            if absent:
                groups = " and ".join(f"the group (?P<{name}>…)" for name in absent)
                self.problems.append(document.problem((*at, "pattern"), f"a rule for '{rule.event}' needs {groups}"))
                return False
        return True

    def _compiled(self, document: Document, text: str, at: Path) -> regex.Pattern[str] | None:
        """A pattern that can be used, or None with its mistake noted."""
        try:
            pattern = compiled(text)
        except regex.error as error:
            self.problems.append(document.problem((*at, "pattern"), f"pattern does not compile: {error}"))
            return None
        if pattern.search("") is not None:
            self.problems.append(document.problem((*at, "pattern"), "pattern matches the empty string, and so every line"))
            return None
        return pattern

    def _is_new(self, document: Document, kind: str, name: str, at: Path) -> bool:
        """Whether an id is new in this folder; a later folder may take it to replace what has it."""
        known = self._here.setdefault(f"{kind} {name}", place := f"{document.path}:{document.place(at)[0]}")
        if known is not place:
            self.problems.append(document.problem((*at, "id"), f"duplicate id '{name}': it stands at {known} already"))
        return known is place

    def _texts(self, document: Document, content: schema.RuleFile, section: str, kind: Any, known: Sequence[str]) -> None:
        into: dict[str, Any] = getattr(self, section)
        for name, value in getattr(content, section).items():
            if name not in known:
                self.problems.append(document.problem((section, Key(name)), unknown(section.removesuffix("s"), name, known)))
                continue
            texts = self._convert(document, value, kind, (section, name))
            if texts is not None:
                into[name] = texts

    def _deadlines(self, document: Document, deadlines: schema.Deadlines) -> None:
        wrong = []
        for name in ("pickup", "run"):
            try:
                parse_duration(getattr(deadlines, name))
            except ValueError as error:
                wrong.append(document.problem(("deadlines", name), str(error)))
        self.problems += wrong
        self.deadlines = self.deadlines if wrong else deadlines

    def _convert(self, document: Document, raw: Any, kind: type[Any], at: Path) -> Any:
        """`raw` as `kind`, or None with the mistakes noted at their places."""
        value, mistakes = convert(raw, kind)
        self.problems += [document.problem((*at, *inside), message) for inside, message in mistakes]
        return value

    def finish(self, folders: tuple[str, ...]) -> Rulebook | None:
        """The book of all rules that are right; None where texts or deadlines are missing altogether."""
        missing = [name for section, _, known in TEXTS for name in known if name not in getattr(self, section)]
        if missing and not self.problems:
            self.problems.append(RuleProblem("rules", 1, 1, f"texts missing for: {', '.join(missing)}"))
        if self.deadlines is None and not self.problems:
            self.problems.append(RuleProblem("rules", 1, 1, "no file sets 'deadlines'"))
        if missing or self.deadlines is None:
            return None
        return Rulebook(
            **{name: tuple(rules.values()) for name, rules in self.rules.items()},
            families=self.families,
            findings=self.findings,
            checks=self.checks,
            missing=self.missing,
            notes=self.notes,
            sequences=tuple(self.stories.values()),
            pickup=parse_duration(self.deadlines.pickup),
            run=parse_duration(self.deadlines.run),
            hash=f"sha256:{self.digest.hexdigest()}",
            folders=folders,
        )
