"""Compressed logs: known by content, several members in a row, and what came before a break is kept."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from logscan import Diagnosis, Rulebook, scan
from logscan.sources.inflate import STEP, Inflate, compression_of
from tests.logs import MS, SECOND, enqueued, generated, outcomes, picked, render, tick

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstd.compress,
    # bzip2 gives whole blocks only, here of 100 kB.
    "bzip2": lambda data: bz2.compress(data, 1),
    "xz": lzma.compress,
}
COUNT = 3000
LOG = render(
    [
        generated("1", 0),
        *(tick(n * MS, f"Cache warmed {n * 2654435761 % 2**48:012x}") for n in range(1, COUNT - 1)),
        generated("2", COUNT * MS),
    ],
    "bare",
    "pino",
)


def scanned(path: Path, data: bytes, rulebook: Rulebook) -> Diagnosis:
    path.write_bytes(data)
    return scan([path], rules=rulebook)


@pytest.mark.parametrize("pack", PACK)
def test_inflate_whole_archive_whatever_its_name(tmp_path: Path, rulebook: Rulebook, pack: str) -> None:
    small = render([enqueued("1", 0), generated("1", SECOND)])
    for name in ("a.log", "a.gz", "a.txt.zst", "a"):
        found = scanned(tmp_path / name, PACK[pack](small), rulebook)
        assert outcomes(found) == {"1": "generated"}
        assert found.coverage.lines == 2
        assert not found.coverage.holes


@pytest.mark.parametrize("pack", PACK)
def test_inflate_truncated_archive_keeps_what_came_before(tmp_path: Path, rulebook: Rulebook, pack: str) -> None:
    packed = PACK[pack](LOG)
    found = scanned(tmp_path / "a", packed[: len(packed) * 95 // 100], rulebook)
    assert outcomes(found) == {"1": "generated"}
    assert 0 < found.coverage.lines < COUNT
    assert [hole.reason for hole in found.coverage.holes] == ["broken"]
    assert [note.key for note in found.coverage.notes] == ["broken"]
    assert "log-incomplete" in {finding.id for finding in found.findings}
    assert found.verdict == "log-incomplete"


@pytest.mark.parametrize("pack", PACK)
def test_inflate_truncated_by_one_byte(tmp_path: Path, rulebook: Rulebook, pack: str) -> None:
    small = render([enqueued("1", 0), generated("1", SECOND)])
    found = scanned(tmp_path / "a", PACK[pack](small)[:-1], rulebook)
    assert [hole.reason for hole in found.coverage.holes] == ["broken"]


@pytest.mark.parametrize("pack", PACK)
def test_inflate_damaged_in_the_middle(tmp_path: Path, rulebook: Rulebook, pack: str) -> None:
    packed = bytearray(PACK[pack](LOG * 6))
    for at in range(len(packed) * 9 // 10, len(packed) * 9 // 10 + 40):
        packed[at] ^= 0x5A
    found = scanned(tmp_path / "a", bytes(packed), rulebook)
    assert [hole.reason for hole in found.coverage.holes] == ["broken"]
    assert outcomes(found)["1"] == "generated"
    assert found.coverage.lines < 6 * COUNT


@pytest.mark.parametrize("pack", PACK)
def test_inflate_members_in_a_row(tmp_path: Path, rulebook: Rulebook, pack: str) -> None:
    parts = [render([enqueued("1", 0)]), render([picked("1", 1)]), b"", render([generated("1", SECOND)])]
    found = scanned(tmp_path / "a", b"".join(map(PACK[pack], parts)), rulebook)
    assert outcomes(found) == {"1": "generated"}
    assert found.coverage.lines == 3
    assert not found.coverage.holes


@pytest.mark.parametrize("pack", PACK)
def test_inflate_second_member_cut_off(tmp_path: Path, rulebook: Rulebook, pack: str) -> None:
    first, second = PACK[pack](render([enqueued("1", 0)])), PACK[pack](render([generated("1", SECOND)]))
    found = scanned(tmp_path / "a", first + second[: len(second) // 2], rulebook)
    assert outcomes(found).keys() == {"1"}
    assert [hole.reason for hole in found.coverage.holes] == ["broken"]


def test_inflate_padding_is_no_damage_but_other_bytes_are(tmp_path: Path, rulebook: Rulebook) -> None:
    packed = gzip.compress(render([generated("1", 0)]))
    assert not scanned(tmp_path / "a", packed + b"\0" * 512, rulebook).coverage.holes
    assert scanned(tmp_path / "a", packed + b"trailing text", rulebook).coverage.holes


@pytest.mark.parametrize("pack", PACK)
def test_inflate_a_bomb_comes_in_small_steps(pack: str) -> None:
    bomb = PACK[pack](b"\0" * (8 << 20))
    pieces = [len(piece) for piece in Inflate(iter([bomb]), pack)]
    assert sum(pieces) == 8 << 20
    assert max(pieces) <= STEP


@pytest.mark.parametrize("pack", PACK)
def test_inflate_byte_by_byte(pack: str) -> None:
    packed = PACK[pack](b"one\n" * 300) + PACK[pack](b"two\n")
    inflate = Inflate((packed[at : at + 1] for at in range(len(packed))), pack)
    assert b"".join(inflate) == b"one\n" * 300 + b"two\n"
    assert inflate.broken is None


def test_inflate_archive_inside_an_archive_is_not_opened(tmp_path: Path, rulebook: Rulebook) -> None:
    found = scanned(tmp_path / "a.gz", gzip.compress(gzip.compress(render([generated("1", 0)]))), rulebook)
    assert outcomes(found) == {}
    assert compression_of(gzip.compress(b"")) == "gzip"


@pytest.mark.parametrize("pack", PACK)
def test_inflate_an_array_cut_off_inside_an_archive(tmp_path: Path, rulebook: Rulebook, pack: str) -> None:
    log = render([enqueued("1", 0), generated("1", SECOND)], "dash-json")
    found = scanned(tmp_path / "a", PACK[pack](log[:-40]), rulebook)
    assert outcomes(found).keys() == {"1"}
    assert found.coverage.holes
