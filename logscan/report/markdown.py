"""Markdown for an issue or a chat: verdict, counts, top causes, a few lines of proof, what to do. Short enough to be read there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from logscan.model import Diagnosis, Evidence, Finding
from logscan.report.view import TELLING, cell_views, database_line
from logscan.report.words import Words

_MARKS: Final = {"critical": "🔴", "warning": "🟠", "ok": "🟢", "info": "🔵"}
_EVIDENCE: Final = 5
_EVIDENCE_TEXT: Final = 300
_CAUSES: Final = 5
_BATCHES: Final = 3
_ESCAPED: Final = str.maketrans({char: f"\\{char}" for char in "\\`*_[]<>|#"} | {"\n": " "})


def to_markdown(diagnosis: Diagnosis, words: Words) -> str:
    """The diagnosis as Markdown that no log text can break out of."""
    top = diagnosis.findings[0]
    out = [f"## {escaped(words.title(top))}", _state(top, diagnosis, words), escaped(words.summary(top))]
    out += _counts(diagnosis, words)
    out += _causes(diagnosis, words)
    out += _database(diagnosis, words)
    steps = words.remedies(top) if top.severity != "ok" else []
    if steps:
        out.append(f"**{words.ui('what-to-do')}**")
        out.append("\n".join(f"{n}. {escaped(text)}{_command(remedy.command)}" for n, (text, remedy) in enumerate(steps, 1)))
    if top.supports:
        out += [f"**{words.ui('proof')}**", _fenced(top.supports[:_EVIDENCE])]
    for key in top.missing:
        what, command = words.missing(key)
        out.append(f"**{words.label('to-be-sure')}** {escaped(what)}{_command(command)}")
    for finding in diagnosis.findings[1:]:
        out.append(f"### {escaped(words.title(finding))}")
        out += [_state(finding, diagnosis, words), escaped(words.summary(finding))]
    out += _footer(diagnosis, words)
    return "\n\n".join(out) + "\n"


def escaped(text: str) -> str:
    """Text with everything escaped that Markdown or HTML would act on."""
    return text.translate(_ESCAPED)


def _state(finding: Finding, diagnosis: Diagnosis, words: Words) -> str:
    """Severity, confidence, how many, since when, whether it goes on: one line."""
    parts = [f"{_MARKS[finding.severity]} **{words.ui(finding.severity)}** ({words.ui(finding.confidence)})"]
    if finding.severity in ("critical", "warning"):
        total = diagnosis.mascots.height
        if finding.mascots:
            parts.append(words.hit(finding.mascots, total))
        if finding.first is not None:
            parts += [f"{words.ui('since')} {words.moment(finding.first)} UTC", words.ui("ongoing" if finding.ongoing else "over")]
    return " · ".join(parts)


def _counts(diagnosis: Diagnosis, words: Words) -> Iterator[str]:
    counts = " · ".join(f"{words.ui(name)} {words.number(count)}" for name, count in diagnosis.by_outcome.items())
    if counts:
        yield f"**{words.label('mascots')} {words.number(diagnosis.mascots.height)}** ({counts})"


def _causes(diagnosis: Diagnosis, words: Words) -> Iterator[str]:
    if not diagnosis.causes:
        return
    rows = [
        f"| `{cause.id}` | {words.number(cause.mascots)} | {words.number(cause.lines)} | {escaped(words.cause(cause.id))} |"
        for cause in diagnosis.causes[:_CAUSES]
    ]
    yield "\n".join([f"| {words.ui('cause')} | {words.ui('mascots')} | {words.ui('lines')} | |\n|---|---:|---:|---|", *rows])
    if len(diagnosis.causes) > _CAUSES:
        yield words.ui("and-more", count=words.number(len(diagnosis.causes) - _CAUSES))


def _database(diagnosis: Diagnosis, words: Words) -> Iterator[str]:
    """What logs and database do not agree on, and the batches that the plugin waits for in vain."""
    rows = [
        f"| {item.logs} | {escaped(item.database)} | {words.number(item.cell.mascots)} | {escaped(item.explanation)} |"
        for item in cell_views(diagnosis, words)
        if item.cell.kind in TELLING
    ]
    if rows:
        yield "\n".join([f"| {words.ui('in-logs')} | {words.ui('in-database')} | {words.ui('mascots')} | |\n|---|---|---:|---|", *rows])
    lost = [batch for batch in diagnosis.batches if batch.gave_up]
    if lost:
        yield "\n".join(f"- {words.label('plugin')} {escaped(batch.id)}: {escaped(words.ui(batch.meaning))}" for batch in lost[:_BATCHES])


def _fenced(evidence: tuple[Evidence, ...]) -> str:
    lines = [f"{e.source}:{e.line}  {e.text if len(e.text) <= _EVIDENCE_TEXT else e.text[: _EVIDENCE_TEXT - 1] + '…'}" for e in evidence]
    fence = "`" * max(3, 1 + max(_longest_ticks(line) for line in lines))
    return f"{fence}text\n" + "\n".join(lines) + f"\n{fence}"


def _footer(diagnosis: Diagnosis, words: Words) -> Iterator[str]:
    notes = [f"- {escaped(words.note(note))}" for note in diagnosis.coverage.notes]
    if diagnosis.interrupted is not None:
        notes.append(f"- {words.ui('interrupted')}")
    if notes:
        yield "\n".join(notes)
    coverage = diagnosis.coverage
    span = f"{words.moment(coverage.start)} – {words.moment(coverage.end)} UTC" if coverage.end is not None else words.ui("no-stamp")
    if diagnosis.matched is not None:
        yield escaped(database_line(diagnosis.matched, words))
    yield f"_{words.counted('records', coverage.lines)}, {words.counted('matched', coverage.matched)} · {span}_"


def _command(command: str | None) -> str:
    """A command as code, whatever ticks it holds itself."""
    if not command:
        return ""
    ticks = "`" * (1 + _longest_ticks(command))
    return f"\n   {ticks}{command}{ticks}"


def _longest_ticks(text: str) -> int:
    longest = current = 0
    for char in text:
        current = current + 1 if char == "`" else 0
        longest = max(longest, current)
    return longest
