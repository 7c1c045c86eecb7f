"""Markdown for an issue or a chat: verdict, counts, top causes, a few lines of proof, what to do."""

from __future__ import annotations

from logscan.model import Diagnosis
from logscan.report.words import Words

_EVIDENCE = 5
_CAUSES = 5


def to_markdown(diagnosis: Diagnosis, words: Words) -> str:
    """The diagnosis as Markdown that no log text can break out of."""
    out: list[str] = []
    for place, finding in enumerate(diagnosis.findings):
        out.append(f"{'##' if place == 0 else '###'} {_text(words.title(finding))}")
        out.append(f"**{words.ui(finding.severity)}**, {words.ui(finding.confidence)}. {_text(words.summary(finding))}")
        steps = words.remedies(finding) if finding.severity != "ok" else []
        if steps and place == 0:
            out.append("\n".join(f"{n}. {_text(text)}{_command(remedy.command)}" for n, (text, remedy) in enumerate(steps, 1)))
        if finding.supports and place == 0:
            lines = [f"{e.source}:{e.line}  {e.text}" for e in finding.supports[:_EVIDENCE]]
            fence = "`" * max(3, 1 + max(_longest_ticks(line) for line in lines))
            out.append(f"{fence}text\n" + "\n".join(lines) + f"\n{fence}")
    counts = " · ".join(f"{words.ui(name)} {words.number(count)}" for name, count in diagnosis.by_outcome.items())
    if counts:
        out.append(f"{words.label('mascots')} {words.number(diagnosis.mascots.height)} ({counts})")
    if diagnosis.causes:
        rows = [
            f"| `{cause.id}` | {words.number(cause.mascots)} | {words.number(cause.lines)} | {_text(words.cause(cause.id))} |"
            for cause in diagnosis.causes[:_CAUSES]
        ]
        head = f"| {words.ui('cause')} | {words.ui('mascots')} | {words.ui('lines')} | |\n|---|---:|---:|---|"
        out.append("\n".join([head, *rows]))
    out += [f"- {_text(words.note(note))}" for note in diagnosis.coverage.notes]
    if diagnosis.interrupted is not None:
        out.append(words.ui("interrupted"))
    return "\n\n".join(out) + "\n"


def _text(text: str) -> str:
    """Text with everything escaped that Markdown or HTML would act on."""
    for char in "\\`*_[]<>|#":
        text = text.replace(char, f"\\{char}")
    return text.replace("\n", " ")


def _command(command: str | None) -> str:
    return f"\n   `{command}`" if command else ""


def _longest_ticks(text: str) -> int:
    longest = current = 0
    for char in text:
        current = current + 1 if char == "`" else 0
        longest = max(longest, current)
    return longest
