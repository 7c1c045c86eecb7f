"""What the files of a case hold, as types; and their names."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from logscan.match import Kind
from logscan.model import Check, Clock, Coverage, ImageAnswer, Settings

# It comes first, so that a case is known by its first bytes.
CASE: Final = "case.json"
LINES: Final = "lines.jsonl"
BESIDE: Final = "beside.jsonl"
ROWS: Final = "database.jsonl"
# Railway's tags: service, deployment, replica.
TAGS: Final = 3


class KeptLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One rule that knew one line. `process` and `source` number those of the case, `record` the records."""

    source: int
    line: int
    time: str | None
    text: str
    kind: Kind
    record: int
    process: int
    rule: str | None = None
    event: str | None = None
    mascot: str | None = None
    captures: dict[str, str] = {}
    clock: Clock | None = None
    context: str | None = None


class KeptBeside(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line that merely stands beside others."""

    source: int
    line: int
    time: str | None
    text: str


class KeptRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row of the database; what people called the mascot is left out."""

    mascot_id: str | None = None
    status: str | None = None
    full_body_url: str | None = None
    avatar_url: str | None = None
    batch_id: str | None = None
    created_at: str | None = None


class KeptStored(msgspec.Struct, frozen=True):
    """Which database the rows are of."""

    name: str
    known: list[str]
    partial: bool


class KeptCase(msgspec.Struct, frozen=True, kw_only=True):
    """The whole but for the lines. `rules` is the hash of the rules, `setup` tells of the machine, and of variables only their names."""

    schema: Literal[1] = 1
    logscan: str
    rules: str
    now: str
    verdict: str
    settings: Settings
    coverage: Coverage
    records: int
    processes: list[list[Any]]
    earliest: list[tuple[int, list[Any], int]]
    answers: list[ImageAnswer] = []
    checks: list[Check] = []
    stored: KeptStored | None = None
    interrupted: int | None = None
    setup: dict[str, str] = {}
