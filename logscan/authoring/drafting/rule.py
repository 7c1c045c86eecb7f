"""A shape → a rule and its family, as yet without examples."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from msgspec import convert, structs, to_builtins

from logscan.authoring.drafting.essence import Found, short
from logscan.authoring.drafting.ids import free_id, slug
from logscan.authoring.drafting.pieces import Shape
from logscan.authoring.drafting.wish import Wish, taken_ids
from logscan.rulebook import Rulebook
from logscan.rulebook.schema import CauseRule, DataRule, Family, Remedy, Rule, Signature, Text
from logscan.visible import visible

_MAX_TITLE: Final = 80
_HINTS: Final = (
    ("redis", r"redis|valkey|bull|queue"),
    ("google", r"google|gemini|vertex|aiplatform|generativelanguage"),
    ("storage", r"\bs3\b|bucket|supabase|storage|upload|cloudflare|\br2\b"),
    ("database", r"postgres|prisma|typeorm|database|relation|\bsql|\bpg\b"),
    ("replicate", r"replicate"),
    ("platform", r"railway|deploy|container|healthcheck"),
    ("process", r"heap|memory|module|process|worker|syntax|undefined"),
)
_REMEDY_EN: Final = "Read the error's text and mend what it names."
_REMEDY_FR: Final = "Lisez le texte de l'erreur et corrigez ce qu'il nomme."


class Plan(NamedTuple):
    """A rule on its way to the file."""

    rule: Rule
    shape: Shape
    family: Family | None = None


def bare_plan(wish: Wish, rulebook: Rulebook, shape: Shape, found: Found) -> Plan:
    """The rule for a shape, and its family if it is a cause; no examples yet."""
    family = _family(wish, rulebook, shape) if wish.kind == "cause" else None
    return Plan(_bare_rule(wish, rulebook, shape, found), shape, family)


def _bare_rule(wish: Wish, rulebook: Rulebook, shape: Shape, found: Found) -> Rule:
    """The rule without its examples."""
    name = wish.id or free_id(_default_id(wish, shape), taken_ids(wish, rulebook))
    if wish.kind == "cause":
        return CauseRule(id=name, pattern=shape.pattern, examples=[])
    if wish.kind == "data":
        return DataRule(id=name, pattern=shape.pattern, context=found.context, examples=[])
    # Whether the event is known was looked at with the rest of the wish.
    return convert({"id": name, "event": wish.event, "pattern": shape.pattern, "context": found.context, "examples": []}, Signature)


def _default_id(wish: Wish, shape: Shape) -> str:
    words = slug(" ".join(piece.text for piece in shape.pieces if piece.fixed)) or "rule"
    if wish.kind == "data":
        return f"data-{words.removeprefix('data-')}"
    if wish.family is not None:
        return f"{wish.family}-{words.removeprefix(f'{wish.family}-')}"
    return words


def _family(wish: Wish, rulebook: Rulebook, shape: Shape) -> Family:
    """The family that is named, as it is; else a new one."""
    if wish.family is not None:
        return structs.replace(rulebook.families[wish.family], rules=[])
    name = wish.id or free_id(_default_id(wish, shape), taken_ids(wish, rulebook))
    # Braces would be taken for places to be filled in.
    told = re.sub(r"…\W*…", "…", "".join(piece.text if piece.fixed else "…" for piece in shape.pieces))
    words = short(told, _MAX_TITLE).replace("{", "(").replace("}", ")")
    title = Text(visible(wish.title_en or f"Error: {words}"), visible(wish.title_fr or f"Erreur : {words}"))
    remedy = Remedy(Text(visible(wish.remedy_en or _REMEDY_EN), visible(wish.remedy_fr or _REMEDY_FR)))
    return convert(
        {
            "id": name,
            "component": wish.component or _component(shape.text),
            "title": structs.asdict(title),
            "remedies": [to_builtins(remedy)],
        },
        Family,
    )


def _component(text: str) -> str:
    """The component that the words speak of; `none` where they speak of none."""
    return next((name for name, words in _HINTS if re.search(words, text, re.IGNORECASE)), "none")
