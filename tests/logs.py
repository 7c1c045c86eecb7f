"""Small logs for tests: one scenario as the app's loggers write it, and as Railway's tools hand it on.

A scenario is a list of `Line`. `render(lines, "cli-json", "nest")` gives the bytes that a person holds
who ran `railway logs --json` on a backend with Nest's console logger.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from logscan import Diagnosis, Options, Rulebook
from logscan.diagnose import diagnose

MS: Final = 1_000_000
SECOND: Final = 1_000 * MS
MINUTE: Final = 60 * SECOND
START: Final = 1_795_338_000 * SECOND  # 2026-11-22T09:00:00Z

UUID: Final = "7c2e2abe-6162-47f6-bd8c-e6d8f57af536"


@dataclass(frozen=True)
class Line:
    """What the app says at one moment. `at` counts nanoseconds from START; `text` may hold newlines."""

    at: int
    text: str
    context: str | None = None
    level: str = "log"
    replica: str = "r1"
    service: str = "backend"
    extra: dict[str, Any] = field(default_factory=dict)


# What the backend says of a mascot.


def enqueued(mascot: str, at: int) -> Line:
    return Line(at, f"Successfully enqueued mascot generation for {mascot}", "JobsService")


def enqueue_failed(mascot: str, at: int, error: str = "Error: Command timed out") -> Line:
    return Line(at, f"Failed to enqueue mascot generation for {mascot}: {error}", "JobsService", "error")


def picked(mascot: str, at: int) -> Line:
    return Line(at, f"Starting processing for mascot {mascot} (variation 1 of batch batch_1)", "MascotGenerationProcessor")


def generated(mascot: str, at: int) -> Line:
    return Line(at, f"Successfully generated mascot {mascot} (variation 1)", "MascotGenerationProcessor")


def failed(mascot: str, at: int, error: str = "Error: No image data in Gemini Flash response") -> Line:
    return Line(at, f"Failed to generate mascot {mascot} (variation 1):\n{error}", "MascotGenerationProcessor", "error")


def uploaded(mascot: str, at: int) -> Line:
    return Line(at, f"Successfully uploaded images for mascot {mascot}", "MascotGenerationProcessor")


def upload_failed(mascot: str, at: int, error: str = "AccessDenied: Access Denied") -> Line:
    return Line(at, f"Failed to upload images for mascot {mascot}:\n{error}", "MascotGenerationProcessor", "error")


def tick(at: int, text: str = "Cache warmed") -> Line:
    """A line that means nothing: the log was still written then."""
    return Line(at, text, "CacheService")


def lines_dropped(at: int, number: int = 137) -> Line:
    text = f"Railway rate limit of 500 logs/sec reached for replica, update your application to reduce the logging rate. Messages dropped: {number}"
    return Line(at, text, level="error")


# Loggers: a line as the app writes it, without what Railway adds.

_WORDS: Final = {"log": "info", "warn": "warn", "error": "error", "debug": "debug"}
_PINO: Final = {"log": 30, "warn": 40, "error": 50, "debug": 20}
_COLOURS: Final = {"log": 32, "warn": 33, "error": 31, "debug": 95}


def moment(at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp((START + at) // SECOND, dt.UTC)


def stamp(at: int, digits: int = 9) -> str:
    """RFC 3339 with nine digits, as Railway writes it, or fewer."""
    fraction = f".{(START + at) % SECOND:09d}"[: digits + 1] if digits else ""
    return f"{moment(at):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _us(at: int) -> str:
    when = moment(at)
    return f"{when.month}/{when.day}/{when.year}, {(when.hour + 11) % 12 + 1}:{when:%M:%S} {'AM' if when.hour < 12 else 'PM'}"


def _tag(line: Line) -> str:
    return f"[{line.context}] " if line.context else ""


def _paint(colour: object, text: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[39m"


def _console(line: Line) -> str:
    return _tag(line) + line.text


def _nest(line: Line) -> str:
    return f"[Nest] 7  - {_us(line.at)} {line.level.upper():>7} {_tag(line)}{line.text}"


def _nest_gb(line: Line) -> str:
    return f"[Nest] 7  - {moment(line.at):%d/%m/%Y, %H:%M:%S} {line.level.upper():>7} {_tag(line)}{line.text} +5ms"


def _nest_colour(line: Line) -> str:
    colour = _COLOURS[line.level]
    level, tag = _paint(colour, f"{line.level.upper():>7}"), _paint("38;5;3", _tag(line))
    return f"{_paint(colour, '[Nest] 7  - ')}{_us(line.at)} {level} {tag}{_paint(colour, line.text)}{_paint('38;5;3', ' +12ms')}"


def _nest7(line: Line) -> str:
    colour = _COLOURS[line.level]
    return f"{_paint(colour, '[Nest] 7   - ')}{_us(line.at)}   {_paint('38;5;3', _tag(line))}{_paint(colour, line.text)}"


def _compact(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _with_context(line: Line, fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, **({"context": line.context} if line.context else {}), **line.extra}


def _nest_json(line: Line) -> str:
    fields = {"level": line.level, "pid": 7, "timestamp": (START + line.at) // MS, "message": line.text}
    return _compact(_with_context(line, fields))


def _nest_inspect(line: Line) -> str:
    text = line.text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    context = f", context: '{line.context}'" if line.context else ""
    return f"{{ level: '{line.level}', pid: 7, timestamp: {(START + line.at) // MS}, message: '{text}'{context} }}"


def _pino(line: Line) -> str:
    fields = {"level": _PINO[line.level], "time": (START + line.at) // MS, "pid": 7, "hostname": "vm"}
    return _compact({**_with_context(line, fields), "msg": line.text})


def _winston(line: Line) -> str:
    return f"{_WORDS[line.level]}: {line.text} " + _compact(_with_context(line, {}))


def _winston_nest(line: Line) -> str:
    colour = _COLOURS[line.level]
    head = f"{_paint(colour, '[MascotAPI]')} {_paint(colour, '7')} {_us(line.at)} {_paint(colour, f'{line.level.upper():>7}')}"
    return f"{head} {_paint(33, _tag(line).rstrip())} {_paint(colour, line.text)} {_paint(33, '+0ms')}"


LOGGERS: Final[dict[str, Callable[[Line], str]]] = {
    "console": _console,
    "nest": _nest,
    "nest-gb": _nest_gb,
    "nest-colour": _nest_colour,
    "nest7": _nest7,
    "nest-json": _nest_json,
    "nest-inspect": _nest_inspect,
    "pino": _pino,
    "winston": _winston,
    "winston-nest": _winston_nest,
}
# The smallest step of a logger's own stamps; loggers that are not named here write none.
OWN_STEP: Final = {
    "nest": SECOND, "nest-gb": SECOND, "nest-colour": SECOND, "nest7": SECOND, "winston-nest": SECOND,
    "nest-json": MS, "nest-inspect": MS, "pino": MS,
}  # fmt: skip


# Railway: entries, and what its tools make of them.


@dataclass(frozen=True)
class Entry:
    """One log entry as Railway keeps it."""

    at: int
    message: str
    level: str
    attributes: dict[str, Any]
    line: Line


def entries(lines: Iterable[Line], logger: str) -> Iterator[Entry]:
    """Each line that the app writes is an entry; one that is a JSON object is taken apart."""
    for line in lines:
        for part in LOGGERS[logger](line).split("\n"):
            yield _entry(line, part)


def _entry(line: Line, text: str) -> Entry:
    level = "error" if line.level == "error" else "info"
    try:
        fields = json.loads(text) if text.startswith('{"') else None
    except ValueError:
        fields = None
    if fields is None:
        return Entry(line.at, text, level, {}, line)
    message = fields.pop("message", None) or fields.pop("msg", "")
    if isinstance(fields.get("level"), str):
        level = _WORDS.get(fields.pop("level"), level)
    return Entry(line.at, message, level, fields, line)


def _attributes(entry: Entry) -> dict[str, Any]:
    return entry.attributes if "level" in entry.attributes else {"level": entry.level, **entry.attributes}


def _bare(lines: Sequence[Line], logger: str) -> str:
    return "".join(LOGGERS[logger](line) + "\n" for line in lines)


def _cli(lines: Sequence[Line], logger: str) -> str:
    return "".join(map(_cli_line, entries(lines, logger)))


def _cli_line(entry: Entry) -> str:
    attributes = _attributes(entry)
    if len(attributes) == 1:
        return entry.message + "\n"
    names = {"info": "[INFO]", "error": "[ERRO]", "warn": "[WARN]", "debug": "[DBUG]"}
    level = names.get(str(attributes["level"]), f"[{attributes['level']}]")
    pairs = [f"{key}={_compact(value)}" for key, value in attributes.items() if key != "level"]
    return f"{stamp(entry.at)} {level} {entry.message} {' '.join(pairs)}\n"


def _cli_json(lines: Sequence[Line], logger: str) -> str:
    out = []
    for number, entry in enumerate(entries(lines, logger)):
        pairs = list({"message": entry.message, "timestamp": stamp(entry.at), **_attributes(entry)}.items())
        turn = number % len(pairs)
        out.append(_compact(dict(pairs[turn:] + pairs[:turn])) + "\n")
    return "".join(out)


def _dash_log(lines: Sequence[Line], logger: str) -> str:
    tags = {"info": "[inf]", "error": "[err]", "warn": "[wrn]", "debug": "[dbg]"}
    return "".join(f"{stamp(e.at)} {tags[e.level]}  {e.message}\n" for e in entries(lines, logger))


def _dash_object(entry: Entry, *, tags: bool = True) -> dict[str, Any]:
    fields: dict[str, Any] = {"message": entry.message, "severity": entry.level, "attributes": _attributes(entry)}
    if tags:
        fields["tags"] = {
            "project": "P",
            "environment": "E",
            "service": entry.line.service,
            "deployment": "D",
            "replica": entry.line.replica,
        }
    return {**fields, "timestamp": stamp(entry.at)}


def _dash_json(lines: Sequence[Line], logger: str) -> str:
    return _compact([_dash_object(entry) for entry in entries(lines, logger)])  # type: ignore[arg-type]  # a list as well


def _dash_ndjson(lines: Sequence[Line], logger: str) -> str:
    return "".join(_compact(_dash_object(entry, tags=False)) + "\n" for entry in entries(lines, logger))


def _dash_csv(lines: Sequence[Line], logger: str) -> str:
    sheet = io.StringIO()
    table = csv.writer(sheet, lineterminator="\n")
    table.writerow(["message", "severity", "attributes", "tags", "timestamp"])
    for entry in entries(lines, logger):
        row = _dash_object(entry)
        table.writerow([row["message"], row["severity"], _compact(row["attributes"]), _compact(row["tags"]), row["timestamp"]])
    return sheet.getvalue()


def _row(entry: Entry) -> dict[str, Any]:
    line = entry.line
    tags = {"serviceId": line.service, "deploymentId": "D", "deploymentInstanceId": line.replica, "snapshotId": None}
    pairs = [{"key": key, "value": _compact(value)} for key, value in _attributes(entry).items()]
    return {"severity": entry.level, "timestamp": stamp(entry.at), "message": entry.message, "tags": tags, "attributes": pairs}


def _api_rows(lines: Sequence[Line], logger: str) -> str:
    return "".join(_compact(_row(entry)) + "\n" for entry in entries(lines, logger))


def _api(lines: Sequence[Line], logger: str) -> str:
    return _compact({"data": {"environmentLogs": [_row(entry) for entry in entries(lines, logger)]}}) + "\n"


HOLDERS: Final[dict[str, Callable[[Sequence[Line], str], str]]] = {
    "bare": _bare,
    "cli": _cli,
    "cli-json": _cli_json,
    "dash-log": _dash_log,
    "dash-json": _dash_json,
    "dash-ndjson": _dash_ndjson,
    "dash-csv": _dash_csv,
    "api-rows": _api_rows,
    "api": _api,
}
# Nest's own JSON names its stamp `timestamp`, which replaces Railway's in the CLI's JSON.
_OBJECTS: Final = frozenset({"nest-json", "pino"})


def step_of(holder: str, logger: str) -> int | None:
    """How fine the stamps of a form are, in nanoseconds; None where lines have none."""
    if holder == "cli-json" and logger == "nest-json":
        return MS
    if holder not in ("bare", "cli") or (holder == "cli" and logger in _OBJECTS):
        return 1
    return OWN_STEP.get(logger)


def forms(step: int = 1) -> list[tuple[str, str]]:
    """Every pair of holder and logger whose stamps are at least as fine as `step`."""
    pairs = [(holder, logger) for holder in HOLDERS for logger in LOGGERS]
    return [pair for pair in pairs if (own := step_of(*pair)) is not None and own <= step]


def render(lines: Iterable[Line], holder: str = "dash-log", logger: str = "console") -> bytes:
    """The lines, in the order given, in one form."""
    return HOLDERS[holder](list(lines), logger).encode("utf-8", "surrogatepass")


def records(lines: Sequence[Line], holder: str, logger: str) -> int:
    """How many log entries a form makes of the lines: Railway makes one of each line of output."""
    texts = [part for line in lines for part in LOGGERS[logger](line).split("\n")]
    if holder == "cli":
        # The CLI prints an entry's newlines as they are: what was one entry is several lines.
        texts = [part for entry in entries(lines, logger) for part in _cli_line(entry).removesuffix("\n").split("\n")]
    return sum(1 for text in texts if text.strip() or holder not in ("bare", "cli"))


# Reading.


@dataclass
class Held:
    """A source that lives in memory and hands out its bytes `size` at a time."""

    data: bytes
    name: str = "a.log"
    size: int = 1 << 20
    broken: str | None = None
    seekable: bool = True
    replaces: bool = False
    form: str | None = None

    def close(self) -> None:
        """Nothing to give back."""

    def chunks(self, offset: int = 0) -> Iterator[bytes]:
        for start in range(offset, len(self.data), self.size):
            yield self.data[start : start + self.size]


def read(rulebook: Rulebook, *data: bytes, options: Options | None = None) -> Diagnosis:
    """Diagnose each of `data` as one input."""
    sources = [Held(part, f"{chr(ord('a') + number)}.log") for number, part in enumerate(data)]
    return diagnose(sources, rulebook, options)


def outcomes(diagnosis: Diagnosis) -> dict[str, str]:
    """Where each mascot ended."""
    return dict(zip(diagnosis.mascots["mascot_id"].to_list(), diagnosis.mascots["outcome"].to_list(), strict=True))


def row_of(diagnosis: Diagnosis, mascot: str = UUID) -> dict[str, Any]:
    """One mascot's row of the timeline."""
    return next(row for row in diagnosis.mascots.to_dicts() if row["mascot_id"] == mascot)


def shifted(lines: Iterable[Line], by: int) -> list[Line]:
    return [replace(line, at=line.at + by) for line in lines]
