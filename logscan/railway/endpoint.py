"""Where Railway's API is. `LOGSCAN_RAILWAY_URL` names another place, such as a test server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

from logscan.addresses import is_loopback
from logscan.errors import UsageError
from logscan.visible import visible

VARIABLE: Final = "LOGSCAN_RAILWAY_URL"
_DEFAULT: Final = "https://backboard.railway.com/graphql/v2"
# Requests to the bare path fall under an edge rule of about ten a second per address, whoever sends them.
_QUERY: Final = urlencode({"source": "logscan"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The API's address over HTTP and over WebSocket; `loopback`: it is on this machine, so no proxy is asked."""

    http: str
    websocket: str
    loopback: bool = False

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Endpoint:
        """The endpoint that the environment names, or Railway's own. Raises UsageError."""
        text = environment.get(VARIABLE) or _DEFAULT
        parts, loopback = _parts(text)
        if parts.scheme == "http" and not loopback:
            raise UsageError(f"{VARIABLE}: plain http would show the token to the network; only https, or http on loopback, is allowed")
        parts = parts._replace(query=parts.query or _QUERY, fragment="")
        other = parts._replace(scheme={"http": "ws", "https": "wss"}[parts.scheme])
        return cls(urlunsplit(parts), urlunsplit(other), loopback)


def _parts(text: str) -> tuple[SplitResult, bool]:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise UsageError(f"{VARIABLE}: '{visible(text)}' is not an address such as {_DEFAULT}")
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"{VARIABLE}: no user and password in the address; tokens have variables of their own")
    return parts, is_loopback(host)
