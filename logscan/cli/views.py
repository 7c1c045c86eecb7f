"""How `logscan follow` shows what it knows: a calm screen, or one JSON line per change."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec
import polars as pl
from rich.console import Console, Group
from rich.live import Live as RichLive
from rich.text import Text

from logscan.cli.output import emit
from logscan.model import Diagnosis
from logscan.report.words import Words
from logscan.times import SECOND, format_stamp
from logscan.visible import visible

_FAILED: Final = ("generation_failed", "enqueue_failed", "stalled", "waiting")
_SHOWN: Final = 5
_WINDOW: Final = 60.0
_STYLES: Final = {"critical": "bold red", "warning": "bold yellow", "ok": "bold green", "info": "bold cyan"}
_MARKS: Final = {"critical": "✖", "warning": "▲", "ok": "✔", "info": "●"}


@dataclass(frozen=True, slots=True)
class Now:
    """The state of the input: how it is read, what is wrong with it, how many records came and how many a second of late."""

    state: str
    words: str = ""
    lines: int = 0
    marks: tuple[tuple[float, int], ...] = ()

    def after(self, state: str, words: str, lines: int) -> Now:
        """The state after something was heard."""
        moment = time.monotonic()
        marks = tuple(mark for mark in self.marks if moment - mark[0] < _WINDOW)
        if not marks or moment - marks[-1][0] >= 1:
            marks = (*marks, (moment, lines))
        return replace(self, state=state, words=words, lines=lines, marks=marks)

    @property
    def rate(self) -> float:
        """Records a second, over the last minute."""
        if not self.marks:
            return 0.0
        since, before = self.marks[0]
        return (self.lines - before) / max(1.0, time.monotonic() - since)


def failures(diagnosis: Diagnosis, number: int = _SHOWN) -> list[dict[str, Any]]:
    """The mascots that failed last: id, outcome, when, causes."""
    frame = diagnosis.mascots.filter(pl.col("outcome").is_in(_FAILED))
    at = pl.coalesce("ended_at", "started_at", "enqueued_at")
    rows = frame.with_columns(at.alias("at").dt.epoch("ns")).sort("at", nulls_last=False).tail(number).reverse().to_dicts()
    return [
        {"mascot": visible(it["mascot_id"]), "outcome": it["outcome"], "at": format_stamp(it["at"]), "causes": it["causes"]} for it in rows
    ]


class JsonLines:
    """One line whenever verdict, findings, outcomes or the state of the input change."""

    def __init__(self) -> None:
        self._last: tuple[Any, ...] | None = None
        self._diagnosis: Diagnosis | None = None

    def show(self, diagnosis: Diagnosis | None, now: Now) -> None:
        """Print a line if something is new."""
        self._diagnosis = it = diagnosis or self._diagnosis
        if it is None:
            return
        findings = [finding.id for finding in it.findings]
        state = (it.verdict, findings, dict(it.by_outcome), now.state, now.words)
        if state == self._last:
            return
        self._last = state
        line = {
            "schema": 1, "at": format_stamp(time.time_ns() // 1_000_000 * 1_000_000), "state": now.state, "note": now.words or None,
            "lines": now.lines,
            "verdict": it.verdict, "findings": findings, "mascots": {"total": it.mascots.height, "by_outcome": dict(it.by_outcome)},
            "failures": failures(it),
        }  # fmt: skip
        emit(msgspec.json.encode(line).decode() + "\n")

    def close(self) -> None:
        """Nothing to clean up."""


@dataclass(slots=True)
class Screen:
    """A view at the terminal that renews itself in place, and is gone at the end."""

    words: Words
    name: str
    _live: RichLive = field(init=False)
    _diagnosis: Diagnosis | None = None
    _drawn: float = 0.0
    _console: Console = field(init=False)

    def __post_init__(self) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False)
        self._live = RichLive(console=self._console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False)
        self._live.start()

    def show(self, diagnosis: Diagnosis | None, now: Now) -> None:
        """Draw what is new at once, and the clock once a second."""
        self._diagnosis = diagnosis or self._diagnosis
        if diagnosis is None and time.monotonic() - self._drawn < 1:
            return
        self._drawn = time.monotonic()
        self._live.update(Group(*self._lines(now)), refresh=True)

    def close(self) -> None:
        """Give the terminal back."""
        self._live.stop()

    def _lines(self, now: Now) -> list[Text]:
        words, it = self.words, self._diagnosis
        state = words.ui(f"state-{now.state}")
        head = f"{self.name} · {state} · {words.counted('records', now.lines)} · {words.number(round(now.rate * 60))}/min"
        lines = [Text(head, style="dim", no_wrap=True, overflow="ellipsis")]
        if now.words:
            lines.append(Text(visible(now.words), style="yellow", no_wrap=True, overflow="ellipsis"))
        if it is None:
            return lines
        lines.append(Text(""))
        lines += [Text(f"{_MARKS[found.severity]} {words.title(found)}", style=_STYLES[found.severity]) for found in it.findings[:3]]
        if it.mascots.height:
            parts = " · ".join(f"{words.ui(name)} {words.number(count)}" for name, count in it.by_outcome.items())
            lines.append(Text(f"{words.label('mascots')} {words.number(it.mascots.height)}  ({parts})"))
        last = failures(it)
        if last:
            lines += [Text(""), Text(words.ui("last-failures"), style="bold")]
        for row in last:
            causes = ", ".join(row["causes"])
            text = f"  {row['at'] or words.ui('no-stamp')}  {row['mascot'][:40]}  {words.ui(row['outcome'])}  {causes}"
            lines.append(Text(text, no_wrap=True, overflow="ellipsis"))
        waits = awaited(it)
        if waits:
            lines.append(Text(f"{words.ui('awaited', count=words.number(waits[0]), oldest=words.duration(waits[1]))}", style="cyan"))
        return lines


def awaited(diagnosis: Diagnosis) -> tuple[int, float] | None:
    """How many mascots are under way within their time, and for how many seconds the oldest has been."""
    frame = diagnosis.mascots.filter(pl.col("outcome") == "in_flight")
    end = diagnosis.coverage.end
    if frame.is_empty() or end is None:
        return None
    began = frame.select(pl.coalesce("started_at", "enqueued_at").dt.epoch("ns").min()).item()
    return frame.height, 0.0 if began is None else max(0.0, (end - began) / SECOND)
