"""The backend's own table: an enum in lower case, camelCase columns, times without a zone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.database.server import Server, running

SCHEMA = (
    "CREATE TYPE mascots_status_enum AS ENUM ('pending', 'generating', 'completed', 'failed')",
    """CREATE TABLE mascots (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name character varying NOT NULL, prompt text,
        status mascots_status_enum NOT NULL DEFAULT 'pending', "fullBodyImageUrl" text, "avatarImageUrl" text, "squareIconUrl" text,
        "batchId" text, "variationIndex" integer, metadata jsonb, "createdAt" timestamp without time zone NOT NULL DEFAULT now(),
        "updatedAt" timestamp without time zone NOT NULL DEFAULT now())""",
)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One PostgreSQL for all tests."""
    with running() as server:
        yield server


@pytest.fixture
def database(server: Server) -> Iterator[Server]:
    """The server with an empty table of mascots, and nothing else afterwards."""
    server.execute(*SCHEMA)
    yield server
    server.execute(
        "DROP SCHEMA IF EXISTS other CASCADE",
        "DROP SCHEMA public CASCADE",
        "CREATE SCHEMA public",
        "GRANT USAGE ON SCHEMA public TO PUBLIC",
    )
