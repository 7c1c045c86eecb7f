"""What every request passes: host, origin, token, language, session; headers and the access log on the way out."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from logscan.visible import visible
from logscan.web.answers import problem_answer
from logscan.web.problems import Problem
from logscan.web.rate import RateLimit, client_of
from logscan.web.sessions import AGE, COOKIE, Session, Sessions
from logscan.web.settings import Settings
from logscan.web.words import Language, Words, accepted

LANGUAGE_COOKIE: Final = "logscan_lang"
_LOG: Final = logging.getLogger("logscan.web.access")
_ERRORS: Final = logging.getLogger("logscan.web")
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OPEN: Final = ("/login", "/static/", "/healthz")
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with it browsers send `Origin: null` along with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}
_REPORT: Final = re.compile(r"(/r/[\w-]{4})[\w-]+")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: `bearer` came with the token in a header, as scripts do."""

    session: Session
    words: Words
    client: str
    bearer: bool = False


class Guard:
    """The outermost layer of the app."""

    def __init__(self, app: ASGIApp, settings: Settings, sessions: Sessions, failures: RateLimit) -> None:
        self._app, self._settings, self._sessions, self._failures = app, settings, sessions, failures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        began, answer = time.monotonic(), _Answer()

        async def dressed(message: Message) -> None:
            answer.note(message)
            if message["type"] == "http.response.start":
                self._dress(request, MutableHeaders(scope=message))
            await send(message)

        try:
            refusal = self._refusal(request)
            await (refusal or self._app)(scope, receive, dressed)
        except Exception:  # noqa: BLE001  # nothing may get past here
            # The app has answered already; here it is only told.
            _ERRORS.exception("error %s", scope.get("state", {}).get("number", ""))
        finally:
            client, _ = scope.get("client") or ("-", 0)
            path = _REPORT.sub(r"\1…", visible(scope["path"]))[:200]
            _LOG.info(
                "%s %s %s %s %dB %.0fms",
                visible(client)[:60],
                scope["method"],
                path,
                answer.status,
                answer.size,
                1000 * (time.monotonic() - began),
            )

    def _refusal(self, request: Request) -> Response | None:
        """Why a request gets no further; otherwise its visitor is noted in `request.state`."""
        path = request.url.path
        words = Words(_language(request))
        request.state.words = words
        # Whether there is something to log out of.
        request.state.leave = ""
        try:
            if path != "/healthz":
                self._check_host(request)
                _check_origin(request)
            visitor = self._visitor(request, words)
        except Problem as problem:
            return problem_answer(request, problem)
        request.state.visitor = visitor
        request.state.leave = self._sessions.form_token(visitor.session) if self._sessions.guarded and visitor.session.known else ""
        if visitor.session.known or visitor.bearer or path == "/healthz" or path.startswith(_OPEN):
            return None
        if path.startswith("/api/") or request.method not in _SAFE:
            return problem_answer(request, Problem("login-needed"))
        return RedirectResponse(f"/login?next={quote(path)}", 303)

    def _visitor(self, request: Request, words: Words) -> Visitor:
        client = client_of(request.client.host if request.client else None)
        session = self._sessions.read(request.cookies.get(COOKIE, ""))
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not self._sessions.guarded or scheme.lower() != "bearer":
            return Visitor(session, words, client)
        self._failures.check(client)
        if not self._sessions.matches(token.strip()):
            self._failures.take(client)
            raise Problem("wrong-token")
        return Visitor(session, words, client, bearer=True)

    def _check_host(self, request: Request) -> None:
        """Only names that are ours: else a page elsewhere could let its own name point here (DNS rebinding)."""
        hosts = request.headers.getlist("host")
        host = hosts[0] if len(hosts) == 1 else ""
        name = _host_name(host)
        allowed = name == "localhost" or name in self._settings.hosts
        if not allowed:
            try:
                # No DNS, no rebinding. On a loopback address only loopback has a reason to be here.
                allowed = ip_address(name).is_loopback or not self._settings.local
            except ValueError:
                allowed = False
        if not allowed:
            raise Problem("bad-host", host=visible(name)[:100])

    def _dress(self, request: Request, headers: MutableHeaders) -> None:
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        secure = request.url.scheme == "https"
        if secure:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        flags = f"; Path=/; HttpOnly; SameSite=Lax; Max-Age={AGE}" + ("; Secure" if secure else "")
        session: Session | None = getattr(request.state, "cookie", None)
        if session is not None:
            headers.append("Set-Cookie", f"{COOKIE}={self._sessions.write(session)}{flags}")
        # The report's own language, in its frame, is not the reader's.
        if request.query_params.get("lang") in ("en", "fr") and not request.url.path.endswith("/report.html"):
            headers.append("Set-Cookie", f"{LANGUAGE_COOKIE}={request.query_params['lang']}{flags}")


@dataclass(slots=True)
class _Answer:
    status: int = 0
    size: int = 0

    def note(self, message: Message) -> None:
        self.status = message.get("status", self.status)
        self.size += len(message.get("body", b""))


def _language(request: Request) -> Language:
    for choice in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if choice in ("en", "fr"):
            return "fr" if choice == "fr" else "en"
    return accepted(request.headers.get("accept-language", ""))


def _host_name(host: str) -> str:
    """A Host header without its port, in lower case; empty where it is malformed."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".") if re.fullmatch(r"[\w.:\[\]-]+", host) else ""
    except ValueError:
        return ""


def _check_origin(request: Request) -> None:
    """Refuse what other sites make browsers send. Scripts send neither header."""
    headers: Headers = request.headers
    if request.method in _SAFE:
        return
    site: Sequence[str] = ("same-origin", "none")
    if headers.get("sec-fetch-site", "none") not in site:
        raise Problem("cross-site")
    origin = headers.get("origin")
    if origin is not None:
        parts = urlsplit(origin)
        secure = request.url.scheme == "https" and parts.scheme != "https"
        if parts.netloc.lower() != headers.get("host", "").lower() or secure:
            raise Problem("cross-site")
