"""Deployments: what ran when, from which commit."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from logscan.fetched import Deployed
from logscan.railway import queries
from logscan.railway.client import Client
from logscan.railway.scope import Scope
from logscan.railway.tree import Connection
from logscan.times import parse_stamp

# ruff: noqa: N815  # Railway's own names
_PAGES: Final = 10
_MESSAGE: Final = 200


class _Deployment(msgspec.Struct):
    id: str
    status: str
    createdAt: str
    statusUpdatedAt: str | None = None
    serviceId: str | None = None
    meta: Any = None


class _Data(msgspec.Struct):
    deployments: Connection[_Deployment]


def deployments_in(client: Client, scope: Scope, since: int, until: int) -> list[Deployed]:
    """The deployments of the scope that ran or began in a window, oldest first: removed ones too, whose logs are still there.

    Raises RailwayError.
    """
    found: list[_Deployment] = []
    after = None
    for _ in range(_PAGES):
        wanted = {"projectId": scope.project.id, "environmentId": scope.environment.id}
        page = client.ask(queries.DEPLOYMENTS, {"input": wanted, "after": after}, _Data).deployments
        found += page.nodes
        after = page.pageInfo.endCursor
        if not page.pageInfo.hasNextPage or after is None:
            break
    kept = [it for it in found if scope.holds(it.serviceId) and (_at(it.createdAt) or 0) <= until]
    kept.sort(key=lambda it: _at(it.createdAt) or 0)
    return [_told(it) for place, it in enumerate(kept) if not _over_before(kept[place:], since)]


def _over_before(following: list[_Deployment], since: int) -> bool:
    """Whether the first was replaced before the window began: the next of its service had been created by then."""
    first, *rest = following
    return any(it.serviceId == first.serviceId and (_at(it.createdAt) or 0) < since for it in rest)


def _at(text: str | None) -> int | None:
    return parse_stamp(text) if text else None


def _told(it: _Deployment) -> Deployed:
    meta = it.meta if isinstance(it.meta, dict) else {}
    texts = {name: value for name, value in meta.items() if isinstance(value, str)}
    message = texts.get("commitMessage") or texts.get("cliMessage") or texts.get("image")
    return Deployed(
        it.id, it.serviceId, it.status, it.createdAt, it.statusUpdatedAt, texts.get("commitHash"), message[:_MESSAGE] if message else None
    )
