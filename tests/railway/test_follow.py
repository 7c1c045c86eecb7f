"""`logscan follow` and what feeds it: every row once, over whatever connection, and nothing called live that is not."""

from __future__ import annotations

import json
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscan.errors import RefusedError
from logscan.railway.client import Client, Patience
from logscan.railway.endpoint import Endpoint
from logscan.railway.feed import Feed, News, Once
from logscan.railway.limits import RateLimit
from logscan.railway.rows import Row
from logscan.railway.scope import Scope
from logscan.railway.tokens import Kind, Token
from logscan.railway.tree import Named
from logscan.times import SECOND
from tests.railway.server import Fault, Railway
from tests.railway.world import ACCOUNT, API, ENVIRONMENT, PROJECT, PROJECT_TOKEN, WORKER, row

ID = "7b0f6a3e-1111-4222-8333-444455556666"
FAILED = f"[MascotGenerationProcessor] Failed to generate mascot {ID}"


def feed_of(railway: Railway, token: str = ACCOUNT, kind: Kind = "account", *, wanted: tuple[str, ...] = (), budget: int = 3600) -> Feed:
    client = Client(Endpoint.of({"LOGSCAN_RAILWAY_URL": railway.url}), Token(token, kind, "test"), Patience(first=0.01, longest=0.1))
    scope = Scope(Named(PROJECT, "mascots"), Named(ENVIRONMENT, "production"), {API: "backend", WORKER: "worker"}, wanted)
    return Feed(client, scope, time.time_ns() - 60 * SECOND, budget)


class Heard:
    """A feed in a thread, and what came of it."""

    def __init__(self, feed: Feed) -> None:
        self.feed, self.rows, self.states, self.words, self.error = feed, list[Row](), list[str](), set[str](), list[Exception]()
        self._over = threading.Event()
        feed.sleep = feed.client.sleep = lambda seconds: self._over.wait(seconds) and None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for news in self.feed.news():
                self._take(news)
                if self._over.is_set():
                    return
        except RefusedError as error:
            self.error.append(error)
        finally:
            self.feed.client.close()

    def _take(self, news: News) -> None:
        self.rows += news.rows
        self.words.add(news.words)
        if news.state not in self.states[-1:]:
            self.states.append(news.state)

    @property
    def messages(self) -> list[str]:
        return [json.loads(it.raw)["message"] for it in self.rows]

    def until(self, holds: Callable[[], bool], seconds: float = 15) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, (self.messages, self.states, self.words)
            time.sleep(0.01)

    def close(self, railway: Railway) -> None:
        self._over.set()
        railway.add(row(time.time_ns(), "last words"))
        self._thread.join(10)
        assert not self._thread.is_alive()


@contextmanager
def listening(railway: Railway, feed: Feed) -> Iterator[Heard]:
    heard = Heard(feed)
    try:
        yield heard
    finally:
        heard.close(railway)


def test_feed_is_live_once_rows_come_and_not_before(railway: Railway) -> None:
    with listening(railway, feed_of(railway)) as heard:
        heard.until(lambda: railway.streams == 1)
        time.sleep(0.3)
        assert "live" not in heard.states
        railway.add(row(time.time_ns(), "first"))
        heard.until(lambda: "live" in heard.states)
        assert heard.messages == ["first"]


def test_feed_gives_backlog_and_live_rows_once(railway: Railway) -> None:
    now = time.time_ns()
    railway.world.logs.add(row(now - (40 - n) * SECOND, f"old {n}") for n in range(40))
    with listening(railway, feed_of(railway)) as heard:
        heard.until(lambda: len(heard.rows) >= 40)
        for n in range(20):
            # Equal stamps, and true repeats.
            railway.add(*[row(now + SECOND, "same"), row(now + SECOND, "same"), row(now + 2 * SECOND, f"new {n}")])
        heard.until(lambda: len(heard.rows) >= 100)
        time.sleep(1.5)
        assert Counter(heard.messages) == Counter(it["message"] for it in railway.world.logs.rows)


@pytest.mark.parametrize("fault", ["close", "abrupt", "complete", "refuse"])
def test_feed_reconnects_and_loses_nothing(railway: Railway, fault: str) -> None:
    kind = "close" if fault == "abrupt" else fault
    railway.stream_faults.extend([Fault(kind, seconds=n % 3, text=fault) for n in range(1, 5)])
    with listening(railway, feed_of(railway)) as heard:
        for n in range(40):
            railway.add(row(time.time_ns(), f"{n}"), row(time.time_ns(), "again"))
            time.sleep(0.06)
        heard.until(lambda: len(heard.rows) >= 80)
        assert Counter(heard.messages) == Counter(it["message"] for it in railway.world.logs.rows)
        assert railway.streams > 1


def test_feed_asks_where_a_project_token_gets_no_stream(railway: Railway) -> None:
    with listening(railway, feed_of(railway, PROJECT_TOKEN, "project", budget=1800)) as heard:
        railway.add(row(time.time_ns(), "one"))
        heard.until(lambda: railway.streams == 2)
        railway.add(row(time.time_ns(), "two"))
        heard.until(lambda: heard.messages == ["one", "two"])
        assert heard.states[-1] == "polling"
        assert "live" not in heard.states
        assert "Railway does not give this token a stream" in heard.words
        railway.add(row(time.time_ns(), "three"))
        heard.until(lambda: heard.messages == ["one", "two", "three"])
        assert railway.streams == 2


def test_feed_takes_late_rows_and_leaves_other_services_out(railway: Railway) -> None:
    with listening(railway, feed_of(railway, PROJECT_TOKEN, "project", wanted=(API,), budget=1800)) as heard:
        heard.until(lambda: railway.streams == 2)
        railway.add(row(time.time_ns(), "now"), row(time.time_ns(), "other", WORKER))
        heard.until(lambda: heard.messages == ["now"])
        # Shown late: stamped before a row that is there already.
        railway.add(row(time.time_ns() - 20 * SECOND, "late"))
        heard.until(lambda: heard.messages == ["now", "late"])


def test_feed_ends_where_the_token_is_refused(railway: Railway) -> None:
    heard = Heard(feed_of(railway, "dead-token-0123456789"))
    heard.until(lambda: bool(heard.error))
    assert "Not Authorized" in str(heard.error[0])


def test_feed_goes_on_after_a_time_of_faults(railway: Railway) -> None:
    with listening(railway, feed_of(railway, PROJECT_TOKEN, "project", budget=1800)) as heard:
        heard.until(lambda: railway.streams == 2)
        heard.feed.client.patience = Patience(attempts=2, first=0.01)
        railway.faults.extend([Fault("status", text="503")] * 2)
        heard.until(lambda: "waiting" in heard.states)
        assert any("HTTP 503" in words for words in heard.words)


def test_feed_keeps_to_its_budget_and_to_half_of_railways(railway: Railway) -> None:
    feed = feed_of(railway, budget=360)
    assert feed.interval == 10
    feed.client.limit = RateLimit(limit=100)
    assert feed.interval == 72
    feed.client.limit = RateLimit(limit=10_000)
    assert feed.interval == 10
    feed.client.close()


def test_feed_goes_on_beyond_a_count_of_requests(railway: Railway) -> None:
    feed = feed_of(railway, PROJECT_TOKEN, "project", budget=1800)
    feed.client.patience = Patience(requests=2)
    with listening(railway, feed) as heard:
        railway.add(row(time.time_ns(), "one"))
        heard.until(lambda: len(railway.asked) > 6)
        assert heard.messages == ["one"]


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("ab")), max_size=30), st.integers(0, 2**16), st.data())
def test_once_gives_every_row_as_often_as_it_was_written(written: list[tuple[int, str]], seed: int, data: st.DataObject) -> None:
    """Sessions that begin anywhere and end anywhere, as reconnects and questions do."""
    rows = [Row(at, json.dumps({"timestamp": str(at), "message": word}).encode()) for at, word in sorted(written, key=lambda it: it[0])]
    once, got, known = Once(), list[Row](), 0
    choose = random.Random(seed)
    while known < len(rows):
        known = data.draw(st.integers(known, len(rows)))
        # A session begins at a stamp, with all rows of that stamp.
        start = choose.randint(0, known)
        while start > 0 and start < len(rows) and rows[start - 1].stamp == rows[start].stamp:
            start -= 1
        got += once.fresh(rows[start:known], Counter())
        if known == len(rows):
            got += once.fresh(rows, Counter())
        elif start == known:
            known += 1
            got += once.fresh(rows[:known], Counter())
    assert Counter(got) == Counter(rows)


# The command


class Followed:
    """`logscan follow` as a process, its lines as they come."""

    def __init__(self, *options: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "logscan", "follow", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})}, cwd=cwd,
        )  # fmt: skip
        self.said: queue.Queue[tuple[float, dict[str, Any]]] = queue.Queue()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.put((time.monotonic(), json.loads(line)))

    def write(self, *lines: str) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        self.process.stdin.flush()
        return time.monotonic()

    def until(self, holds: Callable[[dict[str, Any]], bool], seconds: float = 20) -> tuple[float, dict[str, Any]]:
        deadline = time.monotonic() + seconds
        seen = []
        while True:
            try:
                at, it = self.said.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(seen) from None
            seen.append(it)
            if holds(it):
                return at, it

    def end(self, signum: int = signal.SIGINT) -> tuple[int, str]:
        self.process.send_signal(signum)
        assert self.process.stderr is not None
        err = self.process.stderr.read().decode()
        code = self.process.wait(20)
        self._thread.join(10)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return code, err


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_follow_a_pipe_shows_a_change_at_once_and_ends_with_summary_and_report(tmp_path: Path) -> None:
    followed = Followed("-", "-o", "report.html", cwd=tmp_path)
    followed.write("2024-06-01T12:00:00.000000000Z [inf]  [JobsService] Successfully enqueued mascot generation for " + ID)
    followed.until(lambda it: it["mascots"]["total"] == 1)
    taken = []
    for number in range(3):
        name = f"{ID[:-1]}{number}"
        wrote = followed.write(
            f"2024-06-01T12:00:0{number + 1}.000000000Z [inf]  [MascotGenerationProcessor] Failed to generate mascot {name}"
        )
        at, it = followed.until(lambda it, n=number: it["mascots"]["by_outcome"].get("generation_failed") == n + 1)  # type: ignore[misc]
        taken.append(at - wrote)
        assert it["failures"][0]["mascot"] == name
    code, err = followed.end()
    assert code == 130, (code, err)
    assert "could not be generated" in err
    assert "Traceback" not in err
    assert "could not be generated" in (tmp_path / "report.html").read_text(encoding="utf-8")
    # 0.3 s on a free machine; this one may be busy.
    assert min(taken) < 1, taken


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_follow_railway_across_a_redeploy(railway: Railway, tmp_path: Path) -> None:
    followed = Followed(env={"RAILWAY_TOKEN": "", "RAILWAY_API_TOKEN": ACCOUNT}, cwd=tmp_path)
    followed.until(lambda it: it["state"] in ("connecting", "polling"))
    railway.add(row(time.time_ns(), f"[MascotGenerationProcessor] Processing mascot generation: {ID}", WORKER, deployment="d1"))
    _, it = followed.until(lambda it: it["mascots"]["total"] == 1)
    assert it["mascots"]["by_outcome"] == {"in_flight": 1}
    railway.add(row(time.time_ns(), "Starting Container", WORKER, "r2", "d2"), row(time.time_ns(), FAILED, WORKER, "r2", "d2"))
    _, it = followed.until(lambda it: it["verdict"] == "jobs-failing")
    followed.until(lambda it: it["state"] == "live") if it["state"] != "live" else None
    code, err = followed.end(signal.SIGTERM)
    assert code == 143, err
    assert "railway:production" in err
    assert ACCOUNT not in err


@pytest.mark.skipif(os.name != "posix", reason="terminals are POSIX")
def test_follow_at_a_terminal_renews_its_view_and_gives_the_terminal_back(tmp_path: Path) -> None:
    import pty

    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "logscan", "follow", "-"], stdin=subprocess.PIPE, stdout=terminal, stderr=subprocess.PIPE, cwd=tmp_path,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "30"},
    )  # fmt: skip
    os.close(terminal)
    assert process.stdin is not None
    said = b""

    def until(text: bytes) -> None:
        nonlocal said
        deadline = time.monotonic() + 20
        while text not in said:
            assert time.monotonic() < deadline, said
            said += os.read(main, 65536)

    process.stdin.write(b"2024-06-01T12:00:00.000000000Z [inf]  [JobsService] Successfully enqueued mascot generation for m-1\n")
    process.stdin.flush()
    until(b"in flight 1")
    until(b"Under way: 1")
    process.stdin.write(b"2024-06-01T12:00:01.000000000Z [inf]  [MascotGenerationProcessor] Failed to generate mascot \x1b[2Jm-2\n")
    process.stdin.write(b"2024-06-01T12:00:02.000000000Z [inf]  [MascotGenerationProcessor] Failed to generate mascot m-3\n")
    process.stdin.flush()
    until(b"Last failures")
    until(b"m-3  generation failed")
    process.send_signal(signal.SIGINT)
    until(b"What to do")
    assert process.wait(20) == 130
    # The cursor was hidden, and is shown again.
    assert said.rindex(b"\x1b[?25h") > said.rindex(b"\x1b[?25l")
    assert b"\x1b[2Jm-2" not in said
    for stream in (process.stdin, process.stderr):
        assert stream is not None
        stream.close()
    os.close(main)


def test_follow_a_pipe_that_ends_ends_as_a_scan(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "logscan", "follow", "-", "--exit-zero"],
        input=f"{FAILED}\n".encode(),
        capture_output=True,
        cwd=tmp_path,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["state"] for line in done.stdout.splitlines()][-1] == "ended"


def test_follow_says_what_railway_says(railway: Railway, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "logscan", "follow"],
        env={**os.environ, "RAILWAY_TOKEN": ACCOUNT},
        capture_output=True,
        cwd=tmp_path,
        check=False,
        timeout=60,
    )
    assert done.returncode == 3
    assert b"put it into RAILWAY_API_TOKEN instead" in done.stderr


def test_once_lets_go_of_what_is_not_asked_for_again() -> None:
    once, session = Once(), Counter[bytes]()
    rows = [Row(at, json.dumps({"timestamp": str(at), "message": "m"}).encode()) for at in range(100)]
    assert once.fresh(rows, session) == rows
    once.forget(90)
    once.trim(session)
    assert len(session) == 10
    assert once.fresh(rows[95:], Counter()) == []
