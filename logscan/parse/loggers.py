"""What an app's logger puts around a message: Nest (v7 to v11), pino, Winston, browser consoles, console tags.

`peel` takes the wrappings off one by one, so they may nest in any order that people really have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from logscan.model import Clock
from logscan.parse.dates import DATE, wall_of
from logscan.parse.entry import Entry
from logscan.parse.text import decode_json, level_of, strip_ansi
from logscan.times import from_epoch, parse_stamp

_MAX_LAYERS: Final = 4

_NEST: Final = re.compile(
    r"\[(?P<app>[^\]\n]{1,60})\]\s+(?:\d+\s+)?(?:-\s+)?" + DATE + r"\s+"
    r"(?:(?P<level>LOG|ERROR|WARN|DEBUG|VERBOSE|FATAL)\s+)?(?:\[(?P<context>[^\]\n]{1,80})\]\s?)?(?P<message>.*)",
    re.DOTALL,
)
# Nest 7 prints no level; its colour tells: red, yellow, green, magenta, cyan.
_NEST7_COLOURS: Final = {"31": "error", "33": "warn", "32": "info", "95": "debug", "96": "debug"}
_COLOUR: Final = re.compile(r"\x1b\[(\d+)m\[")
_ELAPSED: Final = re.compile(r"\s\+\d+ms\s*$")
_PRETTY: Final = re.compile(
    r"\[(?P<time>[^\]\n]{8,40})\] (?P<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL)(?: \([^)\n]*\))?: (?P<message>.*)", re.DOTALL
)
_WINSTON: Final = re.compile(r"(?P<level>error|warn|info|http|verbose|debug|silly|log): (?P<message>\S.*)", re.DOTALL)
_META: Final = re.compile(r"\s(\{\".*\})\s*$", re.DOTALL)
# Where a browser's console says that a line comes from: a script, code that a plugin's host evaluated, a page.
BROWSER_SOURCE: Final = (
    r"(?:[\w.@%+~:/?=&()-]*\.(?:js|mjs|ts|tsx|html|br)|VM\d+|PLUGIN_\d+_SOURCE|about:srcdoc|csp|\(index\)|:\d+/\S{1,300}?)"
)
_DEVTOOLS: Final = re.compile(rf"(?:\d{{2}}:\d{{2}}:\d{{2}}\.\d{{3}} )?{BROWSER_SOURCE}:\d+ {{1,3}}(?P<message>\S.*)", re.DOTALL)
_CHROMIUM: Final = re.compile(
    r'\[\d+:\d+:\d{4}/\d{6}\.\d+:(?P<level>\w+):CONSOLE[:(]\d+\)?\] "(?P<message>.*)", source: \S* \(\d+\)\s*', re.DOTALL
)
_TAG: Final = re.compile(r"\[(?P<context>[A-Za-z][\w ]{0,60})\] (?P<message>.*)", re.DOTALL)
# A level that the railway CLI does not know is printed as it came: a number, or in its quotes.
_RAW_LEVEL: Final = re.compile(r'\["?(?P<level>[1-6]0|(?<=")[a-z]{3,9}(?="))"?\] (?P<message>.*)', re.DOTALL)
_INSPECT: Final = re.compile(r"\{\s+level: '\w+',\s.*\bmessage: ", re.DOTALL)
_PAIR: Final = re.compile(
    r"""\b(?P<key>\w{1,80}): (?:'(?P<single>(?:[^'\\]|\\.)*)'|"(?P<double>(?:[^"\\]|\\.)*)"|`(?P<back>(?:[^`\\]|\\.)*)`"""
    r"""|(?P<number>-?\d+(?:\.\d+)?)|(?P<bare>[A-Z]\w*(?: \[\w+\])?: [^\n]*))""",
    re.DOTALL,
)


def peel(entry: Entry) -> Entry:
    """Take every known wrapping off `entry.message`, filling in level, context, time and error texts."""
    raw = entry.message
    entry.message = strip_ansi(raw)
    for _ in range(_MAX_LAYERS):
        before = entry.message
        if not any(step(entry, raw) for step in _STEPS) or entry.message == before:
            break
    _console_tag(entry)
    return entry


def from_fields(entry: Entry, fields: Mapping[str, Any]) -> None:
    """Take logger fields (level, context, time, errors) from a structured entry whose message is already set."""
    level = level_of(fields.get("level", fields.get("severity")))
    entry.level = level or entry.level
    context = fields.get("context") or fields.get("logger")
    if isinstance(context, str) and context:
        entry.context = strip_ansi(context)
    if entry.stamp is None:
        for key in ("timestamp", "time", "ts", "@timestamp"):
            take_stamp(entry, fields.get(key), "app")
    entry.add_errors(fields)


def take_stamp(entry: Entry, value: object, clock: Clock) -> None:
    """Set the entry's time from a text or number, if it has none yet and the value is one."""
    if entry.stamp is not None:
        return
    stamp = None
    if isinstance(value, str):
        stamp = parse_stamp(value, entry.zone)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        stamp = from_epoch(value)
    if stamp is not None:
        entry.stamp, entry.clock = stamp, clock


def _json(entry: Entry, _raw: str) -> bool:
    text = entry.message
    if not (text.startswith("{") and text.rstrip().endswith("}")):
        return False
    fields = decode_json(text)
    if not isinstance(fields, dict):
        return False
    key = next((k for k in ("message", "msg") if k in fields), None)
    if key is None:
        return False
    message = fields[key]
    entry.message = strip_ansi(message) if isinstance(message, str) else msgspec.json.encode(message).decode()
    from_fields(entry, fields)
    return True


def _nest(entry: Entry, raw: str) -> bool:
    if not entry.message.startswith("["):
        return False
    found = _NEST.match(entry.message)
    if not found:
        return False
    if entry.wall is None:
        entry.wall = wall_of(found)
    colour = _COLOUR.match(raw)
    named = found["level"] or (_NEST7_COLOURS.get(colour[1]) if colour else None)
    entry.level = level_of(named) or entry.level
    entry.context = found["context"] or entry.context
    entry.message = _ELAPSED.sub("", found["message"])
    return True


def _pretty(entry: Entry, _raw: str) -> bool:
    found = _PRETTY.match(entry.message) if entry.message.startswith("[") else None
    if not found:
        return False
    take_stamp(entry, found["time"], "app")
    entry.level = level_of(found["level"])
    entry.message = found["message"]
    return True


def _winston(entry: Entry, _raw: str) -> bool:
    found = _WINSTON.match(entry.message)
    if not found:
        return False
    original = entry.message
    entry.level = level_of(found["level"])
    entry.message = found["message"]
    meta = _META.search(entry.message)
    if meta:
        try:
            fields = msgspec.json.decode(meta[1])
        except (msgspec.DecodeError, RecursionError):
            fields = {}
        if fields:
            entry.message = entry.message[: meta.start()]
            from_fields(entry, {key: value for key, value in fields.items() if key != "level"})
    elif found["level"] == "error":
        # PostgreSQL's client names its errors `error: …`: keep the text whole for the cause rules.
        entry.details.append(original)
    return True


def _browser(entry: Entry, _raw: str) -> bool:
    found = _CHROMIUM.fullmatch(entry.message) or _DEVTOOLS.match(entry.message)
    if not found:
        return False
    if "level" in found.groupdict():
        entry.level = level_of(found["level"]) or entry.level
    entry.message = found["message"]
    return True


def _inspect(entry: Entry, _raw: str) -> bool:
    """Nest 11's `json` with colours: util.inspect's notation instead of JSON."""
    if not (entry.message.startswith("{") and _INSPECT.match(entry.message)):
        return False
    text = re.sub(r"'\s*\+\s*'", "", entry.message)
    fields: dict[str, Any] = {}
    for pair in _PAIR.finditer(text):
        quoted = next((pair[name] for name in ("single", "double", "back") if pair[name] is not None), None)
        value = _unescape(quoted) if quoted is not None else float(pair["number"]) if pair["number"] else pair["bare"]
        fields.setdefault(pair["key"], value)
    message = fields.pop("message", None)
    if not isinstance(message, str):
        return False
    entry.message = message
    from_fields(entry, fields)
    return True


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t", "r": ""}.get(m[1], m[1]), text)


def _console_tag(entry: Entry) -> None:
    """`[JobsService] …`: a logger's name that the text itself carries, doubled by some versions."""
    raw = _RAW_LEVEL.match(entry.message)
    if raw:
        entry.level, entry.message = level_of(int(raw["level"]) if raw["level"].isdecimal() else raw["level"]), raw["message"]
    while entry.message.startswith("["):
        found = _TAG.match(entry.message)
        if not found:
            return
        level = level_of(found["context"])
        if level is not None and found["context"].isupper():
            entry.level = level
        elif entry.context is None:
            entry.context = found["context"]
        elif entry.context != found["context"]:
            return
        entry.message = found["message"]


_STEPS: Final[tuple[Callable[[Entry, str], bool], ...]] = (_json, _nest, _pretty, _browser, _inspect, _winston)
