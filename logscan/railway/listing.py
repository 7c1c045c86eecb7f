"""`pull --list`: what a token reaches, with the ids that options take."""

from __future__ import annotations

from collections.abc import Iterable

from logscan.errors import RefusedError
from logscan.railway.access import advised, settle
from logscan.railway.client import Client
from logscan.railway.tree import Named, projects_reached, services_in
from logscan.visible import visible


def listing(client: Client) -> str:
    """The tree of workspaces, projects, environments and services, as text. Raises RailwayError."""
    granted = settle(client)
    try:
        if granted is not None:
            services = [Named(it.serviceId, it.serviceName) for it in services_in(client, granted.environment.id)]
            lines = [
                f"The project token in {client.token.origin} reaches one environment:",
                *_project(granted.project, [granted.environment], services),
            ]
        else:
            lines = [f"The token in {client.token.origin} reaches:"]
            for workspace, projects in projects_reached(client):
                lines.append(f"workspace {_it(workspace)}")
                for project in projects:
                    lines += _project(project.named, project.places, project.services.nodes)
    except RefusedError as error:
        raise advised(client, error) from error
    return "\n".join(lines) + "\n"


def _project(project: Named, places: Iterable[Named], services: Iterable[Named]) -> list[str]:
    lines = [f"  project {_it(project)}"]
    lines += [f"    environment {_it(place)}" for place in places]
    return lines + [f"    service {_it(service)}" for service in services]


def _it(item: Named) -> str:
    return f"{visible(item.name)}  {visible(item.id)}"
