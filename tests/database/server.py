"""A real PostgreSQL for tests: a cluster in a temporary folder, on a port of the loopback address, ended with the tests.

The server refuses to run as root, so that root (a container in CI) starts it as the user `postgres`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from tests.needs import lacking

PASSWORD = "s3cr3t/p@ss:wörd%41"  # noqa: S105  # of a server that lives for a test; every character of it is a trap
USER = "mascot_app"


@dataclass(frozen=True)
class Server:
    """A running server. `url()` is that of a user with a password who may do everything in his database."""

    port: int
    binaries: Path

    def url(self, user: str = USER, password: str | None = PASSWORD, database: str = "mascots") -> str:
        secret = f":{quote(password, safe='')}" if password is not None else ""
        return f"postgresql://{user}{secret}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def psql(self, query: str, *options: str) -> str:
        """What psql prints, as somebody saves it."""
        environment = {**os.environ, "PGPASSWORD": PASSWORD, "PSQLRC": os.devnull, "PAGER": ""}
        command = [self.binaries / "psql", self.url(password=None), *options, "-c", query]
        return subprocess.run(command, check=True, capture_output=True, env=environment, timeout=60, encoding="utf-8").stdout

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url()) as connection:
            return connection.execute(query).fetchall()


def _binaries() -> Path:
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    # Debian keeps each version in a folder of its own.
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name.zfill(3), reverse=True)
    place = next((place for place in places if (place / "initdb").exists()), None)
    return place if place is not None else lacking("PostgreSQL is not installed: apt install postgresql")


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            psycopg.connect(server.url(database="postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            if process.poll() is not None:
                raise
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("PostgreSQL does not answer")


@contextmanager
def running() -> Iterator[Server]:
    """A server with one user and one database. Its files are gone afterwards."""
    binaries = _binaries()
    root = os.geteuid() == 0 if hasattr(os, "geteuid") else False
    as_user: dict[str, Any] = {}
    folder = Path(tempfile.mkdtemp(prefix="logscan-pg-"))
    if root:
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            owner = pwd.getpwnam("nobody")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    data, secret = folder / "data", folder / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    process = None

    def call(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd=folder, env=environment, timeout=60, **as_user)

    try:
        if root:
            os.chown(secret, as_user["user"], as_user["group"])
        call(f"{binaries}/initdb", "-D", str(data), "-U", USER, f"--pwfile={secret}", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": folder,
            "fsync": "off",
            "timezone": "Europe/Paris",
        }
        process = subprocess.Popen(
            [f"{binaries}/postgres", "-D", str(data), *(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))],
            cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_user,
        )  # fmt: skip
        server = Server(port, binaries)
        _wait(server, process)
        with psycopg.connect(server.url(database="postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE mascots")
        yield server
    finally:
        if process is not None:
            process.terminate()
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
