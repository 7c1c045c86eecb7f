"""How fast a pull is, end to end, against a server on this machine: `python -m tests.bench.railway [--rows 500000]`.

The server makes its pages before the time is taken, in a process of its own: a first pull warms it up.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.railway.test_soak import big, pull


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=500_000)
    rows = parser.parse_args().rows
    with big("--rows", str(rows)) as url, tempfile.TemporaryDirectory() as folder:
        for name in ("warm-up", "measured"):
            began = time.perf_counter()
            code = pull(url, rows, Path(folder))
            took = time.perf_counter() - began
            size = (Path(folder) / "logs.jsonl").stat().st_size
            print(f"{name}: {rows} rows, {size / 1e6:.0f} MB in {took:.1f} s: {rows / took:,.0f} rows/s (exit code {code})")  # noqa: T201


if __name__ == "__main__":
    main()
