"""Options that name a database, and what they make of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from logscan.database import Ask


def database_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--db` and what belongs to it."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option(
        "--db",
        metavar="URL|FILE",
        help="The database of mascots: postgresql://…, an SQLite file, or an export of a query (- for standard input). It is only read.",
    ),
    click.option("--db-table", default="mascots", show_default=True, metavar="NAME", help="Its table, with a schema or without."),
    click.option(
        "--db-columns", metavar="NAME=COLUMN,…", help="How its columns are called: id, name, status, image, avatar, batch, created."
    ),
    click.option("--db-timeout", default="30s", show_default=True, metavar="TIME", help="Longest that one of its queries may take."),
)


def database_of(values: Mapping[str, Any], zone: dt.tzinfo) -> Ask | None:
    """What reads the database that the options name; None where they name none. Raises UsageError."""
    from logscan.cli.parsing import parsed
    from logscan.database import Names, opened, parse_columns, parse_table
    from logscan.times import SECOND, parse_duration

    parsed("--db-table", values["db_table"], parse_table)
    columns = parsed("--db-columns", values["db_columns"], parse_columns)
    timeout = parsed("--db-timeout", values["db_timeout"], parse_duration)
    if values["db"] is None:
        return None
    return opened(values["db"], Names(values["db_table"], columns or {}), zone, max(timeout / SECOND, 0.001))
