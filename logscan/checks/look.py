"""Looking at a project on Railway: its services, and their variables one service at a time."""

from __future__ import annotations

import secrets

import msgspec

from logscan.checks.railway import Looked, judged
from logscan.checks.variables import Described, describe
from logscan.errors import MissingError, RefusedError
from logscan.model import Check
from logscan.railway import queries
from logscan.railway.client import Client
from logscan.railway.scope import Scope
from logscan.railway.tree import ServiceInstance, services_in


class _Data(msgspec.Struct):
    variables: dict[str, str | None]


def look(client: Client, scope: Scope) -> tuple[Check, ...]:
    """The checklist's items that Railway answers for a scope. Raises RailwayError where nothing can be had at all."""
    salt = secrets.token_bytes(32)
    looked = []
    for service in services_in(client, scope.environment.id):
        if service.serviceId == scope.own:
            continue
        it = Looked(service, *_variables(client, scope, service, salt))
        if it.is_store or scope.holds(service.serviceId):
            looked.append(it)
    return judged(looked)


def _variables(client: Client, scope: Scope, service: ServiceInstance, salt: bytes) -> tuple[Described | None, str | None]:
    """What a service's variables say; or why they cannot be had."""
    wanted = {"project": scope.project.id, "environment": scope.environment.id, "service": service.serviceId}
    try:
        return describe(client.ask(queries.VARIABLES, wanted, _Data).variables, salt), None
    except (RefusedError, MissingError):
        return None, "forbidden"
