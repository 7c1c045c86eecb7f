"""Listening, signals, logs: the app as a process."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import uvicorn

from logscan.errors import LogscanError
from logscan.web.app import build
from logscan.web.protocol import PatientProtocol
from logscan.web.settings import Settings

# What runs may end within this time before the server goes.
GRACE: Final = 10
_CONNECTIONS: Final = 256


class Server(uvicorn.Server):
    """Leaves signals to `serve`, and says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """From here on requests are answered."""
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn would raise the signal again after the end, and lose the exit code."""
        yield


def serve(settings: Settings, ready: Callable[[str], None]) -> int:
    """Serve until a signal comes; `ready` gets the address once the server listens. The exit code.

    Raises LogscanError where the address or the data folder cannot be used.
    """
    server, listener = prepared(settings, ready)
    _log_to_stderr()
    return asyncio.run(_until_signalled(server, listener))


def prepared(settings: Settings, ready: Callable[[str], None]) -> tuple[Server, socket.socket]:
    """A server and the socket it is to listen on. Raises LogscanError."""
    listener = _listen(settings)
    try:
        app = build(settings)
    except LogscanError:
        listener.close()
        raise
    address = address_of(settings.host, listener.getsockname()[1])
    # Its own access log would show the reports' addresses.
    config = uvicorn.Config(
        app, http=PatientProtocol, ws="none", lifespan="on", log_config=None, access_log=False, server_header=False,
        proxy_headers=bool(settings.proxies), forwarded_allow_ips=list(settings.proxies), limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=20, timeout_graceful_shutdown=GRACE,
    )  # fmt: skip
    return Server(config, lambda: ready(address)), listener


async def _until_signalled(server: uvicorn.Server, listener: socket.socket) -> int:
    signals: list[int] = []

    def stop(number: int, _frame: object = None) -> None:
        # A second one does not wait for what runs.
        server.force_exit = bool(signals)
        server.should_exit = True
        signals.append(number)

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None:
            with suppress(ValueError):
                signal.signal(number, stop)
    try:
        await server.serve([listener])
    finally:
        listener.close()
    return 128 + signals[0] if signals else 0


def _listen(settings: Settings) -> socket.socket:
    host, port = settings.host, settings.port
    listener = None
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if host == "::":
            # Railway's edge comes over IPv4, its private network over IPv6.
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        listener.listen(256)
        listener.setblocking(False)
    except OSError as error:
        if listener is not None:
            listener.close()
        raise LogscanError(f"cannot listen on {host} port {port}: {error.strerror or error}. --port 0 takes a free one") from error
    return listener


def address_of(host: str, port: int) -> str:
    """Where a browser on this machine finds the server."""
    host = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}.get(host, host)  # noqa: S104  # named, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%S%z"))
    for name, level in (("logscan.web", logging.INFO), ("uvicorn.error", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
