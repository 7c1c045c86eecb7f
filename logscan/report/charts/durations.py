"""How long jobs wait and run: two distributions on one logarithmic axis, with median and 95th percentile."""

from __future__ import annotations

import math
from collections import Counter
from typing import Final, NamedTuple

import polars as pl

from logscan.model import Diagnosis
from logscan.report.charts.scales import log_ticks
from logscan.report.charts.shapes import Picture, Table
from logscan.report.words import Words
from logscan.times import SECOND, format_duration

_WIDTH, _ROW, _TOP, _AXIS = 350, 104, 34, 22
_SHORTEST: Final = 0.1
_BINS_PER_DECADE: Final = 8


class _Series(NamedTuple):
    name: str
    values: pl.Series
    deadline: float

    def quantile(self, share: float) -> float:
        return float(self.values.quantile(share, "nearest") or 0.0)


def durations_picture(diagnosis: Diagnosis, words: Words) -> Picture | None:
    """The picture, or None where nothing has a duration."""
    mascots, settings = diagnosis.mascots, diagnosis.settings
    both = [_Series("waited", mascots["wait_s"].drop_nulls(), settings.pickup / SECOND)]
    both.append(_Series("ran", mascots["run_s"].drop_nulls(), settings.run / SECOND))
    rows = [series for series in both if len(series.values)]
    if not rows:
        return None
    high = max(1.0, *(float(series.values.max() or 0) for series in rows), *(series.deadline for series in rows))  # type: ignore[arg-type]  # Polars' maximum of floats is one
    axis = _Axis(_SHORTEST, high * 1.3)
    desc = words.ui("durations-desc", rows=" ".join(_told(series, words) for series in rows))
    height = _ROW * len(rows) + _AXIS
    picture = Picture("durations", words.ui("pic-durations"), desc, _WIDTH, height, _table(rows, words))
    for tick in log_ticks(axis.low, axis.high):
        picture.line((axis.x(tick), 8), (axis.x(tick), height - _AXIS), "grid")
        picture.text(axis.x(tick), height - 6, _tick(tick, words), "soft", "middle")
    for place, series in enumerate(rows):
        _draw(picture, axis, series, place * _ROW, words)
    return picture


def _tick(seconds: float, words: Words) -> str:
    return words.duration(seconds) if seconds < 1 else format_duration(round(seconds * SECOND))


class _Axis(NamedTuple):
    low: float
    high: float

    def x(self, seconds: float) -> float:
        share = math.log10(max(seconds, self.low) / self.low) / math.log10(self.high / self.low)
        return 4 + share * (_WIDTH - 8)


def _draw(picture: Picture, axis: _Axis, series: _Series, y: float, words: Words) -> None:
    base, high = y + _ROW - 8, _ROW - _TOP - 8
    bins = Counter(math.floor(math.log10(max(value, _SHORTEST)) * _BINS_PER_DECADE) for value in series.values.to_list())
    most = max(bins.values())
    picture.text(4, y + 14, words.ui(series.name), "strong")
    for place, count in sorted(bins.items()):
        left, right = axis.x(10 ** (place / _BINS_PER_DECADE)), axis.x(10 ** ((place + 1) / _BINS_PER_DECADE))
        tall = max(high * count / most, 1.5)
        picture.rect(left, base - tall, max(right - left - 1.5, 1), tall, "bar")
    picture.line((4, base), (_WIDTH - 4, base), "axis")
    if series.deadline:
        x = axis.x(series.deadline)
        picture.line((x, y + _TOP - 8), (x, base), "deadline")
        picture.text(x - 4, y + _TOP + 4, words.ui("deadline"), "soft", "end")
    told = []
    for share, name in ((0.5, "median-short"), (0.95, "p95-short")):
        value = series.quantile(share)
        x = axis.x(value)
        picture.line((x, base - high), (x, base + 4), f"quantile {name}")
        told.append(f"{words.ui(name)} {words.duration(value)}")
    picture.text(_WIDTH - 4, y + 14, " · ".join(told), "", "end")


def _told(series: _Series, words: Words) -> str:
    return words.ui(
        "durations-row", name=words.ui(series.name), count=words.number(len(series.values)), median=words.duration(series.quantile(0.5)),
        p95=words.duration(series.quantile(0.95)),
    )  # fmt: skip


def _table(rows: list[_Series], words: Words) -> Table:
    head = (words.ui("kind"), words.ui("mascots"), words.ui("shortest"), words.ui("median"), words.ui("p95"), words.ui("longest"))
    cells = tuple(
        (words.ui(s.name), words.number(len(s.values)), *(words.duration(s.quantile(share)) for share in (0.0, 0.5, 0.95, 1.0)))
        for s in rows
    )
    return Table(head, cells, (), frozenset(range(1, 6)))
