"""Tokens: where they come from, and which header each kind takes. Never on the command line, never printed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from logscan.errors import UsageError

Kind = Literal["project", "account"]
PROJECT: Final = "RAILWAY_TOKEN"
ACCOUNT: Final = "RAILWAY_API_TOKEN"
_KINDS: Final[dict[str, Kind]] = {PROJECT: "project", ACCOUNT: "account"}
_ASSIGNMENT: Final = re.compile(r"(?:export\s+)?(RAILWAY_TOKEN|RAILWAY_API_TOKEN)\s*=\s*(.*)")
# What may stand in a header; anything else is a file of another kind, or a slip while pasting.
_USABLE: Final = re.compile(r"[\x21-\x7e]{8,4096}")


@dataclass(frozen=True, slots=True)
class Token:
    """A secret, and how to hand it over. `kind` None: to be found out; `origin` says where it came from."""

    value: str = field(repr=False)
    kind: Kind | None
    origin: str

    @property
    def headers(self) -> dict[str, str]:
        """The header for this kind of token."""
        return {"Project-Access-Token": self.value} if self.kind == "project" else {"Authorization": f"Bearer {self.value}"}

    @property
    def variable(self) -> str | None:
        """The environment variable that it came from, if it did."""
        return self.origin if self.origin in _KINDS else None

    def scrub(self, text: str) -> str:
        """`text` without the token, should an answer repeat it."""
        return text.replace(self.value, "[token]")


def find_token(environment: Mapping[str, str], home: Path, file: Path | None = None) -> Token:
    """`--token-file`, RAILWAY_TOKEN, RAILWAY_API_TOKEN, the Railway CLI's own login: the first that is there. Raises UsageError."""
    if file is not None:
        return _from_file(file)
    for name, kind in _KINDS.items():
        if value := environment.get(name, "").strip():
            return Token(_usable(value, name), kind, name)
    login = _login(cli_settings(home))
    if login:
        return Token(_usable(login, "the Railway CLI's login"), "account", "the Railway CLI's login")
    raise UsageError(
        f"no token for Railway: set {PROJECT} (a project token: project settings → Tokens) or {ACCOUNT} (an account or workspace token:\n"
        "account settings → Tokens), name a file that holds one (--token-file FILE), or log in with `railway login`"
    )


def _from_file(file: Path) -> Token:
    origin = f"--token-file {file}"
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip() and not line.startswith("#")]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{origin}: cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}") from error
    for line in lines:
        if found := _ASSIGNMENT.fullmatch(line):
            return Token(_usable(found[2].strip("'\" "), origin), _KINDS[found[1]], origin)
    if len(lines) != 1:
        raise UsageError(f"{origin}: holds {len(lines)} lines; wanted is one with the token, or {PROJECT}=… or {ACCOUNT}=…")
    return Token(_usable(lines[0], origin), None, origin)


def _usable(value: str, origin: str) -> str:
    if not _USABLE.fullmatch(value):
        raise UsageError(f"{origin}: what stands there cannot be a token (8 to 4096 characters without blanks or accents)")
    return value


def cli_settings(home: Path) -> Mapping[str, Any]:
    """The Railway CLI's own settings; empty where there are none, or unreadable ones."""
    try:
        settings = json.loads((home / ".railway" / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return settings if isinstance(settings, dict) else {}


def _login(settings: Mapping[str, Any]) -> str | None:
    """An OAuth login's access token, or what older versions of the CLI kept."""
    user = settings.get("user")
    if not isinstance(user, dict):
        return None
    return next((user[name] for name in ("accessToken", "token") if isinstance(user.get(name), str) and user[name]), None)
