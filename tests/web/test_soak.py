"""Many uploads, one after the other and side by side: memory, files and processes stay as few as at first.

`pytest -m soak` makes 80 uploads, as CI does; with LOGSCAN_SOAK=1 it makes 200.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.web.client import Client
from tests.web.conftest import FIXTURES, LOG, Start
from tests.web.test_server import children, memory

UPLOADS = 200 if os.environ.get("LOGSCAN_SOAK") else 80
MEGABYTE = 1 << 20


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_soak_memory_files_and_processes_stay_flat(command: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOGSCAN_SOAK", raising=False)
    running = command("--workers", "2", "--rate", "100000")
    logs = [LOG, LOG * 20, (FIXTURES / "hostile-text" / "input.jsonl").read_bytes(), b"\x89PNG" + bytes(5000)]

    def one(number: int) -> None:
        client = Client(running.address)
        if number % 2:
            assert client.scan(logs[number % 4]).status == (415 if number % 4 == 3 else 200)
            return
        address = client.upload(logs[number % 4])
        assert client.wait(address) == "done"
        assert client.submit(f"{address}/delete", {"form": client.form_token()}).status == 303

    def round_of(number: int) -> tuple[int, int, int, int]:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(one, range(number)))
        workers = children(running.pid)
        files = len(list(Path(f"/proc/{running.pid}/fd").iterdir()))
        return memory(running.pid), sum(memory(pid) for pid in workers), len(workers), files

    first = round_of(UPLOADS // 4)
    last = round_of(UPLOADS - UPLOADS // 4)
    assert last[0] < first[0] + 12 * MEGABYTE, (first, last)
    assert last[0] < 120 * MEGABYTE
    assert last[1] < first[1] + 80 * MEGABYTE, (first, last)
    assert last[2] <= 2
    assert last[3] <= first[3] + 4
    assert [list((tmp_path / "data" / name).iterdir()) for name in ("incoming", "reports")] == [[], []]
