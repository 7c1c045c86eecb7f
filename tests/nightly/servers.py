"""Servers that take mail on loopback: SMTP with TLS and login, Resend's API over HTTPS, a chat's webhook.

What goes wrong with a delivery stands in `answers`, one per delivery, in order.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER, PASSWORD, KEY = "mailer@example.org", "s3cret/pass@word", "re_Key0123456789abcdef"


def parsed(data: bytes) -> EmailMessage:
    found = message_from_bytes(data, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


@dataclass
class Certificates:
    """A certificate for this machine, and the file of the one that it hangs on."""

    context: ssl.SSLContext
    file: Path

    @classmethod
    def made(cls, folder: Path) -> Certificates:
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        file = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(file))
        return cls(context, file)


@dataclass
class Mailbox:
    """An SMTP server. An answer in `answers` is what it says to a mail instead of taking it; `refuse` says so of recipients."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[list[str]] = field(default_factory=list)
    answers: deque[str | None] = field(default_factory=deque)
    refuse: dict[str, str] = field(default_factory=dict)
    logins: list[str] = field(default_factory=list)
    sessions: set[int] = field(default_factory=set)

    def settled(self) -> None:
        """Wait until every sender is gone: of one that was killed, what it had sent is still being read."""
        until = time.monotonic() + 10
        while self.sessions and time.monotonic() < until:
            time.sleep(0.01)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:
        answer = self.answers.popleft() if self.answers else None
        if answer == "take-and-die":
            # The mail is taken, but the sender never hears of it.
            self._take(envelope)
            server.transport.close()
            return "250 OK"
        if answer is not None:
            return answer
        self._take(envelope)
        return "250 OK"

    def _take(self, envelope: Any) -> None:
        self.mails.append(parsed(envelope.content))
        self.envelopes.append(list(envelope.rcpt_tos))

    @property
    def ids(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.mails]

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        right = (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        # Not `handled`: else the sender sees a broken connection instead of the refusal.
        return AuthResult(success=right, handled=False)


def free_port() -> int:
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return int(it.getsockname()[1])


class _Session(SMTP):
    """A session that tells of its beginning and end."""

    def connection_made(self, transport: Any) -> None:
        self.event_handler.sessions.add(id(self))
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.event_handler.sessions.discard(id(self))


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Session(self.handler, **self.SMTP_kwargs)


@contextmanager
def mail_server(
    mailbox: Mailbox, certificates: Certificates | None = None, *, tls_at_once: bool = False, login: bool = False
) -> Iterator[Mailbox]:
    """SMTP in a thread: plain, with STARTTLS, or with TLS from the beginning."""
    mailbox.port = free_port()
    starttls = certificates is not None and not tls_at_once
    controller = _Controller(
        mailbox, hostname="127.0.0.1", port=mailbox.port, ready_timeout=10,
        ssl_context=certificates.context if certificates is not None and tls_at_once else None,
        tls_context=certificates.context if certificates is not None and starttls else None,
        require_starttls=starttls, auth_required=login, auth_require_tls=certificates is not None and starttls,
        authenticator=mailbox.authenticate if login else None,
    )  # fmt: skip
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@dataclass
class Api:
    """Resend's API and a webhook in one. `answers`: status, body and headers of deliveries that are not taken."""

    port: int = 0
    scheme: str = "https"
    sent: list[dict[str, Any]] = field(default_factory=list)
    keys: dict[str, bytes] = field(default_factory=dict)
    posts: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: deque[tuple[int, dict[str, Any], dict[str, str]]] = field(default_factory=deque)

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}"

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any], dict[str, str]]:
        self.headers.append(headers)
        if self.answers:
            return self.answers.popleft()
        if path.startswith(("/services/", "/api/webhooks/")):
            self.posts.append(json.loads(body))
            return 200, {}, {}
        if headers.get("authorization") != f"Bearer {KEY}":
            return 401, {"statusCode": 401, "name": "validation_error", "message": "API key is invalid"}, {}
        if (method, path) == ("GET", "/domains"):
            return 401, {"statusCode": 401, "name": "restricted_api_key", "message": "This API key is restricted to only send emails"}, {}
        assert (method, path) == ("POST", "/emails")
        key = headers["idempotency-key"]
        if key not in self.keys:
            self.keys[key] = body
            self.sent.append(json.loads(body))
        elif self.keys[key] != body:
            return (
                409,
                {"statusCode": 409, "name": "invalid_idempotent_request", "message": "Same idempotency key used with a different payload"},
                {},
            )
        return 200, {"id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}, {}


@contextmanager
def api_server(api: Api, certificates: Certificates | None) -> Iterator[Api]:
    """It in a thread, over HTTPS where there is a certificate."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, told, extra = api.answer(self.command, self.path, headers, body)
            data = json.dumps(told).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **extra}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _handle  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.port, api.scheme = server.server_address[1], "http" if certificates is None else "https"
    if certificates is not None:
        server.socket = certificates.context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
