"""What HTTP logs show: images that were asked for and did not come, and creation requests that hang."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from logscan.findings.case import Case
from logscan.images import host_of, is_own_of_browsers, owner_of
from logscan.match import captured_number
from logscan.ordering import Seen
from logscan.times import MINUTE

_FAILED: Final = 400
_OK: Final = 300
_GONE: Final = frozenset({404, 410})
# What is no refusal of the image: the client was too fast, or asked for a part that is not there.
_PASSING: Final = frozenset({416, 429})
# Answers for a request that nobody answered in time: given up by the client, by the edge.
_UNANSWERED: Final = frozenset({0, 408, 499, 502, 503, 504, 524})
# Nobody waits for so long on a creation that goes well: it only writes rows and enqueues (milliseconds).
HANGS: Final = 10_000
# Some time until whoever waits for an image asks for it.
_PATIENCE: Final = 2 * MINUTE


@dataclass(frozen=True, slots=True)
class ImageRequests:
    """Requests for images: `failing` is the last one of each path that still fails, `good` those of other paths that came.

    `gone` are those of `failing` whose image was there until a deployment, which was at `deploy` (ns); `deploy_line` shows it.
    `begun` are the requests with which each of the paths began to fail.
    """

    failing: Sequence[Seen] = ()
    good: Sequence[Seen] = ()
    gone: Sequence[Seen] = ()
    begun: Sequence[Seen] = ()
    deploy: int | None = None
    deploy_line: Seen | None = None
    owners: Mapping[str, str] = field(default_factory=dict)

    @property
    def hit(self) -> set[str]:
        """The mascots whose images fail; paths where it is not known whose they are."""
        return {self.owners.get(path_of(item), path_of(item)) for item in self.failing}


def status_of(item: Seen) -> int:
    """The status of a request's answer."""
    return captured_number(item.sighting.captures, "status")


def path_of(item: Seen) -> str:
    """A request's path without its query: a signature in it may change from one request to the next."""
    return item.sighting.captures.get("path", "").partition("?")[0]


def image_requests(case: Case) -> ImageRequests:
    """The requests for images, as far as they may be mascots'."""
    paths: dict[str, list[Seen]] = {}
    for item in case.events("http_image"):
        path = path_of(item)
        if not is_own_of_browsers(path) and status_of(item) not in _PASSING:
            paths.setdefault(path, []).append(item)
    if not paths:
        return ImageRequests()
    failing = {path: items for path, items in paths.items() if status_of(items[-1]) >= _FAILED}
    good = [item for path, items in paths.items() if path not in failing for item in items if status_of(item) < _OK]
    known = {*case.mascots["mascot_id"].to_list(), *(case.stored.rows["mascot_id"].drop_nulls().to_list() if case.stored else ())}
    owners = {path: owner for path in paths if (owner := owner_of(path, known)) is not None}
    deploys = _deploys(case)
    gone: list[Seen] = []
    latest: tuple[int, Seen | None] | None = None
    for path, items in failing.items():
        found = _lost_at(items, _made(case, owners.get(path)), deploys) if status_of(items[-1]) in _GONE else None
        if found is not None:
            gone.append(items[-1])
            latest = found if latest is None or found[0] > latest[0] else latest
    return ImageRequests(
        [items[-1] for items in failing.values()],
        good,
        gone,
        [_first_bad(items) for items in failing.values()],
        latest[0] if latest else None,
        latest[1] if latest else None,
        owners,
    )


def _made(case: Case, mascot: str | None) -> int | None:
    """When a mascot's image was made: from then on it should be there."""
    made = [item.at for item in case.by_mascot.get(mascot or "", ()) if item.sighting.event in ("generated", "uploaded")]
    return max(made, default=None)


def _first_bad(items: Sequence[Seen]) -> Seen:
    """The first request behind the last one that went well."""
    return items[max((place for place, item in enumerate(items) if status_of(item) < _OK), default=-1) + 1]


def _lost_at(items: Sequence[Seen], made: int | None, deploys: Sequence[tuple[int, Seen | None]]) -> tuple[int, Seen | None] | None:
    """The last deployment between the moment at which an image was last there and the first at which it was not."""
    last_good = max((place for place, item in enumerate(items) if status_of(item) < _OK), default=-1)
    was_there = items[last_good].at if last_good >= 0 else made
    first_bad = items[last_good + 1]
    if was_there is None or was_there >= first_bad.at:
        return None
    here = items[last_good].sighting.captures.get("deployment") if last_good >= 0 else None
    known = [deploy for deploy in deploys if was_there < deploy[0] <= first_bad.at]
    if known:
        return known[-1]
    # No line tells of it; yet another deployment answered.
    changed = here is not None and first_bad.sighting.captures.get("deployment") not in (None, here)
    return (first_bad.at, first_bad) if changed else None


def _deploys(case: Case) -> list[tuple[int, Seen | None]]:
    """When a container began anew, with an empty disk: by Railway's list, its own line, or a new deployment's first answer."""
    found: list[tuple[int, Seen | None]] = [
        (at, None)
        for it in case.coverage.deployments
        for at in (it.changed or it.created,)
        if at is not None and it.status not in _NEVER_RAN
    ]
    found += [(item.at, item) for item in case.events("container_start")]
    known: dict[str, Seen] = {}
    for item in case.events("http_image", "http_create", "http_other"):
        deployment = item.sighting.captures.get("deployment")
        if deployment is not None:
            known.setdefault(deployment, item)
    found += [(item.at, item) for item in list(known.values())[1:]]
    return sorted(found, key=lambda deploy: deploy[0])


_NEVER_RAN: Final = frozenset({"FAILED", "SKIPPED", "BUILDING", "QUEUED", "WAITING", "NEEDS_APPROVAL", "INITIALIZING"})


def hanging_creations(case: Case) -> list[Seen]:
    """Requests to create mascots that nobody answered for long, behind the last one that went well."""
    items = case.events("http_create")
    last_good = max((place for place, item in enumerate(items) if 200 <= status_of(item) < _FAILED), default=-1)  # noqa: PLR2004  # HTTP
    return [it for it in items[last_good + 1 :] if status_of(it) in _UNANSWERED and captured_number(it.sighting.captures, "took") >= HANGS]


def never_asked(case: Case) -> list[str]:
    """Mascots whose image lies on a host whose requests are in the input, and was not asked for in the time after it was made."""
    requests = case.events("http_image")
    hosts = {item.sighting.captures["host"] for item in (*requests, *case.events("http_create")) if "host" in item.sighting.captures}
    if not hosts:
        return []
    end = max(item.at for item in (*requests, *case.events("http_create")))
    asked = {path_of(item) for item in requests}
    made = _made_moments(case)
    out: dict[str, bool] = {}
    for url in case.image_urls:
        mascot, rest = url.mascot, url.url.partition("://")[2]
        if mascot in made and host_of(url.url) in hosts and made[mascot] + _PATIENCE <= end:
            path = "/" + rest.partition("/")[2].partition("?")[0]
            out[mascot] = out.get(mascot, True) and path not in asked
    return [mascot for mascot, unseen in out.items() if unseen]


def _made_moments(case: Case) -> dict[str, int]:
    rows = case.mascots.filter((pl.col("outcome") == "generated") & pl.col("ended_at").is_not_null())
    return dict(zip(rows["mascot_id"].to_list(), rows["ended_at"].cast(pl.Int64).to_list(), strict=True))


def first_behind(items: Sequence[Seen], at: int) -> Seen | None:
    """The first of sightings in order that stands behind a moment."""
    place = bisect_left([item.at for item in items], at)
    return items[place] if place < len(items) else None


def distinct(items: Iterable[Seen]) -> list[Seen]:
    """Requests, each once: two exports of one log may tell of it in two forms."""
    known: dict[tuple[int | None, str], Seen] = {}
    for item in items:
        known.setdefault((item.stamp, path_of(item)), item)
    return list(known.values())
