"""Every folder of `fixtures/bad-rules` holds mistakes, and in `problems.txt` what `logscan rules lint` says of them.

`LOGSCAN_ACCEPT_GOLD=1 pytest tests/cli/test_rules_mistakes.py` takes today's answers: read them before you commit them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Logscan

FOLDERS = sorted((Path(__file__).parents[2] / "fixtures" / "bad-rules").iterdir())
GOLD = "problems.txt"
MOST = 40
ACCEPT = bool(os.environ.get("LOGSCAN_ACCEPT_GOLD"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_mistakes_are_told_at_their_places(folder: Path, logscan: Logscan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    done = logscan("rules", "lint", ".")
    assert done.code == 2
    if ACCEPT:
        Path(GOLD).write_text(done.out, encoding="utf-8", newline="\n")
    assert done.out == Path(GOLD).read_text(encoding="utf-8")


def test_mistakes_are_many_and_each_at_a_place_of_its_own() -> None:
    told = [line for folder in FOLDERS for line in (folder / GOLD).read_text(encoding="utf-8").splitlines()]
    assert len(told) > MOST
    assert len({line.split(": ", 1)[1] for line in told if ": warning: " not in line}) > MOST
