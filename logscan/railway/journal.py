"""The state of a pull that is under way, beside its output: kill it at any moment, run it again, and it goes on.

    logs.jsonl.part     the rows of each page, as they came (pages from the newest to the oldest)
    logs.jsonl.pull     first what is pulled, then one line per page: where its rows lie, and where to go on

Rows are written before the line that counts them; what no line counts is cut off when the pull goes on.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, Self

import msgspec

from logscan.errors import LogscanError, UsageError
from logscan.railway.paging import Cursor, Page

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOGS: Final = "logs"


class Task(msgspec.Struct, frozen=True):
    """What is pulled: it must be the same when a pull goes on. `asked` is the window as the command line has it."""

    endpoint: str
    project: str
    environment: str
    filter: str | None
    http: bool
    asked: tuple[str, str | None]


class Begun(msgspec.Struct, frozen=True):
    """The first line of a journal: the task, and the window in nanoseconds."""

    task: Task
    since: int
    until: int
    at: int


class Entry(msgspec.Struct, frozen=True):
    """A page. `stream` is LOGS or a deployment's id; the rows are `length` bytes of the part file.

    `floor`: Railway answers for nothing before it.
    """

    stream: str
    length: int
    rows: int
    anchor: int
    edge: int
    held: dict[str, int]
    largest: int
    done: bool
    burst: int | None = None
    floor: int | None = None

    @property
    def cursor(self) -> Cursor:
        """Where the stream goes on."""
        held = Counter({bytes.fromhex(name): count for name, count in self.held.items()})
        return Cursor(self.anchor, self.edge, held, self.largest, self.done)


@dataclass(slots=True)
class Journal:
    """The two files of a pull under way. Open it with `open_journal`."""

    output: Path
    begun: Begun
    entries: list[Entry] = field(default_factory=list)
    _part: IO[bytes] = field(init=False)
    _log: IO[bytes] = field(init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._part.close()
        self._log.close()

    @property
    def part(self) -> Path:
        """The rows."""
        return part_path(self.output)

    def add(self, stream: str, page: Page, floor: int | None = None) -> None:
        """Write a page down. Raises LogscanError where the disk is full."""
        data = b"".join(row.raw + b"\n" for row in page.rows)
        to = page.cursor
        held = {name.hex(): count for name, count in to.held.items()}
        entry = Entry(stream, len(data), len(page.rows), to.anchor, to.edge, held, to.largest, to.done, page.burst, floor)
        try:
            self._part.write(data)
            self._part.flush()
            self._log.write(msgspec.json.encode(entry) + b"\n")
            self._log.flush()
        except OSError as error:
            raise LogscanError(
                f"cannot write '{self.part}': {error.strerror or error}; the same command goes on here once it can"
            ) from error
        self.entries.append(entry)

    def cursor(self, stream: str) -> Cursor:
        """Where a stream goes on."""
        last = next((entry for entry in reversed(self.entries) if entry.stream == stream), None)
        return Cursor.at(self.begun.until) if last is None else last.cursor

    def remove(self) -> None:
        """The pull is over and its output written."""
        self._part.close()
        self._log.close()
        part_path(self.output).unlink(missing_ok=True)
        journal_path(self.output).unlink(missing_ok=True)


def part_path(output: Path) -> Path:
    """Where the rows lie while a pull is under way."""
    return output.with_name(output.name + ".part")


def journal_path(output: Path) -> Path:
    """Where the state of a pull lies."""
    return output.with_name(output.name + ".pull")


def unfinished(output: Path) -> Begun | None:
    """The pull that was broken off at this output, if any. Raises UsageError where its state cannot be read."""
    path = journal_path(output)
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"'{path}' cannot be read: {error.strerror or error}") from error
    if len(lines) < 2:  # noqa: PLR2004  # the first line was never finished: nothing was pulled
        return None
    try:
        return msgspec.json.decode(lines[0], type=Begun)
    except msgspec.DecodeError as error:
        raise UsageError(f"'{path}' is not the state of a pull, or of another version of logscan: --restart begins anew") from error


def open_journal(output: Path, begun: Begun, *, anew: bool) -> Journal:
    """Begin a journal, or take one up again. Raises UsageError where another pull is at it, LogscanError where it cannot be written."""
    journal = Journal(output, begun)
    try:
        journal._log = journal_path(output).open("a+b")  # noqa: SLF001  # made here
        journal._part = part_path(output).open("a+b")  # noqa: SLF001
        if fcntl is not None:
            fcntl.flock(journal._log, fcntl.LOCK_EX | fcntl.LOCK_NB)  # noqa: SLF001
    except BlockingIOError as error:
        journal.__exit__()
        raise UsageError(f"another pull is writing '{output}' at this moment") from error
    except OSError as error:
        raise LogscanError(f"cannot write '{output}': {error.strerror or error}") from error
    if not anew:
        _take_up(journal)
    else:
        for file in (journal._log, journal._part):  # noqa: SLF001
            os.truncate(file.fileno(), 0)
        journal._log.write(msgspec.json.encode(begun) + b"\n")  # noqa: SLF001
        journal._log.flush()  # noqa: SLF001
    return journal


def _take_up(journal: Journal) -> None:
    """Read the entries whose rows are all there, and cut off what comes after them."""
    log, part = journal._log, journal._part  # noqa: SLF001  # of this module
    log.seek(0)
    kept, size, there = 0, 0, part.seek(0, os.SEEK_END)
    for number, line in enumerate(log):
        if not line.endswith(b"\n"):
            break
        if number:
            try:
                entry = msgspec.json.decode(line, type=Entry)
            except msgspec.DecodeError:
                break
            if size + entry.length > there:
                break
            journal.entries.append(entry)
            size += entry.length
        kept += len(line)
    os.truncate(log.fileno(), kept)
    os.truncate(part.fileno(), size)
