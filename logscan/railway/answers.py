"""Answers of a GraphQL server: what they hold, and what their errors mean. Errors come with HTTP 200, too."""

from __future__ import annotations

import re
from typing import Any, Final, Generic, TypeVar

import msgspec

from logscan.errors import MissingError, RailwayError, RefusedError
from logscan.visible import visible

T = TypeVar("T")
_LONGEST: Final = 300
# The code beside "Not Authorized" is INTERNAL_SERVER_ERROR: only the words tell what is worth another try.
_REFUSED: Final = re.compile(
    r"not authori[sz]ed|unauthori[sz]ed|forbidden|token not found|invalid token|two factor authentication", re.IGNORECASE
)
_MISSING: Final = re.compile(r"(project|environment|service|deployment|workspace) not found", re.IGNORECASE)
_LIMITED: Final = re.compile(r"rate limit|too many requests", re.IGNORECASE)
_FOREVER: Final = frozenset({"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "BAD_USER_INPUT"})


class Fault(Exception):  # noqa: N818  # never leaves this package: a retry, or a RailwayError, comes of it
    """Something worth another try: broken transport, a broken body, "Problem processing request".

    `generic`: Railway says no more than that something went wrong; `limited`: too many requests were sent.
    """

    def __init__(self, why: str, *, generic: bool = False, limited: bool = False) -> None:
        super().__init__(why)
        self.generic, self.limited = generic, limited


class GraphQLError(msgspec.Struct):
    """One entry of `errors`."""

    message: str = ""
    extensions: dict[str, Any] | None = None
    traceId: str | None = None  # noqa: N815  # Railway's own name


class Answer(msgspec.Struct, Generic[T]):
    """A whole answer."""

    data: T | None = None
    errors: list[GraphQLError] | None = None


class _Failed(msgspec.Struct):
    errors: list[GraphQLError] | None = None


def decode(body: bytes, kind: type[T]) -> T:
    """The data of an answer. Raises Fault where another try may help, else RailwayError or one of its kinds."""
    try:
        answer = msgspec.json.decode(body, type=Answer[kind])  # type: ignore[valid-type]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        failed = errors_in(body)
        if failed:
            raise understood(failed) from error
        raise Fault("the answer is cut off, or no JSON") from error
    if answer.errors:
        raise understood(answer.errors)
    if answer.data is None:
        raise Fault("the answer is empty")
    return answer.data


def errors_in(body: bytes) -> list[GraphQLError]:
    """The errors of an answer whose data cannot be read."""
    try:
        return msgspec.json.decode(body, type=_Failed).errors or []
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []


def understood(errors: list[GraphQLError]) -> Fault | RailwayError:
    """What GraphQL errors mean, as an exception to raise."""
    first = errors[0]
    said = visible(first.message.strip())[:_LONGEST] or "an error without a word"
    told = f"{said} (trace {visible(first.traceId)[:64]})" if first.traceId else said
    code = str((first.extensions or {}).get("code", ""))
    if _REFUSED.search(said):
        return RefusedError(f"Railway says: {told}")
    if _MISSING.search(said):
        return MissingError(f"Railway says: {told}")
    if _LIMITED.search(said):
        return Fault(told, limited=True)
    if code in _FOREVER:
        return RailwayError(f"Railway does not understand this request any more; a newer logscan may. It says: {told}")
    return Fault(told, generic=True)
