"""The summary for a terminal: the verdict first, then what to do, then the proof."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from logscan.model import Diagnosis, Evidence, Finding
from logscan.report.view import TELLING, cell_views, database_line, last_good
from logscan.report.words import Words
from logscan.rulebook.schema import Remedy
from logscan.visible import visible

_STYLES = {"critical": "bold red", "warning": "bold yellow", "ok": "bold green", "info": "bold cyan"}
_MARKS = {"critical": "✖", "warning": "▲", "ok": "✔", "info": "●"}
# Each outcome has a sign of its own, so that the bar can be read without colours.
_OUTCOMES: Final = {
    "generated": ("█", "green"), "generation_failed": ("▒", "red"), "enqueue_failed": ("╳", "magenta"), "waiting": ("░", "yellow"),
    "stalled": ("▚", "blue"), "in_flight": ("╌", "cyan"), "unknown": ("?", "dim"),
}  # fmt: skip
_BAR: Final = 60
_EVIDENCE = 3
_EVIDENCE_TEXT = 300
_STEPS = 4
_CAUSES = 6
_DEPLOYMENTS = 5
_BATCHES = 3


def to_terminal(diagnosis: Diagnosis, words: Words, *, width: int = 100, colour: bool = False) -> str:
    """The summary as text; `colour` adds terminal codes. Log text in it never acts on the terminal."""
    buffer = io.StringIO()
    console = Console(
        file=buffer, width=max(width, 40), force_terminal=colour, no_color=not colour, color_system="standard" if colour else None,
        highlight=False, markup=False, emoji=False, soft_wrap=False, legacy_windows=False,
    )  # fmt: skip
    for place, finding in enumerate(diagnosis.findings):
        _finding(console, finding, diagnosis, words, full=place == 0)
    _mascots(console, diagnosis, words)
    _causes(console, diagnosis, words)
    _database(console, diagnosis, words)
    _sources(console, diagnosis, words)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def _finding(console: Console, finding: Finding, diagnosis: Diagnosis, words: Words, *, full: bool) -> None:
    style = _STYLES[finding.severity]
    title = f"{_MARKS[finding.severity]} {words.title(finding)}"
    console.print(Text.assemble((title, style), (f"  ({words.ui(finding.confidence)})", "dim")))
    console.print(Padding(Text(words.summary(finding)), (0, 0, 0, 2)))
    _state(console, finding, diagnosis, words)
    steps = words.remedies(finding) if finding.severity != "ok" else []
    # The gravest finding is told in full, of others that are critical how to begin.
    _steps(console, steps if full else steps[:1] if finding.severity == "critical" else [], words)
    if full and finding.supports and finding.severity != "ok":
        console.print(Padding(Text(words.ui("proof"), style="bold"), (1, 0, 0, 2)))
        for evidence in finding.supports[:_EVIDENCE]:
            console.print(Padding(_place(evidence, words), (0, 0, 0, 4)))
            console.print(Padding(Text(_short(evidence.text)), (0, 0, 0, 6)))
    if full and finding.missing:
        console.print(Padding(Text(words.ui("to-be-sure"), style="bold"), (1, 0, 0, 2)))
        for key in finding.missing:
            what, command = words.missing(key)
            console.print(Padding(Text(what), (0, 0, 0, 4)))
            console.print(Padding(Text(f"$ {command}", style="cyan"), (0, 0, 0, 4)), soft_wrap=True)
    console.print()


def _state(console: Console, finding: Finding, diagnosis: Diagnosis, words: Words) -> None:
    """How many, since when, whether it goes on, and when it last went well."""
    if finding.severity not in ("critical", "warning"):
        return
    parts = []
    if finding.mascots:
        parts.append(words.hit(finding.mascots, diagnosis.mascots.height))
    if finding.first is not None:
        state = words.ui("ongoing" if finding.ongoing else "over")
        parts.append(f"{words.ui('since')} {words.moment(finding.first)} UTC, {state}")
        good = last_good(diagnosis, finding)
        if good is not None:
            parts.append(f"{words.ui('fact-good').lower()} {words.moment(good)}")
    if parts:
        console.print(Padding(Text(" · ".join(parts), style="dim"), (0, 0, 0, 2)))


def _steps(console: Console, steps: list[tuple[str, Remedy]], words: Words) -> None:
    if steps:
        console.print(Padding(Text(words.ui("what-to-do"), style="bold"), (1, 0, 0, 2)))
    for number, (text, remedy) in enumerate(steps[:_STEPS], 1):
        # Columns, so that a long step goes on under its own beginning.
        row = Table.grid(padding=(0, 1, 0, 0))
        row.add_row(Text(f"{number}."), Text(text))
        console.print(Padding(row, (0, 0, 0, 4)))
        if remedy.command:
            console.print(Padding(Text(f"$ {remedy.command}", style="cyan"), (0, 0, 0, 7)), soft_wrap=True)


def _place(evidence: Evidence, words: Words) -> Text:
    time = f"  {words.moment(evidence.timestamp)}" if evidence.timestamp is not None else ""
    return Text(f"{evidence.source}:{evidence.line}{time}", style="dim")


def _short(text: str) -> str:
    return text if len(text) <= _EVIDENCE_TEXT else text[: _EVIDENCE_TEXT - 1] + "…"


def _mascots(console: Console, diagnosis: Diagnosis, words: Words) -> None:
    total = diagnosis.mascots.height
    if not total:
        return
    console.print(Text(f"{words.label('mascots')} {words.number(total)}", style="bold"))
    cells = _shares(diagnosis.by_outcome, min(console.width - 2, _BAR))
    bar = Text.assemble("  ", *((_OUTCOMES[name][0] * count, _OUTCOMES[name][1]) for name, count in cells.items()))
    console.print(bar)
    told = Text()
    for place, (name, count) in enumerate(diagnosis.by_outcome.items()):
        sign, style = _OUTCOMES[name]
        told.append(" · " if place else "").append(f"{sign} ", style).append(f"{words.ui(name)} {words.number(count)}")
    console.print(Padding(told, (0, 0, 0, 2)))
    if diagnosis.other_jobs:
        others = " · ".join(f"{name} {words.number(count)}" for name, count in diagnosis.other_jobs.items())
        console.print(Text(f"  {words.label('other-jobs')} {others}", style="dim"))


def _shares(counts: Mapping[str, int], width: int) -> dict[str, int]:
    """A bar's cells for each count: what there is at all has one at least."""
    total = sum(counts.values())
    cells = {name: max(count * width // total, 1) for name, count in counts.items()}
    most = max(counts, key=lambda name: counts[name])
    cells[most] += width - sum(cells.values())
    return cells


def _causes(console: Console, diagnosis: Diagnosis, words: Words) -> None:
    if not diagnosis.causes:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=True, header_style="dim")
    table.add_column(words.ui("cause"), no_wrap=True)
    table.add_column(words.ui("mascots"), justify="right")
    table.add_column(words.ui("lines"), justify="right")
    table.add_column("")
    for cause in diagnosis.causes[:_CAUSES]:
        table.add_row(Text(cause.id), words.number(cause.mascots), words.number(cause.lines), Text(words.cause(cause.id)))
    console.print()
    console.print(table)


def _database(console: Console, diagnosis: Diagnosis, words: Words) -> None:
    """What logs and database do not agree on, and the batches that the plugin waits for in vain."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=True, header_style="dim")
    for key in ("in-logs", "in-database"):
        table.add_column(words.ui(key), no_wrap=True)
    table.add_column(words.ui("mascots"), justify="right")
    table.add_column("")
    for item in cell_views(diagnosis, words):
        if item.cell.kind in TELLING:
            table.add_row(Text(item.logs), Text(item.database), words.number(item.cell.mascots), Text(item.explanation))
    if table.row_count:
        console.print()
        console.print(table)
    lost = [batch for batch in diagnosis.batches if batch.gave_up]
    for batch in lost[:_BATCHES]:
        polls = f"{words.number(batch.attempts)}/{words.number(batch.most)}" if batch.most is not None else words.number(batch.attempts)
        console.print(Text(f"{words.label('plugin')} {batch.id} {polls} · {words.ui(batch.meaning)}"))


def _sources(console: Console, diagnosis: Diagnosis, words: Words) -> None:
    coverage = diagnosis.coverage
    read = f"{words.counted('records', coverage.lines)}, {words.counted('matched', coverage.matched)}"
    span = f"{words.moment(coverage.start)} – {words.moment(coverage.end)} UTC" if coverage.end is not None else words.ui("no-stamp")
    console.print()
    console.print(Text(f"{read} · {span}", style="dim"))
    for source in coverage.sources:
        console.print(Text(f"  {source.name}: {source.format}, {words.counted('records', source.lines)}", style="dim"))
    if diagnosis.matched is not None:
        console.print(Padding(Text(database_line(diagnosis.matched, words), style="dim"), (0, 0, 0, 2)))
    for it in coverage.deployments[-_DEPLOYMENTS:]:
        told = " ".join(part for part in (it.service, it.status, (it.commit or "")[:7], it.message) if part)
        console.print(Text(f"  {words.ui('deployment')} {words.moment(it.created)}: {_short(visible(told))}", style="dim"))
    notes = [words.note(note) for note in coverage.notes]
    if diagnosis.interrupted is not None:
        notes.append(words.ui("interrupted"))
    for note in notes:
        # Columns, so that a long note goes on under its own beginning.
        row = Table.grid(padding=(0, 1, 0, 0))
        row.add_row(Text("  !", style="yellow"), Text(note, style="yellow"))
        console.print(row)
