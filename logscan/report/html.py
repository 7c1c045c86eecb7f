"""The HTML report: one file, no network, readable without scripts. Log text in it is hostile and escaped."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import jinja2

from logscan.model import OUTCOMES, Diagnosis
from logscan.report import charts
from logscan.report.charts.histogram import bar_steps
from logscan.report.charts.strip import STEPS
from logscan.report.packing import Chunk, pack
from logscan.report.policy import assets
from logscan.report.rows import CERTAINTIES, IMAGES, Rows, rows_of
from logscan.report.tales import SIZE, tales
from logscan.report.texts import UI
from logscan.report.view import (
    batch_state,
    cell_views,
    check_views,
    database_line,
    finding_views,
    hole_rows,
    line_of,
    steps_of,
    variant_views,
)
from logscan.report.words import Words
from logscan.times import SECOND
from logscan.version import __version__

# Rows that stand in the page itself, for readers without scripts.
MAX_ROWS: Final = 200
DEFAULT_MB: Final = 10
_MB: Final = 1_000_000
# What the sentences about what was left out may add to the page.
_SPARE: Final = 4096
_MAX_WAYS: Final = 60
_COLUMNS: Final = (
    ("id", "mascot"), ("outcome", "outcome"), ("cause", "cause"), ("attempts", "attempts"), ("enqueued", "enqueued"),
    ("started", "started"), ("waited", "waited"), ("ran", "ran"), ("ended", "ended"), ("certainty", "certainty"), ("image", "image"),
)  # fmt: skip
_BAD: Final = ("enqueue_failed", "generation_failed", "upload_failed", "cause", "waiting", "stalled")
_TONES: Final = {**dict.fromkeys(_BAD, "bad"), "generated": "good", "uploaded": "good", "in_flight": "open", "unknown": "open"}
_SCRIPT_WORDS: Final = (
    "copy", "copied", "rows", "no-rows", "open-row", "sort-by", "loading", "no-story", "no-stories", "more-lines", "pic-strip",
    "step-other", *OUTCOMES, *CERTAINTIES, *IMAGES,
)  # fmt: skip


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("logscan.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def to_html(diagnosis: Diagnosis, words: Words, *, now: int, version: str = __version__, max_mb: float = DEFAULT_MB) -> str:
    """The report as one page of at most `max_mb` million bytes; what does not fit is left out, and the page says so.

    `now` (ns, UTC) is the moment it is made; the same input and `now` give the same bytes. Single mascots have their
    lines only in a diagnosis made with `Options.stories`.
    """
    rows = rows_of(diagnosis)
    context = _context(diagnosis, words, rows, now=now, version=version)
    template = _environment().get_template("report.html")
    head = pack("page", _head(diagnosis, words, rows))
    room = int(max_mb * _MB) - len(template.render(context, chunks=[], left_out=[]).encode()) - head.size - _SPARE
    chunks, left_out = _filled(diagnosis, words, rows, room, max_mb)
    return template.render(context, chunks=[head, *chunks], left_out=left_out)


def _context(diagnosis: Diagnosis, words: Words, rows: Rows, *, now: int, version: str) -> dict[str, Any]:
    stories, coverage = diagnosis.stories, diagnosis.coverage
    variants = variant_views(diagnosis, words)
    further = sum(variant.mascots for variant in stories.variants) - sum(view.variant.mascots for view in variants) if stories else 0
    return {
        "w": words,
        "assets": assets(),
        "findings": finding_views(diagnosis, words),
        "causes": [{"cause": c, "title": words.cause(c.id), "evidence": [line_of(e) for e in c.evidence]} for c in diagnosis.causes],
        "outcomes": list(diagnosis.by_outcome.items()),
        "by_outcome": diagnosis.by_outcome,
        "means": {name: words.ui(f"{name}-means", **_deadlines(diagnosis, words)) for name in diagnosis.by_outcome},
        "other_jobs": list(diagnosis.other_jobs.items()),
        "pictures": {
            "outcomes": charts.histogram_picture(diagnosis, words),
            "funnel": charts.funnel_picture(diagnosis, words),
            "causes": charts.causes_picture(diagnosis, words),
            "durations": charts.durations_picture(diagnosis, words),
            "coverage": charts.coverage_picture(diagnosis, words),
        },
        "checks": check_views(diagnosis, words),
        "matched": diagnosis.matched,
        "database_line": database_line(diagnosis.matched, words) if diagnosis.matched is not None else "",
        "cells": cell_views(diagnosis, words),
        "batches": [(batch, batch_state(batch, words), words.ui(batch.meaning)) for batch in diagnosis.batches],
        "variants": variants,
        "further_ways": (len(stories.variants) - len(variants), further) if stories and further else None,
        "tones": _TONES,
        "step_words": _step_words(words),
        "columns": _COLUMNS,
        "rows": list(rows.cells(words, MAX_ROWS)),
        "total": diagnosis.mascots.height,
        "coverage": coverage,
        "holes": hole_rows(diagnosis, words),
        "marks": [(mark, line_of(mark.evidence) if mark.evidence else None) for mark in diagnosis.marks],
        "samples": [line_of(sample) for source in coverage.sources for sample in source.samples],
        "notes": [words.note(note) for note in coverage.notes],
        "about": list(_about(diagnosis, words, now, version)),
        "settings": diagnosis.settings,
        "interrupted": diagnosis.interrupted is not None,
        "now": now,
        "version": version,
    }


def _deadlines(diagnosis: Diagnosis, words: Words) -> dict[str, str]:
    settings = diagnosis.settings
    return {"pickup": words.duration(settings.pickup / SECOND), "run": words.duration(settings.run / SECOND)}


def _about(diagnosis: Diagnosis, words: Words, now: int, version: str) -> Iterator[tuple[str, str]]:
    """What the reader must know to make the same report again."""
    settings = diagnosis.settings
    window = words.ui("whole-log")
    if settings.since is not None or settings.until is not None:
        window = " – ".join("…" if at is None else f"{words.moment(at)} UTC" for at in (settings.since, settings.until))
    yield words.ui("version"), f"logscan {version}"
    yield words.ui("rules-hash"), diagnosis.rules_hash
    yield words.ui("made"), f"{words.moment(now)} UTC"
    yield words.ui("asked-window"), window
    yield words.ui("deadlines"), words.ui("deadlines-are", **_deadlines(diagnosis, words))
    yield words.ui("shown-zone"), "UTC"
    yield words.ui("stamps-zone"), settings.zone


def _head(diagnosis: Diagnosis, words: Words, rows: Rows) -> dict[str, Any]:
    """What the script must know before it opens the table."""
    wide, narrow = bar_steps(diagnosis)
    ways = diagnosis.stories.variants[:_MAX_WAYS] if diagnosis.stories else ()
    return {
        "language": words.language,
        "base": rows.base,
        "one_day": rows.one_day,
        "tale": SIZE,
        "stories": diagnosis.stories is not None,
        "outcomes": OUTCOMES,
        "certainties": CERTAINTIES,
        "images": IMAGES,
        "causes": rows.causes,
        "titles": {cause.id: words.cause(cause.id) for cause in diagnosis.causes},
        "ways": [" → ".join(step for _, step in steps_of(way, words)) for way in ways],
        "sources": [source.name for source in diagnosis.coverage.sources],
        "steps": STEPS,
        "steps_wide": wide,
        "steps_narrow": narrow,
        "tones": _TONES,
        "words": {**{key: words.ui(key) for key in _SCRIPT_WORDS}, **{f"step-{name}": text for name, text in _step_words(words).items()}},
    }


def _step_words(words: Words) -> dict[str, str]:
    return {key.removeprefix("step-"): words.ui(key) for key in UI if key.startswith("step-")}


def _filled(diagnosis: Diagnosis, words: Words, rows: Rows, room: int, max_mb: float) -> tuple[list[Chunk], list[str]]:
    """The chunks that fit into `room` bytes, and sentences on what does not."""
    total, size = diagnosis.mascots.height, words.number(round(max_mb) if max_mb >= 1 else max_mb)
    if not total:
        return [], []
    stories = diagnosis.stories
    variant_of = {row: way for row, way in enumerate(stories.variant_of) if way < _MAX_WAYS} if stories else {}
    held, index = total, rows.index(variant_of, total)
    while index.size > room and held > 1:
        held = max(int(held * max(room, 0) / index.size * 0.95), 1)
        index = rows.index(variant_of, held)
    left_out = []
    if held < total:
        left_out.append(words.ui("left-out-rows", size=size, shown=words.number(held), total=words.number(total)))
    told: list[Chunk] = []
    if stories is not None:
        ids = rows.frame["mascot_id"].head(held).to_list()
        told = list(tales(stories, rows.order[:held], ids, rows.base, room - index.size))
        without = held - min(len(told) * SIZE, held)
        if without:
            left_out.append(words.ui("left-out-lines", size=size, without=words.number(without)))
    return [index, *told], left_out
