"""Running the command: in process where that shows the same, as a process of its own where it does not."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from logscan.cli.main import run

FIXTURES = Path(__file__).parents[2] / "fixtures"
COMMAND = [sys.executable, "-m", "logscan"]


class Ended(NamedTuple):
    """A run that is over."""

    code: int
    out: str
    err: str


Logscan = Callable[..., Ended]


@pytest.fixture
def logscan(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Logscan:
    """Run `logscan ARGUMENTS` in this process, in an empty folder, with `stdin` piped in."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str | Path, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = run([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        return Ended(code, out.decode(), err.decode())

    return call


@pytest.fixture
def process(tmp_path: Path) -> Logscan:
    """Run `logscan ARGUMENTS` as a process, with `stdin` piped in."""

    def call(*arguments: str | Path, stdin: bytes = b"") -> Ended:
        done = subprocess.run([*COMMAND, *map(str, arguments)], input=stdin, capture_output=True, cwd=tmp_path, check=False, timeout=60)
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call


def log(name: str) -> Path:
    """The (first) input of a fixture."""
    return min((FIXTURES / name).glob("input*"))
