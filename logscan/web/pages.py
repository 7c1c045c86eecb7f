"""The page, its reports, and what can be done with them."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response

from logscan.version import __version__
from logscan.web.answers import STATIC, page, problem_answer, static, wants_page
from logscan.web.jobs import Job
from logscan.web.options import ScanOptions, command_line
from logscan.web.problems import LIMITS, STATUS, Problem
from logscan.web.site import check_form, site_of, small_form, take_upload, visitor_of
from logscan.web.store import Meta

_DOCUMENTED: Final = (413, 415, 422, 429)
# The report is a page of its own, from log text: whatever may be wrong with it, it gets no hold on this site.
_SANDBOX: Final = "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads allow-modals; frame-ancestors 'self'"
_DEMO: Final = Path("demo") / "input.log"
_DEMO_IN_CHECKOUT: Final = Path("fixtures") / "interleaved-jobs-two-causes" / "input.log"


async def index(request: Request) -> Response:
    """The front door."""
    site, visitor = site_of(request), visitor_of(request)
    if visitor.session.fresh:
        request.state.cookie = visitor.session
    settings, words = site.settings, visitor.words
    problems = [(STATUS[key], key) for key in STATUS if STATUS[key] in _DOCUMENTED]
    return page(
        request, "index.html",
        form=site.sessions.form_token(visitor.session), recent=site.jobs.recent(visitor.session.owner), settings=settings,
        keep=words.duration(settings.keep), most_files=words.count("a-file", settings.files), most=words.size(settings.upload),
        command=command_line(["backend.log", "worker.log"], ScanOptions(lang=words.language)), origin=f"{request.url.scheme}://{request.url.netloc}",
        problems=[(status, key, words.problem(key, _Blank())[0]) for status, key in problems], limits=LIMITS, texts=_script_texts(request),
        deleted="deleted" in request.query_params,
    )  # fmt: skip


class _Blank(dict[str, object]):
    """Values for texts that are shown without any."""

    def __missing__(self, key: str) -> str:
        return "…"


async def scan(request: Request) -> Response:
    """The page's form. The page's script is told where the report will be, browsers without scripts are led there."""
    job = await take_upload(request, "page", lambda fields: check_form(request, fields))
    address = f"/r/{job.meta.id}"
    return RedirectResponse(address, 303) if wants_page(request) else JSONResponse({"address": address}, 202)


def _script_texts(request: Request) -> dict[str, str]:
    """The texts that the page's script shows."""
    words, settings = visitor_of(request).words, site_of(request).settings
    plain = ("remove", "of", "offline", "out-of-reach", "cancelled", "one-nothing", "empty-file", "packed", "diagnose", "diagnose-more")
    return {
        **{key: words.ui(key) for key in plain},
        "too-many-chosen": words.ui("too-many-chosen", files=words.count("a-file", settings.files)),
        "too-large-chosen": words.ui("too-large-chosen", size=words.size(settings.upload)),
    }


def _job(request: Request) -> Job:
    site = site_of(request)
    job = site.jobs.get(request.path_params["scan"])
    if job is None:
        raise Problem("not-found", keep=visitor_of(request).words.duration(site.settings.keep))
    return job


async def report(request: Request) -> Response:
    """A report's address: how far it is, why there is none, or the report itself."""
    job, site, visitor = _job(request), site_of(request), visitor_of(request)
    meta, words = job.meta, visitor.words
    own = meta.kind == "page" and meta.owner == visitor.session.owner
    values: dict[str, Any] = {
        "meta": meta, "own": own, "form": site.sessions.form_token(visitor.session), "command": command_line(meta.names, meta.options),
        "expires": words.moment(meta.created + site.settings.keep), "made": words.moment(meta.created),
    }  # fmt: skip
    if meta.failure is not None:
        problem = meta.failure.problem()
        title, detail = problem.shown(words)
        return page(request, "failed.html", problem.status, title=title, detail=detail, **values)
    if meta.summary is None:
        return page(request, "waiting.html", progress=_status(request, job), texts=_script_texts(request), **values)
    chosen = request.query_params.get("lang")
    lang = chosen if chosen in ("en", "fr") else meta.options.lang
    return page(request, "report.html", summary=meta.summary, title=meta.summary.titles[words.language == "fr"], lang=lang, **values)


def _status(request: Request, job: Job) -> dict[str, object]:
    """Where a scan is, in numbers and in words. `total` is unknown where files are compressed, since they are read unpacked."""
    words, meta = visitor_of(request).words, job.meta
    ahead = site_of(request).jobs.ahead_of(job)
    total = sum(meta.sizes)
    known = 0 < job.read <= total
    text = ""
    if job.step == "queue" and ahead:
        text = words.ui("ahead", number=ahead)
    elif job.step == "read" and job.read:
        part = words.size(job.read)
        text = words.ui("of", part=part, total=words.size(total)) if known else words.ui("read-so-far", part=part)
    return {"state": meta.state, "step": job.step, "read": job.read, "total": total if known else None, "text": text}


async def status(request: Request) -> Response:
    """For the page's script: where a scan is, and the problem that ended it."""
    job = _job(request)
    answer = _status(request, job)
    if job.meta.failure is not None:
        answer["problem"] = job.meta.failure.problem().as_json(visitor_of(request).words)
    return JSONResponse(answer)


async def report_file(request: Request) -> Response:
    """The report alone, to look at or to take away."""
    job = _job(request)
    folder = site_of(request).store.folder(job.meta.id)
    if job.meta.summary is None:
        raise Problem("not-found", keep="")
    chosen = request.query_params.get("lang", job.meta.options.lang)
    name = "report.json" if request.url.path.endswith(".json") else f"report.{'fr' if chosen == 'fr' else 'en'}.html"
    kind = "attachment" if "download" in request.query_params else "inline"
    return FileResponse(
        folder / name,
        media_type="application/json" if name.endswith("json") else "text/html; charset=utf-8",
        headers=report_headers(job.meta),
        filename=f"logscan-report{Path(name).suffix}",
        content_disposition_type=kind,
    )


def report_headers(meta: Meta) -> dict[str, str]:
    """The report's own policy, and a sandbox around it."""
    policy = " ".join(meta.summary.policy.split()) if meta.summary else "default-src 'none'"
    return {"Content-Security-Policy": f"{policy.strip('; ')}; {_SANDBOX}", "X-Frame-Options": "SAMEORIGIN"}


async def delete(request: Request) -> Response:
    """The button: only for the browser that made the report."""
    fields = await small_form(request)
    check_form(request, fields)
    job, site, visitor = _job(request), site_of(request), visitor_of(request)
    if job.meta.kind != "page" or job.meta.owner != visitor.session.owner:
        raise Problem("not-yours", when=visitor.words.moment(job.meta.created + site.settings.keep))
    site.jobs.delete(job)
    return RedirectResponse("/?deleted", 303) if wants_page(request) else Response(status_code=204)


async def demo(request: Request) -> Response:
    """A report on a log that ships with logscan; made when somebody first asks."""
    site = site_of(request)
    job = site.jobs.demo()
    if job is None:
        site.uploads.take(visitor_of(request).client)
        with site.jobs.place():
            folder = site.store.begin()
            await asyncio.to_thread(shutil.copy, demo_log(), folder / "files" / "0")
            size = (folder / "files" / "0").stat().st_size
            meta = Meta(folder.name, time.time(), ["example.log"], [size], ScanOptions(), kind="demo", version=__version__)
            job = await site.jobs.submit(meta, folder)
    return RedirectResponse(f"/r/{job.meta.id}?lang={visitor_of(request).words.language}", 303)


def demo_log() -> Path:
    """The example: in the wheel beside this module, in a checkout among the fixtures."""
    here = Path(__file__).parent
    packed = here / _DEMO
    return packed if packed.is_file() else here.parents[1] / _DEMO_IN_CHECKOUT


async def login(request: Request) -> Response:
    """The form for the token."""
    site, visitor = site_of(request), visitor_of(request)
    target = _local(request.query_params.get("next", "/"))
    if visitor.session.known:
        return RedirectResponse(target, 303)
    if request.method != "POST":
        return page(request, "login.html", next=target, wrong="")
    site.failures.check(visitor.client)
    fields = await small_form(request)
    if not site.sessions.matches(fields.get("token", "").strip()):
        site.failures.take(visitor.client)
        title, detail = Problem("wrong-token").shown(visitor.words)
        return page(request, "login.html", 401, next=_local(fields.get("next", "/")), wrong=f"{title}. {detail}")
    request.state.cookie = site.sessions.logged_in()
    return RedirectResponse(_local(fields.get("next", "/")), 303)


async def logout(request: Request) -> Response:
    """Forget that this browser knew the token."""
    check_form(request, await small_form(request))
    request.state.cookie = site_of(request).sessions.new()
    return RedirectResponse("/login", 303)


def _local(target: str) -> str:
    """A path on this site, and nowhere else."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable() else "/"


async def static_file(request: Request) -> Response:
    """Style, script and icon."""
    name = request.path_params["name"]
    if name not in STATIC:
        raise Problem("not-found", keep="")
    return Response(static(name), media_type=STATIC[name], headers={"Cache-Control": "public, max-age=31536000, immutable"})


async def healthz(request: Request) -> Response:
    """For whoever watches the server: can it take an upload?"""
    site = site_of(request)
    fine = await asyncio.to_thread(site.store.writable)
    return JSONResponse({"status": "ok" if fine else "the data folder cannot be written", "busy": site.jobs.busy}, 200 if fine else 503)


async def on_problem(request: Request, error: Exception) -> Response:
    """A problem that a handler raised."""
    return problem_answer(request, error if isinstance(error, Problem) else Problem("internal", number="?"))
