"""A client of the page, as scripts and browsers are: HTTP over a socket, with nothing hidden."""

from __future__ import annotations

import http.client
import json
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

File = tuple[str, str, bytes]


class Answer(NamedTuple):
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def form(files: Iterable[File] = (), fields: Mapping[str, str] | None = None) -> tuple[bytes, str]:
    """A multipart body of fields and then files (field, file name, content), and its content type."""
    boundary = secrets.token_hex(12)
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode() for n, v in (fields or {}).items()]
    for name, filename, content in files:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\nContent-Type: text/plain\r\n\r\n'
        parts.append(head.encode("utf-8", "surrogateescape") + content + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


@dataclass
class Client:
    """One browser or script: keeps cookies."""

    address: str
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=60)
        sent = {**self.headers, **(headers or {})}
        if self.cookies:
            sent.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            for name, value in response.getheaders():
                if name.lower() == "set-cookie":
                    self.cookies |= {morsel.key: morsel.value for morsel in SimpleCookie(value).values()}
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str, files: Iterable[File] = (), fields: Mapping[str, str] | None = None, **headers: str) -> Answer:
        body, kind = form(files, fields)
        return self.send("POST", path, body, {"Content-Type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}})

    def submit(self, path: str, fields: Mapping[str, str], **headers: str) -> Answer:
        """A short form, as a browser sends it."""
        kind = "application/x-www-form-urlencoded"
        return self.send("POST", path, urlencode(fields).encode(), {"Content-Type": kind, "Accept": "text/html", **headers})

    def scan(self, content: bytes, name: str = "backend.log", **fields: str) -> Answer:
        """The API."""
        return self.post("/api/scan", [("file", name, content)], fields)

    def form_token(self) -> str:
        """What the front page's form carries."""
        found = re.search(r'name="form" value="([^"]+)"', self.get("/").text)
        assert found
        return found[1]

    def upload(self, content: bytes, name: str = "backend.log", **fields: str) -> str:
        """The page's form, as a browser without scripts sends it; the report's address."""
        answer = self.post("/scan", [("file", name, content)], {"form": self.form_token(), **fields}, Accept="text/html")
        assert answer.status == 303, answer.text
        return answer.headers["location"]

    def state(self, address: str) -> str:
        return str(self.get(f"{address}/status", Accept="application/json").json["state"])

    def wait(self, address: str, seconds: float = 40) -> str:
        """Wait until a scan is over; its state."""
        end = time.monotonic() + seconds
        while (state := self.state(address)) == "queued":
            assert time.monotonic() < end, "the scan does not end"
            time.sleep(0.05)
        return state
