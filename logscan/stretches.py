"""Stretches of an input: its head, its blocks to be read again, its segments to be read apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from logscan.parse.documents import HEAD


class Stretch(NamedTuple):
    """A block's place and time: what is read again when two inputs overlap."""

    line: int
    offset: int
    first: int | None
    last: int | None


class Segment(NamedTuple):
    """A stretch of a plain file, by offsets: from `start`, where a block begins, to `stop`, or to the end.

    `warm` is where the lines before begin that tell what its first lines are, `even` the first multiple of BLOCK from
    `start` on: pieces are cut there.
    """

    warm: int
    start: int
    even: int
    stop: int | None


def head_of(chunks: Iterator[bytes]) -> bytes:
    """As many first bytes as it takes to tell a document: a slow pipe may hand them out one by one."""
    head = b""
    for chunk in chunks:
        head += chunk
        first, newline, rest = head.lstrip().partition(b"\n")
        if len(head) >= HEAD or (newline and first.strip() not in (b"{", b"[") and (rest or head.endswith(b"\n"))):
            break
    return head


def limited(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """As many first bytes of a stream."""
    for chunk in chunks:
        if size <= 0:
            return
        yield chunk[:size]
        size -= len(chunk)


def runs(wanted: list[Stretch], all_of: list[Stretch]) -> Iterator[list[Stretch]]:
    """Wanted stretches that lie side by side, together."""
    places = {stretch.offset: place for place, stretch in enumerate(all_of)}
    run: list[Stretch] = []
    for stretch in wanted:
        if run and places[stretch.offset] != places[run[-1].offset] + 1:
            yield run
            run = []
        run.append(stretch)
    if run:
        yield run
