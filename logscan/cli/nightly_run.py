"""What `logscan nightly run` does once its options are read: settings, lock, history; then the run itself."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from logscan.cli.addresses import asker
from logscan.cli.connecting import connected, scope_of, tell
from logscan.cli.database import database_of
from logscan.cli.parsing import moment_of_report
from logscan.cli.pulling import pull_into
from logscan.cli.railway_scan import looked
from logscan.cli.rulebooks import checked_rules
from logscan.cli.scanning import exit_code
from logscan.errors import LogscanError, UsageError
from logscan.history import History, HistoryError, open_history
from logscan.history.lock import locked
from logscan.history.opening import in_memory
from logscan.nightly.limit import ended_after
from logscan.nightly.night import Window, night_of
from logscan.nightly.run import Ended, Gather, Gathered, Job
from logscan.nightly.settings import Settings, read_settings, require_mail
from logscan.sinks.mail import parse_address
from logscan.sources import FileSource, PipeSource, expand
from logscan.times import UTC, format_stamp, parse_stamp
from logscan.visible import visible

_GIVEN = ("files", "history", "lang", "send", "time_limit", "rules")


def settings_of(values: Mapping[str, Any]) -> Settings:
    """The settings with the options of the command line on top. Raises UsageError."""
    _needs_mail_extra()
    given = {name: list(value) if isinstance(value, tuple) else value for name in _GIVEN if (value := values.get(name))}
    return read_settings(given, os.environ, values["config"])


def _needs_mail_extra() -> None:
    try:
        import css_inline  # noqa: F401  # of the extra `mail`
    except ImportError as error:
        raise click.UsageError("the mail needs one more package: pip install 'logscan[mail]'") from error


def run_command(values: Mapping[str, Any]) -> int:
    """The whole command; the exit code."""
    now = moment_of_report(values["now"])
    if values["dry_run"] != (values["output"] is not None):
        raise UsageError("--dry-run and -o DIR go together: the mail is written there instead of being sent")
    settings = settings_of(values)
    if values["dry_run"]:
        ended = _trial(settings, values["output"], now)
    else:
        require_mail(settings)
        with ended_after(settings.time_limit):
            ended = _run(settings, now)
    code = exit_code(ended.diagnosis, zero=values["exit_zero"]) if ended.diagnosis is not None else 0
    return LogscanError.exit_code if ended.trouble and code in (0, 4) else code


def _run(settings: Settings, now: int) -> Ended:
    """One run at a time. Where the history cannot be used the mail that says so is sent all the same."""
    try:
        with locked(settings.history) as mine:
            if not mine:
                tell(f"another run is at work on '{settings.history}'{_who(settings.history)}: the night is left to it")
                return Ended()
            told: list[str] = []
            with open_history(settings.history, notify=told.append) as history:
                history.note("running", f"process {os.getpid()}, since {format_stamp(now)}")
                for line in told:
                    tell(line)
                try:
                    return _job(settings, history, gather_of(settings), now, tuple(told)).run()
                finally:
                    history.note("running", None)
    except HistoryError as error:
        return _without_history(settings, error, now)


def _without_history(settings: Settings, error: HistoryError, now: int) -> Ended:
    """Nobody may know of this otherwise. Each such run sends its mail: what is sent already stands in the history."""

    @contextmanager
    def refuse(_window: Window, _folder: Path) -> Iterator[Gathered]:
        raise error
        yield

    with in_memory(None) as history:
        return _job(settings, history, refuse, now, ()).run()


def _who(path: Path) -> str:
    try:
        with open_history(path, create=False) as history:
            running = history.about("running")
    except HistoryError:
        return ""
    return f" ({running})" if running else ""


def _job(settings: Settings, history: History, gather: Gather, now: int, told: tuple[str, ...]) -> Job:
    folder = settings.history.with_name(settings.history.name + ".pulls") / night_of(now)
    return Job(settings, history, gather, lambda: checked_rules(settings.rules), now, folder, tell, told)


def _trial(settings: Settings, folder: Path, now: int) -> Ended:
    """`--dry-run`: on a copy of the history, into files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"-o '{folder}': {error.strerror or error}") from error
    # Whatever the mail's address is, nothing is sent to it.
    nowhere = parse_address("--dry-run", "smtp+plain://127.0.0.1:25")
    settings = replace(settings, mail=nowhere, report="attach" if settings.report == "link" else settings.report)
    with tempfile.TemporaryDirectory(prefix="logscan-") as scratch, in_memory(settings.history) as history:
        job = replace(_job(settings, history, gather_of(settings), now, ()), folder=Path(scratch) / "pulls" / night_of(now), trial=folder)
        return job.run()


def gather_of(settings: Settings) -> Gather:
    """Where the log comes from, files or Railway, and what is asked beside it. Raises UsageError."""
    logs = _from_files(settings.files) if settings.files else _from_railway(settings)
    try:
        database, ask = database_of(settings.database, UTC), asker(settings.images)
    except UsageError as error:
        # The settings are called otherwise than the options of a scan.
        said = str(error).replace("--db-", "database.").replace("--db", "database.url").replace("--allow-private", "images.allow_private")
        raise UsageError(said) from error

    @contextmanager
    def gather(window: Window, folder: Path) -> Iterator[Gathered]:
        """What a night reads, with what is asked beside it."""
        with logs(window, folder) as found:
            yield replace(found, database=database, ask=ask)

    return gather


def _from_files(files: tuple[str, ...]) -> Gather:
    @contextmanager
    def gather(_window: Window, _folder: Path) -> Iterator[Gathered]:
        sources = expand(list(files))
        for source in sources:
            if isinstance(source, PipeSource):
                # For the report, lines of what is piped in are read a second time.
                source.spool = True
        yield Gathered(sources)

    return gather


def _from_railway(settings: Settings) -> Gather:
    @contextmanager
    def gather(window: Window, folder: Path) -> Iterator[Gathered]:
        values = {**settings.railway, "since": format_stamp(window.reach), "until": format_stamp(window.until)}
        _fresh_folder(folder)
        log = folder / "logs.jsonl"
        with connected(values) as client:
            scope = scope_of(client, values)
            checks, failed = looked(client, scope) if settings.check else ((), False)
            pulled = pull_into(log, client, scope, values)
        if pulled.signum is not None:
            # What was fetched stays: the next run goes on there.
            raise click.exceptions.Exit(128 + pulled.signum)
        trouble = pulled.stopped or ("the services and variables could not be looked at" if failed else None)
        yield Gathered(
            [FileSource(f"railway:{visible(scope.environment.name)}", log)], checks, parse_stamp(pulled.account.settled), trouble
        )

    return gather


def _fresh_folder(folder: Path) -> None:
    """A place for the pull of this night; those of nights before are of no use any more. Raises LogscanError."""
    try:
        for old in folder.parent.glob("*") if folder.parent.is_dir() else ():
            if old.name != folder.name:
                shutil.rmtree(old, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        # Log lines as they are, secrets included: for nobody else.
        folder.chmod(0o700)
    except OSError as error:
        raise LogscanError(f"'{folder}' cannot be made: {error.strerror or error}") from error
