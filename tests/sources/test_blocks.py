"""Chunks become blocks of whole lines, the same ones however the bytes arrive; lines beyond all measure are cut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscan import Rulebook
from logscan.diagnose import diagnose
from logscan.sources import blocks
from logscan.sources.blocks import Block, Blocks
from tests.logs import UUID, Held, enqueued, generated, outcomes, render


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


@pytest.fixture
def short_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 1000 bytes, lines of 5000 at most: the real sizes are a megabyte and 128."""
    monkeypatch.setattr(blocks, "BLOCK", 1000)
    monkeypatch.setattr(blocks, "MAX_LINE", 5000)


@pytest.mark.usefixtures("short_lines")
@pytest.mark.parametrize("size", [1, 64, 999, 4096])
def test_blocks_cut_a_line_beyond_all_measure(rulebook: Rulebook, size: int) -> None:
    before, after = render([enqueued(UUID, 0)], "cli-json"), render([generated(UUID, 1)], "cli-json")
    data = before + b"x" * 20_000 + b"\n" + after
    made = Blocks()
    found = list(made.of(cut(data, size)))
    assert made.cut == 1
    assert found[-1].data.endswith(after)
    assert found[-1].line + found[-1].data.count(b"\n") == 4
    assert found[-1].offset + len(found[-1].data) == len(data)
    diagnosis = diagnose([Held(data, size=size)], rulebook)
    assert outcomes(diagnosis) == {UUID: "generated"}
    assert diagnosis.coverage.lines == 3
    assert [note.count for note in diagnosis.coverage.notes if note.key == "long-lines"] == [1]


@pytest.mark.usefixtures("short_lines")
def test_blocks_a_cut_line_at_the_end_is_told(rulebook: Rulebook) -> None:
    diagnosis = diagnose([Held(render([enqueued(UUID, 0)]) + b"x" * 20_000, size=500)], rulebook)
    assert [note.count for note in diagnosis.coverage.notes if note.key == "long-lines"] == [1]


def test_blocks_of_nothing() -> None:
    assert blocks_of(b"", 10) == []
    assert blocks_of(b"\n", 10) == [Block(b"\n", 1, 0)]


def test_blocks_give_what_came_before_an_error() -> None:
    def failing() -> Iterator[bytes]:
        yield b"one\ntwo"
        raise OSError("gone")

    made = Blocks().of(failing())
    assert next(made).data == b"one\ntwo"
    with pytest.raises(OSError, match="gone"):
        next(made)
