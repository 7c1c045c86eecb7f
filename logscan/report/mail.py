"""The nightly mail: what it says, worked out before it is drawn, as subject, plain text and HTML. Log text in it is hostile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import jinja2

from logscan.model import Cause, Diagnosis, Finding
from logscan.report.compare import FAILING, Comparison, groups
from logscan.report.mail_texts import MAIL
from logscan.report.texts import MONTHS
from logscan.report.words import Words
from logscan.version import __version__
from logscan.visible import visible

TREND: Final = 14
# Gmail cuts messages longer than 102 KB.
LARGEST: Final = 100_000
_CAUSES: Final = 5
_STEPS: Final = 6
_LINES: Final = 5
_NOTES: Final = 8
_EVIDENCE: Final = 220
_LONGEST: Final = 400
_SUBJECT: Final = 150
_NAMED: Final = 2
_TONES: Final = {"critical": "bad", "warning": "warn", "ok": "good", "info": "calm"}
_GROUP_TONES: Final = {"new": "bad", "still": "warn", "recovered": "good"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One night of the trend. `state` is judged, failed, missed, or none where nothing is known."""

    night: str
    state: str
    failing: int = 0
    mascots: int = 0
    severity: str = "info"


@dataclass(frozen=True, slots=True)
class Told:
    """All that a night's mail tells. `before` is the night that `change` compares with; texts in `uncovered` are in the reader's language.

    `resolved` counts by outcome the mascots that were open last night, `unseen` those of which no further line was found;
    `silent`: no line was written since the last night.
    """

    night: str
    since: int
    until: int
    diagnosis: Diagnosis
    change: Comparison | None
    before: str | None
    trend: Sequence[Cell]
    uncovered: Sequence[str] = ()
    missed: Sequence[str] = ()
    resolved: Mapping[str, int] | None = None
    unseen: int = 0
    report: str | None = None
    link: str | None = None
    heartbeat: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A mail's words: the same in both forms."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Speech:
    """The mail's words in a language, on top of the reports'."""

    words: Words

    def say(self, key: str, **values: object) -> str:
        """A text of the mail; French marks must not begin a line."""
        text = MAIL[key][0 if self.words.language == "en" else 1].format_map(values)
        return text if self.words.language == "en" else text.replace(" :", "\u00a0:").replace(" ?", "\u00a0?").replace(" ;", "\u00a0;")

    def of(self, key: str, count: int) -> str:
        """What so many are, without the number: `mascot`, `mascots`."""
        single = count < 2 if self.words.language == "fr" else count == 1  # noqa: PLR2004  # grammar
        return self.say(f"{key}-1" if single and f"{key}-1" in MAIL else key)

    def night(self, night: str) -> str:
        """A night as people write a date: `26 November`'s short form."""
        day = dt.date.fromisoformat(night)
        return f"{day.day} {MONTHS[self.words.language == 'fr'][day.month - 1]}"

    def mascots(self, count: int) -> str:
        """`12 mascots`."""
        return self.words.counted("mascots", count)


def failing(diagnosis: Diagnosis) -> int:
    """How many mascots ended without an image."""
    return sum(diagnosis.by_outcome.get(name, 0) for name in FAILING)


def subject(told: Told, words: Words) -> str:
    """Verdict and change in one line."""
    say = Speech(words)
    parts = [_verdict(told, say)]
    new, recovered = _names(told, "new"), _names(told, "recovered")
    if new and told.diagnosis.findings[0].severity in ("critical", "warning"):
        parts.append(say.say("subject-new", names=_few(new, say)))
    elif recovered and told.diagnosis.mascots.height:
        parts.append(say.say("subject-recovered", names=_few(recovered, say)))
    if told.diagnosis.verdict != "log-incomplete" and any(
        it.id == "log-incomplete" and it.severity == "warning" for it in told.diagnosis.findings
    ):
        parts.append(say.say("subject-incomplete"))
    if told.missed:
        parts.append(say.say("subject-nights", count=len(told.missed) + 1))
    return _headed(", ".join(parts), words)


def _headed(text: str, words: Words) -> str:
    """A subject of bounded length."""
    line = f"logscan{chr(0xA0) if words.language == 'fr' else ''}: {text}"
    return visible(line if len(line) <= _SUBJECT else line[: _SUBJECT - 1] + "…")


def _verdict(told: Told, say: Speech) -> str:
    diagnosis, words = told.diagnosis, say.words
    top, lost, total = diagnosis.findings[0], failing(diagnosis), diagnosis.mascots.height
    if lost:
        count = say.say("failed-of", part=words.number(lost), total=say.mascots(total))
        change = f"{lost - told.change.old.failing:+d}" if told.change is not None and lost != told.change.old.failing else ""
        return f"{count} ({change})" if change else count
    if top.severity in ("critical", "warning"):
        return words.title(top)
    if not total:
        lines = diagnosis.coverage.lines
        return say.say("no-lines") if told.silent else say.say("no-mascot", lines=words.counted("records", lines))
    good = diagnosis.by_outcome.get("generated", 0) == total and top.severity == "ok"
    return say.say(("all-good" if total > 1 else "one-good") if good else "none-failed", total=say.mascots(total))


def _names(told: Told, group: str) -> list[str]:
    """Causes, else findings, of a group of the comparison; by id, which is short and the same in all languages."""
    if told.change is None:
        return []
    return [*told.change.causes[group]] or [*told.change.findings[group]]


def _few(names: Sequence[str], say: Speech) -> str:
    more = [say.say("further", count=len(names) - _NAMED)] if len(names) > _NAMED else []
    return ", ".join([*names[:_NAMED], *more])


def write(told: Told, words: Words, *, version: str = __version__) -> Written:
    """The mail of a night that was diagnosed."""
    view = {**_view(told, Speech(words)), "version": version, "footer": _footer(told, Speech(words), version)}
    return _drawn(view)


def write_failure(night: str, why: str, trend: Sequence[Cell], words: Words, *, version: str = __version__) -> Written:
    """The mail of a night that could not be diagnosed. `why` is an error's message: already fit to be shown."""
    say = Speech(words)
    said = visible(why.split("\n", 1)[0])
    more = [visible(part) for part in why.split("\n")[1:]]
    view = {
        "lang": words.language, "subject": _headed(f"{say.say('could-not-run')}: {said}", words),
        "night": say.say("night-of", night=say.night(night)),
        "window": "", "tone": "bad", "mark": "✖", "title": say.say("because", why=said), "state": "",
        "summary": say.say("no-data"),
        "sums": [], "changes_title": "", "changes": [], "changes_note": "", "trend_title": say.say("trend", count=len(trend)),
        "cells": _cells(trend, say), "causes": [], "causes_title": "", "steps_title": words.ui("what-to-do"),
        "steps": [
            *((text, None, None) for text in more),
            (say.say("try-check"), "logscan nightly check", None), (say.say("next-run"), None, None),
        ],
        "boxes": [], "link": None, "link_text": "", "version": version, "footer": [f"logscan {version}"],
    }  # fmt: skip
    return _drawn(view)


def _view(told: Told, say: Speech) -> dict[str, Any]:
    diagnosis, words = told.diagnosis, say.words
    top = diagnosis.findings[0]
    return {
        "lang": words.language, "subject": subject(told, words), "night": say.say("night-of", night=say.night(told.night)),
        "window": say.say("window", since=words.brief(told.since), until=words.brief(told.until)),
        "tone": _TONES[top.severity], "mark": {"critical": "✖", "warning": "▲", "ok": "✔", "info": "●"}[top.severity],
        "title": words.title(top), "state": _state(top, diagnosis, words), "summary": words.summary(top),
        "sums": list(_sums(told, say)),
        "changes_title": say.say("changes", night=say.night(told.before)) if told.before else "",
        "changes": _changes(told, words), "changes_note": _changes_note(told, say),
        "trend_title": say.say("trend", count=len(told.trend)), "cells": _cells(told.trend, say),
        "causes_title": say.say("top-causes"), "causes": [_cause(cause, words) for cause in diagnosis.causes[:_CAUSES]],
        "steps_title": words.ui("what-to-do"),
        "steps": [(text, it.command, it.link) for text, it in words.remedies(top)[:_STEPS]] if top.severity != "ok" else [],
        "boxes": [box for box in (_uncovered(told, say), _carried(told, say)) if box[1]],
        "link": told.link, "link_text": say.say("report-linked"),
    }  # fmt: skip


def _state(top: Finding, diagnosis: Diagnosis, words: Words) -> str:
    if top.severity not in ("critical", "warning"):
        return ""
    parts = [words.ui(top.confidence)]
    if top.mascots:
        parts.append(words.ui("of", part=words.number(top.mascots), total=words.counted("mascots", diagnosis.mascots.height)))
    if top.first is not None:
        parts += [f"{words.ui('since')} {words.brief(top.first)} UTC", words.ui("ongoing" if top.ongoing else "over")]
    return " · ".join(parts)


def _sums(told: Told, say: Speech) -> Iterator[tuple[str, str, str, str]]:
    """The night in numbers: number, label, change against the night before, tone."""
    outcomes, words = told.diagnosis.by_outcome, say.words
    lost, total = failing(told.diagnosis), told.diagnosis.mascots.height
    before = told.change.old if told.change is not None else None
    held = outcomes.get("in_flight", 0) + outcomes.get("unknown", 0)
    rows = (
        ("sum-total", total, before.mascots.total if before else None, ""),
        ("sum-generated", outcomes.get("generated", 0), before.mascots.by_outcome.get("generated", 0) if before else None, ""),
        ("sum-failed", lost, before.failing if before else None, "bad" if lost else ""),
        ("sum-open", held, None, ""),
    )
    for key, value, old, tone in rows:
        if key != "sum-open" or value:
            yield (
                words.number(value),
                say.of(key, value),
                f"{value - old:+d}".replace("-", "−") if old is not None and value != old else "",
                tone,
            )


def _changes(told: Told, words: Words) -> list[tuple[str, str, list[str]]]:
    """Groups that hold something: title, tone, lines."""
    if told.change is None:
        return []
    return [
        (words.ui(f"compare-{group}"), _GROUP_TONES[group], [text for _, text in rows[:_LINES]])
        for group, rows in groups(told.change, words).items()
        # Where no mascot was seen, nobody knows whether anything recovered.
        if rows and (group != "recovered" or told.diagnosis.mascots.height)
    ]


def _changes_note(told: Told, say: Speech) -> str:
    if told.change is None:
        return say.say("first-night")
    same = say.say("no-changes") if told.change.same and told.diagnosis.mascots.height else ""
    rules = say.words.ui("compare-rules") if told.change.old.rules != told.change.new.rules else ""
    return f"{same} {rules}".strip()


def _cells(trend: Sequence[Cell], say: Speech) -> list[dict[str, str]]:
    return [_cell(it, say) for it in trend]


def _cell(it: Cell, say: Speech) -> dict[str, str]:
    day = dt.date.fromisoformat(it.night)
    shown = {"night": say.night(it.night), "day": str(day.day)}
    if it.state != "judged":
        return {**shown, "value": {"failed": "!", "missed": "–"}.get(it.state, ""), "tone": "none", "text": say.say(f"trend-{it.state}")}
    # Nothing was counted: that is not as good as none that failed.
    if not it.mascots:
        return {
            **shown,
            "value": "?",
            "tone": "none" if it.severity in ("info", "ok") else _TONES[it.severity],
            "text": say.say("trend-none"),
        }
    tone = "good" if not it.failing and it.severity == "ok" else "warn" if not it.failing else "bad"
    text = say.say("trend-of", part=say.words.number(it.failing), total=say.words.number(it.mascots))
    value = str(it.failing) if it.failing < 1000 else f"{it.failing // 1000}k"  # noqa: PLR2004  # a cell holds three digits
    return {**shown, "value": value, "tone": tone, "text": text}


def _cause(cause: Cause, words: Words) -> dict[str, str]:
    line = cause.evidence[0] if cause.evidence else None
    text = (line.text if len(line.text) <= _EVIDENCE else line.text[: _EVIDENCE - 1] + "…") if line else ""
    place = f"{line.source}:{line.line}" if line else ""
    time = f"{words.moment(line.timestamp)} UTC" if line and line.timestamp is not None else ""
    return {
        "title": words.cause(cause.id), "id": cause.id, "mascots": words.counted("mascots", cause.mascots),
        "lines": words.counted("lines", cause.lines), "place": place, "time": time, "text": text,
    }  # fmt: skip


def _carried(told: Told, say: Speech) -> tuple[str, list[str]]:
    words = say.words
    lines = []
    if told.resolved:
        ends = " · ".join(f"{words.ui(outcome)} {words.number(count)}" for outcome, count in told.resolved.items())
        lines.append(say.say("carried-resolved", count=say.mascots(sum(told.resolved.values())), ends=ends))
    if told.unseen:
        lines.append(say.say("carried-unseen", count=say.mascots(told.unseen)))
    held = sum(told.diagnosis.by_outcome.get(name, 0) for name in ("waiting", "in_flight"))
    if held:
        lines.append(say.say("carried-now", count=say.mascots(held)))
    return say.say("carried"), lines


def _uncovered(told: Told, say: Speech) -> tuple[str, list[str]]:
    lines = [*told.uncovered]
    if told.silent:
        lines.append(say.say("no-lines-note"))
    if told.missed:
        nights = ", ".join(say.night(it) for it in told.missed[:TREND])
        lines.insert(0, say.say("missed-nights", nights=nights))
    lines += [visible(say.words.note(note)) for note in told.diagnosis.coverage.notes if note.key not in ("not-fetched", "outside-window")]
    return say.say("not-covered-title"), lines[:_NOTES]


def _footer(told: Told, say: Speech, version: str) -> list[str]:
    lines = [say.say("report-attached", name=told.report)] if told.report else []
    if not told.report and not told.link:
        lines.append(say.say("report-none"))
    if told.heartbeat:
        lines.append(say.say("quiet"))
    return [*lines, say.say("made-by", version=version, lines=say.words.counted("records", told.diagnosis.coverage.lines))]


def message(written: Written, told: Told | None, words: Words) -> str:
    """The few lines for a chat."""
    lines = [written.subject]
    if told is not None:
        top = told.diagnosis.findings[0]
        lines.append(f"{words.title(top)} {words.summary(top)}" if top.severity != "info" else words.summary(top))
        lines += [f"• {words.cause(it.id)}: {words.counted('mascots', it.mascots)}" for it in told.diagnosis.causes[:3]]
        steps = words.remedies(top)[:1] if top.severity != "ok" else []
        lines += [f"→ {text}" for text, _ in steps]
        lines += [told.link] if told.link else []
    return "\n".join(lines)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("logscan.report"),
        autoescape=jinja2.select_autoescape(("html",), default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _inliner() -> Any:
    import css_inline

    # Only what cannot be inlined stays in a style element: the colours of the dark, the narrow screen.
    return css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)


def _drawn(view: Mapping[str, Any]) -> Written:
    """Both forms, of parts of which none is longer than a few lines: so no mail is cut by those who receive it."""
    kept = _bounded(view)
    html: str = _inliner().inline(_environment().get_template("mail.html").render(kept))
    text = _environment().get_template("mail.txt").render(kept)
    return Written(kept["subject"], text, html)


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"
    if isinstance(value, Mapping):
        return {key: _bounded(it) for key, it in value.items()}
    return [_bounded(it) for it in value] if isinstance(value, list | tuple) else value
