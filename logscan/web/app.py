"""The ASGI app: routes, and the guard around them."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from logscan.web import pages
from logscan.web.answers import problem_answer
from logscan.web.api import api_scan
from logscan.web.guard import Guard
from logscan.web.jobs import Jobs
from logscan.web.problems import Problem
from logscan.web.rate import RateLimit
from logscan.web.sessions import Sessions, load_key
from logscan.web.settings import Settings
from logscan.web.site import Site
from logscan.web.store import Store

# Wrong tokens that one client may try in a minute.
_GUESSES: Final = 10


def build(settings: Settings) -> Guard:
    """The app. Raises LogscanError where the data folder cannot be used."""
    store = Store(settings.data)
    sessions = Sessions(load_key(settings.data), settings.token)
    failures = RateLimit(_GUESSES)
    site = Site(settings, sessions, store, Jobs(settings, store), RateLimit(settings.rate), failures)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await site.jobs.start()
        try:
            yield
        finally:
            await site.jobs.stop()
            store.close()

    app = Starlette(
        routes=[
            Route("/", pages.index),
            Route("/scan", pages.scan, methods=["POST"]),
            Route("/api/scan", api_scan, methods=["POST"]),
            Route("/r/{scan}", pages.report),
            Route("/r/{scan}/status", pages.status),
            Route("/r/{scan}/report.html", pages.report_file),
            Route("/r/{scan}/report.json", pages.report_file),
            Route("/r/{scan}/delete", pages.delete, methods=["POST"]),
            Route("/demo", pages.demo),
            Route("/login", pages.login, methods=["GET", "POST"]),
            Route("/logout", pages.logout, methods=["POST"]),
            Route("/static/{name}", pages.static_file),
            Route("/healthz", pages.healthz),
        ],
        exception_handlers={Problem: pages.on_problem, HTTPException: _on_http, ClientDisconnect: _on_gone, Exception: _on_error},
        lifespan=lifespan,
    )
    app.state.site = site
    return Guard(app, settings, sessions, failures)


async def _on_http(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: unknown addresses and wrong methods."""
    if isinstance(error, HTTPException) and error.status_code == 405:  # noqa: PLR2004  # the one besides 404
        answer = problem_answer(request, Problem("wrong-method", allowed=(error.headers or {}).get("Allow", "GET")))
        answer.headers["Allow"] = (error.headers or {}).get("Allow", "GET")
        return answer
    keep = request.state.words.duration(request.app.state.site.settings.keep)
    return problem_answer(request, Problem("not-found", keep=keep))


async def _on_gone(_: Request, __: Exception) -> Response:
    """Nobody reads this; the access log shows it."""
    return Response(status_code=499)


async def _on_error(request: Request, _: Exception) -> Response:
    """A mistake of ours: its number leads from the page to the log."""
    number = request.scope.setdefault("state", {})["number"] = secrets.token_hex(3)
    return problem_answer(request, Problem("internal", number=number))
