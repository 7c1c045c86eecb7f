"""Which project, environment and services: by name or id, or as token, environment and the CLI's link say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from logscan.errors import MissingError, RailwayError, RefusedError, UsageError
from logscan.railway import queries
from logscan.railway.access import advised, settle
from logscan.railway.client import Client
from logscan.railway.tokens import cli_settings
from logscan.railway.tree import Named, Project, ProjectData, ProjectToken, projects_reached, services_in
from logscan.visible import visible

_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# Railway gives these to every running service; who has one of them runs there, and is the service that RAILWAY_SERVICE_ID names.
_RUNNING_THERE: Final = ("RAILWAY_REPLICA_ID", "RAILWAY_DEPLOYMENT_ID")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for, by name or id; None and empty: the defaults."""

    project: str | None = None
    environment: str | None = None
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """What to read. `services` (id → name) are all of the environment, `chosen` ids of them (empty: all), `own` is logscan's own."""

    project: Named
    environment: Named
    services: Mapping[str, str] = field(default_factory=dict)
    chosen: tuple[str, ...] = ()
    own: str | None = None

    @property
    def filter(self) -> str | None:
        """The scope in Railway's filter syntax, None for everything."""
        if self.chosen:
            return " OR ".join(f"@service:{name}" for name in self.chosen)
        return f"-@service:{self.own}" if self.own else None

    def holds(self, service: str | None) -> bool:
        """Whether rows of this service belong to the scope."""
        return service in self.chosen if self.chosen else service is None or service != self.own

    @property
    def words(self) -> str:
        """The scope for people."""
        names = ", ".join(visible(self.services.get(name, name)) for name in self.chosen) or "all services"
        return f"{visible(self.project.name)} / {visible(self.environment.name)} / {names}"


@dataclass(frozen=True, slots=True)
class _Defaults:
    project: str | None = None
    environment: str | None = None
    service: str | None = None
    own: str | None = None


def find_scope(client: Client, wanted: Wanted, environment: Mapping[str, str], home: Path, folder: Path) -> Scope:
    """Ask Railway for what is wanted. Raises UsageError where it is not clear, MissingError where it is not there."""
    defaults = _defaults(environment, home, folder)
    granted = settle(client)
    try:
        project, place = _of_token(client, wanted, granted) if granted else _of_account(client, wanted, defaults)
        services = _services(client, place, wanted)
    except RefusedError as error:
        raise advised(client, error) from error
    everything = wanted.services == ("all",) and "all" not in services.values()
    asked = () if everything else wanted.services or ((defaults.service,) if defaults.service in services else ())
    chosen = tuple(dict.fromkeys(_service(name, services) for name in asked))
    if defaults.own in chosen:
        raise UsageError("--service: this is the service that logscan itself runs in; its lines would be read again and again")
    return Scope(project, place, services, chosen, defaults.own if defaults.own in services else None)


def _services(client: Client, place: Named, wanted: Wanted) -> dict[str, str]:
    """The services of an environment. Where they cannot be listed and nobody asks for one by name, there is still its log."""
    try:
        return {node.serviceId: node.serviceName for node in services_in(client, place.id)}
    except RailwayError as error:
        refused = isinstance(error, RefusedError) and client.token.kind != "project"
        if refused or not all(_ID.fullmatch(name) for name in wanted.services):
            raise
        client.notify(f"the services cannot be listed: {error}")
        return {name: name for name in wanted.services}


def _of_token(client: Client, wanted: Wanted, granted: ProjectToken) -> tuple[Named, Named]:
    """A project token's project and environment; whatever else is named must be just that."""
    for option, name, actual in (
        ("--project", wanted.project, granted.project),
        ("--environment", wanted.environment, granted.environment),
    ):
        if name is not None and not _is(name, actual):
            raise UsageError(
                f"{option} {visible(name)}: the token in {client.token.origin} is for {visible(actual.name)} only; "
                "another needs its own project token, or an account token in RAILWAY_API_TOKEN"
            )
    return granted.project, granted.environment


def _of_account(client: Client, wanted: Wanted, defaults: _Defaults) -> tuple[Named, Named]:
    project = _project(client, wanted.project or defaults.project)
    # An environment that is set beside another project than the one asked for belongs to that other one.
    same = wanted.project is None or wanted.project == defaults.project
    name = wanted.environment or (defaults.environment if same else None)
    if name is not None:
        return project.named, _only("--environment", name, project.places, f"project {project.name}")
    if len(project.places) == 1:
        return project.named, project.places[0]
    main = [place for place in project.places if place.id == project.primaryEnvironmentId or place.name == "production"]
    if len(main) != 1:
        names = ", ".join(visible(place.name) for place in project.places)
        raise UsageError(f"project {visible(project.name)} has several environments: name one of them with --environment ({names})")
    return project.named, main[0]


def _project(client: Client, name: str | None) -> Project:
    if name is not None and _ID.fullmatch(name):
        return client.ask(queries.PROJECT, {"project": name}, ProjectData).project
    reached = [project for _, projects in projects_reached(client) for project in projects]
    if name is None:
        if len(reached) == 1:
            return reached[0]
        if not reached:
            raise MissingError(f"the token in {client.token.origin} reaches no project")
        names = ", ".join(visible(project.name) for project in reached[:20])
        raise UsageError(
            f"name the project with --project, or set RAILWAY_PROJECT_ID: the token reaches {names} (logscan pull --list shows more)"
        )
    found = _only("--project", name, [project.named for project in reached], "what the token reaches")
    return next(project for project in reached if project.id == found.id)


def _only(option: str, name: str, candidates: Sequence[Named], where: str) -> Named:
    found = [item for item in candidates if item.id == name] or [item for item in candidates if _is(name, item)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(item.id for item in found)
        raise UsageError(f"{option} {visible(name)}: several have this name in {visible(where)}; give an id: {ids}")
    names = ", ".join(visible(item.name) for item in candidates) or "nothing"
    raise UsageError(f"{option} {visible(name)}: not in {visible(where)}, which has {names}")


def _service(name: str, services: Mapping[str, str]) -> str:
    return _only("--service", name, [Named(key, value) for key, value in services.items()], "this environment").id


def _is(name: str, item: Named) -> bool:
    return name == item.id or name.casefold() == item.name.casefold()


def _defaults(environment: Mapping[str, str], home: Path, folder: Path) -> _Defaults:
    """RAILWAY_PROJECT_ID and its like, else the CLI's link of this folder or one above it."""
    project, place, service = (environment.get(f"RAILWAY_{name}_ID") or None for name in ("PROJECT", "ENVIRONMENT", "SERVICE"))
    own = service if any(environment.get(name) for name in _RUNNING_THERE) else None
    if project:
        return _Defaults(project, place, None if own else service, own)
    link = _link(cli_settings(home), [folder, *folder.parents])
    texts = {name: link[name] for name in ("project", "environment", "service") if isinstance(link.get(name), str)}
    return _Defaults(texts.get("project"), place or texts.get("environment"), None if own else service or texts.get("service"), own)


def _link(settings: Mapping[str, Any], folders: Iterable[Path]) -> Mapping[str, Any]:
    links = settings.get("projects")
    if not isinstance(links, dict):
        return {}
    return next((link for folder in folders if isinstance(link := links.get(str(folder)), dict)), {})
