"""Thirty nights with a moving clock: quota faults, gaps, redeploys, nights without a run, mascots across midnight, kills."""

from __future__ import annotations

import json
import os
import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from logscan.history import open_history
from logscan.nightly.record import OPEN
from logscan.times import MINUTE, SECOND, format_stamp, parse_stamp
from tests.nightly.driver import DOUBTFUL, STEPS, Kill, played
from tests.nightly.servers import Mailbox
from tests.railway.server import Railway
from tests.railway.world import API, WORKER, Row, row

DAY = 1440 * MINUTE
START = parse_stamp("2024-06-01T03:00:00Z") or 0
LONG = bool(os.environ.get("LOGSCAN_SOAK"))
_WORKER = "[MascotGenerationProcessor]"


@dataclass
class Life:
    """What really happens in the backend: rows day by day, and where each mascot ends."""

    choice: random.Random
    truth: dict[str, str] = field(default_factory=dict)
    later: list[Row] = field(default_factory=list)

    def day(self, number: int, railway: Railway) -> None:
        """Add the rows of the day that ends with night `number`."""
        begin, rows, due = START + (number - 1) * DAY, [*self.later], START + number * DAY
        deployment = f"d{number // 5}"
        if number % 5 == 0:
            railway.world.deployment(deployment, WORKER, begin + 6 * 60 * MINUTE)
            rows.append(row(begin + 6 * 60 * MINUTE, "Starting Container", WORKER, f"r{number}", deployment))
        # A day on which nobody asks for anything, and the backend only says that it lives.
        busy = number not in (11, 12)
        times = [begin + self.choice.randrange(DAY - 60 * MINUTE) for _ in range(self.choice.randrange(3, 9) if busy else 0)]
        # Some are under way when the nightly runs.
        times += [due - self.choice.randrange(5, 90) * SECOND for _ in range(2 if busy else 0)]
        for at in times:
            rows += self._mascot(at, number, deployment)
        if number != 12:
            rows += [row(begin + hour * 60 * MINUTE + 1, "[CacheService] Cache warmed") for hour in range(0, 24, 3)]
        stamps = [(parse_stamp(it["timestamp"]) or 0, it) for it in rows]
        self.later = [it for at, it in stamps if at > due]
        railway.world.logs.add(it for at, it in stamps if at <= due)

    def _mascot(self, at: int, number: int, deployment: str) -> list[Row]:
        mascot = str(uuid.UUID(int=self.choice.getrandbits(128), version=4))
        rows = [row(at, f"[JobsService] Successfully enqueued mascot generation for {mascot}", API)]
        fate = self.choice.random()
        wait = self.choice.randrange(1, 100) * SECOND
        if number in (7, 8) and fate < 0.3:
            # The worker is down for a night: it takes the job hours later.
            wait = 9 * 60 * MINUTE
        picked, ended = at + wait, at + wait + self.choice.randrange(5, 200) * SECOND
        worker = (WORKER, f"r{number}", deployment)
        rows.append(row(picked, f"{_WORKER} Starting processing for mascot {mascot} (variation 1 of batch b)", *worker))
        if number in (4, 5, 20) and fate > 0.5:
            self.truth[mascot] = "generation_failed"
            rows.append(row(ended, f"{_WORKER} Failed to generate mascot {mascot} (variation 1):", *worker, level="error"))
            rows.append(row(ended + 1000, f"{_WORKER} ClientError: [VertexAI.ClientError]: got status: 429 Too Many Requests.", *worker))
        else:
            self.truth[mascot] = "generated"
            rows.append(row(ended, f"{_WORKER} Successfully generated mascot {mascot} (variation 1)", *worker))
        return rows


def settled_in(reports: list[bytes]) -> dict[str, list[str]]:
    """Per mascot the ends that nights told of it."""
    out: dict[str, list[str]] = {}
    for report in reports:
        for outcome, ids in json.loads(report)["mascots"]["ids"].items():
            for mascot in ids if outcome not in OPEN else ():
                out.setdefault(mascot, []).append(outcome)
    return out


def night_of(number: int) -> str:
    return (format_stamp(START + number * DAY) or "")[:10]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("nights", [30 if LONG else 7, pytest.param(120 if LONG else 30, marks=pytest.mark.soak)])
def test_simulation_every_night_has_its_mail_whatever_kills_the_runs(
    nights: int, railway: Railway, mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Elsewhere each run is another life; in CI what fails should fail again.
    seed = 20261122 if os.environ.get("CI") else random.SystemRandom().randrange(1 << 30)
    choice, life = random.Random(seed), Life(random.Random(seed))
    path = tmp_path / "history.sqlite"
    monkeypatch.setenv("LOGSCAN_NIGHTLY_HISTORY", str(path))
    # Nothing ran on these nights.
    gaps = {3, 16, 17}
    number, ran, doubtful = 0, [], 0
    while len(ran) < nights:
        number += 1
        life.day(number, railway)
        if number in gaps:
            continue
        ran.append(night_of(number))
        now = format_stamp(START + number * DAY + choice.randrange(120) * SECOND) or ""
        for _ in range(choice.choice((0, 0, 1, 2))):
            if choice.random() < 0.7:
                kill = Kill(choice.choice([name for name in STEPS if name not in ("failed", "post")]), choice.choice(("before", "after")))
                before = len(mailbox.mails)
                code = played(tmp_path, "nightly", "run", "--now", now, kill=kill)
                mailbox.settled()
                # Where nothing was left to do, the step does not come.
                assert code in (-9, 0, 1), (kill, seed)
                doubtful += code == -9 and tuple(kill) in DOUBTFUL and len(mailbox.mails) > before
            else:
                before = len(mailbox.mails)
                code = played(tmp_path, "nightly", "run", "--now", now, seconds=choice.uniform(0.05, 0.8))
                mailbox.settled()
                doubtful += code == -9 and len(mailbox.mails) > before
        code = played(tmp_path, "nightly", "run", "--now", now)
        assert code in (0, 1, 4), f"seed {seed}, night {number}: {(tmp_path / 'said.txt').read_text()}"

    ids = Counter(mailbox.ids)
    with open_history(path) as history:
        rows = {it.night: it for it in history.nights()}
        told = settled_in(history.reports("~", 1000))
        still_open = {it.mascot for it in history.open_mascots()}
    assert [it.split(".")[1] for it in dict.fromkeys(mailbox.ids)] == ran, f"seed {seed}"
    assert ids.total() - len(ids) <= doubtful, f"seed {seed}: {ids}"
    assert all(rows[it].state == "judged" and rows[it].mail == "sent" for it in ran)
    missed = {night_of(gap) for gap in gaps if gap < number}
    assert {it for it, night in rows.items() if night.state == "missed"} == missed
    assert all(rows[it].caught_up for it in missed)
    # Each mascot's end is told once, on one night, as it really was; those of the last minutes are still open.
    ended = {mascot: outcome for mascot, outcome in life.truth.items() if mascot in told}
    assert {mascot: outcomes for mascot, outcomes in told.items() if len(outcomes) > 1} == {}, f"seed {seed}"
    assert {mascot: outcomes[0] for mascot, outcomes in told.items()} == ended, f"seed {seed}"
    assert set(life.truth) - set(told) <= still_open | {m for m in life.truth if m in json.dumps(life.later)}, f"seed {seed}"
