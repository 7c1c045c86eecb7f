"""Answers: pages from templates, problems as a page or as JSON, whichever was asked for."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Any, Final

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from logscan.version import __version__
from logscan.web.problems import Problem
from logscan.web.words import Words

STATIC: Final = {"page.css": "text/css", "page.js": "text/javascript", "plain.css": "text/css", "icon.svg": "image/svg+xml"}


@cache
def static(name: str) -> bytes:
    """A static file's bytes."""
    return (resources.files("logscan.web") / "static" / name).read_bytes()


@cache
def static_address(name: str) -> str:
    """Where a static file is found; another content has another address, so browsers may keep it."""
    return f"/static/{name}?{hashlib.sha256(static(name)).hexdigest()[:12]}"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("logscan.web"), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(static=static_address, version=__version__)
    return environment


def page(request: Request, name: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any) -> Response:
    """A page in the reader's language."""
    state = request.state
    text = _environment().get_template(name).render(w=state.words, here=request.url.path, leave=state.leave, **values)
    return HTMLResponse(text, status, headers)


def wants_page(request: Request) -> bool:
    """Whether people look at the answer: browsers name text/html first."""
    accept = request.headers.get("accept", "")
    return accept.find("text/html") >= 0 and not 0 <= accept.find("application/json") < accept.find("text/html")


def problem_answer(request: Request, problem: Problem) -> Response:
    """A problem as the client wants it. Scripts get English, like all JSON; the page's own script gets the page's language."""
    script = request.url.path.startswith("/api/")
    if wants_page(request) and not script:
        title, detail = problem.shown(request.state.words)
        return page(request, "problem.html", problem.status, problem.headers, title=title, detail=detail, key=problem.key)
    words = Words("en") if script else request.state.words
    return JSONResponse(problem.as_json(words), problem.status, problem.headers, media_type="application/problem+json")
