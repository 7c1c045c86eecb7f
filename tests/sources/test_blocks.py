"""Chunks become blocks of whole lines, the same ones however the bytes arrive; lines beyond all measure are cut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscan import Rulebook
from logscan.sources import blocks
from logscan.sources.blocks import Block, Blocks
from tests.logs import UUID, Held, enqueued, generated, outcomes, read, render


def cut(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def blocks_of(data: bytes, size: int, block: int = 64) -> list[Block]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", block)
        return list(Blocks().of(cut(data, size)))


LINES = st.lists(st.sampled_from([b"", b"a", b"line", b"a longer line " * 3, b"x" * 200, b"\r"]), max_size=30).map(b"\n".join)


@given(LINES, st.integers(1, 300))
def test_blocks_hold_whole_lines_with_their_places(data: bytes, size: int) -> None:
    line, offset = 1, 0
    found = blocks_of(data, size)
    for number, block in enumerate(found):
        assert (block.line, block.offset) == (line, offset)
        assert block.data.endswith(b"\n") or number == len(found) - 1
        line, offset = line + block.data.count(b"\n"), offset + len(block.data)
    assert b"".join(block.data for block in found) == data


@given(LINES, st.integers(1, 300), st.integers(1, 300))
def test_blocks_do_not_depend_on_how_bytes_arrive(data: bytes, size: int, other: int) -> None:
    assert blocks_of(data, size) == blocks_of(data, other)


def test_blocks_cut_a_line_beyond_all_measure(monkeypatch: pytest.MonkeyPatch, rulebook: Rulebook) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 1000)
    monkeypatch.setattr(blocks, "MAX_LINE", 5000)
    before, after = render([enqueued(UUID, 0)]), render([generated(UUID, 1)])
    data = before + b"x" * 20_000 + b"\n" + after
    for size in (64, 999, 4096, 1 << 20):
        made = Blocks()
        found = list(made.of(cut(data, size)))
        assert made.cut == (1 if size < 1 << 20 else made.cut)
        assert found[-1].data.endswith(after)
        assert found[-1].line + found[-1].data.count(b"\n") == 4
        assert found[-1].offset + len(found[-1].data) == len(data)
    diagnosis = read(rulebook, data)
    assert outcomes(diagnosis) == {UUID: "generated"}
    assert diagnosis.coverage.lines == 3


def test_blocks_a_cut_line_is_told(monkeypatch: pytest.MonkeyPatch, rulebook: Rulebook) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 1000)
    monkeypatch.setattr(blocks, "MAX_LINE", 5000)
    from logscan.diagnose import diagnose

    source = Held(render([enqueued(UUID, 0)]) + b"x" * 20_000, size=500)
    notes = diagnose([source], rulebook).coverage.notes
    assert [note.count for note in notes if note.key == "long-lines"] == [1]


def test_blocks_of_nothing() -> None:
    assert blocks_of(b"", 10) == []
    assert blocks_of(b"\n", 10) == [Block(b"\n", 1, 0)]


def test_blocks_give_what_came_before_an_error() -> None:
    def failing() -> Iterator[bytes]:
        yield b"one\ntwo"
        raise OSError("gone")

    found = []
    with pytest.raises(OSError, match="gone"):
        found.extend(Blocks().of(failing()))
    made = Blocks().of(failing())
    assert next(made).data == b"one\ntwo"
