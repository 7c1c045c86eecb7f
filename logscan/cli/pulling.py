"""What `logscan pull` does once its options are read, and the pull of `logscan scan --railway`."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from logscan.cli.connecting import connected, scope_of, tell
from logscan.cli.output import emit
from logscan.cli.parsing import parsed
from logscan.cli.stopping import stoppable
from logscan.errors import LogscanError, RailwayError, UsageError
from logscan.fetched import Fetched
from logscan.intake import Interrupted
from logscan.railway.client import Client
from logscan.railway.listing import listing
from logscan.railway.pull import Order, Pull
from logscan.railway.save import save
from logscan.railway.scope import Scope
from logscan.times import UTC, format_stamp, parse_moment
from logscan.visible import visible


@dataclass(frozen=True, slots=True)
class Pulled:
    """How a pull ended: its account, what stopped it, and the signal if it was one."""

    account: Fetched
    stopped: str | None
    signum: int | None = None


def list_command(values: Mapping[str, Any]) -> int:
    """`pull --list`."""
    with connected(values) as client:
        emit(listing(client))
    return 0


def pull_command(values: Mapping[str, Any]) -> int:
    """The whole command; the exit code."""
    path: Path | None = values["path"]
    if path is not None and not path.parent.is_dir():
        raise UsageError(f"-o '{path}': there is no folder '{path.parent}'")
    if path is not None and path.is_dir():
        raise UsageError(f"-o '{path}' is a folder: name a file in it")
    with tempfile.TemporaryDirectory(prefix="logscan-") as folder, connected(values, quiet=values["quiet"]) as client:
        output = path or Path(folder) / "logs.jsonl"
        pulled = pull_into(output, client, scope_of(client, values), values)
        if path is None:
            _copy_to_stdout(output)
        _say(pulled, client, values["output"], again=path is not None, quiet=values["quiet"])
    if pulled.signum is not None:
        return 128 + pulled.signum
    return 0 if pulled.stopped is None else RailwayError.exit_code


def pull_into(output: Path, client: Client, scope: Scope, values: Mapping[str, Any]) -> Pulled:
    """Pull what the options say; what was fetched is written also where the pull was stopped. Raises UsageError, LogscanError."""
    order = _order(client, values)
    pull = Pull.at(output, client, scope, order, restart=values.get("restart", False))
    with pull.journal:
        if pull.resumed:
            began = format_stamp(pull.journal.begun.at // 10**9 * 10**9)
            client.notify(f"going on with the pull that began at {began}: {pull.rows} rows are there already (--restart begins anew)")
        stopped, signum = None, None
        with stoppable() as stop, _progress(pull) as pull.progress:
            try:
                pull.run()
            except Interrupted as interrupt:
                stopped, signum = "it was interrupted", interrupt.signum
            except RailwayError as error:
                if not pull.journal.entries:
                    pull.journal.remove()
                    raise
                stopped = str(error)
            stop.end_of_reading()
            if signum is not None and not pull.journal.entries:
                # Nothing was fetched: whatever lies at the output stays as it is.
                pull.journal.remove()
                raise click.exceptions.Exit(128 + signum)
            advice = pull.advice() if stopped and signum is None else None
            return Pulled(save(pull, output, stopped), f"{stopped}\n{advice}" if advice else stopped, signum)


def _order(client: Client, values: Mapping[str, Any]) -> Order:
    now = client.now()
    since = parsed("--since", values["since"] or "24h", lambda text: parse_moment(text, now, UTC))
    until = parsed("--until", values["until"], lambda text: parse_moment(text, now, UTC))
    if since >= (now if until is None else until):
        raise UsageError(f"--since {values['since']} lies after --until {values['until'] or 'now'}")
    asked = (values["since"] or "24h", values["until"])
    return Order(since, now if until is None else min(until, now), asked, bool(values.get("http")), values.get("page") or 5000)


def _say(pulled: Pulled, client: Client, name: str, *, again: bool, quiet: bool) -> None:
    account = pulled.account
    if not quiet:
        requests = f"{client.requests} request{'s' if client.requests != 1 else ''}"
        tell(f"{name}: {account.rows} rows, {account.window.since} to {account.window.until}, {requests}")
    for part in account.missing if pulled.stopped is None else ():
        tell(
            f"missing: {part.since} to {part.until}: {part.reason}"
            if part.since != part.until
            else f"{part.since}: {part.reason}; some may be missing"
        )
    if pulled.stopped is not None:
        tell(f"not everything was fetched: {pulled.stopped}")
        for part in account.missing:
            tell(f"missing: {part.since} to {part.until}")
        if again:
            tell("the same command goes on where this stopped")


def _copy_to_stdout(output: Path) -> None:
    if sys.stdout is None:
        raise LogscanError("standard output is closed: nothing can be printed")
    sys.stdout.flush()
    with output.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer, 1 << 20)
    sys.stdout.buffer.flush()


@contextmanager
def _progress(pull: Pull) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr at a terminal: how far back the pull has come."""
    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("CI"):
        yield lambda _rows, _reached: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TextColumn("{task.fields[rows]:,} rows, back to {task.fields[reached]}"), TimeElapsedColumn())
    since, until = pull.order.since, pull.order.until
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("", total=until - since, rows=pull.rows, reached=visible("…"))
        yield lambda rows, reached: bar.update(task, completed=until - reached, rows=rows, reached=format_stamp(reached // 10**9 * 10**9))
