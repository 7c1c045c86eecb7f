"""A worker process, seen from the server: started when it is needed, killed when it hangs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec

from logscan.web.messages import Answer, Request

# After so many scans a worker is replaced, so that what libraries keep does not pile up.
_SCANS: Final = 40
# What a worker has no business with.
_SECRETS: Final = (
    "LOGSCAN_WEB_TOKEN",
    "LOGSCAN_MAIL_URL",
    "LOGSCAN_MAIL_WEBHOOK",
    "RAILWAY_TOKEN",
    "RAILWAY_API_TOKEN",
    "LOGSCAN_SCAN_DB",
    "LOGSCAN_DATABASE_URL",
    "PGPASSWORD",
    "DATABASE_URL",
)


class Crashed(Exception):  # noqa: N818  # what happened
    """The process ended in the middle of a scan; the message says how."""


class Worker:
    """One process at a time, which scans one request at a time."""

    def __init__(self, rules: tuple[str, ...]) -> None:
        self._rules = rules
        self._process: asyncio.subprocess.Process | None = None
        self._scans = 0
        self._starting = asyncio.Lock()
        self.idle_since = 0.0

    @property
    def pid(self) -> int | None:
        """The process, where one runs."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> asyncio.subprocess.Process:
        """Have a process ready. Raises Crashed."""
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                self._scans = 0
                try:
                    self._process = await self._spawn()
                except OSError as error:
                    raise Crashed(f"no process: {error.strerror or error}") from error
            return self._process

    async def _spawn(self) -> asyncio.subprocess.Process:
        environment = {name: value for name, value in os.environ.items() if name not in _SECRETS}
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "logscan.web.scanner", *self._rules,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            # What it prints may quote the log.
            stderr=None if os.environ.get("LOGSCAN_DEBUG") else asyncio.subprocess.DEVNULL,
            env=environment,
            # Ctrl-C is the server's business: it lets scans end. (The number is Windows' CREATE_NEW_PROCESS_GROUP.)
            **({"creationflags": 0x200} if sys.platform == "win32" else {"start_new_session": True}),
        )  # fmt: skip

    async def scan(self, request: Request, told: Callable[[Answer], None]) -> Answer:
        """The last answer to a request; `told` gets those before it. Raises Crashed."""
        process = await self.start()
        if process.stdin is None or process.stdout is None:
            raise Crashed("no pipes")
        try:
            process.stdin.write(msgspec.json.encode(request) + b"\n")
            await process.stdin.drain()
            while line := await process.stdout.readline():
                answer = msgspec.json.decode(line, type=Answer)
                if answer.last:
                    await self._count()
                    return answer
                told(answer)
        except (OSError, ValueError) as error:
            await self.stop()
            raise Crashed(type(error).__name__) from error
        code = await process.wait()
        self._process = None
        raise Crashed(how_ended(code))

    async def _count(self) -> None:
        """A worker that did many scans makes room for a new one."""
        self._scans += 1
        if self._scans >= _SCANS:
            await self.stop()

    async def stop(self) -> None:
        """End the process, whatever it does."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def how_ended(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
