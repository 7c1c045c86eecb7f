"""Asking image addresses, as the Figma plugin would: a few at a time, for a few bytes, and nobody on a private network.

Addresses come from logs and databases, so from strangers. A name is resolved once, every address that it has is judged, and the
connection goes to one of just those: neither a redirect nor a name that changes its address in between leads anywhere else.
"""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.cookiejar import DefaultCookiePolicy
from types import FrameType
from typing import Final

import httpx

from logscan.addresses import Address, Network, may_be_asked
from logscan.checks.answered import Body, kind_of, why_of
from logscan.images import sample, shown
from logscan.model import ImageAnswer, ImageUrl
from logscan.railway.client import trust
from logscan.version import __version__

# Seconds: for one step of a connection, for one address, for all of them.
STEP_TIME: Final = 6.0
ONE_TIME: Final = 20.0
ALL_TIME: Final = 120.0
# So much is read of an image: enough to see that it is one.
CAP: Final = 64 << 10
_AT_ONCE: Final = 4
_REDIRECTS: Final = 5
_TRIES: Final = 2
_AS_PLUGIN: Final = {"Origin": "null"}


@dataclass(frozen=True, slots=True)
class Policy:
    """How to ask: `allowed` are private networks that may be asked all the same; times in seconds."""

    allowed: tuple[Network, ...] = ()
    step_time: float = STEP_TIME
    one_time: float = ONE_TIME
    all_time: float = ALL_TIME


class _Refused(Exception):  # noqa: N818  # what happened
    """The address is none that may be asked; `kind` says why."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(slots=True)
class _Hops:
    """What the way of one request showed: whether a script may read every answer on it, and the last URL."""

    url: httpx.URL
    cors: list[str | None] = field(default_factory=list)


def ask_some(urls: Sequence[ImageUrl], *, number: int, policy: Policy) -> tuple[ImageAnswer, ...]:
    """`ask` a sample of the addresses."""
    return ask(sample(urls, number), policy)


def ask(urls: Sequence[ImageUrl], policy: Policy | None = None) -> tuple[ImageAnswer, ...]:
    """What each address answers, in their order; those for which no time was left are not there. Raises UsageError."""
    return asyncio.run(_ask_all(urls, policy or Policy()))


async def _ask_all(urls: Sequence[ImageUrl], policy: Policy) -> tuple[ImageAnswer, ...]:
    async with _client(policy) as client:
        asker = _Asker(client, policy, asyncio.Semaphore(_AT_ONCE))
        tasks = [asyncio.create_task(asker.ask(url)) for url in urls]
        if not tasks:
            return ()
        with _cancelled_by_signals(tasks):
            _, late = await asyncio.wait(tasks, timeout=policy.all_time)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return tuple(task.result() for task in tasks if not task.cancelled())


@contextmanager
def _cancelled_by_signals(tasks: Sequence[asyncio.Task[ImageAnswer]]) -> Iterator[None]:
    """Ctrl-C and SIGTERM do what they do anyway, and end the asking: what has been answered is told."""
    loop = asyncio.get_running_loop()
    before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}

    def hear(number: int, frame: FrameType | None) -> None:
        for task in tasks:
            loop.call_soon_threadsafe(task.cancel)
        if callable(handler := before.get(number)):
            handler(number, frame)

    # In another thread than the main one there are no handlers.
    with suppress(ValueError):
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.getsignal(number)
            signal.signal(number, hear)
    try:
        yield
    finally:
        for known, handler in before.items():
            # Whoever heard of it may have chosen another one.
            if signal.getsignal(known) == hear:
                signal.signal(known, handler)


@asynccontextmanager
async def _client(policy: Policy) -> AsyncIterator[httpx.AsyncClient]:
    # No connection is used twice: two names may share an address, and a certificate is one name's.
    limits = httpx.Limits(max_connections=_AT_ONCE * 2, max_keepalive_connections=0)
    # No proxy either: it would resolve the name anew, and may itself stand on a private network.
    async with httpx.AsyncClient(
        verify=trust(), trust_env=False, timeout=policy.step_time, limits=limits, follow_redirects=False, headers=[]
    ) as client:
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        yield client


@dataclass(frozen=True, slots=True)
class _Asker:
    client: httpx.AsyncClient
    policy: Policy
    places: asyncio.Semaphore

    async def ask(self, asked: ImageUrl) -> ImageAnswer:
        """One address, within its time, whatever it does."""
        async with self.places:
            answer = ImageAnswer(shown(asked.url), "no-answer", asked.mascot, at=time.time_ns())
            try:
                async with asyncio.timeout(self.policy.one_time):
                    return await self._answered(asked.url, answer)
            except _Refused as refused:
                return replace(answer, kind=refused.kind)
            except (TimeoutError, httpx.TimeoutException):
                return replace(answer, kind="slow")
            except httpx.HTTPError as error:
                return replace(answer, kind="tls" if _is_tls(error) else "no-answer", why=_reason(error))

    async def _answered(self, text: str, answer: ImageAnswer) -> ImageAnswer:
        url = _url(text)
        length = await self._length(url)
        hops = _Hops(url)
        async with self._sent("GET", hops, {"Range": f"bytes=0-{CAP - 1}"}) as response:
            body = Body(response.status_code, response.headers, await _beginning(response), length)
        kind = kind_of(text, str(hops.url), body, answer.at or 0)
        answer = replace(answer, kind=kind, status=body.status, type=body.type, size=body.size, why=why_of(body))
        if not body.good:
            return answer
        allow = hops.cors[-1]
        cors = all((origin or "").strip() in ("*", "null") for origin in hops.cors)
        return replace(answer, cors=cors, allow_origin=(allow or "")[:80] or None, preflight=await self._preflight(hops.url))

    async def _length(self, url: httpx.URL) -> int | None:
        """The size that HEAD tells. Links that are signed for GET refuse it, and that says nothing of the image."""
        try:
            async with self._sent("HEAD", _Hops(url), {}) as response:
                text = response.headers.get("content-length", "")
                return int(text) if response.is_success and text.isdecimal() and len(text) <= 15 else None  # noqa: PLR2004  # digits
        except httpx.RemoteProtocolError:
            return None

    async def _preflight(self, url: httpx.URL) -> int | None:
        try:
            async with self._request("OPTIONS", url, {**_AS_PLUGIN, "Access-Control-Request-Method": "GET"}) as response:
                return response.status_code
        except httpx.HTTPError:
            return None

    @asynccontextmanager
    async def _sent(self, method: str, hops: _Hops, headers: dict[str, str]) -> AsyncIterator[httpx.Response]:
        """The answer at the end of all redirects, each of which is judged anew."""
        for _ in range(_REDIRECTS + 1):
            async with self._request(method, hops.url, {**_AS_PLUGIN, **headers}) as response:
                hops.cors.append(response.headers.get("access-control-allow-origin"))
                target = response.headers.get("location") if response.is_redirect else None
                if target is None:
                    yield response
                    return
                hops.url = _url(str(_joined(hops.url, target)))
        raise _Refused("loop")

    @asynccontextmanager
    async def _request(self, method: str, url: httpx.URL, headers: dict[str, str]) -> AsyncIterator[httpx.Response]:
        """One request to an address that was judged. The name stands in the request, and the certificate must be its own."""
        sent = {
            "Host": url.netloc.decode("ascii"),
            "Accept": "image/*,*/*;q=0.5",
            "Accept-Encoding": "identity",
            "User-Agent": _AGENT,
            **headers,
        }
        addresses = await self._addresses(url)
        for place, address in enumerate(addresses):
            request = httpx.Request(
                method, url.copy_with(host=str(address)), headers=sent,
                extensions={"sni_hostname": url.raw_host.decode("ascii"), "timeout": httpx.Timeout(self.policy.step_time).as_dict()},
            )  # fmt: skip
            try:
                response = await self.client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if place + 1 < len(addresses):
                    continue
                raise
            try:
                yield response
            finally:
                await response.aclose()
            return

    async def _addresses(self, url: httpx.URL) -> list[Address]:
        """Where a name leads, resolved once. Raises _Refused."""
        host = url.host
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise _Refused("dns") from None
        addresses = list(dict.fromkeys(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))
        # One address that is private is enough: which one a name leads to is up to whoever owns it.
        if not addresses or not all(may_be_asked(address, self.policy.allowed) for address in addresses):
            raise _Refused("private")
        return addresses[:_TRIES]


_AGENT: Final = f"logscan/{__version__} (asks whether images answer)"


def _url(text: str) -> httpx.URL:
    """The address without user and password. Raises _Refused."""
    try:
        url = httpx.URL(text.strip()).copy_with(userinfo=b"", fragment=None)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise _Refused("no-url") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise _Refused("no-url")
    return url


def _joined(url: httpx.URL, target: str) -> httpx.URL:
    try:
        return url.join(target)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise _Refused("no-url") from None


async def _beginning(response: httpx.Response) -> bytes:
    """The first bytes of a body; the rest is not read."""
    data = b""
    async for chunk in response.aiter_raw(16 << 10):
        data += chunk
        if len(data) >= CAP:
            break
    return data[:CAP]


def _is_tls(error: BaseException) -> bool:
    """Whether an error is one of certificates or their like."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return "SSL" in str(error) or "CERTIFICATE" in str(error)


def _reason(error: Exception) -> str:
    """The system's own words; never an address."""
    if "certificate verify failed" in str(error):
        return str(error).partition("certificate verify failed: ")[2].partition(" (")[0][:80] or "certificate"
    return type(error).__name__
