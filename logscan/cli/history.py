"""`logscan history`: what the nightly runs remember."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_HISTORY = click.option(
    "--history", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="The history (default: LOGSCAN_NIGHTLY_HISTORY, else as the nightly run finds it).",
)  # fmt: skip
_CONFIG = click.option("--config", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="The settings of the nightly run.")
_LANG = click.option("--lang", type=click.Choice(["en", "fr"]), help="Language (default: the locale's). JSON is always English.")
_FORMAT = click.option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What to print.")


def _place(command: Callable[..., Any]) -> Callable[..., Any]:
    return _HISTORY(_CONFIG(command))


@click.group(no_args_is_help=True)
def history() -> None:
    """Look at the nights that `logscan nightly run` remembers."""


@history.command("list")
@click.option("--limit", type=click.IntRange(1), default=30, show_default=True, help="How many nights, the newest first.")
@_FORMAT
@_place
def list_nights(**values: Any) -> int:
    """List nights: verdict, mascots, how the mail went."""
    from logscan.cli.remembering import list_command

    return list_command(values)


@history.command()
@click.argument("night", metavar="NIGHT")
@_FORMAT
@_LANG
@_place
def show(**values: Any) -> int:
    """Show one NIGHT (2026-11-26, or `last`): findings, causes, mascots that were open, what was not covered."""
    from logscan.cli.remembering import show_command

    return show_command(values)


@history.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="Where it goes (.csv or .parquet).",
)
@click.option(
    "--table", type=click.Choice(["nights", "findings", "causes", "carried"]), default="nights", show_default=True, help="What to export."
)
@_place
def export(**values: Any) -> int:
    """Write a table of the history as CSV or Parquet."""
    from logscan.cli.remembering import export_command

    return export_command(values)
