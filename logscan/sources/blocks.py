"""Chunks of bytes → blocks that end at the end of a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

MAX_LINE: Final = 128 << 20


class Block(NamedTuple):
    """Whole lines. `line` is the number of the first (from 1), `offset` the place of its first byte."""

    data: bytes
    line: int
    offset: int


@dataclass(slots=True)
class Blocks:
    """Cuts a stream into blocks. Lines above MAX_LINE are cut there, counted in `cut`."""

    cut: int = 0

    def of(self, chunks: Iterable[bytes], line: int = 1, offset: int = 0) -> Iterator[Block]:
        """The blocks of a stream whose first line has this number and whose first byte this place."""
        carry: list[bytes] = []
        held = 0
        skipping = False
        for chunk in chunks:
            data = chunk
            if skipping:
                end = data.find(b"\n")
                if end < 0:
                    offset += len(data)
                    continue
                offset += end
                data, skipping = data[end:], False
                # What is left of the long line is its line end: it belongs to the line already given.
                yield Block(data[:1], line, offset)
                line, offset, data = line + 1, offset + 1, data[1:]
            end = data.rfind(b"\n")
            if end < 0:
                carry.append(data)
                held += len(data)
                if held > MAX_LINE:
                    self.cut += 1
                    yield Block(b"".join(carry), line, offset)
                    offset, carry, held, skipping = offset + held, [], 0, True
                continue
            block = b"".join((*carry, data[: end + 1]))
            yield Block(block, line, offset)
            line += block.count(b"\n")
            offset += len(block)
            carry, held = ([data[end + 1 :]], len(data) - end - 1) if end + 1 < len(data) else ([], 0)
        if held and not skipping:
            yield Block(b"".join(carry), line, offset)
