"""The ways that mascots went, each once, with how many went it."""

from __future__ import annotations

from typing import Final

import polars as pl

from logscan.model import Variant

MAX_STEPS: Final = 10
MAX_ROWS: Final = 3
# Lines of one burst may stand in any order: the order in which they can have happened.
_RANK: Final = {"enqueue_failed": 0, "enqueued": 1, "processing": 2, "upload_failed": 3, "generation_failed": 4, "generated": 5}
_JOINT: Final = ">"


def variants_of(events: pl.DataFrame, mascots: pl.DataFrame) -> tuple[tuple[Variant, ...], list[int]]:
    """The variants, most mascots first, and for every row of `mascots` the place of its own."""
    if mascots.is_empty():
        return (), []
    ways = mascots.select("mascot_id", "outcome", pl.col("causes").list.join(" ").alias("causes")).with_row_index("row")
    ways = ways.join(_paths(events), on="mascot_id", how="left", maintain_order="left").with_columns(pl.col("path").fill_null(""))
    groups = (
        ways.group_by("path", "outcome", "causes", maintain_order=True)
        .agg(pl.len().alias("count"), pl.col("row").head(MAX_ROWS).alias("rows"))
        .sort("count", descending=True, maintain_order=True)
        .with_row_index("variant")
    )
    own = ways.join(
        groups.select("path", "outcome", "causes", "variant"), on=["path", "outcome", "causes"], how="left", maintain_order="left"
    )
    variants = tuple(
        Variant(tuple(filter(None, path.split(_JOINT))), outcome, tuple(causes.split()), count, tuple(rows))
        for path, outcome, causes, count, rows in groups.select("path", "outcome", "causes", "count", "rows").iter_rows()
    )
    return variants, own["variant"].to_list()


def _paths(events: pl.DataFrame) -> pl.DataFrame:
    """Per mascot its steps, each only where it is another than the one before."""
    burst = ((pl.col("at").diff() > pl.col("slack")).fill_null(True).cast(pl.UInt32).cum_sum()).over("mascot_id").alias("burst")
    steps = (
        events.with_columns(burst)
        .filter(pl.col("event").is_in(list(_RANK)))
        .with_columns(pl.col("event").replace_strict(_RANK, return_dtype=pl.Int8).alias("rank"))
        .with_row_index("place")
        .sort("mascot_id", "burst", "rank", "place")
    )
    anew = (pl.col("event") != pl.col("event").shift(1)).over("mascot_id").fill_null(value=True)
    return steps.filter(anew).group_by("mascot_id").agg(pl.col("event").head(MAX_STEPS).str.join(_JOINT).alias("path"))
