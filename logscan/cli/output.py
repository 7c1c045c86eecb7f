"""Results on standard output."""

from __future__ import annotations

import sys

from logscan.errors import LogscanError


def emit(text: str) -> None:
    """Results go to stdout as UTF-8, whatever the console's code page is. Raises LogscanError where it is closed."""
    if sys.stdout is None:
        raise LogscanError("standard output is closed: nothing can be printed")
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
