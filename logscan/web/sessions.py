"""Who is who without accounts: a signed cookie names a browser, and remembers that it knew the token."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from itsdangerous import BadSignature, Signer, URLSafeTimedSerializer

from logscan.errors import LogscanError

COOKIE: Final = "logscan_session"
AGE: Final = 90 * 86400
_SIZE: Final = 32


@dataclass(frozen=True, slots=True)
class Session:
    """A browser. `fresh`: it has no cookie of this session yet."""

    id: str
    known: bool
    fresh: bool = False

    @property
    def owner(self) -> str:
        """What reports remember of the browser that made them."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:32]


class Sessions:
    """Reads and writes the cookie. Its key lies in the data folder, so sessions outlive a restart; a new token ends log-ins."""

    def __init__(self, key: bytes, token: str | None) -> None:
        self._cookies = URLSafeTimedSerializer(key, salt="logscan-session")
        self._forms = Signer(key, salt="logscan-form")
        self._token = token.encode() if token else None
        self._mark = hmac.digest(key, self._token, "sha256").hex()[:32] if self._token else ""

    @property
    def guarded(self) -> bool:
        """Whether a token is needed."""
        return self._token is not None

    def matches(self, token: str) -> bool:
        """Whether this is the token, compared in constant time."""
        return self._token is not None and hmac.compare_digest(token.encode("utf-8", "replace"), self._token)

    def read(self, cookie: str) -> Session:
        """The session of a cookie, or a new one."""
        try:
            values = self._cookies.loads(cookie, max_age=AGE)
            return Session(str(values["id"]), not self.guarded or hmac.compare_digest(str(values["mark"]), self._mark))
        except (BadSignature, KeyError, TypeError):
            return self.new()

    def new(self) -> Session:
        """A session for a browser without one; where no token is needed, it is known at once."""
        return Session(secrets.token_urlsafe(16), not self.guarded, fresh=True)

    def logged_in(self) -> Session:
        """The session after the right token: a new one, so that a planted cookie gains nothing."""
        return replace(self.new(), known=True)

    def write(self, session: Session) -> str:
        """The cookie's value."""
        return str(self._cookies.dumps({"id": session.id, "mark": self._mark if session.known else ""}))

    def form_token(self, session: Session) -> str:
        """What a form of this session must bring back."""
        return self._forms.get_signature(session.id).decode()

    def form_is(self, session: Session, token: str) -> bool:
        """Whether a form was made for this session."""
        return not session.fresh and self._forms.verify_signature(session.id, token)


def load_key(data: Path) -> bytes:
    """The key of a data folder, made when it is first needed. Raises LogscanError."""
    path = data / "key"
    try:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            key = path.read_bytes()
            if len(key) == _SIZE:
                return key
            path.unlink()
            return load_key(data)
        with os.fdopen(handle, "wb") as file:
            key = secrets.token_bytes(_SIZE)
            file.write(key)
    except OSError as error:
        raise LogscanError(f"cannot use the data folder '{data}': {error.strerror or error}") from error
    return key
