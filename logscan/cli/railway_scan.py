"""`logscan scan --railway --check`: what comes from Railway before the scan."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from logscan.checks.look import look
from logscan.cli.connecting import connected, scope_of, tell
from logscan.cli.pulling import pull_into
from logscan.errors import RailwayError
from logscan.model import Check
from logscan.railway.client import Client
from logscan.railway.scope import Scope
from logscan.sources import FileSource, Source
from logscan.visible import visible


@contextmanager
def from_railway(values: Mapping[str, Any]) -> Iterator[tuple[list[Source] | None, tuple[Check, ...], int]]:
    """The pulled log as a source (None without --railway), the checks, and the exit code for what could not be had (0: nothing)."""
    with tempfile.TemporaryDirectory(prefix="logscan-") as folder, connected(values) as client:
        scope = scope_of(client, values)
        checks, failed = looked(client, scope) if values["check"] else ((), False)
        if not values["railway"]:
            yield None, checks, RailwayError.exit_code * failed
            return
        log = Path(folder) / "logs.jsonl"
        pulled = pull_into(log, client, scope, values)
        if pulled.stopped is not None:
            tell(f"not everything was fetched: {pulled.stopped}")
        code = 128 + pulled.signum if pulled.signum is not None else RailwayError.exit_code * (failed or pulled.stopped is not None)
        yield [FileSource(f"railway:{visible(scope.environment.name)}", log)], checks, code


def looked(client: Client, scope: Scope) -> tuple[tuple[Check, ...], bool]:
    """A log without a look at the variables is better than nothing."""
    try:
        return look(client, scope), False
    except RailwayError as error:
        tell(f"the services and variables could not be looked at: {error}")
        return (), True
