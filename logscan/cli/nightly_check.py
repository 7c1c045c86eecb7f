"""What `logscan nightly check` does: every part of a run is tried, and none of it leaves a trace."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

from logscan.cli.connecting import connected, scope_of
from logscan.cli.database import database_of
from logscan.cli.nightly_run import settings_of
from logscan.cli.output import emit, use_colour
from logscan.cli.parsing import moment_of_report
from logscan.cli.rulebooks import checked_rules
from logscan.database import Window as Rows
from logscan.errors import LogscanError
from logscan.history import HistoryError
from logscan.history.lock import locked
from logscan.history.opening import in_memory
from logscan.nightly.night import Window, night_of, window_of
from logscan.nightly.settings import Settings, require_mail
from logscan.sinks.mail import Address, transport
from logscan.sources import expand
from logscan.times import SECOND, UTC, format_stamp
from logscan.visible import visible

_MARKS = {True: ("✔", "32"), False: ("✖", "31")}


def check_command(values: Mapping[str, Any]) -> int:
    """The whole command; the exit code."""
    now = moment_of_report(values["now"])
    settings = settings_of(values)
    wrong = 0
    for name, part in _parts(settings, now):
        try:
            said, well = part(), True
        except LogscanError as error:
            said, well = str(error), False
        wrong += not well
        emit(_line(name, said, well=well))
    return LogscanError.exit_code if wrong else 0


def _line(name: str, said: str, *, well: bool) -> str:
    mark, code = _MARKS[well]
    shown = f"\x1b[{code}m{mark}\x1b[0m" if use_colour(os.environ) else mark
    return f"{shown} {name:9} " + "\n            ".join(visible(line) for line in said.split("\n")) + "\n"


def _parts(settings: Settings, now: int) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "settings", lambda: _sources(settings)
    yield "rules", lambda: f"{len(checked_rules(settings.rules).families)} families of causes"
    yield "log", lambda: _log(settings)
    yield "history", lambda: _history(settings)
    yield "window", lambda: _window(settings, now)
    if settings.database["db"] is not None:
        yield "database", lambda: _database(settings)
    yield "mail", lambda: _mail(settings)
    if settings.webhook is not None:
        yield "webhook", lambda: transport(settings.webhook).probe() if settings.webhook else ""


def _sources(settings: Settings) -> str:
    origins = sorted({origin.split(":")[0] for origin in settings.origins.values()})
    return f"from {', '.join(origins)}" if origins else "all as they come: nothing is set"


def _log(settings: Settings) -> str:
    if settings.files:
        sources = expand(list(settings.files))
        for source in sources:
            with closing(source):
                # Open each: a file that may not be read is told now, not at night.
                next(iter(source.chunks()), None)
        return f"{len(sources)} file{'s' if len(sources) != 1 else ''}: {', '.join(visible(it.name) for it in sources[:5])}"
    with connected(settings.railway, quiet=True) as client:
        scope = scope_of(client, settings.railway)
    return f"Railway: {scope.words}"


def _database(settings: Settings) -> str:
    """Whether the table can be read: the rows of this moment, and the newest."""
    ask = database_of(settings.database, UTC)
    if ask is None:
        return "none"
    rows = ask(Rows(None, None, ()))
    return f"{rows.name}: {rows.rows.height} row{'s' if rows.rows.height != 1 else ''} read"


def _history(settings: Settings) -> str:
    """Whether it can be read, and its folder written to."""
    with locked(settings.history) as mine, in_memory(settings.history) as history:
        nights = history.nights()
    state = "" if mine else "; a run is at work on it now"
    last = f", the last {nights[0].night}" if nights else ""
    return f"{settings.history}: {len(nights)} night{'s' if len(nights) != 1 else ''}{last}{state}"


def _window(settings: Settings, now: int) -> str:
    window = _planned(settings, now)
    missed = f"; makes up for {', '.join(window.missed)}" if window.missed else ""
    if settings.files:
        return f"night {window.night}: files are read to their end{missed}"
    since, until = (format_stamp(it // SECOND * SECOND) for it in (window.since, window.until))
    return f"night {window.night}: {since} to {until}{missed}"


def _planned(settings: Settings, now: int) -> Window:
    try:
        history = in_memory(settings.history)
    except HistoryError:
        history = in_memory(None)
    with history:
        nights = history.nights(before=night_of(now))
        return window_of(night_of(now), now, nights, settings.reach, history.open_mascots())


def _mail(settings: Settings) -> str:
    require_mail(settings)
    address: Address | None = settings.mail
    if address is None or settings.sender is None:
        return "none is sent; the webhook gets the news"
    return f"{transport(address).probe()}; from {settings.sender.sender} to {', '.join(settings.sender.to)}"
