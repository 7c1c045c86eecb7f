"""Live rows over WebSocket (graphql-transport-ws). No error of the library leaves here, and no token."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any, Final, Self

import msgspec
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from logscan.railway import queries
from logscan.railway.answers import GraphQLError, understood
from logscan.railway.client import Client, trust
from logscan.railway.rows import LogRows, Row, rows_of
from logscan.version import __version__

_OPEN: Final = 10.0
_PING: Final = 25.0
_LARGEST: Final = 256 << 20
_PROTOCOL: Final = Subprotocol("graphql-transport-ws")


class Closed(Exception):  # noqa: N818  # an end, not an error: streams end all the time
    """The stream has ended; the message says why."""


class _Payload(msgspec.Struct):
    data: LogRows | None = None
    errors: list[GraphQLError] | None = None


class _Message(msgspec.Struct):
    type: str
    payload: msgspec.Raw = msgspec.Raw(b"null")


class Stream:
    """One connection. `rows` gives what comes; an acknowledgement proves nothing, so only rows show that it works."""

    def __init__(self, socket: ClientConnection, held: contextlib.ExitStack) -> None:
        self._socket, self._held = socket, held

    @classmethod
    def opened(cls, client: Client, variables: dict[str, Any]) -> Self:
        """Connect and subscribe to an environment's log. Raises Closed."""
        endpoint, held = client.endpoint, contextlib.ExitStack()
        try:
            connection = connect(
                endpoint.websocket, additional_headers=client.token.headers, subprotocols=[_PROTOCOL], open_timeout=_OPEN, close_timeout=1,
                ping_interval=_PING, max_size=_LARGEST, user_agent_header=f"logscan/{__version__}",
                ssl=None if endpoint.websocket.startswith("ws:") else trust(), proxy=None if endpoint.loopback else True,
            )  # fmt: skip
            socket = held.enter_context(connection)
        except InvalidStatus as error:
            raise Closed(f"HTTP {error.response.status_code}") from error
        except (WebSocketException, OSError, TimeoutError, EOFError) as error:
            raise Closed("no connection") from error
        stream = cls(socket, held)
        try:
            stream._begin(variables)
        except BaseException:
            stream.close()
            raise
        return stream

    def _begin(self, variables: dict[str, Any]) -> None:
        self._send({"type": "connection_init"})
        while self._next(_OPEN).type != "connection_ack":
            pass
        self._send({"id": "1", "type": "subscribe", "payload": {"query": queries.LIVE_LOGS, "variables": variables}})

    def rows(self, seconds: float) -> Iterator[list[Row]]:
        """Rows as they come, for so many seconds. Raises Closed; RailwayError or Fault where Railway refuses."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                message = self._next(left)
            except TimeoutError:
                return
            if message.type == "next":
                yield self._rows(message.payload)
            elif message.type == "error":
                raise understood(_decoded(message.payload, list[GraphQLError]) or [GraphQLError()])
            elif message.type == "complete":
                raise Closed("Railway ended the stream")

    @staticmethod
    def _rows(payload: msgspec.Raw) -> list[Row]:
        it = _decoded(payload, _Payload)
        if it.errors:
            raise understood(it.errors)
        return rows_of(it.data.rows) if it.data is not None else []

    def _next(self, seconds: float) -> _Message:
        try:
            text = self._socket.recv(timeout=seconds)
        except (ConnectionClosed, OSError, EOFError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise Closed("the connection broke off") from error
        message: _Message = _decoded(text, _Message)
        if message.type == "ping":
            self._send({"type": "pong"})
        return message

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._socket.send(msgspec.json.encode(message).decode())
        except (ConnectionClosed, OSError) as error:
            raise Closed("the connection broke off") from error

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(WebSocketException, OSError):
            self._held.close()


def _decoded(data: msgspec.Raw | bytes | str, kind: Any) -> Any:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Closed("the answer cannot be read") from error
