"""Everything that the findings are drawn from, in one place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import polars as pl

from logscan.causes import Attribution, Block, Failure, count_lines, family_of, rule_of
from logscan.findings.rows import ABOUT, rows_of, told_rows
from logscan.images import image_urls
from logscan.model import Check, Coverage, Evidence, ImageAnswer, ImageUrl, Stored
from logscan.ordering import Seen
from logscan.redact import Redactor
from logscan.rulebook import Rulebook
from logscan.rulebook.schema import PLATFORM
from logscan.times import SECOND

MAX_EVIDENCE: Final = 5
REDIS_WORKS: Final = frozenset({"enqueued", "processing", "generated", "other_job"})
_WORKER: Final = frozenset({"processing", "generated", "generation_failed", "worker_line", "job_link", "upload_failed", "uploaded"})
_DEATH_GAP: Final = 10 * SECOND
_OF_SIGHTINGS: Final = frozenset({"_places", "by_mascot", "line_counts", "works", "redis_trouble", "deaths"})
_STARTS: Final = frozenset({"container_start", "app_start"})


@dataclass(frozen=True, slots=True)
class Death:
    """A process that ended with a fatal line. `family` is the cause of the error it died of."""

    seen: Seen
    family: str


@dataclass(frozen=True)
class Case:
    """One run's facts. Frozen; what is derived is computed once.

    `tagged` are the processes that Railway's tags name, `earliest` when they were first seen, as far as known;
    `looked` are items of the checklist that were looked at on Railway, `stored` rows of the database, `answers` what image
    addresses answered.
    """

    rulebook: Rulebook
    seen: Sequence[Seen]
    mascots: pl.DataFrame
    attribution: Attribution
    coverage: Coverage
    source_names: Sequence[str]
    tagged: frozenset[int]
    earliest: Mapping[int, int]
    redactor: Redactor
    pickup: int
    run: int
    looked: tuple[Check, ...] = ()
    stored: Stored | None = None
    answers: tuple[ImageAnswer, ...] = ()

    def knowing(self, **facts: Any) -> Case:
        """The case with other facts beside the sightings. What was derived from these holds, and is not derived again."""
        other = replace(self, **facts)
        other.__dict__.update({name: value for name, value in self.__dict__.items() if name in _OF_SIGHTINGS})
        return other

    def shown_to_fail(self, *names: str) -> bool:
        """Whether a look at Railway itself shows one of these items to be wrong."""
        return any(check.id in names and check.status == "fail" for check in self.looked)

    def evidence(self, items: Iterable[Seen], limit: int = MAX_EVIDENCE) -> tuple[Evidence, ...]:
        """The first lines of `items`, each record once."""
        out: list[Evidence] = []
        known: set[int] = set()
        for item in items:
            if item.sighting.record not in known:
                known.add(item.sighting.record)
                out.append(self.evidence_of(item))
                if len(out) == limit:
                    break
        return tuple(out)

    def evidence_of(self, item: Seen) -> Evidence:
        """One line as evidence, redacted."""
        sighting = item.sighting
        return Evidence(self.source_names[sighting.source], sighting.line, item.stamp, self.redactor.clean(sighting.text))

    def events(self, *names: str) -> list[Seen]:
        """The sightings of these events, in order."""
        places: list[int] = []
        for name in set(names):
            places += self._places.get(name, ())
        # Lists that are in order, one behind the other, are sorted quickly.
        places.sort()
        return [self.seen[place] for place in places]

    def with_outcome(self, *outcomes: str) -> list[str]:
        """The ids of mascots that ended so, in order."""
        return self.mascots.filter(pl.col("outcome").is_in(outcomes))["mascot_id"].to_list()

    @cached_property
    def rows(self) -> pl.DataFrame | None:
        """Logs and database beside each other (see `rows_of`); None without a database."""
        if self.stored is None:
            return None
        events = {name for name in self._places if name is not None}
        logged = bool(self.redis_trouble) or any(name not in PLATFORM and not name.startswith("plugin_") for name in events)
        return rows_of(self.mascots, self.stored, self.coverage, logged=logged)

    def stored_as(self, *statuses: str, logs: Iterable[str] | None = None, image: str | None = None) -> list[str]:
        """The ids of mascots with such a row: by its status, where they stand in the logs, whether an image is there."""
        if self.rows is None:
            return []
        wanted = pl.col("database").is_in(statuses)
        if logs is not None:
            wanted &= pl.col("logs").is_in(list(logs))
        if image is not None:
            wanted &= pl.col("image") == image
        return self.rows.filter(wanted)["mascot_id"].to_list()

    def row_evidence(self, mascots: Iterable[str], limit: int = MAX_EVIDENCE) -> tuple[Evidence, ...]:
        """The rows of mascots as evidence; the line is the row's number."""
        if self.stored is None or self.rows is None:
            return ()
        wanted = pl.col("mascot_id").is_in(list(dict.fromkeys(mascots))) & pl.col("row").is_not_null()
        numbers = self.rows.filter(wanted).head(limit)["row"].to_list()
        name = self.stored.name
        return tuple(Evidence(name, number, at, self.redactor.clean(text)) for number, at, text in told_rows(self.stored, numbers))

    @cached_property
    def outcomes(self) -> dict[str, str]:
        """Where each mascot ended, by the logs."""
        return dict(zip(self.mascots["mascot_id"].to_list(), self.mascots["outcome"].to_list(), strict=True))

    @cached_property
    def statuses(self) -> dict[str, str]:
        """The status of each row."""
        if self.rows is None:
            return {}
        rows = self.rows.filter(pl.col("row").is_not_null())
        return dict(zip(rows["mascot_id"].to_list(), rows["database"].to_list(), strict=True))

    @cached_property
    def without_url(self) -> frozenset[str]:
        """Mascots that the run is about whose row is completed and has no image."""
        return frozenset(self.stored_as("completed", logs=ABOUT, image="missing"))

    @cached_property
    def stored_batches(self) -> dict[str, list[str]]:
        """The mascots of each batch, by the database."""
        if self.rows is None:
            return {}
        rows = self.rows.filter(pl.col("batch_id").is_not_null())
        grouped = rows.group_by("batch_id", maintain_order=True).agg("mascot_id")
        return dict(zip(grouped["batch_id"].to_list(), grouped["mascot_id"].to_list(), strict=True))

    @cached_property
    def logged_batches(self) -> dict[str, list[str]]:
        """The mascots of each batch, by lines of the worker that name both."""
        out: dict[str, dict[str, None]] = {}
        for item in self.events("processing"):
            batch = item.sighting.captures.get("batch")
            if batch and item.sighting.mascot:
                out.setdefault(batch, {})[item.sighting.mascot] = None
        return {batch: list(mascots) for batch, mascots in out.items()}

    @cached_property
    def _places(self) -> dict[str | None, list[int]]:
        """Where in `seen` each event stands; None stands for what is no event."""
        places: dict[str | None, list[int]] = {}
        for place, item in enumerate(self.seen):
            places.setdefault(item.sighting.event, []).append(place)
        return places

    @cached_property
    def by_outcome(self) -> dict[str, int]:
        """How many mascots ended where."""
        return Counter(self.mascots["outcome"].to_list())

    @cached_property
    def by_mascot(self) -> dict[str, list[Seen]]:
        """Each mascot's events, in order."""
        out: dict[str, list[Seen]] = {}
        for item in self.seen:
            if item.sighting.mascot and item.sighting.kind == "event":
                out.setdefault(item.sighting.mascot, []).append(item)
        return out

    @cached_property
    def image_urls(self) -> list[ImageUrl]:
        """The addresses of images that rows and lines name."""
        refused = [line for block in self.attribution.blocks if block.family == "browser-image-cors" for line in block.lines]
        named = [*self.events("image_url", "plugin_image_failed"), *refused]
        return image_urls(named, self.events("http_image"), self.stored, self.mascots["mascot_id"].to_list())

    @cached_property
    def line_counts(self) -> Counter[str]:
        """How many records each cause explains."""
        return count_lines(self.attribution)

    @cached_property
    def works(self) -> list[Seen]:
        """Lines that only a working Redis allows."""
        return self.events(*REDIS_WORKS)

    @cached_property
    def redis_trouble(self) -> list[Seen]:
        """Redis client errors and reconnect lines, whoever they hit."""
        places = sorted((*self._places.get("redis_retry", ()), *self._places.get(None, ())))
        return [item for place in places if (item := self.seen[place]).sighting.event == "redis_retry" or _is_trouble(item)]

    @cached_property
    def deaths(self) -> list[Death]:
        """Deaths with a fatal line, each once however many lines it printed."""
        groups: list[Block | Failure] = [*self.attribution.blocks, *self.attribution.failures]
        fatal = [(seen, group.family) for group in groups for seen in group.lines if rule_of(seen).fatal]
        fatal.sort(key=lambda pair: (pair[0].at, pair[0].sighting.record))
        starts = self.events(*_STARTS)
        deaths: list[Death] = []
        last: dict[int, Seen] = {}
        for seen, family in fatal:
            before = last.get(seen.sighting.process)
            if before is None or seen.at - before.at > _DEATH_GAP or _between(starts, before, seen):
                deaths.append(Death(seen, family))
            elif deaths[-1].family == "process" != family and deaths[-1].seen.sighting.process == seen.sighting.process:
                deaths[-1] = Death(deaths[-1].seen, family)
            last[seen.sighting.process] = seen
        return deaths

    @property
    def worker_heard(self) -> bool:
        """Whether what the worker wrote is in the input, if only that it wrote nothing."""
        return self.worker_seen or self.coverage.whole

    @cached_property
    def worker_seen(self) -> bool:
        """Whether any line of the worker is in the input."""
        return not _WORKER.isdisjoint(self._places)


def _is_trouble(item: Seen) -> bool:
    if item.sighting.kind != "cause" or item.sighting.rule is None or item.sighting.rule.family is None:
        return False
    rule = rule_of(item)
    return item.sighting.rule.family.component == "redis" and not rule.warning and rule.strength != "hint"


def _between(starts: Iterable[Seen], before: Seen, after: Seen) -> bool:
    low, high = (before.at, before.sighting.record), (after.at, after.sighting.record)
    return any(s.sighting.process == before.sighting.process and low < (s.at, s.sighting.record) < high for s in starts)


def family_order(case: Case, families: Iterable[str]) -> tuple[str, ...]:
    """Families by how often they are given, then by the lines they explain, then by id; `unknown` last."""
    counts = Counter(families)
    return tuple(sorted(counts, key=lambda name: (name == "unknown", -counts[name], -case.line_counts[name], name)))


def families_of(case: Case, items: Iterable[Seen]) -> tuple[str, ...]:
    """The families of cause sightings, most frequent first."""
    return family_order(case, (family_of(item) for item in items if item.sighting.kind == "cause"))


def families_by_mascot(case: Case, failures: Iterable[Failure]) -> tuple[str, ...]:
    """The families of failures, those that hit most mascots first."""
    return family_order(case, (family for family, _ in {(failure.family, failure.mascot) for failure in failures}))
