"""Results on standard output."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from logscan.errors import LogscanError


def emit(text: str) -> None:
    """Results go to stdout as UTF-8, whatever the console's code page is. Raises LogscanError where it is closed."""
    if sys.stdout is None:
        raise LogscanError("standard output is closed: nothing can be printed")
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def is_terminal() -> bool:
    """Whether people read standard output."""
    return sys.stdout is not None and sys.stdout.isatty()


def use_colour(environment: Mapping[str, str]) -> bool:
    """Colour at a terminal, unless NO_COLOR; FORCE_COLOR elsewhere too."""
    return (is_terminal() and not environment.get("NO_COLOR")) or bool(environment.get("FORCE_COLOR"))
