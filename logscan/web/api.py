"""`POST /api/scan`: for scripts. One call uploads, scans and answers; nothing of it is kept."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from logscan.web.answers import wants_page
from logscan.web.jobs import Job
from logscan.web.pages import report_headers
from logscan.web.site import site_of, take_upload


async def api_scan(request: Request) -> Response:
    """Multipart field `file`, once or more → the JSON contract, or with `Accept: text/html` the report."""
    site = site_of(request)
    job = await take_upload(request, "script", lambda _: None)
    try:
        await _over(request, job)
        if job.meta.failure is not None:
            raise job.meta.failure.problem()
        folder = site.store.folder(job.meta.id)
        if not wants_page(request):
            return Response(await asyncio.to_thread((folder / "report.json").read_bytes), media_type="application/json")
        path = folder / f"report.{job.meta.options.lang}.html"
        return Response(await asyncio.to_thread(path.read_bytes), media_type="text/html", headers=report_headers(job.meta))
    finally:
        site.jobs.delete(job)


async def _over(request: Request, job: Job) -> None:
    """Wait for the scan, or for the client to hang up. Raises ClientDisconnect."""
    over, gone = asyncio.ensure_future(job.over.wait()), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait((over, gone), return_when=asyncio.FIRST_COMPLETED)
    finally:
        over.cancel()
        gone.cancel()
    if not job.over.is_set():
        raise ClientDisconnect


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
