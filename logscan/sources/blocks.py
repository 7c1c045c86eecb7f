"""Chunks of bytes → blocks that end at the end of a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

BLOCK: Final = 4 << 20
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
    lines: int | None = None

    def of(self, chunks: Iterable[bytes], line: int = 1, offset: int = 0, begun: bytes = b"", *, ends: bool = True) -> Iterator[Block]:
        """The blocks of a stream whose first line has this number and whose first byte this place.

        `begun` stands before the stream and is cut with its first piece. Unless the stream `ends`, a last line without its end is left out.
        Who counts the line ends of a block anyway leaves their number in `lines`, before the next one is asked for.
        """
        held = [begun]
        skipping = False
        for data, last in _gathered(chunks):
            if skipping:
                # What is left of a line that was too long, up to its end, belongs to the line already given.
                end = data.find(b"\n")
                offset += len(data) if end < 0 else end
                data, skipping = (b"", True) if end < 0 else (data[end:], False)  # noqa: PLW2901
            if last and not ends:
                return
            end = len(data) if last else data.rfind(b"\n") + 1
            if not end and not last:
                held.append(data)
                if sum(map(len, held)) <= MAX_LINE:
                    continue
                self.cut += 1
                end, skipping = len(held.pop()), True
            block = b"".join((*held, memoryview(data)[:end]))
            held = [data[end:]]
            if block:
                yield Block(block, line, offset)
            line += self._ends(block)
            offset += len(block)

    def _ends(self, block: bytes) -> int:
        lines, self.lines = self.lines, None
        return block.count(b"\n") if lines is None else lines


def _gathered(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Pieces of exactly BLOCK bytes, and whether a piece is the last. An error is raised after what came before it."""
    gathered: list[bytes] = []
    size = 0
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
        gathered.append(chunk)
        size += len(chunk)
        if size >= BLOCK:
            # What comes in pieces of that size is not copied.
            whole = gathered[0] if len(gathered) == 1 else b"".join(gathered)
            end = size - size % BLOCK
            for start in range(0, end, BLOCK):
                yield whole[start : start + BLOCK], False
            gathered, size = [whole[end:]], size - end
    yield b"".join(gathered), True
    if stop is not None:
        raise stop
