"""What of a line the rule is made of: the text that tells most, masked, and where in it an error may begin."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from logscan.authoring.drafting.wish import Kind, Wish
from logscan.authoring.trial import records_of
from logscan.errors import UsageError
from logscan.match import match_signature
from logscan.model import Record
from logscan.redact import Redactor
from logscan.rulebook import Rulebook

_MAX_LINE: Final = 20_000
_MAX_LINES: Final = 400
_UNSHOWN: Final = "[not shown: "
_MARK: Final = re.compile(r"\[redacted:[0-9a-f]{4,8}\]")
_FRAME: Final = re.compile(r"\s*at \S|\s*\^+\s*$|\s*[}\])]+[,;]?\s*$|\s*$")
_ERROR_FORMS: Final = re.compile(
    r"^(?:[A-Z][a-z0-9]+){2,}: \S|(?:\b|(?<=[a-z]))(?:[A-Z]\w*)?(?:Error|Exception)(?: \[[\w -]+\])?: \S|"
    r"\bE[A-Z]{4,}\b|\bERR_\w+|\berror: \S"
)
ERROR_WORDS: Final = re.compile(
    r"(?i)\b(?:error|fail(?:ed|ure)?|can ?not|can't|could not|unable|refused|denied|time[d-]? ?out|invalid|missing|exceeded|fatal|"
    r"not found|rejected|unavailable|unauthorized|forbidden)\b"
)
_TELLING: Final = (_ERROR_FORMS, ERROR_WORDS)


class Found(NamedTuple):
    """The line of the log that the rule is made of, masked and made visible, and its logger."""

    text: str
    context: str | None
    begin: int = 0
    masked: int = 0


def essential(wish: Wish, rulebook: Rulebook) -> Found:
    """The line that tells most for a cause; the message's first line for other kinds."""
    lines = [(record, text) for record in records_of(wish.line) for text in _lines(record, wish.kind) if text.strip()][:_MAX_LINES]
    if not lines:
        raise UsageError("the line is blank: give a line of a log that a rule shall recognise, as --from-line 'LINE'")
    if wish.kind == "cause":
        lines = _without_data(lines, rulebook)
    begun = {text: _begin(record, text, rulebook) for record, text in lines} if wish.kind == "cause" else {}
    record, raw = max(lines, key=lambda item: _rank(item[1][begun[item[1]] :])) if begun else lines[0]
    text = Redactor(rulebook).clean(raw[:_MAX_LINE], limit=_MAX_LINE * 4)
    if text.startswith(_UNSHOWN):
        raise UsageError("the line is too long, or too odd, to be searched for secrets: give the part of it that matters")
    begin = _begin(record, text, rulebook) if begun else 0
    if begin >= len(text):
        raise UsageError(
            f"the line '{short(text)}' says what happened, and a signature knows it; it does not say why: give the error's own line"
        )
    if not re.search(r"[^\W\d_]{2,}", _MARK.sub("", text)):
        raise UsageError(nothing_tells(text))
    return Found(text, _context(record, rulebook), begin, len(_MARK.findall(text)))


def _without_data(lines: list[tuple[Record, str]], rulebook: Rulebook) -> list[tuple[Record, str]]:
    """The lines in which a cause may be looked for. Raises UsageError where there is none."""
    named = [
        (next((rule for rule in rulebook.data if rule.accepts(record.context) and rule.search(text)), None), record, text)
        for record, text in lines
    ]
    kept = [(record, text) for data, record, text in named if data is None]
    data = named[0][0]
    if not kept and data is not None:
        raise UsageError(
            f"the rule '{data.id}' ({data.origin}) takes this line for data, in which no cause is looked for: give the error's own line"
        )
    return kept


def _lines(record: Record, kind: Kind) -> list[str]:
    details = record.details if kind == "cause" else ()
    return [*record.message.split("\n"), *details]


def _rank(text: str) -> int:
    """How much a line says of an error."""
    if _FRAME.match(text):
        return -1
    return next((len(_TELLING) - place for place, pattern in enumerate(_TELLING) if pattern.search(text)), 0)


def _context(record: Record, rulebook: Rulebook) -> str | None:
    """The logger's name, if it can stand in a file as it is."""
    name = record.context
    if name is None or not name.isprintable():
        return None
    return name if name and Redactor(rulebook).clean(name, limit=80) == name else None


def _begin(record: Record, text: str, rulebook: Rulebook) -> int:
    """Where an error may begin: behind the words of a signature, which say what happened and not why."""
    rules = [rule for rule in rulebook.signatures if rule.accepts(record.context)]
    ends = [found.end() for rule in rules if match_signature(rule, text) and (found := rule.match(text)) is not None]
    end = max(ends, default=0)
    return len(text) - len(text[end:].lstrip(" :-–—.,")) if end else 0


def nothing_tells(text: str) -> str:
    """Why a text gives no rule: it has no words of its own."""
    return (
        f"nothing in the line '{short(text)}' tells it from others: a rule needs words with three plain characters in a row "
        "(a-z, digits, blanks), besides numbers, ids and quoted values; give the line with the error's own words"
    )


def short(text: str, limit: int = 60) -> str:
    """The beginning of a text, for messages, titles and examples."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
