"""Nights against real servers on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Ended, Logscan
from tests.cli.conftest import logscan as plain_logscan
from tests.nightly.servers import KEY, PASSWORD, Api, Certificates, Mailbox, api_server, mail_server
from tests.railway.conftest import railway

__all__ = ["Logscan", "plain_logscan", "railway"]


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.made(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mail server on this machine, and the settings that lead to it."""
    with mail_server(Mailbox()) as server:
        monkeypatch.setenv("LOGSCAN_MAIL_URL", f"smtp+plain://127.0.0.1:{server.port}")
        monkeypatch.setenv("LOGSCAN_MAIL_FROM", "logscan <logscan@example.org>")
        monkeypatch.setenv("LOGSCAN_MAIL_TO", "ops@example.org")
        yield server


@pytest.fixture
def api(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    with api_server(Api(), certificates) as server:
        monkeypatch.setenv("LOGSCAN_CA_FILE", str(certificates.file))
        yield server


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses before further tries, told instead of kept."""
    pauses: list[float] = []
    monkeypatch.setattr("logscan.nightly.outbox.time.sleep", pauses.append)
    return pauses


@pytest.fixture
def logscan(plain_logscan: Logscan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Logscan:
    """Run `logscan ARGUMENTS` in a folder of its own; no secret is ever shown."""
    monkeypatch.setenv("LOGSCAN_NIGHTLY_HISTORY", str(tmp_path / "data" / "history.sqlite"))

    def call(*arguments: str | Path, stdin: bytes = b"") -> Ended:
        done = plain_logscan(*arguments, stdin=stdin)
        for said in (done.out, done.err):
            assert not any(secret in said for secret in (KEY, PASSWORD, "s3cret", "-token-0123456789", "T0/B0/XYZ"))
            assert not any(word in said for word in ("httpx", "Traceback", "internal error", "error inside logscan", "smtplib"))
        return done

    return call
