"""`logscan nightly`: the nightly report. What is heavy is imported when a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

_CONFIG = click.option(
    "--config", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Settings (default: LOGSCAN_NIGHTLY_CONFIG, else logscan.toml if it is there).",
)  # fmt: skip
_HISTORY = click.option(
    "--history", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="The history (default: on Railway's volume, else in your data folder).",
)  # fmt: skip
_NOW = click.option("--now", metavar="TIME", help="The moment of the run (default: the clock). Its UTC date is the night.")


@click.group(no_args_is_help=True)
def nightly() -> None:
    """The nightly report: pull the last day, diagnose it, compare it with the night before, mail it.

    Every setting stands in logscan.toml (`logscan nightly init` writes one) or in the environment:
    LOGSCAN_MAIL_URL, LOGSCAN_MAIL_FROM, LOGSCAN_MAIL_TO, LOGSCAN_NIGHTLY_SEND and so on.
    """


@nightly.command()
@click.argument("files", metavar="[FILE]...", nargs=-1)
@_CONFIG
@_HISTORY
@_NOW
@click.option("--dry-run", is_flag=True, default=False, help="Send nothing and remember nothing: write mail and report to -o DIR.")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where --dry-run writes the mail (.eml) and the report.",
)
@click.option("--lang", type=click.Choice(["en", "fr"]), help="Language of mail and report.")
@click.option(
    "--send", type=click.Choice(["always", "on-change", "on-problem"]), help="When a mail is sent; the latter two write weekly in any case."
)
@click.option("--time-limit", metavar="TIME", help="When to give up, and say so by mail.")
@click.option("--rules", multiple=True, metavar="DIR", help="More rules; by id they replace the packaged ones.")
@click.option("--exit-zero", is_flag=True, default=False, help="Exit 0 also for critical findings or unrecognised input.")
def run(**values: Any) -> int:
    """Make tonight's report and send it: from Railway, or from FILEs.

    Run again on the same night, it sends nothing twice; after a kill it goes on. Nights that were missed are made
    up for in one mail. A second run at the same time leaves the night to the first (exit code 0).

    \b
    Exit codes: 0 nothing critical, 1 a critical finding, 2 wrong usage or settings,
    3 something could not be read, pulled or sent, 4 nothing recognised.
    """  # noqa: D301  # click's mark for lines to keep is a real backspace
    from logscan.cli.nightly_run import run_command

    return run_command(values)


@nightly.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("logscan.toml"),
    show_default=True,
    metavar="FILE",
    help="Where it goes.",
)
@click.option("--force", is_flag=True, default=False, help="Replace a file that is there.")
def init(output: Path, *, force: bool) -> int:
    """Write a settings file in which every setting is explained."""
    from logscan.errors import UsageError
    from logscan.nightly.options import template
    from logscan.sinks.files import write_text

    if output.exists() and not force:
        raise UsageError(f"'{output}' is there already: --force replaces it, -o names another file")
    write_text(output, template())
    click.echo(f"logscan: {output}: set what you need, then try it: logscan nightly check", err=True)
    return 0


@nightly.command()
@click.argument("files", metavar="[FILE]...", nargs=-1)
@_CONFIG
@_HISTORY
@_NOW
@click.option("--rules", multiple=True, metavar="DIR", help="More rules; by id they replace the packaged ones.")
def check(**values: Any) -> int:
    """Try every part of the set-up without sending a mail: settings, rules, log, window, history, mail login.

    \b
    Exit codes: 0 all is well, 2 wrong settings, 3 a part does not work.
    """  # noqa: D301  # click's mark for lines to keep is a real backspace
    from logscan.cli.nightly_check import check_command

    return check_command(values)
