"""Whether a token is taken, as which kind, and what to say where it is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from logscan.errors import RailwayError, RefusedError
from logscan.railway import queries
from logscan.railway.client import Client
from logscan.railway.tokens import ACCOUNT, PROJECT, Kind, Token
from logscan.railway.tree import ProjectToken, ProjectTokenData, workspaces

_WHERE: Final[dict[str, str]] = {
    PROJECT: "project tokens (project settings → Tokens)",
    ACCOUNT: "account or workspace tokens (account settings → Tokens)",
}


def settle(client: Client) -> ProjectToken | None:
    """Find out the token's kind if it is not known; a project token's project and environment, else None.

    Raises RefusedError with advice where Railway does not take the token.
    """
    token = client.token
    if token.kind is None:
        kind = "project" if _accepts(client, replace(token, kind="project")) else "account"
        client.token = token = replace(token, kind=kind)  # type: ignore[arg-type]
    if token.kind != "project":
        return None
    try:
        return client.ask(queries.PROJECT_TOKEN, {}, ProjectTokenData).projectToken
    except RefusedError as error:
        raise advised(client, error) from error


def advised(client: Client, error: RefusedError) -> RefusedError:
    """The refusal with what can be done about it: another variable, a new token, or a right that is missing."""
    token = client.token
    other: Kind = "account" if token.kind == "project" else "project"
    if "Two Factor" in str(error):
        return RefusedError(
            f"{error}\nThe workspace asks for two-factor authentication: turn it on for your account, or use a project token ({PROJECT})"
        )
    if token.kind != "project" and _accepts(client, token):
        return RefusedError(
            f"{error}\nThe token in {token.origin} is valid, but has no right to this, or it is not there: "
            "`logscan pull --list` shows what the token reaches"
        )
    if _accepts(client, replace(token, kind=other)):
        right = ACCOUNT if other == "account" else PROJECT
        held = "an account or workspace token" if other == "account" else "a project token"
        return RefusedError(
            f"{token.origin} holds {held}: put it into {right} instead"
            + (f" ({token.variable} is for {_WHERE[token.variable]})" if token.variable else "")
        )
    if token.variable is None and "login" in token.origin:
        return RefusedError(f"{error}\nThe Railway CLI's login has expired: run `railway login`, or set {PROJECT} or {ACCOUNT}")
    lines = [f"{error}", f"Railway does not take the token in {token.origin}: it is wrong, or was deleted."]
    lines += [f"{name} is for {where}" for name, where in _WHERE.items()]
    return RefusedError("\n".join(lines))


def _accepts(client: Client, token: Token) -> bool:
    before, client.token = client.token, token
    try:
        if token.kind == "project":
            client.ask(queries.PROJECT_TOKEN, {}, ProjectTokenData)
        else:
            workspaces(client)
    except RailwayError:
        return False
    finally:
        client.token = before
    return True
