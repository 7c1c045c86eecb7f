"""The summary for a terminal: the verdict first, then what to do, then the proof."""

from __future__ import annotations

import io

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from logscan.model import Diagnosis, Evidence, Finding
from logscan.report.words import Words
from logscan.visible import visible

_STYLES = {"critical": "bold red", "warning": "bold yellow", "ok": "bold green", "info": "bold cyan"}
_MARKS = {"critical": "✖", "warning": "▲", "ok": "✔", "info": "●"}
_EVIDENCE = 3
_EVIDENCE_TEXT = 300
_STEPS = 4
_CAUSES = 6
_DEPLOYMENTS = 5


def to_terminal(diagnosis: Diagnosis, words: Words, *, width: int = 100, colour: bool = False) -> str:
    """The summary as text; `colour` adds terminal codes. Log text in it never acts on the terminal."""
    buffer = io.StringIO()
    console = Console(
        file=buffer, width=max(width, 40), force_terminal=colour, no_color=not colour, color_system="standard" if colour else None,
        highlight=False, markup=False, emoji=False, soft_wrap=False, legacy_windows=False,
    )  # fmt: skip
    for place, finding in enumerate(diagnosis.findings):
        _finding(console, finding, words, full=place == 0 or finding.severity == "critical")
    _mascots(console, diagnosis, words)
    _causes(console, diagnosis, words)
    _sources(console, diagnosis, words)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def _finding(console: Console, finding: Finding, words: Words, *, full: bool) -> None:
    style = _STYLES[finding.severity]
    title = f"{_MARKS[finding.severity]} {words.title(finding)}"
    console.print(Text.assemble((title, style), (f"  ({words.ui(finding.confidence)})", "dim")))
    console.print(Padding(Text(words.summary(finding)), (0, 0, 0, 2)))
    if finding.first is not None and finding.severity in ("critical", "warning"):
        state = words.ui("ongoing" if finding.ongoing else "over")
        console.print(Padding(Text(f"{words.ui('since')} {words.moment(finding.first)} UTC, {state}", style="dim"), (0, 0, 0, 2)))
    if not full:
        console.print()
        return
    if finding.supports and finding.severity != "ok":
        console.print(Padding(Text(words.ui("proof"), style="bold"), (1, 0, 0, 2)))
        for evidence in finding.supports[:_EVIDENCE]:
            console.print(Padding(_line(evidence), (0, 0, 0, 4)))
    steps = words.remedies(finding) if finding.severity != "ok" else []
    if steps:
        console.print(Padding(Text(words.ui("what-to-do"), style="bold"), (1, 0, 0, 2)))
    for number, (text, remedy) in enumerate(steps[:_STEPS], 1):
        console.print(Padding(Text(f"{number}. {text}"), (0, 0, 0, 4)))
        if remedy.command:
            console.print(Padding(Text(f"$ {remedy.command}", style="cyan"), (0, 0, 0, 7)), soft_wrap=True)
    if finding.missing:
        console.print(Padding(Text(words.ui("to-be-sure"), style="bold"), (1, 0, 0, 2)))
    for key in finding.missing:
        what, command = words.missing(key)
        console.print(Padding(Text(what), (0, 0, 0, 4)))
        console.print(Padding(Text(f"$ {command}", style="cyan"), (0, 0, 0, 4)), soft_wrap=True)
    console.print()


def _line(evidence: Evidence) -> Text:
    return Text.assemble((f"{evidence.source}:{evidence.line}  ", "dim"), _short(evidence.text))


def _short(text: str) -> str:
    return text if len(text) <= _EVIDENCE_TEXT else text[: _EVIDENCE_TEXT - 1] + "…"


def _mascots(console: Console, diagnosis: Diagnosis, words: Words) -> None:
    total = diagnosis.mascots.height
    if not total:
        return
    parts = [f"{words.ui(name)} {words.number(count)}" for name, count in diagnosis.by_outcome.items()]
    console.print(Text.assemble((f"{words.label('mascots')} {words.number(total)}", "bold"), f"  ({' · '.join(parts)})"))
    if diagnosis.other_jobs:
        others = " · ".join(f"{name} {words.number(count)}" for name, count in diagnosis.other_jobs.items())
        console.print(Text(f"{words.label('other-jobs')} {others}", style="dim"))


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


def _sources(console: Console, diagnosis: Diagnosis, words: Words) -> None:
    coverage = diagnosis.coverage
    read = f"{words.counted('records', coverage.lines)}, {words.counted('matched', coverage.matched)}"
    span = f"{words.moment(coverage.start)} – {words.moment(coverage.end)} UTC" if coverage.end is not None else words.ui("no-stamp")
    console.print()
    console.print(Text(f"{read} · {span}", style="dim"))
    for source in coverage.sources:
        console.print(Text(f"  {source.name}: {source.format}, {words.counted('records', source.lines)}", style="dim"))
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
