"""Tokens, targets and addresses: what is taken, and what is said where it is not."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate

from logscan.errors import UsageError
from logscan.railway import queries
from logscan.railway.endpoint import Endpoint
from logscan.railway.limits import rate_limit, retry_after
from logscan.railway.tokens import find_token
from tests.railway.conftest import Logscan
from tests.railway.server import SCHEMA, Fault, Railway
from tests.railway.world import ACCOUNT, API, ENVIRONMENT, NOON, PROJECT, PROJECT_TOKEN, WORKER, WORKSPACE_TOKEN, row

OTHER = "00000000-0000-0000-0000-0000000000ff"
PULL = ("pull", "--since", "2024-06-01T12:00:00Z", "--until", "2024-06-01T13:00:00Z", "-o", "logs.jsonl")


@pytest.mark.parametrize("document", queries.DOCUMENTS, ids=lambda text: text.split("(")[0].split("{")[0].strip())
def test_every_document_is_valid(document: str) -> None:
    assert validate(SCHEMA, parse(document)) == []


def test_every_document_is_in_the_list() -> None:
    texts = {value for name, value in vars(queries).items() if isinstance(value, str) and value.startswith(("query ", "subscription "))}
    assert texts == set(queries.DOCUMENTS)


def test_schema_is_part_of_railways() -> None:
    """Where the whole reduced schema is at hand: every field and argument of the tests' copy is there, with the same type."""
    whole = Path(__file__).parents[3] / "shared" / "railway" / "schema.graphql"
    if not whole.is_file():
        pytest.skip("the reduced schema of Railway is not beside this checkout")
    from graphql import GraphQLInputObjectType, GraphQLObjectType, build_schema

    true = build_schema(whole.read_text(encoding="utf-8"))
    for name, kind in SCHEMA.type_map.items():
        if name.startswith("__") or not isinstance(kind, GraphQLObjectType | GraphQLInputObjectType):
            continue
        for field, it in kind.fields.items():
            other: Any = true.type_map[name].fields[field]  # type: ignore[attr-defined]
            assert str(it.type) == str(other.type), f"{name}.{field}"
            assert {a: str(v.type) for a, v in getattr(it, "args", {}).items()}.items() <= {
                a: str(v.type) for a, v in getattr(other, "args", {}).items()
            }.items()


def test_fast_answers_are_the_executed_ones(railway: Railway, logscan: Logscan) -> None:
    railway.world.logs.add([row(NOON + n, f'{n} "q" \u2028 é', (API, WORKER)[n % 2]) for n in range(30)])
    texts = []
    for railway.fast in (True, False):
        assert logscan(*PULL, "--service", "worker", "--page", "4", "--restart").code == 0
        texts.append([json.loads(line) for line in Path("logs.jsonl").read_bytes().splitlines()])
    assert texts[0] == texts[1]
    assert len(texts[0]) == 15


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://backboard.example.org/graphql/v2", "plain http would show the token to the network"),
        ("http://127.0.0.1.example.org/", "plain http"),
        ("ftp://127.0.0.1/", "is not an address"),
        ("nonsense", "is not an address"),
        ("https://user:secret@example.org/", "no user and password"),
        ("https://example.org:x/", "is not an address"),
    ],
)
def test_endpoint_refused(url: str, said: str, logscan: Logscan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCAN_RAILWAY_URL", url)
    monkeypatch.setenv("RAILWAY_TOKEN", PROJECT_TOKEN)
    done = logscan(*PULL)
    assert done.code == 2
    assert said in done.err


def test_endpoint_of_railway_and_of_loopback() -> None:
    it = Endpoint.of({})
    assert (it.http, it.websocket) == (
        "https://backboard.railway.com/graphql/v2?source=logscan",
        "wss://backboard.railway.com/graphql/v2?source=logscan",
    )
    for host in ("127.0.0.1", "[::1]", "localhost", "127.8.8.8"):
        it = Endpoint.of({"LOGSCAN_RAILWAY_URL": f"http://{host}:80/x?a=b"})
        assert (it.websocket, it.loopback) == (f"ws://{host}:80/x?a=b", True)


def test_token_order_and_files(tmp_path: Path) -> None:
    settings = tmp_path / ".railway" / "config.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"user": {"token": "legacy-0123456789"}}))
    assert find_token({}, tmp_path).value == "legacy-0123456789"
    settings.write_text(json.dumps({"user": {"token": "legacy-0123456789", "accessToken": "oauth-0123456789"}}))
    assert (find_token({}, tmp_path).value, find_token({}, tmp_path).kind) == ("oauth-0123456789", "account")
    both = {"RAILWAY_TOKEN": "project-0123456789", "RAILWAY_API_TOKEN": "account-0123456789"}
    assert find_token(both, tmp_path).headers == {"Project-Access-Token": "project-0123456789"}
    assert find_token({**both, "RAILWAY_TOKEN": ""}, tmp_path).headers == {"Authorization": "Bearer account-0123456789"}
    file = tmp_path / "token"
    for text, kind in (
        ("some-0123456789\n", None),
        ("# mine\nexport RAILWAY_TOKEN='some-0123456789'\nX=1\n", "project"),
        ("RAILWAY_API_TOKEN=some-0123456789", "account"),
    ):
        file.write_text(text)
        token = find_token(both, tmp_path, file)
        assert (token.value, token.kind) == ("some-0123456789", kind)
        assert "some-0123456789" not in repr(token)
    for text in ("", "two\nlines-0123456789\n", "with blanks in it", "short", "accentué-0123456789"):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(UsageError, match="--token-file"):
            find_token({}, tmp_path, file)


def test_no_token_says_which_variables_to_set(railway: Railway, logscan: Logscan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAILWAY_TOKEN")
    for command in (PULL, ("check",), ("follow",), ("scan", "--railway")):
        done = logscan(*command)
        assert done.code == 2
        assert done.err.startswith("logscan: no token for Railway: set RAILWAY_TOKEN (a project token")
        assert "RAILWAY_API_TOKEN" in done.err
    assert railway.asked == []


@pytest.mark.parametrize(
    ("variable", "token", "said"),
    [
        ("RAILWAY_TOKEN", ACCOUNT, "RAILWAY_TOKEN holds an account or workspace token: put it into RAILWAY_API_TOKEN instead"),
        ("RAILWAY_TOKEN", WORKSPACE_TOKEN, "RAILWAY_TOKEN holds an account or workspace token: put it into RAILWAY_API_TOKEN instead"),
        ("RAILWAY_API_TOKEN", PROJECT_TOKEN, "RAILWAY_API_TOKEN holds a project token: put it into RAILWAY_TOKEN instead"),
        ("RAILWAY_TOKEN", "dead-token-0123456789", "Railway does not take the token in RAILWAY_TOKEN: it is wrong, or was deleted."),
        (
            "RAILWAY_API_TOKEN",
            "dead-token-0123456789",
            "Railway does not take the token in RAILWAY_API_TOKEN: it is wrong, or was deleted.",
        ),
    ],
)
def test_token_of_the_wrong_kind(
    railway: Railway, logscan: Logscan, monkeypatch: pytest.MonkeyPatch, variable: str, token: str, said: str
) -> None:
    monkeypatch.delenv("RAILWAY_TOKEN")
    monkeypatch.setenv(variable, token)
    for command in (PULL, ("pull", "--list"), ("check",), ("follow",)):
        done = logscan(*command)
        assert done.code == 3
        assert said in done.err
    # Never tried again and again.
    assert len(railway.asked) < 40


@pytest.mark.parametrize("token", [ACCOUNT, WORKSPACE_TOKEN, PROJECT_TOKEN])
def test_token_file_of_any_kind(railway: Railway, logscan: Logscan, monkeypatch: pytest.MonkeyPatch, token: str, tmp_path: Path) -> None:
    monkeypatch.delenv("RAILWAY_TOKEN")
    (tmp_path / "token").write_text(token)
    assert logscan(*PULL, "--token-file", "token").code == 0
    assert railway.headers[-1].get("project-access-token" if token == PROJECT_TOKEN else "authorization", "").endswith(token)


def login(tmp_path: Path, **more: Any) -> None:
    (tmp_path / "home" / ".railway").mkdir(parents=True)
    (tmp_path / "home" / ".railway" / "config.json").write_text(json.dumps({"user": {"accessToken": "oauth-token-0123456789"}, **more}))


def test_login_of_the_railway_cli(railway: Railway, logscan: Logscan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("RAILWAY_TOKEN")
    railway.world.logs.add([row(NOON + 1, "a"), row(NOON + 2, "w", WORKER)])
    link = {"project": PROJECT, "environment": ENVIRONMENT, "service": WORKER, "name": "mascots"}
    login(tmp_path, projects={str(tmp_path): link})
    assert logscan(*PULL).code == 0
    assert [json.loads(line)["message"] for line in Path("logs.jsonl").read_text().splitlines()] == ["w"]
    railway.world.tokens.clear()
    done = logscan(*PULL, "--restart")
    assert done.code == 3
    assert "The Railway CLI's login has expired: run `railway login`" in done.err


def test_list_shows_what_a_token_reaches(railway: Railway, logscan: Logscan, monkeypatch: pytest.MonkeyPatch) -> None:
    one = logscan("pull", "--list")
    assert (one.code, one.err) == (0, "")
    assert one.out.startswith("The project token in RAILWAY_TOKEN reaches one environment:\n  project mascots  " + PROJECT)
    monkeypatch.delenv("RAILWAY_TOKEN")
    monkeypatch.setenv("RAILWAY_API_TOKEN", ACCOUNT)
    railway.world.projects.append((OTHER, "website\x1b[31m"))
    done = logscan("pull", "--list")
    assert "workspace studio" in done.out
    assert f"  project mascots  {PROJECT}\n    environment production  {ENVIRONMENT}\n    service backend  {API}\n" in done.out
    assert "\x1b" not in done.out


def test_targets_by_name_and_id(railway: Railway, logscan: Logscan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAILWAY_TOKEN")
    monkeypatch.setenv("RAILWAY_API_TOKEN", ACCOUNT)
    railway.world.projects.append((OTHER, "website"))
    railway.world.environments.append((OTHER, "staging"))

    def environment(*options: str) -> Any:
        done = logscan(*PULL, "--restart", *options)
        assert done.code == 0, done.err
        return next(it["variables"]["environment"] for it in reversed(railway.asked) if "environmentLogs" in it["query"])

    assert environment("--project", "Mascots", "--environment", "staging") == OTHER
    assert environment("--project", PROJECT, "--environment", ENVIRONMENT) == ENVIRONMENT
    assert environment("--project", "mascots") == ENVIRONMENT  # production
    monkeypatch.setenv("RAILWAY_PROJECT_ID", PROJECT)
    monkeypatch.setenv("RAILWAY_ENVIRONMENT_ID", OTHER)
    assert environment() == OTHER
    # An environment that is set belongs to the project that is set beside it.
    assert environment("--project", "website") == ENVIRONMENT


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "name the project with --project, or set RAILWAY_PROJECT_ID: the token reaches mascots, website"),
        (("--project", "nope"), "--project nope: not in what the token reaches, which has mascots, website"),
        (("--project", "mascots", "--environment", "nope"), "--environment nope: not in project mascots, which has production, staging"),
        (("--project", "mascots", "--service", "nope"), "--service nope: not in this environment, which has backend, worker, Redis"),
    ],
)
def test_targets_that_are_not_clear(
    railway: Railway, logscan: Logscan, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], said: str
) -> None:
    monkeypatch.delenv("RAILWAY_TOKEN")
    monkeypatch.setenv("RAILWAY_API_TOKEN", ACCOUNT)
    railway.world.projects.append((OTHER, "website"))
    railway.world.environments.append((OTHER, "staging"))
    done = logscan(*PULL, *options)
    assert (done.code, said in done.err) == (2, True), done.err


def test_target_of_another_project_than_the_tokens(railway: Railway, logscan: Logscan) -> None:
    done = logscan(*PULL, "--project", "website")
    assert done.code == 2
    assert "--project website: the token in RAILWAY_TOKEN is for mascots only" in done.err


def test_target_that_the_token_may_not_see(railway: Railway, logscan: Logscan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAILWAY_TOKEN")
    monkeypatch.setenv("RAILWAY_API_TOKEN", ACCOUNT)
    done = logscan(*PULL, "--project", OTHER)
    assert done.code == 3
    assert "Not Authorized" in done.err
    assert "is valid, but has no right to this, or it is not there" in done.err


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("status", text="404"), "answers HTTP 404: this is not Railway's API (LOGSCAN_RAILWAY_URL, a proxy?)"),
        (Fault("status", text="301"), "answers HTTP 301"),
        (Fault("error", text="Problem processing request"), "tried 3 times: Problem processing request (trace 1234567890)"),
        (Fault("error", text="Two Factor Authentication Required"), "two-factor authentication"),
        (Fault("cut"), "tried 6 times: the connection broke off"),
        (Fault("short"), "tried 6 times: the answer is cut off, or no JSON"),
        (Fault("html"), "tried 6 times: HTTP 502"),
        (Fault("error", text=f"what is {PROJECT_TOKEN}\x1b[2J?"), "what is [token]"),
    ],
    ids=lambda value: value.kind + value.text[:12] if isinstance(value, Fault) else "",
)
def test_what_is_said_when_railway_fails(railway: Railway, logscan: Logscan, fault: Fault, said: str) -> None:
    railway.faults.extend([fault] * 9)
    done = logscan(*PULL)
    assert done.code == 3
    assert said in done.err
    assert "\x1b" not in done.err


def test_what_is_said_when_nobody_answers(
    railway: Railway, logscan: Logscan, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("LOGSCAN_RAILWAY_URL", "http://127.0.0.1:9/graphql/v2")
    caplog.set_level(logging.DEBUG)
    done = logscan(*PULL)
    assert (done.code, done.err) == (3, "logscan: Railway does not answer as it should, tried 6 times: no connection\n")
    assert PROJECT_TOKEN not in caplog.text


def test_a_document_that_railway_no_longer_knows(railway: Railway, logscan: Logscan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PROJECT_TOKEN", "query projectToken { projectToken { gone } }")
    done = logscan(*PULL)
    assert done.code == 3
    assert "Railway does not understand this request any more; a newer logscan may. It says: Cannot query field 'gone'" in done.err
    assert len(railway.asked) == 1


def test_ca_file_that_holds_none(railway: Railway, logscan: Logscan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    monkeypatch.setenv("LOGSCAN_CA_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("LOGSCAN_RAILWAY_URL", "https://127.0.0.1:9/graphql/v2")
    done = logscan(*PULL)
    assert (done.code, "LOGSCAN_CA_FILE" in done.err) == (2, True)


NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7), ({"retry-after": "0"}, 0), ({"retry-after": "Tue, 14 Nov 2023 22:13:50 GMT"}, 30),
        ({"x-ratelimit-reset": "12"}, 12), ({"x-ratelimit-reset": "1700000009"}, 9), ({"x-ratelimit-reset": "1700000009000"}, 9),
        ({"x-ratelimit-reset": "2023-11-14T22:13:25Z"}, 5), ({"ratelimit": '"default";r=0;t=44'}, 44), ({}, None), ({"retry-after": "soon"}, None),
    ],
)  # fmt: skip
def test_limits_say_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


def test_limits_in_both_forms() -> None:
    old = rate_limit({"x-ratelimit-limit": "1000", "x-ratelimit-remaining": "3", "x-ratelimit-reset": "60"}, NOW)
    assert (old.limit, old.remaining, old.reset, old.hourly) == (1000, 3, 60, 1000)
    new = rate_limit({"ratelimit-policy": '"default";q=1000;w=1800', "ratelimit": '"default";r=3;t=60'}, NOW)
    assert (new.limit, new.window, new.remaining, new.reset, new.hourly) == (1000, 1800, 3, 60, 2000)
    assert rate_limit({}, NOW).hourly is None
