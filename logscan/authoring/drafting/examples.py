"""Lines for the tests of a rule: examples in the forms of a log, and near misses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from logscan.authoring.drafting.essence import ERROR_WORDS, Found, short
from logscan.authoring.drafting.pieces import Shape
from logscan.authoring.drafting.wish import Kind
from logscan.rulebook.schema import Example

_MAX_EXAMPLE: Final = 300
_TAG: Final = re.compile(r"[A-Za-z][\w ]{0,60}")


def example_forms(kind: Kind, shape: Shape, found: Found) -> Iterator[list[Example]]:
    """For each example the forms it may take; the first that is recognised is kept."""
    if kind == "data":
        rest = found.text[len(shape.text) :]
        told = short(rest, max(1, _MAX_EXAMPLE - len(shape.text)))
        yield [Example(line) for line in _wrapped(shape.text + told, found.context)]
        yield [Example(line) for line in _wrapped(shape.other + "Access denied, says the ghost", found.context, nest="LOG")]
        return
    given, other = shape.captures(), shape.captures(other=True)
    texts = [found.text] if len(found.text) <= _MAX_EXAMPLE else []
    texts += [shape.text] if kind == "signature" or shape.text == found.text else [shape.text, f"Error: {shape.text}"]
    yield [Example(line, given) for text in texts for line in _wrapped(text, found.context)]
    level = "LOG" if kind == "signature" and not ERROR_WORDS.search(shape.text) else "ERROR"
    tails = ["", " (next try in 5 s)"] if kind == "signature" else [""]
    heads = [""] if kind == "signature" else ["Error: ", ""]
    variants = [f"{head}{text}{tail}" for text in (shape.other, shape.text) for tail in tails for head in heads]
    for_text = {text: other if shape.other in text else given for text in variants}
    yield [Example(line, for_text[text]) for text in variants for line in _wrapped(text, found.context, nest=level)]


def _wrapped(text: str, context: str | None, nest: str | None = None) -> Iterator[str]:
    """A message in the forms of a log: behind its logger's name, or (`nest`: a level) as Nest and Railway write it."""
    if nest is not None and context is not None:
        yield f"[Nest] 12  - 11/22/2026, 9:07:21 AM {nest:>7} [{context}] {text}"
    elif nest is not None:
        yield f"2026-11-22T09:07:21.412000000Z [{'err' if nest == 'ERROR' else 'inf'}]  {text}"
    elif context is None or _TAG.fullmatch(context):
        yield text if context is None else f"[{context}] {text}"
    named = {} if context is None else {"context": context}
    yield json.dumps({"level": 50 if nest == "ERROR" else 30, "time": 1795338441412, **named, "msg": text}, ensure_ascii=False)


def near_misses(kind: Kind, found: Found) -> Iterator[str]:
    """Lines with the same words that must not be recognised."""
    text = short(found.text, _MAX_EXAMPLE)
    if kind == "cause":
        words = short(found.text[found.begin :], _MAX_EXAMPLE).replace("\\", "\\\\").replace('"', '\\"')
        yield f'"prompt": "{words}"'
        yield f'[TicketService] A user writes: "{words}"'
        return
    if found.context is not None:
        yield f"[{'AuditService' if found.context != 'AuditService' else 'TicketService'}] {text}"
    name = found.context if found.context is not None and _TAG.fullmatch(found.context) else "TicketService"
    yield f"[{name}] User writes: {text}"
    yield f'[{name}] Ticket 12: "{text}"'
