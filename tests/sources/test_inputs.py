"""What a command line may name: files, folders, globs, pipes; encodings by their mark; what is no log is refused."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from logscan import Diagnosis, Rulebook, scan
from logscan.errors import UsageError
from logscan.sources import expand
from tests.logs import HOLDERS, MS, SECOND, UUID, Line, enqueued, generated, outcomes, picked, render, tick

GOOD = [enqueued(UUID, 0), picked(UUID, MS), generated(UUID, SECOND)]
LOG = render(GOOD)


def scanned(path: Path, data: bytes, rulebook: Rulebook) -> Diagnosis:
    path.write_bytes(data)
    return scan([path], rules=rulebook)


# Encodings.


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_inputs_encodings_read_the_same(tmp_path: Path, rulebook: Rulebook, holder: str, encoding: str, ends: str) -> None:
    lines = [*GOOD, Line(2 * SECOND, "größer 日本語 🚀", "I18n")]
    text = render(lines, holder, "nest").decode()
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding, b"")
    plain = scanned(tmp_path / "a.log", text.encode(), rulebook)
    found = scanned(tmp_path / "a.log", mark + text.replace("\n", ends).encode(encoding), rulebook)
    assert outcomes(found) == outcomes(plain) == {UUID: "generated"}
    assert found.mascots.equals(plain.mascots)
    assert found.coverage.sources[0].format == plain.coverage.sources[0].format
    assert (found.coverage.lines, found.coverage.end) == (plain.coverage.lines, plain.coverage.end)
    assert found.coverage.sources[0].undecodable == 0


def test_inputs_utf16_damage_is_counted(tmp_path: Path, rulebook: Rulebook) -> None:
    data = codecs.BOM_UTF16_LE + LOG.decode().encode("utf-16-le") + b"\x00\xd8x\x00\n\x00"
    found = scanned(tmp_path / "a.log", data, rulebook)
    assert outcomes(found) == {UUID: "generated"}
    assert found.coverage.sources[0].undecodable == 1


def test_inputs_utf16_odd_last_byte(tmp_path: Path, rulebook: Rulebook) -> None:
    found = scanned(tmp_path / "a.log", codecs.BOM_UTF16_LE + LOG.decode().encode("utf-16-le") + b"\x0a", rulebook)
    assert outcomes(found) == {UUID: "generated"}


def test_inputs_mark_inside_an_archive(tmp_path: Path, rulebook: Rulebook) -> None:
    data = codecs.BOM_UTF16_LE + LOG.decode().encode("utf-16-le")
    assert outcomes(scanned(tmp_path / "a.log.gz", gzip.compress(data), rulebook)) == {UUID: "generated"}


@pytest.mark.parametrize("damage", [b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\x80\x80", b"\xc3"])
def test_inputs_invalid_bytes_are_counted_not_dropped(tmp_path: Path, rulebook: Rulebook, damage: bytes) -> None:
    noise = render([tick(2 * SECOND, "Cache DAMAGE warmed"), tick(3 * SECOND, "DAMAGE DAMAGE"), tick(4 * SECOND)]).replace(
        b"DAMAGE", damage
    )
    found = scanned(tmp_path / "a.log", LOG + noise, rulebook)
    assert found.coverage.sources[0].undecodable == 2
    assert found.coverage.lines == 6
    assert outcomes(found) == {UUID: "generated"}


def test_inputs_invalid_bytes_behind_an_id(tmp_path: Path, rulebook: Rulebook) -> None:
    line = render([Line(0, f"Failed to generate mascot {UUID}: Error: X", "MascotGenerationProcessor", "error")])
    found = scanned(tmp_path / "a.log", line.replace(b"X", b"\xff\xfe"), rulebook)
    assert outcomes(found) == {UUID: "generation_failed"}
    assert found.coverage.sources[0].undecodable == 1


def test_inputs_replacement_characters_are_text(tmp_path: Path, rulebook: Rulebook) -> None:
    for holder in ("dash-log", "cli-json", "dash-json", "dash-csv"):
        found = scanned(tmp_path / "a.log", render([*GOOD, tick(2 * SECOND, "was \ufffd before")], holder), rulebook)
        assert found.coverage.sources[0].undecodable == 0, holder


@pytest.mark.parametrize("holder", ["dash-log", "cli-json", "dash-csv", "dash-json"])
def test_inputs_nuls_hide_nothing(tmp_path: Path, rulebook: Rulebook, holder: str) -> None:
    text = f"Successfully\0 enqueued mascot gen\0eration for {UUID}"
    found = scanned(tmp_path / "a.log", render([Line(0, text, "JobsService"), generated(UUID, SECOND)], holder), rulebook)
    assert outcomes(found) == {UUID: "generated"}
    assert found.mascots["enqueued_at"].null_count() == 0
    assert found.coverage.lines == 2


def test_inputs_file_that_ends_in_nuls(tmp_path: Path, rulebook: Rulebook) -> None:
    found = scanned(tmp_path / "a.log", LOG + b"\0" * 4096, rulebook)
    assert outcomes(found) == {UUID: "generated"}


# Sizes.


HOSTILE = (
    "x", "word ", '{"a', 'info: x {"a"} ', "[a] ", "a=1 ", 'a="b" ', "Error: ", '"', "\\", "\x1b[", "\x1b]", "'a' + ", "Failed to generate mascot ", "at x (",
    "2026-11-22T09:00:00Z ", "    ", "level: 'a', ", "prompt: ", "GET /", "<!--", "eyJ", "key=",
)  # fmt: skip
FRAMES = (
    "{}",
    "2026-11-22T09:00:05.000000000Z [INFO] x {} k=",
    '{{"message":"x","timestamp":"2026-11-22T09:00:05.000000000Z","a":"{}"}}',
    "{{ level: 'log', message: '{}",
    "error: {}",
    "[MascotGenerationProcessor] Failed to generate mascot 3: {}",
)


@pytest.mark.parametrize("part", HOSTILE)
@pytest.mark.timeout(30)
def test_inputs_hostile_lines_take_no_time(tmp_path: Path, rulebook: Rulebook, part: str) -> None:
    log, tail = render(GOOD, "cli-json"), render([generated("2", 2 * SECOND)], "cli-json")
    lines = [frame.format(part * ((60 << 10) // len(part))).encode() + b"\n" for frame in FRAMES]
    found = scanned(tmp_path / "a.log", log + b"".join(lines) + tail, rulebook)
    assert (outcomes(found)[UUID], outcomes(found)["2"]) == ("generated", "generated")
    assert found.coverage.lines == 4 + sum(bool(line.strip()) for line in lines)


def test_inputs_a_line_of_several_megabytes(tmp_path: Path, rulebook: Rulebook) -> None:
    log, tail = render(GOOD, "cli-json"), render([generated("2", 2 * SECOND)], "cli-json")
    found = scanned(tmp_path / "a.log", log + b"lorem ipsum " * (3 << 17) + b"\n" + tail, rulebook)
    assert outcomes(found) == {UUID: "generated", "2": "generated"}
    assert found.coverage.lines == 5


def test_inputs_long_line_with_a_signature_at_its_start(tmp_path: Path, rulebook: Rulebook) -> None:
    dump = f"Failed to generate mascot {UUID}: Error: Command failed " + "0123456789abcdef" * (1 << 18)
    found = scanned(tmp_path / "a.log", render([Line(0, dump, "MascotGenerationProcessor", "error")]), rulebook)
    assert outcomes(found) == {UUID: "generation_failed"}
    assert all(len(evidence.text) <= 500 for finding in found.findings for evidence in finding.supports)


def test_inputs_many_lines(tmp_path: Path, rulebook: Rulebook) -> None:
    noise = render([tick(2 * SECOND, f"Cache warmed {'x' * 80}")])
    found = scanned(tmp_path / "a.log", noise * 20_000 + LOG, rulebook)
    assert outcomes(found) == {UUID: "generated"}
    assert found.coverage.lines == 20_003
    assert row_line(found) == 20_003


def row_line(found: Diagnosis) -> int:
    """The line at which the evidence of `healthy` stands last."""
    return max(evidence.line for finding in found.findings for evidence in finding.supports)


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n\r\n", b"\xef\xbb\xbf", codecs.BOM_UTF16_LE, b"\0", b"   \t \n"])
def test_inputs_nothing_to_read(tmp_path: Path, rulebook: Rulebook, data: bytes) -> None:
    found = scanned(tmp_path / "a.log", data, rulebook)
    assert found.verdict == "nothing-recognised"
    assert found.coverage.lines == (1 if data == b"\0" else 0)


# Names.


def names(*arguments: str) -> list[str]:
    return [Path(source.name).as_posix() for source in expand(arguments)]


def test_inputs_folders_are_walked_in_order_of_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.log", "a.txt", "sub/c.jsonl", "sub/.hidden", ".git/x.log", "z.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(gzip.compress(LOG) if name.endswith("gz") else LOG)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    (tmp_path / "case.zip").write_bytes(b"PK\x03\x04")
    assert names(".") == ["a.txt", "b.log", "sub/c.jsonl", "z.gz"]
    assert names("sub") == ["sub/c.jsonl"]


def test_inputs_globs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.log", "a.log", "sub/c.log", "d.txt", "odd[1].log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(LOG)
    assert names("*.txt") == ["d.txt"]
    assert names("?.log") == ["a.log", "b.log"]
    assert names("**/*.log") == ["a.log", "b.log", "odd[1].log", "sub/c.log"]
    assert names("odd[1].log") == ["odd[1].log"]


def test_inputs_nothing_behind_a_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no log files in folder"):
        expand([str(tmp_path)])
    with pytest.raises(UsageError, match="no file matches"):
        expand([str(tmp_path / "*.log")])


def test_inputs_same_file_twice_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rulebook: Rulebook) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.log").write_bytes(LOG)
    assert names("a.log", "./a.log", str(tmp_path / "a.log"), "*.log", ".") == ["a.log"]
    assert scan(["a.log", tmp_path], rules=rulebook).coverage.lines == 3


def test_inputs_same_file_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(LOG)
    try:
        (tmp_path / "b.log").symlink_to(tmp_path / "a.log")
    except OSError:
        pytest.skip("links need a right here")
    assert len(expand([str(tmp_path / "a.log"), str(tmp_path / "b.log")])) == 1


@pytest.mark.parametrize(
    ("head", "what"), [(b"PK\x03\x04", "zip archive"), (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"), (b"%PDF-1.7", "PDF file")]
)
def test_inputs_what_is_no_log_is_refused(tmp_path: Path, rulebook: Rulebook, head: bytes, what: str) -> None:
    found = scanned(tmp_path / "a.log", head + LOG, rulebook)
    assert [note.key for note in found.coverage.notes] == ["unreadable"]
    assert what in str((found.coverage.notes[0].values or {})["why"])
    assert outcomes(found) == {}


def test_inputs_real_zip_is_refused_beside_a_good_file(tmp_path: Path, rulebook: Rulebook) -> None:
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.writestr("a.log", LOG)
    (tmp_path / "b.log").write_bytes(LOG)
    found = scan([tmp_path / "logs.zip", tmp_path / "b.log"], rules=rulebook)
    assert [note.key for note in found.coverage.notes] == ["unreadable"]
    assert outcomes(found) == {UUID: "generated"}


def test_inputs_missing_file_is_told(tmp_path: Path, rulebook: Rulebook) -> None:
    (tmp_path / "b.log").write_bytes(LOG)
    found = scan([tmp_path / "absent.log", tmp_path / "b.log"], rules=rulebook)
    assert [note.key for note in found.coverage.notes] == ["unreadable"]
    assert outcomes(found) == {UUID: "generated"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_inputs_named_pipe(tmp_path: Path, rulebook: Rulebook) -> None:
    for number in range(2):
        os.mkfifo(tmp_path / str(number))
    for data in (LOG, gzip.compress(LOG), codecs.BOM_UTF16_LE + LOG.decode().encode("utf-16-le")):
        writers = [threading.Thread(target=(tmp_path / str(number)).write_bytes, args=(data,)) for number in range(2)]
        for writer in writers:
            writer.start()
        found = scan([tmp_path / "0", tmp_path / "1"], rules=rulebook)
        for writer in writers:
            writer.join()
        assert outcomes(found) == {UUID: "generated"}
        assert found.coverage.lines == 3


def piped(data: bytes, step: int = 7) -> io.TextIOWrapper:
    """Standard input on a pipe that gives a few bytes at a time."""
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb", buffering=0) as end:
            for start in range(0, len(data), step):
                end.write(data[start : start + step])

    threading.Thread(target=write, daemon=True).start()
    return io.TextIOWrapper(os.fdopen(reading, "rb", buffering=step))


@pytest.mark.parametrize("holder", HOLDERS)
def test_inputs_standard_input_however_slow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rulebook: Rulebook, holder: str) -> None:
    log = render(GOOD, holder, "nest")
    (tmp_path / "a.log").write_bytes(log)
    for data in (log, gzip.compress(log), codecs.BOM_UTF8 + log):
        with piped(data) as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            found = scan(["-"], rules=rulebook)
        assert outcomes(found) == {UUID: "generated"}
        assert found.coverage.lines == 3
        with piped(data) as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            both = scan(["-", tmp_path / "a.log"], rules=rulebook)
        assert both.coverage.lines == (3 if holder not in ("bare", "cli") else 6)
