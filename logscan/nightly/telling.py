"""What a night's mail tells, whether one is due, and the letters that go into the outbox."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from logscan.history import Carried, History, Letter, Recorded
from logscan.model import Diagnosis
from logscan.nightly.night import Window
from logscan.nightly.record import outcomes_of, trend
from logscan.nightly.settings import Settings
from logscan.report import mail as mails
from logscan.report.compare import compare, read_report
from logscan.report.mail import Speech, Told, Written
from logscan.report.words import Words
from logscan.sinks.mail import Sender, compose, webhook_body
from logscan.visible import visible

# With `on-change` and `on-problem`: so many days without a mail, and one comes in any case.
HEARTBEAT: Final = 7
# Where a mail is only written to a file, nobody need be named.
NOBODY: Final = Sender("logscan@localhost", ("nobody@localhost",))


@dataclass(frozen=True, slots=True)
class Post:
    """What a night's mails have in common. `instance` tells this history's mails from another's; `now` is the moment of the run."""

    settings: Settings
    words: Words
    night: str
    instance: str
    now: int


def told_of(window: Window, diagnosis: Diagnosis, record: Recorded, post: Post, history: History, *, silent: bool) -> Told:
    """A night put together with the nights before it."""
    settings, words, report = post.settings, post.words, read_report(record.report)
    last = history.last_judged(window.night)
    before = history.report(last.night) if last is not None else None
    outcomes = outcomes_of(diagnosis)
    carried = history.open_mascots()
    link = settings.report_link.replace("{night}", window.night) if settings.report == "link" and settings.report_link else None
    return Told(
        window.night, *(_stretch(window, diagnosis, going_on=last is not None) if settings.files else (window.since, window.until)),
        diagnosis, compare(read_report(before), report) if before is not None else None, last.night if last is not None else None,
        trend(history, record.night), _uncovered(window, diagnosis, words), window.missed,
        Counter(outcomes[it.mascot] for it in carried if it.mascot in outcomes), _unseen(carried, outcomes, window.night),
        f"logscan-{window.night}.html" if settings.report == "attach" else None, link, silent=silent,
    )  # fmt: skip


def _unseen(carried: Sequence[Carried], outcomes: Mapping[str, str], night: str) -> int:
    """Open mascots of which nothing was found, as long as that is news."""
    oldest = (dt.date.fromisoformat(night) - dt.timedelta(days=HEARTBEAT)).isoformat()
    return sum(it.mascot not in outcomes and it.night >= oldest for it in carried)


def _stretch(window: Window, diagnosis: Diagnosis, *, going_on: bool) -> tuple[int, int]:
    """Of what time files tell: as far as they go, from where the last night's ended."""
    start, end = diagnosis.coverage.start, diagnosis.coverage.end
    if start is None or end is None:
        return window.since, window.until
    return (max(start, window.since) if going_on and window.since <= end else start), end


def _uncovered(window: Window, diagnosis: Diagnosis, words: Words) -> list[str]:
    say = Speech(words)
    lines = []
    if window.lost is not None:
        lines.append(say.say("too-old", since=words.moment(window.lost[0]), until=words.moment(window.lost[1])))
    for note in diagnosis.coverage.notes:
        if note.key == "not-fetched":
            values = {key: visible(str(value)).replace("T", " ").removesuffix("Z") for key, value in (note.values or {}).items()}
            lines.append(say.say("hole", **{**values, "source": visible(str((note.values or {}).get("source")))}))
    return lines


def due(send: str, told: Told, history: History) -> tuple[bool, bool]:
    """Whether a mail is wanted, and whether only because there was none for a week."""
    last = history.last_mailed(told.night)
    top, change = told.diagnosis.findings[0], told.change
    wanted = (
        send == "always" or last is None or bool(told.missed) or top.severity == "info" or (send == "on-problem" and top.severity != "ok")
    )
    if send == "on-change":
        wanted = wanted or change is None or _changed(told)
    if wanted:
        return True, False
    heartbeat = last is not None and dt.date.fromisoformat(told.night) - dt.date.fromisoformat(last) >= dt.timedelta(days=HEARTBEAT)
    return heartbeat, heartbeat


def _changed(told: Told) -> bool:
    change = told.change
    if change is None:
        return True
    names = [group for groups in (change.findings, change.causes) for key, group in groups.items() if key != "still"]
    return change.old.verdict != change.new.verdict or change.old.failing != change.new.failing or any(names)


def letters_of(written: Written, post: Post, told: Told | None = None, page: str | None = None) -> list[Letter]:
    """The mail, and the message for a chat, as they will be sent; `page` is the report to attach."""
    settings, letters = post.settings, []
    sender = settings.sender or NOBODY
    message_id = f"<logscan.{post.night}.{post.instance}@{sender.domain}>"
    if settings.mail is not None:
        report = (told.report, page) if told is not None and told.report and page is not None else None
        body = compose(
            sender, subject=written.subject, text=written.text, html=written.html, message_id=message_id, now=post.now, report=report
        )
        letters.append(Letter("mail", message_id, written.subject, body, sender.to))
    if settings.webhook is not None:
        chat = msgspec.json.encode(webhook_body(settings.webhook.kind, mails.message(written, told, post.words)))
        letters.append(Letter("webhook", message_id, written.subject, chat, (settings.webhook.shown,)))
    return letters
