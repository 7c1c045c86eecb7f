"""HTTP/1.1 as uvicorn speaks it, with a limit on how long a client may take over a request's head or a refused body."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_TIME: Final = 10.0
# After a refusal the rest of a body is thrown away for a while: closing at once would cost browsers the answer.
LINGER_TIME: Final = 10.0
LINGER_BYTES: Final = 256 << 20


class PatientProtocol(H11Protocol):
    """Closes connections that send a head drop by drop (slow loris), or a body that nobody wants without end."""

    head_time = HEAD_TIME

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._served: object = None
        self._head: asyncio.TimerHandle | None = None
        self._unwanted: asyncio.TimerHandle | None = None
        self._unwanted_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected: from here it has `head_time` seconds."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._forget_head()
        self._forget_unwanted()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a head or a body."""
        cycle = self._served
        between = cycle is None or self.cycle.response_complete
        if between and self.conn.their_state is h11.SEND_BODY:
            self._bear(len(data))
        elif between:
            self._await_head()
        super().data_received(data)
        if self.cycle is not cycle:
            self._served = self.cycle
            self._forget_head()
            self._forget_unwanted()

    def _await_head(self) -> None:
        if self._head is None:
            self._head = self.loop.call_later(self.head_time, self.transport.close)

    def _forget_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _bear(self, size: int) -> None:
        self._unwanted_bytes += size
        if self._unwanted is None:
            self._unwanted = self.loop.call_later(LINGER_TIME, self.transport.close)
        if self._unwanted_bytes > LINGER_BYTES:
            self.transport.close()

    def _forget_unwanted(self) -> None:
        self._unwanted_bytes = 0
        if self._unwanted is not None:
            self._unwanted.cancel()
            self._unwanted = None
