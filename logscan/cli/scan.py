"""`logscan scan`: read logs, say what is wrong, write the report."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from logscan.cli.addresses import address_options
from logscan.cli.database import database_options
from logscan.cli.judging import judging_options
from logscan.cli.targets import limit_options, target_options

OUTPUTS = ("text", "json", "markdown")
FORMATS = (
    "auto", "railway-json", "railway-plain", "railway-log", "railway-array", "railway-csv", "railway-ndjson", "railway-rows",
    "railway-response", "railway-http", "nest", "nest-json", "pino", "pino-pretty", "winston", "devtools", "text",
)  # fmt: skip


console_option = click.option(
    "--console", multiple=True, metavar="FILE", help="What the plugin's console saved (a FILE is known by its content, too)."
)


@click.command()
@click.argument("inputs", metavar="[FILE]...", nargs=-1)
@click.option("--format", type=click.Choice(OUTPUTS), default="text", show_default=True, help="What to print.")
@click.option("-o", "--output", metavar="FILE", help="Write the HTML report here (- for standard output).")
@click.option(
    "--report-max-mb", type=click.FloatRange(min=1), metavar="MB", default=10, show_default=True, help="Largest size of the HTML report."
)
@click.option("--open", is_flag=True, default=False, help="Show the HTML report in the browser.")
@click.option("--timeline", type=click.Path(dir_okay=False, path_type=Path), help="Write one row per mascot (.jsonl, .csv, .parquet).")
@judging_options
@click.option("--lang", type=click.Choice(["en", "fr"]), help="Language (default: the locale's). JSON is always English.")
@click.option("--input-format", type=click.Choice(FORMATS), default="auto", show_default=True, help="Take every input for this form.")
@click.option("--no-redact", is_flag=True, default=False, help="Leave secrets readable, for a report that stays on this machine.")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Processes that read a large file (default: one a core, at most 4).")
@click.option("--timings", is_flag=True, default=False, help="Print on stderr how many seconds each stage took.")
@click.option("--exit-zero", is_flag=True, default=False, help="Exit 0 also for critical findings or unrecognised input.")
@console_option
@database_options
@click.option("--railway", is_flag=True, default=False, help="Pull the log from Railway (--since, default 24h) instead of reading FILEs.")
@target_options
@click.option("--http", is_flag=True, default=False, help="With --railway: HTTP requests for images, too.")
@click.option("--check", is_flag=True, default=False, help="Look at the services and variables on Railway, too (see logscan check).")
@limit_options
@address_options
@click.option("--schema", is_flag=True, default=False, help="Print the JSON Schema of --format json, and end.")
@click.pass_context
def scan(ctx: click.Context, /, **values: Any) -> int:
    """Diagnose log FILEs: files, folders, globs, or - for standard input.

    Plain or compressed (gzip, zstd, bzip2, xz), in any form that Railway's command line, its dashboard or
    the app's loggers write. Without FILE, what is piped in is read.

    \b
    Exit codes: 0 nothing critical, 1 a critical finding, 2 wrong usage or rules,
    3 an input could not be read (to its end), 4 nothing recognised.
    """  # noqa: D301  # click's mark for lines to keep is a real backspace
    from logscan.cli.scanning import print_schema, scan_command

    if values["schema"]:
        return print_schema()
    if values["railway"] and values["inputs"]:
        ctx.fail("--railway pulls the log, so there is no FILE to read: give one or the other")
    if not values["railway"]:
        values["inputs"] = inputs_of(ctx, values)
    return scan_command(values)


def inputs_of(ctx: click.Context, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The logs to read: those that are named, else what is piped in; where there is neither, that is wrong usage."""
    named: tuple[str, ...] = values["inputs"]
    # A console or a database can be looked at alone; what is piped in as the database is no log.
    others = bool(values["console"]) or values["db"] is not None
    if named or values["db"] == "-" or (others and not _piped()):
        return named
    if sys.stdin is None or sys.stdin.isatty():
        ctx.fail("nothing to read: name a file, or pipe a log in (railway logs --json --since 1d --lines 5000 | logscan)")
    return ("-",)


def _piped() -> bool:
    """Whether something is piped in, or redirected: cron's /dev/null is neither."""
    if sys.stdin is None or sys.stdin.isatty():
        return False
    try:
        return not stat.S_ISCHR(os.fstat(sys.stdin.fileno()).st_mode)
    except (OSError, ValueError):
        return True
