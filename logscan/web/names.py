"""What uploads are called. Names are shown and never used as paths: on disk a file's name is its number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from logscan.visible import visible

MAX_NAME: Final = 120
PASTED: Final = "pasted.log"
_SEPARATORS: Final = re.compile(r"[/\\]")


def shown(raw: bytes) -> str:
    """A name as a browser sent it, made fit to show: its last part, no control characters, not too long."""
    text = visible(raw.decode("utf-8", "replace").replace("\n", " "))
    name = _SEPARATORS.split(text)[-1].strip()
    if name in ("", ".", ".."):
        return ""
    if name == "-":
        return "stdin.log"
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 20]}…{name[-19:]}"


def distinct(names: Sequence[str]) -> list[str]:
    """The names, numbered where they are missing or the same."""
    out: list[str] = []
    for place, name in enumerate(names, 1):
        plain = name or f"file-{place}.log"
        stem, dot, ending = plain.partition(".")
        free, number = plain, 1
        while free in out:
            number += 1
            free = f"{stem} ({number}){dot}{ending}"
        out.append(free)
    return out
