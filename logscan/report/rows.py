"""The table of mascots: in which order they stand, as cells for readers without scripts, as columns for the script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from logscan.model import OUTCOMES, Diagnosis
from logscan.report.charts.scales import DAY
from logscan.report.packing import Chunk, pack
from logscan.report.words import Words
from logscan.visible import visible

# What went wrong stands first.
_ORDER: Final = ("enqueue_failed", "generation_failed", "stalled", "waiting", "unknown", "in_flight", "generated")
CERTAINTIES: Final = ("certain", "likely", "possible")
IMAGES: Final = ("present", "missing")
_TIMES: Final = ("enqueued_at", "started_at", "ended_at")
_MILLISECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Rows:
    """The mascots in the page's order. `order` gives for each its row in the diagnosis; `causes` are the sets that occur."""

    frame: pl.DataFrame
    order: list[int]
    causes: list[list[str]]
    base: int
    one_day: bool

    def cells(self, words: Words, most: int) -> Iterator[dict[str, Any]]:
        """The first rows, every cell as text."""
        for row in self.frame.head(most).iter_rows(named=True):
            times = {name: words.moment(row[name])[11 if self.one_day else 5 :] if row[name] is not None else "" for name in _TIMES}
            yield {
                **times,
                "id": visible(row["mascot_id"]),
                "outcome": row["outcome"],
                "attempts": row["attempts"],
                "waited": words.duration(row["wait_s"]),
                "ran": words.duration(row["run_s"]),
                "causes": ", ".join(words.cause(name) for name in row["causes"]),
                "certainty": row["certainty"],
                "image": row["image"],
            }

    def index(self, variant_of: Mapping[int, int], most: int) -> Chunk:
        """The columns of the first `most` rows. Times are milliseconds: from `base`, then each from the one before."""
        columns: dict[str, list[Any]] = {name: [] for name in ("ids", *"oaesdcyiv")}
        sets = {tuple(names): place for place, names in enumerate(self.causes)}
        for place, row in enumerate(self.frame.head(most).iter_rows(named=True)):
            columns["ids"].append(visible(row["mascot_id"]))
            columns["o"].append(OUTCOMES.index(row["outcome"]))
            columns["a"].append(row["attempts"])
            before = 0
            for key, name in (("e", "enqueued_at"), ("s", "started_at"), ("d", "ended_at")):
                at = None if row[name] is None else row[name] // _MILLISECOND - self.base
                columns[key].append(None if at is None else at - before)
                before = before if at is None else at
            columns["c"].append(sets[tuple(row["causes"])])
            columns["y"].append(CERTAINTIES.index(row["certainty"]))
            columns["i"].append(IMAGES.index(row["image"]) if row["image"] else -1)
            columns["v"].append(variant_of.get(self.order[place], -1))
        return pack("index", columns)


def rows_of(diagnosis: Diagnosis) -> Rows:
    """The mascots of a diagnosis: those that were hit first, then by time."""
    rank = pl.col("outcome").replace_strict({name: place for place, name in enumerate(_ORDER)}, return_dtype=pl.Int8)
    missing = (pl.col("image") == "missing").fill_null(value=False)
    frame = (
        diagnosis.mascots.with_row_index("row")
        .with_columns(pl.col(_TIMES).cast(pl.Int64))
        .with_columns(pl.when(missing).then(pl.lit(4)).otherwise(rank).alias("rank"), pl.coalesce(_TIMES).alias("at"))
        .sort("rank", "at", "row", nulls_last=True)
    )
    first = next(iter(frame["at"].drop_nulls().sort()), 0)
    causes = [list(names) for names in dict.fromkeys(tuple(names) for names in frame["causes"].to_list())]
    days = {at // DAY for name in _TIMES for at in (frame[name].min(), frame[name].max()) if isinstance(at, int)}
    return Rows(frame, frame["row"].to_list(), causes, first // _MILLISECOND, len(days) <= 1)
