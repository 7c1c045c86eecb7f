"""From options to a client of Railway's API and a scope. Imports what is heavy."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from logscan.cli.parsing import parsed
from logscan.railway.client import Client, Patience
from logscan.railway.endpoint import Endpoint
from logscan.railway.scope import Scope, Wanted, find_scope
from logscan.railway.tokens import ACCOUNT, PROJECT, find_token
from logscan.times import SECOND, parse_duration
from logscan.visible import visible


def tell(text: str) -> None:
    """Something people should know, on stderr."""
    for line in text.split("\n"):
        click.echo(f"logscan: {visible(line)}", err=True)


@contextmanager
def connected(values: Mapping[str, Any], *, quiet: bool = False) -> Iterator[Client]:
    """A client for these options. Raises UsageError."""
    endpoint = Endpoint.of(os.environ)
    token = find_token(os.environ, Path.home(), values["token_file"])
    if token.origin == PROJECT and os.environ.get(ACCOUNT) and not quiet:
        tell(f"{PROJECT} and {ACCOUNT} are both set: {PROJECT} is used, as the Railway CLI does")
    usual = Patience()
    wait = parsed("--max-wait", values.get("max_wait"), parse_duration)
    patience = replace(
        usual,
        requests=values.get("max_requests") or usual.requests,
        wait=usual.wait if wait is None else wait / SECOND,
        timeout=_timeout() or usual.timeout,
    )
    with Client(endpoint, token, patience, (lambda _: None) if quiet else tell) as client:
        yield client


def scope_of(client: Client, values: Mapping[str, Any]) -> Scope:
    """What these options choose. Raises UsageError, RailwayError."""
    wanted = Wanted(values["project"], values["environment"], tuple(values["services"]))
    return find_scope(client, wanted, os.environ, Path.home(), Path.cwd())


def _timeout() -> float | None:
    """Seconds that one request may take: the CLI's own variable."""
    text = os.environ.get("RAILWAY_HTTP_TIMEOUT", "")
    return float(text) if text.isdecimal() and 0 < int(text) < 10_000 else None  # noqa: PLR2004
