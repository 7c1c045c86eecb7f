"""The items of the checklist that Railway itself can answer: its services, and what their variables say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from logscan.checks.variables import KEY_NAMES, PROJECT_NAMES, REDIS_NAMES, STORAGE_NAMES, Described
from logscan.model import Check, Status
from logscan.railway.tree import ServiceInstance
from logscan.visible import visible

_REDIS_IMAGE: Final = re.compile(
    r"(?:^|[/_-])(?:redis|redis-stack|redis-ha|valkey|keydb|dragonfly)(?:[:@_-]|$)|railwayapp-templates/redis", re.IGNORECASE
)
_STORE_IMAGE: Final = re.compile(
    r"(?:^|[/_-])(?:postgres|postgresql|mysql|mariadb|mongo|mongodb|clickhouse|minio|haproxy|pgbouncer)", re.IGNORECASE
)
_REDIS_START: Final = re.compile(r"\b(?:redis|valkey|keydb)-server\b|\bdragonfly\b")
_WORKER: Final = re.compile(r"worker|processor|consumer", re.IGNORECASE)
_API: Final = re.compile(r"back-?end|\bapi\b|server|nest", re.IGNORECASE)
_COMING: Final = frozenset({"BUILDING", "DEPLOYING", "INITIALIZING", "QUEUED", "WAITING", "NEEDS_APPROVAL"})


@dataclass(frozen=True, slots=True)
class Looked:
    """A service, and its variables as far as they could be had; `why` not, if not."""

    service: ServiceInstance
    described: Described | None
    why: str | None = None

    @property
    def name(self) -> str:
        """The service's name, harmless."""
        return visible(self.service.serviceName)[:80]

    @property
    def is_redis(self) -> bool:
        """By image, start command or its own variables; a name says nothing."""
        image = (self.service.source.image if self.service.source else None) or ""
        return bool(_REDIS_IMAGE.search(image) or _REDIS_START.search(self.service.startCommand or "")) or bool(
            self.described and self.described.is_redis
        )

    @property
    def is_store(self) -> bool:
        """Whether it is a database or its like."""
        image = (self.service.source.image if self.service.source else None) or ""
        return self.is_redis or bool(_STORE_IMAGE.search(image))

    @property
    def works_off(self) -> bool:
        """Whether it is a worker by name or start command."""
        return bool(_WORKER.search(self.service.serviceName) or _WORKER.search(self.service.startCommand or ""))

    @property
    def belongs(self) -> bool:
        """Whether it is likely to be part of the backend: by name, or because it has some of the backend's variables."""
        return self.works_off or bool(_API.search(self.service.serviceName)) or (self.described is not None and self.described.relevant)

    @property
    def state(self) -> str:
        """In which state it is: `up`, `coming`, `crashed`, `asleep`, `stopped`, `absent`."""
        latest = self.service.latestDeployment
        if latest is None or latest.status in ("REMOVED", "SKIPPED"):
            return "absent"
        if latest.status in ("SLEEPING", "CRASHED", "FAILED"):
            return {"SLEEPING": "asleep"}.get(latest.status, "crashed")
        if latest.status in _COMING:
            return "coming"
        states = {it.status for it in latest.instances}
        if states & {"CRASHED"} and "RUNNING" not in states:
            return "crashed"
        return "stopped" if latest.deploymentStopped or (states and states <= {"EXITED", "STOPPED", "REMOVED"}) else "up"


@dataclass(frozen=True, slots=True)
class _View:
    apps: Sequence[Looked]
    workers: Sequence[Looked]
    redis: Sequence[Looked]


def judged(looked: Sequence[Looked]) -> tuple[Check, ...]:
    """The items that Railway answers. `looked` are the chosen services, and all stores of the environment."""
    apps = [it for it in looked if not it.is_store]
    relevant = [it for it in apps if it.belongs] or apps
    view = _View(relevant, [it for it in relevant if it.works_off] or relevant, [it for it in looked if it.is_redis])
    return tuple(_check(name, judge(view)) for name, judge in _JUDGES.items())


_LACKS: Final = frozenset({"missing", "no-password"})
_Verdict = tuple[Status, str, Mapping[str, str]]


def _check(name: str, verdict: _Verdict) -> Check:
    return Check(name, verdict[0], verdict[1], None, verdict[2])


def _each(services: Sequence[Looked], names: Iterable[str], judge: Callable[[Looked, Described], _Verdict | None]) -> _Verdict | None:
    """The worst of what is to be said about each service; None where all is well. What is sealed may be right or wrong."""
    found = []
    for it in services:
        if it.described is not None:
            verdict, sealed = judge(it, it.described), sorted(it.described.sealed & set(names))
            if sealed and (verdict is None or verdict[1] in _LACKS):
                verdict = "skip", "sealed", {"service": it.name, "names": ", ".join(sealed)}
            found += [verdict] if verdict is not None else []
    order = {"fail": 0, "warn": 1, "skip": 2, "pass": 3}
    return min(found, key=lambda verdict: order[verdict[0]], default=None)


def _unknown(services: Sequence[Looked]) -> _Verdict | None:
    """Why nothing can be said, where the variables of a service could not be had."""
    if not services:
        return "skip", "no-service", {}
    hidden = next((it for it in services if it.described is None), None)
    return ("skip", "hidden", {"service": hidden.name, "why": hidden.why or ""}) if hidden else None


def _names(services: Sequence[Looked]) -> str:
    return ", ".join(it.name for it in services)


def _redis_service(view: _View) -> _Verdict:
    up = [it for it in view.redis if it.state in ("up", "coming")]
    if up:
        return "pass", "found", {"service": _names(up)}
    if view.redis:
        return "fail", "down", {"service": view.redis[0].name, "state": view.redis[0].state}
    hosts = {it.described.redis.host for it in view.apps if it.described}
    if "other" in hosts:
        return "warn", "elsewhere", {}
    return "fail", "none", {}


def _redis_variables(view: _View) -> _Verdict:
    passwords = {it.described.password for it in view.redis if it.described and it.described.password}
    internal = {address for it in view.redis if it.described for address in it.described.own}

    def judge(it: Looked, facts: Described) -> _Verdict | None:
        """What is wrong with one service's Redis variables; None if nothing is."""
        redis, service = facts.redis, {"service": it.name}
        if redis.unresolved:
            return "fail", "unresolved", {**service, "names": ", ".join(redis.unresolved)}
        if redis.wrong:
            return "fail", "wrong", {**service, "names": ", ".join(redis.wrong)}
        if not redis.given:
            return "fail", "missing", service
        if redis.host == "loopback":
            return "fail", "loopback", service
        if redis.host == "private" and internal and redis.address not in internal:
            return "fail", "other-host", service
        if redis.address in internal and passwords and redis.password not in passwords:
            return "fail", "password" if redis.password else "no-password", service
        return ("warn", "public", service) if redis.host == "public" else None

    return _each(view.apps, REDIS_NAMES, judge) or _unknown(view.apps) or ("pass", "good", {"service": _names(view.apps)})


def _redis_same(view: _View) -> _Verdict:
    if (unknown := _unknown(view.apps)) is not None:
        return unknown
    owners = {address: it.service.serviceId for it in view.redis if it.described for address in it.described.own}
    with_redis = [it for it in view.apps if it.described and it.described.redis.target]
    if len(with_redis) < 2:  # noqa: PLR2004  # nothing to compare
        return ("pass", "one", {"service": _names(with_redis)}) if len(view.apps) == 1 and with_redis else ("skip", "too-few", {})
    targets = {owners.get(it.described.redis.address or "", it.described.redis.target) for it in with_redis if it.described}
    return (
        ("pass", "same", {"service": _names(with_redis)}) if len(targets) == 1 else ("fail", "different", {"service": _names(with_redis)})
    )


def _google_project(view: _View) -> _Verdict:
    def judge(it: Looked, facts: Described) -> _Verdict | None:
        google, service = facts.google, {"service": it.name}
        if google.unresolved:
            return "fail", "unresolved", {**service, "names": ", ".join(google.unresolved)}
        if google.project is None:
            return "fail", "missing", service
        return None if google.project_usable else ("fail", "malformed", service)

    return _each(view.workers, PROJECT_NAMES, judge) or _unknown(view.workers) or ("pass", "good", {"service": _names(view.workers)})


def _google_credentials(view: _View) -> _Verdict:
    def judge(it: Looked, facts: Described) -> _Verdict | None:
        google, service = facts.google, {"service": it.name, "names": facts.google.key_name or ""}
        if google.unresolved:
            return "fail", "unresolved", {**service, "names": ", ".join(google.unresolved)}
        if google.key is None:
            return "fail", "missing", service
        if google.key == "broken":
            return "fail", "broken", service
        if google.key_project is not None and google.project is not None and google.key_project != google.project:
            return "fail", "other-project", service
        return {"path": ("warn", "path", service), "api": ("warn", "api", service)}.get(google.key)  # type: ignore[return-value]

    return _each(view.workers, KEY_NAMES, judge) or _unknown(view.workers) or ("pass", "good", {"service": _names(view.workers)})


def _storage(view: _View) -> _Verdict:
    def judge(it: Looked, facts: Described) -> _Verdict | None:
        storage, service = facts.storage, {"service": it.name}
        if storage.unresolved:
            return "fail", "unresolved", {**service, "names": ", ".join(storage.unresolved)}
        return None if storage.kind else ("fail", "missing", {**service, "names": ", ".join(storage.lacking)})

    return _each(view.workers, STORAGE_NAMES, judge) or _unknown(view.workers) or ("pass", "good", {"service": _names(view.workers)})


def _worker_running(view: _View) -> _Verdict:
    if not view.workers:
        return "skip", "no-service", {}
    order = ("crashed", "absent", "stopped", "asleep", "coming", "up")
    worst = min(view.workers, key=lambda it: order.index(it.state))
    service = {"service": worst.name}
    if worst.state == "up":
        return "pass", "up", {"service": _names(view.workers)}
    return "warn" if worst.state == "coming" else "fail", worst.state, service


_JUDGES: Final[dict[str, Callable[[_View], _Verdict]]] = {
    "redis-service": _redis_service,
    "redis-variables": _redis_variables,
    "redis-same": _redis_same,
    "google-project": _google_project,
    "google-credentials": _google_credentials,
    "storage-variables": _storage,
    "worker-running": _worker_running,
}
