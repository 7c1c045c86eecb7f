"""Two JSON reports side by side: what is new, what still fails, what has recovered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from logscan.model import Finding, Severity
from logscan.report.markdown import escaped
from logscan.report.words import Words
from logscan.times import parse_stamp
from logscan.visible import visible

FAILING: Final = ("generation_failed", "enqueue_failed", "stalled", "waiting")
_GRAVE: Final = ("critical", "warning")
_MARKS: Final = {"critical": "✖", "warning": "▲", "ok": "✔", "info": "●"}
_SHOWN: Final = 5
_GROUPS: Final = ("new", "still", "recovered")


class _Source(msgspec.Struct):
    first: str | None = None
    last: str | None = None


class _Input(msgspec.Struct):
    sources: list[_Source]


class _Mascots(msgspec.Struct):
    total: int
    by_outcome: dict[str, int]
    ids: dict[str, list[str]] | None = None


class _Finding(msgspec.Struct):
    id: str
    severity: Severity
    title: str
    mascots: int


class _Cause(msgspec.Struct):
    id: str
    mascots: int
    lines: int


class Report(msgspec.Struct):
    """What is read of a report of `logscan scan --format json`, of any version of it."""

    schema: Literal[1]
    rules: str
    verdict: str
    findings: list[_Finding]
    causes: list[_Cause]
    mascots: _Mascots
    input: _Input

    @property
    def window(self) -> tuple[str | None, str | None]:
        """The first and the last stamp of all sources."""
        sources = self.input.sources
        return min((s.first for s in sources if s.first), default=None), max((s.last for s in sources if s.last), default=None)

    @property
    def failing(self) -> int:
        """How many mascots ended without an image."""
        return sum(self.mascots.by_outcome.get(name, 0) for name in FAILING)

    @property
    def critical(self) -> bool:
        """Whether any finding is critical."""
        return any(finding.severity == "critical" for finding in self.findings)


def read_report(data: bytes) -> Report:
    """A JSON report. Raises ValueError where it is none."""
    try:
        return msgspec.json.decode(data, type=Report)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Comparison:
    """The groups are lists of ids. `mascots` is None where one of the reports does not name its mascots.

    Of the mascots that failed before, each is in one of `still`, `recovered`, `unseen` (not in the new log) and `open`
    (under way there, or not known).
    """

    old: Report
    new: Report
    findings: dict[str, list[str]]
    causes: dict[str, list[str]]
    mascots: dict[str, list[str]] | None

    @property
    def same(self) -> bool:
        """Whether nothing is new and nothing has recovered."""
        groups = [self.findings, self.causes, self.mascots or {}]
        return not any(group.get(name) for group in groups for name in ("new", "recovered"))


def compare(old: Report, new: Report) -> Comparison:
    """Compare by the ids of findings, causes and mascots."""
    return Comparison(
        old, new, _grouped(_grave(old), _grave(new)), _grouped([c.id for c in old.causes], [c.id for c in new.causes]), _mascots(old, new)
    )


def _grave(report: Report) -> list[str]:
    return [finding.id for finding in report.findings if finding.severity in _GRAVE]


def _grouped(before: Sequence[str], now: Sequence[str]) -> dict[str, list[str]]:
    old, new = set(before), set(now)
    return {
        "new": [i for i in now if i not in old],
        "still": [i for i in now if i in old],
        "recovered": [i for i in before if i not in new],
    }


def _mascots(old: Report, new: Report) -> dict[str, list[str]] | None:
    if old.mascots.ids is None or new.mascots.ids is None:
        return None
    before = _named(old, FAILING)
    now, generated = set(_named(new, FAILING)), set(_named(new, ("generated",)))
    known = {name for names in new.mascots.ids.values() for name in names}
    groups = _grouped(before, _named(new, FAILING))
    return {
        "new": groups["new"],
        "still": groups["still"],
        "recovered": [name for name in before if name in generated],
        "unseen": [name for name in before if name not in known],
        "open": [name for name in before if name in known - now - generated],
    }


def _named(report: Report, outcomes: Iterable[str]) -> list[str]:
    ids = report.mascots.ids or {}
    return [name for outcome in outcomes for name in ids.get(outcome, [])]


def to_json(found: Comparison) -> str:
    """The comparison as one JSON object."""

    def side(report: Report) -> dict[str, Any]:
        first, last = report.window
        return {"verdict": report.verdict, "first": first, "last": last, "mascots": report.mascots.total, "failing": report.failing}

    encoded = msgspec.json.encode(
        {
            "schema": 1, "old": side(found.old), "new": side(found.new), "findings": found.findings, "causes": found.causes,
            "mascots": found.mascots, "same_rules": found.old.rules == found.new.rules,
        }
    )  # fmt: skip
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def to_text(found: Comparison, words: Words) -> str:
    """The comparison for a terminal."""
    width = max(len(words.ui(key)) for key in ("compare-old", "compare-now"))
    out = [f"  {words.ui(key).ljust(width)}  {_side(report, words)}" for key, report in _sides(found)]
    for title, rows in _sections(found, words):
        out += ["", title, *(f"  {mark} {text}" for mark, text in rows)]
    out += ["", *(f"! {note}" for note in _notes(found, words))] if _notes(found, words) else []
    return "\n".join([words.ui("compare-title"), *out]) + "\n"


def to_markdown(found: Comparison, words: Words) -> str:
    """The comparison for an issue or a chat."""
    out = [f"## {words.ui('compare-title')}"]
    out.append("\n".join(f"- **{words.ui(key)}**: {escaped(_side(report, words))}" for key, report in _sides(found)))
    for title, rows in _sections(found, words):
        out.append(f"### {title}")
        out.append("\n".join(f"- {mark} {escaped(text)}" for mark, text in rows))
    out += [f"> {note}" for note in _notes(found, words)]
    return "\n\n".join(out) + "\n"


def _sides(found: Comparison) -> tuple[tuple[str, Report], tuple[str, Report]]:
    return ("compare-old", found.old), ("compare-now", found.new)


def _side(report: Report, words: Words) -> str:
    first, last = (parse_stamp(stamp or "") for stamp in report.window)
    window = f"{words.moment(first)} – {words.moment(last)} UTC" if last is not None else words.ui("no-stamp")
    top = report.findings[0] if report.findings else None
    mark = _MARKS[top.severity] if top else "●"
    failing = words.ui("of", part=words.number(report.failing), total=words.counted("mascots", report.mascots.total))
    return f"{mark} {visible(report.verdict)} · {failing} · {window}"


def _sections(found: Comparison, words: Words) -> list[tuple[str, list[tuple[str, str]]]]:
    """The groups that hold something, each with its lines."""
    out = [(words.ui(f"compare-{group}"), rows) for group, rows in groups(found, words).items() if rows]
    unseen = _ids(found, "unseen", words)
    if unseen:
        out.append((words.ui("compare-unseen"), unseen))
    return out


def groups(found: Comparison, words: Words) -> dict[str, list[tuple[str, str]]]:
    """What is new, still failing and recovered: lines of a mark and a text each."""
    return {group: [*_findings(found, group, words), *_causes(found, group, words), *_ids(found, group, words)] for group in _GROUPS}


def _findings(found: Comparison, group: str, words: Words) -> list[tuple[str, str]]:
    here = found.old if group == "recovered" else found.new
    known = {finding.id: finding for finding in here.findings}
    return [(_MARKS["ok" if group == "recovered" else known[i].severity], _title(known[i], words)) for i in found.findings[group]]


def _title(finding: _Finding, words: Words) -> str:
    """In the reader's language, unless it is a finding of another version."""
    if finding.id not in words.rulebook.findings:
        return visible(finding.title)
    return words.title(Finding(finding.id, finding.severity, "certain", None, None, ongoing=False, mascots=finding.mascots))


def _causes(found: Comparison, group: str, words: Words) -> list[tuple[str, str]]:
    before = {cause.id: cause for cause in found.old.causes}
    now = {cause.id: cause for cause in found.new.causes}
    rows = []
    for name in found.causes[group]:
        counts = [words.number(side[name].mascots) for side in (before, now) if name in side]
        title = words.cause(name) if name in words.rulebook.families else visible(name)
        rows.append(("·", f"{title} ({visible(name)}){_colon(words)} {' → '.join(counts)} {words.ui('mascots').lower()}"))
    return rows


def _ids(found: Comparison, group: str, words: Words) -> list[tuple[str, str]]:
    names = (found.mascots or {}).get(group, [])
    if not names:
        return []
    shown = ", ".join(visible(name) for name in names[:_SHOWN])
    more = f", {words.ui('and-more', count=words.number(len(names) - _SHOWN))}" if len(names) > _SHOWN else ""
    return [("·", f"{words.counted('mascots', len(names))}{_colon(words)} {shown}{more}")]


def _colon(words: Words) -> str:
    return "\u00a0:" if words.language == "fr" else ":"


def _notes(found: Comparison, words: Words) -> list[str]:
    notes = [words.ui("compare-same")] if found.same else []
    if found.mascots is None:
        notes.append(words.ui("compare-no-ids"))
    if found.old.rules != found.new.rules:
        notes.append(words.ui("compare-rules"))
    return notes
