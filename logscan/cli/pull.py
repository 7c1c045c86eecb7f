"""`logscan pull`: fetch logs from Railway, all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from logscan.cli.targets import limit_options, target_options


@click.command()
@click.option("--since", default="24h", show_default=True, metavar="TIME", help="From then on (2h, 1d, or a time).")
@click.option("--until", metavar="TIME", help="Up to then (default: now).")
@click.option("-o", "--output", metavar="FILE", help="Where the log goes (.gz, .zst, .bz2, .xz: compressed; - for standard output).")
@target_options
@click.option("--http", is_flag=True, default=False, help="HTTP requests for images, too.")
@click.option("--list", "show", is_flag=True, default=False, help="Show what the token reaches, and end.")
@limit_options
@click.option("--page", type=click.IntRange(1, 50_000), default=5000, show_default=True, help="How many rows to ask for at once.")
@click.option("--restart", is_flag=True, default=False, help="Throw away what a pull that was broken off has left, and begin anew.")
@click.option("-q", "--quiet", is_flag=True, default=False, help="Say nothing but errors.")
@click.pass_context
def pull(ctx: click.Context, /, **values: Any) -> int:
    """Fetch every log line of a window from Railway, oldest first, one JSON row a line.

    A pull that was broken off goes on when the same command runs again. Beside FILE lies
    FILE.coverage.json: it tells `logscan scan` which stretch was fetched whole.

    \b
    RAILWAY_TOKEN=... logscan pull --since 24h -o logs.jsonl
    logscan scan logs.jsonl -o report.html

    \b
    Exit codes: 0 everything is there, 2 wrong usage or no token, 3 not everything
    could be fetched; what was fetched is in FILE.
    """  # noqa: D301  # click's mark for lines to keep is a real backspace
    from logscan.cli.pulling import list_command, pull_command

    if values["show"]:
        return list_command(values)
    if not values["output"]:
        ctx.fail("where to? Name a file: logscan pull --since 24h -o logs.jsonl")
    values["path"] = None if values["output"] == "-" else Path(values["output"])
    return pull_command(values)
