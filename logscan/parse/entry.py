"""A record in the making: parsers fill it in, outermost wrapping first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from logscan.model import Clock, Record, Wall
from logscan.parse.text import strip_ansi
from logscan.times import UTC

ERROR_KEYS: Final = ("err", "error", "exception", "errors", "cause", "reason", "stack", "stack_trace", "stacktrace", "trace")
MAX_DETAIL_LINES: Final = 200
MAX_DETAIL_CHARS: Final = 20_000
_MAX_DEPTH: Final = 6


@dataclass(slots=True)
class Entry:
    """Mutable until `record()`; `message` loses one wrapping after the other."""

    message: str
    stamp: int | None = None
    clock: Clock | None = None
    wall: Wall | None = None
    level: str | None = None
    context: str | None = None
    details: list[str] = field(default_factory=list)
    service: str | None = None
    replica: str | None = None
    deployment: str | None = None
    broken: bool = False
    zone: dt.tzinfo = UTC

    def add_errors(self, fields: Mapping[str, Any]) -> None:
        """Keep the error texts of structured fields, each line once."""
        if fields.keys().isdisjoint(ERROR_KEYS):
            return
        known = {self.message, *self.details}
        for key in ERROR_KEYS:
            for text in _texts(fields.get(key), 0):
                for line in text.split("\n"):
                    if line.strip() and line not in known and len(self.details) < MAX_DETAIL_LINES:
                        known.add(line)
                        self.details.append(line[:MAX_DETAIL_CHARS])

    def record(self, line: int) -> Record:
        """The finished record; `line` is its place in the source."""
        return Record(
            line, self.message, self.stamp, self.clock, self.wall, self.level, self.context,
            tuple(self.details), self.service, self.replica, self.deployment, self.broken,
        )  # fmt: skip


def _texts(value: object, depth: int) -> Iterator[str]:
    """Error texts inside a structured value: strings, `{type, message, stack, cause}`, lists of either."""
    if isinstance(value, str):
        text = strip_ansi(value)
        # railway's CLI keeps the backslashes of escaped strings.
        yield text.replace("\\n", "\n") if "\n" not in text else text
    elif isinstance(value, list) and depth < _MAX_DEPTH:
        for item in value[:20]:
            yield from _texts(item, depth + 1)
    elif isinstance(value, dict) and depth < _MAX_DEPTH:
        message, stack = value.get("message"), value.get("stack")
        if isinstance(message, str) and not (isinstance(stack, str) and message in stack):
            name = value.get("type") or value.get("name")
            yield f"{name}: {message}" if isinstance(name, str) else message
        code = value.get("code")
        if isinstance(code, str):
            yield f"code: '{code}'"
        yield from _texts(stack, depth + 1)
        for key in ("aggregateErrors", "errors", "cause", "error", "response", "details"):
            yield from _texts(value.get(key), depth + 1)
