"""Everything that logscan raises on purpose.

    LogscanError                1 base; `exit_code` is what the command ends with
     ├─ UsageError              2 the command line asks for something that makes no sense
     ├─ RulesError              2 rule files are wrong; holds every problem found
     ├─ SourceError             3 an input could not be read, or not to its end
     ├─ DatabaseError           3 the database cannot be reached or read, or its export makes no sense
     └─ RailwayError            3 Railway cannot be reached, or answers with an error
         ├─ RefusedError        3 the token is dead, or of another kind, or has no right to this
         ├─ MissingError        3 the project, environment, service or deployment is not there
         └─ SpentError          3 the budget of requests, or of waiting, is used up

Each class carries its exit code (README, "Exit codes"), so the command line catches once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


class LogscanError(Exception):
    """Base of all expected failures; the message says what, where and what to do."""

    exit_code = 3


class UsageError(LogscanError):
    """An option or argument that cannot be acted on."""

    exit_code = 2


@dataclass(frozen=True, slots=True, order=True)
class RuleProblem:
    """One mistake in a rule file; `line` and `column` count from 1. A warning leaves the rule usable."""

    path: str
    line: int
    column: int
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        what = "warning: " if self.severity == "warning" else ""
        return f"{self.path}:{self.line}:{self.column}: {what}{self.message}"


class RulesError(LogscanError):
    """Rule files that cannot be used; `problems` lists every mistake found, in file order."""

    exit_code = 2

    def __init__(self, problems: Sequence[RuleProblem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SourceError(LogscanError):
    """An input that does not exist, may not be read or is damaged."""

    exit_code = 3


class DatabaseError(LogscanError):
    """Rows of mascots that could not be read. The message never holds a password."""


class RailwayError(LogscanError):
    """Railway's API cannot be reached, or answers with something that cannot be used."""


class RefusedError(RailwayError):
    """Railway refuses the token, or what it asks for."""


class MissingError(RailwayError):
    """What was asked for does not exist (any more)."""


class SpentError(RailwayError):
    """No more requests may be sent now: the budget is used up, or Railway asks to wait for too long."""
