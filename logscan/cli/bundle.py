"""`logscan bundle`: what a scan saw, in one file for somebody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from logscan.cli.addresses import address_options
from logscan.cli.database import database_options
from logscan.cli.judging import judging_options
from logscan.cli.scan import FORMATS, console_option, inputs_of


@click.command()
@click.argument("inputs", metavar="[FILE]...", nargs=-1)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default="case.zip", show_default=True, metavar="FILE",
    help="Where to write the case.",
)  # fmt: skip
@judging_options
@click.option("--lang", type=click.Choice(["en", "fr"]), help="Language of messages (default: the locale's). The case has both.")
@click.option("--input-format", type=click.Choice(FORMATS), default="auto", show_default=True, help="Take every input for this form.")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Processes that read a large file (default: one a core, at most 4).")
@click.option("--exit-zero", is_flag=True, default=False, help="Exit 0 also for critical findings or unrecognised input.")
@console_option
@database_options
@address_options
@click.pass_context
def bundle(ctx: click.Context, /, **values: Any) -> int:
    """Put what a scan of FILEs sees into one zip file: to be sent to whoever shall look, or kept.

    It holds the lines that matter and those around them, the report, and facts about the set-up without its values.
    Secrets are masked, each with the same mark throughout. `logscan scan case.zip` gives the same answer.
    Exit codes are those of a scan.
    """
    from logscan.cli.bundling import bundle_command

    values["inputs"] = inputs_of(ctx, values)
    return bundle_command(values)
