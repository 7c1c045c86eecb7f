"""The options that say which records count and how they are judged, shared by `scan` and `bundle`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: Final = (
    click.option("--rules", multiple=True, metavar="DIR", help="More rules; by id they replace the packaged ones."),
    click.option("--since", metavar="TIME", help="Only records from then on (2h, 1d, or a time)."),
    click.option("--until", metavar="TIME", help="Only records up to then."),
    click.option("--pickup", metavar="TIME", help="How long a job may wait to be picked up (default: as the rules say, 2m)."),
    click.option("--run", metavar="TIME", help="How long a job may run (default: as the rules say, 10m)."),
    click.option("--now", metavar="TIME", help="The moment of the report (default: the clock)."),
    click.option("--tz", default="UTC", show_default=True, metavar="ZONE", help="Zone of stamps that name none."),
)


def judging_options(command: F) -> F:
    """Rules, window, deadlines, the moment of the report, and the zone of bare stamps."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
