"""The checklist's items on images: by what their addresses answer, else by the HTTP log."""

from __future__ import annotations

from collections.abc import Sequence

from logscan.findings.answers import DOUBTFUL, UNREACHED, evidence_of, failing, kinds_of, trouble_of
from logscan.findings.case import Case
from logscan.findings.requests import distinct, image_requests, never_asked, path_of, status_of
from logscan.images import host_of
from logscan.model import Check, Evidence, ImageAnswer, Status
from logscan.times import format_stamp


def image_urls_check(case: Case) -> Check:
    """Whether images answer. Asking them says more than what others got; nothing passes without data."""
    if case.answers:
        return _by_answers(case, case.answers)
    return _by_requests(case) or Check(
        "image-urls", "skip", "known" if case.image_urls else None, None, {"count": str(len(case.image_urls))}
    )


def _by_answers(case: Case, answers: Sequence[ImageAnswer]) -> Check:
    # Whether a script may read an image is an item of its own.
    wrong = [it for it in answers if trouble_of(it) not in (None, "cors")]
    if not wrong:
        return Check("image-urls", "pass", "ok", _evidence(case, answers[0]), {"total": str(len(answers))})
    kind = kinds_of(wrong)[0]
    same = [it for it in wrong if trouble_of(it) == kind]
    bad = failing(wrong)
    status: Status = "fail" if any(it.kind not in UNREACHED for it in bad) or (bad and len(bad) < len(answers)) else "warn"
    status = "warn" if kind in DOUBTFUL and not bad else status
    values = {
        "count": str(len(same)), "total": str(len(answers)), "host": host_of(same[0].url) or same[0].url,
        "status": str(same[0].status or ""),
        "why": same[0].why or "",
    }  # fmt: skip
    return Check("image-urls", status, kind, _evidence(case, same[0]), values)


def _evidence(case: Case, answer: ImageAnswer) -> Evidence:
    return evidence_of(answer, case.redactor, case.answers.index(answer) + 1)


def _by_requests(case: Case) -> Check | None:
    requests = image_requests(case)
    if requests.gone:
        values = {"count": str(len(requests.gone)), "when": format_stamp(requests.deploy) or ""}
        return Check("image-urls", "fail", "gone", case.evidence_of(requests.gone[0]), values)
    if requests.failing:
        first = requests.failing[0]
        values = {"count": str(len(requests.failing)), "total": str(len({path_of(it) for it in (*requests.failing, *requests.good)}))}
        return Check("image-urls", "fail", "requests", case.evidence_of(first), {**values, "status": str(status_of(first))})
    unseen = never_asked(case)
    if unseen:
        return Check("image-urls", "warn", "never-asked", None, {"count": str(len(unseen))})
    if requests.good:
        return Check("image-urls", "pass", "requested", case.evidence_of(requests.good[-1]), {"count": str(len(distinct(requests.good)))})
    return None


def image_cors_check(case: Case) -> Check | None:
    """What the answers say of CORS, before what a browser once said of it; None where nothing was asked."""
    known = [it for it in case.answers if it.cors is not None]
    if not known:
        return None
    refused = [it for it in known if not it.cors]
    if refused:
        kind = "refused" if refused[0].allow_origin else "absent"
        values = {
            "count": str(len(refused)), "total": str(len(known)), "host": host_of(refused[0].url), "origin": refused[0].allow_origin or "",
        }  # fmt: skip
        return Check("image-cors", "fail", kind, _evidence(case, refused[0]), values)
    closed = [it for it in known if it.preflight is not None and it.preflight >= 400]  # noqa: PLR2004  # HTTP
    if closed:
        return Check(
            "image-cors", "pass", "no-preflight", _evidence(case, closed[0]), {"total": str(len(known)), "status": str(closed[0].preflight)}
        )
    return Check("image-cors", "pass", "allowed", _evidence(case, known[0]), {"total": str(len(known))})
