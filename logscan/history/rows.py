"""What stands in the history, as values. Moments in nanoseconds, UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from logscan.errors import LogscanError


class HistoryError(LogscanError):
    """The history cannot be read or written."""


State = Literal["planned", "judged", "failed", "missed"]
Channel = Literal["mail", "webhook"]


@dataclass(frozen=True, slots=True)
class Night:
    """One night. `mail` is how its mail went: `sent`, `rendered` (not sent yet), `sending`, `given-up`; None: none was due."""

    night: str
    state: State
    since: int | None = None
    until: int | None = None
    covered: int | None = None
    ended_at: int | None = None
    verdict: str | None = None
    severity: str | None = None
    mascots: int | None = None
    failing: int | None = None
    outcomes: Mapping[str, int] = field(default_factory=dict)
    lines: int | None = None
    uncovered: tuple[tuple[str, str, str], ...] = ()
    rules: str | None = None
    logscan: str | None = None
    problem: str | None = None
    caught_up: str | None = None
    mail: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """A mascot that was open at the end of `night`; `since` when it was first heard of."""

    mascot: str
    night: str
    outcome: str
    since: int | None
    resolved_night: str | None = None
    resolved_outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is kept of a night that was diagnosed. `report` is the JSON report; `open` are the mascots that are open at its end."""

    night: Night
    report: bytes
    findings: tuple[tuple[str, str, int], ...]
    causes: tuple[tuple[str, str, int, int], ...]
    open: tuple[Carried, ...]
    resolved: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail or a message that is ready to go: the very bytes, and who is to get them."""

    channel: Channel
    message_id: str
    subject: str
    body: bytes
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter in the outbox. `pending` are those who have not got it; `tries` counts how often it was handed over."""

    night: str
    letter: Letter
    pending: tuple[str, ...]
    state: str
    tries: int
    error: str | None
    made_at: int
