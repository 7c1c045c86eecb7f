"""`logscan check`: the project's set-up on Railway."""

from __future__ import annotations

from typing import Any

import click

from logscan.cli.targets import limit_options, target_options


@click.command()
@target_options
@click.option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What to print.")
@click.option("--rules", multiple=True, metavar="DIR", help="More rules; by id they replace the packaged ones.")
@click.option("--lang", type=click.Choice(["en", "fr"]), help="Language (default: the locale's). JSON is always English.")
@limit_options
@click.option("--exit-zero", is_flag=True, default=False, help="Exit 0 also where an item fails.")
def check(**values: Any) -> int:
    """Look at services and variables on Railway: is Redis there, do API and worker reach the same one, is Google set up?

    Values of variables are compared by salted hashes in memory; they are never stored, printed or logged.

    \b
    Exit codes: 0 nothing fails, 1 an item fails, 2 wrong usage or no token,
    3 Railway could not be asked.
    """  # noqa: D301  # click's mark for lines to keep is a real backspace
    from logscan.cli.checking import check_command

    return check_command(values)
