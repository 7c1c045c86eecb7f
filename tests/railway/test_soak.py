"""Rows by the hundred thousand, pulled exactly once while answers go wrong by chance and the pull is killed.

CI runs it with 60,000 rows; LOGSCAN_SOAK=1 means a million: `LOGSCAN_SOAK=1 pytest -m soak`.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path

import pytest

from logscan.times import SECOND, format_stamp
from tests.railway.big import lines, moment
from tests.railway.world import NOON, PROJECT_TOKEN

ROOT = Path(__file__).parents[2]
LONG = bool(os.environ.get("LOGSCAN_SOAK"))


@contextmanager
def big(*options: str) -> Iterator[str]:
    """The server as a process of its own; its address."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.railway.big", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}/graphql/v2"
    finally:
        server.communicate()


def pull(url: str, rows: int, folder: Path, *options: str, seconds: float | None = None) -> int | None:
    """One run of the command; killed after so many seconds (None: never). Its exit code, None where it was killed."""
    window = ("--since", format_stamp(NOON) or "", "--until", format_stamp(moment(rows) + SECOND) or "")
    command = subprocess.Popen(
        [sys.executable, "-m", "logscan", "pull", "-q", *window, "-o", "logs.jsonl", "--max-requests", "100000", *options],
        env={**os.environ, "LOGSCAN_RAILWAY_URL": url, "RAILWAY_TOKEN": PROJECT_TOKEN}, cwd=folder, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        _, err = command.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        command.kill()
        command.communicate()
        return None
    assert b"Traceback" not in err
    return command.returncode


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_soak_every_row_once_under_faults_and_kills(tmp_path: Path) -> None:
    rows, seed = (1_000_000 if LONG else 60_000), random.SystemRandom().randrange(1 << 30)
    choose = random.Random(seed)
    with big("--rows", str(rows), "--faults", "0.1", "--seed", str(seed)) as url:
        for run in range(60):
            # Killed at any moment, until patience is at an end.
            seconds = choose.uniform(0.5, 6.0 if LONG else 2.5) if run < (20 if LONG else 4) else None
            if pull(url, rows, tmp_path, "--page", str(choose.randint(200, 5000)), seconds=seconds) == 0:
                break
    with (tmp_path / "logs.jsonl").open("rb") as file:
        assert all(got == want for got, want in zip_longest(file, lines(rows))), f"seed {seed}"
