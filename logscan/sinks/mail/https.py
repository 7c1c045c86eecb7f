"""Resend's mail API, and webhooks of chats: one POST each."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx
import msgspec

from logscan.addresses import is_loopback
from logscan.errors import SendError
from logscan.railway.client import trust
from logscan.railway.limits import retry_after
from logscan.sinks.mail.address import Address
from logscan.sinks.mail.message import Message, resend_body
from logscan.sinks.mail.seam import Delivery
from logscan.version import __version__
from logscan.visible import visible

_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
_CONFLICT: Final = 409
_SAID: Final = 300


@dataclass(frozen=True, slots=True)
class Resend:
    """https://resend.com/docs/api-reference/emails/send-email; the same key within 24 hours sends nothing twice."""

    address: Address
    timeout: float = 30.0

    def probe(self) -> str:
        """Ask for the domains: a key that may only send is refused there by another name than a wrong one."""
        status, body = _asked(self.address, "GET", f"{self.address.url.rstrip('/')}/domains", self._headers(), None, self.timeout)
        if status < 300 or "restricted_api_key" in body:  # noqa: PLR2004  # success
            return f"{self.address.shown}: the key is known"
        raise _refusal(self.address, status, body)

    def send(self, message: Message) -> Delivery:
        """One request for all recipients."""
        url = f"{self.address.url.rstrip('/')}/emails"
        headers = {**self._headers(), "Idempotency-Key": message.key}
        _post(self.address, url, headers, resend_body(message), self.timeout)
        return Delivery()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.address.secret}", "Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Webhook:
    """A chat's incoming webhook; the message's bytes are the JSON that it takes."""

    address: Address
    timeout: float = 30.0

    def probe(self) -> str:
        """A webhook can only be tried by sending."""
        return f"{self.address.shown}: its address is in order; it was not asked, since all that it can do is post"

    def send(self, message: Message) -> Delivery:
        """Post the message."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.key}
        _post(self.address, self.address.url, headers, message.data, self.timeout)
        return Delivery()


def _post(address: Address, url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> None:
    status, said = _asked(address, "POST", url, headers, body, timeout)
    if status >= 300:  # noqa: PLR2004  # not taken
        raise _refusal(address, status, said)


def _asked(  # noqa: PLR0917  # a request's parts
    address: Address, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
) -> tuple[int, str]:
    try:
        with httpx.Client(
            # Where no certificate is asked for, an empty list of trusted ones will do.
            verify=trust() if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            timeout=timeout, trust_env=not is_loopback(address.host), follow_redirects=False,
            headers={"User-Agent": f"logscan/{__version__}"},
        ) as client:  # fmt: skip
            answer = client.request(method, url, headers=dict(headers), content=body)
    except httpx.TimeoutException as error:
        raise SendError(f"{address.shown}: no answer within {timeout:.0f} s", passing=True) from error
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        if "CERTIFICATE" in str(error).upper():
            raise SendError(
                f"{address.shown}: its certificate is not trusted (LOGSCAN_CA_FILE names a file with the one to trust)"
            ) from error
        raise SendError(f"{address.shown}: no connection, or it broke off", passing=True) from error
    if answer.status_code in _PASSING:
        raise SendError(f"{address.shown}: HTTP {answer.status_code}", passing=True, after=retry_after(answer.headers))
    return answer.status_code, answer.text[:_SAID]


def _refusal(address: Address, status: int, said: str) -> SendError:
    """What the server says against it, without the key."""
    try:
        told = msgspec.json.decode(said, type=dict)
        said = f"{told.get('name', '')}: {told.get('message', '')}".strip(": ") or said
    except (msgspec.DecodeError, msgspec.ValidationError):
        pass
    # Another request with the same key is under way: it may be this mail's own.
    passing = status == _CONFLICT and "concurrent" in said
    return SendError(f"{address.shown}: HTTP {status} {address.scrub(visible(said))}".strip(), passing=passing)
