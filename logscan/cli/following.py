"""What `logscan follow` does once its options are read."""

from __future__ import annotations

import os
import queue
import shutil
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Protocol

import click

from logscan.cli.connecting import connected, scope_of, tell
from logscan.cli.output import emit, is_terminal, use_colour
from logscan.cli.parsing import parsed
from logscan.cli.rulebooks import checked_rules
from logscan.cli.scanning import exit_code
from logscan.cli.stopping import stoppable
from logscan.cli.views import JsonLines, Now, Screen
from logscan.cli.watching import Heard, from_railway, heard, piped
from logscan.errors import LogscanError, UsageError
from logscan.intake import Interrupted, Options
from logscan.live import Live
from logscan.model import Diagnosis
from logscan.railway.client import Client
from logscan.railway.feed import Feed
from logscan.report.html import to_html
from logscan.report.terminal import to_terminal
from logscan.report.words import Words, default_language
from logscan.sinks.files import write_text
from logscan.times import SECOND, UTC, parse_duration, parse_moment, parse_zone
from logscan.visible import visible

_TICK: Final = 0.05
# A line that may go on in the next one waits so long for it.
_QUIET: Final = 0.1
# Judging takes a quarter of the time at most, and time alone (deadlines) is a reason every few seconds.
_SHARE: Final = 3.0
_AGAIN: Final = 2.0
_FRESH: Final = 60 * SECOND
_LAG: Final = 5 * SECOND


class View(Protocol):
    """Shows how things stand."""

    def show(self, diagnosis: Diagnosis | None, now: Now) -> None:
        """Show a diagnosis (None: as before) and the state of the input."""

    def close(self) -> None:
        """No more will come."""


def follow_command(values: Mapping[str, Any]) -> int:
    """The whole command; the exit code."""
    rulebook = checked_rules(values["rules"])
    words = Words(rulebook, values["lang"] or default_language())
    report: Path | None = values["output"]
    if report is not None and not report.parent.is_dir():
        raise UsageError(f"-o '{report}': there is no folder '{report.parent}'")
    options = Options(
        zone=parsed("--tz", values["tz"], parse_zone), pickup=parsed("--pickup", values["pickup"], parse_duration),
        run=parsed("--run", values["run"], parse_duration), redact=not values["no_redact"],
    )  # fmt: skip
    screen = values["format"] == "screen" or (values["format"] == "auto" and is_terminal())
    with ExitStack() as stack:
        if values["source"] == "-":
            name, reader = "<stdin>", piped
        else:
            client = stack.enter_context(connected(values, quiet=screen))
            scope = scope_of(client, values)
            feed = Feed(client, scope, _since(values, client), values["max_requests"])
            name, reader = f"railway:{visible(scope.environment.name)}", lambda: from_railway(feed)
        live = Live(rulebook, options, [name])
        view: View = Screen(words, name) if screen else JsonLines()
        stop = stack.enter_context(stoppable())
        watch = Watch(live, view, heard(reader))
        try:
            watch.run()
        except Interrupted as interrupt:
            watch.signum = interrupt.signum
        finally:
            stop.end_of_reading()
            view.close()
        return _end(watch, words, report, screen=screen, zero=values["exit_zero"])


def _since(values: Mapping[str, Any], client: Client) -> int:
    since: int = parsed("--since", values["since"], lambda text: parse_moment(text, client.now(), UTC))
    return since


class Watch:
    """The loop: lines in, diagnoses out, at a calm pace."""

    def __init__(self, live: Live, view: View, queued: queue.Queue[Heard]) -> None:
        self.live, self._view, self._queue = live, view, queued
        self.signum: int | None = None
        self.error: Exception | None = None
        self._now = Now("connecting")
        self._until: int | None = None
        self._of_today = False
        self._next = self._settle_at = self._judged = 0.0

    def run(self) -> None:
        """Until the input ends. Raises Interrupted."""
        ended = False
        while not ended:
            ended = self._hear()
            moment = time.monotonic()
            if self._settle_at and (moment >= self._settle_at or ended):
                self.live.settle()
                self._settle_at = 0.0
            due = self.live.dirty or moment - self._judged >= _AGAIN
            self._view.show(self.diagnosis() if due and (moment >= self._next or ended) else None, self._now)

    def diagnosis(self) -> Diagnosis:
        """How things stand; takes note of how long it took to say."""
        began = time.monotonic()
        diagnosis = self.live.diagnosis(self._whole_until())
        self._judged = time.monotonic()
        self._next = self._judged + (self._judged - began) * _SHARE
        return diagnosis

    def _hear(self) -> bool:
        """Take what is there; whether it was the last."""
        try:
            it = self._queue.get(timeout=_TICK)
        except queue.Empty:
            return False
        for line in it.lines:
            self.live.feed(line)
        if it.lines:
            self._settle_at = time.monotonic() + _QUIET
        self._until = it.until if it.until is not None else self._until
        self._now = self._now.after(it.state, it.words, self.live.lines)
        if it.error is not None:
            self.error = it.error
        return it.ended

    def _whole_until(self) -> int | None:
        """Up to when silence is real: as the feed says; of a pipe, if its lines bear the time of day."""
        if self._until is not None or self._now.state != "reading":
            return self._until
        newest, now = self.live.newest, time.time_ns()
        if newest is not None and abs(now - newest) < _FRESH:
            self._of_today = True
        return now - _LAG if self._of_today else None


def _end(watch: Watch, words: Words, report: Path | None, *, screen: bool, zero: bool) -> int:
    watch.live.settle()
    diagnosis = watch.diagnosis()
    text = to_terminal(
        diagnosis, words, width=shutil.get_terminal_size((100, 24)).columns if screen else 100, colour=use_colour(os.environ)
    )
    if screen:
        emit(text)
    else:
        click.echo(text, err=True, nl=False)
    if report is not None:
        write_text(report, to_html(diagnosis, words, now=time.time_ns()))
        click.echo(words.ui("written", path=visible(str(report))), err=True)
    if watch.signum is not None:
        return 128 + watch.signum
    if isinstance(watch.error, LogscanError):
        tell(str(watch.error))
        return 1 if diagnosis.critical and not zero else watch.error.exit_code
    if watch.error is not None:
        raise watch.error
    return exit_code(diagnosis, zero=zero)
