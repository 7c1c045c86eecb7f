"""Loggers' own dates: day and month in whichever order the log itself, or Railway, shows; the machine's zone never."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscan import Diagnosis, Options, Rulebook
from logscan.model import Wall
from logscan.parse.dates import DATE, DayOrder, wall_of
from logscan.times import parse_stamp
from tests.logs import SECOND, read


def log(*dates: str, last: str = "") -> bytes:
    """A Nest log: a mascot enqueued at the first date, picked up at the last, and done."""
    texts = ["[JobsService] Successfully enqueued mascot generation for 1", *["[CacheService] Cache warmed"] * (len(dates) - 2)]
    texts.append("[MascotGenerationProcessor] Successfully generated mascot 1")
    return "".join(f"[Nest] 7  - {date}     LOG {text}\n" for date, text in zip(dates, texts, strict=True)).encode() + last.encode()


def enqueued_at(found: Diagnosis) -> int:
    (moment,) = found.mascots["enqueued_at"].dt.epoch("ns").to_list()
    return int(moment)


def told(found: Diagnosis) -> bool:
    return any(note.key == "day-order" for note in found.coverage.notes)


@pytest.mark.parametrize(
    ("dates", "stamp"),
    [
        # A number above twelve tells, wherever in the log it stands.
        (("11/22/2026, 8:27:54 AM", "11/22/2026, 8:28:54 AM"), "2026-11-22T08:27:54Z"),
        (("22/11/2026, 08:27:54", "22/11/2026, 08:28:54"), "2026-11-22T08:27:54Z"),
        (("04/05/2026, 23:59:54", "13/05/2026, 08:28:54"), "2026-05-04T23:59:54Z"),
        (("04/05/2026, 23:59:54", "04/13/2026, 08:28:54"), "2026-04-05T23:59:54Z"),
        # Habits of locales: AM is en-US, am is en-GB, dots put the day first, a year in front the month.
        (("4/5/2026, 8:27:54 AM", "4/5/2026, 8:28:54 AM"), "2026-04-05T08:27:54Z"),
        (("04/05/2026, 8:27:54 am", "04/05/2026, 8:28:54 am"), "2026-05-04T08:27:54Z"),
        (("4.5.2026, 08:27:54", "4.5.2026, 08:28:54"), "2026-05-04T08:27:54Z"),
        (("2026/4/5 8:27:54", "2026/4/5 8:28:54"), "2026-04-05T08:27:54Z"),
        # Days that follow each other: the shorter span is right.
        (("04/05/2026, 23:59:54", "05/05/2026, 00:01:54"), "2026-05-04T23:59:54Z"),
        (("04/05/2026, 23:59:54", "04/06/2026, 00:01:54"), "2026-04-05T23:59:54Z"),
        (("30/04/2026, 23:59:54", "01/05/2026, 00:01:54"), "2026-04-30T23:59:54Z"),
        # The same number twice.
        (("05/05/2026, 08:27:54", "05/05/2026, 08:28:54"), "2026-05-05T08:27:54Z"),
        (("12/31/2026, 11:59:54 PM", "1/1/2027, 12:00:10 AM"), "2026-12-31T23:59:54Z"),
    ],
)
def test_dates_order_is_inferred(rulebook: Rulebook, dates: tuple[str, str], stamp: str) -> None:
    found = read(rulebook, log(*dates))
    assert enqueued_at(found) == parse_stamp(stamp)
    assert not told(found)


def test_dates_order_is_inferred_from_lines_that_match_nothing(rulebook: Rulebook) -> None:
    both = log("04/05/2026, 23:59:54", "05/05/2026, 00:00:54")
    for noise, stamp in (("13/05/2026, 08:28:54", "2026-05-04T23:59:54Z"), ("04/13/2026, 08:28:54", "2026-04-05T23:59:54Z")):
        data = both + f"[Nest] 7  - {noise}     LOG [CacheService] Cache warmed\n".encode() * 3
        assert enqueued_at(read(rulebook, data)) == parse_stamp(stamp)
        assert enqueued_at(read(rulebook, data, options=Options(full=True))) == parse_stamp(stamp)


def test_dates_where_nothing_tells_it_is_said(rulebook: Rulebook) -> None:
    found = read(rulebook, log("04/05/2026, 08:27:54", "04/05/2026, 08:28:54"))
    assert enqueued_at(found) == parse_stamp("2026-04-05T08:27:54Z")
    assert told(found)


def test_dates_railways_stamp_decides(rulebook: Rulebook) -> None:
    bare = log("04/05/2026, 08:27:54", "04/05/2026, 08:28:54").decode()
    for railway, stamp in (("2026-05-04", "2026-05-04T08:27:54Z"), ("2026-04-05", "2026-04-05T08:27:54Z")):
        one = f"{railway}T08:29:00.000000000Z [inf]  [Nest] 7  - 04/05/2026, 08:28:59     LOG [CacheService] Cache warmed\n"
        found = read(rulebook, (bare + one).encode())
        assert enqueued_at(found) == parse_stamp(stamp)
        assert not told(found)


def test_dates_railways_stamp_goes_before_the_apps(rulebook: Rulebook) -> None:
    line = "2026-05-04T08:29:00.000000007Z [inf]  [Nest] 7  - 04/05/2026, 08:28:59     LOG [JobsService] Successfully enqueued mascot generation for 1\n"
    assert enqueued_at(read(rulebook, line.encode())) == parse_stamp("2026-05-04T08:29:00.000000007Z")


def test_dates_zone_is_the_one_given_never_the_machines(rulebook: Rulebook) -> None:
    data = log("11/22/2026, 8:27:54 AM", "11/22/2026, 8:28:54 AM")
    assert enqueued_at(read(rulebook, data)) == parse_stamp("2026-11-22T08:27:54Z")
    paris = read(rulebook, data, options=Options(zone=ZoneInfo("Europe/Paris")))
    assert enqueued_at(paris) == parse_stamp("2026-11-22T07:27:54Z")
    assert paris.coverage.end == parse_stamp("2026-11-22T07:28:54Z")


def test_dates_that_do_not_exist_are_no_stamps(rulebook: Rulebook) -> None:
    for date in ("2/30/2026, 8:27:54 AM", "13/13/2026, 08:27:54", "0/0/2026, 08:27:54", "11/22/9999, 8:27:54 AM", "11/22/0000, 8:27:54 AM"):
        found = read(rulebook, log("11/22/2026, 8:27:54 AM", date))
        assert found.mascots["outcome"].to_list() == ["generated"]
        assert enqueued_at(found) == parse_stamp("2026-11-22T08:27:54Z")


def test_dates_each_source_has_its_own_order(rulebook: Rulebook) -> None:
    british, american = (
        log("22/11/2026, 08:27:54", "04/12/2026, 08:28:54"),
        log("11/21/2026, 8:27:54 AM", "12/4/2026, 8:28:54 AM").replace(b"mascot 1", b"mascot 2"),
    )
    found = read(rulebook, british, american)
    ends = found.mascots["ended_at"].dt.epoch("ns").to_list()
    assert ends == [parse_stamp("2026-12-04T08:28:54Z")] * 2


# Units.


@given(st.integers(0, 36_524 * 86_400), st.sampled_from(["mdy", "dmy"]))
def test_day_order_never_mixes_up_what_can_be_told(seconds: int, order: str) -> None:
    when = dt.datetime(2000, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
    date = f"{when.month}/{when.day}" if order == "mdy" else f"{when.day}/{when.month}"
    found = re.match(DATE, f"{date}/{when.year}, {when:%H:%M:%S}")
    assert found is not None
    wall = wall_of(found)
    assert wall is not None
    days = DayOrder()
    days.see(wall)
    stamp = parse_stamp(when.isoformat())
    if when.day > 12 or when.day == when.month:
        assert days.resolve(wall) == stamp
        assert not days.ambiguous or when.day == when.month
    else:
        assert days.ambiguous
        days.see(wall, (stamp or 0) + 5 * SECOND)
        assert days.resolve(wall) == stamp
        assert not days.ambiguous


@pytest.mark.parametrize("text", ["8:27:54", "22-11-26, 08:27:54", "2026-11-22", "11/22/2026", "11/22/26, 8:27:54 AM", "1/2/3, 4:5:6"])
def test_dates_that_are_none(text: str) -> None:
    found = re.match(DATE, text)
    assert found is None or wall_of(found) is None


def test_day_order_votes_outweigh_one_odd_stamp() -> None:
    days = DayOrder()
    for day in (13, 14, 15):
        days.see(Wall(day, 5, 2026, 0, "dmy"))
    days.see(Wall(5, 16, 2026, 0, "mdy"))
    assert days.order == "dmy"
    assert days.resolve(Wall(4, 5, 2026, 0, None)) == parse_stamp("2026-05-04")
