"""What Railway, its CLI and its dashboard put around a log entry.

Forms: `railway logs` plain and `--json`, dashboard `.log`, `.json`, `.csv`, API rows, HTTP rows.
A known trap: `--json` flattens the app's attributes over Railway's own keys, so a logged
`timestamp` or `message` replaces Railway's.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from logscan.model import Clock
from logscan.parse.entry import Entry
from logscan.parse.loggers import from_fields, peel, take_stamp
from logscan.parse.text import level_of
from logscan.times import UTC, parse_stamp

STAMP: Final = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?"
_NANOS: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{9}Z")
_LOG: Final = re.compile(rf"({STAMP}) \[(inf|err|wrn|dbg)\](?: {{1,2}}(.*))?", re.DOTALL)
# A level that the CLI does not know stands there as it is. A logger's name is no level.
_LEVEL: Final = r'\d{1,9}|[a-z]+|LOG|INFO|WARN|WARNING|ERRO|ERROR|DBUG|DEBUG|VERBOSE|TRACE|FATAL|"[^"\]]*"'
_CLI: Final = re.compile(rf"({STAMP}) \[({_LEVEL})\] (.*)", re.DOTALL)
_HTTP: Final = re.compile(rf"({STAMP}) ((?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \S+ \d{{3}} \d+ms)(?: \S+)?\s*")
# Railway's MCP tool; pino-pretty's lines begin alike.
_BRACKETED: Final = re.compile(rf"\[({STAMP})\] (?!(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)(?: \([^)\n]*\))?: )(.*)", re.DOTALL)
_STAMPED: Final = re.compile(rf"({STAMP})[ \t](.*)", re.DOTALL)
_ATTRIBUTE: Final = re.compile(r" ([\w.$@-]+)=(?=[\"\d\[{tfn-])")
_TAG_KEYS: Final = (("service", "serviceId"), ("replica", "deploymentInstanceId"), ("deployment", "deploymentId"))
_WHERE: Final = (("on", "host"), ("deployment", "deploymentId"))
_NO_TEXT: Final = frozenset(
    {"message", "msg", "timestamp", "severity", "attributes", "tags", "level", "lvl", "time", "pid", "hostname", "context"}
)


def from_object(fields: Mapping[str, Any], zone: dt.tzinfo = UTC) -> Entry | None:
    """A JSON object of any Railway form, or an app's own; None where it is no log entry."""
    if "httpStatus" in fields and "path" in fields:
        return _http_row(fields, zone)
    attributes = fields.get("attributes")
    if isinstance(attributes, list):
        attributes = _pairs(attributes)
    message = fields.get("message", fields.get("msg"))
    if not message and isinstance(fields.get("event"), str) and fields.keys() & {"timestamp", "level"}:
        message = fields["event"]
    if isinstance(attributes, dict) and "message" in fields:
        return _row(fields, attributes, message, zone)
    if message is None:
        return None
    entry = Entry(_text(message) or _fields_text(fields), zone=zone)
    stamp = fields.get("timestamp")
    if isinstance(stamp, str) and _NANOS.fullmatch(stamp):
        take_stamp(entry, stamp, "railway")
    from_fields(entry, fields)
    return peel(entry)


def _row(fields: Mapping[str, Any], attributes: Mapping[str, Any], message: object, zone: dt.tzinfo) -> Entry:
    """Dashboard and API objects: Railway's keys outside, the app's inside `attributes`."""
    entry = Entry(_text(message) or _text(attributes.get("event")) or _fields_text(attributes), zone=zone)
    take_stamp(entry, fields.get("timestamp"), "railway")
    entry.level = level_of(fields.get("severity"))
    tags = fields.get("tags")
    if isinstance(tags, dict):
        entry.service, entry.replica, entry.deployment = (_tag(tags, names) for names in _TAG_KEYS)
    from_fields(entry, attributes)
    return peel(entry)


def _http_row(fields: Mapping[str, Any], zone: dt.tzinfo) -> Entry:
    method, took = fields.get("method", "?"), fields.get("totalDuration", "?")
    told = f"{method} {fields.get('path')} {fields.get('httpStatus')} {took}ms"
    # Who answered: images may lie on other hosts, and files of a container go with its deployment.
    where = "".join(f" {word} {fields[key]}" for word, key in _WHERE if isinstance(fields.get(key), str) and fields[key])
    entry = Entry(told + where, zone=zone)
    take_stamp(entry, fields.get("timestamp"), "railway")
    return entry


def from_line(text: str, zone: dt.tzinfo = UTC) -> Entry | None:
    """A line that Railway's CLI, MCP tool or dashboard wrote with a time in front; None for any other."""
    if not text[:1].isdigit() and not text.startswith("[2"):
        return None
    for pattern in (_LOG, _HTTP, _CLI, _BRACKETED, _STAMPED):
        found = pattern.fullmatch(text)
        if found:
            break
    else:
        return None
    stamp = parse_stamp(found[1], zone)
    if stamp is None and pattern not in (_LOG, _CLI):
        return None
    # A stamp that no calendar has (February 30th) takes nothing from the line behind it.
    railway = pattern is not _STAMPED or found[1].endswith("Z")
    clock: Clock | None = None if stamp is None else "railway" if railway else "app"
    entry = Entry(found[found.re.groups] or "", stamp=stamp, clock=clock, zone=zone)
    if pattern in (_LOG, _CLI):
        entry.level = level_of(int(found[2]) if found[2].isdecimal() else found[2])
    if pattern is _CLI:
        _split_attributes(entry)
    return peel(entry)


def _split_attributes(entry: Entry) -> None:
    """`message key=value key=value`: values are JSON, so the earliest split that reads to the end is right."""
    text = entry.message
    found = _ATTRIBUTE.search(text)
    while found:
        fields, stop = _read_attributes(text, found.start())
        if stop == len(text):
            entry.message = text[: found.start()]
            from_fields(entry, fields)
            return
        # Any start before the place where reading failed would fail there again.
        found = _ATTRIBUTE.search(text, max(stop, found.start() + 1))


_DECODER: Final = json.JSONDecoder()


def _read_attributes(text: str, at: int) -> tuple[dict[str, Any], int]:
    """Attributes from `at` on, and where no further one could be read."""
    fields: dict[str, Any] = {}
    while at < len(text):
        found = _ATTRIBUTE.match(text, at)
        if not found:
            break
        try:
            value, end = _DECODER.raw_decode(text, found.end())
        except (ValueError, RecursionError):
            return fields, at + 1
        fields[found[1]] = value
        at = end
    return fields, at


def _pairs(attributes: Iterable[Any]) -> dict[str, Any]:
    """The API's `[{key, value}]`; values are JSON text, and text where they are not."""
    out = {}
    for pair in attributes:
        if isinstance(pair, dict) and isinstance(pair.get("key"), str):
            value = pair.get("value")
            try:
                out[pair["key"]] = msgspec.json.decode(value) if isinstance(value, str) else value
            except msgspec.DecodeError:
                out[pair["key"]] = value
    return out


def _tag(tags: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((tags[name] for name in names if isinstance(tags.get(name), str) and tags[name]), None)


def _fields_text(fields: Mapping[str, Any]) -> str:
    """An app's JSON line without a message is kept by Railway as fields alone: they are the text."""
    rest = {key: value for key, value in fields.items() if key not in _NO_TEXT}
    return msgspec.json.encode(rest).decode() if rest else ""


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else msgspec.json.encode(value).decode()
