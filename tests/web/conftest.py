"""Real servers: in this process, in a thread of their own; or as the command, where a process is to be watched or killed."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from logscan.web.server import prepared
from logscan.web.settings import Settings
from tests.needs import lacking
from tests.web.client import Client

FIXTURES = Path(__file__).parents[2] / "fixtures"
TOKEN = "correct-horse-battery"  # noqa: S105
LOG = (FIXTURES / "quota-cli-plain" / "input.log").read_bytes()


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """A server in a thread; its address."""
    ready, address = threading.Event(), ""

    def listening(at: str) -> None:
        nonlocal address
        address = at
        ready.set()

    server, listener = prepared(settings, listening)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
    thread.start()
    try:
        assert ready.wait(20)
        yield address
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


Serve = Callable[..., Client]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start a server with these settings; a client of it."""
    stack: list[Any] = []

    def start(**settings: Any) -> Client:
        settings = {"data": tmp_path / "data", "rate": 10_000, "workers": 1, **settings}
        running = serving(Settings(**settings))
        stack.append(running)
        return Client(running.__enter__())

    yield start
    for running in reversed(stack):
        running.__exit__(None, None, None)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that many tests use; its data folder is `data` beside it."""
    with serving(Settings(data=tmp_path_factory.mktemp("shared") / "data", rate=10_000, workers=1)) as address:
        yield address


@pytest.fixture
def client(shared: str) -> Client:
    """A new browser or script before the shared server."""
    return Client(shared)


@dataclass
class Command:
    """`logscan serve` as a process."""

    process: subprocess.Popen[str]
    address: str
    errors: Path
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = Client(self.address)

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


Start = Callable[..., Command]


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Start]:
    """Run `logscan serve ARGUMENTS`, with `environment` on top."""
    started: list[Command] = []

    def start(*arguments: str, port: str | None = "0", **environment: str) -> Command:
        errors = tmp_path / f"errors-{len(started)}.txt"
        given = ["--data", str(tmp_path / "data"), *([] if port is None else ["--port", port]), *arguments]
        with errors.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "logscan", "serve", *given],
                stdout=subprocess.PIPE, stderr=file, text=True, env={**os.environ, **environment}, cwd=tmp_path,
            )  # fmt: skip
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert re.fullmatch(r"http://\S+:\d+", line), line + errors.read_text()
        started.append(Command(process, line, errors))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()
        if one.process.stdout is not None:
            one.process.stdout.close()


_CHROMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium: nothing is downloaded."""
    program = next((found for name in _CHROMES if (found := shutil.which(name))), None) or next(filter(os.path.exists, _ELSEWHERE), None)
    if program is None:
        lacking("no Chromium here (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield running
        running.close()
