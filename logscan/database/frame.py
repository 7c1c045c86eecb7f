"""Columns of texts, as any source gives them → the frame of rows."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Final

import polars as pl

from logscan.frames import MOMENT, STORED
from logscan.model import Stored
from logscan.times import UTC, from_epoch, parse_stamp

# How clients print what is nothing. A URL of these letters is none either.
NULLS: Final = ("", "null", "\\n", "(null)", "[null]", "<null>", "none", "nil", "undefined", "¤", "∅")
_ISO: Final = "%Y-%m-%dT%H:%M:%S%.f%:z"
_NUMBER: Final = re.compile(r"\d{9,19}(?:\.\d+)?")
# A JavaScript Date as text.
_SCRIPT: Final = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{2}) (\d{4}) (\d{2}:\d{2}:\d{2}) GMT([+-]\d{4})(?: \(.*\))?")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def stored_of(name: str, raw: pl.DataFrame, zone: dt.tzinfo = UTC, *, partial: bool = False) -> Stored:
    """The rows of a frame of texts whose columns are called as in STORED; those it lacks are all null.

    Each mascot stands in it once, in the order given; rows without an id are left out. `zone`: of stamps that name none.
    """
    known = frozenset(column for column in STORED.names() if column in raw.columns)
    frame = raw.with_columns(pl.lit(None, pl.String()).alias(column) for column in STORED.names() if column not in known)
    frame = frame.select(_text(column) for column in STORED.names())
    frame = frame.with_columns(pl.col("status").str.to_lowercase().fill_null("unknown"), _moments(frame["created_at"], zone))
    frame = frame.drop_nulls("mascot_id").unique("mascot_id", keep="first", maintain_order=True)
    return Stored(name, frame.cast(STORED), known, partial)


def table_of(header: Sequence[str], rows: Iterable[Sequence[str | None]], chosen: dict[str, str]) -> pl.DataFrame:
    """The chosen columns of a table of texts, called as in STORED."""
    places = {column: list(header).index(name) for column, name in chosen.items()}
    kept = list(rows)
    return pl.DataFrame(
        {column: [row[place] for row in kept] for column, place in places.items()}, schema=dict.fromkeys(places, pl.String())
    )


def merged(several: Sequence[Stored]) -> Stored | None:
    """Several sources as one: of a mascot in more than one, each column from the first that knows it."""
    if len(several) < 2:  # noqa: PLR2004  # one is nothing to merge
        return several[0] if several else None
    rows = pl.concat([it.rows for it in several])
    rows = rows.group_by("mascot_id", maintain_order=True).agg(pl.all().drop_nulls().first()).select(STORED.names())
    known = frozenset[str]().union(*(it.known for it in several))
    return Stored(", ".join(it.name for it in several), rows, known, all(it.partial for it in several))


def _text(column: str) -> pl.Expr:
    text = pl.col(column).cast(pl.String()).str.strip_chars()
    return pl.when(text.str.to_lowercase().is_in(NULLS)).then(None).otherwise(text).alias(column)


def _moments(texts: pl.Series, zone: dt.tzinfo) -> pl.Series:
    """Times as PostgreSQL, SQLite, JSON and JavaScript write them; null for what is none."""
    plain = texts.str.replace(r"^(\d{4}-\d\d-\d\d) ", "${1}T").str.replace(r"\s+([+-]\d\d(?::?\d\d)?|Z)$", "${1}")
    plain = plain.str.replace(r"[zZ]$|\s*UTC$", "+00:00").str.replace(r"(:\d\d(?:\.\d+)?[+-]\d\d)(\d\d)?$", "${1}:${2}")
    plain = plain.str.replace(r"([+-]\d\d):$", "${1}:00")
    bare = plain.str.contains(r"T\d\d:\d\d:\d\d(?:\.\d+)?$")
    if zone is UTC:
        plain = pl.select(pl.when(bare).then(plain + "+00:00").otherwise(plain)).to_series()
    # Others than these years do not fit into nanoseconds of 64 bits.
    plain = pl.select(pl.when(plain.str.contains(r"^(?:19[7-9]|2[01]\d)\d-")).then(plain)).to_series()
    quick = plain.str.to_datetime(_ISO, time_unit="ns", strict=False).cast(MOMENT)
    rest = quick.is_null() & texts.is_not_null()
    if rest.any():
        slow = [_moment(text, zone) if left else None for text, left in zip(texts.to_list(), rest.to_list(), strict=True)]
        quick = quick.fill_null(pl.Series(slow, dtype=pl.Int64()).cast(MOMENT))
    return quick.alias("created_at")


def _moment(text: str, zone: dt.tzinfo) -> int | None:
    """One time in nanoseconds, in any of the forms."""
    stamp = parse_stamp(text, zone)
    if stamp is None and _NUMBER.fullmatch(text):
        return from_epoch(float(text) if "." in text else int(text))
    if stamp is None and (found := _SCRIPT.fullmatch(text)) and found[1] in _MONTHS:
        return parse_stamp(f"{found[3]}-{_MONTHS.index(found[1]) + 1:02}-{found[2]}T{found[4]}{found[5]}")
    return stamp
