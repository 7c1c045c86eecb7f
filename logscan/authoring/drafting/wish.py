"""What a rule is wanted for, and whether there can be one: names that must be known, ids that must be free, lines that no rule knows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from string import Formatter
from typing import Final, Literal

from logscan.authoring.drafting.ids import ID, free_id, slug
from logscan.authoring.trial import Trial
from logscan.errors import UsageError
from logscan.rulebook import Rulebook
from logscan.rulebook.schema import COMPONENTS, EVENTS
from logscan.visible import visible

Kind = Literal["cause", "signature", "data"]
TEXTS: Final = ("title_en", "title_fr", "remedy_en", "remedy_fr")
_FOR_CAUSES: Final = ("family", "component", *TEXTS)
_SEEN_AS: Final[dict[Kind, str]] = {"cause": "cause", "signature": "event"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a rule is wanted for: a line of a log in any form, and what its author has to say already."""

    line: str
    kind: Kind = "cause"
    id: str | None = None
    event: str | None = None
    family: str | None = None
    component: str | None = None
    title_en: str | None = None
    title_fr: str | None = None
    remedy_en: str | None = None
    remedy_fr: str | None = None


def check_wish(wish: Wish, rulebook: Rulebook) -> None:
    """Raises UsageError for options that do not go together, and for names that are not known."""
    if wish.kind != "cause":
        for name in _FOR_CAUSES:
            if getattr(wish, name) is not None:
                raise UsageError(f"--{name.replace('_', '-')} is for causes: leave it away for a rule of kind '{wish.kind}'")
    if wish.kind != "signature" and wish.event is not None:
        raise UsageError(f"--event is for signatures: leave it away for a rule of kind '{wish.kind}', or add --kind signature")
    if wish.kind == "signature" and wish.event is None:
        raise UsageError(f"a signature stands for an event: add --event with one of {', '.join(EVENTS)}")
    known: dict[str, Iterable[str]] = {"event": EVENTS, "component": COMPONENTS, "family": rulebook.families}
    for what, names in known.items():
        given: str | None = getattr(wish, what)
        if given is not None and given not in names:
            raise UsageError(_unknown(what, given, names))
    if wish.family is not None and wish.component not in (None, rulebook.families[wish.family].component):
        of = rulebook.families[wish.family].component
        raise UsageError(f"the family '{wish.family}' is of component '{of}', not '{wish.component}': leave --component away")
    _check_texts(wish)
    if wish.id is not None:
        _check_id(wish, wish.id, rulebook)


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    known = list(known)
    close = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean '{close[0]}'?" if close else f"give one of {', '.join(known)}"
    new = "; without --family a new family is begun" if what == "family" else ""
    return f"unknown {what} '{visible(name)}': {hint}{new}"


def _check_texts(wish: Wish) -> None:
    """Texts are filled in by `{name}`: braces that name nothing would show, or break the report."""
    for name in TEXTS:
        text = getattr(wish, name)
        if text is None:
            continue
        if not text.strip():
            raise UsageError(f"--{name.replace('_', '-')} is empty: give a sentence or leave it away")
        try:
            fields = [field for _, field, _, _ in Formatter().parse(text) if field is not None]
        except ValueError:
            fields = [""]
        if fields:
            option = name.replace("_", "-")
            raise UsageError(f"--{option} holds single braces, which nothing fills in: double them (`{{{{` and `}}}}`) to show them")


def _check_id(wish: Wish, name: str, rulebook: Rulebook) -> None:
    taken = taken_ids(wish, rulebook)
    if not ID.fullmatch(name):
        raise UsageError(
            f"'{visible(name)}' is no id: small letters, digits and single hyphens; try '{free_id(slug(name) or 'my-rule', taken)}'"
        )
    if name in taken:
        raise UsageError(f"the id '{name}' is taken ({taken[name]}): try '{free_id(name, taken)}'")


def taken_ids(wish: Wish, rulebook: Rulebook) -> dict[str, str]:
    """All ids in use, and where they stand. A new family has the id of its rule."""
    rules = {rule.id: rule.origin for rule in rulebook.rules}
    families = dict.fromkeys(rulebook.families, "a family") if wish.kind == "cause" and wish.family is None else {}
    return {**families, **rules}


def refuse_known(wish: Wish, rulebook: Rulebook) -> None:
    """Raises UsageError if a rule of the wanted kind recognises the line, or if it is data and so never a cause."""
    trial = Trial(rulebook)
    if wish.kind == "data":
        known = next((rule for rule in rulebook.data if trial.recognised(rule, wish.line) is not None), None)
    else:
        seen = (sighting.rule for sighting in trial.look(wish.line) if sighting.kind == _SEEN_AS[wish.kind])
        known = next((rule for rule in seen if rule is not None and getattr(rule.rule, "strength", "") != "hint"), None)
    if known is not None:
        raise UsageError(f"the rule '{known.id}' ({known.origin}) recognises this line already: it needs no new rule of kind '{wish.kind}'")
