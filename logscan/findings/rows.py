"""Logs beside the database: every mascot with what both say of it, and what that means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from logscan.model import OUTCOMES, Cell, Coverage, Matched, Stored

# What other backends of the kind call the four statuses.
_SAME: Final = {"queued": "pending", "processing": "generating", "error": "failed", "succeeded": "completed", "done": "completed"}
STATUSES: Final = ("pending", "generating", "completed", "failed")
# Statuses that tell that a worker had the job.
TAKEN: Final = ("generating", "completed", "failed")
ENDED: Final = ("completed", "failed")
NOT_LOGGED: Final = ("not_in_logs", "other_time", "undated", "no_logs")
# Rows that the run is about: those of the logs, of their time, or of a time that is not known.
ABOUT: Final = (*OUTCOMES, "not_in_logs", "undated", "no_logs")
_PLACES: Final = (*OUTCOMES, *NOT_LOGGED)
_MAX_IDS: Final = 20
_TOLD: Final = (("fullBodyImageUrl", "full_body_url"), ("avatarImageUrl", "avatar_url"), ("batchId", "batch_id"))
_URLS: Final = ("full_body_url", "avatar_url")

# By outcome and status: what comes of it, and the key of its sentence.
_MEANINGS: Final[Mapping[tuple[str, str], tuple[Any, str]]] = {
    ("generated", "completed"): ("agrees", "made"),
    ("generated", "generating"): ("contradiction", "not-written"),
    ("generated", "pending"): ("contradiction", "not-written"),
    ("generated", "failed"): ("contradiction", "failed-after-all"),
    ("generation_failed", "failed"): ("agrees", "both-failed"),
    ("generation_failed", "generating"): ("contradiction", "writer-or-killed"),
    ("generation_failed", "completed"): ("contradiction", "made-after-all"),
    ("generation_failed", "pending"): ("contradiction", "not-written"),
    ("enqueue_failed", "pending"): ("agrees", "never-enqueued"),
    ("enqueue_failed", "failed"): ("agrees", "both-failed"),
    ("enqueue_failed", "generating"): ("contradiction", "enqueued-after-all"),
    ("enqueue_failed", "completed"): ("contradiction", "enqueued-after-all"),
    ("waiting", "pending"): ("agrees", "still-waiting"),
    **{("waiting", status): ("contradiction", "taken-unseen") for status in TAKEN},
    ("stalled", "generating"): ("agrees", "still-generating"),
    ("stalled", "pending"): ("contradiction", "not-written"),
    **{("stalled", status): ("contradiction", "ended-unseen") for status in ENDED},
    **{("in_flight", status): ("agrees", "under-way") for status in ("pending", "generating")},
    **{("in_flight", status): ("later", "ended-later") for status in ENDED},
    **{("unknown", status): ("later", "database-knows") for status in STATUSES},
    ("not_in_logs", "pending"): ("not-logged", "hanging"),
    **{("not_in_logs", status): ("not-logged", "elsewhere") for status in TAKEN},
    **{("other_time", status): ("other-time", "other-time") for status in STATUSES},
    **{("undated", status): ("other-time", "undated") for status in STATUSES},
    **{("no_logs", status): ("other-time", "no-logs") for status in STATUSES},
}


def rows_of(mascots: pl.DataFrame, stored: Stored, coverage: Coverage, *, logged: bool) -> pl.DataFrame:
    """Every mascot of the logs or the database: `mascot_id, logs, database, image, created_at, batch_id, row`.

    `logged`: the input has lines of the backend at all. `row` counts rows of the source from 1; null without one.
    """
    known_urls = [column for column in _URLS if column in stored.known]
    has_url = pl.any_horizontal(pl.col(column).is_not_null() for column in known_urls) if known_urls else pl.lit(None, pl.Boolean)
    rows = stored.rows.with_row_index("row", 1).select(
        "mascot_id",
        # A status is a word; what is none must not come into a report.
        pl.when(pl.col("status").str.contains(r"^[a-z][a-z0-9_ -]{0,30}$"))
        .then(pl.col("status").replace(_SAME))
        .otherwise(pl.lit("other"))
        .alias("database"),
        pl.when(has_url).then(pl.lit("present")).when(~has_url).then(pl.lit("missing")).alias("image"),
        "created_at",
        "batch_id",
        "row",
    )
    within = pl.lit(None, pl.Boolean)
    if coverage.start is not None and coverage.end is not None:
        within = pl.col("created_at").dt.timestamp("ns").is_between(coverage.start, coverage.end)
    place = (
        pl.when(pl.col("outcome").is_not_null())
        .then(pl.col("outcome"))
        .when(not logged)
        .then(pl.lit("no_logs"))
        .when(within)
        .then(pl.lit("not_in_logs"))
        .when(~within)
        .then(pl.lit("other_time"))
        .otherwise(pl.lit("undated"))
        .alias("logs")
    )
    return (
        mascots.select("mascot_id", "outcome")
        .join(rows, on="mascot_id", how="full", coalesce=True, maintain_order="left_right")
        .with_columns(place, pl.col("database").fill_null("absent"))
        .drop("outcome")
    )


def meaning_of(logs: str, database: str, image: str | None, *, partial: bool) -> tuple[Any, str]:
    """What comes of it, and the key of the sentence that says so."""
    if database == "absent":
        return "absent", "not-read" if partial else "no-row"
    if database == "completed" and image == "missing" and logs in ABOUT:
        return "no-image", "no-url"
    return _MEANINGS.get((logs, database), ("later", "other-status"))


def matched_of(frame: pl.DataFrame, stored: Stored, clean_id: Callable[[str], str]) -> Matched:
    """The matrix, and what the rows show by themselves."""
    # Only a completed row is wrong without an image, so that elsewhere the matrix is not split by it.
    image = pl.when(pl.col("database") == "completed").then(pl.col("image"))
    groups = (
        frame.with_columns(image)
        .group_by("logs", "database", "image", maintain_order=True)
        .agg(pl.len().alias("mascots"), pl.col("mascot_id").head(_MAX_IDS).alias("ids"))
    )
    cells = [
        Cell(
            row["logs"], row["database"], row["image"], row["mascots"],
            *meaning_of(row["logs"], row["database"], row["image"], partial=stored.partial), tuple(clean_id(name) for name in row["ids"]),
        )
        for row in groups.iter_rows(named=True)
    ]  # fmt: skip
    rows = frame.filter(pl.col("row").is_not_null())
    counts = rows.group_by("database").len().sort("database")
    created = rows["created_at"].drop_nulls().cast(pl.Int64)
    return Matched(
        name=stored.name,
        rows=stored.rows.height,
        partial=stored.partial,
        by_status=dict(sorted(counts.iter_rows(), key=lambda pair: _rank(STATUSES, pair[0]))),
        images_missing=rows.filter((pl.col("database") == "completed") & (pl.col("image") == "missing")).height,
        first=created.min(),  # type: ignore[arg-type]  # an integer's least is one
        last=created.max(),  # type: ignore[arg-type]
        cells=tuple(sorted(cells, key=lambda cell: (_rank(_PLACES, cell.logs), _rank(STATUSES, cell.database), cell.image or ""))),
    )


def told_rows(stored: Stored, numbers: Sequence[int]) -> Iterator[tuple[int, int | None, str]]:
    """Rows by their numbers, as text: the number, when the row was made, and the cells that matter."""
    rows = stored.rows[[number - 1 for number in numbers]].with_columns(pl.col("created_at").cast(pl.Int64))
    for number, row in zip(numbers, rows.iter_rows(named=True), strict=True):
        cells = [f"{name}={row[column] or 'null'}" for name, column in _TOLD if column in stored.known]
        yield number, row["created_at"], " ".join([f"mascots: id={row['mascot_id']} status={row['status']}", *cells])


def _rank(order: tuple[str, ...], name: str) -> tuple[int, str]:
    return (order.index(name) if name in order else len(order), name)
