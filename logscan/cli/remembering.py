"""What `logscan history` does once its options are read."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from typing import Any

import msgspec

from logscan.cli.output import emit
from logscan.errors import UsageError
from logscan.history import History, Night, open_history
from logscan.nightly.settings import read_settings
from logscan.report.words import Words, default_language
from logscan.rulebook import load_rules
from logscan.sinks.files import write_bytes
from logscan.times import SECOND, format_stamp
from logscan.visible import visible


def _opened(values: Mapping[str, Any]) -> History:
    settings = read_settings({"history": values["history"]}, os.environ, values["config"])
    return open_history(settings.history, create=False)


def list_command(values: Mapping[str, Any]) -> int:
    """`history list`."""
    with _opened(values) as history:
        nights = history.nights(limit=values["limit"])
    if values["format"] == "json":
        emit(_json([_told(it) for it in nights]))
        return 0
    rows = [("Night", "Verdict", "Failed", "Mascots", "Mail"), *(_row(it) for it in nights)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = (row[0].ljust(widths[0]), row[1].ljust(widths[1]), row[2].rjust(widths[2]), row[3].rjust(widths[3]), row[4])
        emit("  ".join(cells).rstrip() + "\n")
    return 0


def _row(night: Night) -> tuple[str, ...]:
    verdict = night.verdict or {"failed": "(could not run)", "missed": "(no run)", "planned": "(not done)"}[night.state]
    counts = ("" if value is None else str(value) for value in (night.failing, night.mascots))
    caught = f"in that of {night.caught_up}" if night.caught_up and night.mail is None else "none"
    return (
        night.night,
        verdict,
        *counts,
        {"rendered": "not sent yet", "sending": "not known to be sent"}.get(night.mail or "", night.mail or caught),
    )


def show_command(values: Mapping[str, Any]) -> int:
    """`history show`."""
    with _opened(values) as history:
        name = values["night"]
        night = next(iter(history.nights(limit=1)), None) if name == "last" else history.night(name)
        if night is None:
            raise UsageError(f"there is no night '{visible(name)}' in the history (logscan history list shows them)")
        parts = {
            "findings": [dict(zip(("id", "severity", "mascots"), row, strict=True)) for row in history.findings(night.night)],
            "causes": [dict(zip(("id", "component", "mascots", "lines"), row, strict=True)) for row in history.causes(night.night)],
            "open": [_asdict(it) for it in history.carried_from(night.night)],
        }
    if values["format"] == "json":
        emit(_json({**_told(night), **parts}))
    else:
        emit(_text(night, parts, Words(load_rules(), values["lang"] or default_language())))
    return 0


def _text(night: Night, parts: Mapping[str, list[dict[str, Any]]], words: Words) -> str:
    lines = [f"{night.night}: {_row(night)[1]}"]
    if night.since is not None:
        lines.append(f"  {words.moment(night.since)} – {words.moment(night.until)} UTC")
    if night.problem:
        lines.append(f"  {visible(night.problem)}")
    if night.mascots is not None:
        counts = " · ".join(f"{words.ui(name)} {words.number(count)}" for name, count in night.outcomes.items())
        lines.append(f"  {words.label('mascots')} {words.number(night.mascots)}{f' ({counts})' if counts else ''}")
    for title, rows in (("findings", parts["findings"]), ("causes", parts["causes"])):
        if rows:
            width = max(len(row["id"]) for row in rows)
            lines += ["", words.ui(title), *(f"  {row['id'].ljust(width)}  {words.counted('mascots', row['mascots'])}" for row in rows)]
    if parts["open"]:
        lines += ["", words.ui("history-open")]
        lines += [f"  {visible(it['mascot'])}  {words.ui(it['outcome'])}{_end(it, words)}" for it in parts["open"]]
    if night.uncovered:
        lines += ["", words.ui("not-covered"), *(f"  {since} – {until}  {visible(why)}" for since, until, why in night.uncovered)]
    return "\n".join(lines) + "\n"


def _end(it: Mapping[str, Any], words: Words) -> str:
    return f" → {words.ui(it['resolved_outcome'])} ({it['resolved_night']})" if it["resolved_outcome"] else ""


def export_command(values: Mapping[str, Any]) -> int:
    """`history export`."""
    output = values["output"]
    ending = output.suffix.lower()
    if ending not in (".csv", ".parquet"):
        raise UsageError(f"-o '{output}': the file must end in .csv or .parquet")
    with _opened(values) as history:
        frame = history.frame(values["table"])
    buffer = io.BytesIO()
    if ending == ".parquet":
        frame.write_parquet(buffer)
    else:
        frame.write_csv(buffer, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    write_bytes(output, buffer.getvalue())
    return 0


def _told(night: Night) -> dict[str, Any]:
    """A night for programs: moments as stamps."""
    stamps = {name: _stamp(getattr(night, name)) for name in ("since", "until", "covered", "ended_at")}
    uncovered = [dict(zip(("since", "until", "why"), row, strict=True)) for row in night.uncovered]
    return {**_asdict(night), **stamps, "uncovered": uncovered}


def _asdict(row: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(row)
    return {**found, **({"since": _stamp(row.since)} if "since" in found else {})}


def _stamp(moment: int | None) -> str | None:
    return None if moment is None else format_stamp(moment // SECOND * SECOND)


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
