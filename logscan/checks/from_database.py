"""The checklist's items about the database and the plugin's console."""

from __future__ import annotations

import polars as pl

from logscan.findings.case import Case
from logscan.findings.contradiction import contradicting
from logscan.findings.plugin import batches_of
from logscan.findings.rows import ABOUT
from logscan.model import OUTCOMES, Check, Evidence


def database_statuses(case: Case) -> Check | None:
    """Whether statuses agree with the logs. Nothing passes that was not compared."""
    if case.rows is None:
        return _unread(case, "database-statuses")
    rows = case.rows.filter(pl.col("row").is_not_null())
    joined = rows.filter(pl.col("logs").is_in(OUTCOMES)).height
    wrong, hanging = contradicting(case), case.stored_as("pending", logs=("not_in_logs",))
    about = rows.filter(pl.col("logs").is_in(ABOUT))
    counts = (about if about.height else rows).group_by("database").len().sort("len", "database", descending=[True, False])
    values: dict[str, int | str] = {
        "joined": joined, "rows": rows.height, "count": len(wrong) or len(hanging),
        "statuses": ", ".join(f"{status} {count}" for status, count in counts.iter_rows()),
    }  # fmt: skip
    if wrong:
        return Check("database-statuses", "fail", "disagree", _first(case, list(wrong)), values)
    if hanging:
        return Check("database-statuses", "warn", "not-logged", _first(case, hanging), values)
    if not joined:
        return Check("database-statuses", "skip", "alone" if rows.height else "empty", None, values)
    return Check("database-statuses", "pass", "agree", _first(case, rows["mascot_id"].to_list()), values)


def database_images(case: Case) -> Check | None:
    """Whether rows that the run is about have images."""
    if case.rows is None or case.stored is None:
        return _unread(case, "database-images")
    if not {"full_body_url", "avatar_url"} & case.stored.known:
        return Check("database-images", "skip", "no-columns")
    blank, completed = sorted(case.without_url), case.stored_as("completed", logs=ABOUT)
    if blank:
        return Check("database-images", "fail", "blank", _first(case, blank), {"count": len(blank), "rows": len(completed)})
    overdue = _overdue(case)
    if overdue:
        return Check("database-images", "warn", "open", _first(case, overdue), {"count": len(overdue)})
    if not completed:
        return Check("database-images", "skip", "none")
    return Check("database-images", "pass", "good", _first(case, completed), {"rows": len(completed)})


def _overdue(case: Case) -> list[str]:
    """Rows without an image that were made longer before the end of the logs than a job may take."""
    if case.rows is None:
        return []
    created = case.rows["created_at"].drop_nulls().cast(pl.Int64)
    end = case.coverage.end if case.coverage.end is not None else created.max()
    if not isinstance(end, int):
        return []
    late = pl.col("created_at").cast(pl.Int64) < end - case.pickup - case.run
    found = case.rows.filter(
        pl.col("database").is_in(["pending", "generating"]) & (pl.col("image") == "missing") & pl.col("logs").is_in(ABOUT) & late
    )
    return found["mascot_id"].to_list()


def plugin_console(case: Case) -> Check | None:
    """Whether the plugin came to see images."""
    batches = batches_of(case)
    lost = [batch for batch in batches if batch.gave_up]
    errors = sum(batch.image_errors for batch in batches)
    if lost:
        made = [batch for batch in lost if batch.meaning in ("batch-made", "batch-no-url", "batch-unknown")]
        unjoined = [batch for batch in lost if batch.meaning == "batch-unjoined"]
        fact = "gave-up" if made else "unjoined" if unjoined else "never-made"
        return Check("plugin-console", "fail", fact, lost[0].evidence, {"count": len(lost), "batches": len(batches)})
    if errors:
        shown = next((batch.evidence for batch in batches if batch.image_errors), None)
        return Check("plugin-console", "fail", "errors", shown, {"count": errors})
    good = [batch for batch in batches if batch.images]
    if good:
        return Check("plugin-console", "pass", "good", good[0].evidence, {"count": len(good), "batches": len(batches)})
    return _without_polling(case)


def _without_polling(case: Case) -> Check | None:
    """What a console tells in which nothing was polled for."""
    items = case.events("plugin_received", "plugin_images", "plugin_poll", "plugin_gave_up")
    if not items:
        empty = any(note.key == "console-empty" for note in case.coverage.notes)
        return Check("plugin-console", "skip", "empty") if empty else None
    good = [item for item in items if item.sighting.captures.get("images") == "true"]
    return Check("plugin-console", "pass" if good else "warn", None, case.evidence_of((good or items)[0]))


def _unread(case: Case, name: str) -> Check | None:
    """A database that could not be read is no item that nobody looked at."""
    note = next((note for note in case.coverage.notes if note.key == "database-unread"), None)
    return Check(name, "skip", "unread", None, note.values) if note is not None else None


def _first(case: Case, mascots: list[str]) -> Evidence | None:
    return next(iter(case.row_evidence(mascots, 1)), None)
