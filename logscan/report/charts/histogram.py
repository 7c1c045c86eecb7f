"""Outcomes over time: a stacked histogram, with restarts and deploys, what is not covered, and what may still change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import polars as pl

from logscan.model import OUTCOMES, Coverage, Diagnosis, Mark
from logscan.report.charts.scales import floor_to, nice_top, step_for, time_ticks
from logscan.report.charts.shapes import Key, Picture, Table, listed
from logscan.report.words import Words
from logscan.times import SECOND

# From the bottom up: what went well first, so that what went wrong stands on it and is seen at the top.
_STACK: Final = ("generated", "in_flight", "unknown", "waiting", "stalled", "enqueue_failed", "generation_failed")
_TOP, _BOTTOM, _LEFT, _RIGHT = 28, 26, 38, 8
_SEEN: Final = 6
_MARKS: Final = {"restart": "↻", "deploy": "▲", "death": "✕"}


class _Size(NamedTuple):
    """Width and height, and at most how many bars and ticks."""

    width: int
    height: int
    bars: int
    ticks: int


_WIDE: Final = _Size(1080, 264, 60, 12)
_NARROW: Final = _Size(350, 240, 24, 4)


@dataclass(frozen=True, slots=True)
class _Bins:
    """Counts by bin and outcome; `start` (ns) is where the first begins."""

    start: int
    step: int
    counts: list[Counter[str]]
    without: Counter[str]

    @property
    def end(self) -> int:
        return self.start + self.step * len(self.counts)


def histogram_picture(diagnosis: Diagnosis, words: Words) -> Picture | None:
    """The picture, or None where no mascot has a time."""
    wide = _drawn(diagnosis, words, _WIDE)
    if wide is not None:
        wide.narrow = _drawn(diagnosis, words, _NARROW)
    return wide


def bar_steps(diagnosis: Diagnosis) -> tuple[int, int]:
    """How much time (ms) a bar stands for, in the wide picture and in the narrow one; 0 without a picture."""
    bins = (_binned(diagnosis, size.bars) for size in (_WIDE, _NARROW))
    wide, narrow = (0 if found is None else found.step // (SECOND // 1000) for found in bins)
    return wide, narrow


def _drawn(diagnosis: Diagnosis, words: Words, size: _Size) -> Picture | None:
    width, height, most, ticks = size
    bins = _binned(diagnosis, most)
    if bins is None:
        return None
    coverage = diagnosis.coverage
    picture = Picture("outcomes", words.ui("pic-outcomes"), _desc(bins, words), width, height, _table(bins, words))
    plot = _Plot(picture, bins, width, height)
    plot.axes(ticks)
    plot.bars()
    for start, end in uncovered(coverage, bins.start, bins.end):
        plot.span(start, end, "hatch")
    filling = _filling(diagnosis)
    if filling is not None and filling < bins.end:
        plot.span(filling, bins.end, "filling")
    shown = plot.marks(diagnosis.marks)
    picture.legend = (*_legend(bins, words), *_signs(diagnosis, shown, words, filled=filling is not None))
    return picture


def _moments(mascots: pl.DataFrame) -> pl.DataFrame:
    first = pl.coalesce("enqueued_at", "started_at", "ended_at").cast(pl.Int64)
    return mascots.select(first.alias("at"), "outcome")


def _binned(diagnosis: Diagnosis, most: int) -> _Bins | None:
    moments = _moments(diagnosis.mascots)
    timed = moments.drop_nulls("at")
    if timed.is_empty():
        return None
    first, last = timed.select(pl.col("at").min().alias("first"), pl.col("at").max().alias("last")).row(0)
    # What the log covers, unless that is so much more that the mascots would stand in a corner.
    start, end = diagnosis.coverage.start or first, diagnosis.coverage.end or last
    span = max(last - first, SECOND)
    start, end = max(min(start, first), first - 2 * span), min(max(end, last), last + 2 * span)
    step = step_for(max(end - start, SECOND), most)
    start = floor_to(start, step)
    counts = [Counter[str]() for _ in range((end - start) // step + 1)]
    binned = timed.group_by(((pl.col("at") - start) // step).alias("bin"), "outcome").len()
    for place, outcome, count in binned.iter_rows():
        counts[place][outcome] += count
    without = Counter(moments.filter(pl.col("at").is_null())["outcome"].to_list())
    return _Bins(start, step, counts, without)


@dataclass(frozen=True, slots=True)
class _Plot:
    """Draws into a picture: time to the right, mascots upwards."""

    picture: Picture
    bins: _Bins
    width: int
    height: int

    def x(self, stamp: float) -> float:
        share = (stamp - self.bins.start) / (self.bins.end - self.bins.start)
        return _LEFT + min(max(share, 0), 1) * (self.width - _LEFT - _RIGHT)

    @property
    def top(self) -> int:
        return nice_top(max(count.total() for count in self.bins.counts))

    def y(self, count: float) -> float:
        return self.height - _BOTTOM - count / self.top * (self.height - _TOP - _BOTTOM)

    def span(self, start: int, end: int, name: str) -> None:
        """A stretch of time over the whole height, wide enough to be seen."""
        wide = max(self.x(end) - self.x(start), _SEEN)
        self.picture.rect(min(self.x(start), self.width - _RIGHT - wide), _TOP, wide, self.height - _TOP - _BOTTOM, name)

    def axes(self, ticks: int) -> None:
        whole = self.top
        for count in {0, whole // 2, whole} if whole > 1 else {0, whole}:
            y = self.y(count)
            self.picture.line((_LEFT, y), (self.width - _RIGHT, y), "axis" if count == 0 else "grid")
            self.picture.text(_LEFT - 6, y + 4, f"{count}", "soft", "end")
        for at, words in time_ticks(self.bins.start, self.bins.end, ticks + 1):
            x = self.x(at)
            self.picture.line((x, self.height - _BOTTOM), (x, self.height - _BOTTOM + 4), "axis")
            if _LEFT <= x < self.width - _RIGHT - 14:
                self.picture.text(x, self.height - 8, words, "soft", "middle")

    def bars(self) -> None:
        """Draw the outcomes of each bin on top of each other."""
        gap = 1.5 if len(self.bins.counts) > 1 else 0
        for place, count in enumerate(self.bins.counts):
            left = self.x(self.bins.start + place * self.bins.step)
            wide = self.x(self.bins.start + (place + 1) * self.bins.step) - left - gap
            below = 0
            for outcome in _STACK:
                if count[outcome]:
                    high = self.y(below) - self.y(below + count[outcome])
                    place_at = (left, self.y(below + count[outcome]), wide, high)
                    self.picture.rect(*place_at, f"o-{outcome}", data_bin=self.bins.start // SECOND + place * self.bins.step // SECOND)
                    self.picture.rect(*place_at, f"x-{outcome}")
                    below += count[outcome]

    def marks(self, marks: Iterable[Mark]) -> set[str]:
        """Draw restarts and the like, and say which kinds there are."""
        shown: set[str] = set()
        last = -99.0
        for mark in marks:
            if not self.bins.start <= mark.stamp <= self.bins.end:
                continue
            x = self.x(mark.stamp)
            shown.add(mark.kind)
            self.picture.line((x, _TOP - 8), (x, self.height - _BOTTOM), f"mark {mark.kind}")
            if x - last > 12:  # noqa: PLR2004  # signs do not stand on each other
                self.picture.text(x, _TOP - 12, _MARKS[mark.kind], f"sign {mark.kind}", "middle")
                last = x
        return shown


def uncovered(coverage: Coverage, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Stretches between two moments that no source covers, and holes, in order."""
    spans = sorted((s.first, s.last) for s in coverage.sources if s.first is not None and s.last is not None)
    reached = None
    for first, last in spans:
        if reached is not None and first > reached:
            yield reached, first
        reached = last if reached is None else max(reached, last)
    for hole in coverage.holes:
        if hole.start is not None or hole.end is not None:
            yield max(hole.start or start, start), min(hole.end or end, end)


def _filling(diagnosis: Diagnosis) -> int | None:
    """From when on mascots are still under way at the end of the log."""
    moments = _moments(diagnosis.mascots.filter(pl.col("outcome") == "in_flight"))["at"].drop_nulls().to_list()
    return min(moments, default=None)


def _desc(bins: _Bins, words: Words) -> str:
    counts: Counter[str] = sum(bins.counts, Counter())
    told = words.ui(
        "outcomes-desc", bars=words.number(len(bins.counts)), step=words.duration(bins.step / SECOND), start=words.moment(bins.start),
        end=words.moment(bins.end), counts=listed(f"{words.ui(name)} {words.number(counts[name])}" for name in OUTCOMES if counts[name]),
    )  # fmt: skip
    worst = max(range(len(bins.counts)), key=lambda place: (_bad(bins.counts[place]), -place))
    if not _bad(bins.counts[worst]):
        return told
    return (
        told
        + " "
        + words.ui("outcomes-peak", count=words.number(_bad(bins.counts[worst])), at=words.moment(bins.start + worst * bins.step))
    )


def _bad(count: Counter[str]) -> int:
    return count.total() - count["generated"] - count["in_flight"]


def _table(bins: _Bins, words: Words) -> Table:
    shown = [name for name in OUTCOMES if any(count[name] for count in (*bins.counts, bins.without))]

    def row(head: str, count: Counter[str]) -> tuple[str, ...]:
        return (head, *(words.number(count[name]) for name in shown), words.number(count.total()))

    rows = [row(words.moment(bins.start + place * bins.step), count) for place, count in enumerate(bins.counts) if count.total()]
    if bins.without.total():
        rows.append(row(words.ui("without-time"), bins.without))
    total = sum(bins.counts, Counter(bins.without))
    head = (words.ui("time"), *(words.ui(name) for name in shown), words.ui("total"))
    return Table(head, tuple(rows), row(words.ui("total"), total), frozenset(range(1, len(head))))


def _legend(bins: _Bins, words: Words) -> Iterator[Key]:
    total: Counter[str] = sum(bins.counts, Counter(bins.without))
    for name in reversed(_STACK):
        if total[name]:
            yield Key(f"o-{name}", words.ui(name), words.number(total[name]))


def _signs(diagnosis: Diagnosis, shown: set[str], words: Words, *, filled: bool) -> Iterator[Key]:
    for kind, sign in _MARKS.items():
        if kind in shown:
            yield Key(f"sign {kind}", f"{sign} {words.ui(kind)}", words.number(sum(mark.kind == kind for mark in diagnosis.marks)))
    coverage = diagnosis.coverage
    if coverage.start is not None and coverage.end is not None and any(uncovered(coverage, coverage.start, coverage.end)):
        yield Key("hatch", words.ui("not-covered"))
    if filled:
        yield Key("filling", words.ui("still-filling"))
