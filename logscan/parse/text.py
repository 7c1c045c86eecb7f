"""Cleaning and levels: what every parser shares."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

# CSI and OSC sequences, then ESC with one character (what railway's CLI strips as well).
ANSI: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)|\x1b.?", re.DOTALL)

LEVELS: Final = {
    "trace": "debug", "verbose": "debug", "debug": "debug", "dbug": "debug", "dbg": "debug", "silly": "debug",
    "log": "info", "info": "info", "inf": "info", "notice": "info", "http": "info",
    "warn": "warn", "warning": "warn", "wrn": "warn",
    "error": "error", "erro": "error", "err": "error",
    "fatal": "fatal", "critical": "fatal", "crit": "fatal", "emerg": "fatal", "alert": "fatal",
}  # fmt: skip
_LEVEL: Final = re.compile(r"\b(?:LOG|ERROR|WARN|DEBUG|VERBOSE|FATAL|INFO|TRACE)\b")
_COLOUR: Final = re.compile(r"(?:\x1b|\\u001b)\[[0-9;]*m")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_PINO: Final = ((20, "debug"), (30, "info"), (40, "warn"), (50, "error"))


def strip_ansi(text: str) -> str:
    """`text` without terminal escapes and NULs."""
    if "\x1b" in text:
        text = ANSI.sub("", text)
    return text.replace("\0", "") if "\0" in text else text


def clean(data: bytes, sample: Iterable[str]) -> bytes:
    """A block of lines as UTF-8, without the colours that its sampled lines have: the parser would take them off each line, at a price."""
    if not data.isascii():
        data = data.decode("utf-8", "replace").encode()
    coloured = [line for line in sample if _COLOUR.search(line)]
    # Nest 7 tells the level by nothing else. Behind a second backslash it is no escape.
    if sum(_LEVEL.search(line) is not None for line in coloured) * 2 < max(1, len(coloured)) or b"\\\\u001b" in data:
        return data
    import polars as pl

    # Looked for to the letter they are found twice as fast as by a pattern; those that are not in the sample are the parser's.
    colours = sorted({colour for line in coloured for colour in _COLOUR.findall(line)})
    text = pl.Series([data], dtype=pl.Binary()).cast(pl.String()).str.replace_many(colours, [""] * len(colours))
    return bytes(text.cast(pl.Binary()).item())


def decode_json(text: str) -> object:
    """What a JSON text says; None where it is none. Halves of a character (an emoji cut in two) become U+FFFD."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        if "\\ud" not in text and "\\uD" not in text:
            return None
    try:
        return without_surrogates(json.loads(text))
    except (ValueError, RecursionError):
        return None


def without_surrogates(value: Any) -> Any:
    """The texts of a decoded JSON value with U+FFFD for what is no character and cannot be written anywhere."""
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {without_surrogates(key): without_surrogates(item) for key, item in value.items()}
    return [without_surrogates(item) for item in value] if isinstance(value, list) else value


def level_of(value: object) -> str | None:
    """A level word or pino's number as debug, info, warn, error or fatal."""
    if isinstance(value, str):
        return LEVELS.get(strip_ansi(value).strip().strip("\"'[]").lower())
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return next((name for limit, name in _PINO if value <= limit), "error" if value <= 50 else "fatal")  # noqa: PLR2004
    return None
