"""What `logscan check` does once its options are read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from logscan.checks.look import look
from logscan.cli.connecting import connected, scope_of
from logscan.cli.output import emit, use_colour
from logscan.cli.rulebooks import checked_rules
from logscan.model import Check
from logscan.report.contract import CheckJson
from logscan.report.words import Words, default_language
from logscan.rulebook import Rulebook
from logscan.version import __version__

_MARKS: Final = {"pass": ("✔", "32"), "fail": ("✖", "31"), "warn": ("▲", "33"), "skip": ("·", "2")}


class ChecksJson(msgspec.Struct, frozen=True):
    """`logscan check --format json`: the items, as in the report."""

    schema: int
    logscan: str
    scope: str
    checks: list[CheckJson]


def check_command(values: Mapping[str, Any]) -> int:
    """The whole command; the exit code."""
    rulebook = checked_rules(values["rules"])
    with connected(values) as client:
        scope = scope_of(client, values)
        checks = look(client, scope)
    if values["format"] == "json":
        emit(_json(checks, scope.words, rulebook))
    else:
        emit(_text(checks, scope.words, Words(rulebook, values["lang"] or default_language())))
    return int(any(check.status == "fail" for check in checks) and not values["exit_zero"])


def _json(checks: Sequence[Check], scope: str, rulebook: Rulebook) -> str:
    words = Words(rulebook, "en")
    told = ChecksJson(1, __version__, scope, [CheckJson(check.id, check.status, *words.check(check)[1:]) for check in checks])
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n"


def _text(checks: Sequence[Check], scope: str, words: Words) -> str:
    colour = use_colour(os.environ)
    lines = [scope, ""]
    for check in checks:
        title, detail, command = words.check(check)
        mark, code = _MARKS[check.status]
        lines.append(f"\x1b[{code}m{mark}\x1b[0m {title}" if colour else f"{mark} {title}")
        lines.append(f"    {detail}")
        if check.status in ("fail", "warn"):
            lines.append(f"    $ {command}")
    return "\n".join(lines) + "\n"
