"""Rows of mascots from PostgreSQL: one read-only transaction with a time-out, each query copied into Polars.

Whatever libpq takes for a connection is taken: its URL, its environment (PGPASSWORD, PGSSLMODE …), its password file.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

import polars as pl
import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from logscan.database.frame import stored_of
from logscan.database.names import Names, parse_table
from logscan.database.window import MARGIN, MAX_IDS, MAX_ROWS, NEWEST, Window
from logscan.errors import DatabaseError
from logscan.model import Stored
from logscan.times import SECOND, UTC, format_duration
from logscan.visible import visible

# What it has to say of a connection that was left in the middle of a query is nobody's business.
logging.getLogger("psycopg").addHandler(logging.NullHandler())
_CONNECT: Final = 10
# Types whose columns can be compared with ids in their own type, so that an index helps; and what such an id looks like.
_ID_TYPES: Final[Mapping[int, tuple[str, re.Pattern[str]]]] = {
    2950: ("uuid", re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")),
    **dict.fromkeys((20, 21, 23), ("bigint", re.compile(r"\d{1,18}"))),
    **dict.fromkeys((25, 1043), ("text", re.compile(r"[^\0]+"))),
}
_STAMPED: Final = frozenset({1114, 1184})
_WITH_ZONE: Final = 1184
_FOUND_TABLES: Final = """
    SELECT table_schema || '.' || table_name FROM information_schema.columns
    WHERE lower(column_name) = 'status' AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1 LIMIT 10"""


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    type: int


class Postgres:
    """A database by its URL. `shown` is its name without user, password and parameters. Raises DatabaseError for a URL that is none."""

    def __init__(self, url: str, names: Names, zone: dt.tzinfo = UTC, timeout: float = 30.0) -> None:
        self._names, self._zone, self._timeout = names, zone, timeout
        try:
            self._parameters, schema = _parameters(url)
        except (psycopg.Error, ValueError):
            # What libpq says of a URL repeats it.
            raise DatabaseError(
                "--db: not a PostgreSQL URL: write postgresql://USER@HOST:PORT/DATABASE, and percent-encode what is special"
            ) from None
        parts = parse_table(names.table)
        self._table = (schema, *parts) if schema and len(parts) == 1 else parts
        given = self._parameters
        host = str(given.get("host") or given.get("hostaddr") or "")
        port = f":{given['port']}" if given.get("port") and host else ""
        self.shown = self._clean(f"postgresql://{host}{port}/{given.get('dbname') or ''}")

    def read(self, window: Window) -> Stored:
        """The rows of a window, those that it names, and the newest. Raises DatabaseError."""
        with self._told(), psycopg.connect(make_conninfo(**self._parameters), prepare_threshold=None) as connection:
            connection.read_only = True
            # Settings of the transaction: a pooler may refuse them at the connection.
            for name, value in (("statement_timeout", f"{round(self._timeout * 1000)}ms"), ("TimeZone", "UTC"), ("DateStyle", "ISO")):
                connection.execute("SELECT set_config(%s, %s, true)", (name, value))
            described = connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(sql.Identifier(*self._table))).description or ()
            columns = {column.name: _Column(column.name, column.type_code) for column in described}
            try:
                chosen = {name: columns[column] for name, column in self._names.among(list(columns)).items()}
            except DatabaseError as error:
                raise DatabaseError(f"{self.shown}: table {'.'.join(self._table)}: {error}") from error
            raw, partial = _Reading(connection, self._table, chosen, self._zone).rows(window)
            return stored_of(self.shown, raw, self._zone, partial=partial)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What goes wrong in words of what to do. A password is never among them."""
        try:
            yield
        except psycopg.Error as error:
            text = self._clean(visible(" ".join(str(error).split("\n")[0].split())))
            raise DatabaseError(f"{self.shown}: {self._advice(error, text)}") from None

    def _advice(self, error: psycopg.Error, text: str) -> str:
        table = ".".join(self._table)
        if isinstance(error, errors.QueryCanceled):
            limit = format_duration(round(self._timeout * SECOND))
            return f"no answer within {limit}: allow more (--db-timeout 2m), or look at less (--since 2h)"
        if isinstance(error, errors.UndefinedTable | errors.InvalidSchemaName):
            return f"there is no table {table}{self._others()}: name it with --db-table"
        if isinstance(error, errors.InsufficientPrivilege):
            return f"this user may not read table {table}: GRANT SELECT ON {table} TO it"
        if isinstance(error, errors.ReadOnlySqlTransaction):
            return f"reading {table} would write into the database, which logscan never does ({text})"
        if not isinstance(error, psycopg.OperationalError) or error.sqlstate:
            return text
        return f"{text.removesuffix('.')}. {_connection_advice(text, str(self._parameters.get('host') or ''))}"

    def _others(self) -> str:
        """The tables that may be meant."""
        try:
            with psycopg.connect(make_conninfo(**self._parameters), prepare_threshold=None) as connection:
                connection.read_only = True
                connection.execute("SELECT set_config('statement_timeout', '5s', true)")
                found = [visible(str(row[0])) for row in connection.execute(_FOUND_TABLES)]
        except psycopg.Error:
            return ""
        return f" (tables with a status: {', '.join(found)})" if found else ""

    def _clean(self, text: str) -> str:
        """`text` without any password of this connection."""
        secrets = [str(value) for name, value in self._parameters.items() if "password" in name and value]
        for secret in (*secrets, os.environ.get("PGPASSWORD", "")):
            if secret:
                text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
        return text


def _connection_advice(text: str, host: str) -> str:
    if "password" in text and ("authentication failed" in text or "no password supplied" in text):
        return "Look at user and password: in the URL, in PGPASSWORD, or in the password file"
    if host.endswith(".railway.internal"):
        return "This name is known inside of Railway only: take the public address (DATABASE_PUBLIC_URL)"
    if "does not exist" in text:
        return "Look at the names of the user and the database"
    return "Look whether the host and the port are right, and reachable from here"


def _parameters(url: str) -> tuple[dict[str, Any], str | None]:
    """A URL as libpq's parameters, and the schema that ORMs write into it. Raises psycopg.Error, ValueError."""
    head, mark, query = re.sub(r"^postgres(?:ql)?(?:\+\w+)?://", "postgresql://", url, count=1).partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    # Parameters of ORMs and poolers are unknown to libpq, which would refuse the whole URL.
    known = {default.keyword.decode() for default in psycopg.pq.Conninfo.get_defaults()}
    schema = next((value for name, value in pairs if name == "schema" and value), None)
    kept = [(name, value) for name, value in pairs if name in known]
    if "@" in query and "@" not in head:
        raise ValueError("a password with a question mark in it")
    parameters = conninfo_to_dict(head + (mark + urlencode(kept, quote_via=quote) if kept else ""))
    if "connect_timeout" not in parameters and "PGCONNECT_TIMEOUT" not in os.environ:
        parameters["connect_timeout"] = _CONNECT
    # What is special in a password, and not encoded, cuts it off: the rest would be shown as host, port or database.
    spilt = any("@" in str(parameters.get(name) or "") for name in ("host", "port", "dbname"))
    if spilt or not all(port.isdecimal() for port in str(parameters.get("port") or "0").split(",")):
        raise ValueError("a password with special characters in it")
    return {**parameters, "application_name": "logscan", "client_encoding": "UTF8"}, schema


@dataclass(frozen=True, slots=True)
class _Reading:
    """One transaction's queries on one table. `chosen` are its columns by those of the frame."""

    connection: psycopg.Connection[Any]
    table: tuple[str, ...]
    chosen: Mapping[str, _Column]
    zone: dt.tzinfo

    def rows(self, window: Window) -> tuple[pl.DataFrame, bool]:
        """The rows as texts, and whether there are more in the window than are read."""
        created = self.chosen.get("created_at")
        order = sql.SQL(" ORDER BY {} DESC NULLS LAST").format(sql.Identifier(created.name)) if created is not None else sql.SQL("")
        within = self._within(created, window) if created is not None else None
        wanted = sql.SQL(" WHERE ") + within if within is not None else sql.SQL("")
        rows = self._copy(wanted + order + sql.SQL(" LIMIT {}").format(sql.Literal(MAX_ROWS + 1)))
        partial = rows.height > MAX_ROWS
        frames = [rows.head(MAX_ROWS)]
        if within is not None:
            frames.append(self._copy(order + sql.SQL(" LIMIT {}").format(sql.Literal(NEWEST))))
        known = set(pl.concat(frames)["mascot_id"].to_list())
        named = self._named([mascot for mascot in window.mascots if mascot not in known][:MAX_IDS])
        if named is not None and (partial or within is not None):
            frames.append(self._copy(sql.SQL(" WHERE ") + named))
        return pl.concat(frames), partial

    def _within(self, created: _Column, window: Window) -> sql.Composed | None:
        """The condition that a row is of the logs' time; a column without a zone holds times of `zone`."""
        if window.start is None or window.end is None or created.type not in _STAMPED:
            return None
        ends = [dt.datetime.fromtimestamp(at / SECOND, UTC) for at in (max(window.start - MARGIN, 0), window.end + MARGIN)]
        if created.type != _WITH_ZONE:
            ends = [end.astimezone(self.zone).replace(tzinfo=None) for end in ends]
        return sql.SQL("{0} BETWEEN {1} AND {2}").format(sql.Identifier(created.name), *(sql.Literal(end.isoformat(" ")) for end in ends))

    def _named(self, mascots: Sequence[str]) -> sql.Composed | None:
        """The condition that a row is one of these mascots'; None where none of them can be."""
        column = self.chosen["mascot_id"]
        kind, shape = _ID_TYPES.get(column.type, ("", re.compile(r"[^\0]+")))
        fit = [mascot for mascot in mascots if shape.fullmatch(mascot)]
        if not fit:
            return None
        # A type of its own (a domain, citext) is compared as text.
        name = sql.Identifier(column.name) if kind else sql.SQL("{}::text").format(sql.Identifier(column.name))
        return sql.SQL("{} = ANY({}::{}[])").format(name, sql.Literal(fit), sql.SQL(kind or "text"))

    def _copy(self, rest: sql.Composable) -> pl.DataFrame:
        cells = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column.name)) for column in self.chosen.values())
        query = sql.SQL("COPY (SELECT {} FROM {}{}) TO STDOUT (FORMAT csv)").format(cells, sql.Identifier(*self.table), rest)
        data = io.BytesIO()
        with self.connection.cursor() as cursor, cursor.copy(query) as copy:
            for part in copy:
                data.write(part)
        schema = {column: pl.String() for column in self.chosen}
        if not data.tell():
            return pl.DataFrame(schema=schema)
        return pl.read_csv(data.getvalue(), has_header=False, schema=schema, encoding="utf8-lossy")
