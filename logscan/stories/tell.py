"""Single mascots: their lines, redacted when they are asked for, since a page has room for some only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from logscan.causes import Failure
from logscan.findings.case import Case
from logscan.intake import Account
from logscan.model import Record, Story, StoryLine, Variant
from logscan.ordering import Seen
from logscan.redact import Redactor
from logscan.stories.surroundings import REACH, surroundings
from logscan.stories.variants import variants_of

MAX_LINES: Final = 16
# For so many mascots the lines around theirs are read as well: the first that were hit, and some of every variant.
MAX_SURROUNDED: Final = 200
_MAX_VARIANTS: Final = 40
_MAX_TEXT: Final = 400
# Stands for the mascot's id while a text is cleaned: texts that differ by it only are cleaned once.
_ID: Final = "\ue000"
_SHORTEST: Final = 6
_MAX_KNOWN: Final = 20_000


def stories_of(case: Case, account: Account, events: pl.DataFrame) -> MascotStories:
    """The stories of a case. Reads some lines of the sources again, so that these must not be closed yet."""
    variants, variant_of = variants_of(events, case.mascots)
    failures: dict[str, list[Failure]] = {}
    for failure in case.attribution.failures:
        failures.setdefault(failure.mascot, []).append(failure)
    stories = MascotStories(variants, variant_of, case.mascots["mascot_id"].to_list(), case.by_mascot, failures, case.redactor)
    rows = _surrounded(case.mascots, variants)
    wanted: dict[int, set[int]] = {}
    for row in rows:
        for item in stories.lines_of(row)[0]:
            wanted.setdefault(item.sighting.source, set()).add(item.sighting.line)
    stories.around.update(account.beside if account.beside is not None else surroundings(account.readers, wanted))
    stories.surrounded.update(rows)
    return stories


def _surrounded(mascots: pl.DataFrame, variants: Sequence[Variant]) -> list[int]:
    hit = mascots.with_row_index("row").filter(pl.col("outcome") != "generated")["row"].head(MAX_SURROUNDED).to_list()
    return sorted({*hit, *(row for variant in variants[:_MAX_VARIANTS] for row in variant.rows)})


@dataclass(frozen=True)
class MascotStories:
    """See `model.Stories`."""

    variants: tuple[Variant, ...]
    variant_of: list[int]
    mascots: list[str]
    events: Mapping[str, list[Seen]]
    failures: Mapping[str, list[Failure]]
    redactor: Redactor
    around: dict[tuple[int, int], Record] = field(default_factory=dict)
    surrounded: set[int] = field(default_factory=set)
    _known: dict[str, str] = field(default_factory=dict)

    def story(self, row: int) -> Story:
        """The lines of one mascot; with those beside them, if they were read."""
        mascot = self.mascots[row]
        items, more = self.lines_of(row)
        lines = list(_told(items, lambda text: self._clean(text, mascot)))
        if row in self.surrounded:
            lines = self._with_surroundings(lines, mascot)
        return Story(tuple(lines), more)

    def lines_of(self, row: int) -> tuple[list[Seen], int]:
        """The mascot's own lines in order, one sighting for each rule that knew one, and how many records were left out."""
        mascot = self.mascots[row]
        items = list(self.events.get(mascot, ()))
        for failure in self.failures.get(mascot, ()):
            items += [*failure.lines, *failure.follow]
        items.sort(key=lambda item: (item.at, item.sighting.record))
        records = list(dict.fromkeys(item.sighting.record for item in items))
        if len(records) <= MAX_LINES:
            return items, 0
        kept = {*records[: MAX_LINES // 2], *records[-MAX_LINES // 2 :]}
        return [item for item in items if item.sighting.record in kept], len(records) - MAX_LINES

    def _with_surroundings(self, lines: list[StoryLine], mascot: str) -> list[StoryLine]:
        """Each line between its neighbours, none twice."""
        shown = {(line.source, line.line) for line in lines}
        out: list[StoryLine] = []
        for line in lines:
            before = list(self._beside(line, -1, shown, mascot))
            out += [*reversed(before), line, *self._beside(line, 1, shown, mascot)]
        return out

    def _beside(self, line: StoryLine, step: int, shown: set[tuple[int, int]], mascot: str) -> Iterator[StoryLine]:
        """The lines on one side, up to the first that is shown already."""
        for at in range(line.line + step, line.line + step * (REACH + 1), step):
            place = (line.source, at)
            if place in shown:
                return
            record = self.around.get(place)
            if record is not None and record.text.strip():
                shown.add(place)
                yield StoryLine("context", record.stamp, line.source, at, self._clean(record.text, mascot))

    def _clean(self, text: str, mascot: str) -> str:
        if len(mascot) < _SHORTEST or _ID in text:
            return self.redactor.clean(text, _MAX_TEXT)
        template = text.replace(mascot, _ID)
        known = self._known.get(template)
        if known is None:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            known = self._known[template] = self.redactor.clean(template, _MAX_TEXT)
        return known.replace(_ID, self.redactor.clean_id(mascot))


def _told(items: Iterable[Seen], clean: Callable[[str], str]) -> Iterator[StoryLine]:
    """Sightings as lines: one per record; an event's name counts before a cause's."""
    records: dict[int, list[Seen]] = {}
    for item in items:
        records.setdefault(item.sighting.record, []).append(item)
    for group in records.values():
        first = group[0].sighting
        event = next((item.sighting.event for item in group if item.sighting.kind == "event"), None)
        families = [item.sighting.rule.family.id for item in group if item.sighting.rule and item.sighting.rule.family]
        kind = event or ("cause" if families else "follow")
        yield StoryLine(kind, group[0].stamp, first.source, first.line, clean(first.text), families[0] if families else None)
