"""The checklist: what start-up lines and outcomes answer, and what they leave open."""

from __future__ import annotations

import pytest

from logscan import Rulebook
from tests.logs import failed, generated, read, render

CONFIG = "[RedisConfig] Redis configuration: {"
DISABLED = 'Error: {"error":{"code":403,"status":"PERMISSION_DENIED","details":[{"reason":"SERVICE_DISABLED"}]}}'
REFUSED = "Error: Permission 'aiplatform.endpoints.predict' denied on resource"


def status(rulebook: Rulebook, check: str, data: bytes) -> str:
    return next(item.status for item in read(rulebook, data).checks if item.id == check)


@pytest.mark.parametrize(
    ("text", "check", "expected"),
    [
        (CONFIG + " host: 'redis.railway.internal', port: 6379, hasPassword: true }", "redis-variables", "pass"),
        (CONFIG + " host: 'NOT SET (will use localhost)', port: 6379, hasPassword: false }", "redis-variables", "fail"),
        (CONFIG + " host: 'localhost', port: 6379, hasPassword: false }", "redis-variables", "fail"),
        (CONFIG + "\n  host: 'redis.railway.internal',\n  port: 6379,\n}", "redis-variables", "pass"),
        (CONFIG + "\n  host: 'NOT SET (will use localhost)',\n  port: 6379,\n}", "redis-variables", "fail"),
        ("PostgreSQL {\n  host: 'postgres.railway.internal',\n}", "redis-variables", "skip"),
        ("[RedisConfig] REDIS_URL invalid, using REDIS_HOST/PORT/PASSWORD", "redis-variables", "warn"),
        ("[GeminiFlashService] Initializing Gemini Flash with project: mascots-1", "google-project", "pass"),
        ("[GeminiFlashService] Initializing Gemini Flash with project: undefined", "google-project", "fail"),
        ("[CacheService] Cache warmed", "google-project", "skip"),
    ],
)
def test_checks_start_up_lines(rulebook: Rulebook, text: str, check: str, expected: str) -> None:
    assert status(rulebook, check, f"{text}\n".encode()) == expected


def test_checks_gemini_answers(rulebook: Rulebook) -> None:
    """An image shows it; that one was refused shows nothing, unless because the API is off."""
    assert status(rulebook, "google-enabled", render([failed("a", 0, DISABLED)])) == "fail"
    assert status(rulebook, "google-enabled", render([failed("a", 0, REFUSED)])) == "skip"
    assert status(rulebook, "google-enabled", render([failed("a", 0, REFUSED), generated("b", 10**9)])) == "pass"
