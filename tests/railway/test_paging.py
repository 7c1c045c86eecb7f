"""Every row of a window exactly once, whatever Railway makes of bounds and limits."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscan.railway.paging import Cursor, Page, pages
from logscan.railway.rows import Row, identity, rows_of
from tests.railway.world import NOON, Logs, Manner, row, stamp


@dataclass
class FromLogs:
    """Asks the logs directly."""

    logs: Logs
    manner: Manner
    limit: int
    asked: list[int] = field(default_factory=list)

    def __call__(self, before: int, anchor: int) -> list[Row]:
        self.asked.append(anchor)
        rows = self.logs.newest(self.manner, stamp(before), stamp(anchor), self.limit, None)
        return rows_of([msgspec.Raw(msgspec.json.encode(it)) for it in rows])


def pulled(fetch: FromLogs, since: int, until: int) -> tuple[list[dict[str, object]], list[Page]]:
    """All rows of a window, oldest first."""
    got = list(pages(fetch, since, until, Cursor.at(until)))
    return [json.loads(it.raw) for page in reversed(got) for it in page.rows], got


MANNERS = [Manner(anchor_inclusive=a, before_inclusive=b) for a in (True, False) for b in (True, False)]


@given(
    gaps=st.lists(st.sampled_from([0, 0, 1, 1, 2, 1000, 10**9]), max_size=60),
    words=st.lists(st.sampled_from("ab"), min_size=60, max_size=60),
    limit=st.integers(6, 12),
    window=st.tuples(st.integers(0, 61), st.integers(0, 61)),
    manner=st.sampled_from(MANNERS),
)
def test_paging_gives_every_row_once(gaps: list[int], words: list[str], limit: int, window: tuple[int, int], manner: Manner) -> None:
    moments = [NOON]
    for gap in gaps:
        # No burst beyond a page: that is another test's matter.
        run = sum(1 for moment in moments if moment == moments[-1])
        moments.append(moments[-1] + (gap or (1 if run >= limit else 0)))
    logs = Logs([row(moment, word) for moment, word in zip(moments, words, strict=False)])
    low, high = sorted(moments[min(place, len(moments) - 1)] for place in window)
    got, _ = pulled(FromLogs(logs, manner, limit), low, high)
    assert got == [it for at, it in zip(logs.stamps, logs.rows, strict=True) if low <= at <= high]


@pytest.mark.parametrize("manner", MANNERS)
def test_paging_steps_over_a_burst_that_no_answer_holds_and_says_so(manner: Manner) -> None:
    logs = Logs([row(NOON - 10, "old"), row(NOON - 1, "before"), *(row(NOON, f"{n}") for n in range(9)), row(NOON + 1, "after")])
    got, found = pulled(FromLogs(logs, manner, 4), NOON - 10, NOON + 10)
    said = [it["message"] for it in got]
    assert said[:2] == ["old", "before"]
    assert said[-1] == "after"
    assert {page.burst for page in found} == {None, NOON}
    assert len(said) == len(set(said)) >= 3 + 4


@pytest.mark.parametrize("manner", MANNERS)
def test_paging_says_so_too_where_the_burst_is_the_oldest(manner: Manner) -> None:
    logs = Logs([row(NOON, f"{n}") for n in range(9)])
    _, found = pulled(FromLogs(logs, manner, 4), NOON - 10, NOON + 10)
    assert [page.burst for page in found if page.burst is not None] == [NOON]


@pytest.mark.parametrize("most", [150, 200])
def test_paging_goes_on_where_railway_gives_fewer_rows_than_asked_for(most: int) -> None:
    logs = Logs([row(NOON + n * 7, f"{n}") for n in range(1000)])
    got, _ = pulled(FromLogs(logs, Manner(most=most), 5000), NOON, NOON + 7000)
    assert [it["message"] for it in got] == [str(n) for n in range(1000)]


def test_paging_a_window_with_nothing_in_it_is_one_question() -> None:
    fetch = FromLogs(Logs([row(NOON, "elsewhere")]), Manner(), 5)
    assert pulled(fetch, NOON + 1, NOON + 9)[0] == []
    assert fetch.asked == [NOON + 10]


def test_rows_are_known_by_stamp_message_and_tags() -> None:
    rows = [row(NOON, "a"), row(NOON, "a", replica="r2"), row(NOON, "b"), row(NOON + 1, "a"), row(NOON, "a", level="error"), row(NOON, "a")]
    names = [
        identity(it) for it in rows_of([msgspec.Raw(msgspec.json.encode(it)) for it in sorted(rows, key=lambda it: str(it["timestamp"]))])
    ]
    assert sorted(Counter(names).values()) == [1, 1, 1, 3]


def test_rows_stay_on_one_line_and_in_order() -> None:
    pretty = [json.dumps(row(NOON + n, "two\nlines"), indent=2).encode() for n in (2, 1)]
    rows = rows_of([msgspec.Raw(it) for it in pretty])
    assert [it.stamp for it in rows] == [NOON + 1, NOON + 2]
    assert all(b"\n" not in it.raw and json.loads(it.raw)["message"] == "two\nlines" for it in rows)


def test_rows_without_a_readable_time_stay_where_they_are() -> None:
    raws = [msgspec.Raw(json.dumps({**row(NOON + n, str(n)), **({"timestamp": "soon"} if n == 1 else {})}).encode()) for n in range(3)]
    assert [(it.stamp, json.loads(it.raw)["message"]) for it in rows_of(raws)] == [(NOON, "0"), (NOON, "1"), (NOON + 2, "2")]
