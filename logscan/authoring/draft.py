"""A line → a rule file that recognises it, and lines like it. The file passes its own tests before anybody sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from logscan.authoring.drafting import yamltext
from logscan.authoring.drafting.essence import Found, short
from logscan.authoring.drafting.pieces import Shape
from logscan.authoring.drafting.plan import plan_rule
from logscan.authoring.drafting.proof import prove
from logscan.authoring.drafting.rule import Plan
from logscan.authoring.drafting.wish import TEXTS, Kind, Wish
from logscan.authoring.rulefile import SCHEMA_FILE
from logscan.rulebook import Rulebook
from logscan.rulebook.schema import COMPONENTS, Family

__all__ = ["SCHEMA_LINE", "Draft", "Kind", "Wish", "draft"]

SCHEMA_LINE: Final = f"# yaml-language-server: $schema={SCHEMA_FILE}"
_SECTION: Final[dict[Kind, str]] = {"cause": "families", "signature": "signatures", "data": "data"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule's id and pattern, the whole file as text, and what its author should know or look at."""

    id: str
    text: str
    pattern: str
    notes: tuple[str, ...]


def draft(wish: Wish, rulebook: Rulebook) -> Draft:
    """A rule file for a line that `rulebook` does not know yet; it loads, and its examples hold.

    Raises UsageError where the line gives no rule, where a rule knows it already, and for names that nobody knows.
    """
    plan, found = plan_rule(wish, rulebook)
    text = yamltext.rule_file(_SECTION[wish.kind], plan.rule, plan.family, SCHEMA_LINE)
    prove(plan, text, wish.kind)
    return Draft(plan.rule.id, text, plan.rule.pattern, tuple(_notes(wish, plan, found)))


def _notes(wish: Wish, plan: Plan, found: Found) -> Iterator[str]:
    yield from _changes(plan.shape)
    if found.masked:
        yield "What looked like a secret is masked in the file; look whether all of them were seen."
    if wish.kind != "data" and not found.text.rstrip(" .:!;,").endswith(plan.shape.text):
        yield f"The pattern looks at a part of the line only: '{short(plan.shape.text, 100)}'."
    if not plan.shape.telling:
        yield "The words of the pattern are common ones: look whether ordinary lines hold them too, and add what is special."
    yield from _notes_of_kind(wish, plan, found)
    yield "The examples come from your line: look whether they may be shown to those who read the file."


def _changes(shape: Shape) -> Iterator[str]:
    """What was turned into what, each kind once."""
    seen: set[str] = set()
    for piece in shape.pieces:
        if not piece.fixed and piece.pattern not in seen:
            seen.add(piece.pattern)
            yield f"{short(piece.text, 40)} ({piece.kind}) → {piece.pattern}"


def _notes_of_kind(wish: Wish, plan: Plan, found: Found) -> Iterator[str]:
    if plan.family is not None and wish.family is not None:
        if any(getattr(wish, name) is not None for name in TEXTS):
            yield f"Title and remedies are those of the family '{wish.family}'; yours are not used."
    elif plan.family is not None:
        yield from _notes_of_family(wish, plan.family)
    if wish.kind == "cause":
        yield "strength is 'plain': write 'root' if the error names the origin, 'symptom' if another cause may be behind it."
    elif found.context is None:
        yield "The line names no logger, so the rule takes the words from any: add 'context: NAME' to be strict about it."
    if wish.kind == "data":
        yield f"No cause is looked for in any line that begins with '{plan.shape.text}': look whether errors may begin so."


def _notes_of_family(wish: Wish, family: Family) -> Iterator[str]:
    if wish.component is None:
        how = "guessed from the words" if family.component != "none" else "not known"
        yield f"component is '{family.component}', {how}: one of {', '.join(COMPONENTS)}."
    lacking = [name for name in TEXTS if getattr(wish, name) is None]
    if lacking:
        yield f"{', '.join(lacking)}: there are only makeshift words in the file; write better ones."
