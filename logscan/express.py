"""The commonest matching lines, taken from a block's bytes straight to sightings: on them a large log's time is spent.

`railway logs --json` prints a step of a mascot as an object of message, stamp and level; nothing else goes this way.
What it makes of a line is what reading, parsing and matching make of it (a property test holds them equal).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Final

from logscan.causes import FAILURES
from logscan.match import IDS, NOTHING, Matcher, Sighting, captures_of
from logscan.parse import LineParser
from logscan.parse.quick import TAG, second_of
from logscan.parse.text import LEVELS
from logscan.rulebook import Compiled
from logscan.rulebook.linear import SHORT
from logscan.rulebook.schema import Signature

# Plain characters alone: nothing that JSON escapes, nothing that is taken off a message.
_ITEMS: Final = (
    rb'"message":"(\[' + TAG.encode("ascii") + rb'[A-Za-z][ !#-\[\]-~]{0,%d})"' % (SHORT - 1),
    rb'"timestamp":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z"',
    rb'"level":"([a-z]{1,9})"',
)
_ROW: Final = re.compile(rb"\{(?:(?:" + b"|".join(_ITEMS) + rb')(?:,(?=")|(?=\}))){3}\}(?=\n|\Z)')
_LEVELS: Final = frozenset(name.encode() for name in LEVELS)
# What other loggers say at these levels explains no failure.
ORDINARY: Final = frozenset({"debug", "info"})
_ORDINARY: Final = frozenset(name.encode() for name, level in LEVELS.items() if level in ORDINARY)

# Per process with a failure: the last line that may explain it, and the logger that told of it.
Follow = dict[int, tuple[int, str | None]]

# How rules match at the start of a message, and the events they stand for.
_Lane = tuple[tuple[Compiled, Callable[[str], re.Match[str] | None], str], ...]


class Express:
    """Takes lines of one source for a matcher. `stamped` counts the sightings that name a mascot, by source; `follow` are its failures."""

    __slots__ = ("_follow", "_lanes", "_matcher", "_parser", "_process", "_second", "_source", "_stamped")

    def __init__(self, matcher: Matcher, source: int, parser: LineParser, stamped: Counter[int], follow: Follow) -> None:
        self._matcher, self._source, self._parser, self._stamped, self._follow = matcher, source, parser, stamped, follow
        self._lanes: dict[tuple[tuple[int, ...], bytes], tuple[_Lane, str] | None] = {}
        self._second: tuple[bytes, int | None] = (b"", None)
        self._process: int | None = None

    def take(self, data: bytes, start: int, line: int, anchors: tuple[int, ...]) -> int:
        """Take the line that starts there, with this number and these anchors; where it ends, or -1 if it has to go the general way."""
        row = _ROW.match(data, start)
        if row is None or not self._parser.idle:
            return -1
        raw, tag, second, nanoseconds, level = row.groups()
        if raw is None or second is None or level not in _LEVELS:
            return -1
        key = anchors, tag
        known = self._lanes[key] if key in self._lanes else self._new_lane(anchors, tag)
        if known is None:
            return -1
        at = self._moment(second)
        if at is None:
            return -1
        (lane, context), text = known, raw.decode()
        return row.end() if self._match(lane, context, text, at + int(nanoseconds), line) else -1

    def leave(self, data: bytes, start: int) -> int:
        """Leave out the line that starts there, in which no anchor stands, as one that explains no failure; where it ends, or -1."""
        row = _ROW.match(data, start)
        if row is None or not self._parser.idle:
            return -1
        raw, tag, second, _, level = row.groups()
        if raw is None or second is None or level not in _ORDINARY or self._moment(second) is None:
            return -1
        if self._follow:
            # What the failing logger says behind may explain its failure, whatever the level.
            failure = self._follow.get(self._matcher.number_of((self._source, None)))
            if failure is not None and failure[1] == tag.decode():
                return -1
        self._matcher.records += 1
        return row.end()

    def _moment(self, second: bytes) -> int | None:
        """A second of a line as nanoseconds; None if it is none."""
        if second != self._second[0]:
            self._second = second, second_of(second.decode())
        return self._second[1]

    def _match(self, lane: _Lane, context: str, text: str, stamp: int, line: int) -> bool:
        """Keep what the rules recognise; whether any did."""
        matcher, message, record = self._matcher, text[len(context) + 3 :], self._matcher.records + 1
        matched = False
        for rule, match, event in lane:
            hit = match(message)
            captures = _captured(hit, message) if hit is not None else None
            if captures is None:
                continue
            matched = True
            mascot = captures.pop("mascot", None)
            if mascot is not None:
                mascot = matcher.same(mascot)
                self._stamped[self._source] += 1
            process = self._process = matcher.number_of((self._source, None)) if self._process is None else self._process
            matcher.seen.append(
                Sighting(
                    "event", rule, event, mascot, captures or NOTHING, record, stamp, "railway", None, self._source, line,
                    process, context, text,
                )
            )  # fmt: skip
        if matched:
            matcher.records = record
            matcher.matched += 1
        return matched

    def _new_lane(self, anchors: tuple[int, ...], tag: bytes) -> tuple[_Lane, str] | None:
        context = tag.decode()
        plan = self._matcher.plan(anchors, context)
        lane = [(rule, match, rule.rule.event) for rule, match in plan or () if isinstance(rule.rule, Signature)]
        # What stands behind a failure is kept, and causes need a closer look.
        plain = plan and len(lane) == len(plan) and not any(event in FAILURES for _, _, event in lane)
        out = self._lanes[anchors, tag] = (tuple(lane), context) if plain else None
        return out


def _captured(hit: re.Match[str], message: str) -> dict[str, str] | None:
    """`captures_of`, quickly for ids that need no closer look."""
    captures = hit.groupdict()
    for name, value in captures.items():
        if value is None or (name in IDS and not (value[0].isalnum() and value[-1].isalnum() and not value.isalpha())):
            return captures_of(hit, message)
    return captures
