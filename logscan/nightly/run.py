"""A night's run: plan, read, judge, write down together with the mail, send. A run that is killed goes on where it was.

    planned ──▶ judged or failed, mail `rendered` ──▶ `sending` ──▶ `sent`

Each arrow is one transaction. The mail's bytes and its Message-ID are fixed in the second, so that whatever happens
later, what is sent is that mail. A kill between the server's yes and the last arrow sends it once more, under the same id.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from logscan.database import Ask
from logscan.diagnose import Options, diagnose
from logscan.errors import LogscanError
from logscan.history import History, HistoryError, Letter, Night
from logscan.intake import Counted
from logscan.model import Check, Diagnosis, ImageAnswer, ImageUrl
from logscan.nightly.limit import OutOfTime, limited
from logscan.nightly.night import Window, night_of, window_of
from logscan.nightly.outbox import deliver
from logscan.nightly.record import covered_until, is_silent, recorded, settled, trend
from logscan.nightly.settings import Settings
from logscan.nightly.telling import Post, due, letters_of, told_of
from logscan.report import mail as mails
from logscan.report.contract import to_json
from logscan.report.html import to_html
from logscan.report.words import Words
from logscan.rulebook import Rulebook
from logscan.sinks.files import write_bytes, write_text
from logscan.sources import Source
from logscan.times import SECOND, format_duration
from logscan.visible import visible

_DAY: Final = 86400 * SECOND


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a night reads. `covered` is up to when nothing is missing (None: as far as the log goes); `trouble` what could not be had.

    `database` reads rows once the logs are read, `ask` asks for images (see Options).
    """

    sources: list[Source]
    checks: tuple[Check, ...] = ()
    covered: int | None = None
    trouble: str | None = None
    database: Ask | None = None
    ask: Callable[[Sequence[ImageUrl]], Sequence[ImageAnswer]] | None = None


Gather = Callable[[Window, Path], AbstractContextManager[Gathered]]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: what it found (None: nothing new was diagnosed), and whether something could not be read, pulled or sent."""

    diagnosis: Diagnosis | None = None
    trouble: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """A run. `rules` loads the rules; `folder` is where a pull lies until it was judged; `tell` says things on stderr.

    `notes` are things that the mail has to say besides; `trial` is a folder into which mails are written instead of being sent.
    """

    settings: Settings
    history: History
    gather: Gather
    rules: Callable[[], Rulebook]
    now: int
    folder: Path
    tell: Callable[[str], None]
    notes: tuple[str, ...] = ()
    trial: Path | None = None

    @property
    def night(self) -> str:
        """The night that this run is for."""
        return night_of(self.now)

    def run(self) -> Ended:
        """Everything. Raises UsageError where `now` lies before what is covered."""
        done = self.history.night(self.night)
        ended = Ended()
        if done is not None and done.state in ("judged", "failed") and self.trial is None:
            self.tell(_already(done))
        else:
            ended = self._night(done)
        if self.trial is not None:
            return ended
        return replace(ended, trouble=not self._sent() or ended.trouble)

    def _sent(self) -> bool:
        """Send what there is to send; whether all of it was taken, and noted."""
        try:
            self.history.forget(night_of(max(0, self.now - self.settings.keep)))
            return deliver(self.history, self.settings, self.now, self.tell)
        except HistoryError as error:
            self.tell(f"{error}; the next run may send a mail again that was taken")
            return False

    def _night(self, planned: Night | None) -> Ended:
        window = self._planned(planned)
        try:
            with limited(self.settings.time_limit):
                return self._judged(window)
        except OutOfTime:
            if (row := self.history.night(self.night)) is not None and row.state == "judged":
                # It was just done: the alarm came between the last step and the end.
                return Ended()
            problem = f"it was not done after {format_duration(self.settings.time_limit)}, the time limit (nightly.time_limit)"
        except LogscanError as error:
            problem = str(error)
        except Exception as error:  # whatever it is, it must not keep the mail from being sent
            if os.environ.get("LOGSCAN_DEBUG"):
                raise
            # Its message may quote anything, so it is not told.
            problem = f"of an error inside logscan ({type(error).__name__}); LOGSCAN_DEBUG=1 shows where"
        return self._failed(problem)

    def _planned(self, planned: Night | None) -> Window:
        history = self.history
        nights = history.nights(before=self.night)
        window = window_of(self.night, self.now, nights, self.settings.reach, history.open_mascots(), planned)
        if planned is None or planned.state != "planned":
            history.plan(Night(self.night, "planned", since=window.since, until=window.until), window.missed, self.now)
        return window

    def _judged(self, window: Window) -> Ended:
        history, files = self.history, bool(self.settings.files)
        rulebook = self.rules()
        with self.gather(window, self.folder) as found:
            going_on = history.last_judged(window.night) is not None
            counted = Counted(window.reach, window.since, settled(history, window.night), same=not files) if going_on else None
            options = Options(stories=True, checks=found.checks, counted=counted, database=found.database, ask=found.ask)
            diagnosis = diagnose(found.sources, rulebook, options)
        unreadable = [note for note in diagnosis.coverage.notes if note.key == "unreadable"]
        if len(unreadable) == len(found.sources):
            raise LogscanError("; ".join(str((note.values or {}).get("why")) for note in unreadable))
        if not files:
            diagnosis = replace(diagnosis, settings=replace(diagnosis.settings, since=window.since, until=window.until))
        if found.trouble:
            self.tell(f"not everything was fetched: {found.trouble}")
        self._write_down(window, diagnosis, rulebook, covered_until(diagnosis, found.covered, history, files=files), found.trouble)
        shutil.rmtree(self.folder.parent, ignore_errors=True)
        return Ended(diagnosis, trouble=found.trouble is not None)

    def _write_down(self, window: Window, diagnosis: Diagnosis, rulebook: Rulebook, covered: int | None, trouble: str | None) -> None:
        settings, history = self.settings, self.history
        post = Post(settings, Words(rulebook, settings.lang), window.night, history.instance(), self.now)
        record = recorded(window, diagnosis, to_json(diagnosis, rulebook).encode(), history, covered=covered, trouble=trouble)
        told = told_of(window, diagnosis, record, post, history, silent=is_silent(diagnosis, window, history))
        told = replace(told, uncovered=[*self.notes, *told.uncovered])
        wanted, heartbeat = due(settings.send, told, history)
        letters: list[Letter] = []
        if wanted or self.trial is not None:
            told = replace(told, heartbeat=heartbeat)
            page = self._page(diagnosis, post)
            letters = letters_of(mails.write(told, post.words), post, told, page)
        else:
            self.tell(f"night {window.night}: nothing that a mail is wanted for (send = {settings.send})")
        self._show(letters)
        history.judged(record, letters, self.now)

    def _page(self, diagnosis: Diagnosis, post: Post) -> str | None:
        """The full report, redacted as everything that was diagnosed here; written down where it is linked."""
        settings = self.settings
        if settings.report == "none":
            return None
        page = to_html(diagnosis, post.words, now=self.now, max_mb=settings.report_max_mb)
        if self.trial is not None:
            write_text(self.trial / f"logscan-{post.night}.html", page)
        elif settings.report == "link" and settings.report_dir is not None:
            write_text(settings.report_dir / f"{post.night}.html", page)
        return page

    def _failed(self, problem: str) -> Ended:
        """Write down, with its mail, that nothing is known of this night."""
        history, settings = self.history, self.settings
        self.tell(f"the nightly could not run: {problem}")
        words = Words(_plain_rules(self.rules), settings.lang)
        night = Night(self.night, "failed")
        written = mails.write_failure(self.night, problem, trend(history, night), words)
        letters = letters_of(written, Post(settings, words, self.night, history.instance(), self.now))
        self._show(letters)
        history.failed(self.night, visible(problem), letters, self.now)
        return Ended(trouble=True)

    def _show(self, letters: Sequence[Letter]) -> None:
        """On trial: into files."""
        if self.trial is None:
            return
        for letter in letters:
            path = self.trial / f"logscan-{self.night}.{'eml' if letter.channel == 'mail' else 'webhook.json'}"
            write_bytes(path, letter.body)
            self.tell(f"written: {path}")


def _plain_rules(rules: Callable[[], Rulebook]) -> Rulebook:
    """Words for the mail that tells of a failure, which may be that the rules are wrong."""
    from logscan.rulebook import load_rules

    try:
        return rules()
    except LogscanError:
        return load_rules()


def _already(done: Night) -> str:
    how: Mapping[str | None, str] = {"sent": "its mail is sent", None: "no mail was due", "given-up": "its mail was given up"}
    return f"night {done.night} is done already: {how.get(done.mail, 'its mail is still to be sent')}"
