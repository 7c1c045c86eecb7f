"""The geometry of pictures: axes, ticks, stages, what is not covered."""

from __future__ import annotations

from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscan.frames import MASCOTS
from logscan.model import OUTCOMES, Coverage, Hole, SourceReport
from logscan.report.charts.funnel import stages
from logscan.report.charts.histogram import uncovered
from logscan.report.charts.scales import DAY, floor_to, log_ticks, nice_top, step_for, time_ticks
from logscan.report.charts.shapes import Picture, Table, fit, number
from logscan.times import SECOND


@given(value=st.integers(1, 10**7))
def test_scales_top_of_an_axis_is_at_or_above_and_near(value: int) -> None:
    top = nice_top(value)
    assert value <= top <= max(2 * value, value + 1)
    assert float(top).is_integer()


@given(span=st.integers(1, 2000 * DAY), most=st.integers(4, 60))
def test_scales_step_covers_the_span(span: int, most: int) -> None:
    step = step_for(span, most)
    start = floor_to(1_795_336_088 * SECOND, step)
    assert start <= 1_795_336_088 * SECOND < start + step
    assert step * most > span or step == step_for(10**19, 4)


@given(start=st.integers(0, 10**18), span=st.integers(SECOND, 3000 * DAY), most=st.integers(3, 14))
def test_scales_ticks_lie_inside_and_are_few(start: int, span: int, most: int) -> None:
    ticks = list(time_ticks(start, start + span, most))
    assert all(start <= at <= start + span for at, _ in ticks)
    assert len(ticks) <= most + 1


def test_scales_logarithmic_ticks_lie_between() -> None:
    assert log_ticks(0.1, 700) == [0.1, 1, 10, 60, 600]


def coverage(*spans: tuple[int, int], holes: tuple[Hole, ...] = ()) -> Coverage:
    sources = tuple(SourceReport(f"{n}.log", "text", None, 1, 1, first, last) for n, (first, last) in enumerate(spans))
    return Coverage(sources, min(s for s, _ in spans), max(e for _, e in spans), holes, 1, 1, 0)


@pytest.mark.parametrize(
    ("spans", "holes", "expected"),
    [
        (((0, 10),), (), []),
        (((0, 10), (20, 30)), (), [(10, 20)]),
        (((20, 30), (0, 25)), (), []),
        (((0, 100), (10, 20), (150, 160)), (), [(100, 150)]),
        (((0, 100),), (Hole(40, 50, "dropped"),), [(40, 50)]),
        (((0, 100),), (Hole(80, None, "broken"), Hole(None, None, "dropped")), [(80, 100)]),
    ],
)
def test_histogram_knows_what_is_not_covered(
    spans: tuple[tuple[int, int], ...], holes: tuple[Hole, ...], expected: list[tuple[int, int]]
) -> None:
    assert list(uncovered(coverage(*spans, holes=holes), 0, max(end for _, end in spans))) == expected


@given(rows=st.lists(st.tuples(st.sampled_from(OUTCOMES), st.integers(0, 3)), min_size=1, max_size=30))
def test_funnel_loses_nobody(rows: list[tuple[str, int]]) -> None:
    frame = pl.DataFrame({"outcome": [o for o, _ in rows], "attempts": [a for _, a in rows]}).cast(
        {name: MASCOTS[name] for name in ("outcome", "attempts")}  # type: ignore[arg-type]  # names of columns
    )
    found = stages(frame)
    assert found[0].mascots == len(rows)
    assert found[-1].mascots == sum(outcome == "generated" for outcome, _ in rows)
    for here, after in pairwise(found):
        assert here.mascots - here.lost.total() == after.mascots


def test_shapes_escape_words_and_places() -> None:
    picture = Picture("p", "t", "d", 10, 10, Table((), ()))
    picture.text(1.25, 2, "<script>&\"'", 'x" onload="y')
    assert str(picture.shapes[0]) == '<text class="t x&#34; onload=&#34;y" x="1.2" y="2">&lt;script&gt;&amp;&#34;&#39;</text>'
    assert number(1 / 3) == "0.3"
    assert fit("short", 100) == "short"
    assert fit("a very long title of a cause", 60).endswith("…")
