"""`logscan completion`: the script that makes a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    bash:  logscan completion bash >> ~/.bashrc
    zsh:   logscan completion zsh >> ~/.zshrc
    fish:  logscan completion fish > ~/.config/fish/completions/logscan.fish
    """  # noqa: D301  # click's mark for lines to keep is a real backspace
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for '{shell}'")
    root = ctx.find_root()
    click.echo(kind(root.command, {}, "logscan", "_LOGSCAN_COMPLETE").source())
