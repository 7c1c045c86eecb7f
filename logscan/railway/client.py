"""Asking Railway: the only module that knows httpx. No error of it leaves here, and no token."""

from __future__ import annotations

import os
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx
import msgspec

from logscan.errors import RailwayError, RefusedError, SpentError, UsageError
from logscan.railway.answers import Fault, decode, errors_in, understood
from logscan.railway.endpoint import Endpoint
from logscan.railway.limits import RateLimit, rate_limit, retry_after, server_time
from logscan.railway.tokens import Token
from logscan.times import SECOND, format_duration
from logscan.version import __version__
from logscan.visible import visible

T = TypeVar("T")
_LARGEST: Final = 512 << 20
_TOO_MANY: Final = 429
_WAITS: Final = 20
_TRANSIENT: Final = frozenset({408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long. Times in seconds; `wait` is the longest pause that Railway may ask for."""

    requests: int = 1000
    attempts: int = 6
    generic: int = 3
    first: float = 0.5
    longest: float = 30.0
    wait: float = 300.0
    timeout: float = 60.0

    def pause(self, attempt: int) -> float:
        """Before the next attempt: twice as long each time, and by chance, so that not all come back at once."""
        most = min(self.longest, self.first * 2.0 ** (attempt - 1))
        return most / 2 + random.uniform(0, most / 2)  # noqa: S311  # no secret hangs on it


@dataclass(slots=True)
class Client:
    """Sends documents and decodes answers, with retries and within a budget. `notify` is told what people should know."""

    endpoint: Endpoint
    token: Token
    patience: Patience = field(default_factory=Patience)
    notify: Callable[[str], None] = lambda _: None
    sleep: Callable[[float], None] = time.sleep
    requests: int = 0
    limit: RateLimit = field(default_factory=RateLimit)
    skew: float = 0.0
    _http: httpx.Client = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare connections; none is opened yet. Raises UsageError where LOGSCAN_CA_FILE is no list of certificates."""
        self._http = httpx.Client(
            headers={"User-Agent": f"logscan/{__version__}", "x-source": f"logscan {__version__}", "Content-Type": "application/json"},
            timeout=httpx.Timeout(self.patience.timeout, connect=min(15.0, self.patience.timeout)),
            # On loopback without TLS no certificate is ever asked for: an empty list of trusted ones will do.
            verify=trust() if self.endpoint.http.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            # A proxy has no business between this machine and itself.
            trust_env=not self.endpoint.loopback, follow_redirects=False,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def now(self) -> int:
        """Railway's clock as far as its answers tell it, in nanoseconds; this machine's may be wrong."""
        return time.time_ns() + int(self.skew * SECOND)

    def ask(
        self,
        document: str,
        variables: Mapping[str, Any],
        kind: type[T],
        *,
        token: Token | None = None,
        smaller: Callable[[], None] | None = None,
    ) -> T:
        """The data of an answer. `smaller`, after a fault, may make `variables` ask for less.

        Raises RailwayError, or one of its kinds, once no further attempt makes sense.
        """
        token = token or self.token
        attempt = generic = waits = 0
        while True:
            attempt += 1
            self._spend()
            body = msgspec.json.encode({"query": document, "variables": variables})
            try:
                return self._once(body, token, kind)
            except Fault as fault:
                generic += fault.generic
                said = token.scrub(str(fault))
                if attempt >= self.patience.attempts or generic >= self.patience.generic:
                    raise RailwayError(f"Railway does not answer as it should, tried {attempt} times: {said}") from fault
                if smaller is not None and not fault.limited and attempt > 1:
                    smaller()
                self._pause(self.patience.pause(attempt), said if attempt > 1 else None)
            except _Wait as wait:
                attempt, waits = attempt - 1, waits + 1
                if waits > _WAITS:
                    raise SpentError(f"Railway's rate limit is reached, and is not renewed after {_WAITS} pauses") from wait
                self._pause(self._allowed(wait.seconds), "its rate limit is reached")
            except RailwayError as error:
                raise type(error)(token.scrub(str(error))) from error

    def _spend(self) -> None:
        if self.requests >= self.patience.requests:
            raise SpentError(f"the budget of {self.patience.requests} requests is used up (--max-requests)")
        if self.limit.remaining == 0 and self.limit.reset:
            seconds, self.limit = self.limit.reset, RateLimit(self.limit.limit, self.limit.window)
            self._pause(self._allowed(seconds), "its rate limit is reached")
        self.requests += 1

    def _allowed(self, seconds: float) -> float:
        if seconds > self.patience.wait:
            raise SpentError(
                f"Railway's rate limit is reached; it asks to wait {format_duration(int(seconds * SECOND))}, which is longer than "
                f"--max-wait {format_duration(int(self.patience.wait * SECOND))}"
            )
        return seconds

    def _pause(self, seconds: float, why: str | None) -> None:
        if why is not None and seconds >= 1:
            self.notify(f"Railway: {why}; the next try is in {format_duration(int(seconds * SECOND))}")
        self.sleep(seconds)

    def _once(self, body: bytes, token: Token, kind: type[T]) -> T:
        deadline = time.monotonic() + self.patience.timeout
        try:
            with self._http.stream("POST", self.endpoint.http, content=body, headers=token.headers) as response:
                data = _read(response, deadline)
        except httpx.TimeoutException as error:
            raise Fault(f"no answer within {self.patience.timeout:.0f} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise Fault(_reason(error)) from error
        self._learn(response.headers)
        self._judge(response, data)
        try:
            return decode(data, kind)
        except Fault as fault:
            if fault.limited:
                raise _Wait(self._asked_to_wait(response)) from fault
            raise

    def _asked_to_wait(self, response: httpx.Response) -> float:
        asked = retry_after(response.headers)
        return self.patience.longest if asked is None else asked

    def _learn(self, headers: Mapping[str, str]) -> None:
        self.limit = rate_limit(headers)
        there = server_time(headers)
        # To the second, and the way back takes time: only what is more than that is a wrong clock.
        skew = 0.0 if there is None else there - time.time()
        self.skew = skew if abs(skew) > 3 else 0.0  # noqa: PLR2004

    def _judge(self, response: httpx.Response, data: bytes) -> None:
        """What the status says, before the body is looked at."""
        status = response.status_code
        if status == _TOO_MANY:
            raise _Wait(self._asked_to_wait(response))
        if status in _TRANSIENT:
            raise Fault(f"HTTP {status}")
        if status >= 300:  # noqa: PLR2004  # neither an answer nor a fault of the moment
            failed = errors_in(data)
            if failed:
                raise understood(failed)
            if status in (401, 403):
                raise RefusedError(f"Railway says: HTTP {status}")
            raise RailwayError(
                f"{visible(self.endpoint.http)} answers HTTP {status}: this is not Railway's API (LOGSCAN_RAILWAY_URL, a proxy?)"
            )


class _Wait(Exception):  # noqa: N818  # never leaves the client
    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def _read(response: httpx.Response, deadline: float) -> bytes:
    """The body. A server that sends a byte now and then is as slow as one that sends none."""
    parts, size = [], 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("too slow")
        if size > _LARGEST:
            raise Fault("the answer is larger than 512 MiB")
    return b"".join(parts)


def _reason(error: Exception) -> str:
    """A transport error in words of this program."""
    if isinstance(error, httpx.ProxyError):
        return "the proxy does not let the request through (HTTPS_PROXY)"
    if isinstance(error, httpx.ConnectError):
        text = str(error)
        if "CERTIFICATE" in text.upper():
            return "its certificate is not trusted (LOGSCAN_CA_FILE names a file with the one to trust)"
        if "Name or service not known" in text or "getaddrinfo" in text or "name resolution" in text:
            return "its name cannot be resolved: is there a connection to the internet?"
        return "no connection"
    if isinstance(error, httpx.DecodingError):
        return "the answer cannot be unpacked"
    return "the connection broke off"


def trust() -> ssl.SSLContext:
    """The certificates to trust: those of the system, or of LOGSCAN_CA_FILE. Raises UsageError."""
    file = os.environ.get("LOGSCAN_CA_FILE")
    if not file:
        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"LOGSCAN_CA_FILE: '{visible(file)}' holds no certificates that can be read") from error
