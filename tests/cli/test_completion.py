"""`logscan completion`: scripts that shells accept, and completions that the command answers."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, Logscan
from tests.needs import lacking


@pytest.mark.parametrize(
    ("shell", "own"), [("bash", "complete -o nosort"), ("zsh", "compdef"), ("fish", "complete --no-files --command logscan")]
)
def test_completion_prints_the_shells_script(logscan: Logscan, shell: str, own: str) -> None:
    done = logscan("completion", shell)
    assert done.code == 0
    assert own in done.out
    assert f"_LOGSCAN_COMPLETE={shell}_complete" in done.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script_is_accepted_by_the_shell(logscan: Logscan, tmp_path: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        lacking(f"{shell} is not installed: apt-get install {shell}")
    script = tmp_path / "script"
    script.write_text(logscan("completion", shell).out)
    assert subprocess.run([shell, "-n", str(script)], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["logscan", "sc"], {"scan"}),
        (["logscan", "scan", "--t"], {"--timeline", "--timings", "--token-file", "--tz"}),
        (["logscan", "scan", "--format", ""], {"text", "json", "markdown"}),
        (["logscan", "scan", "--lang", "f"], {"fr"}),
        (["logscan", "completion", "z"], {"zsh"}),
    ],
)
def test_completion_completes_commands_options_and_choices(words: list[str], offered: set[str]) -> None:
    environment = {**os.environ, "_LOGSCAN_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert {line.split(",", 1)[1] for line in done.stdout.splitlines()} == offered
