"""Chunks of bytes → blocks that end at the end of a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

BLOCK: Final = 1 << 20
MAX_LINE: Final = 128 << 20


class Block(NamedTuple):
    """Whole lines. `line` is the number of the first (from 1), `offset` the place of its first byte."""

    data: bytes
    line: int
    offset: int


@dataclass(slots=True)
class Blocks:
    """Cuts a stream into blocks of about BLOCK bytes, wherever its chunks end: the answer must not depend on a pipe's pace.

    Lines above MAX_LINE are cut there, counted in `cut`.
    """

    cut: int = 0

    def of(self, chunks: Iterable[bytes], line: int = 1, offset: int = 0) -> Iterator[Block]:
        """The blocks of a stream whose first line has this number and whose first byte this place."""
        held: list[bytes] = []
        skipping = False
        for data, last in _gathered(chunks):
            if skipping:
                # What is left of a line that was too long, up to its end, belongs to the line already given.
                end = data.find(b"\n")
                offset += len(data) if end < 0 else end
                data, skipping = (b"", True) if end < 0 else (data[end:], False)  # noqa: PLW2901
            held.append(data)
            too_long = sum(map(len, held)) > MAX_LINE
            if not last and not too_long and b"\n" not in data:
                continue
            data = b"".join(held)  # noqa: PLW2901
            end = len(data) if last else data.rfind(b"\n") + 1
            if end == 0 and too_long:
                self.cut += 1
                end, skipping = len(data), True
            if end:
                yield Block(data[:end], line, offset)
            line += data.count(b"\n", 0, end)
            offset += end
            held = [data[end:]]


def _gathered(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Pieces of exactly BLOCK bytes, and whether a piece is the last. An error is raised after what came before it."""
    gathered = bytearray()
    stop: Exception | None = None
    stream = iter(chunks)
    while stop is None:
        try:
            chunk = next(stream, None)
        except Exception as error:  # noqa: BLE001  # raised below
            stop = error
            break
        if chunk is None:
            break
        gathered += chunk
        while len(gathered) >= BLOCK:
            yield bytes(gathered[:BLOCK]), False
            del gathered[:BLOCK]
    yield bytes(gathered), True
    if stop is not None:
        raise stop
