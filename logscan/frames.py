"""The Polars frames of the pipeline. The only module that names their columns' types."""

from __future__ import annotations

from typing import Final

import polars as pl

MOMENT: Final = pl.Datetime("ns", "UTC")

# One row per event with a mascot. `at` orders rows (ns; carried on from the line before where a line has
# no stamp), `stamp` is null without one, `process` numbers the process that wrote the line.
EVENTS: Final = pl.Schema(
    {
        "mascot_id": pl.String(),
        "event": pl.String(),
        "stamp": pl.Int64(),
        "at": pl.Int64(),
        "process": pl.Int64(),
        "slack": pl.Int64(),
    }
)

# One row per mascot, in order of first event: what `--timeline` writes.
MASCOTS: Final = pl.Schema(
    {
        "mascot_id": pl.String(),
        "outcome": pl.String(),
        "attempts": pl.UInt32(),
        "enqueued_at": MOMENT,
        "started_at": MOMENT,
        "ended_at": MOMENT,
        "wait_s": pl.Float64(),
        "run_s": pl.Float64(),
        "causes": pl.List(pl.String()),
        "certainty": pl.String(),
        "image": pl.String(),
    }
)

# One row per row of the mascots table, in the source's order: of a database the newest first. `status` is in
# lower case; a column that the source lacks is all null (`Stored.known` says which it has).
STORED: Final = pl.Schema(
    {
        "mascot_id": pl.String(),
        "name": pl.String(),
        "status": pl.String(),
        "full_body_url": pl.String(),
        "avatar_url": pl.String(),
        "batch_id": pl.String(),
        "created_at": MOMENT,
    }
)
