"""Findings about what jobs produced: jobs-failing and images-not-accessible."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

import polars as pl

from logscan.causes import Failure
from logscan.findings.answers import failing, kinds_of, one_each
from logscan.findings.case import MAX_EVIDENCE, Case, families_by_mascot, families_of, family_order
from logscan.findings.plugin import MADE, Polling, mascots_of, never_made, pollings_of, state_of
from logscan.findings.requests import image_requests
from logscan.findings.sureness import sureness, with_answers
from logscan.model import Finding
from logscan.ordering import Seen
from logscan.times import format_stamp

CORS: Final = "browser-image-cors"
# What makes a refusal one of the plugin's images: its iframe has the origin `null`, and images have addresses.
_IMAGE: Final = re.compile(r"origin 'null'|\.(?:png|jpe?g|webp|gif|svg|avif)\b|/storage/|\bimage\b|\bimg-src\b", re.IGNORECASE)


def jobs_failing(case: Case) -> Finding | None:
    """Mascots that end as generation_failed, or failed jobs that name none."""
    failed = set(case.with_outcome("generation_failed"))
    failures = [f for f in case.attribution.failures if f.event == "generation_failed" and f.mascot in failed]
    unnamed = [] if case.events("generation_failed") else case.events("job_failed")
    if not failed and not unnamed:
        return None
    generated = case.events("generated")
    items = [f.seen for f in failures] or unnamed
    last = max(item.at for item in items)
    causes = families_by_mascot(case, failures) or families_of(case, (s for b in case.attribution.blocks for s in b.lines))
    proof = [line for f in _one_each(failures, causes) for line in (f.seen, *(f.lines or f.follow)[:1])] or unnamed
    return Finding(
        "jobs-failing", "critical", "certain" if failed else "likely",
        items[0].stamp, max(items, key=lambda item: item.at).stamp, not any(item.at > last for item in generated), len(failed), causes,
        case.evidence(proof), case.evidence(reversed(generated), 2), (),
        {"generated": case.by_outcome.get("generated", 0), "total": case.mascots.height},
    )  # fmt: skip


def _one_each(failures: list[Failure], causes: tuple[str, ...]) -> list[Failure]:
    """A failure of each cause first, in the order of the causes, then the others."""
    first = {failure.family: failure for failure in reversed(failures)}
    chosen = [first[cause] for cause in causes if cause in first]
    return chosen + [failure for failure in failures if all(failure is not other for other in chosen)]


def images_not_accessible(case: Case) -> Finding | None:
    """Images that were made and are not seen: not stored, not delivered, or refused by the browser."""
    lost = set(case.mascots.filter(pl.col("image") == "missing")["mascot_id"].to_list())
    uploads = [f for f in case.attribution.failures if f.event == "upload_failed" and f.mascot in lost]
    # Where no image was made at all, the plugin has nothing to see: other findings say why.
    batches = [it for it in pollings_of(case) if it.gave_up and not it.images and not never_made(case, it)]
    refused = _refused(case)
    blank = case.without_url
    asked, wrong = image_requests(case), failing(case.answers)
    if not lost and not batches and not refused and not blank and not asked.failing and not wrong:
        return None
    items = sorted(
        [*(f.seen for f in uploads), *refused, *asked.begun, *asked.failing, *(it.gave_up[-1] for it in batches)], key=lambda item: item.at
    )
    causes = family_order(case, [*(f.family for f in uploads), *([CORS] if refused else [])])
    proof = [line for f in uploads[:2] for line in (f.seen, *f.lines[:1])] + refused[:2] + [it.gave_up[-1] for it in batches[:2]]
    proof += [*([asked.deploy_line] if asked.deploy_line is not None else []), *(asked.gone or asked.failing)[:2]]
    rows = case.row_evidence(sorted(blank), 2 if proof else MAX_EVIDENCE)
    unseen = _unseen(case) or len(batches) or len({item.sighting.text for item in refused})
    uploaded = [item for item in case.events("uploaded") if items and item.at > items[-1].at]
    known = lost | blank | _in_batches(case, batches) | asked.hit | {it.mascot or it.url for it in wrong}
    fine = [it for it in case.answers if it not in wrong and it.cors]
    stamps = [item.stamp for item in items if item.stamp is not None] + [row.timestamp for row in rows if row.timestamp is not None]
    sure = bool(lost or refused or blank or (batches and case.shown_to_fail("image-urls", "image-cors")))
    return Finding(
        "images-not-accessible", "critical", sureness(case, asked, told=sure),
        min(stamps, default=None), max(stamps, default=None),
        not uploaded, max(len(known), 0 if known else unseen), causes,
        with_answers(case, (*case.evidence(proof, MAX_EVIDENCE - len(rows)), *rows), one_each(wrong)),
        with_answers(case, case.evidence(uploaded or asked.good[-2:], 2), fine[:1]), _to_be_sure(case, batches),
        {
            "missing": len(lost), "gave_up": len(batches), "refused": len({item.sighting.text for item in refused}), "blank": len(blank),
            "failing": len(asked.failing), "wrong": len(wrong), "asked": len(case.answers), "deploy": format_stamp(asked.deploy) or "—",
        },
        _variant(
            gone=len(asked.gone) == len(asked.failing),
            upload=bool(lost), plugin=bool(batches), browser=bool(refused), database=bool(blank), requests=bool(asked.failing),
            answers=bool(wrong),
        ),
        (*kinds_of(wrong), *(["gone"] if asked.gone else ["requests"] if asked.failing else [])),
    )  # fmt: skip


def _in_batches(case: Case, batches: Iterable[Polling]) -> set[str]:
    """The mascots of batches whose images were made, where they are known by more than the console's own lines."""
    joined = [mascots_of(case, polling) for polling in batches]
    return {mascot for mascots, by in joined if by in ("database", "logs") for mascot in mascots if state_of(case, mascot) in MADE}


def _to_be_sure(case: Case, batches: Sequence[Polling]) -> tuple[str, ...]:
    looked = {check.id for check in case.looked if check.status != "skip"}
    wanted = ("database", "image-urls") if batches else ("image-urls",)
    there = {"database": case.stored is not None, "image-urls": bool(case.answers)}
    return tuple(key for key in wanted if key not in looked and not there[key])


def _variant(*, gone: bool, **ways: bool) -> str | None:
    """Which summary says it: with one way only in which images are not seen, that one's."""
    held = [name for name, holds in ways.items() if holds]
    if held == ["requests"] and gone:
        return "gone"
    if len(held) > 1 and {"requests", "answers"} & set(held):
        return "joined"
    if len(held) > 1 and ways["database"]:
        return "database-plugin" if held == ["plugin", "database"] else "all"
    return held[0] if len(held) == 1 else None


def _refused(case: Case) -> list[Seen]:
    """Lines in which the browser refuses an image, unless the same image was loaded after all."""
    loaded = {item.sighting.captures.get("variation") for item in case.events("plugin_image_loaded")}
    mended = {item.sighting.record for item in case.events("plugin_image_failed") if item.sighting.captures.get("variation") in loaded}
    lines = (seen for block in case.attribution.blocks if block.family == CORS for seen in block.lines)
    return [seen for seen in lines if seen.sighting.record not in mended and _IMAGE.search(seen.sighting.text)]


def _unseen(case: Case) -> int:
    """Variations that the plugin names as without an image, by their last word."""
    last: dict[str, bool] = {}
    for item in case.events("plugin_variation", "plugin_image_failed", "plugin_image_loaded"):
        variation = item.sighting.captures.get("variation")
        if variation:
            last[variation] = item.sighting.event == "plugin_image_loaded" or item.sighting.captures.get("images") == "true"
    return sum(not seen for seen in last.values())
