"""What the app's handlers share, and the way of an upload from the wire into the queue."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qsl

from starlette.requests import Request

from logscan.version import __version__
from logscan.web.guard import Visitor
from logscan.web.jobs import Job, Jobs
from logscan.web.options import read_options
from logscan.web.problems import Problem
from logscan.web.rate import RateLimit
from logscan.web.sessions import Sessions
from logscan.web.settings import Settings
from logscan.web.store import Meta, Store
from logscan.web.upload import content_length, receive

_MAX_FORM: Final = 8192
# An upload that takes long enough for a worker to get ready meanwhile.
_LONG: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Site:
    """A running server's parts."""

    settings: Settings
    sessions: Sessions
    store: Store
    jobs: Jobs
    uploads: RateLimit
    failures: RateLimit


def site_of(request: Request) -> Site:
    """The site that serves a request."""
    site: Site = request.app.state.site
    return site


def visitor_of(request: Request) -> Visitor:
    """Who asks."""
    visitor: Visitor = request.state.visitor
    return visitor


async def take_upload(request: Request, kind: Literal["page", "script"], allowed: Callable[[dict[str, str]], None]) -> Job:
    """Receive an upload and queue it; nothing stays of one that fails. `allowed` sees the fields before the first file.

    Raises Problem, and ClientDisconnect where the client went away.
    """
    site, visitor = site_of(request), visitor_of(request)
    site.uploads.take(visitor.client)
    with site.jobs.place():
        folder = site.store.begin()
        try:
            if content_length(request) > _LONG:
                await site.jobs.warm()
            upload = await receive(request, folder / "files", site.settings, allowed)
            fields = {**request.query_params, **upload.fields}
            lang = visitor.words.language if kind == "page" else "en"
            options = read_options(fields, lang, time.time_ns(), may_show_secrets=site.settings.local, may_ask=site.settings.check_urls > 0)
            owner = visitor.session.owner if kind == "page" else ""
            meta = Meta(folder.name, time.time(), upload.names, upload.sizes, options, owner, kind, version=__version__)
            return await site.jobs.submit(meta, folder)
        except BaseException:
            site.store.discard(folder)
            raise


async def small_form(request: Request) -> dict[str, str]:
    """The fields of a short urlencoded form. Raises Problem."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise Problem("wrong-type", type=request.headers.get("content-type", "nothing")[:60])
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_FORM:
            raise Problem("field-too-long", field="form")
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10))


def check_form(request: Request, fields: dict[str, str]) -> None:
    """Refuse a form that was not made for this session. Raises Problem."""
    if not site_of(request).sessions.form_is(visitor_of(request).session, fields.get("form", "")):
        raise Problem("stale-page")
