"""Plain data → the types of a rule file. All mistakes of a piece are found, not just the first."""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from logscan.rulebook import schema
from logscan.rulebook.yamlfile import Key, Path

_MOST: Final = 50
_CLOSE: Final = 0.7
_FEW: Final = 12
_TEXT: Final = {"en": "x", "fr": "x"}
# What stands in for a wrong or missing value while the search goes on. A key that is not here ends it.
_STAND_INS: Final[dict[str, Any]] = {
    **dict.fromkeys(("id", "pattern", "line", "service", "check", "command", "en", "fr", "one", "other"), "x"),
    "title": _TEXT, "text": _TEXT, "summary": _TEXT, "detail": _TEXT, "skip": _TEXT, "what": _TEXT,
    "findings": {}, "checks": {}, "missing": {}, "notes": {}, "remedies": [], "examples": [], "lines": [], "expect": [], "rules": [],
    **dict.fromkeys(("at", "pickup", "run"), "1m"),
    "schema": 1, "event": "enqueued", "component": "none", "strength": "plain", "severity": "info", "status": "pass",
}  # fmt: skip
_BY_TYPE: Final[tuple[tuple[str, Any], ...]] = (("str", "x"), ("bool", False), ("array", []), ("int", 1))
_CHOICES: Final[dict[str, Sequence[str]]] = {
    "event": schema.EVENTS, "component": schema.COMPONENTS, "strength": schema.STRENGTHS,
    "severity": schema.SEVERITIES, "status": schema.CHECK_STATUSES,
}  # fmt: skip
_LANGUAGES: Final = {"en": "English", "fr": "French"}
_YES_NO: Final = frozenset({"on", "off", "yes", "no", "y", "n"})


class Mistake(tuple[Path, str]):
    """Where inside the piece, and what."""

    __slots__ = ()


def convert(raw: Any, kind: type[Any], *, mended: bool = False) -> tuple[Any, list[Mistake]]:
    """`raw` as `kind`, and every mistake that could be found; with one it is None, or with `mended` what was made of it."""
    mistakes: list[Mistake] = []
    raw = copy.deepcopy(raw)
    while len(mistakes) < _MOST:
        try:
            value = msgspec.convert(raw, kind)
        except msgspec.ValidationError as error:
            message, _, where = str(error).partition(" - at `$")
            at = _path(where.rstrip("`")) if where else ()
            key, text = _worded(message, at, raw, kind)
            mistakes.append(Mistake(((*at, *key), text)))
            if not _mend(raw, at, message):
                return None, mistakes
        else:
            return (value if mended or not mistakes else None), mistakes
    return None, mistakes


def unknown(what: str, name: object, known: Iterable[str]) -> str:
    """`unknown event 'queued'; did you mean 'enqueued'?`, or what is allowed."""
    known = list(known)
    close = difflib.get_close_matches(str(name), known, 1, cutoff=_CLOSE)
    meant = f"; did you mean '{close[0]}'?" if close else ""
    allowed = f" (allowed: {', '.join(known)})" if not close or len(known) <= _FEW else ""
    return f"unknown {what} '{name}'{allowed}{meant}"


def _path(text: str) -> Path:
    """Msgspec's `.rules[3].id` as a path of keys and indexes; `[...]` is a value of a mapping, whose key it does not tell."""
    return tuple(int(index) if index else key for key, index in re.findall(r"\.(\w+)|\[(\d+)\]", text))


def _at(raw: Any, at: Path) -> Any:
    for step in at:
        raw = raw[step]
    return raw


def _worded(message: str, at: Path, raw: Any, kind: type[Any]) -> tuple[Path, str]:
    """The key that a message is about, if it names one, and the message in plain words."""
    key = re.search(r"unknown field `(.+?)`", message)
    if key:
        known = [item.encode_name for item in msgspec.structs.fields(kind)] if not at else _keys_near(at)
        return (Key(key[1]),), unknown("key", key[1], known) if known else f"unknown key '{key[1]}'"
    missing = re.search(r"missing required field `(.+?)`", message)
    if missing:
        language = _LANGUAGES.get(missing[1])
        return (), f"the {language} text ('{missing[1]}') is missing" if language else f"'{missing[1]}' is missing"
    name = next((step for step in reversed(at) if isinstance(step, str)), "")
    value = _value(raw, at)
    if name == "schema":
        return (), f"schema {value} is not known: this version of logscan reads schema 1"
    if message.startswith("Invalid enum value") and name in _CHOICES:
        return (), unknown(name, value, _CHOICES[name])
    return (), _type_mistake(message, value)


def _value(raw: Any, at: Path) -> Any:
    try:
        return _at(raw, at)
    except (KeyError, IndexError, TypeError):
        return None


def _keys_near(at: Path) -> list[str]:
    """The keys of the structure that stands at a path, as far as its last name tells it."""
    structs: dict[str, type[Any]] = {
        "remedies": schema.Remedy, "examples": schema.Example, "rules": schema.CauseRule,
        "lines": schema.SequenceLine, "expect": schema.Expectation,
    }  # fmt: skip
    texts = ("title", "text", "summary", "detail", "skip", "what")
    name = next((step for step in reversed(at) if isinstance(step, str)), "")
    struct = schema.Text if name in texts else structs.get(name)
    return [item.encode_name for item in msgspec.structs.fields(struct)] if struct else []


def _type_mistake(message: str, value: Any) -> str:
    found = re.match(r"Expected `(.+)`, got `(.+)`", message)
    if not found:
        return message
    wanted = (
        found[1]
        .replace("object", "mapping")
        .replace("array", "list")
        .replace("str", "text")
        .replace("bool", "true or false")
        .replace(" | ", " or ")
    )
    got = found[2].replace("object", "mapping").replace("array", "list").replace("str", "text")
    if wanted == "true or false" and isinstance(value, str) and value.lower() in _YES_NO:
        return f"'{value}' is text in YAML 1.2: write true or false"
    if "text" in wanted and isinstance(value, bool | int | float):
        return f"{wanted} wanted, not the {got} {str(value).lower()}: put it in quotes"
    return f"{wanted} wanted, not {got}"


def _mend(raw: Any, at: Path, message: str) -> bool:
    """Put something valid in the place of a mistake, so that the next one shows; False where that cannot be done."""
    key = re.search(r"unknown field `(.+?)`", message)
    missing = re.search(r"missing required field `(.+?)`", message)
    try:
        if key:
            del _at(raw, at)[key[1]]
        elif missing:
            _at(raw, at)[missing[1]] = copy.deepcopy(_STAND_INS[missing[1]])
        elif not at:
            return False
        else:
            _at(raw, at[:-1])[at[-1]] = _stand_in(at[-1], message)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _stand_in(name: str | int, message: str) -> Any:
    if isinstance(name, str) and name in _STAND_INS:
        return copy.deepcopy(_STAND_INS[name])
    wanted = re.match(r"Expected `(\w+)", message)
    return copy.deepcopy(dict(_BY_TYPE)[wanted[1] if wanted else ""])
