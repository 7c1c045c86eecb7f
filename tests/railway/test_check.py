"""`logscan check`: what services and variables say, without a value ever being shown."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from logscan.checks.railway import Looked, judged
from logscan.checks.variables import describe
from logscan.railway.tree import Deployed, Instance, ServiceInstance, SourceOf
from logscan.times import SECOND
from tests.railway.conftest import Logscan
from tests.railway.server import Fault, Railway
from tests.railway.world import API, NOON, REDIS, WORKER, Service, row

SECRET = "hunter2-very-secret"
KEY = {
    "type": "service_account",
    "project_id": "mascots-prod",
    "client_email": "x@example.org",
    "private_key": "-----BEGIN PRIVATE KEY-----\nx",
}
REDIS_OWN = {
    "REDISHOST": "redis.railway.internal", "REDISPORT": "6379", "REDISUSER": "default", "REDISPASSWORD": SECRET, "RAILWAY_PRIVATE_DOMAIN": "redis.railway.internal",
    "REDIS_URL": f"redis://default:{SECRET}@redis.railway.internal:6379", "RAILWAY_TCP_PROXY_DOMAIN": "monorail.proxy.rlwy.net", "RAILWAY_TCP_PROXY_PORT": "4711",
}  # fmt: skip
GOOD = {
    "REDIS_HOST": "redis.railway.internal", "REDIS_PORT": "6379", "REDIS_PASSWORD": SECRET, "GOOGLE_CLOUD_PROJECT_ID": "mascots-prod",
    "GOOGLE_CLOUD_CREDENTIALS": base64.b64encode(json.dumps(KEY).encode()).decode(), "SUPABASE_URL": "https://x.supabase.co",
    "SUPABASE_SERVICE_ROLE_KEY": SECRET,
}  # fmt: skip
URL = {
    **{k: v for k, v in GOOD.items() if not k.startswith("REDIS")},
    "REDIS_URL": f"redis://default:{SECRET}@redis.railway.internal:6379/0",
}


def without(*names: str) -> dict[str, str | None]:
    return {name: value for name, value in GOOD.items() if name not in names}


def a_service(
    name: str, variables: dict[str, Any] | None, *, image: str | None = None, status: str = "SUCCESS", start: str | None = None, **more: Any
) -> Looked:
    latest = (
        None
        if status == "NONE"
        else Deployed("d", status, more.get("stopped", False), [Instance(s) for s in more.get("instances", ["RUNNING"])])
    )
    instance = ServiceInstance(name, name, startCommand=start, source=SourceOf(image=image), latestDeployment=latest)
    return Looked(instance, None if variables is None else describe(variables, b"salt"), "forbidden" if variables is None else None)


def verdicts(*looked: Looked) -> dict[str, tuple[str, str | None]]:
    return {check.id: (check.status, check.fact) for check in judged(looked)}


REDIS_SERVICE = a_service("cache", REDIS_OWN, image="redis:7.4-alpine")


def test_check_all_well() -> None:
    found = verdicts(a_service("backend", URL), a_service("worker", GOOD), REDIS_SERVICE)
    assert {status for status, _ in found.values()} == {"pass"}, found


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (without("REDIS_HOST"), ("fail", "missing")),
        ({**GOOD, "REDIS_HOST": ""}, ("fail", "missing")),
        ({**GOOD, "REDIS_HOST": "${{Redis.REDISHOST}}"}, ("fail", "unresolved")),
        ({**GOOD, "REDIS_HOST": "localhost"}, ("fail", "loopback")),
        ({**GOOD, "REDIS_HOST": "127.0.0.1"}, ("fail", "loopback")),
        ({**GOOD, "REDIS_HOST": "redis://redis.railway.internal"}, ("fail", "wrong")),
        ({**GOOD, "REDIS_PORT": "six"}, ("fail", "wrong")),
        ({**GOOD, "REDIS_HOST": "old-redis.railway.internal"}, ("fail", "other-host")),
        ({**GOOD, "REDIS_PASSWORD": "other"}, ("fail", "password")),
        (without("REDIS_PASSWORD"), ("fail", "no-password")),
        ({**GOOD, "REDIS_HOST": "monorail.proxy.rlwy.net", "REDIS_PORT": "4711"}, ("warn", "public")),
        ({**without("REDIS_HOST", "REDIS_PASSWORD"), "REDIS_URL": "not an url"}, ("fail", "wrong")),
        ({**without("REDIS_HOST"), "REDIS_HOST": None}, ("skip", "sealed")),
        ({**GOOD, "REDIS_PASSWORD": None}, ("skip", "sealed")),
        (None, ("skip", "hidden")),
    ],
)
def test_check_redis_variables(changed: dict[str, Any] | None, expected: tuple[str, str]) -> None:
    assert verdicts(a_service("backend", GOOD), a_service("worker", changed), REDIS_SERVICE)["redis-variables"] == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (URL, ("pass", "same")),
        # The public address of the same Redis is the same Redis.
        ({**GOOD, "REDIS_HOST": "monorail.proxy.rlwy.net", "REDIS_PORT": "4711"}, ("pass", "same")),
        ({**GOOD, "REDIS_HOST": "fly.upstash.io"}, ("fail", "different")),
        (without("REDIS_HOST"), ("skip", "too-few")),
        (None, ("skip", "hidden")),
    ],
)
def test_check_redis_same(changed: dict[str, Any] | None, expected: tuple[str, str]) -> None:
    assert verdicts(a_service("backend", GOOD), a_service("worker", changed), REDIS_SERVICE)["redis-same"] == expected


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (a_service("cache", {}, image="bitnami/redis:7"), ("pass", "found")),
        (a_service("cache", {}, image="ghcr.io/railwayapp-templates/redis-ha/redis:8"), ("pass", "found")),
        (a_service("cache", {}, image="valkey/valkey:8"), ("pass", "found")),
        (a_service("cache", {}, start="docker-entrypoint.sh redis-server --save 60 1"), ("pass", "found")),
        (a_service("cache", REDIS_OWN), ("pass", "found")),
        (a_service("cache", {}, image="redis:7", status="CRASHED"), ("fail", "down")),
        # A name is no proof.
        (a_service("redis", {}, image="postgres:16"), ("fail", "none")),
    ],
)
def test_check_redis_service_by_what_it_is(service: Looked, expected: tuple[str, str]) -> None:
    assert verdicts(a_service("worker", GOOD), service)["redis-service"] == expected


def test_check_redis_outside_of_railway_is_no_fault() -> None:
    assert verdicts(a_service("worker", {**GOOD, "REDIS_HOST": "fly.upstash.io"}))["redis-service"] == ("warn", "elsewhere")


@pytest.mark.parametrize(
    ("changed", "project", "key"),
    [
        (without("GOOGLE_CLOUD_PROJECT_ID"), ("fail", "missing"), ("pass", "good")),
        ({**GOOD, "GOOGLE_CLOUD_PROJECT_ID": "My Project"}, ("fail", "malformed"), ("fail", "other-project")),
        ({**GOOD, "GOOGLE_CLOUD_PROJECT_ID": "other-project"}, ("pass", "good"), ("fail", "other-project")),
        ({**GOOD, "GOOGLE_CLOUD_CREDENTIALS": json.dumps(KEY)}, ("pass", "good"), ("pass", "good")),
        ({**GOOD, "GOOGLE_CLOUD_CREDENTIALS": "e30="}, ("pass", "good"), ("fail", "broken")),
        ({**GOOD, "GOOGLE_CLOUD_CREDENTIALS": '{"cut": '}, ("pass", "good"), ("fail", "broken")),
        (without("GOOGLE_CLOUD_CREDENTIALS"), ("pass", "good"), ("fail", "missing")),
        ({**without("GOOGLE_CLOUD_CREDENTIALS"), "GOOGLE_APPLICATION_CREDENTIALS": "/app/key.json"}, ("pass", "good"), ("warn", "path")),
        ({**without("GOOGLE_CLOUD_CREDENTIALS"), "GEMINI_API_KEY": SECRET}, ("pass", "good"), ("warn", "api")),
        ({**GOOD, "GOOGLE_CLOUD_CREDENTIALS": None}, ("pass", "good"), ("skip", "sealed")),
    ],
)
def test_check_google(changed: dict[str, Any], project: tuple[str, str], key: tuple[str, str]) -> None:
    found = verdicts(a_service("worker", changed), REDIS_SERVICE)
    assert (found["google-project"], found["google-credentials"]) == (project, key)


def test_check_storage() -> None:
    aws = {"AWS_ACCESS_KEY_ID": SECRET, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_S3_BUCKET": "mascots"}
    bare = without("SUPABASE_URL", "SUPABASE_SERVICE_ROLE_KEY")
    assert verdicts(a_service("worker", {**bare, **aws}))["storage-variables"] == ("pass", "good")
    assert verdicts(a_service("worker", bare))["storage-variables"] == ("fail", "missing")
    (check,) = (it for it in judged([a_service("worker", {**bare, "AWS_S3_BUCKET": "b"})]) if it.id == "storage-variables")
    assert check.values == {"service": "worker", "names": "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ("pass", "up")),
        ({"status": "CRASHED"}, ("fail", "crashed")),
        ({"instances": ["CRASHED"]}, ("fail", "crashed")),
        ({"status": "SLEEPING"}, ("fail", "asleep")),
        ({"status": "BUILDING"}, ("warn", "coming")),
        ({"stopped": True, "instances": ["EXITED"]}, ("fail", "stopped")),
        ({"status": "NONE"}, ("fail", "absent")),
    ],
)
def test_check_worker_running(more: dict[str, Any], expected: tuple[str, str]) -> None:
    assert verdicts(a_service("backend", GOOD), a_service("worker", GOOD, **more))["worker-running"] == expected


def project(railway: Railway, worker: dict[str, str] | None, backend: dict[str, str] | None = None) -> None:
    railway.world.services[:] = [
        Service(API, "backend", variables=backend or dict(URL)), Service(WORKER, "worker", variables=worker),
        Service(REDIS, "Redis", image="redis:7.4", variables=dict(REDIS_OWN)),
    ]  # fmt: skip


def test_check_command_tells_and_never_shows_a_value(railway: Railway, logscan: Logscan) -> None:
    project(railway, {**GOOD, "REDIS_HOST": "localhost"})
    done = logscan("check")
    assert done.code == 1
    assert (
        "✖ The backend has its Redis variables\n    Railway: worker looks for Redis on its own machine (localhost), where there is none\n"
        in done.out
    )
    told = json.loads(logscan("check", "--format", "json").out)
    assert told["scope"] == "mascots / production / all services"
    assert next(it for it in told["checks"] if it["id"] == "redis-same")["status"] == "fail"
    french = logscan("check", "--lang", "fr").out
    assert "worker cherche Redis sur sa propre machine" in french
    for said in (done.out, french, json.dumps(told)):
        assert not any(value in said for name, value in {**GOOD, **REDIS_OWN}.items() if not name.endswith("PORT"))
    assert logscan("check", "--exit-zero").code == 0


def test_check_command_skips_what_it_may_not_see(railway: Railway, logscan: Logscan) -> None:
    project(railway, None)
    done = logscan("check")
    assert done.code == 0
    assert (
        "· GOOGLE_CLOUD_PROJECT_ID is set\n    not looked at: the variables of worker cannot be read with this token (forbidden)\n"
        in done.out
    )


def test_check_command_all_well(railway: Railway, logscan: Logscan) -> None:
    project(railway, dict(GOOD))
    done = logscan("check")
    assert (done.code, done.out.count("✔")) == (0, 7), done.out


def silent(railway: Railway) -> None:
    """Redis is away: requests begin, retries repeat, nothing else."""
    for n in range(6):
        railway.world.logs.add([
            row(NOON + n * 20 * SECOND, "[MascotsController] Creating mascot for user u1"),
            row(NOON + n * 20 * SECOND + SECOND, "[JobsService] Redis connection error: connect ECONNREFUSED 127.0.0.1:6379"),
            row(NOON + n * 20 * SECOND + 2 * SECOND, "Error: connect ECONNREFUSED 127.0.0.1:6379"),
        ])  # fmt: skip


WINDOW = ("--since", "2024-06-01T12:00:00Z", "--until", "2024-06-01T13:00:00Z", "--format", "json")


def test_scan_with_a_look_makes_sure(railway: Railway, logscan: Logscan) -> None:
    """What the log only makes likely is certain once the variables show it."""
    silent(railway)
    project(railway, {**GOOD, "REDIS_HOST": "localhost"})
    alone = json.loads(logscan("scan", "--railway", *WINDOW).out)
    looked = json.loads(logscan("scan", "--railway", "--check", *WINDOW).out)
    assert [it["findings"][0]["id"] for it in (alone, looked)] == ["redis-not-working"] * 2
    assert [it["findings"][0]["confidence"] for it in (alone, looked)] == ["likely", "certain"]
    assert (bool(alone["findings"][0]["missing"]), looked["findings"][0]["missing"]) == (True, [])
    assert {it["id"]: it["status"] for it in looked["checks"]}["redis-variables"] == "fail"


def test_scan_goes_on_where_the_look_fails(railway: Railway, logscan: Logscan, monkeypatch: pytest.MonkeyPatch) -> None:
    silent(railway)
    project(railway, dict(GOOD))
    railway.faults.extend([None, None, *[Fault("status", text="503")] * 6])
    done = logscan("scan", "--railway", "--check", *WINDOW)
    assert done.code == 1
    assert "the services and variables could not be looked at" in done.err


def test_scan_files_with_a_look(railway: Railway, logscan: Logscan) -> None:
    project(railway, {**GOOD, "REDIS_HOST": "localhost"})
    done = logscan("scan", "-", "--check", "--format", "json", "--exit-zero", stdin=b"nothing\n")
    assert {it["id"]: it["status"] for it in json.loads(done.out)["checks"]}["redis-variables"] == "fail"
