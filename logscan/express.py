"""The commonest candidates, taken from a block's bytes straight to sightings, or left there: on them a large log's time is spent.

`railway logs --json` prints a step of a mascot as an object of message, stamp and level; nothing else goes this way.
What it makes of a line is what reading, parsing and matching make of it (a property test holds them equal).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

from logscan.causes import FAILURES
from logscan.match import IDS, NOTHING, Matcher, Sighting, captures_of
from logscan.parse import LineParser
from logscan.parse.quick import TAG, second_of
from logscan.parse.text import LEVELS
from logscan.prefilter import FOLLOW
from logscan.rulebook import Compiled
from logscan.rulebook.linear import SHORT
from logscan.rulebook.schema import Signature


def _row(words: bytes) -> re.Pattern[bytes]:
    """An object of a message that begins with a tag and a letter and goes on with such words, Railway's stamp and level, in any order."""
    items = (
        rb'"message":"(\[' + TAG.encode("ascii") + rb"[A-Za-z]" + words + rb')"',
        rb'"timestamp":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z"',
        rb'"level":"([a-z]{1,9})"',
    )
    return re.compile(rb"\{(?:(?:" + b"|".join(items) + rb')(?:,(?=")|(?=\}))){3}\}(?=\n|\Z)')


# Plain characters alone: nothing that JSON escapes, nothing that is taken off a message.
_ROW: Final = _row(rb"[ !#-\[\]-~]{0,%d}" % (SHORT - 1))
# Where no anchor stands in the line none stands in what it says, so what is escaped need not be known.
_ANY_ROW: Final = _row(rb'(?:[ !#-\[\]-~]|\\["\\/bfnrt])*')
_LEVELS: Final = frozenset(name.encode() for name in LEVELS)
# What other loggers say at these levels explains no failure.
ORDINARY: Final = frozenset({"debug", "info"})
_ORDINARY: Final = frozenset(name.encode() for name, level in LEVELS.items() if level in ORDINARY)

# Per process with a failure: the last line that may explain it, and the logger that told of it.
Follow = dict[int, tuple[int, str | None]]

# How a pattern matches.
_Match = Callable[[str], re.Match[str] | None]


class _Lane(NamedTuple):
    """What is tried on lines of one logger with the same anchors: signatures with their events; and errors, which take a closer look."""

    context: str
    signatures: tuple[tuple[Compiled, _Match, str], ...]
    errors: tuple[_Match, ...]


class Express:
    """Takes lines of one source for a matcher. `stamped` counts the sightings that name a mascot, by source; `follow` are its failures."""

    __slots__ = ("_follow", "_lanes", "_matcher", "_parser", "_process", "_second", "_source", "_stamped")

    def __init__(self, matcher: Matcher, source: int, parser: LineParser, stamped: Counter[int], follow: Follow) -> None:
        self._matcher, self._source, self._parser, self._stamped, self._follow = matcher, source, parser, stamped, follow
        self._lanes: dict[tuple[tuple[int, ...], bytes], _Lane | None] = {}
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
        lane = self._lanes[key] if key in self._lanes else self._new_lane(anchors, tag)
        at = self._moment(second)
        if lane is None or at is None:
            return -1
        text = raw.decode()
        message = text[len(lane.context) + 3 :]
        for error in lane.errors:
            if error(message) is not None:
                return -1
        if not self._match(lane, message, text, at + int(nanoseconds), line):
            if not self._explains_nothing(tag, level):
                return -1
            self._matcher.records += 1
        return row.end()

    def leave(self, data: bytes, start: int) -> int:
        """Leave out the line that starts there, in which no anchor stands, as one that explains no failure; where it ends, or -1."""
        row = _ANY_ROW.match(data, start)
        if row is None or not self._parser.idle:
            return -1
        raw, tag, second, _, level = row.groups()
        if raw is None or second is None or level not in _LEVELS:
            return -1
        if self._moment(second) is None or not self._explains_nothing(tag, level):
            return -1
        self._matcher.records += 1
        return row.end()

    def _explains_nothing(self, tag: bytes, level: bytes) -> bool:
        """Whether a line that no rule knows explains no failure before it, by its logger and level alone."""
        if not self._follow:
            return True
        failure = self._follow.get(self._matcher.number_of((self._source, None)))
        # What the failing logger says behind may explain its failure, whatever the level.
        return failure is None or (level in _ORDINARY and failure[1] != tag.decode())

    def _moment(self, second: bytes) -> int | None:
        """A second of a line as nanoseconds; None if it is none."""
        if second != self._second[0]:
            self._second = second, second_of(second.decode())
        return self._second[1]

    def _match(self, lane: _Lane, message: str, text: str, stamp: int, line: int) -> bool:
        """Keep what the signatures recognise; whether any did."""
        matcher, context, record = self._matcher, lane.context, self._matcher.records + 1
        matched = False
        for rule, match, event in lane.signatures:
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
            if event in FAILURES:
                self._follow[process] = (line + FOLLOW, context)
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

    def _new_lane(self, anchors: tuple[int, ...], tag: bytes) -> _Lane | None:
        context = tag.decode()
        plan = self._matcher.plan(anchors, context)
        signatures = [(rule, match, rule.rule.event) for rule, match in plan or () if isinstance(rule.rule, Signature)]
        errors = [match for rule, match in plan or () if rule.family is not None]
        whole = plan is not None and len(signatures) + len(errors) == len(plan)
        out = self._lanes[anchors, tag] = _Lane(context, tuple(signatures), tuple(errors)) if whole else None
        return out


def _captured(hit: re.Match[str], message: str) -> dict[str, str] | None:
    """`captures_of`, quickly for ids that need no closer look."""
    captures = hit.groupdict()
    for name, value in captures.items():
        if not value or (name in IDS and not (value[0].isalnum() and value[-1].isalnum() and not value.isalpha())):
            return captures_of(hit, message)
    return captures
