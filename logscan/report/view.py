"""What the page shows, worked out before it is drawn: no counting and no sorting happens in templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from logscan.model import Batch, Cause, Cell, Check, Diagnosis, Evidence, Finding, Hole, Matched, Story, Variant
from logscan.report.charts import Picture, strip_picture
from logscan.report.charts.histogram import uncovered
from logscan.report.texts import UI
from logscan.report.words import Words
from logscan.rulebook.schema import Remedy
from logscan.times import format_stamp

MAX_VARIANTS: Final = 8
# Cells that people must look at, and first.
TELLING: Final = ("contradiction", "no-image", "not-logged", "absent")
_KINDS: Final = (*TELLING, "later", "agrees", "other-time")
# What a finding's first failure is measured against: the step that went well last before it.
_GOOD: Final = {"redis-not-working": "enqueued_at", "worker-not-consuming": "started_at"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of evidence: where it stands, when, what it says."""

    place: str
    time: str
    text: str


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding with all its words."""

    finding: Finding
    title: str
    summary: str
    causes: tuple[tuple[Cause, str], ...]
    steps: list[tuple[str, Remedy]]
    supports: tuple[Line, ...]
    contradicts: tuple[Line, ...]
    missing: tuple[tuple[str, str], ...]
    last_good: int | None


@dataclass(frozen=True, slots=True)
class CheckView:
    """An item of the checklist with its words."""

    check: Check
    title: str
    detail: str
    command: str
    evidence: Line | None


@dataclass(frozen=True, slots=True)
class StoryView:
    """One mascot's lines as they are shown; `own` tells them from what merely stands beside them."""

    id: str
    strip: Picture | None
    lines: tuple[tuple[Line, str, bool], ...]
    more: int


@dataclass(frozen=True, slots=True)
class VariantView:
    """A way that mascots went, with an example."""

    number: int
    variant: Variant
    steps: tuple[tuple[str, str], ...]
    causes: str
    example: StoryView


def finding_views(diagnosis: Diagnosis, words: Words) -> list[FindingView]:
    """All findings, the verdict first."""
    causes = {cause.id: cause for cause in diagnosis.causes}
    return [
        FindingView(
            finding, words.title(finding), words.summary(finding),
            tuple((causes[name], words.cause(name)) for name in finding.causes if name in causes),
            words.remedies(finding) if finding.severity != "ok" else [], tuple(map(line_of, finding.supports)),
            tuple(map(line_of, finding.contradicts)), tuple(words.missing(key) for key in finding.missing), last_good(diagnosis, finding),
        )
        for finding in diagnosis.findings
    ]  # fmt: skip


def last_good(diagnosis: Diagnosis, finding: Finding) -> int | None:
    """When the step that a finding is about last went well before it began; None where the log shows no such time."""
    if finding.first is None or finding.severity != "critical":
        return None
    column = _GOOD.get(finding.id, "ended_at")
    mascots = diagnosis.mascots if finding.id in _GOOD else diagnosis.mascots.filter(pl.col("outcome") == "generated")
    good = mascots[column].cast(pl.Int64).drop_nulls()
    return max((at for at in good.to_list() if at < finding.first), default=None)


def line_of(evidence: Evidence) -> Line:
    """A line of evidence as it is shown."""
    return Line(f"{evidence.source}:{evidence.line}", format_stamp(evidence.timestamp) or "", evidence.text)


def check_views(diagnosis: Diagnosis, words: Words) -> list[CheckView]:
    """The checklist."""
    return [CheckView(c, *words.check(c), line_of(c.evidence) if c.evidence else None) for c in diagnosis.checks]


def variant_views(diagnosis: Diagnosis, words: Words) -> list[VariantView]:
    """The ways most mascots went, those that were hit first."""
    stories = diagnosis.stories
    if stories is None:
        return []
    order = sorted(range(len(stories.variants)), key=lambda n: (_went_well(stories.variants[n]), -stories.variants[n].mascots, n))
    views = []
    for number in order[:MAX_VARIANTS]:
        variant = stories.variants[number]
        row = variant.rows[0]
        example = story_view(diagnosis, stories.story(row), diagnosis.mascots["mascot_id"][row], words, number)
        views.append(VariantView(number, variant, steps_of(variant, words), ", ".join(words.cause(c) for c in variant.causes), example))
    return views


def _went_well(variant: Variant) -> bool:
    return variant.outcome == "generated" and not variant.causes


def steps_of(variant: Variant, words: Words) -> tuple[tuple[str, str], ...]:
    """A way in words: each step with its name, and what came of it in the end."""
    steps = [(name, words.ui(f"step-{name}")) for name in variant.steps]
    if f"end-{variant.outcome}" in ("end-waiting", "end-stalled", "end-in_flight", "end-unknown"):
        steps.append((variant.outcome, words.ui(f"end-{variant.outcome}")))
    return tuple(steps)


def story_view(diagnosis: Diagnosis, story: Story, mascot: str, words: Words, number: int) -> StoryView:
    """One mascot's lines with its strip."""
    names = [source.name for source in diagnosis.coverage.sources]
    lines = tuple(
        (Line(f"{names[line.source]}:{line.line}", format_stamp(line.stamp) or "", line.text), line.kind, line.kind != "context")
        for line in story.lines
    )
    return StoryView(mascot, strip_picture(mascot, story, words, number), lines, story.more)


@dataclass(frozen=True, slots=True)
class CellView:
    """A cell of logs beside database with its words."""

    cell: Cell
    logs: str
    database: str
    explanation: str


def cell_views(diagnosis: Diagnosis, words: Words) -> list[CellView]:
    """What logs and database say of the mascots, what does not agree first."""
    if diagnosis.matched is None:
        return []
    cells = sorted(diagnosis.matched.cells, key=lambda cell: _KINDS.index(cell.kind))
    return [CellView(c, words.ui(c.logs), status_words(c, words), words.ui(f"cell-{c.meaning}")) for c in cells]


def status_words(cell: Cell, words: Words) -> str:
    """A status, and of a completed row whether its image is there."""
    key = f"{cell.database}-{cell.image}" if cell.image is not None else cell.database
    return words.ui(key) if key in UI else cell.database


def database_line(matched: Matched, words: Words) -> str:
    """The database in a line: its rows by status, and what is missing."""
    parts = [words.ui("rows-read", rows=words.number(matched.rows), name=matched.name)]
    parts += [f"{words.ui(name) if name in UI else name} {words.number(count)}" for name, count in matched.by_status.items()]
    if matched.images_missing:
        parts.append(words.ui("db-no-image", count=words.number(matched.images_missing)))
    other = sum(cell.mascots for cell in matched.cells if cell.logs == "other_time")
    if other:
        parts.append(words.ui("db-other-time", count=words.number(other)))
    if matched.partial:
        parts.append(words.ui("rows-partial"))
    return " · ".join(parts)


def batch_state(batch: Batch, words: Words) -> str:
    """What became of a batch's images."""
    state = words.ui("images-came" if batch.images else "gave-up" if batch.gave_up else "no-images")
    return f"{state}, {words.ui('image-errors', count=words.number(batch.image_errors))}" if batch.image_errors else state


def hole_rows(diagnosis: Diagnosis, words: Words) -> list[tuple[str, str, str]]:
    """Holes and stretches without a source: from, to, why."""
    coverage = diagnosis.coverage

    def row(hole: Hole) -> tuple[str, str, str]:
        ends = [words.moment(at) if at is not None else words.ui("open-end") for at in (hole.start, hole.end)]
        return ends[0], ends[1], words.ui(f"hole-{hole.reason}") if f"hole-{hole.reason}" in UI else hole.reason

    gaps = []
    if coverage.start is not None and coverage.end is not None:
        known = {(hole.start, hole.end) for hole in coverage.holes}
        gaps = [Hole(*span, "gap") for span in uncovered(coverage, coverage.start, coverage.end) if span not in known]
        gaps = [hole for hole in gaps if not any(_inside(hole, other) for other in coverage.holes)]
    return [row(hole) for hole in (*coverage.holes, *gaps)]


def _inside(hole: Hole, other: Hole) -> bool:
    low, high = hole.start or 0, hole.end or 0
    return (other.start is None or other.start <= low) and (other.end is None or other.end >= high)
