"""What the logs cover: one lane for each service of each source, from its first to its last line, with the holes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from logscan.model import Coverage, Diagnosis, ServiceReport
from logscan.report.charts.histogram import uncovered
from logscan.report.charts.scales import time_ticks
from logscan.report.charts.shapes import Picture, Table, fit
from logscan.report.words import Words

MOST: Final = 12
_WIDTH, _ROW, _BAR, _AXIS = 1080, 38, 12, 24


class _Lane(NamedTuple):
    source: str
    service: str | None
    first: int
    last: int

    @property
    def label(self) -> str:
        return self.source if self.service is None else f"{self.source} · {self.service}"


def _lanes(coverage: Coverage) -> Iterator[_Lane]:
    for source in coverage.sources:
        whole = ServiceReport(source.service or "", source.first, source.last)
        for service, first, last in source.services if len(source.services) > 1 else [whole]:
            if first is not None and last is not None:
                yield _Lane(source.name, service or None, first, last)


def coverage_picture(diagnosis: Diagnosis, words: Words) -> Picture | None:
    """The picture, or None where no source has a time."""
    coverage = diagnosis.coverage
    lanes = list(islice(_lanes(coverage), MOST))
    if coverage.start is None or coverage.end is None or not lanes:
        return None
    wide = _drawn(diagnosis, words, lanes, _WIDTH, 10)
    wide.narrow = _drawn(diagnosis, words, lanes, 350, 4)
    return wide


def _drawn(diagnosis: Diagnosis, words: Words, lanes: list[_Lane], width: int, ticks: int) -> Picture:
    coverage = diagnosis.coverage
    start, end = coverage.start or 0, coverage.end or 0
    span = max(end - start, 1)

    def x(stamp: int) -> float:
        return 2 + min(max((stamp - start) / span, 0), 1) * (width - 4)

    height = _ROW * len(lanes) + _AXIS
    told = " ".join(f"{s.label}: {words.moment(s.first)} – {words.moment(s.last)}." for s in lanes)
    table = Table(
        (words.ui("source"), words.ui("service"), words.ui("first"), words.ui("last")),
        tuple((s.source, s.service or "–", words.moment(s.first), words.moment(s.last)) for s in lanes),
    )
    picture = Picture("coverage", words.ui("pic-coverage"), words.ui("coverage-desc", rows=told), width, height, table)
    for at, tick in time_ticks(start, end, ticks + 1):
        picture.line((x(at), 0), (x(at), height - _AXIS), "grid")
        if 16 < x(at) < width - 16:  # noqa: PLR2004  # a tick's words stay inside
            picture.text(x(at), height - 6, tick, "soft", "middle")
    for place, lane in enumerate(lanes):
        y = place * _ROW
        picture.text(2, y + 13, fit(lane.label, width - 8))
        picture.rect(2, y + 20, width - 4, _BAR, "track")
        picture.rect(x(lane.first), y + 20, max(x(lane.last) - x(lane.first), 2), _BAR, "bar")
    for first, last in uncovered(coverage, start, end):
        picture.rect(x(first), 0, x(last) - x(first), height - _AXIS, "hatch")
    return picture
