"""A server with as many rows as wanted, made while they are asked for: `python -m tests.railway.big --rows 1000000`.

It prints its port. With `--faults 0.1` every tenth answer goes wrong, by chance but the same for the same `--seed`.
Three rows share each stamp, and every two rows in a row the same text, so that only counting tells them apart.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from graphql import DocumentNode

from logscan.times import parse_stamp
from tests.railway.server import Fault, Railway, Resolver, serving
from tests.railway.world import NOON, row, stamp

STEP = 1_000_000
SHARED = 3
FAULTS = (
    Fault("cut"), Fault("drop"), Fault("short"), Fault("html"), Fault("status", text="503"), Fault("error"),
    Fault("429", {"retry-after": "0"}), Fault("slow", seconds=0.05),
)  # fmt: skip
_HEAD, _MIDDLE, _TAIL = msgspec.json.encode(row(NOON, "@")).replace(stamp(NOON).encode(), b"@").split(b"@")


def moment(number: int) -> int:
    return NOON + number // SHARED * STEP


def line(number: int) -> bytes:
    """A row as JSON."""
    return b"%b%b%bline %d%b" % (_HEAD, stamp(moment(number)).encode(), _MIDDLE, number // 2, _TAIL)


def lines(rows: int) -> Iterator[bytes]:
    """What a pull must give."""
    return (line(number) + b"\n" for number in range(rows))


@dataclass
class Big(Railway):
    """Answers for environmentLogs by counting."""

    rows: int = 0
    chance: float = 0.0
    random: random.Random = field(default_factory=random.Random)
    _pages: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def _fast(self, document: DocumentNode, resolver: Resolver, variables: Mapping[str, Any]) -> bytes | None:
        if "anchor" not in variables:
            return None
        self.asked.clear()
        before, anchor = (parse_stamp(variables[name]) or 0 for name in ("before", "anchor"))
        first = max(0, ((before - NOON) // STEP + 1) * SHARED)
        end = min(self.rows, max(0, ((anchor - NOON) // STEP + 1) * SHARED))
        first = max(first, end - variables["limit"] - 1)
        if (first, end) not in self._pages:
            self._pages[first, end] = b'{"data":{"environmentLogs":[%b]}}' % b",".join(map(line, range(first, end)))
        return self._pages[first, end] if self.chance == 0 else self._pages.pop((first, end))

    def draw(self, _number: int) -> None:
        """Decide what goes wrong with the next answer."""
        if self.random.random() < self.chance:
            self.faults.append(self.random.choice(FAULTS))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--faults", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    big = Big(rows=given.rows, chance=given.faults, random=random.Random(given.seed))
    big.on_request = big.draw
    with serving(big):
        print(big.port, flush=True)  # noqa: T201
        sys.stdin.read()


if __name__ == "__main__":
    main()
