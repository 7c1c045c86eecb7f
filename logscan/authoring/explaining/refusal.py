"""Why a rule is not taken although its pattern holds: the logger, the place, data, quotation marks, ids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import regex

from logscan.authoring.explaining.look import Look
from logscan.match import match_cause, match_signature
from logscan.rulebook import Compiled
from logscan.rulebook.schema import Fact, Signature
from logscan.visible import visible

_IDS: Final = ("mascot", "variation", "batch")


def at_start(rule: Compiled) -> bool:
    """Whether a rule is looked for at the start of a message only."""
    return isinstance(rule.rule, (Signature, Fact))


def other_logger(rule: Compiled, look: Look) -> Iterator[str]:
    """That the rule wants another logger than the record's, if it does."""
    context = look.record.context
    if rule.accepts(context):
        return
    wanted = " or ".join(rule.contexts)
    if context is None:
        yield f"the rule is strict: it wants a line that names the logger {wanted}; this line names none"
    else:
        yield f"the rule wants the logger {wanted}; this line is of {visible(context)}"


def refused(rule: Compiled, look: Look, place: int, found: regex.Match[str]) -> Iterator[str]:
    """What is in the way of a pattern that holds somewhere in a text."""
    text = look.texts[place]
    if at_start(rule):
        yield from not_at_start(rule, look, place, found)
        if isinstance(rule.rule, Signature) and place == 0 and rule.match(text) and match_signature(rule, text) is None:
            yield _no_id(rule, text)
    elif rule.family is not None:
        data = look.data_of(text)
        if data:
            yield f"the line carries other people's words (rule {data[0].id}), so no cause is looked for"
        elif match_cause(rule, text) is None:
            yield "its words stand inside quotation marks, where causes are not looked for"


def not_at_start(rule: Compiled, look: Look, place: int, found: regex.Match[str]) -> Iterator[str]:
    """That the pattern holds, but not at the start of the message."""
    kind = "fact" if isinstance(rule.rule, Fact) else "signature"
    if place:
        first = look.record.message.count("\n") + 1
        where = f"on line {place + 1} of it" if place < first else "in an error text beside it"
        yield f"a {kind} holds on the first line of a message only; here it stands {where}"
    elif found.start() and rule.match(look.texts[place]) is None:
        yield f"a {kind} holds at the start of the message only; here it stands at character {found.start() + 1}"


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
