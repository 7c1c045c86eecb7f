"""Nights and their windows. A night is the UTC date of `--now`; its window goes on where the last covered one ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from logscan.errors import UsageError
from logscan.history import Carried, Night
from logscan.railway.pull import LAG
from logscan.times import MINUTE, SECOND, UTC, format_stamp

# A line may be under way for so long until Railway shows it; what was not seen of it last night is seen now.
OVERLAP: Final = 10 * MINUTE
# How far back the lines of a mascot that is still open are asked for again.
REACH: Final = 1440 * MINUTE


@dataclass(frozen=True, slots=True)
class Window:
    """What a night is to tell of: from `since` to `until` (ns). `reach` lies before `since`: from there on lines are read.

    `missed` are nights before on which nothing was found out; `lost` is the stretch before `since` that is too old to be made up for.
    """

    night: str
    reach: int
    since: int
    until: int
    missed: tuple[str, ...] = ()
    lost: tuple[int, int] | None = None


def night_of(now: int) -> str:
    """The night of a moment."""
    return dt.datetime.fromtimestamp(now // SECOND, UTC).date().isoformat()


@dataclass(frozen=True, slots=True)
class Rules:
    """How far windows go (ns): the `first` one back from its end, later ones back to what was missed, `catch_up` at most.

    `files`: what is read goes as far as it goes; its lines' own times say what is new, not the clock.
    """

    first: int
    catch_up: int
    files: bool


def window_of(  # noqa: PLR0917  # what is known of the nights
    night: str, now: int, history: Sequence[Night], rules: Rules, carried: Sequence[Carried] = (), planned: Night | None = None
) -> Window:
    """The window of a run at `now`. `history` are the nights before, the newest first; `planned` was fixed by a run that was broken off.

    Raises UsageError where the window would end before it begins.
    """
    last = next((it for it in history if it.state == "judged" and it.covered is not None), None)
    covered = last.covered if last is not None else None
    until = max(now, (covered or 0) + 1) if rules.files else now - LAG
    oldest = 0 if rules.files else until - rules.catch_up
    if planned is not None and planned.since is not None and planned.until is not None:
        since, until = planned.since, planned.until
    else:
        since = until - rules.first if covered is None else max(covered, oldest)
    if since >= until:
        raise UsageError(f"{night}: the time up to {format_stamp(since)} is covered already: --now lies before that, or the clock is wrong")
    lost = (covered, since) if covered is not None and covered < since else None
    begins = [since - OVERLAP, *(it.since for it in carried if it.since is not None and it.since >= since - REACH)]
    # On the very first night there is nothing to go on with.
    reach = since if covered is None else min(since, max(min(begins), oldest, 0))
    return Window(night, reach, since, until, _missed(night, history, last), lost)


def _missed(night: str, history: Sequence[Night], last: Night | None) -> tuple[str, ...]:
    """Nights between the last one that was diagnosed, or the first that was tried, and this one."""
    tried = [it.night for it in history]
    if not tried:
        return ()
    day = dt.date.fromisoformat(last.night if last is not None else min(tried))
    end, out = dt.date.fromisoformat(night), []
    day += dt.timedelta(days=1) if last is not None else dt.timedelta(0)
    while day < end:
        out.append(day.isoformat())
        day += dt.timedelta(days=1)
    return tuple(out)
