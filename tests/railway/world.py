"""What stands behind the test server: a project with services, deployments, variables and logs, and how it answers for them.

It behaves as Railway does where that is known (limit+1 rows, oldest first, the newest before the anchor),
and where it is not (which bounds belong to a window, the largest limit) as `Manner` says.
"""

from __future__ import annotations

import uuid
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from logscan.times import SECOND, format_stamp, parse_stamp

PROJECT, ENVIRONMENT, WORKSPACE = (str(uuid.UUID(int=number)) for number in (0xA1, 0xB1, 0xC1))
API, WORKER, REDIS, OWN = (str(uuid.UUID(int=number)) for number in (0xD1, 0xD2, 0xD3, 0xD4))
ACCOUNT, WORKSPACE_TOKEN, PROJECT_TOKEN = "account-token-0123456789", "workspace-token-0123456789", "project-token-0123456789"
NOON = parse_stamp("2024-06-01T12:00:00Z") or 0

Row = dict[str, Any]


def stamp(moment: int) -> str:
    """As Railway prints it: nine digits."""
    seconds, rest = divmod(moment, SECOND)
    return f"{(format_stamp(seconds * SECOND) or '')[:-1]}.{rest:09d}Z"


def row(moment: int, message: str, service: str = API, replica: str = "r1", deployment: str = "d1", level: str = "info") -> Row:
    """A log row, fields in the order in which logscan selects them."""
    return {
        "timestamp": stamp(moment), "message": message, "severity": level, "attributes": [{"key": "level", "value": f'"{level}"'}],
        "tags": {
            "projectId": PROJECT, "environmentId": ENVIRONMENT, "serviceId": service, "deploymentId": deployment,
            "deploymentInstanceId": replica, "snapshotId": None,
        },
    }  # fmt: skip


def http_row(moment: int, path: str, deployment: str = "d1", status: int = 200) -> Row:
    """An HTTP request's row."""
    return {
        "timestamp": stamp(moment), "method": "GET", "path": path, "host": "api.example.org", "httpStatus": status, "totalDuration": 12,
        "requestId": f"{moment}-{path}", "responseDetails": "", "clientUa": "Figma", "srcIp": "192.0.2.7", "edgeRegion": "europe-west4",
        "txBytes": 10, "rxBytes": 20, "upstreamRqDuration": 11, "upstreamAddress": "", "upstreamProto": "HTTP/1.1", "downstreamProto": "HTTP/2.0",
        "upstreamErrors": "", "deploymentId": deployment, "deploymentInstanceId": "r1",
    }  # fmt: skip


@dataclass
class Manner:
    """What nobody knows of Railway, to be tried either way."""

    anchor_inclusive: bool = True
    before_inclusive: bool = False
    most: int = 10_000
    websocket_for_project_tokens: bool = False
    keeps: int | None = None


@dataclass
class Service:
    """A service of the environment; `variables` None: sealed, or not allowed."""

    id: str
    name: str
    image: str | None = None
    status: str = "SUCCESS"
    instances: tuple[str, ...] = ("RUNNING",)
    stopped: bool = False
    start: str | None = None
    variables: dict[str, str] | None = field(default_factory=dict)


class Logs:
    """Rows in order of time, equal stamps in the order in which they came."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows: list[Row] = []
        self.stamps: list[int] = []
        self.add(rows)

    def add(self, rows: Iterable[Row]) -> None:
        both = [*zip(self.stamps, self.rows, strict=True), *((parse_stamp(it["timestamp"]) or 0, it) for it in rows)]
        both.sort(key=lambda pair: pair[0])
        self.stamps, self.rows = [at for at, _ in both], [it for _, it in both]

    def newest(self, manner: Manner, before: str | None, anchor: str | None, limit: int | None, wanted: str | None) -> list[Row]:
        """The newest limit+1 rows between two moments."""
        low, high = parse_stamp(before or "1970-01-01T00:00:00Z") or 0, parse_stamp(anchor) if anchor else None
        start = (bisect_left if manner.before_inclusive else bisect_right)(self.stamps, low)
        end = len(self.rows) if high is None else (bisect_right if manner.anchor_inclusive else bisect_left)(self.stamps, high)
        rows: Sequence[Row] = self.rows[start:end] if wanted else self.rows
        if wanted:
            rows, start = [it for it in rows if matches(wanted, it)], 0
            end = len(rows)
        return list(rows[max(start, end - min((limit or 100) + 1, manner.most)) : end])


def matches(wanted: str, it: Mapping[str, Any]) -> bool:
    """The part of Railway's filter syntax that logscan uses."""
    for term in wanted.split(" OR "):
        negated = term.startswith("-")
        name, _, value = term.removeprefix("-").partition(":")
        assert name == "@service", wanted
        if (it["tags"]["serviceId"] == value) is not negated:
            return True
    return False


@dataclass
class World:
    """Everything that the server knows."""

    logs: Logs = field(default_factory=Logs)
    http: dict[str, Logs] = field(default_factory=dict)
    manner: Manner = field(default_factory=Manner)
    services: list[Service] = field(default_factory=lambda: [
        Service(API, "backend"), Service(WORKER, "worker"), Service(REDIS, "Redis", image="redis:7.4"),
    ])  # fmt: skip
    deployments: list[dict[str, Any]] = field(default_factory=list)
    tokens: dict[str, str] = field(
        default_factory=lambda: {
            ACCOUNT: "account",
            WORKSPACE_TOKEN: "workspace",
            PROJECT_TOKEN: "project",
            "oauth-token-0123456789": "login",
        }
    )
    projects: list[tuple[str, str]] = field(default_factory=lambda: [(PROJECT, "mascots")])
    environments: list[tuple[str, str]] = field(default_factory=lambda: [(ENVIRONMENT, "production")])

    def deployment(self, name: str, service: str, created: int, status: str = "SUCCESS", **meta: Any) -> None:
        """Add a deployment."""
        self.deployments.append({
            "id": name, "status": status, "createdAt": format_stamp(created), "statusUpdatedAt": format_stamp(created + SECOND),
            "updatedAt": format_stamp(created), "serviceId": service, "meta": meta, "instances": [], "deploymentStopped": False,
            "environmentId": ENVIRONMENT, "projectId": PROJECT,
        })  # fmt: skip
