"""A GraphQL server on loopback: it parses, validates and executes every request against Railway's schema, over HTTP and WebSocket.

`faults` are taken one per request, in order: what goes wrong with it.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, build_schema, execute_sync, parse, validate
from graphql.language import FieldNode

from logscan.times import parse_stamp
from tests.railway.world import ENVIRONMENT, PROJECT, WORKSPACE, Row, Service, World, matches

SCHEMA: GraphQLSchema = build_schema((Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8"))
_LOG_FIELDS = ["timestamp", "message", "severity", "attributes", "tags"]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


@dataclass
class Fault:
    """Something that goes wrong: how, with which headers, and for how many seconds."""

    kind: str
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    text: str = "Problem processing request"


def refusal(message: str) -> GraphQLError:
    # Railway's own code for it says nothing.
    return GraphQLError(message, extensions={"code": "INTERNAL_SERVER_ERROR"})


class Resolver:
    """The root value of an execution: what the schema's fields answer for one token."""

    def __init__(self, world: World, kind: str | None, header: str) -> None:
        self.world, self.kind, self.header = world, kind, header

    def _allow(self, *kinds: str) -> None:
        right = "project" if self.header == "project-access-token" else "bearer"
        if self.kind is None or self.kind not in kinds or (self.kind == "project") is not (right == "project"):
            raise refusal("Project Token not found" if right == "project" else "Not Authorized")

    def _allow_place(self, environment: str) -> None:
        self._allow("project", "account", "workspace", "login")
        if environment not in dict(self.world.environments):
            raise refusal("Not Authorized")

    def projectToken(self, _info: Any) -> Any:
        self._allow("project")
        return {
            "projectId": PROJECT,
            "environmentId": ENVIRONMENT,
            "project": self._project(PROJECT),
            "environment": self._place(ENVIRONMENT),
        }

    def apiToken(self, _info: Any) -> Any:
        self._allow("account", "workspace")
        return {"workspaces": [{"id": WORKSPACE, "name": "studio"}]}

    def me(self, _info: Any) -> Any:
        self._allow("account", "login")
        return {"id": "u", "email": "dev@example.org", "workspaces": [{"id": WORKSPACE, "name": "studio"}]}

    def projects(self, _info: Any, **_: Any) -> Any:
        self._allow("account", "workspace", "login")
        return connection([self._project(name) for name, _ in self.world.projects])

    def project(self, _info: Any, id: str) -> Any:  # noqa: A002
        self._allow("account", "workspace", "login")
        if id not in dict(self.world.projects):
            raise refusal("Not Authorized")
        return self._project(id)

    def _project(self, name: str) -> Any:
        services = [{"id": it.id, "name": it.name, "projectId": name} for it in self.world.services]
        places = [self._place(place) for place, _ in self.world.environments]
        return {
            "id": name, "name": dict(self.world.projects)[name], "primaryEnvironmentId": None,
            "environments": lambda _i, **_: connection(places), "services": lambda _i, **_: connection(services),
        }  # fmt: skip

    def _place(self, name: str) -> Any:
        return {
            "id": name, "name": dict(self.world.environments)[name],
            "serviceInstances": lambda _i, **_: connection([instance(it) for it in self.world.services]),
        }  # fmt: skip

    def environment(self, _info: Any, id: str, **_: Any) -> Any:  # noqa: A002
        self._allow_place(id)
        return self._place(id)

    def deployments(self, _info: Any, input: Mapping[str, Any], first: int = 20, after: str | None = None, **_: Any) -> Any:  # noqa: A002
        self._allow_place(input["environmentId"])
        newest = sorted(self.world.deployments, key=lambda it: it["createdAt"], reverse=True)
        start = int(after or 0)
        return connection(newest[start : start + first], start + first if start + first < len(newest) else None)

    def variables(self, _info: Any, serviceId: str, environmentId: str, **_: Any) -> Any:
        self._allow_place(environmentId)
        found = next(it for it in self.world.services if it.id == serviceId)
        if found.variables is None:
            raise refusal("Not Authorized")
        return found.variables

    def environmentLogs(
        self, _info: Any, environmentId: str, beforeDate: str | None = None, anchorDate: str | None = None, beforeLimit: int | None = None,
        filter: str | None = None, **_: Any,  # noqa: A002
    ) -> list[Row]:  # fmt: skip
        self._allow_place(environmentId)
        keeps = self.world.manner.keeps
        if keeps is not None and beforeDate is not None and (parse_stamp(beforeDate) or 0) < time.time_ns() - keeps:
            raise refusal("Problem processing request")
        return self.world.logs.newest(self.world.manner, beforeDate, anchorDate, beforeLimit, filter)

    def httpLogs(
        self,
        _info: Any,
        deploymentId: str,
        beforeDate: str | None = None,
        anchorDate: str | None = None,
        beforeLimit: int | None = None,
        **_: Any,
    ) -> list[Row]:
        self._allow("project", "account", "workspace", "login")
        if deploymentId not in self.world.http:
            raise refusal("Deployment not found")
        return self.world.http[deploymentId].newest(self.world.manner, beforeDate, anchorDate, beforeLimit, None)


def connection(nodes: list[Any], after: int | None = None) -> Any:
    info = {"hasNextPage": after is not None, "hasPreviousPage": False, "endCursor": None if after is None else str(after)}
    return {"edges": [{"cursor": "", "node": node} for node in nodes], "pageInfo": info}


def instance(it: Service) -> Any:
    latest = {"id": f"d-{it.id}", "status": it.status, "deploymentStopped": it.stopped, "createdAt": "2026-11-20T00:00:00Z",
              "instances": [{"id": str(n), "status": state} for n, state in enumerate(it.instances)]}  # fmt: skip
    return {
        "serviceId": it.id, "serviceName": it.name, "startCommand": it.start, "source": {"image": it.image, "repo": None}, "numReplicas": 1,
        "latestDeployment": latest if it.status != "NONE" else None,
    }  # fmt: skip


@dataclass
class Railway:
    """The server. `asked` holds every request's query and variables, `tokens` the header each came with."""

    world: World = field(default_factory=World)
    faults: deque[Fault | None] = field(default_factory=deque)
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    stream_faults: deque[Fault | None] = field(default_factory=deque)
    streams: int = 0
    answer_headers: dict[str, str] = field(default_factory=dict)
    fast: bool = True
    date: float | None = None
    port: int = 0
    on_request: Callable[[int], None] = lambda _: None
    _checked: dict[str, DocumentNode | list[GraphQLError]] = field(default_factory=dict)
    _changed: asyncio.Condition | None = None
    _loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql/v2"

    def add(self, *rows: Row) -> None:
        """New log rows: those who listen hear of them."""
        self.world.logs.add(rows)

        async def wake() -> None:
            assert self._changed is not None
            async with self._changed:
                self._changed.notify_all()

        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(wake(), self._loop).result(5)

    # HTTP

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if self._changed is None:
            self._changed, self._loop = asyncio.Condition(), asyncio.get_running_loop()
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _http(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            event = await receive()
            body, more = body + event.get("body", b""), event.get("more_body", False)
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        self.headers.append(headers)
        request = json.loads(body)
        self.asked.append(request)
        self.on_request(len(self.asked))
        assert scope["query_string"], "the bare path falls under the edge's limit"
        fault = self.faults.popleft() if self.faults else None
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        if fault is not None and fault.kind in ("status", "429", "html"):
            status = {"429": 429, "html": 502}.get(fault.kind) or int(fault.text)
            await reply(send, status, b"<html>upstream</html>" if fault.kind == "html" else b"{}", fault.headers)
            return
        document = self._document(request["query"])
        if isinstance(document, list):
            errors = [{**error.formatted, "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}} for error in document]
            await reply(send, 400, json.dumps({"errors": errors}).encode(), {})
            return
        data = self._answer(document, request, headers, fault)
        extra = {**self.answer_headers, "date": formatdate(self.date or time.time(), usegmt=True)}
        await reply(send, 200, data, extra, cut=fault.kind if fault is not None and fault.kind in ("cut", "drop", "short") else None)

    def _answer(self, document: DocumentNode, request: Mapping[str, Any], headers: Mapping[str, str], fault: Fault | None) -> bytes:
        if fault is not None and fault.kind == "error":
            error = {"message": fault.text, "extensions": {"code": "INTERNAL_SERVER_ERROR"}, "traceId": "1234567890"}
            return json.dumps({"errors": [error], "data": None}).encode()
        resolver = Resolver(self.world, *self._token(headers))
        fast = self._fast(document, resolver, request.get("variables") or {}) if self.fast else None
        if fast is not None:
            return fast
        result = execute_sync(SCHEMA, document, resolver, variable_values=request.get("variables"))
        return json.dumps({"data": result.data, **({"errors": [e.formatted for e in result.errors]} if result.errors else {})}).encode()

    def _document(self, text: str) -> DocumentNode | list[GraphQLError]:
        if text not in self._checked:
            document = parse(text)
            self._checked[text] = validate(SCHEMA, document) or document
        return self._checked[text]

    def _fast(self, document: DocumentNode, resolver: Resolver, variables: Mapping[str, Any]) -> bytes | None:
        """Rows that are asked for whole need no execution field by field; a test compares both."""
        (operation,) = document.definitions
        assert isinstance(operation, OperationDefinitionNode)
        (root,) = operation.selection_set.selections
        assert isinstance(root, FieldNode)
        if root.name.value != "environmentLogs" or root.selection_set is None or operation.operation.value != "query":
            return None
        if [node.name.value for node in root.selection_set.selections if isinstance(node, FieldNode)] != _LOG_FIELDS:
            return None
        given = {a.name.value: variables.get(a.value.name.value) for a in root.arguments}  # type: ignore[attr-defined]
        with suppress(GraphQLError):
            return b'{"data":{"environmentLogs":' + msgspec.json.encode(resolver.environmentLogs(None, **given)) + b"}}"
        return None

    def _token(self, headers: Mapping[str, str]) -> tuple[str | None, str]:
        if "project-access-token" in headers:
            return self.world.tokens.get(headers["project-access-token"]), "project-access-token"
        return self.world.tokens.get(headers.get("authorization", "").removeprefix("Bearer ")), "authorization"

    # graphql-transport-ws

    async def _websocket(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        self.streams += 1
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        self.headers.append(headers)
        fault = self.stream_faults.popleft() if self.stream_faults else None
        await receive()
        if fault is not None and fault.kind == "refuse":
            await send({"type": "websocket.close", "code": 1013})
            return
        assert "graphql-transport-ws" in scope["subprotocols"]
        await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
        assert json.loads((await receive())["text"])["type"] == "connection_init"
        await tell(send, {"type": "connection_ack"})
        message = json.loads((await receive())["text"])
        assert message["type"] == "subscribe"
        self.asked.append(message["payload"])
        kind, header = self._token(headers)
        document = self._document(message["payload"]["query"])
        assert isinstance(document, DocumentNode), document
        allowed = kind is not None and (
            kind != "project" or (self.world.manner.websocket_for_project_tokens and header == "project-access-token")
        )
        if not allowed:
            said = "Not Authorized" if kind is None else "Problem processing request"
            await tell(send, {"type": "next", "id": message["id"], "payload": {"data": None, "errors": [refusal(said).formatted]}})
            await tell(send, {"type": "complete", "id": message["id"]})
            return
        with suppress(asyncio.CancelledError):
            await self._stream(message, receive, send, fault)

    async def _stream(self, message: Mapping[str, Any], receive: Receive, send: Send, fault: Fault | None) -> None:
        variables = message["payload"]["variables"]
        before, wanted = variables.get("before"), variables.get("filter")
        sent = {id(it) for it in self.world.logs.rows if before and it["timestamp"] <= before}
        frames = 0
        gone = asyncio.ensure_future(receive())
        while not gone.done():
            fresh = [it for it in self.world.logs.rows if id(it) not in sent and (not wanted or matches(wanted, it))]
            if fresh:
                sent.update(map(id, fresh))
                payload = {"data": {"environmentLogs": fresh}}
                await tell(send, {"type": "next", "id": message["id"], "payload": payload})
                frames += 1
            if fault is not None and fault.kind == "close" and frames >= fault.seconds:
                await send({"type": "websocket.close", "code": 1006 if fault.text == "abrupt" else 1000})
                break
            if fault is not None and fault.kind == "complete" and frames >= fault.seconds:
                await tell(send, {"type": "complete", "id": message["id"]})
                fault = None
            assert self._changed is not None
            async with self._changed:
                waiting = asyncio.ensure_future(self._changed.wait())
                await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
                if not waiting.done():
                    waiting.cancel()
                    with suppress(asyncio.CancelledError):
                        await waiting
        gone.cancel()


async def tell(send: Send, message: Mapping[str, Any]) -> None:
    await send({"type": "websocket.send", "text": json.dumps(message)})


async def reply(send: Send, status: int, body: bytes, headers: Mapping[str, str], cut: str | None = None) -> None:
    length = len(body)
    if cut == "short":
        # The body ends too early, and its length says that this is all.
        body = body[: length // 2]
        length = len(body)
    lines = {"content-type": "application/json", "content-length": str(length), **headers}
    await send({"type": "http.response.start", "status": status, "headers": [(k.encode(), v.encode()) for k, v in lines.items()]})
    if cut == "drop":
        return
    if cut == "cut":
        await send({"type": "http.response.body", "body": body[: length // 2], "more_body": True})
        return
    await send({"type": "http.response.body", "body": body})


@contextmanager
def serving(railway: Railway) -> Iterator[Railway]:
    """The server in a thread, at a port of its own."""
    config = uvicorn.Config(
        railway,
        host="127.0.0.1",
        port=0,
        log_config=None,
        date_header=False,
        lifespan="off",
        ws="websockets-sansio",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.005)
    railway.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield railway
    finally:
        server.should_exit = True
        thread.join(10)
