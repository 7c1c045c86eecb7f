"""`logscan rules`: look at rules, check them, write them. What is heavy is imported when a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

_RULES = click.option("--rules", multiple=True, metavar="DIR", help="More rules; by id they replace the packaged ones.")
_FOLDERS = click.argument("folders", metavar="[DIR]...", nargs=-1)


@click.group(no_args_is_help=True)
def rules() -> None:
    """Look at the rules, check them, and write new ones.

    Rules are read from the package, then from the folder `rules` of your logscan settings (`logscan rules
    list` says where that is), then from --rules DIR; by id, a later one replaces an earlier one.
    """


@rules.command("list")
@_RULES
@click.option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What to print.")
def list_rules(**values: Any) -> int:
    """List every rule: its kind, what it leads to, where it comes from and what it hides."""
    from logscan.cli.ruling import list_command

    return list_command(values)


@rules.command()
@click.argument("name", metavar="ID")
@_RULES
@click.option("--lang", type=click.Choice(["en", "fr"]), help="Language (default: the locale's).")
def show(**values: Any) -> int:
    """Show the rule or the family ID: texts, pattern, examples, what it leads to."""
    from logscan.cli.ruling import show_command

    return show_command(values)


@rules.command()
@_FOLDERS
@click.option("--format", type=click.Choice(["text", "json", "github"]), default="text", show_default=True, help="What to print.")
def lint(**values: Any) -> int:
    """Find every mistake in the rules of DIR (default: the packaged ones and yours). Exit code 2 where there are errors."""
    from logscan.cli.ruling import lint_command

    return lint_command(values)


@rules.command()
@_FOLDERS
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the results as JUnit XML, too.")
def test(**values: Any) -> int:
    """Run the tests that the rules of DIR carry: examples, counter-examples, sequences. Exit code 2 where one fails."""
    from logscan.cli.ruling import test_command

    return test_command(values)


@rules.command()
def schema() -> int:
    """Print the JSON Schema of rule files, for editors."""
    from logscan.cli.ruling import schema_command

    return schema_command()


@rules.command()
@click.argument("text", metavar="LINE|FILE")
@_RULES
def explain(**values: Any) -> int:
    """Say how LINE (or each line of FILE, or of - for standard input) is read, which rules hold, and where the nearest stop."""
    from logscan.cli.ruling import explain_command

    return explain_command(values)


@rules.command()
@click.argument("inputs", metavar="FILE...", nargs=-1, required=True)
@_RULES
@click.option("--format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What to print.")
def coverage(**values: Any) -> int:
    """Say which rules fired on FILEs, which never did, and which lines look like errors and matched nothing."""
    from logscan.cli.ruling import coverage_command

    return coverage_command(values)


@rules.command()
@click.option("--from-line", "line", metavar="LINE", help="The line to write a rule for. Without it, the command asks.")
@click.option("--kind", type=click.Choice(["cause", "signature", "data"]), default="cause", show_default=True, help="What the line is.")
@click.option("--id", "name", metavar="ID", help="The rule's id (default: made from the line).")
@click.option("--event", metavar="EVENT", help="The event that a signature stands for.")
@click.option("--family", metavar="ID", help="The family that a cause belongs to (default: a new one).")
@click.option("--component", metavar="NAME", help="The component of a new family.")
@click.option("--title-en", metavar="TEXT", help="A new family's title in English.")
@click.option("--title-fr", metavar="TEXT", help="A new family's title in French.")
@click.option("--remedy-en", metavar="TEXT", help="What mends it, in English.")
@click.option("--remedy-fr", metavar="TEXT", help="What mends it, in French.")
@_RULES
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the rule file here (default: print it)."
)
def new(**values: Any) -> int:
    """Write a rule for a line: ids, numbers and hosts become groups, and the rule passes its own tests."""
    from logscan.cli.ruling import new_command

    return new_command(values)
