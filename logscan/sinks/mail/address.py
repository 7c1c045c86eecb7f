"""Where mail goes, as one URL. It holds secrets: it is never printed, only `Address.shown` is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from logscan.addresses import is_loopback
from logscan.errors import UsageError

_PORTS: Final = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
RESEND: Final = "https://api.resend.com"
_DISCORD: Final = ("discord.com", "discordapp.com")
_FORMS: Final = "smtp://user:password@host:587, smtps://…, smtp+plain://127.0.0.1:25, resend://KEY"


@dataclass(frozen=True, slots=True)
class Address:
    """A URL taken apart. `kind` is smtp, smtps, smtp+plain, resend, slack or discord; `url` that of an HTTPS one."""

    kind: str
    host: str
    port: int
    user: str | None = None
    secret: str | None = field(default=None, repr=False)
    url: str = field(default="", repr=False)

    @property
    def shown(self) -> str:
        """The address without its secrets."""
        return f"{self.kind} {self.host}:{self.port}" if self.kind in _PORTS else f"{self.kind} {self.host}"

    def scrub(self, text: str) -> str:
        """`text` without what must not be shown, should an answer repeat it."""
        for secret in filter(None, (self.secret, self.url)):
            text = text.replace(secret, "[secret]")
        return text


def parse_address(name: str, text: str) -> Address:
    """The address in the setting `name`. Raises UsageError, which never quotes the URL."""
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
        user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
        # A key may hold capitals, which a host's name does not keep.
        endpoint = parse_qs(parts.query).get("endpoint", [""])[0]
    except ValueError as error:
        raise UsageError(f"{name}: this is no address; it takes {_FORMS}") from error
    if parts.scheme in _PORTS:
        return _smtp(name, parts.scheme, host, port, (user, password))
    if parts.scheme == "resend":
        key = unquote(parts.netloc.rpartition("@")[2])
        if not key or any(char.isspace() or not char.isascii() for char in key):
            raise UsageError(f"{name}: resend:// wants the API key behind it: resend://KEY")
        return _https(name, "resend", endpoint or RESEND, key)
    if parts.scheme in ("https", "http"):
        discord = any(host == it or host.endswith(f".{it}") for it in _DISCORD) or parts.path.startswith("/api/webhooks/")
        return _https(name, "discord" if discord else "slack", text.strip(), None)
    raise UsageError(f"{name}: it takes {_FORMS}")


def _smtp(name: str, kind: str, host: str, port: int | None, login: tuple[str | None, str | None]) -> Address:
    if not host:
        raise UsageError(f"{name}: no host in it; it takes {_FORMS}")
    if kind == "smtp+plain" and not is_loopback(host):
        raise UsageError(
            f"{name}: smtp+plain:// would show mails and password to the network; it is for this machine only. Take smtp:// or smtps://"
        )
    if (login[0] is None) != (login[1] is None):
        raise UsageError(f"{name}: user and password go together: {kind}://user:password@{host} (an @ or / in them is written %40, %2F)")
    return Address(kind, host, port or _PORTS[kind], *login)


def _https(name: str, kind: str, url: str, secret: str | None) -> Address:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError(f"{name}: the endpoint is no address such as {RESEND}") from error
    if not host or parts.scheme not in ("http", "https"):
        raise UsageError(f"{name}: the endpoint is no address such as {RESEND}")
    if parts.scheme == "http" and not is_loopback(host):
        raise UsageError(f"{name}: plain http would show secrets to the network; only https, or http on this machine, is allowed")
    return Address(kind, host, port or (443 if parts.scheme == "https" else 80), None, secret, url)
