"""What a token reaches: workspaces, projects, environments, services."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import msgspec

from logscan.errors import RefusedError
from logscan.railway import queries
from logscan.railway.client import Client

# The fields below bear Railway's own names.
# ruff: noqa: N815
T = TypeVar("T")


class Named(msgspec.Struct, frozen=True):
    """Something with an id and a name."""

    id: str
    name: str


class Edge(msgspec.Struct, Generic[T]):
    """One entry of a list."""

    node: T


class PageInfo(msgspec.Struct):
    """Whether a list goes on."""

    hasNextPage: bool = False
    endCursor: str | None = None


class Connection(msgspec.Struct, Generic[T]):
    """A list, or a part of one."""

    edges: list[Edge[T]]
    pageInfo: PageInfo = msgspec.field(default_factory=PageInfo)

    @property
    def nodes(self) -> list[T]:
        """What the list holds."""
        return [edge.node for edge in self.edges]


class Project(msgspec.Struct):
    """A project with its environments and services."""

    id: str
    name: str
    environments: Connection[Named]
    services: Connection[Named]
    primaryEnvironmentId: str | None = None

    @property
    def named(self) -> Named:
        """Just id and name."""
        return Named(self.id, self.name)

    @property
    def places(self) -> list[Named]:
        """Its environments."""
        return self.environments.nodes


class ProjectData(msgspec.Struct):
    """The data of a project answer."""

    project: Project


class ProjectToken(msgspec.Struct):
    """What a project token is for."""

    project: Named
    environment: Named


class ProjectTokenData(msgspec.Struct):
    """The data of a projectToken answer."""

    projectToken: ProjectToken


class Instance(msgspec.Struct):
    """A replica of a deployment."""

    status: str


class Deployed(msgspec.Struct):
    """The latest deployment of a service."""

    id: str
    status: str
    deploymentStopped: bool = False
    instances: list[Instance] = []


class SourceOf(msgspec.Struct):
    """What a service is built from."""

    image: str | None = None
    repo: str | None = None


class ServiceInstance(msgspec.Struct):
    """A service in one environment."""

    serviceId: str
    serviceName: str
    startCommand: str | None = None
    cronSchedule: str | None = None
    sleepApplication: bool | None = None
    numReplicas: int | None = None
    source: SourceOf | None = None
    latestDeployment: Deployed | None = None


class _Environment(msgspec.Struct):
    serviceInstances: Connection[ServiceInstance]


class _EnvironmentData(msgspec.Struct):
    environment: _Environment


class _ProjectsData(msgspec.Struct):
    projects: Connection[Project]


class _Workspaces(msgspec.Struct):
    workspaces: list[Named]


class _ApiTokenData(msgspec.Struct):
    apiToken: _Workspaces


class _MeData(msgspec.Struct):
    me: _Workspaces


def services_in(client: Client, environment: str) -> list[ServiceInstance]:
    """The services of an environment."""
    found = client.ask(queries.ENVIRONMENT, {"environment": environment}, _EnvironmentData)
    return found.environment.serviceInstances.nodes


def workspaces(client: Client) -> list[Named]:
    """The workspaces that an account or workspace token reaches. Raises RefusedError for other tokens."""
    try:
        return client.ask(queries.API_TOKEN, {}, _ApiTokenData).apiToken.workspaces
    except RefusedError:
        # A login of the CLI is no API token.
        return client.ask(queries.ME, {}, _MeData).me.workspaces


def projects_reached(client: Client) -> Iterator[tuple[Named, list[Project]]]:
    """Every workspace with its projects."""
    for workspace in workspaces(client):
        projects: list[Project] = []
        after = None
        while True:
            variables: dict[str, Any] = {"workspace": workspace.id, "after": after}
            page = client.ask(queries.PROJECTS, variables, _ProjectsData).projects
            projects += page.nodes
            after = page.pageInfo.endCursor
            if not page.pageInfo.hasNextPage or after is None:
                break
        yield workspace, projects
