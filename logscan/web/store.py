"""The data folder: what has come in, and the reports.

key                 signs cookies
incoming/ID/        an upload on its way; thrown away at start
reports/ID/         meta.json; files/ until the scan is over; report.en.html, report.fr.html, report.json after it
"""

from __future__ import annotations

import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, Literal

import msgspec

from logscan.errors import LogscanError
from logscan.web.options import ScanOptions
from logscan.web.problems import STATUS, Problem

if sys.platform != "win32":
    import fcntl

State = Literal["queued", "done", "failed"]
# 128 bits: an address that nobody guesses.
_ID_BYTES: Final = 16


class Summary(msgspec.Struct, frozen=True):
    """What lists and pages show of a report; `titles` are English and French, `policy` the page's own content policy."""

    severity: str
    titles: tuple[str, str]
    mascots: int
    policy: str = ""


class Failure(msgspec.Struct, frozen=True):
    """A problem that ended a scan."""

    key: str
    values: dict[str, str | int] = {}

    def problem(self) -> Problem:
        """The same, to be raised."""
        return Problem(self.key if self.key in STATUS else "internal", **self.values)


class Meta(msgspec.Struct):
    """A scan, as it stands in its folder. Times in seconds since 1970; `tries` counts the scans that began.

    `owner` names the browser; `kind` tells a page's scan from a script's (kept until it is answered) and the demo.
    """

    id: str
    created: float
    names: list[str]
    sizes: list[int]
    options: ScanOptions
    owner: str = ""
    kind: Literal["page", "script", "demo"] = "page"
    state: State = "queued"
    tries: int = 0
    summary: Summary | None = None
    failure: Failure | None = None
    version: str = ""


class Store:
    """Folders of scans under `data`. Raises LogscanError where that cannot be used."""

    def __init__(self, data: Path) -> None:
        self._incoming, self._reports = data / "incoming", data / "reports"
        try:
            for folder in (data, self._incoming, self._reports):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = (data / "lock").open("ab")
        except OSError as error:
            raise LogscanError(f"cannot use the data folder '{data}': {error.strerror or error}") from error
        if not _locked(self._lock):
            self._lock.close()
            raise LogscanError(f"another logscan serve uses the data folder '{data}': give this one its own with --data")

    def close(self) -> None:
        """Let another server use the folder."""
        self._lock.close()

    def folder(self, scan: str) -> Path:
        """Where a scan's report lies."""
        return self._reports / scan

    def begin(self) -> Path:
        """A folder for an upload on its way; its name becomes the scan's."""
        folder = self._incoming / secrets.token_urlsafe(_ID_BYTES)
        (folder / "files").mkdir(parents=True)
        return folder

    def discard(self, folder: Path) -> None:
        """Throw an upload away."""
        shutil.rmtree(folder, ignore_errors=True)

    def accept(self, folder: Path, meta: Meta) -> None:
        """The upload is whole: from here it outlives the server."""
        (folder / "meta.json").write_bytes(msgspec.json.encode(meta))
        folder.rename(self.folder(meta.id))

    def save(self, meta: Meta) -> None:
        """Write a scan's state. The files go when it is over."""
        if meta.state != "queued":
            shutil.rmtree(self.folder(meta.id) / "files", ignore_errors=True)
        # In one step: a server that is killed here leaves the state before or after, never half of it. (sinks/ would load Polars.)
        new = self.folder(meta.id) / "meta.new"
        new.write_bytes(msgspec.json.encode(meta))
        new.replace(new.with_name("meta.json"))

    def delete(self, scan: str) -> None:
        """Remove a scan with all that belongs to it."""
        shutil.rmtree(self.folder(scan), ignore_errors=True)

    def restore(self) -> Iterator[Meta]:
        """What an earlier server left, oldest first; the rests of broken uploads and unreadable folders are removed."""
        for folder in self._incoming.iterdir():
            self.discard(folder)
        found = []
        for folder in self._reports.iterdir():
            meta = None
            with suppress(OSError, msgspec.DecodeError):
                meta = msgspec.json.decode((folder / "meta.json").read_bytes(), type=Meta)
            if meta is None or meta.id != folder.name or meta.kind == "script":
                self.discard(folder)
            else:
                found.append(meta)
        yield from sorted(found, key=lambda meta: meta.created)

    def writable(self) -> bool:
        """Whether an upload could begin."""
        try:
            probe = self._incoming / f".probe-{time.monotonic_ns()}"
            probe.touch()
            probe.unlink()
        except OSError:
            return False
        return True


def _locked(file: IO[bytes]) -> bool:
    """Whether this process now holds the lock, which ends with the process. (On Windows nothing is checked.)"""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
