"""Findings about Redis and the queue: redis-not-working, worker-not-consuming, jobs-stalled."""

from __future__ import annotations

from collections import Counter
from typing import Final

import polars as pl

from logscan.findings.case import MAX_EVIDENCE, Case, families_by_mascot, families_of, family_order
from logscan.findings.requests import distinct, hanging_creations
from logscan.findings.rows import ENDED, TAKEN
from logscan.match import captured_number
from logscan.model import Finding
from logscan.ordering import Seen
from logscan.times import SECOND, format_duration, format_stamp

# One request may hang for a reason of its own.
_REPEATED: Final = 2


def redis_not_working(case: Case) -> Finding | None:
    """Mascots that end as enqueue_failed, or Redis errors that repeat and nothing that needs Redis behind them."""
    failed = set(case.with_outcome("enqueue_failed"))
    failures = [f for f in case.attribution.failures if f.event == "enqueue_failed" and f.mascot in failed]
    unnamed = case.events("jobs_not_enqueued")
    counted = sum(captured_number(item.sighting.captures, "count") for item in unnamed)
    silent, waited = _silence(case), _waited(case)
    alone = len(waited) >= _REPEATED
    if not failed and not silent and not alone and not (unnamed and not case.events("enqueue_failed")):
        return None
    hanging = _hanging(case) if silent else []
    # The edge's log tells of the same requests.
    requests = max(len(hanging), len(waited))
    shown: list[Seen] = [f.seen for f in failures] or unnamed or [*hanging, *waited]
    proof = [line for f in failures[:3] for line in (f.seen, *f.lines[:1])] or [*unnamed[:1], *hanging[:2], *silent[:2]]
    proof = [*proof[:3], *waited[:2]] if waited else proof
    causes = families_by_mascot(case, failures) or families_of(case, silent)
    everything = [*shown, *silent]
    first, last = min(item.at for item in everything), max(item.at for item in everything)
    after = [item for item in case.works if item.at > last]
    # A row that was made in the logs' time and never came to the queue: its enqueue hangs.
    pending = case.stored_as("pending", logs=("not_in_logs",)) if silent else []
    proven = pending or case.shown_to_fail("redis-service", "redis-variables", "redis-same")
    mascots = max(len(failed), counted if not case.events("enqueue_failed") else 0) + max(requests, len(pending))
    explicit = failed or unnamed or proven or (silent and waited)
    rows = case.row_evidence(pending, 2)
    return Finding(
        "redis-not-working", "critical", "certain" if explicit else "likely" if silent else "possible",
        _stamp(everything, first), _stamp(everything, last), not after, mascots, causes,
        (*case.evidence(proof, MAX_EVIDENCE - len(rows)), *rows), case.evidence([item for item in case.works if item.at > first], 2),
        _lacking(case, known=bool(failed or unnamed or silent)),
        {"failed": max(len(failed), counted if not failed else 0), "total": case.mascots.height, "requests": requests},
        _variant(told=bool(failed or unnamed), silent=bool(silent), requests=requests),
    )  # fmt: skip


def _variant(*, told: bool, silent: bool, requests: int) -> str | None:
    """Which summary says it."""
    if told:
        return "both" if requests else None
    return "silent" if silent else "waited"


def _lacking(case: Case, *, known: bool) -> tuple[str, ...]:
    """What would make it sure, and is not there."""
    looked = any(check.id == "redis-variables" and check.status != "skip" for check in case.looked)
    return (*(() if known else ("api-log",)), *(() if looked else ("redis-variables",)))


def _waited(case: Case) -> list[Seen]:
    """Creation requests in the HTTP log that nobody answered, if nothing behind them shows that Redis works."""
    waited = distinct(hanging_creations(case))
    return [] if waited and any(item.at > waited[0].at for item in case.works) else waited


def _silence(case: Case) -> list[Seen]:
    """Redis trouble after the last line that needs Redis, if it repeats."""
    last_good = max(((item.at, item.sighting.record) for item in case.works), default=(-1, -1))
    trouble = [item for item in case.redis_trouble if (item.at, item.sighting.record) > last_good]
    if len({item.sighting.record for item in trouble}) < 2:  # noqa: PLR2004  # "repeat"
        return []
    stamped = [item for item in trouble if item.stamp is not None]
    if len(stamped) == len(trouble) and trouble[-1].at - trouble[0].at < SECOND:
        return []
    return trouble


def _hanging(case: Case) -> list[Seen]:
    """Requests that began and never ended, as far as can be told by counting: the last ones of each process."""
    begun: dict[int, list[Seen]] = {}
    ended: Counter[int] = Counter()
    for item in case.events("request_begun", "request_done", "request_failed"):
        process = item.sighting.process
        if item.sighting.event == "request_begun":
            begun.setdefault(process, []).append(item)
        elif ended[process] < len(begun.get(process, [])):
            ended[process] += 1
    return [item for process, items in begun.items() for item in items[ended[process] :]]


def worker_not_consuming(case: Case) -> Finding | None:
    """Mascots that wait past their deadline; a warning while the worker still takes jobs.

    Those of which the database says that a worker had them do not wait.
    """
    taken = case.stored_as(*TAKEN, logs=("waiting",))
    waiting = case.mascots.filter((pl.col("outcome") == "waiting") & ~pl.col("mascot_id").is_in(taken))
    if waiting.is_empty():
        return None
    ids = set(waiting["mascot_id"].to_list())
    agreed = case.stored_as("pending", logs=("waiting",))
    rows = case.row_evidence(agreed, 1)
    items = [item for item in case.events("enqueued") if item.sighting.mascot in ids]
    picks = case.events("processing")
    end = case.coverage.end
    busy = [item for item in picks if item.stamp is not None and end is not None and item.stamp >= end - case.pickup]
    last_pick = next((item for item in reversed(picks)), None)
    causes = family_order(case, (cause for causes in waiting["causes"].to_list() for cause in causes))
    return Finding(
        "worker-not-consuming", "warning" if busy else "critical",
        "certain" if agreed or case.shown_to_fail("worker-running", "redis-same") else "likely" if case.worker_heard else "possible",
        items[0].stamp if items else None, end, True, len(ids), causes,
        (*case.evidence(items, MAX_EVIDENCE - len(rows)), *rows), (*case.evidence(reversed(picks), 2), *case.row_evidence(taken, 1)),
        () if case.worker_heard else ("worker-log",),
        {"pickup": format_duration(case.pickup), "last_pickup": (format_stamp(last_pick.stamp) if last_pick else None) or "—"},
    )  # fmt: skip


def jobs_stalled(case: Case) -> Finding | None:
    """Mascots that were picked up and did not end in time, by the database either."""
    ended = case.stored_as(*ENDED, logs=("stalled",))
    stalled = case.mascots.filter((pl.col("outcome") == "stalled") & ~pl.col("mascot_id").is_in(ended))
    if stalled.is_empty():
        return None
    ids = set(stalled["mascot_id"].to_list())
    items = [item for item in case.events("processing") if item.sighting.mascot in ids]
    causes = family_order(case, (cause for causes in stalled["causes"].to_list() for cause in causes))
    deaths = [death.seen for death in case.deaths]
    agreed = case.stored_as("generating", logs=("stalled",))
    rows = case.row_evidence(agreed, 1)
    return Finding(
        "jobs-stalled", "critical", "certain" if agreed else "likely",
        items[0].stamp if items else None, case.coverage.end, True, len(ids), causes,
        (*case.evidence([*items[:3], *deaths[: 2 - len(rows)]]), *rows),
        (*case.evidence(case.events("generated"), 1), *case.row_evidence(ended, 1)),
        () if causes else ("whole-log",), {"run": format_duration(case.run)},
    )  # fmt: skip


def _stamp(items: list[Seen], at: int) -> int | None:
    return next((item.stamp for item in items if item.at == at), None)
