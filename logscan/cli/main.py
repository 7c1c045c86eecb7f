"""The command group, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

import click

from logscan.cli.bundle import bundle
from logscan.cli.check import check
from logscan.cli.compare import compare
from logscan.cli.completion import completion
from logscan.cli.follow import follow
from logscan.cli.history import history
from logscan.cli.nightly import nightly
from logscan.cli.pull import pull
from logscan.cli.rules import rules
from logscan.cli.scan import scan
from logscan.cli.serve import serve
from logscan.errors import LogscanError
from logscan.version import __version__
from logscan.visible import visible

CLOSED_PIPE: Final = 141
INTERRUPT: Final = 130
INTERNAL: Final = 3


class _Commands(click.Group):
    """`logscan` alone, or with options only, is `logscan scan -` where something is piped in."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {"--help", "-h", "--version"}
        named = bool(args) and (args[0] in own or not args[0].startswith("-"))
        if not named and not ctx.resilient_parsing and _piped():
            args = ["scan", *args]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None and os.path.exists(args[0]):  # noqa: PTH110
            ctx.fail(f"no such command '{args[0]}'. To read that file: logscan scan {args[0]}")
        return super().resolve_command(ctx, args)


def _piped() -> bool:
    return sys.stdin is not None and not sys.stdin.isatty()


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "LOGSCAN", "max_content_width": 100},
    no_args_is_help=True,
)
@click.version_option(__version__, prog_name="logscan")
def cli() -> None:
    """Says why the mascot images are missing: which mascots, since when, what proves it, what mends it.

    \b
    railway logs --json --since 1d --lines 5000 | logscan
    logscan scan backend.jsonl worker.jsonl -o report.html
    """  # noqa: D301  # click's mark for lines to keep is a real backspace


cli.add_command(scan)
cli.add_command(pull)
cli.add_command(follow)
cli.add_command(check)
cli.add_command(rules)
cli.add_command(serve)
cli.add_command(nightly)
cli.add_command(history)
cli.add_command(compare)
cli.add_command(bundle)
cli.add_command(completion)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and give its exit code; never raises, never prints a traceback."""
    try:
        return _invoke(sys.argv[1:] if arguments is None else list(arguments))
    except click.exceptions.Exit as done:
        return done.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPT
    except click.ClickException as error:
        _show_usage(error)
        return error.exit_code
    except BrokenPipeError:
        _give_up_stdout()
        return CLOSED_PIPE
    except LogscanError as error:
        click.echo(f"logscan: {_lines(error)}", err=True)
        return error.exit_code
    except OSError as error:
        _give_up_stdout()
        click.echo(f"logscan: cannot write the output: {error.strerror or error}", err=True)
        return LogscanError.exit_code
    except Exception as error:  # the last resort: a message instead of a traceback
        if os.environ.get("LOGSCAN_DEBUG"):
            raise
        click.echo(f"logscan: internal error ({type(error).__name__}: {_lines(error)}). LOGSCAN_DEBUG=1 shows where.", err=True)
        return INTERNAL


def _give_up_stdout() -> None:
    """What is still buffered cannot be written: Python would complain once more, and exit 120, when it flushes at exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _invoke(arguments: list[str]) -> int:
    if "_LOGSCAN_COMPLETE" in os.environ:
        cli.main(prog_name="logscan")
    # Not cli.main(): it turns a closed pipe into exit code 1.
    with cli.make_context("logscan", arguments) as context:
        code = cli.invoke(context)
    if sys.stdout is not None:
        sys.stdout.flush()
    return code if isinstance(code, int) else 0


def _show_usage(error: click.ClickException) -> None:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    where: click.Context | None = getattr(error, "ctx", None)
    if where is not None:
        click.echo(f"{where.get_usage()}\nTry '{where.command_path} --help' for help.\n", err=True)
    click.echo(f"Error: {_lines(error.format_message())}", err=True)


def _lines(error: object) -> str:
    """An error's message: names from archives and folders in it must not act on the terminal."""
    return "\n".join(visible(line) for line in str(error).split("\n"))


def main() -> NoReturn:
    """The console script."""
    sys.exit(run())
