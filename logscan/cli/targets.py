"""The options that name a place on Railway, shared by `pull`, `follow`, `check` and `scan --railway`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: Final = (
    click.option("--project", metavar="NAME|ID",
                 help="Railway project (default: the token's, RAILWAY_PROJECT_ID, or what `railway link` set)."),
    click.option("--environment", metavar="NAME|ID", help="Its environment (default likewise, else production)."),
    click.option("--service", "services", multiple=True, metavar="NAME|ID",
                 help="Only this service; may be given again. `all` for all of them."),
    click.option("--token-file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
                 help="Read the token from FILE (default: RAILWAY_TOKEN, RAILWAY_API_TOKEN, the Railway CLI's login)."),
)  # fmt: skip
_LIMITS: Final = (
    click.option("--max-requests", type=click.IntRange(1), default=1000, show_default=True, help="How many requests to send at most."),
    click.option(
        "--max-wait",
        default="5m",
        show_default=True,
        metavar="TIME",
        help="How long a pause to accept when Railway's rate limit is reached.",
    ),
)


def target_options(command: F) -> F:
    """Which project, environment and services, and with which token."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def limit_options(command: F) -> F:
    """How much to ask of Railway."""
    for option in reversed(_LIMITS):
        command = option(command)
    return command
