"""Findings about what jobs produced: jobs-failing and images-not-accessible."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from logscan.causes import Failure
from logscan.findings.answers import evidence_of, explicit, failing, kinds_of, one_each, trouble_of
from logscan.findings.case import MAX_EVIDENCE, Case, families_by_mascot, families_of, family_order
from logscan.findings.requests import ImageRequests, image_requests, path_of
from logscan.match import captured_number
from logscan.model import Confidence, Evidence, Finding, ImageAnswer
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


@dataclass(slots=True)
class _Batch:
    """One polling of the plugin: does it end without images?"""

    images: bool = False
    gave_up: list[Seen] = field(default_factory=list)


def images_not_accessible(case: Case) -> Finding | None:
    """Images that were made and are not seen: not stored, not delivered, or refused by the browser."""
    lost = set(case.mascots.filter(pl.col("image") == "missing")["mascot_id"].to_list())
    uploads = [f for f in case.attribution.failures if f.event == "upload_failed" and f.mascot in lost]
    batches = [batch for batch in _batches(case) if batch.gave_up and not batch.images]
    refused = _refused(case)
    asked, wrong = image_requests(case), failing(case.answers)
    if not lost and not batches and not refused and not asked.failing and not wrong:
        return None
    items = sorted([*(f.seen for f in uploads), *refused, *asked.failing, *(b.gave_up[-1] for b in batches)], key=lambda item: item.at)
    causes = family_order(case, [*(f.family for f in uploads), *([CORS] if refused else [])])
    proof = [line for f in uploads[:2] for line in (f.seen, *f.lines[:1])] + refused[:2] + [b.gave_up[-1] for b in batches[:2]]
    proof += [*([asked.deploy_line] if asked.deploy_line is not None else []), *(asked.gone or asked.failing)[:2]]
    unseen = _unseen(case) or len(batches) or len({item.sighting.text for item in refused})
    hit = lost | asked.hit | {it.mascot or it.url for it in wrong}
    uploaded = [item for item in case.events("uploaded") if items and item.at > items[-1].at]
    fine = [it for it in case.answers if trouble_of(it) is None]
    return Finding(
        "images-not-accessible", "critical", _sureness(case, asked, told=bool(lost or refused)),
        items[0].stamp if items else None, items[-1].stamp if items else None, not uploaded,
        max(len(hit), 0 if lost else unseen), causes,
        _with_answers(case, case.evidence(proof), one_each(wrong)),
        _with_answers(case, case.evidence(uploaded or asked.good[-2:], 2), fine[:1]), _lacking(case, gave_up=bool(batches)),
        {
            "missing": len(lost), "gave_up": len(batches), "refused": len({item.sighting.text for item in refused}),
            "failing": len(asked.failing), "wrong": len(wrong), "asked": len(case.answers), "deploy": format_stamp(asked.deploy) or "—",
        },
        _variant(
            upload=bool(lost), plugin=bool(batches), browser=bool(refused), requests=bool(asked.failing), answers=bool(wrong),
            gone=len(asked.gone) == len(asked.failing),
        ),
        (*kinds_of(wrong), *(["gone"] if asked.gone else ["requests"] if asked.failing else [])),
    )  # fmt: skip


def _sureness(case: Case, asked: ImageRequests, *, told: bool) -> Confidence:
    """An explicit refusal is certain; a plugin that gave up is likely, and no more than possible where every address answers well."""
    if told or explicit(case.answers) or any(path_of(item) in asked.owners for item in asked.failing):
        return "certain"
    well = bool(case.answers) and not failing(case.answers)
    return "possible" if well and not asked.failing else "likely"


def _with_answers(case: Case, lines: tuple[Evidence, ...], answers: Sequence[ImageAnswer]) -> tuple[Evidence, ...]:
    """Lines of the log, and what addresses answered; room is kept for both."""
    shown = [evidence_of(it, case.redactor, case.answers.index(it) + 1) for it in answers[:MAX_EVIDENCE]]
    room = MAX_EVIDENCE - min(len(shown), 2)
    return (*lines[:room], *shown)[:MAX_EVIDENCE]


def _lacking(case: Case, *, gave_up: bool) -> tuple[str, ...]:
    """What would make it sure, and is not there."""
    wanted = (("database", gave_up and case.stored is None), ("image-urls", not case.answers))
    return tuple(name for name, holds in wanted if holds)


def _variant(*, gone: bool, **holds: bool) -> str | None:
    """Which summary says it: with one way only in which images are not seen, that one's."""
    ways = [name for name in holds if holds[name]]
    if ways == ["requests"] and gone:
        return "gone"
    return ways[0] if len(ways) == 1 else "joined" if {"requests", "answers"} & set(ways) else None


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


def _batches(case: Case) -> list[_Batch]:
    """The plugin's pollings: begun, images seen after that or not, given up or not.

    Lines that name no batch belong to the one that was polled last.
    """
    batches: dict[str, _Batch] = {}
    current: _Batch | None = None
    for item in case.seen:
        event, captures = item.sighting.event, item.sighting.captures
        if event in ("plugin_poll_begun", "plugin_poll"):
            current = batches.setdefault(captures.get("batch", ""), _Batch())
        elif event == "plugin_gave_up" and current is None:
            current = batches.setdefault("", _Batch())
        if current is None:
            continue
        last_try = event == "plugin_poll" and captured_number(captures, "attempt") >= captured_number(captures, "max")
        if last_try or event == "plugin_gave_up":
            current.gave_up.append(item)
        elif event == "plugin_images":
            current.images = current.images or _has_images(captures)
        elif event == "plugin_image_loaded":
            current.images = True
    return list(batches.values())


def _has_images(captures: Mapping[str, str]) -> bool:
    if "images" in captures:
        return captures["images"] == "true"
    ready = captured_number(captures, "ready")
    return ready > 0 and ready >= captured_number(captures, "total", 1)
