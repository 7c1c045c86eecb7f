"""What the plugin's console tells: its pollings, and to which mascots they belong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from logscan.findings.case import Case
from logscan.match import captured_number
from logscan.model import Batch
from logscan.ordering import Seen

_EVENTS: Final = (
    "plugin_received", "plugin_images", "plugin_poll_begun", "plugin_poll", "plugin_gave_up", "plugin_variation", "plugin_image_failed",
    "plugin_image_loaded",
)  # fmt: skip
MADE: Final = frozenset({"generated", "completed"})
# Which state of its mascots says most about a batch without images.
_SAID: Final = (
    ("no-image", "batch-no-url"), ("generated", "batch-made"), ("completed", "batch-made"), ("generation_failed", "batch-failed"),
    ("failed", "batch-failed"), ("enqueue_failed", "batch-not-enqueued"), ("stalled", "batch-generating"),
    ("generating", "batch-generating"), ("waiting", "batch-waiting"), ("pending", "batch-waiting"),
)  # fmt: skip


@dataclass(slots=True)
class Polling:
    """One polling of the plugin: does it end without images? `named` are the mascots that its lines name."""

    batch: str
    images: bool = False
    gave_up: list[Seen] = field(default_factory=list)
    attempts: int = 0
    most: int | None = None
    variations: int | None = None
    named: dict[str, bool] = field(default_factory=dict)
    image_errors: int = 0
    last: Seen | None = None


def pollings_of(case: Case) -> list[Polling]:
    """The plugin's pollings: begun, images seen after that or not, given up or not.

    Lines that name no batch belong to the one that was polled last.
    """
    pollings: dict[str, Polling] = {}
    current: Polling | None = None
    received: int | None = None
    for item in case.events(*_EVENTS):
        event, captures = item.sighting.event, item.sighting.captures
        if event in ("plugin_poll_begun", "plugin_poll"):
            batch = captures.get("batch", "")
            if batch not in pollings:
                pollings[batch], received = Polling(batch, variations=received), None
            current = pollings[batch]
        elif event == "plugin_gave_up" and current is None:
            current = pollings.setdefault("", Polling(""))
        elif event == "plugin_received" and not (item.sighting.context or "").endswith("Code"):
            # The page tells of a new request, whose polling has not yet begun; the sandbox of each round.
            received = captured_number(captures, "count") or None
            continue
        if current is not None:
            _take(current, item)
    return list(pollings.values())


def _take(polling: Polling, item: Seen) -> None:
    event, captures = item.sighting.event, item.sighting.captures
    polling.last = item
    if "max" in captures:
        polling.most = captured_number(captures, "max")
    polling.attempts = max(polling.attempts, captured_number(captures, "attempt"))
    last_try = event == "plugin_poll" and captured_number(captures, "attempt") >= captured_number(captures, "max")
    if last_try or event == "plugin_gave_up":
        polling.gave_up.append(item)
    elif event == "plugin_images":
        polling.images = polling.images or _has_images(captures)
    elif event == "plugin_image_loaded":
        polling.images = True
    elif event == "plugin_image_failed":
        polling.image_errors += 1
    variation = captures.get("variation")
    if variation:
        polling.named[variation] = event == "plugin_image_loaded" or captures.get("images") == "true"
    if event == "plugin_received" and captured_number(captures, "count"):
        polling.variations = captured_number(captures, "count")


def _has_images(captures: Mapping[str, str]) -> bool:
    if "images" in captures:
        return captures["images"] == "true"
    ready = captured_number(captures, "ready")
    return ready > 0 and ready >= captured_number(captures, "total", 1)


def mascots_of(case: Case, polling: Polling) -> tuple[list[str], Literal["database", "logs", "console"] | None]:
    """The mascots of a batch, and by what they are known: a column, or lines that name both."""
    if polling.batch and (found := case.stored_batches.get(polling.batch)):
        return found, "database"
    if polling.batch and (found := case.logged_batches.get(polling.batch)):
        return found, "logs"
    return list(polling.named), "console" if polling.named else None


def state_of(case: Case, mascot: str) -> str | None:
    """Where a mascot stands: `no-image`, else its outcome in the logs, else its status in the database."""
    if mascot in case.without_url:
        return "no-image"
    outcome = case.outcomes.get(mascot)
    return outcome if outcome not in (None, "unknown", "in_flight") else case.statuses.get(mascot, outcome)


def never_made(case: Case, polling: Polling) -> bool:
    """Whether it is known of each mascot of a batch that its image was not made: then there was nothing to be seen."""
    mascots, _ = mascots_of(case, polling)
    states = [state_of(case, mascot) for mascot in mascots]
    return bool(states) and all(state is not None and state not in MADE and state not in ("no-image", "unknown") for state in states)


def batches_of(case: Case) -> tuple[Batch, ...]:
    """Every polling with its mascots, for people."""
    out = []
    for polling in pollings_of(case):
        mascots, joined = mascots_of(case, polling)
        states = Counter(state for mascot in mascots if (state := state_of(case, mascot)) is not None)
        shown = polling.gave_up[-1] if polling.gave_up else polling.last
        out.append(
            Batch(
                id=case.redactor.clean_id(polling.batch), mascots=tuple(case.redactor.clean_id(name) for name in mascots), joined=joined,
                variations=polling.variations or len(polling.named) or None, attempts=polling.attempts, most=polling.most,
                images=polling.images, gave_up=bool(polling.gave_up) and not polling.images, image_errors=polling.image_errors,
                states=dict(sorted(states.items())), meaning=_meaning(polling, states), evidence=case.evidence_of(shown) if shown else None,
            )
        )  # fmt: skip
    return tuple(out)


def _meaning(polling: Polling, states: Mapping[str, int]) -> str:
    if polling.images:
        return "batch-errors" if polling.image_errors else "batch-images"
    if not polling.gave_up:
        return "batch-open"
    return next((meaning for state, meaning in _SAID if state in states), "batch-unjoined" if not states else "batch-unknown")
