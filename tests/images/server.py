"""An image storage on loopback, over HTTPS and HTTP, that does all that storages do wrong. It keeps what it was asked."""

from __future__ import annotations

import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme


def _png(width: int = 2) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = width.to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * (1 + 3 * width) * width)) + chunk(b"IEND", b"")
    )


PNG = _png()
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
DENIED = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
EXPIRED = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
OPEN = {"Access-Control-Allow-Origin": "*"}

# Path → status, headers, body.
ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "/open.png": (200, {"Content-Type": "image/png", **OPEN}, PNG),
    "/null.png": (200, {"Content-Type": "image/png", "Access-Control-Allow-Origin": "null"}, PNG),
    "/wrong-cors.png": (200, {"Content-Type": "image/png", "Access-Control-Allow-Origin": "https://www.figma.com"}, PNG),
    "/no-cors.png": (200, {"Content-Type": "image/png"}, PNG),
    "/drawing.svg": (200, {"Content-Type": "image/svg+xml", **OPEN}, SVG),
    "/denied.png": (403, {"Content-Type": "application/xml"}, DENIED),
    "/expired.png": (403, {"Content-Type": "application/xml"}, EXPIRED),
    "/gone.png": (404, {"Content-Type": "application/xml"}, b"<Error><Code>NoSuchKey</Code></Error>"),
    "/bucket.png": (
        400,
        {"Content-Type": "application/json"},
        b'{"statusCode":"404","error":"Bucket not found","message":"Bucket not found"}',
    ),
    "/object.png": (400, {"Content-Type": "application/json"}, b'{"statusCode":"404","error":"not_found","message":"Object not found"}'),
    "/page.png": (200, {"Content-Type": "text/html; charset=utf-8", **OPEN}, b"<!DOCTYPE html><title>Mascots</title>"),
    "/text.png": (200, {"Content-Type": "image/png", **OPEN}, b"data:image/png;base64,iVBORw0KGgo="),
    "/many.png": (429, {}, b"slow down"),
    "/broken.png": (503, {}, b"unavailable"),
    "/to-open.png": (302, {"Location": "/open.png", **OPEN}, b""),
    "/to-open-unseen.png": (302, {"Location": "/open.png"}, b""),
    "/round.png": (302, {"Location": "/round.png"}, b""),
    "/to-metadata.png": (302, {"Location": "http://169.254.169.254/latest/meta-data/a.png"}, b""),
    "/to-file.png": (302, {"Location": "file:///etc/passwd"}, b""),
    "/to-other.png": (302, {"Location": "http://127.0.0.9:{other}/open.png"}, b""),
    "/cookie.png": (200, {"Content-Type": "image/png", "Set-Cookie": "sid=1; Path=/", **OPEN}, PNG),
}


@dataclass
class Storage:
    """A server at work. `asked` are (method, path, headers)."""

    port: int
    other: int = 0
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    sent: int = 0

    def url(self, path: str, scheme: str = "https", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    storage: Storage

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        self.storage.asked.append((self.command, self.path, dict(self.headers.items())))
        with suppress(OSError):
            if path in _SPECIAL:
                _SPECIAL[path](self)
                return
            status, headers, body = ANSWERS.get(path, (404, {}, b""))
            if self.command == "OPTIONS":
                status, body = (204, b"") if "Access-Control-Allow-Origin" in headers else (403, b"")
            self._send(status, {k: v.replace("{other}", str(self.storage.other)) for k, v in headers.items()}, body)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body)), "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _slow(self) -> None:
        """A byte of the head now and then: each step is quick, the whole is not."""
        for byte in b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n" * 20:
            self.wfile.write(bytes([byte]))
            time.sleep(0.1)

    def _endless(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(PNG)
        while True:
            self.storage.sent += self.wfile.write(b"\0" * 65536)

    def _large(self) -> None:
        self.send_response(206 if self.command == "GET" else 200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header(
            "Content-Range" if self.command == "GET" else "Accept-Ranges", "bytes 0-65535/99999999" if self.command == "GET" else "bytes"
        )
        self.send_header("Content-Length", str(65536 if self.command == "GET" else 99999999))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(PNG.ljust(65536, b"\0"))

    def _get_only(self) -> None:
        """A link that is signed for GET."""
        if self.command == "GET":
            self._send(200, {"Content-Type": "image/png", **OPEN}, PNG)
        else:
            self._send(403, {}, DENIED if self.command != "HEAD" else b"")

    do_GET = do_HEAD = do_OPTIONS = _answer  # noqa: N815  # the library's names

    def log_message(self, *_: Any) -> None:
        """Nothing on stderr."""


_SPECIAL = {
    "/slow.png": _Handler._slow,
    "/endless.png": _Handler._endless,
    "/large.png": _Handler._large,
    "/signed.png": _Handler._get_only,
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: Any) -> None:
        """Clients that hang up in the middle are what is tested here."""


@contextmanager
def storage(authority: trustme.CA | None, *names: str, address: str = "127.0.0.1") -> Iterator[Storage]:
    """A storage at an address of this machine; with `authority` over TLS, under these names."""
    it = Storage(0)
    server = _Server((address, 0), type("Handler", (_Handler,), {"storage": it}))
    it.port = server.server_address[1]
    if authority is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*(names or (address,))).configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield it
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def written(authority: trustme.CA, folder: Path) -> Path:
    """The authority's certificate as a file, for LOGSCAN_CA_FILE."""
    path = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port
