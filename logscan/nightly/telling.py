"""What a night's mail tells, whether one is due, and the letters that go into the outbox."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from logscan.history import History, Letter, Recorded
from logscan.model import Diagnosis
from logscan.nightly.night import Window
from logscan.nightly.record import outcomes_of, trend
from logscan.nightly.settings import Settings
from logscan.report import mail as mails
from logscan.report.compare import Report, compare, read_report
from logscan.report.mail import Speech, Told, Written
from logscan.report.words import Words
from logscan.sinks.mail import Sender, compose, webhook_body
from logscan.visible import visible

# With `on-change` and `on-problem`: so many days without a mail, and one comes in any case.
HEARTBEAT: Final = 7
# Where a mail is only written to a file, nobody need be named.
NOBODY: Final = Sender("logscan@localhost", ("nobody@localhost",))


def told_of(
    window: Window, diagnosis: Diagnosis, report: Report, record: Recorded, history: History, words: Words, settings: Settings, *,
    silent: bool, notes: Sequence[str] = (),
) -> Told:
    """A night put together with the nights before it."""
    last = history.last_judged(window.night)
    before = history.report(last.night) if last is not None else None
    outcomes = outcomes_of(diagnosis)
    carried = history.open_mascots()
    link = settings.report_link.replace("{night}", window.night) if settings.report == "link" and settings.report_link else None
    return Told(
        window.night, window.since if not settings.files else diagnosis.coverage.start or window.since,
        window.until if not settings.files else diagnosis.coverage.end or window.until,
        diagnosis, compare(read_report(before), report) if before is not None else None, last.night if last is not None else None,
        trend(history, record.night), [*notes, *_uncovered(window, diagnosis, words)], window.missed,
        Counter(outcomes[it.mascot] for it in carried if it.mascot in outcomes), sum(it.mascot not in outcomes for it in carried),
        f"logscan-{window.night}.html" if settings.report == "attach" else None, link, silent=silent,
    )  # fmt: skip


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
    wanted = send == "always" or last is None or bool(told.missed) or top.severity == "info" or (send == "on-problem" and top.severity != "ok")
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


def letters_of(
    written: Written, told: Told | None, words: Words, settings: Settings, instance: str, now: int, page: str | None, *, night: str | None = None
) -> list[Letter]:
    """The mail, and the message for a chat, as they will be sent."""
    date = told.night if told is not None else night
    letters = []
    sender = settings.sender or NOBODY
    message_id = f"<logscan.{date}.{instance}@{sender.domain}>"
    if settings.mail is not None:
        report = (told.report, page) if told is not None and told.report and page is not None else None
        body = compose(sender, subject=written.subject, text=written.text, html=written.html, message_id=message_id, now=now, report=report)
        letters.append(Letter("mail", message_id, written.subject, body, sender.to))
    if settings.webhook is not None:
        chat = msgspec.json.encode(webhook_body(settings.webhook.kind, mails.message(written, told, words)))
        letters.append(Letter("webhook", message_id, written.subject, chat, (settings.webhook.shown,)))
    return letters
