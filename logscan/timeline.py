"""Events → mascots: one row per mascot, where it ended and when.

Lines of one burst may stand in any order, so what happens within a burst is judged by counts (a pick-up
and an end are an attempt that ended), and only bursts are put in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import polars as pl

from logscan.frames import EVENTS, MASCOTS, MOMENT
from logscan.model import Coverage, Hole
from logscan.ordering import BARE_SLACK, Seen
from logscan.times import SECOND

TRACKED: Final = frozenset({"enqueued", "enqueue_failed", "processing", "generated", "generation_failed", "uploaded", "upload_failed"})
_RETRY_SLACK: Final = 2 * SECOND
_FIRST: Final = -(1 << 63)
_LAST: Final = (1 << 63) - 1

_mascot: Final = pl.col("mascot_id")
_event: Final = pl.col("event")
# Of rows that stand mascot by mascot.
_FIRST_OF_MASCOT: Final = _mascot.ne_missing(_mascot.shift(1))


def events_frame(seen: Iterable[Seen]) -> pl.DataFrame:
    """The EVENTS frame of a run's sightings, in their order."""
    steps = [
        (s.mascot, s.event, stamp, at, s.process, slack) for s, stamp, at, slack in seen if s.mascot is not None and s.event in TRACKED
    ]
    return pl.DataFrame(list(zip(*steps, strict=True)) if steps else None, schema=EVENTS)


def restarts_frame(seen: Iterable[Seen]) -> pl.DataFrame:
    """When which process began anew: an attempt that was open then was lost."""
    rows = [(item.sighting.process, item.at) for item in seen if item.sighting.event in ("container_start", "app_start")]
    return pl.DataFrame(rows, schema={"process": pl.Int64(), "restart": pl.Int64()}, orient="row").sort("restart")


def timeline(
    events: pl.DataFrame, restarts: pl.DataFrame, coverage: Coverage, *, tagged: Iterable[int], pickup: int, run: int
) -> pl.DataFrame:
    """The MASCOTS frame without causes: outcome, attempts and times of every mascot, in order of first event.

    `tagged` are the processes that can be told apart; others may be the same one, read from two files.
    """
    if events.is_empty():
        return pl.DataFrame(schema=MASCOTS)
    bursts = _bursts(events)
    attempts = _attempts(bursts, restarts, tagged)
    mascots = (
        _summary(events).join(attempts, on="mascot_id", how="left", maintain_order="left").with_columns(_state()).with_columns(_base())
    )
    mascots = mascots.with_columns((pl.col("base") + pl.when(pl.col("state") == "waiting").then(pickup).otherwise(run)).alias("deadline"))
    return _finish(mascots.with_columns(_in_hole(mascots, coverage.holes)).with_columns(_outcome(coverage)))


def _bursts(events: pl.DataFrame) -> pl.DataFrame:
    """Per mascot and burst: how many pick-ups and ends, when and in which process. Those of one mascot stand side by side, in order."""
    # Side by side, a comparison with the row before does what a window over each mascot does in ten times as long.
    begins = _FIRST_OF_MASCOT | (pl.col("at").diff() > pl.col("slack"))
    return (
        events.sort(_mascot.cast(pl.Categorical).to_physical(), maintain_order=True)
        .with_columns(begins.cum_sum().alias("burst"))
        .group_by("burst", maintain_order=True)
        .agg(
            _mascot.first(),
            (_event == "processing").sum().cast(pl.Int64).alias("picked"),
            _event.is_in(["generation_failed", "generated"]).sum().cast(pl.Int64).alias("ended"),
            pl.col("at").max().alias("at"),
            pl.col("stamp").filter(_event == "processing").last().alias("picked_at"),
            pl.col("process").filter(_event == "processing").last().alias("picked_by"),
            pl.col("process").filter(_event.is_in(["generation_failed", "generated"])).last().alias("ended_by"),
        )
    )


def _attempts(bursts: pl.DataFrame, restarts: pl.DataFrame, tagged: Iterable[int]) -> pl.DataFrame:
    """Per mascot: attempts, and whether one is still open after its last burst."""
    steps = bursts.filter((pl.col("picked") > 0) | (pl.col("ended") > 0))
    before = (pl.col("picked") > pl.col("ended")).shift(1)
    steps = steps.with_columns(
        (before & ~_FIRST_OF_MASCOT).fill_null(value=False).alias("open_before"),
        pl.when(~_FIRST_OF_MASCOT).then(pl.col("at").shift(1)).alias("before_at"),
        pl.when(~_FIRST_OF_MASCOT).then(pl.col("picked_by").shift(1)).alias("before_by"),
    )
    lost = (
        steps.select("mascot_id", "burst", "before_by", "before_at", "at")
        .drop_nulls()
        .sort("before_at")
        .join_asof(
            restarts,
            left_on="before_at",
            right_on="restart",
            by_left="before_by",
            by_right="process",
            strategy="forward",
            check_sortedness=False,
        )
        .filter(pl.col("restart") < pl.col("at"))
        .select("mascot_id", "burst", pl.lit(True).alias("lost"))
    )
    known = list(tagged)
    elsewhere = pl.col("before_by").is_in(known) & pl.col("ended_by").is_in(known) & (pl.col("before_by") != pl.col("ended_by"))
    steps = steps.join(lost, on=["mascot_id", "burst"], how="left", maintain_order="left").with_columns(
        # An end and a pick-up in one burst: the end closed the attempt before, and the pick-up opened the
        # next, unless there was none before, or it was lost, or ran elsewhere.
        pl.when(pl.col("picked") != pl.col("ended"))
        .then(pl.col("picked") > pl.col("ended"))
        .otherwise(pl.col("open_before") & pl.col("lost").is_null() & ~elsewhere.fill_null(value=False))
        .alias("open")
    )
    orphan = (pl.col("picked") == 0) & ~pl.col("open_before")
    return steps.group_by("mascot_id", maintain_order=True).agg(
        (pl.col("picked").sum() + orphan.sum()).cast(pl.UInt32).alias("attempts"),
        pl.col("open").last().alias("open"),
        pl.col("at").last().alias("step_at"),
        pl.col("picked_at").drop_nulls().last().alias("picked_at"),
    )


def _summary(events: pl.DataFrame) -> pl.DataFrame:
    """Per mascot: first and last stamps of each kind of event."""

    def of(kind: str, column: str = "stamp") -> pl.Expr:
        return pl.col(column).filter(_event == kind)

    return events.group_by("mascot_id", maintain_order=True).agg(
        of("enqueued").first().alias("enqueued_at"),
        of("enqueued").last().alias("enqueued_last"),
        of("enqueued", "at").last().alias("enqueued_order"),
        (_event == "enqueued").sum().alias("enqueues"),
        of("enqueue_failed").last().alias("enqueue_failed_at"),
        of("enqueue_failed", "at").last().alias("enqueue_failed_order"),
        of("processing").first().alias("started_at"),
        of("generated").first().alias("generated_at"),
        of("generation_failed").last().alias("failed_at"),
        _event.is_in(["generated"]).any().alias("generated"),
        _event.is_in(["generation_failed"]).any().alias("failed"),
        of("uploaded", "at").last().alias("uploaded_order"),
        of("upload_failed", "at").last().alias("upload_failed_order"),
        pl.col("stamp").filter(_event.is_in(["uploaded", "upload_failed"])).last().alias("upload_at"),
        pl.col("stamp").max().alias("last_at"),
        pl.col("stamp").is_null().all().alias("bare"),
    )


def _state() -> pl.Expr:
    """Where the mascot stands by its events alone, deadlines aside: waiting, running, or ended."""
    after_step = pl.col("step_at") + pl.when(pl.col("bare")).then(BARE_SLACK).otherwise(_RETRY_SLACK)
    enqueued_again = (pl.col("enqueues") > 1) & (pl.col("enqueued_order") > after_step)
    refused_again = pl.col("enqueue_failed_order") > after_step
    refused = pl.col("enqueue_failed_order").is_not_null()
    later = (pl.col("enqueue_failed_order") > pl.col("enqueued_order")).fill_null(value=False)
    not_mended = refused & (pl.col("enqueued_order").is_null() | later)
    uploading = pl.col("uploaded_order").is_not_null() | pl.col("upload_failed_order").is_not_null()
    return (
        pl.when(pl.col("generated"))
        .then(pl.lit("generated"))
        .when(enqueued_again & ~not_mended)
        .then(pl.lit("waiting"))
        .when(refused_again & not_mended)
        .then(pl.lit("enqueue_failed"))
        .when(pl.col("open"))
        .then(pl.lit("running"))
        .when(pl.col("failed"))
        .then(pl.lit("generation_failed"))
        .when(uploading)
        .then(pl.lit("running"))
        .when(not_mended)
        .then(pl.lit("enqueue_failed"))
        .otherwise(pl.lit("waiting"))
        .alias("state")
    )


def _base() -> pl.Expr:
    """From when a deadline runs."""
    waiting = pl.col("state") == "waiting"
    return pl.when(waiting).then(pl.col("enqueued_last")).otherwise(pl.coalesce("picked_at", "upload_at")).alias("base")


def _in_hole(mascots: pl.DataFrame, holes: Sequence[Hole]) -> pl.Series:
    """Whether a hole lies between a mascot's last line and its deadline, so that its next line may be lost."""
    spans = sorted((_LAST if hole.end is None else hole.end, _FIRST if hole.start is None else hole.start) for hole in holes)
    frame = pl.DataFrame(spans, schema={"hole_end": pl.Int64(), "hole_start": pl.Int64()}, orient="row")
    # Of the holes that end after the last line, the one that begins first.
    frame = frame.with_columns(pl.col("hole_start").cum_min(reverse=True))
    rows = mascots.select("last_at", "deadline").with_row_index().sort("last_at", nulls_last=False)
    met = rows.join_asof(frame, left_on="last_at", right_on="hole_end", strategy="forward", check_sortedness=False).sort("index")
    return (met["hole_start"] <= met["deadline"]).fill_null(value=False).alias("in_hole")


def _outcome(coverage: Coverage) -> pl.Expr:
    undecided = pl.col("state").is_in(["waiting", "running"])
    late = pl.lit(None, pl.Boolean) if coverage.end is None else pl.col("deadline") <= coverage.end
    return (
        pl.when(~undecided)
        .then(pl.col("state"))
        .when(pl.col("base").is_null() | late.is_null())
        .then(pl.lit("unknown"))
        .when(~late)
        .then(pl.lit("in_flight"))
        .when(pl.col("in_hole"))
        .then(pl.lit("unknown"))
        .when(pl.col("state") == "waiting")
        .then(pl.lit("waiting"))
        .otherwise(pl.lit("stalled"))
        .alias("outcome")
    )


def _finish(mascots: pl.DataFrame) -> pl.DataFrame:
    ended = (
        pl.when(pl.col("outcome") == "generated")
        .then(pl.col("generated_at"))
        .when(pl.col("outcome") == "generation_failed")
        .then(pl.col("failed_at"))
        .when(pl.col("outcome") == "enqueue_failed")
        .then(pl.col("enqueue_failed_at"))
    )
    mascots = mascots.with_columns(ended.alias("ended_at"), pl.col("attempts").fill_null(0))
    # Streams of two services are stamped apart: a pick-up may seem to come before its enqueue.
    waited = (pl.col("started_at") - pl.col("enqueued_at")).clip(lower_bound=0) / SECOND
    ran = (pl.col("ended_at") - pl.col("started_at")).clip(lower_bound=0) / SECOND
    missing = pl.col("upload_failed_order") > pl.col("uploaded_order").fill_null(-1)
    image = (
        pl.when((pl.col("outcome") == "generated") & missing)
        .then(pl.lit("missing"))
        .when(pl.col("uploaded_order").is_not_null())
        .then(pl.lit("present"))
    )
    certainty = pl.col("outcome").replace_strict(
        {"waiting": "likely", "stalled": "likely", "unknown": "possible"}, default="certain", return_dtype=pl.String
    )
    return mascots.select(
        "mascot_id",
        "outcome",
        "attempts",
        *(pl.col(name).cast(MOMENT) for name in ("enqueued_at", "started_at", "ended_at")),
        pl.when(pl.col("started_at").is_not_null()).then(waited).alias("wait_s"),
        pl.when(pl.col("outcome").is_in(["generated", "generation_failed"])).then(ran).alias("run_s"),
        pl.lit([], dtype=pl.List(pl.String())).alias("causes"),
        certainty.alias("certainty"),
        image.alias("image"),
    ).cast(MASCOTS)


def with_causes(mascots: pl.DataFrame, causes: Mapping[str, Sequence[str]], doubted: Iterable[str]) -> pl.DataFrame:
    """The frame with each mascot's causes; ties that are only likely lower its certainty."""
    if mascots.is_empty():
        return mascots
    known = {mascot: tuple(found) for mascot, found in causes.items() if found}
    # Few sets of causes stand for many mascots.
    sets = {found: place for place, found in enumerate(dict.fromkeys(known.values()))}
    listed = pl.Series([list(found) for found in sets], dtype=pl.List(pl.String()))
    places = pl.Series([sets[found] for found in known.values()], dtype=pl.UInt32())
    frame = pl.DataFrame({"mascot_id": pl.Series(list(known), dtype=pl.String()), "known": listed.gather(places)})
    doubt = pl.col("mascot_id").is_in(list(doubted))
    lowered = pl.when(doubt & (pl.col("certainty") == "certain")).then(pl.lit("likely")).otherwise(pl.col("certainty"))
    return (
        mascots.join(frame, on="mascot_id", how="left", maintain_order="left")
        .with_columns(pl.col("known").fill_null([]).alias("causes"), lowered.alias("certainty"))
        .drop("known")
    )
