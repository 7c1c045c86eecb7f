"""What loading cannot see: whether rules do what their examples say, and whether they are safe and fast."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from string import Formatter
from typing import Any, Final

from logscan.authoring.explain import explain
from logscan.authoring.stories import mistakes
from logscan.authoring.trial import Trial, examples_of
from logscan.errors import RuleProblem
from logscan.rulebook import Compiled, Rulebook, default_rules, read_rules
from logscan.rulebook.schema import DataRule, Example, Family, Plural, SecretRule, ServiceRule, Signature, Text

EXPLODES: Final = 0.2
_PUMPED: Final = 1500
_PLACES: Final = 12
_MIN_EXAMPLES: Final = 2
# Groups that have a meaning; a group of another name is kept as evidence only.
_GROUPS: Final = frozenset({
    "mascot", "job", "batch", "variation", "attempt", "max", "count", "images", "ready", "total", "url", "other", "dropped", "host", "port",
    "path", "status", "took", "deployment",
})  # fmt: skip

Owned = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Linted:
    """What was loaded, what is wrong with it, and how many rules were looked at."""

    rulebook: Rulebook | None
    problems: tuple[RuleProblem, ...]
    rules: int

    @property
    def wrong(self) -> bool:
        """Whether there are errors, and not only warnings."""
        return any(problem.severity == "error" for problem in self.problems)


def lint(folders: Iterable[str | Path]) -> Linted:
    """Everything that is wrong, or may be, in `folders` on top of the packaged rules; in these themselves without any.

    Raises UsageError where a folder is not there.
    """
    rulebook, problems, owned = read_owned(folders)
    if rulebook is None:
        return Linted(None, tuple(sorted(problems)), 0)
    problems += check(rulebook, owned)
    return Linted(rulebook, tuple(sorted(set(problems))), sum(1 for _ in all_rules(rulebook, owned)))


def read_owned(folders: Iterable[str | Path]) -> tuple[Rulebook | None, list[RuleProblem], Owned]:
    """The rules with those of `folders`, the mistakes of loading, and which files are theirs (the packaged ones without any)."""
    packaged = default_rules().resolve()
    paths = [Path(folder) for folder in folders]
    rulebook, problems = read_rules(*(path for path in paths if path.resolve() != packaged), trusting=False)
    return rulebook, problems, owned_by(paths or [packaged])


def owned_by(folders: Iterable[Path]) -> Owned:
    """Whether a file lies in one of `folders`."""
    roots = {folder.resolve() for folder in folders}
    return lambda path: not roots.isdisjoint(Path(path).resolve().parents)


def all_rules(rulebook: Rulebook, owned: Owned = lambda _: True) -> Iterator[Compiled]:
    """Every rule of every kind whose file is `owned`."""
    yield from (rule for rule in rulebook.rules if owned(rule.document.path))


def check(rulebook: Rulebook, owned: Owned) -> Iterator[RuleProblem]:
    """The mistakes of all rules whose files are `owned`."""
    trial = Trial(rulebook)
    for rule in all_rules(rulebook, owned):
        slow = _explodes(rule)
        if slow is not None:
            yield slow
            continue
        yield from (problem for _, problem in example_cases(rule, trial) if problem is not None)
        yield from _check_habits(rule)
    yield from _claimed_twice(rulebook, trial, owned)
    yield from (problem for story in rulebook.sequences if owned(story.document.path) for problem in mistakes(story, rulebook))
    yield from _check_families(rulebook, owned)


def example_cases(rule: Compiled, trial: Trial) -> Iterator[tuple[str, RuleProblem | None]]:
    """Each example and counter-example by name, with what is wrong with it."""
    for number, example in enumerate(examples_of(rule)):
        yield f"example {number + 1}", _example_problem(rule, trial, number, example)
    for number, line in enumerate(rule.rule.counterexamples):
        wrong = trial.recognised(rule, line) is not None
        message = f"'{rule.id}' recognises this counter-example"
        yield f"counter-example {number + 1}", rule.problem(("counterexamples", number), message) if wrong else None


def _example_problem(rule: Compiled, trial: Trial, number: int, example: Example) -> RuleProblem | None:
    captures = trial.recognised(rule, example.line)
    if captures is None:
        return rule.problem(
            ("examples", number), f"'{rule.id}' does not recognise this example{_why_not(rule, example.line, trial.rulebook)}"
        )
    for name, value in example.captures.items():
        got = captures.get(name)
        if got != value:
            told = "nothing" if got is None else f"'{got}'"
            return rule.problem(("examples", number, "captures", name), f"'{name}' captures {told} here, not '{value}'")
    return None


def _why_not(rule: Compiled, line: str, rulebook: Rulebook) -> str:
    """Where the rule stops on a line, if that can be said."""
    none: dict[str, Any] = dict.fromkeys(("signatures", "causes", "facts", "services", "secrets"), ())
    kind = next(name for name in (*none, "data") if rule in getattr(rulebook, name))
    alone = replace(rulebook, **{**none, kind: (rule,)})
    told = (near.why for explained in explain(line, alone, near=1) for near in explained.near if near.rule is rule)
    return next((f": {why}" for why in told), "")


def _check_habits(rule: Compiled) -> Iterator[RuleProblem]:
    """What works, and is better done otherwise."""
    if len(rule.rule.examples) < _MIN_EXAMPLES:
        yield rule.problem(("examples",), f"'{rule.id}' has fewer than two examples: give one more wording or form", "warning")
    if not rule.rule.counterexamples:
        yield rule.problem((), f"'{rule.id}' has no counter-example: give a near miss", "warning")
    scanned = not isinstance(rule.rule, DataRule | ServiceRule | SecretRule)
    if scanned and not rule.scan_anchors.texts:
        message = f"'{rule.id}' has no anchor (three plain characters in a row, in each branch): every line of every log is looked at"
        yield rule.problem(("pattern",), message, "warning")
    if isinstance(rule.rule, Signature):
        for name in sorted(set(rule.pattern.groupindex) - _GROUPS):
            yield rule.problem(("pattern",), f"the group '{name}' means nothing to a signature", "warning")


def _explodes(rule: Compiled) -> RuleProblem | None:
    """Whether the pattern takes unreasonably long on texts like its examples, as hostile text may be."""
    for text in _hostile(rule):
        # Twice, since a busy machine may stand still for a moment.
        if _takes_longer(rule, text, EXPLODES) and _takes_longer(rule, text, 4 * EXPLODES):
            shown = text[:40].replace("\n", " ")
            message = f"the pattern can explode: it takes longer than {4 * EXPLODES} s on a line of {len(text)} characters ('{shown}…')"
            return rule.problem(("pattern",), message)
    return None


def _takes_longer(rule: Compiled, text: str, limit: float) -> bool:
    try:
        rule.pattern.search(text, timeout=limit)
    except TimeoutError:
        return True
    return False


def _hostile(rule: Compiled) -> Iterator[str]:
    """The examples, and the examples with a piece repeated many times and then broken off."""
    for example in examples_of(rule):
        text = example.line
        yield text * (1 + _PUMPED // max(1, len(text)))
        step = max(1, len(text) // _PLACES)
        for place in range(len(text), 0, -step):
            yield text[:place] + text[place - 1] * _PUMPED + "\0"
            yield text[:place] + text[max(0, place - 3) : place] * (_PUMPED // 3) + "\0"


def _claimed_twice(rulebook: Rulebook, trial: Trial, owned: Owned) -> Iterator[RuleProblem]:
    """Examples in which two signatures see an event: one line would count twice."""
    told: set[frozenset[str]] = set()
    for rule in sorted(rulebook.signatures, key=lambda rule: not owned(rule.document.path)):
        for number, example in enumerate(examples_of(rule)):
            for other in {s.rule for s in trial.look(example.line) if s.kind == "event" and s.rule not in (None, rule)}:
                pair = frozenset((rule.id, other.id))
                if pair in told:
                    continue
                told.add(pair)
                if owned(rule.document.path):
                    yield rule.problem(("examples", number), f"two signatures claim this example: '{rule.id}' and '{other.id}'")
                elif owned(other.document.path):
                    yield other.problem(("pattern",), f"'{other.id}' claims an example of '{rule.id}', too: {example.line}")


def _check_families(rulebook: Rulebook, owned: Owned) -> Iterator[RuleProblem]:
    """Families that mend nothing, and texts whose `{…}` nobody fills in."""
    seen: set[str] = set()
    for rule in rulebook.causes:
        family = rule.family
        if family is None or family.id in seen or not owned(rule.document.path):
            continue
        seen.add(family.id)
        at = rule.at[:2]
        if not family.remedies:
            yield rule.document.problem((*at, "remedies"), f"'{family.id}' says no step that mends it", "warning")
        for where, message in _placeholders(family):
            yield rule.document.problem((*at, *where), message)


def _placeholders(family: Family) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where a text of a family holds braces, which are marks for values in texts, and what is wrong with that."""
    texts: list[tuple[tuple[str | int, ...], Text]] = [(("title",), family.title)]
    texts += [(("remedies", number, "text"), remedy.text) for number, remedy in enumerate(family.remedies)]
    for where, text in texts:
        for language in ("en", "fr"):
            told: str | Plural = getattr(text, language)
            for part in (told,) if isinstance(told, str) else (told.one, told.other):
                yield from (((*where, language), message) for message in _braces(part))


def _braces(text: str) -> Iterator[str]:
    try:
        names = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError:
        yield "a single brace: write '{{' or '}}' for one in the text"
        return
    yield from (f"nothing fills in '{{{name}}}' here" for name in names)
