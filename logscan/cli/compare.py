"""`logscan compare`: two JSON reports, what is new, what still fails, what has recovered."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from logscan.cli.output import emit
from logscan.errors import LogscanError, UsageError

if TYPE_CHECKING:
    from logscan.report.compare import Report

CRITICAL = 1


@click.command()
@click.argument("old", metavar="OLD.json")
@click.argument("new", metavar="NEW.json")
@click.option("--format", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True, help="What to print.")
@click.option("--lang", type=click.Choice(["en", "fr"]), help="Language (default: the locale's). JSON is always English.")
@click.option("--exit-zero", is_flag=True, default=False, help="Exit 0 also where the new report has a critical finding.")
def compare(old: str, new: str, *, format: str, lang: str | None, exit_zero: bool) -> int:  # noqa: A002  # the option's name
    """Compare two reports of `logscan scan --format json`: new, still failing, recovered.

    One of them may be - for standard input. Exit code 1 if the new report has a critical finding,
    3 if a report could not be read.
    """
    from logscan.report import compare as reports
    from logscan.report.words import Words, default_language
    from logscan.rulebook import load_rules

    if old == new == "-":
        raise UsageError("only one of the two reports can come from standard input")
    found = reports.compare(*(_report(name) for name in (old, new)))
    words = Words(load_rules(), (lang or default_language()))  # type: ignore[arg-type]  # click allows these two only
    if format == "json":
        emit(reports.to_json(found))
    else:
        emit(reports.to_markdown(found, words) if format == "markdown" else reports.to_text(found, words))
    return CRITICAL if found.new.critical and not exit_zero else 0


def _report(name: str) -> Report:
    """The report in a file. Raises LogscanError."""
    from logscan.report.compare import read_report

    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise LogscanError(f"{name}: cannot be read: {error.strerror or error}") from error
    try:
        return read_report(data)
    except ValueError as error:
        raise LogscanError(f"{name}: this is no report of `logscan scan --format json` ({error})") from error
