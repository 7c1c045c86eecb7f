"""Who may ask for what: hosts, origins, tokens, forms; and what every answer carries."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from tests.web.client import Client
from tests.web.conftest import LOG, TOKEN, Serve

CROSS = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "", "192.168.0.7", "a b", "[::1"]
)
def test_guard_refuses_names_that_are_not_its_own(client: Client, host: str) -> None:
    for path in ("/", "/api/scan", "/static/page.css"):
        assert client.get(path, Host=host).status == 400
    assert client.get("/healthz", Host=host).status == 200


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:99", "127.0.0.1", "[::1]:80"])
def test_guard_answers_to_this_machines_names(client: Client, host: str) -> None:
    assert client.get("/", Host=host).status == 200


def test_guard_answers_to_names_that_were_allowed(serve: Serve) -> None:
    client = serve(hosts=("logs.example.org",))
    assert client.get("/", Host="logs.example.org").status == 200
    answer = client.get("/", Host="other.example.org", Accept="text/html")
    assert answer.status == 400
    assert "--allow-host other.example.org" in answer.text


@pytest.mark.parametrize("headers", CROSS)
def test_guard_refuses_what_other_sites_send(client: Client, headers: dict[str, str]) -> None:
    for path in ("/api/scan", "/scan", "/r/x/delete", "/logout"):
        answer = client.post(path, [("file", "b.log", LOG)], **headers)
        assert answer.status == 403, path
        assert answer.json["title"] == "Sent from another site"


def test_guard_takes_its_own_forms(client: Client) -> None:
    fields = {"form": client.form_token()}
    own = {"Origin": client.address, "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
    assert client.post("/scan", [("file", "b.log", LOG)], fields, **own).status == 303


def test_guard_wants_the_forms_token_before_the_files(client: Client) -> None:
    token = client.form_token()
    for fields in ({}, {"form": ""}, {"form": "guessed"}):
        answer = client.post("/scan", [("file", "b.log", LOG)], fields)
        assert answer.status == 403
        assert answer.json["title"] == "The page has grown too old"
    stranger = Client(client.address)
    assert stranger.post("/scan", [("file", "b.log", LOG)], {"form": token}).status == 403
    stranger.get("/")
    assert stranger.post("/scan", [("file", "b.log", LOG)], {"form": token}).status == 403


def test_guard_puts_strict_headers_on_everything(client: Client) -> None:
    for path, status in (("/", 200), ("/nothing", 404), ("/api/scan", 405), ("/healthz", 200), ("/static/page.js", 200)):
        answer = client.get(path)
        assert answer.status == status
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "server" not in answer.headers
        assert answer.headers["cache-control"] == ("public, max-age=31536000, immutable" if "static" in path else "no-store")


def test_guard_cookies_are_for_this_site_and_no_script(client: Client) -> None:
    cookie = client.get("/").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_guard_believes_a_proxy_that_it_was_told_of(serve: Serve, tmp_path: Path) -> None:
    client = serve(proxies=("127.0.0.1",), hosts=("logs.example.org",))
    answer = client.get("/", Host="logs.example.org", X_Forwarded_Proto="https", X_Forwarded_For="203.0.113.9")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"]
    assert "https://logs.example.org/api/scan" in answer.text
    plain = serve(data=tmp_path / "other", hosts=("logs.example.org",)).get("/", Host="logs.example.org", X_Forwarded_Proto="https")
    assert "Secure" not in plain.headers["set-cookie"]


@pytest.mark.parametrize("cookie", ["", "x", "eyJpZCI6ImEifQ.aaaa.bbbb", "a" * 4000, '"\\"'])
def test_guard_takes_a_forged_cookie_for_none(client: Client, cookie: str) -> None:
    answer = client.get("/", Cookie=f"logscan_session={cookie}")
    assert answer.status == 200
    assert "set-cookie" in answer.headers


# With a token.


def test_token_is_wanted_everywhere_but_at_the_door(serve: Serve) -> None:
    client = serve(token=TOKEN)
    for path in ("/", "/demo", "/r/abc", "/r/abc/report.html"):
        answer = client.get(path, Accept="text/html")
        assert answer.status == 303
        assert answer.headers["location"] == f"/login?next={path}"
    for path in ("/login", "/healthz", "/static/page.css"):
        assert client.get(path).status == 200
    answer = client.scan(LOG)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert client.post("/scan", [("file", "b.log", LOG)]).status == 401


def test_token_as_bearer(serve: Serve) -> None:
    client = serve(token=TOKEN)
    client.headers["Authorization"] = f"Bearer {TOKEN}"
    assert client.scan(LOG).json["verdict"] == "jobs-failing"
    client.headers["Authorization"] = f"Bearer {TOKEN}x"
    answers = [client.scan(LOG).status for _ in range(12)]
    assert answers == [401] * 10 + [429] * 2
    # Whoever guesses is held off, even with the right one.
    client.headers["Authorization"] = f"Bearer {TOKEN}"
    assert client.scan(LOG).status == 429


def test_token_at_the_door(serve: Serve) -> None:
    client = serve(token=TOKEN)
    wrong = client.submit("/login", {"token": "wrong", "next": "/demo"})
    assert wrong.status == 401
    assert "That is not the token" in wrong.text
    before = dict(client.cookies)
    right = client.submit("/login", {"token": TOKEN, "next": "/r/abc"})
    assert (right.status, right.headers["location"]) == (303, "/r/abc")
    assert client.cookies != before
    assert client.get("/").status == 200
    address = client.upload(LOG)
    assert client.wait(address) == "done"
    assert Client(client.address).get(f"{address}/report.html").status == 303
    form = re.search(r'action="/logout"><input type="hidden" name="form" value="([^"]+)"', client.get("/").text)
    assert form
    assert client.submit("/logout", {"form": "no"}).status == 403
    assert client.submit("/logout", {"form": form[1]}).status == 303
    assert client.get("/").status == 303


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"])
def test_token_door_leads_nowhere_else(serve: Serve, target: str) -> None:
    client = serve(token=TOKEN)
    assert client.submit("/login", {"token": TOKEN, "next": target}).headers["location"] == "/"


def test_token_changed_ends_log_ins(serve: Serve, tmp_path: Path) -> None:
    client = serve(token=TOKEN)
    client.submit("/login", {"token": TOKEN})
    cookies = dict(client.cookies)
    other = serve(token="another-token-altogether", data=tmp_path / "other")  # noqa: S106
    other.cookies = cookies
    assert other.get("/").status == 303


def test_log_shows_no_secrets(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="logscan.web.access")
    client = serve(token=TOKEN)
    client.submit("/login", {"token": TOKEN})
    address = client.upload(LOG, "private-name.log")
    client.wait(address)
    client.get(f"{address}?lang=fr&token={TOKEN}")
    client.get("/\x1b[31m".replace("\x1b", "%1b"))
    log = caplog.text
    assert re.search(r"127\.0\.0\.1 GET /r/[\w-]{4}… 200 \d+B", log)
    for secret in (address.removeprefix("/r/"), TOKEN, client.cookies["logscan_session"], "private-name", "\x1b", "lang="):
        assert secret not in log
