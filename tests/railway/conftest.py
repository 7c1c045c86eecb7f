"""A server for each test, and the command run against it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from logscan.cli.main import run
from tests.cli.conftest import Ended
from tests.railway.server import Railway, serving
from tests.railway.world import PROJECT_TOKEN

Logscan = Callable[..., Ended]


@pytest.fixture
def railway(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Railway]:
    """A server to which a project token gives access, and no trace of a CLI's login."""
    with serving(Railway()) as server:
        monkeypatch.setenv("LOGSCAN_RAILWAY_URL", server.url)
        monkeypatch.setenv("RAILWAY_TOKEN", PROJECT_TOKEN)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        # Tests wait for nothing but what they are about.
        monkeypatch.setattr("logscan.railway.client.Patience.pause", lambda self, attempt: 0.01)
        yield server


@pytest.fixture
def logscan(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Logscan:
    """Run `logscan ARGUMENTS` in this process, in a folder of its own; no token, and nothing of httpx, is ever shown."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str | Path, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = run([str(argument) for argument in arguments])
        out, err = (data.decode() for data in capsysbinary.readouterr())
        for said in (out, err):
            assert "-token-0123456789" not in said
            assert not any(word in said for word in ("httpx", "httpcore", "Traceback", "internal error", "websockets"))
        return Ended(code, out, err)

    return call
