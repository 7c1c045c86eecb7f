"""Rules in words: the list of all, and one rule or family as a whole."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from logscan.authoring.lint import all_rules
from logscan.authoring.trial import examples_of
from logscan.errors import UsageError
from logscan.rulebook import Compiled, Rulebook
from logscan.rulebook.schema import CauseRule, DataRule, Fact, Family, Language, SecretRule, ServiceRule, Signature

_KINDS: Final[tuple[tuple[type, str], ...]] = (
    (Signature, "signature"), (CauseRule, "cause"), (Fact, "fact"), (DataRule, "data"), (ServiceRule, "service"), (SecretRule, "secret"),
)  # fmt: skip


class Row(NamedTuple):
    """A rule in the list. `origin` is `file:line` below the folder's name; `hides` the places of rules that it replaces."""

    id: str
    kind: str
    leads_to: str
    origin: str
    hides: str
    place: str


def rows(rulebook: Rulebook, packaged: Path, user: Path) -> list[Row]:
    """All rules, by kind and id."""
    order = {name: place for place, (_, name) in enumerate(_KINDS)}
    found = [
        Row(
            id=rule.id,
            kind=kind_of(rule),
            leads_to=leads_to(rule),
            origin=_origin(rule, packaged, user),
            hides=" ".join(_origin(other, packaged, user) for other in rule.hides),
            place=place_of(rule, packaged, user),
        )
        for rule in all_rules(rulebook)
    ]
    return sorted(found, key=lambda row: (order[row.kind], row.id))


def places(found: Iterable[Row], packaged: Path, user: Path, more: Iterable[str]) -> Iterator[tuple[str, str, int | None]]:
    """The folders that rules are read from, in order: name, path, and how many rules stand there (None: no such folder)."""
    rows = list(found)
    yield "packaged", str(packaged), sum(row.place == "packaged" for row in rows)
    yield "yours", str(user), sum(row.place == "yours" for row in rows) if user.is_dir() else None
    for folder in more:
        root = Path(folder).resolve()
        yield "--rules", folder, sum(root in Path(row.place).parents for row in rows)


def _folder_of(rule: Compiled, packaged: Path, user: Path) -> tuple[str, Path] | None:
    """The name of the folder that a rule stands in, and its file's place there; None for folders of `--rules`."""
    path = Path(rule.document.path).resolve()
    known = (("packaged", packaged.resolve()), ("yours", user.resolve()))
    return next(((name, path.relative_to(folder)) for name, folder in known if folder in path.parents), None)


def place_of(rule: Compiled, packaged: Path, user: Path) -> str:
    """`packaged`, `yours`, or the path of the file."""
    found = _folder_of(rule, packaged, user)
    return found[0] if found else str(Path(rule.document.path).resolve())


def _origin(rule: Compiled, packaged: Path, user: Path) -> str:
    found = _folder_of(rule, packaged, user)
    return f"{found[0]}:{found[1].as_posix()}:{rule.document.place(rule.at)[0]}" if found else rule.origin


def kind_of(rule: Compiled) -> str:
    """What kind of rule it is, as the list calls it."""
    return next(name for kind, name in _KINDS if isinstance(rule.rule, kind))


def leads_to(rule: Compiled) -> str:
    """What comes of a line that the rule knows."""
    found = rule.rule
    if isinstance(found, Signature):
        return f"event {found.event}"
    if isinstance(found, CauseRule) and rule.family is not None:
        return f"cause {rule.family.id}, {found.strength}"
    if isinstance(found, Fact):
        return f"check {found.check} {found.status}"
    if isinstance(found, ServiceRule):
        return f"a log of {found.service}"
    return "masked in reports" if isinstance(found, SecretRule) else "no cause is looked for"


def describe(name: str, rulebook: Rulebook, language: Language) -> str:
    """A rule or a family in full. Raises UsageError where there is none of that id."""
    rules = {rule.id: rule for rule in all_rules(rulebook)}
    parts = []
    if name in rulebook.families:
        parts.append("\n".join(_family(rulebook.families[name], rulebook, language)))
    if name in rules:
        parts.append("\n".join(_rule(rules[name], language)))
    if not parts:
        close = difflib.get_close_matches(name, [*rulebook.families, *rules], 5, cutoff=0.5)
        meant = f"; did you mean {' or '.join(map(repr, close))}?" if close else "."
        raise UsageError(f"no rule or family '{name}'{meant} All: logscan rules list")
    return "\n\n".join(parts)


def _family(family: Family, rulebook: Rulebook, language: Language) -> Iterator[str]:
    yield f"{family.id}  (cause, component {family.component})"
    yield f"  {family.title.render(language)}"
    for remedy in family.remedies:
        yield f"  - {remedy.text.render(language)}"
        yield from (f"    {mark}{text}" for mark, text in (("$ ", remedy.command), ("", remedy.link)) if text)
    yield from (f"  reference: {link}" for link in family.references)
    yield f"  rules: {', '.join(rule.id for rule in rulebook.causes if rule.family is not None and rule.family.id == family.id) or 'none'}"


def _rule(rule: Compiled, language: Language) -> Iterator[str]:
    found = rule.rule
    yield f"{rule.id}  ({kind_of(rule)})  {rule.origin}"
    yield f"  leads to: {leads_to(rule)}"
    if isinstance(found, Fact):
        yield f"  says: {found.detail.render(language)}"
    if found.note:
        yield f"  note: {found.note}"
    if rule.contexts:
        yield f"  logger: {', '.join(rule.contexts)}{' (must be named)' if found.strict else ''}"
    yield f"  pattern: {found.pattern}"
    yield f"  anchors: {', '.join(map(repr, rule.anchors.texts)) or 'none: every line is looked at'}"
    for example in examples_of(rule):
        captured = ", ".join(f"{name}={value}" for name, value in example.captures.items())
        yield f"  example: {example.line}{f'  → {captured}' if captured else ''}"
    yield from (f"  counter-example: {line}" for line in found.counterexamples)
    yield from (f"  reference: {link}" for link in found.references)
    yield from (f"  hides: {other.origin}" for other in rule.hides)
