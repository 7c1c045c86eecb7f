"""Which rows are asked for: those of the logs' time, those that the logs name, and the newest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from logscan.model import Stored
from logscan.times import MINUTE

# Rows of the logs' time; of a larger table the newest.
MAX_ROWS: Final = 200_000
# Rows beside those of the logs' time.
NEWEST: Final = 1000
MAX_IDS: Final = 50_000
# A row is written before its first line, and clocks differ.
MARGIN: Final = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class Window:
    """What the logs are about: their time (ns; None where they have no stamps), and the mascots that they name."""

    start: int | None = None
    end: int | None = None
    mascots: tuple[str, ...] = ()


# Reads the rows of a window. Raises DatabaseError, SourceError.
Ask = Callable[[Window], Stored]
