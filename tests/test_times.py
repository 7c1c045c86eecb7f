"""Points in time: nanoseconds kept, zones only where asked for, nonsense refused."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscan.times import (
    MINUTE,
    SECOND,
    UTC,
    format_duration,
    format_stamp,
    from_epoch,
    parse_duration,
    parse_moment,
    parse_stamp,
    parse_zone,
    wall_clock,
)

NINE = 1_795_338_000 * SECOND  # 2026-11-22T09:00:00Z
PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("90s", 90 * SECOND),
        ("2m", 2 * MINUTE),
        ("1h30m", 90 * MINUTE),
        ("1.5d", 36 * 60 * MINUTE),
        ("250ms", SECOND // 4),
        (" 1w ", 7 * 1440 * MINUTE),
    ],
)
def test_parse_duration_units(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize("text", ["", "soon", "10", "2 fortnights", "-2m", "2m ago", "m", "1e3s"])
def test_parse_duration_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@given(st.integers(min_value=1, max_value=400 * 86400))
def test_format_duration_reads_back_in_two_units(seconds: int) -> None:
    back = parse_duration(format_duration(seconds * SECOND)) // SECOND
    assert 0 <= seconds - back < (3600 if seconds >= 86400 else 60 if seconds >= 3600 else 1)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("2026-11-22T09:00:00Z", NINE),
        ("2026-11-22T09:00:00.000000001Z", NINE + 1),
        ("2026-11-22T09:00:00.123456789Z", NINE + 123_456_789),
        ("2026-11-22T09:00:00,5Z", NINE + SECOND // 2),
        ("2026-11-22 09:00:00.5", NINE + SECOND // 2),
        ("2026-11-22T10:30:00+01:30", NINE),
        ("2026-11-22T01:00:00-0800", NINE),
        ("2026-11-22T09:00", NINE),
        ("2026-11-22", NINE - 9 * 60 * MINUTE),
        ("2026-11-22T09:00:00.1234567899Z", NINE + 123_456_789),
    ],
)
def test_parse_stamp_keeps_every_digit(text: str, nanoseconds: int) -> None:
    assert parse_stamp(text) == nanoseconds


@pytest.mark.parametrize(
    "text",
    [
        "", "9:00", "22.11.2026", "2026-13-01T00:00:00Z", "2026-02-30", "2026-11-22T25:00:00Z", "2026-11-22T09:61:00Z",
        "2026-11-22T09:00:00+99:99", "2026-11-22T09:00:00Zulu", "٢٠٢٦-11-22T09:00:00Z", "2026-11-22T09:00:00 UTC+1",
    ],
)  # fmt: skip
def test_parse_stamp_refuses(text: str) -> None:
    assert parse_stamp(text) is None


def test_parse_stamp_zone_holds_only_where_none_is_named() -> None:
    assert parse_stamp("2026-11-22T10:00:00", PARIS) == NINE
    assert parse_stamp("2026-11-22T09:00:00Z", PARIS) == NINE
    assert parse_stamp("2026-07-01T10:00:00", PARIS) == parse_stamp("2026-07-01T08:00:00Z")


def test_parse_stamp_never_uses_the_machine_zone() -> None:
    assert dt.datetime.now().astimezone().utcoffset() != dt.timedelta(0)
    assert parse_stamp("2026-11-22T09:00:00") == NINE
    assert wall_clock(2026, 11, 22, 9 * 3600, UTC) == NINE


@given(st.integers(min_value=10**15, max_value=9 * 10**18))
def test_format_stamp_and_back(nanoseconds: int) -> None:
    text = format_stamp(nanoseconds)
    assert text is not None
    assert parse_stamp(text) == nanoseconds


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (None, None),
        (NINE, "2026-11-22T09:00:00Z"),
        (NINE + 500_000_000, "2026-11-22T09:00:00.500Z"),
        (NINE + 1_000, "2026-11-22T09:00:00.000001Z"),
        (NINE + 1, "2026-11-22T09:00:00.000000001Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
    ],
)
def test_format_stamp_digits(nanoseconds: int | None, text: str | None) -> None:
    assert format_stamp(nanoseconds) == text


@pytest.mark.parametrize("factor", [1, 10**3, 10**6, 10**9])
def test_from_epoch_tells_units_by_size(factor: int) -> None:
    assert from_epoch(1_795_338_000 * factor) == NINE


@pytest.mark.parametrize("number", [0, -5, 7, 12345.6, 1e25, float("inf")])
def test_from_epoch_refuses_what_is_no_time(number: float) -> None:
    assert from_epoch(number) is None


def test_from_epoch_keeps_fractions_of_milliseconds() -> None:
    assert from_epoch(1_795_338_000_000.25) == NINE + 250_000


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2262-04-12T00:00:00Z", "0001-01-01T00:00:00+14:00"])
@pytest.mark.parametrize("zone", [UTC, PARIS])
def test_parse_stamp_stays_within_64_bits(text: str, zone: dt.tzinfo) -> None:
    for form in (text, text[:19]):
        nanoseconds = parse_stamp(form, zone)
        assert nanoseconds is None or -(2**63) <= nanoseconds < 2**63


@given(st.one_of(st.integers(), st.floats(allow_nan=False)))
def test_from_epoch_stays_within_64_bits(number: float) -> None:
    nanoseconds = from_epoch(number)
    assert nanoseconds is None or 0 <= nanoseconds < 2**63


def test_parse_moment_takes_stamps_and_durations() -> None:
    assert parse_moment("2026-11-22T08:00:00Z", NINE) == NINE - 60 * MINUTE
    assert parse_moment("1h", NINE) == NINE - 60 * MINUTE
    assert parse_moment("2026-11-22 10:00", 0, PARIS) == NINE
    with pytest.raises(ValueError, match="neither a time"):
        parse_moment("yesterday", NINE)


def test_parse_zone_names() -> None:
    assert parse_zone("utc") is UTC
    assert str(parse_zone("Europe/Paris")) == "Europe/Paris"
    for name in ("Mars/Olympus", "../../etc/passwd", "", "Europe"):
        with pytest.raises(ValueError, match="unknown time zone"):
            parse_zone(name)
