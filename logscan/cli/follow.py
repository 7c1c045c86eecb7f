"""`logscan follow`: the diagnosis of a log that goes on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from logscan.cli.targets import target_options


@click.command()
@click.argument("source", metavar="[-]", required=False, type=click.Choice(["-"]))
@target_options
@click.option("--since", default="15m", show_default=True, metavar="TIME", help="Begin that far back (with Railway).")
@click.option(
    "--format",
    type=click.Choice(["auto", "screen", "jsonl"]),
    default="auto",
    show_default=True,
    help="A view that renews itself, or one JSON line per change (auto: by whether this is a terminal).",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the HTML report here at the end."
)
@click.option("--rules", multiple=True, metavar="DIR", help="More rules; by id they replace the packaged ones.")
@click.option("--pickup", metavar="TIME", help="How long a job may wait to be picked up (default: as the rules say, 2m).")
@click.option("--run", metavar="TIME", help="How long a job may run (default: as the rules say, 10m).")
@click.option("--tz", default="UTC", show_default=True, metavar="ZONE", help="Zone of stamps that name none.")
@click.option("--lang", type=click.Choice(["en", "fr"]), help="Language (default: the locale's). JSON is always English.")
@click.option("--no-redact", is_flag=True, default=False, help="Leave secrets readable.")
@click.option(
    "--max-requests", type=click.IntRange(12), default=360, show_default=True, help="How many requests an hour to send to Railway."
)
@click.option(
    "--max-wait", default="1h", show_default=True, metavar="TIME", help="How long a pause to accept when Railway's rate limit is reached."
)
@click.option("--exit-zero", is_flag=True, default=False, help="Where the input ends: exit 0 also for critical findings.")
@click.pass_context
def follow(ctx: click.Context, /, **values: Any) -> int:
    """Watch a log that goes on, and say at once what is wrong. Ctrl-C ends it with a summary.

    Without an argument Railway's log is followed, across redeploys; with - what is piped in.

    \b
    RAILWAY_TOKEN=... logscan follow
    docker logs -f backend 2>&1 | logscan follow -

    \b
    Exit codes: 130 after Ctrl-C, 143 after SIGTERM; where the input ends by itself, those of
    logscan scan.
    """  # noqa: D301  # click's mark for lines to keep is a real backspace
    from logscan.cli.following import follow_command

    if values["source"] == "-" and (sys.stdin is None or sys.stdin.isatty()):
        ctx.fail("nothing is piped in: docker logs -f backend 2>&1 | logscan follow -")
    return follow_command(values)
