"""A server for each test, and the command run against it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Ended, Logscan
from tests.cli.conftest import logscan as plain_logscan
from tests.railway.server import Railway, serving
from tests.railway.world import PROJECT_TOKEN

__all__ = ["Logscan", "plain_logscan"]


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
def logscan(plain_logscan: Logscan) -> Logscan:
    """Run `logscan ARGUMENTS` in this process, in a folder of its own; no token, and nothing of httpx, is ever shown."""

    def call(*arguments: str | Path, stdin: bytes = b"") -> Ended:
        done = plain_logscan(*arguments, stdin=stdin)
        for said in (done.out, done.err):
            assert "-token-0123456789" not in said
            assert not any(word in said for word in ("httpx", "httpcore", "Traceback", "internal error", "websockets"))
        return done

    return call
