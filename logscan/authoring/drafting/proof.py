"""The proof that a rule does what it says: tried on lines, and loaded from its file."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from logscan.authoring.drafting.rule import Plan
from logscan.authoring.drafting.wish import Kind
from logscan.authoring.trial import Trial, examples_of
from logscan.errors import RulesError, UsageError
from logscan.rulebook import Compiled, Rulebook, load_rules
from logscan.rulebook.anchors import anchors_of
from logscan.rulebook.schema import Example, Signature
from logscan.rulebook.yamlfile import Document

_RULES: Final[dict[Kind, str]] = {"cause": "causes", "signature": "signatures", "data": "data"}


@dataclass(frozen=True, slots=True)
class Probe:
    """A rule in a rulebook, tried on lines by the code that scans."""

    rule: Compiled
    trial: Trial

    def takes(self, line: str) -> bool:
        """Whether the rule recognises a line."""
        return self.trial.recognised(self.rule, line) is not None

    def holds(self, example: Example) -> bool:
        """Whether an example is recognised, captured as it says, and claimed by no other signature."""
        got = self.trial.recognised(self.rule, example.line)
        if got is None or any(got.get(name) != value for name, value in example.captures.items()):
            return False
        events = {sighting.rule for sighting in self.trial.look(example.line) if sighting.kind == "event"}
        return not isinstance(self.rule.rule, Signature) or events == {self.rule}


def probe_of(plan: Plan, kind: Kind, rulebook: Rulebook) -> Probe:
    """The rule of a plan added to a rulebook. Its pattern holds escaped text and known classes only, so it compiles."""
    new = Compiled(plan.rule, anchors_of(plan.rule.pattern), Document("new.yaml"), (), plan.family)
    section = _RULES[kind]
    more: dict[str, Any] = {section: (*getattr(rulebook, section), new)}
    return Probe(new, Trial(replace(rulebook, **more)))


def prove(plan: Plan, text: str, kind: Kind) -> None:
    """Load the file as a folder of rules would be loaded, and try every example and counter-example in it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "new.yaml").write_text(text, "utf-8")
        try:
            rulebook = load_rules(folder)
        except RulesError as error:
            raise UsageError(
                f"the drafted rule '{plan.rule.id}' does not load: {error}; write the rule by hand (rules/README.md)"
            ) from error
    rule = next(rule for rule in getattr(rulebook, _RULES[kind]) if rule.id == plan.rule.id)
    probe = Probe(rule, Trial(rulebook))
    failed = [example.line for example in examples_of(rule) if not probe.holds(example)]
    failed += [line for line in rule.rule.counterexamples if probe.takes(line)]
    if failed or (rule.rule, rule.family) != (plan.rule, plan.family):
        what = f"on the line '{failed[0]}'" if failed else "when it is read back from its file"
        raise UsageError(f"the drafted rule '{plan.rule.id}' fails {what}; write the rule by hand (rules/README.md)")
