"""What a rule file may hold, as types. Structure only; `book.py` checks the sense of it."""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

EventName = Literal[
    # of a mascot
    "enqueued", "enqueue_failed", "processing", "generated", "generation_failed", "uploaded", "upload_failed",
    # about jobs and requests
    "job_link", "job_failed", "job_stalled", "jobs_not_enqueued", "other_job", "other_failed", "worker_line",
    "inner_failure",
    "request_begun", "request_done", "request_failed",
    # about the process and the platform
    "redis_retry", "container_start", "container_stop", "app_start", "app_ready", "lines_dropped", "build_line",
    # plugin console
    "plugin_received", "plugin_images", "plugin_poll_begun", "plugin_poll", "plugin_gave_up", "plugin_variation",
    "plugin_image_failed", "plugin_image_loaded",
    # addresses of images, and requests that Railway's edge took
    "image_url", "http_image", "http_create",
]  # fmt: skip
EVENTS: tuple[str, ...] = get_args(EventName)
# The groups without which an event says nothing: whom it is about, or how far it has come.
NEEDED_GROUPS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("enqueued", "enqueue_failed", "processing", "generated", "generation_failed", "uploaded", "upload_failed"), ("mascot",)
    ),
    "job_link": ("job",),
    "plugin_poll": ("attempt", "max", "batch"),
}
# Events of the platform alone: they say nothing about mascots.
PLATFORM = frozenset({"container_start", "container_stop", "app_start", "app_ready", "lines_dropped", "image_url"})

Component = Literal["redis", "google", "storage", "database", "process", "platform", "replicate", "none"]
COMPONENTS: tuple[str, ...] = get_args(Component)

Strength = Literal["root", "plain", "symptom", "hint"]
STRENGTHS: tuple[str, ...] = get_args(Strength)

Severity = Literal["critical", "warning", "ok", "info"]
SEVERITIES: tuple[str, ...] = get_args(Severity)
CheckStatus = Literal["pass", "fail", "warn", "skip"]
CHECK_STATUSES: tuple[str, ...] = get_args(CheckStatus)

CHECKS = (
    "redis-service", "redis-variables", "redis-same", "google-project", "google-credentials", "google-enabled",
    "storage-variables", "worker-running", "database-statuses", "database-images", "image-urls", "image-cors",
    "plugin-console",
)  # fmt: skip

MISSING = ("worker-log", "api-log", "stamps", "redis-variables", "whole-log", "database", "image-urls", "longer-log")
NOTES = (
    "day-order", "no-stamps", "some-stamps", "cut-at-500", "long-lines", "broken", "unreadable", "duplicates", "other-log",
    "outside-window", "dropped", "not-fetched", "database-unread", "console-empty", "other-rules",
)  # fmt: skip

FINDINGS = (
    "redis-not-working", "jobs-failing", "images-not-accessible", "worker-not-consuming", "jobs-stalled",
    "service-crashing", "status-contradiction", "log-incomplete", "healthy", "undecided", "nothing-recognised",
)  # fmt: skip


class _Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of all pieces of a rule file: immutable, unknown keys refused."""


class Plural(_Struct, frozen=True):
    """A sentence in singular and plural; which one is used depends on the first number given."""

    one: str
    other: str


class _Values(dict[str, object]):
    """Values for a text; the mark of one that is not there stays as it is."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


class Text(_Struct, frozen=True):
    """A sentence in every language. `{name}` in it is filled in when it is shown."""

    en: str | Plural
    fr: str | Plural

    def render(self, language: Language, count: int = 1, /, **values: object) -> str:
        """The sentence in `language`; French counts 0 as singular, English as plural."""
        chosen: str | Plural = getattr(self, language)
        if isinstance(chosen, Plural):
            singular = abs(count) < 2 if language == "fr" else abs(count) == 1  # noqa: PLR2004  # grammar
            chosen = chosen.one if singular else chosen.other
        try:
            return chosen.format_map(_Values(values)) if values else chosen
        except (ValueError, IndexError, KeyError, AttributeError):
            # A brace that is no mark for a value: somebody's rule, which the report must not die of.
            return chosen


class Remedy(_Struct, frozen=True):
    """One step that mends it. `unexplained`: a finding's step that is of use only where no cause is known."""

    text: Text
    command: str | None = None
    link: str | None = None
    unexplained: bool = False


class Example(_Struct, frozen=True):
    """A line that a rule must recognise, and what it must capture from it."""

    line: str
    captures: dict[str, str] = {}


class Rule(_Struct, frozen=True, kw_only=True):
    """What every rule has: a pattern, and lines that must and must not match it.

    `context` names the loggers that may write the line; a line without a logger's name is taken as well,
    unless the rule is `strict`.
    """

    id: str
    pattern: str
    context: str | list[str] | None = None
    strict: bool = False
    examples: list[str | Example]
    counterexamples: list[str] = []
    references: list[str] = []
    note: str | None = None

    @property
    def contexts(self) -> tuple[str, ...]:
        """The logger names that may write this line; empty means any."""
        if self.context is None:
            return ()
        return (self.context,) if isinstance(self.context, str) else tuple(self.context)


class Signature(Rule, frozen=True, kw_only=True):
    """Recognises a record by the start of its message and names the event it stands for."""

    event: EventName


class CauseRule(Rule, frozen=True, kw_only=True):
    """Recognises why a step failed, anywhere in an error text.

    `strength` orders rules inside one error: a root beats its symptom, a hint (a stack frame,
    say) counts only where nothing better is there. `warning` marks what does no harm by itself,
    `fatal` what ends the process.
    """

    strength: Strength = "plain"
    warning: bool = False
    fatal: bool = False


class Family(_Struct, frozen=True, kw_only=True):
    """A cause: a group of rules with one meaning, one component and one set of remedies."""

    id: str
    component: Component
    title: Text
    remedies: list[Remedy]
    references: list[str] = []
    rules: list[CauseRule] = []


class Fact(Rule, frozen=True, kw_only=True):
    """A line that answers an item of the checklist by itself."""

    check: str
    status: CheckStatus
    detail: Text


class DataRule(Rule, frozen=True, kw_only=True):
    """A line that carries other people's words (prompts, URLs, SQL): never read as a cause."""


class ServiceRule(Rule, frozen=True, kw_only=True):
    """A line that tells which program wrote the log, where that is not the backend."""

    service: str


class SecretRule(Rule, frozen=True, kw_only=True):
    """Text that must not leave the machine; the group `secret` (or the whole match) is masked."""


class FindingTexts(_Struct, frozen=True, kw_only=True):
    """A finding's severity and words. `variants` are summaries for some of the ways in which it shows,
    `advice` steps for some of what may be behind it.
    """

    severity: Severity
    title: Text
    summary: Text
    variants: dict[str, Text] = {}
    remedies: list[Remedy] = []
    advice: dict[str, list[Remedy]] = {}


class SequenceLine(_Struct, frozen=True, kw_only=True):
    """A line of a sequence, and when it was written: a duration from the beginning (`90s`, `2m`)."""

    at: str
    line: str


class Expectation(_Struct, frozen=True, kw_only=True):
    """What a report must say that is made when the log has come to `at`: by mascot the outcome, and the causes where given."""

    at: str
    outcomes: dict[str, str]
    causes: dict[str, list[str]] = {}
    verdict: str | None = None


class Sequence(_Struct, frozen=True, kw_only=True):
    """A small story that tests rules together: lines with their times, and what must come of them."""

    id: str
    lines: list[SequenceLine]
    expect: list[Expectation]
    note: str | None = None


class Deadlines(_Struct, frozen=True, kw_only=True):
    """How long a job may wait, and run, before it counts as lost (`2m`, `90s`)."""

    pickup: str
    run: str


class RuleFile(_Struct, frozen=True, kw_only=True):
    """A whole rule file."""

    schema: Literal[1]
    group: str | None = None
    title: Text | None = None
    signatures: list[Any] = []
    families: list[Any] = []
    facts: list[Any] = []
    data: list[Any] = []
    services: list[Any] = []
    secrets: list[Any] = []
    findings: dict[str, Any] = {}
    checks: dict[str, Any] = {}
    missing: dict[str, Any] = {}
    notes: dict[str, Any] = {}
    sequences: list[Any] = []
    deadlines: Deadlines | None = None


class MissingTexts(_Struct, frozen=True, kw_only=True):
    """What would make a finding sure, and the one command that fetches it."""

    what: Text
    command: str


class CheckTexts(_Struct, frozen=True, kw_only=True):
    """A checklist item's words: what to say when it was not looked at, what would look, and what a look may find."""

    title: Text
    skip: Text
    command: str
    details: dict[str, Text] = {}
