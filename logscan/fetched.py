"""What a pull fetched, in a small file beside the log: it tells holes from silence.

logs.jsonl                  rows, as Railway gave them
logs.jsonl.coverage.json    which stretch of time was fetched whole, and which was not
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

import msgspec

from logscan.model import Coverage, Deployment, Hole, Note
from logscan.times import format_stamp, parse_stamp
from logscan.visible import visible

_TAIL: Final = 64 << 10
_LARGEST: Final = 64 << 20


class Stretch(msgspec.Struct, frozen=True, omit_defaults=True):
    """From `since` to `until`; why it is missing, if it is."""

    since: str
    until: str
    reason: str | None = None


class Deployed(msgspec.Struct, frozen=True):
    """A deployment that was there in the window."""

    id: str
    service: str | None
    status: str
    created: str
    changed: str | None = None
    commit: str | None = None
    message: str | None = None


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """The account of a pull. `size` and `tail` are those of the log, so that it is known to be the one that was pulled.

    `settled` is up to when silence means that nothing was written: later lines may still have been on their way.
    """

    schema: Literal[1] = 1
    logscan: str
    size: int
    tail: str
    project: str
    environment: str
    services: dict[str, str]
    chosen: list[str]
    window: Stretch
    settled: str
    missing: list[Stretch]
    rows: int
    deployments: list[Deployed] = []

    def holes(self) -> list[Hole]:
        """What is missing, as holes."""
        return [Hole(parse_stamp(part.since), parse_stamp(part.until), "not-fetched") for part in self.missing]

    def markers(self) -> tuple[Deployment, ...]:
        """The deployments, oldest first."""
        return tuple(
            Deployment(
                it.id, self.services.get(it.service or "", it.service), it.status, parse_stamp(it.created), parse_stamp(it.changed or ""),
                it.commit, it.message,
            )
            for it in self.deployments
        )  # fmt: skip


def stretch(since: int, until: int, reason: str | None = None) -> Stretch:
    """A stretch between two moments (ns)."""
    return Stretch(format_stamp(since) or "", format_stamp(until) or "", reason)


def coverage_path(log: Path) -> Path:
    """Where the account of a log lies."""
    return log.with_name(log.name + ".coverage.json")


def tail_of(log: Path) -> tuple[int, str]:
    """A file's size, and a digest of its last bytes. Raises OSError."""
    with log.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        return size, hashlib.blake2b(file.read(), digest_size=16).hexdigest()


def encode(fetched: Fetched) -> bytes:
    """The file's bytes."""
    return msgspec.json.format(msgspec.json.encode(fetched), indent=1) + b"\n"


def fetched_of(log: Path) -> Fetched | None:
    """The account beside a log; None where there is none, or it is of another state of the file."""
    beside = coverage_path(log)
    try:
        if not beside.is_file() or beside.stat().st_size > _LARGEST:
            return None
        fetched = msgspec.json.decode(beside.read_bytes(), type=Fetched)
        return fetched if (fetched.size, fetched.tail) == tail_of(log) else None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def with_fetched(coverage: Coverage, fetched: Sequence[Fetched | None], since: int | None, until: int | None) -> Coverage:
    """The coverage with what pulls tell of it: stretches that are missing, and up to when silence is real; within a window."""
    known = [(place, it) for place, it in enumerate(fetched) if it is not None]
    if not known:
        return coverage
    sources, notes, holes = list(coverage.sources), list(coverage.notes), list(coverage.holes)
    for place, it in known:
        names = {key: visible(name) for key, name in it.services.items()}
        named = [service._replace(name=names.get(service.name, service.name)) for service in sources[place].services]
        named.sort(key=lambda service: service.name)
        sources[place] = replace(sources[place], service=", ".join(name for name, _, _ in named) or None, services=tuple(named))
        for hole, part in zip(it.holes(), it.missing, strict=True):
            if (hole.end is None or since is None or hole.end >= since) and (hole.start is None or until is None or hole.start <= until):
                holes.append(hole)
                notes.append(Note("not-fetched", 1, {"source": sources[place].name, "since": part.since, "until": part.until}))
    coverage = replace(
        coverage, sources=tuple(sources), notes=tuple(notes), holes=tuple(holes),
        deployments=tuple(marker for _, it in known for marker in it.markers()),
    )  # fmt: skip
    if len(known) < len(coverage.sources) or coverage.end is None:
        # Of an input that nobody vouches for nobody knows whether it goes on.
        return coverage
    settled = min(parse_stamp(it.settled) or 0 for _, it in known)
    whole = not holes and any(not it.chosen for _, it in known)
    return replace(coverage, end=max(coverage.end, settled if until is None else min(settled, until)), whole=whole)
