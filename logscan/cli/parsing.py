"""Option values that need the clock or a zone to be understood."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from logscan.errors import UsageError
from logscan.times import parse_stamp


def parsed(name: str, text: str | None, parse: Callable[[str], Any]) -> Any:
    """What `parse` makes of an option, None where it was not given. Raises UsageError."""
    if text is None:
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from error


def moment_of_report(text: str | None) -> int:
    """`--now`, else the clock. Raises UsageError."""
    if text is None:
        return time.time_ns()
    stamp = parse_stamp(text)
    if stamp is None:
        raise UsageError(f"--now '{text}': give a time such as 2026-11-22T08:00:00Z")
    return stamp
