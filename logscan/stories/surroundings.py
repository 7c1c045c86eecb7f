"""Lines that stand beside given ones, read a second time from just the places where they are."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from logscan.errors import SourceError
from logscan.model import Record
from logscan.parse import LineParser
from logscan.prefilter import Scanner
from logscan.reading import Reader
from logscan.sources.blocks import Blocks

REACH: Final = 2
_MAX_LINE: Final = 8192


def surroundings(readers: Sequence[Reader], wanted: Mapping[int, Iterable[int]], reach: int = REACH) -> dict[tuple[int, int], Record]:
    """Per source (by its number) and line the record there, for all lines up to `reach` beside the `wanted` ones.

    What cannot be read a second time (a pipe that nothing kept, a file that is gone) is not there.
    """
    out: dict[tuple[int, int], Record] = {}
    for number, lines in wanted.items():
        near = sorted({line + step for line in lines for step in range(-reach, reach + 1)})
        try:
            for record in _records(readers[number], [line for line in near if line > 0]):
                out.setdefault((number, record.line), record)
        except SourceError:
            continue
    return out


def _records(reader: Reader, lines: list[int]) -> Iterator[Record]:
    """The records that begin on these lines (sorted)."""
    if not lines:
        return
    if reader.documents:
        known = set(lines)
        for record in Reader(reader.source, Scanner(), reader.zone, reader.form).records():
            if record.line in known:
                yield record
        return
    # Lines side by side are parsed together: a record may go over several.
    for _, group in groupby(enumerate(_texts(reader, lines)), key=lambda pair: pair[1][0] - pair[0]):
        parser = LineParser(reader.zone, reader.form)
        for _, (line, text) in group:
            yield from parser.feed(line, text)
        yield from parser.flush()


def _texts(reader: Reader, lines: list[int]) -> Iterator[tuple[int, str]]:
    """These lines as text. A source that can seek is read only where they stand, another once up to the last of them."""
    stretches = reader.stretches if reader.source.seekable else reader.stretches[:1]
    starts = [stretch.line for stretch in stretches]
    for place, group in groupby(lines, key=lambda line: bisect_right(starts, line) - 1):
        offset = stretches[place].offset if place >= 0 else 0
        yield from _from(reader, list(group), starts[place] if place >= 0 else 1, offset)


def _from(reader: Reader, lines: list[int], first: int, offset: int) -> Iterator[tuple[int, str]]:
    place = 0
    for block in Blocks().of(reader.source.chunks(offset), first, offset):
        texts = block.data.split(b"\n")
        # What follows the last line's end is no line.
        end = block.line + len(texts) - (not texts[-1])
        while place < len(lines) and lines[place] < end:
            text = texts[lines[place] - block.line][:_MAX_LINE]
            yield lines[place], text.decode("utf-8", "replace").rstrip("\r")
            place += 1
        if place == len(lines):
            return
