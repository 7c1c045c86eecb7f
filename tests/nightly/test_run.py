"""`logscan nightly run`: one mail a night, never none; what it says; what happens when things go wrong."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from logscan.history import History, open_history
from logscan.history.lock import locked
from logscan.times import format_stamp, parse_stamp
from tests.cli.conftest import Logscan, log
from tests.logs import MINUTE, SECOND, START, Line, enqueued, failed, generated, picked, render, tick
from tests.nightly.driver import Kill, played
from tests.nightly.servers import Mailbox
from tests.railway.server import Fault, Railway
from tests.railway.world import PROJECT_TOKEN, row

DAY = 24 * 60 * MINUTE
NOW = "2026-11-23T03:00:00Z"
QUOTA = "ClientError: [VertexAI.ClientError]: got status: 429 Too Many Requests."
IDS = [f"7c2e2abe-6162-47f6-bd8c-e6d8f57af5{n:02d}" for n in range(40)]


def day(number: int, good: int, bad: int, error: str = QUOTA) -> list[Line]:
    """A day's mascots, `number` days after START; ids differ from day to day."""
    lines = []
    for n in range(good + bad):
        at, mascot = number * DAY + n * MINUTE, f"{number:02d}{IDS[n][2:]}"
        lines += [enqueued(mascot, at), picked(mascot, at + SECOND)]
        lines.append(failed(mascot, at + 9 * SECOND, error) if n < bad else generated(mascot, at + 9 * SECOND))
    return lines


def file(path: Path, *days: list[Line]) -> Path:
    path.write_bytes(render([line for lines in days for line in lines], "cli-json", "nest"))
    return path


def night(number: int) -> str:
    return f"{format_stamp(START + number * DAY) or ''}"[:10] + "T23:00:00Z"


def text_of(mailbox: Mailbox, place: int = -1) -> str:
    body = mailbox.mails[place].get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_run_mails_what_the_log_proves(logscan: Logscan, mailbox: Mailbox) -> None:
    done = logscan("nightly", "run", log("quota-cli-plain"), "--now", "2026-11-24T03:00:00Z")
    assert done.code == 1
    assert "the mail of night 2026-11-24 is sent: logscan: 2 of 3 mascots failed" in done.err
    (mail,) = mailbox.mails
    assert mail["Subject"] == "logscan: 2 of 3 mascots failed"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mailbox.envelopes == [["ops@example.org"]]
    assert [part.get_content_type() for part in mail.walk() if not part.is_multipart()] == ["text/plain", "text/html", "text/html"]
    (report,) = mail.iter_attachments()
    assert report.get_filename() == "logscan-2026-11-24.html"
    assert "google-quota" in report.get_content()


def test_run_twice_sends_one_mail(logscan: Logscan, mailbox: Mailbox) -> None:
    for expected in (1, 0):
        done = logscan("nightly", "run", log("quota-cli-plain"), "--now", "2026-11-24T03:00:00Z")
        assert done.code == expected
    assert "night 2026-11-24 is done already: its mail is sent" in done.err
    assert len(mailbox.mails) == 1


def test_run_compares_with_the_night_before(logscan: Logscan, mailbox: Mailbox, tmp_path: Path) -> None:
    days = [day(0, 9, 3), day(1, 4, 12), day(2, 4, 2, "Error: connect ECONNREFUSED 10.0.0.5:6379"), day(3, 8, 0)]
    for number in range(4):
        logscan("nightly", "run", file(tmp_path / "app.log", *days[: number + 1]), "--now", night(number))
    assert [mail["Subject"] for mail in mailbox.mails] == [
        "logscan: 3 of 12 mascots failed",
        "logscan: 12 of 16 mascots failed (+9)",
        "logscan: 2 of 6 mascots failed (-10), new: redis-refused",
        "logscan: all 8 mascots generated, recovered: redis-refused",
    ]
    assert "This is the first night" in text_of(mailbox, 0)
    text = text_of(mailbox, 2)
    for part in (
        "Compared with 23 Nov",
        "New\n    Redis refuses",
        "Recovered\n    Google quota",
        "23 Nov     12 of 16",
        "24 Nov     2 of 6",
    ):
        assert part in text


def test_run_speaks_french(logscan: Logscan, mailbox: Mailbox, tmp_path: Path) -> None:
    logscan("nightly", "run", file(tmp_path / "app.log", day(0, 9, 0)), "--now", night(0), "--lang", "fr")
    logscan("nightly", "run", file(tmp_path / "app.log", day(0, 9, 0), day(1, 9, 3)), "--now", night(1), "--lang", "fr")
    assert mailbox.mails[1]["Subject"] == "logscan\xa0: 3 sur 12 mascottes en échec (+3), nouveau\xa0: google-quota"
    text = text_of(mailbox)
    assert "Que faire" in text
    assert "Nuit du 23 nov." in text


def test_run_makes_up_for_missed_nights_in_one_mail(logscan: Logscan, mailbox: Mailbox, tmp_path: Path) -> None:
    logscan("nightly", "run", file(tmp_path / "app.log", day(0, 9, 0)), "--now", night(0))
    logscan("nightly", "run", file(tmp_path / "app.log", *(day(n, 9, 0) for n in range(4))), "--now", night(3))
    assert mailbox.mails[1]["Subject"] == "logscan: all 27 mascots generated, 3 nights"
    assert "There was no report on 23 Nov, 24 Nov. This one makes up for it." in text_of(mailbox)
    with open_history(tmp_path / "data" / "history.sqlite") as history:
        assert [(it.night, it.state, it.caught_up) for it in history.nights()][1:3] == [
            ("2026-11-24", "missed", "2026-11-25"), ("2026-11-23", "missed", "2026-11-25"),
        ]  # fmt: skip


def test_run_says_when_nothing_was_written_since_the_last_night(logscan: Logscan, mailbox: Mailbox, tmp_path: Path) -> None:
    path = file(tmp_path / "app.log", day(0, 9, 3))
    logscan("nightly", "run", path, "--now", night(0))
    assert logscan("nightly", "run", path, "--now", night(1)).code == 4
    assert mailbox.mails[1]["Subject"] == "logscan: no log line was written"
    assert "does the backend run" in text_of(mailbox)
    assert "✔" not in text_of(mailbox)


def test_run_takes_another_log_whole(logscan: Logscan, mailbox: Mailbox, tmp_path: Path) -> None:
    """One whose lines are older than those of the last night, too."""
    logscan("nightly", "run", file(tmp_path / "new.log", day(5, 9, 0)), "--now", night(5))
    logscan("nightly", "run", file(tmp_path / "old.log", day(0, 5, 2)), "--now", night(6))
    assert mailbox.mails[1]["Subject"] == "logscan: 2 of 7 mascots failed (+2), new: google-quota"


def test_run_resolves_mascots_that_were_open_at_the_end_of_the_night(logscan: Logscan, mailbox: Mailbox, tmp_path: Path) -> None:
    lines = [
        *day(0, 5, 0),
        enqueued("open-waits", 60 * MINUTE),
        enqueued("open-runs", 69 * MINUTE),
        picked("open-runs", 69 * MINUTE + SECOND),
    ]
    lines += [enqueued("open-new", 70 * MINUTE), tick(70 * MINUTE + SECOND)]
    logscan("nightly", "run", file(tmp_path / "app.log", lines), "--now", night(0))
    lines += [
        generated("open-runs", 75 * MINUTE),
        picked("open-waits", 300 * MINUTE),
        failed("open-waits", 301 * MINUTE, QUOTA),
        *day(1, 5, 0),
    ]
    logscan("nightly", "run", file(tmp_path / "app.log", lines), "--now", night(1))
    assert "At the end of this night 2 mascots open" in text_of(mailbox, 0) or "3 mascots open" in text_of(mailbox, 0)
    assert "Of 3 mascots that were open at the end of the last night: " in text_of(mailbox, 1)
    with open_history(tmp_path / "data" / "history.sqlite") as history:
        ends = {it.mascot: it.resolved_outcome for it in history.carried_from("2026-11-22")}
        second = history.night("2026-11-23")
    assert ends == {"open-waits": "generation_failed", "open-runs": "generated", "open-new": None}
    # Settled mascots of the first night are not counted again; the three that were open are.
    assert second is not None
    assert second.mascots == 8
    shown = logscan("history", "show", "2026-11-22").out
    assert "open-waits  waiting → generation failed (2026-11-23)" in shown


@pytest.mark.parametrize(
    ("send", "mailed"),
    [("on-change", [0, 1, 2, 9]), ("on-problem", [0, 1, 8])],
)
def test_run_sends_as_asked_and_once_a_week_in_any_case(
    send: str, mailed: list[int], logscan: Logscan, mailbox: Mailbox, tmp_path: Path
) -> None:
    days = [day(n, 5, 1 if n == 1 else 0) for n in range(10)]
    for number in range(10):
        done = logscan("nightly", "run", file(tmp_path / "a.log", *days[: number + 1]), "--now", night(number), "--send", send)
        assert done.code == (number == 1)
    assert [(parse_stamp(it.split(".")[1]) or 0) // DAY - START // DAY for it in mailbox.ids] == mailed
    assert "once a week" in text_of(mailbox)
    assert "once a week" not in text_of(mailbox, 1)


# What goes wrong


def test_run_that_cannot_read_mails_why(logscan: Logscan, mailbox: Mailbox) -> None:
    done = logscan("nightly", "run", "nothing-here.log", "--now", NOW)
    assert done.code == 3
    assert str(mailbox.mails[0]["Subject"]).startswith("logscan: the nightly could not run: ")
    assert "nothing-here.log" in str(mailbox.mails[0]["Subject"])
    text = text_of(mailbox)
    assert "✖ The nightly could not run, because" in text
    assert "nothing is known of this night's mascots" in text


def test_run_without_a_token_mails_why(logscan: Logscan, mailbox: Mailbox, railway: Railway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAILWAY_TOKEN")
    done = logscan("nightly", "run", "--now", NOW)
    assert done.code == 3
    assert "RAILWAY_TOKEN" in text_of(mailbox)


def test_run_makes_up_for_a_night_that_could_not_be_pulled(
    logscan: Logscan, mailbox: Mailbox, railway: Railway, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = 1_717_210_800 * SECOND  # 2024-06-01T03:00:00Z
    for number in range(3):
        at = base + number * DAY - 60 * MINUTE
        mascot = f"{number:02d}{IDS[0][2:]}"
        railway.add(
            row(at, f"[JobsService] Successfully enqueued mascot generation for {mascot}"),
            row(at + 9 * SECOND, f"[MascotGenerationProcessor] Successfully generated mascot {mascot} (variation 1)"),
        )
        if number == 1:
            monkeypatch.setenv("RAILWAY_TOKEN", "wrong-token-0123456789")
        done = logscan("nightly", "run", "--now", f"2024-06-0{number + 1}T03:00:00Z")
        monkeypatch.setenv("RAILWAY_TOKEN", PROJECT_TOKEN)
        assert done.code == (3 if number == 1 else 0), done.err
    subjects = [str(mail["Subject"]) for mail in mailbox.mails]
    assert subjects[0] == "logscan: 1 mascot generated"
    assert subjects[1].startswith("logscan: the nightly could not run: ")
    assert subjects[2] == "logscan: all 2 mascots generated, 2 nights"
    assert "2 Jun      could not run" in text_of(mailbox)


def test_run_that_gets_a_part_of_the_log_tells_which_part_is_missing(logscan: Logscan, mailbox: Mailbox, railway: Railway) -> None:
    base = 1_717_210_800 * SECOND
    railway.add(*(row(base - n * 10 * MINUTE, f"[CacheService] Cache warmed {n}") for n in range(1, 60)))
    railway.add(row(base - 9 * MINUTE, f"[MascotGenerationProcessor] Successfully generated mascot {IDS[0]} (variation 1)"))
    railway.world.manner.most = 20
    # The token, the deployments and the first page are answered.
    railway.faults.extend([None] * 4 + [Fault("status", text="503")] * 40)
    done = logscan("nightly", "run", "--now", "2024-06-01T03:00:00Z")
    assert done.code == 3, done.err
    assert "was not fetched from Railway" in text_of(mailbox)
    assert "all" not in str(mailbox.mails[0]["Subject"])


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no alarm here: the process is ended after a while, without a mail")
def test_run_is_ended_by_its_time_limit_and_says_so(logscan: Logscan, mailbox: Mailbox, railway: Railway) -> None:
    railway.faults.extend([Fault("slow", seconds=5)] * 10)
    began = time.monotonic()
    done = logscan("nightly", "run", "--now", NOW, "--time-limit", "1s")
    assert done.code == 3
    assert time.monotonic() - began < 4.5
    assert "it was not done after 1s, the time limit" in text_of(mailbox)


def test_run_leaves_the_night_to_another_that_is_at_work(logscan: Logscan, mailbox: Mailbox, tmp_path: Path) -> None:
    history = tmp_path / "data" / "history.sqlite"
    with locked(history) as mine:
        assert mine
        with open_history(history) as it:
            it.note("running", "process 4711, since 03:00")
        done = logscan("nightly", "run", log("quota-cli-plain"), "--now", NOW)
    assert done.code == 0
    assert "another run is at work" in done.err
    assert "process 4711, since 03:00" in done.err
    assert mailbox.mails == []
    assert logscan("nightly", "run", log("quota-cli-plain"), "--now", NOW).code == 1


def test_run_beside_another_sends_one_mail(mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes at once."""
    monkeypatch.setenv("LOGSCAN_NIGHTLY_HISTORY", str(tmp_path / "h.sqlite"))
    path, codes = str(log("quota-cli-plain")), []
    runs = [threading.Thread(target=lambda: codes.append(played(tmp_path, "nightly", "run", path, "--now", NOW))) for _ in range(3)]
    for it in runs:
        it.start()
    for it in runs:
        it.join()
    assert sorted(codes) == [0, 0, 1]
    assert len(mailbox.mails) == 1


def test_run_killed_after_the_server_took_the_mail_sends_it_again_under_its_id(
    mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGSCAN_NIGHTLY_HISTORY", str(tmp_path / "h.sqlite"))
    run = ("nightly", "run", str(log("quota-cli-plain")), "--now", NOW)
    assert played(tmp_path, *run, kill=Kill("send", "after")) == -9
    assert played(tmp_path, *run) == 0
    assert len(mailbox.mails) == 2
    assert len(set(mailbox.ids)) == 1
    assert mailbox.mails[0].as_bytes() == mailbox.mails[1].as_bytes()
    assert played(tmp_path, *run) == 0
    assert len(mailbox.mails) == 2


def test_run_that_was_killed_and_never_came_back_is_made_up_for(mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCAN_NIGHTLY_HISTORY", str(tmp_path / "h.sqlite"))
    path = str(file(tmp_path / "app.log", day(0, 5, 1)))
    assert played(tmp_path, "nightly", "run", path, "--now", night(0), kill=Kill("judged", "before")) == -9
    assert played(tmp_path, "nightly", "run", path, "--now", night(1)) == 1
    assert [mail["Subject"] for mail in mailbox.mails] == ["logscan: 1 of 6 mascots failed, 2 nights"]


def test_run_sends_the_mail_of_a_night_before_that_was_killed_at_the_door(
    mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGSCAN_NIGHTLY_HISTORY", str(tmp_path / "h.sqlite"))
    path = str(file(tmp_path / "app.log", day(0, 5, 1)))
    assert played(tmp_path, "nightly", "run", path, "--now", night(0), kill=Kill("sending", "after")) == -9
    path = str(file(tmp_path / "app.log", day(0, 5, 1), day(1, 5, 2)))
    assert played(tmp_path, "nightly", "run", path, "--now", night(1)) == 1
    assert [mail["Subject"] for mail in mailbox.mails] == ["logscan: 1 of 6 mascots failed", "logscan: 2 of 7 mascots failed (+1)"]


def test_run_looks_at_the_set_up_too_if_asked(
    logscan: Logscan, mailbox: Mailbox, railway: Railway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGSCAN_NIGHTLY_CHECK", "yes")
    railway.add(row(1_717_210_800 * SECOND - 60 * MINUTE, f"[JobsService] Successfully enqueued mascot generation for {IDS[0]}"))
    logscan("nightly", "run", "--now", "2024-06-01T03:00:00Z")
    (report,) = mailbox.mails[0].iter_attachments()
    assert "Railway: Redis" in report.get_content()


def test_run_leaves_what_lies_beside_the_history_alone(logscan: Logscan, mailbox: Mailbox, railway: Railway, tmp_path: Path) -> None:
    (tmp_path / "data" / "pulls").mkdir(parents=True)
    (tmp_path / "data" / "pulls" / "mine.txt").write_text("mine")
    logscan("nightly", "run", "--now", "2024-06-01T03:00:00Z")
    assert sorted(it.name for it in (tmp_path / "data").iterdir()) == ["history.sqlite", "history.sqlite.lock", "pulls"]
    assert (tmp_path / "data" / "pulls" / "mine.txt").read_text() == "mine"


# The history


def test_run_sets_a_damaged_history_aside_and_says_so(logscan: Logscan, mailbox: Mailbox, tmp_path: Path) -> None:
    history = tmp_path / "data" / "history.sqlite"
    history.parent.mkdir()
    history.write_bytes(b"this was a history once" * 100)
    done = logscan("nightly", "run", log("quota-cli-plain"), "--now", NOW)
    assert done.code == 1
    assert "is damaged" in done.err
    (aside,) = history.parent.glob("history.sqlite.damaged-*")
    assert aside.read_bytes().startswith(b"this was a history once")
    assert "set aside" in text_of(mailbox)
    assert logscan("history", "list").code == 0


def test_run_refuses_a_newer_history_and_mails_why(logscan: Logscan, mailbox: Mailbox, tmp_path: Path) -> None:
    logscan("nightly", "run", log("quota-cli-plain"), "--now", NOW)
    history = tmp_path / "data" / "history.sqlite"
    with sqlite3.connect(history) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = history.read_bytes()
    done = logscan("nightly", "run", log("quota-cli-plain"), "--now", "2026-11-24T03:00:00Z")
    assert done.code == 3
    assert "newer logscan (version 99" in text_of(mailbox)
    assert history.read_bytes() == before


def test_run_where_the_history_is_a_folder_mails_why(logscan: Logscan, mailbox: Mailbox, tmp_path: Path) -> None:
    (tmp_path / "data" / "history.sqlite").mkdir(parents=True)
    assert logscan("nightly", "run", log("quota-cli-plain"), "--now", NOW).code == 3
    assert "cannot be used" in text_of(mailbox)


def test_run_whose_history_is_full_sends_the_mail_all_the_same(
    logscan: Logscan, mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk: only so many pages fit."""
    logscan("nightly", "run", file(tmp_path / "app.log", day(0, 5, 1)), "--now", night(0))
    whole = History.__init__

    def full(self: History, connection: sqlite3.Connection) -> None:
        whole(self, connection)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        if connection.execute("PRAGMA database_list").fetchone()["file"]:
            connection.execute(f"PRAGMA max_page_count = {pages}")

    monkeypatch.setattr(History, "__init__", full)
    done = logscan("nightly", "run", file(tmp_path / "app.log", day(0, 5, 1), day(1, 40, 0)), "--now", night(1))
    # A mail that is sent makes room.
    assert done.code in (0, 3)
    assert "the history cannot be written: database or disk is full" in done.err
    assert [it.split(".")[1] for it in mailbox.ids] == ["2026-11-22", "2026-11-23"]
    monkeypatch.undo()


def test_run_forgets_nights_that_are_too_old(logscan: Logscan, mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCAN_NIGHTLY_KEEP", "14d")
    logscan("nightly", "run", file(tmp_path / "app.log", day(0, 3, 0)), "--now", "2026-11-22T23:00:00Z")
    logscan("nightly", "run", file(tmp_path / "app.log", day(0, 3, 0), day(18, 3, 0)), "--now", "2026-12-10T23:00:00Z")
    with open_history(tmp_path / "data" / "history.sqlite") as history:
        nights = [it.night for it in history.nights()]
    assert nights[0] == "2026-12-10"
    assert "2026-11-22" not in nights


def test_run_on_trial_writes_the_mail_and_remembers_nothing(logscan: Logscan, mailbox: Mailbox, tmp_path: Path) -> None:
    done = logscan("nightly", "run", log("quota-cli-plain"), "--now", NOW, "--dry-run", "-o", "out")
    assert done.code == 1
    assert mailbox.mails == []
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["logscan-2026-11-23.eml", "logscan-2026-11-23.html"]
    assert not (tmp_path / "data").exists()
    assert b"Subject: logscan: 2 of 3 mascots failed" in (tmp_path / "out" / "logscan-2026-11-23.eml").read_bytes()
