"""A wish → a rule with its examples: the first shape whose pattern recognises what it must, and nothing that it must not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import structs

from logscan.authoring.drafting.essence import Found, essential, nothing_tells, short
from logscan.authoring.drafting.examples import example_forms, near_misses
from logscan.authoring.drafting.pieces import Shape
from logscan.authoring.drafting.proof import probe_of
from logscan.authoring.drafting.rule import Plan, bare_plan
from logscan.authoring.drafting.shapes import cause_shapes, label_shapes, signature_shapes
from logscan.authoring.drafting.wish import Wish, check_wish, refuse_known
from logscan.errors import UsageError
from logscan.rulebook import Rulebook
from logscan.rulebook.schema import NEEDED_GROUPS, Example

_MAX_TRIED: Final = 8


def plan_rule(wish: Wish, rulebook: Rulebook) -> tuple[Plan, Found]:
    """The first of the patterns for a wish that recognises what it must, and nothing that it must not."""
    check_wish(wish, rulebook)
    refuse_known(wish, rulebook)
    found = essential(wish, rulebook)
    failed = ""
    for shape in _shapes(wish, found):
        plan, failed = _planned(wish, rulebook, shape, found)
        if plan is not None:
            return plan, found
    if not failed:
        raise UsageError(nothing_tells(found.text))
    raise UsageError(
        f"no pattern for the line '{short(found.text)}' passes its own test: {failed}; write the rule by hand (rules/README.md)"
    )


def _shapes(wish: Wish, found: Found) -> list[Shape]:
    """The patterns to try, the best first."""
    if wish.kind == "cause":
        shapes: Iterable[Shape] = cause_shapes(found.text, found.begin)
    elif wish.kind == "data":
        shapes = label_shapes(found.text)
    else:
        groups = NEEDED_GROUPS.get(wish.event or "", ())
        some = signature_shapes(found.text, groups)
        if some is None:
            needed = " and ".join(f"the {name}'s {'number' if name in ('attempt', 'max') else 'id'}" for name in groups)
            raise UsageError(
                f"the event '{wish.event}' needs {needed}, which the line '{short(found.text)}' does not hold: give a line that names it"
            )
        shapes = some
    return list(dict.fromkeys(shapes))[:_MAX_TRIED]


def _planned(wish: Wish, rulebook: Rulebook, shape: Shape, found: Found) -> tuple[Plan | None, str]:
    """The rule for a shape, or what is wrong with it."""
    plan = bare_plan(wish, rulebook, shape, found)
    probe = probe_of(plan, wish.kind, rulebook)
    if not probe.takes(wish.line):
        return None, f"'{short(found.text)}' is not recognised itself"
    examples: list[Example] = []
    for candidates in example_forms(wish.kind, shape, found):
        example = next((example for example in candidates if example not in examples and probe.holds(example)), None)
        if example is None:
            return None, f"the example '{short(candidates[0].line)}' is not recognised, or not captured rightly"
        examples.append(example)
    against = [line for line in near_misses(wish.kind, found) if not probe.takes(line)]
    if not against:
        return None, f"'{short(shape.text)}' is recognised in other places as well"
    kept = [example if example.captures else example.line for example in examples]
    return plan._replace(rule=structs.replace(plan.rule, examples=kept, counterexamples=against[:2])), ""
