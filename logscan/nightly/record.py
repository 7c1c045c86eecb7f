"""What is kept of a night, and what the nights before hold for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

import polars as pl

from logscan.history import Carried, History, Night, Recorded
from logscan.model import Diagnosis
from logscan.nightly.night import Window
from logscan.report.compare import FAILING, read_report
from logscan.report.mail import TREND, Cell
from logscan.times import format_stamp
from logscan.version import __version__

# A mascot that ended so may yet go another way.
OPEN: Final = ("waiting", "stalled", "in_flight", "unknown")
# Nights whose mascots may still stand in a log that goes on.
_REMEMBERED: Final = 60


def settled(history: History, night: str) -> frozenset[str]:
    """Mascots whose end was told on a night before."""
    open_now = {it.mascot for it in history.open_mascots()}
    ids: set[str] = set()
    for packed in history.reports(night, _REMEMBERED):
        for outcome, names in (read_report(packed).mascots.ids or {}).items():
            if outcome not in OPEN:
                ids.update(names)
    return frozenset(ids - open_now)


def covered_until(diagnosis: Diagnosis, covered: int | None, history: History, *, files: bool) -> int | None:
    """Up to when this night's lines were read: there the next one goes on."""
    if not files:
        return covered
    before = [it.covered for it in history.nights() if it.covered is not None]
    return max((end for end in (diagnosis.coverage.end, *before) if end is not None), default=None)


def is_silent(diagnosis: Diagnosis, window: Window, history: History) -> bool:
    """Whether no line was written since the last night."""
    coverage = diagnosis.coverage
    going_on = history.last_judged(window.night) is not None
    return not coverage.lines or (going_on and all(it.last is not None and it.last <= window.since for it in coverage.sources))


def recorded(
    window: Window, diagnosis: Diagnosis, report: bytes, history: History, *, covered: int | None, trouble: str | None
) -> Recorded:
    """A night's rows for the history."""
    top = diagnosis.findings[0]
    holes = [(format_stamp(it.start) or "", format_stamp(it.end) or "", it.reason) for it in diagnosis.coverage.holes]
    if window.lost is not None:
        holes.insert(0, (format_stamp(window.lost[0]) or "", format_stamp(window.lost[1]) or "", "too-old"))
    night = Night(
        window.night, "judged", since=window.since, until=window.until, covered=covered, verdict=top.id, severity=top.severity,
        mascots=diagnosis.mascots.height, failing=sum(diagnosis.by_outcome.get(name, 0) for name in FAILING),
        outcomes=dict(diagnosis.by_outcome), lines=diagnosis.coverage.lines, uncovered=tuple(holes),
        rules=diagnosis.rules_hash, logscan=__version__, problem=trouble,
    )  # fmt: skip
    outcomes = outcomes_of(diagnosis)
    return Recorded(
        night, report, tuple((it.id, it.severity, it.mascots) for it in diagnosis.findings),
        tuple((it.id, it.component, it.mascots, it.lines) for it in diagnosis.causes),
        tuple(_open(diagnosis, window.night)),
        {it.mascot: outcomes[it.mascot] for it in history.open_mascots() if outcomes.get(it.mascot, OPEN[0]) not in OPEN},
    )  # fmt: skip


def outcomes_of(diagnosis: Diagnosis) -> dict[str, str]:
    """Where each mascot of a night ended."""
    return dict(diagnosis.mascots.select("mascot_id", "outcome").iter_rows())


def _open(diagnosis: Diagnosis, night: str) -> Iterable[Carried]:
    rows = diagnosis.mascots.filter(pl.col("outcome").is_in(OPEN)).select(
        "mascot_id", "outcome", pl.min_horizontal(pl.col("enqueued_at", "started_at").cast(pl.Int64))
    )
    return (Carried(mascot, night, outcome, since) for mascot, outcome, since in rows.iter_rows())


def trend(history: History, tonight: Night) -> list[Cell]:
    """The last nights with this one, a cell for each date from the first that is known."""
    known = {it.night: it for it in history.nights(before=tonight.night, limit=2 * TREND)} | {tonight.night: tonight}
    last = dt.date.fromisoformat(tonight.night)
    dates = [(last - dt.timedelta(days=back)).isoformat() for back in reversed(range(TREND))]
    first = min(known)
    return [_cell(date, known.get(date)) for date in dates if date >= first]


def _cell(date: str, night: Night | None) -> Cell:
    if night is None or night.state in ("missed", "planned"):
        return Cell(date, "missed")
    return Cell(date, night.state, night.failing or 0, night.mascots or 0, night.severity or "info")
