"""The frozen types that travel between the stages. Times are nanoseconds since 1970, UTC, or None."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    import polars as pl

Clock = Literal["railway", "app"]
Confidence = Literal["certain", "likely", "possible"]
Severity = Literal["critical", "warning", "ok", "info"]
Status = Literal["pass", "fail", "warn", "skip"]

OUTCOMES = ("generated", "generation_failed", "enqueue_failed", "waiting", "stalled", "in_flight", "unknown")
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "ok", "info")


class Wall(NamedTuple):
    """A date as a logger wrote it, day and month in an order not yet known, plus seconds of that day."""

    first: int
    second: int
    year: int
    seconds: int
    order: Literal["dmy", "mdy", "ymd"] | None


class Record(NamedTuple):
    """One log entry. `details` are error texts from structured fields (a stack, say), line by line."""

    line: int
    message: str
    stamp: int | None = None
    clock: Clock | None = None
    wall: Wall | None = None
    level: str | None = None
    context: str | None = None
    details: tuple[str, ...] = ()
    service: str | None = None
    replica: str | None = None
    deployment: str | None = None
    broken: bool = False

    @property
    def text(self) -> str:
        """The entry as evidence shows it: the logger's name and the message."""
        if self.context and not self.message.startswith(f"[{self.context}]"):
            return f"[{self.context}] {self.message}"
        return self.message


@dataclass(frozen=True, slots=True)
class Evidence:
    """A line that proves something: where it stands, and its text (redacted, cut, without control characters)."""

    source: str
    line: int
    timestamp: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch in which lines are missing. `start` or `end` None: open on that side."""

    start: int | None
    end: int | None
    reason: str


class ServiceReport(NamedTuple):
    """A service that Railway's tags name in an input, and the stretch (ns) that its lines cover."""

    name: str
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What one input held. `samples` are lines that fitted no form; `kind` names a log that is not the backend's."""

    name: str
    format: str
    service: str | None
    lines: int
    bytes: int
    first: int | None
    last: int | None
    kind: str | None = None
    unparsed: int = 0
    undecodable: int = 0
    samples: tuple[Evidence, ...] = ()
    services: tuple[ServiceReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence about the input, kept as its key in the rules' texts, a count and values."""

    key: str
    count: int = 1
    values: Mapping[str, int | str] | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment on Railway, a mark on the timeline: when it was created, and when it came to its status."""

    id: str
    service: str | None
    status: str
    created: int | None
    changed: int | None
    commit: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the logs really cover. `end` is the latest stamp of any line, or up to when it is known that none follows.

    `notes` tell people what to know of it; `whole`: every service's lines are there, so that one without any was silent.
    """

    sources: tuple[SourceReport, ...]
    start: int | None
    end: int | None
    holes: tuple[Hole, ...]
    lines: int
    matched: int
    dropped: int
    notes: tuple[Note, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    whole: bool = False

    def has_hole(self, start: int | None, end: int | None) -> bool:
        """Whether a hole overlaps the stretch from `start` to `end`; without stamps, any hole does."""
        if start is None or end is None:
            return bool(self.holes)
        return any((h.start is None or h.start <= end) and (h.end is None or h.end >= start) for h in self.holes)


@dataclass(frozen=True, slots=True)
class Cause:
    """A family of causes as it was seen in this run."""

    id: str
    component: str
    rules: tuple[str, ...]
    mascots: int
    lines: int
    evidence: tuple[Evidence, ...]
    first: int | None
    last: int | None
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A conclusion about the whole run. Words are kept as keys and values; a report puts them in a language."""

    id: str
    severity: Severity
    confidence: Confidence
    first: int | None
    last: int | None
    ongoing: bool
    mascots: int
    causes: tuple[str, ...] = ()
    supports: tuple[Evidence, ...] = ()
    contradicts: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()
    values: Mapping[str, int | str] | None = None
    variant: str | None = None
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One item of the checklist.

    `fact` is the rule that answered it, or a key of the item's own details, into which `values` go; a `skip` may have one too.
    """

    id: str
    status: Status
    fact: str | None = None
    evidence: Evidence | None = None
    values: Mapping[str, int | str] | None = None


@dataclass(frozen=True, slots=True)
class ImageUrl:
    """The address of an image, as something in the input names it; whose image, and from when (ns), as far as known."""

    url: str
    mascot: str | None = None
    created: int | None = None


@dataclass(frozen=True, slots=True)
class ImageAnswer:
    """What an image's address answered. `url` is as it may be shown: its query, which may hold a signature, is left out.

    `kind` is `ok` or what is wrong (`checks.details` of image-urls); `size` in bytes, `at` when it was asked (ns); `allow_origin` is the
    CORS header of the answer to `Origin: null`, `preflight` the status of the answer to OPTIONS. `cors` says whether a script of
    the plugin may read the image, and `source` and `line` where the answer stands, if it was recorded.
    """

    url: str
    kind: str
    mascot: str | None = None
    status: int | None = None
    type: str | None = None
    size: int | None = None
    at: int | None = None
    cors: bool | None = None
    allow_origin: str | None = None
    preflight: int | None = None
    why: str | None = None
    source: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment at which a process began anew or died. `process` names its service, as far as known."""

    kind: Literal["restart", "deploy", "death"]
    stamp: int
    process: str | None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database holds of mascots: `rows` is the frame described in `frames.STORED`.

    `name` is the source as it may be shown: never a password in it. `known` are the frame's columns that the source has.
    `partial`: rows are missing, since a query with a LIMIT gave them or there are more than were asked for.
    """

    name: str
    rows: pl.DataFrame
    known: frozenset[str]
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """Mascots of whom logs and database say the same two things. `ids` are the first of them, as they may be shown.

    `logs` is an outcome, or why there is none: `not_in_logs` (made in the logs' time), `other_time`, `undated`, `no_logs`.
    `database` is a status in lower case, or `absent`. `kind` says what comes of it, `meaning` is the key of its sentence.
    """

    logs: str
    database: str
    image: Literal["present", "missing"] | None
    mascots: int
    kind: Literal["agrees", "later", "contradiction", "no-image", "absent", "not-logged", "other-time"]
    meaning: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    """The database beside the logs. `images_missing` counts completed rows without any URL; times in ns."""

    name: str
    rows: int
    partial: bool
    by_status: Mapping[str, int]
    images_missing: int
    first: int | None
    last: int | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """One polling of the plugin, as its console tells it. `mascots` are ids as they may be shown; `joined` says by what they are known.

    `attempts` of `most` were spent; `images` is whether it ever saw all of them. `states` counts the mascots by outcome,
    or by status where only the database knows them. `meaning` is the key of the sentence that says what comes of it.
    """

    id: str
    mascots: tuple[str, ...]
    joined: Literal["database", "logs", "console"] | None
    variations: int | None
    attempts: int
    most: int | None
    images: bool
    gave_up: bool
    image_errors: int
    states: Mapping[str, int]
    meaning: str
    evidence: Evidence | None = None


class StoryLine(NamedTuple):
    """A line of one mascot's story, redacted. `source` numbers the sources of the coverage, from 0.

    `kind` is an event's name, `cause` for an error line that explains a failure, `follow` for a line behind a failure that
    no rule knows, `context` for what merely stands beside the others. `cause` is the family of an error line.
    """

    kind: str
    stamp: int | None
    source: int
    line: int
    text: str
    cause: str | None = None


class Story(NamedTuple):
    """The lines of one mascot, in order; `more` were left out."""

    lines: tuple[StoryLine, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Variant:
    """Mascots that went the same way: their steps (names of events), where they ended, why. `rows` are the first of them."""

    steps: tuple[str, ...]
    outcome: str
    causes: tuple[str, ...]
    mascots: int
    rows: tuple[int, ...]


class Stories(Protocol):
    """What a page shows of single mascots. Rows number the mascots of a Diagnosis, from 0."""

    @property
    def variants(self) -> Sequence[Variant]:
        """The ways that mascots went, most mascots first."""

    @property
    def variant_of(self) -> Sequence[int]:
        """Per row the place of its variant in `variants`."""

    def story(self, row: int) -> Story:
        """The lines of one mascot."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run read and judged: the window asked for, the deadlines (ns), the zone of stamps that name none."""

    since: int | None = None
    until: int | None = None
    pickup: int = 0
    run: int = 0
    zone: str = "UTC"
    redacted: bool = True


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The whole answer. `mascots` is the frame described in `frames.MASCOTS`.

    `stories` are there only where they were asked for (`Options.stories`), since they keep the events of the run in memory.
    """

    verdict: str
    findings: tuple[Finding, ...]
    causes: tuple[Cause, ...]
    mascots: pl.DataFrame
    by_outcome: Mapping[str, int]
    other_jobs: Mapping[str, int]
    coverage: Coverage
    checks: tuple[Check, ...]
    rules_hash: str
    interrupted: int | None = None
    marks: tuple[Mark, ...] = ()
    settings: Settings = Settings()
    stories: Stories | None = None
    answers: tuple[ImageAnswer, ...] = ()
    matched: Matched | None = None
    batches: tuple[Batch, ...] = ()

    @property
    def critical(self) -> bool:
        """Whether any finding is critical (exit code 1)."""
        return any(finding.severity == "critical" for finding in self.findings)
