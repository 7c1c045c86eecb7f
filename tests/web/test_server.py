"""`logscan serve` as a process: what it prints, what it refuses, and what a kill in the middle leaves behind."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from logscan.cli.main import run
from logscan.web.protocol import PatientProtocol
from tests.web.client import Client, form
from tests.web.conftest import LOG, TOKEN, Command, Serve, Start

LINE = b"2026-11-22T09:05:57.123456789Z [inf]  [HealthController] GET /health 200 26 - 2.104 ms\n"
posix = pytest.mark.skipif(os.name != "posix", reason="signals and /proc of POSIX systems")
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def until(condition: object, seconds: float = 20) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.02)


def wait_for_reading(client: Client, address: str) -> None:
    until(lambda: client.get(f"{address}/status", Accept="application/json").json["read"])


def children(pid: int) -> list[int]:
    return [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]


def memory(pid: int, what: str = "VmRSS") -> int:
    """Bytes of memory that a process holds now (VmRSS) or held at most (VmHWM)."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) * 1024


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@posix
def test_serve_says_where_it_is_and_ends_as_it_should(command: Start) -> None:
    for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        running = command()
        assert running.address.startswith("http://127.0.0.1:")
        assert running.client.get("/healthz").json["status"] == "ok"
        assert running.stop(number) == code
    assert "Traceback" not in running.errors.read_text()


@posix
def test_serve_takes_its_port_from_the_environment(command: Start) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert command(port=None, PORT=str(port)).address == f"http://127.0.0.1:{port}"


def test_serve_refuses_what_is_not_safe(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*arguments: str) -> str:
        assert run(["serve", "--data", str(tmp_path / "data"), *arguments]) == 2
        return capsys.readouterr().err

    for host in ("0.0.0.0", "::", "192.168.0.1", "example.org"):  # noqa: S104
        assert "LOGSCAN_WEB_TOKEN" in refused("--host", host)
    for option in ("--allow-host=logs.example.org", "--trust-proxy=10.0.0.1"):
        assert "LOGSCAN_WEB_TOKEN" in refused(option)
    for option in (
        "--keep=1s",
        "--idle=0s",
        "--max-time=1ms",
        "--max-upload=lots",
        "--max-upload=0",
        "--keep=soon",
        "--idle=x",
        "--max-time=-",
        "--workers=0",
        "--port=99999",
    ):
        assert option.partition("=")[0] in refused(option)
    assert "none" in refused("--rules", str(tmp_path / "none"))
    monkeypatch.setenv("LOGSCAN_WEB_TOKEN", "short")
    assert "at least 12 characters" in refused()


def test_serve_says_what_it_cannot_use(tmp_path: Path, capsys: pytest.CaptureFixture[str], serve: Serve) -> None:
    (tmp_path / "file").touch()
    assert run(["serve", "--data", str(tmp_path / "file" / "x")]) == 3
    assert "cannot use the data folder" in capsys.readouterr().err
    client = serve()
    port = str(urlsplit(client.address).port)
    assert run(["serve", "--data", str(tmp_path / "other"), "--port", port]) == 3
    assert f"cannot listen on 127.0.0.1 port {port}" in capsys.readouterr().err
    if os.name == "posix":
        assert run(["serve", "--data", str(tmp_path / "data"), "--port", "0"]) == 3
        assert "another logscan serve uses the data folder" in capsys.readouterr().err


@posix
def test_serve_reaches_further_with_a_token(command: Start) -> None:
    running = command("--host", "0.0.0.0", LOGSCAN_WEB_TOKEN=TOKEN, RAILWAY_PUBLIC_DOMAIN="logscan.up.railway.app")  # noqa: S104
    client = running.client
    assert client.get("/login", Host="logscan.up.railway.app").status == 200
    assert client.get("/login", Host="evil.example").status == 400
    assert client.scan(LOG).status == 401
    client.headers["Authorization"] = f"Bearer {TOKEN}"
    assert client.scan(LOG).status == 200
    assert TOKEN not in running.errors.read_text()
    for pid in children(running.pid) if sys.platform == "linux" else ():
        assert TOKEN.encode() not in Path(f"/proc/{pid}/environ").read_bytes()


@linux
def test_server_holds_little_memory_whatever_is_uploaded(command: Start) -> None:
    running = command()
    client = running.client
    token = client.form_token()
    before = memory(running.pid, "VmHWM")
    body, kind = form([("file", "big.log", b"")], {"form": token})
    head, tail = body.split(b"\r\n\r\n\r\n--")[0] + b"\r\n\r\n", b"\r\n--" + body.split(b"\r\n\r\n\r\n--")[1]
    piece = LINE * 12_000
    pieces = 160

    def stream() -> Iterator[bytes]:
        yield head
        for _ in range(pieces):
            yield piece
        yield tail

    connection = http.client.HTTPConnection(urlsplit(client.address).netloc, timeout=60)
    size = len(head) + pieces * len(piece) + len(tail)
    headers = {"Content-Type": kind, "Content-Length": str(size), "Cookie": f"logscan_session={client.cookies['logscan_session']}"}
    connection.request("POST", "/scan", stream(), headers)
    assert connection.getresponse().status == 202
    connection.close()
    assert size > 150 << 20
    assert memory(running.pid, "VmHWM") < min(200 << 20, before + (40 << 20))


@linux
def test_worker_that_is_killed_is_reported_and_replaced(command: Start, tmp_path: Path) -> None:
    running = command("--workers", "1")
    client = running.client
    address = client.upload(LOG * 1000)
    wait_for_reading(client, address)
    for pid in children(running.pid):
        os.kill(pid, signal.SIGKILL)
    assert client.wait(address) == "failed"
    page = client.get(address)
    assert page.status == 500
    assert "ended unexpectedly (SIGKILL)" in page.text
    assert client.get(f"{address}/status", Accept="application/json").json["problem"]["status"] == 500
    assert client.scan(LOG).json["verdict"] == "jobs-failing"
    folder = tmp_path / "data" / "reports" / address.removeprefix("/r/")
    assert [path.name for path in folder.iterdir()] == ["meta.json"]


@linux
def test_server_that_is_killed_leaves_no_worker_and_the_next_one_ends_its_scans(command: Start, tmp_path: Path) -> None:
    first = command("--workers", "1")
    client = first.client
    done = client.upload(LOG, "done.log")
    client.wait(done)
    under_way = [client.upload(LOG * 150, "big.log"), client.upload(LOG, "small.log")]
    half = tmp_path / "data" / "incoming" / "half"
    half.mkdir()
    wait_for_reading(client, under_way[0])
    workers = children(first.pid)
    assert workers
    first.stop(signal.SIGKILL)
    until(lambda: not any(alive(pid) for pid in workers))
    second = command("--workers", "1")
    again = Client(second.address, cookies=client.cookies)
    assert again.get(done).status == 200
    for address in under_way:
        assert again.wait(address) == "done"
        assert "could not be generated" in again.get(f"{address}/report.html").text
    assert all(address in again.get("/").text for address in (done, *under_way))
    assert not half.exists()


@linux
def test_scan_that_takes_the_server_down_is_not_tried_for_ever(command: Start) -> None:
    address = ""
    running: Command | None = None
    cookies: dict[str, str] = {}
    for _ in range(2):
        running = command("--workers", "1")
        running.client.cookies = cookies
        address = address or running.client.upload(LOG * 1000)
        cookies = running.client.cookies
        wait_for_reading(running.client, address)
        running.stop(signal.SIGKILL)
    third = command("--workers", "1")
    assert third.client.state(address) == "failed"
    assert "broke off" in third.client.get(address, Accept="text/html").text


@posix
def test_server_that_is_asked_to_stop_lets_a_script_have_its_answer(command: Start) -> None:
    running = command()
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(running.client.scan(LOG * 30).status))
    thread.start()
    until(lambda: Client(running.address).get("/healthz").json["busy"] == 1)
    assert running.stop() == 143
    thread.join(20)
    assert answers == [200]


def raw(client: Client) -> socket.socket:
    address = urlsplit(client.address)
    connection = socket.create_connection((address.hostname, address.port), timeout=20)
    connection.settimeout(20)
    return connection


def test_upload_that_is_cancelled_leaves_nothing(serve: Serve, tmp_path: Path) -> None:
    client = serve()
    body, kind = form([("file", "b.log", LINE * 50_000)])
    incoming = tmp_path / "data" / "incoming"
    with raw(client) as connection:
        head = f"POST /api/scan HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body[: len(body) // 2])
        until(lambda: list(incoming.glob("*/files/0")))
    until(lambda: not list(incoming.iterdir()))
    assert list((tmp_path / "data" / "reports").iterdir()) == []


def test_script_that_hangs_up_ends_its_scan(serve: Serve, tmp_path: Path) -> None:
    client = serve()
    body, kind = form([("file", "b.log", LOG * 1000)])
    with raw(client) as connection:
        head = f"POST /api/scan HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        until(lambda: client.get("/healthz").json["busy"] == 1)
    until(lambda: client.get("/healthz").json["busy"] == 0)
    assert list((tmp_path / "data" / "reports").iterdir()) == []


def test_slow_upload_is_given_up(serve: Serve, tmp_path: Path) -> None:
    client = serve(idle=0.5)
    _, kind = form()
    head = f"POST /api/scan HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: 100000\r\n\r\n".encode()
    with raw(client) as silent:
        silent.sendall(head + b"--")
        answer = silent.recv(4096)
        assert answer.startswith(b"HTTP/1.1 408")
        while b"too-slow" not in answer:
            answer += silent.recv(4096)
    with raw(client) as dripping:
        dripping.sendall(head)
        until(lambda: not dripping.send(b"-") or bool(_answered(dripping)))
    assert client.scan(LOG).status == 200
    until(lambda: not list((tmp_path / "data" / "incoming").iterdir()))


def _answered(connection: socket.socket) -> bytes:
    connection.settimeout(0.05)
    try:
        return connection.recv(12)
    except TimeoutError:
        return b""


def test_slow_heads_are_cut_off_and_hold_nobody_up(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PatientProtocol, "head_time", 0.7)
    client = serve()
    slow = [raw(client) for _ in range(100)]
    for connection in slow[1:]:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-")
    assert client.get("/").status == 200
    # Also after a first request on the same connection.
    with raw(client) as second:
        second.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert second.recv(12) == b"HTTP/1.1 200"
        second.sendall(b"GET /")
        until(lambda: _closed(second))
    for connection in slow:
        until(lambda connection=connection: _closed(connection))
        connection.close()


def _closed(connection: socket.socket) -> bool:
    connection.settimeout(0.05)
    try:
        return connection.recv(65536) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_refused_body_is_read_to_its_end_so_that_the_answer_arrives(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve(upload=10_000)
    body, kind = form([("file", "b.log", LINE * 100_000)])
    head = f"POST /api/scan HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with raw(client) as connection:
        connection.sendall(head + body)
        assert connection.recv(12) == b"HTTP/1.1 413"
    monkeypatch.setattr("logscan.web.protocol.LINGER_BYTES", 1 << 20)
    with raw(client) as endless, pytest.raises(ConnectionError):
        endless.sendall(head.replace(str(len(body)).encode(), b"999999999999"))
        for _ in range(1000):
            endless.sendall(LINE * 1000)
