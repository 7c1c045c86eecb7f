"""The options that let image addresses be asked: `--check-urls`, `--allow-private`, `--save-answers`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from logscan.model import ImageAnswer, ImageUrl

SAMPLE = "20"
_MOST = 1000
C = TypeVar("C", bound=Callable[..., Any])


def _number(ctx: click.Context, _param: click.Parameter, text: str | None) -> int:
    """How many to ask: none without the option, some without a number."""
    if text is None:
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 4:  # noqa: PLR2004  # digits
        ctx.fail(
            f"--check-urls: '{text}' is not a number. Files come before it (scan FILE --check-urls), or it names one: --check-urls={SAMPLE}"
        )
    if int(text) > _MOST:
        ctx.fail(f"--check-urls: at most {_MOST}: a sample tells as much, and the storage may take more for an attack")
    return int(text)


def address_options(command: C) -> C:
    """Add the options to a command."""
    for decorate in reversed((
        click.option(
            "--check-urls", is_flag=False, flag_value=SAMPLE, default=None, metavar="[N]", callback=_number,
            help=f"Ask for a sample of N image URLs (default: {SAMPLE}): do they answer, with an image, with CORS for the plugin?",
        ),
        click.option(
            "--allow-private", multiple=True, metavar="NETWORK",
            help="With --check-urls: ask addresses in this private network, too (10.0.0.0/8, 127.0.0.1).",
        ),
        click.option(
            "--save-answers", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
            help="With --check-urls: keep what was answered; FILE can be scanned beside the logs later.",
        ),
    )):  # fmt: skip
        command = decorate(command)
    return command


def asker(values: Mapping[str, Any]) -> Callable[[Sequence[ImageUrl]], Sequence[ImageAnswer]] | None:
    """What asks for some of the addresses; None unless it is wanted. Raises UsageError."""
    from logscan.addresses import parse_network
    from logscan.cli.parsing import parsed
    from logscan.errors import UsageError

    if not values["check_urls"]:
        if values["save_answers"] is not None:
            raise UsageError("--save-answers: nothing is asked without --check-urls")
        return None
    from logscan.checks.asking import Policy, ask_some

    networks = [parsed("--allow-private", text, parse_network) for text in values["allow_private"]]
    return partial(ask_some, number=values["check_urls"], policy=Policy(tuple(it for it in networks if it is not None)))
