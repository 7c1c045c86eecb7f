"""What image addresses answer, asked of a real HTTPS server; and whom logscan never asks."""

from __future__ import annotations

import ipaddress
import signal
import socket
import sys
import threading
import time
from typing import Any

import pytest
import trustme

from logscan.addresses import may_be_asked, parse_network
from logscan.checks.asking import CAP, Policy, ask
from logscan.model import ImageAnswer, ImageUrl
from tests.images.server import PNG, Storage, free_port, storage

HERE = Policy(allowed=(parse_network("127.0.0.1"),), step_time=2, one_time=1.5, all_time=20)


def one(url: str, policy: Policy = HERE) -> ImageAnswer:
    (answer,) = ask([ImageUrl(url, "m1")], policy)
    return answer


@pytest.mark.parametrize(
    ("path", "kind", "status", "cors"),
    [
        ("/open.png", "ok", 200, True),
        ("/null.png", "ok", 200, True),
        ("/wrong-cors.png", "ok", 200, False),
        ("/no-cors.png", "ok", 200, False),
        ("/drawing.svg", "ok", 200, True),
        ("/signed.png", "ok", 200, True),
        ("/cookie.png", "ok", 200, True),
        ("/to-open.png", "ok", 200, True),
        ("/to-open-unseen.png", "ok", 200, False),
        ("/endless.png", "ok", 200, True),
        ("/large.png", "large", 206, True),
        ("/denied.png", "denied", 403, None),
        ("/expired.png", "expired", 403, None),
        ("/denied.png?X-Amz-Date=20200101T000000Z&X-Amz-Expires=900", "expired", 403, None),
        ("/denied.png?X-Amz-Date=20990101T000000Z&X-Amz-Expires=900", "denied", 403, None),
        ("/denied.png?Expires=1577836800&Signature=abc", "expired", 403, None),
        ("/denied.png?token=e30.eyJleHAiOjE1Nzc4MzY4MDB9.c2ln", "expired", 403, None),
        ("/gone.png", "not-found", 404, None),
        ("/object.png", "not-found", 400, None),
        ("/bucket.png", "no-bucket", 400, None),
        ("/page.png", "html", 200, None),
        ("/text.png", "no-image", 200, None),
        ("/many.png", "limited", 429, None),
        ("/broken.png", "server", 503, None),
        ("/round.png", "loop", None, None),
        ("/slow.png", "slow", None, None),
        ("/to-metadata.png", "private", None, None),
        ("/to-file.png", "no-url", None, None),
    ],
)
def test_asking_tells_what_is_wrong(images: Storage, path: str, kind: str, status: int | None, cors: bool | None) -> None:
    answer = one(images.url(path))
    assert (answer.kind, answer.status, answer.cors) == (kind, status, cors)
    assert answer.mascot == "m1"


def test_asking_as_the_plugin_does_and_not_more(images: Storage) -> None:
    answer = one(images.url("/open.png").replace("https://", "https://user:password@"))
    assert [method for method, _, _ in images.asked] == ["HEAD", "GET", "OPTIONS"]
    for _, _, headers in images.asked:
        assert headers["Origin"] == "null"
        assert headers["Host"] == f"127.0.0.1:{images.port}"
        assert not {"Authorization", "Cookie"} & headers.keys()
    assert images.asked[1][2]["Range"] == f"bytes=0-{CAP - 1}"
    assert images.asked[2][2]["Access-Control-Request-Method"] == "GET"
    assert (answer.size, answer.type, answer.allow_origin, answer.preflight) == (len(PNG), "image/png", "*", 204)
    assert "password" not in answer.url


def test_asking_sends_no_cookie_that_an_answer_set(images: Storage) -> None:
    ask([ImageUrl(images.url("/cookie.png")), ImageUrl(images.url("/cookie.png?2"))], HERE)
    assert len(images.asked) == 6
    assert not [headers for _, _, headers in images.asked if "Cookie" in headers]


def test_asking_reads_an_endless_image_to_the_cap_only(images: Storage) -> None:
    assert one(images.url("/endless.png")).kind == "ok"
    # What the server could push into the buffers of two sockets until the client hung up.
    assert images.sent < 64 << 20


def test_asking_shows_no_query(images: Storage) -> None:
    answer = one(images.url("/denied.png?X-Amz-Signature=0123456789abcdef&X-Amz-Credential=AKIA"))
    assert answer.url == images.url("/denied.png?…")
    assert "/denied.png?X-Amz-Signature=0123456789abcdef&X-Amz-Credential=AKIA" in [path for _, path, _ in images.asked]


def test_asking_http_is_what_a_page_of_figma_blocks(plain: Storage) -> None:
    assert one(plain.url("/open.png", "http")).kind == "insecure"


def test_asking_certificates(authority: trustme.CA, images: Storage) -> None:
    with storage(trustme.CA(), "127.0.0.1") as stranger, storage(authority, "elsewhere.test") as other:
        assert one(stranger.url("/open.png")).kind == "tls"
        answer = one(other.url("/open.png"))
        assert (answer.kind, "mismatch" in (answer.why or "")) == ("tls", True)
        assert not stranger.asked and not other.asked


def test_asking_where_nobody_listens() -> None:
    assert one(f"https://127.0.0.1:{free_port()}/a.png").kind == "no-answer"
    assert one("https://no-such-host.invalid/a.png").kind == "dns"
    assert one("mascots/a.png").kind == "no-url"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
        "[::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[fd12::1]", "[fe80::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::]",
        "[::127.0.0.1]", "[2001:0:7f00:1::]", "127.1", "2130706433", "0x7f000001", "255.255.255.255",
    ],
)  # fmt: skip
def test_asking_refuses_private_networks(host: str) -> None:
    assert one(f"http://{host}:9/a.png", Policy()).kind in ("private", "dns", "no-url")


def test_asking_private_networks_that_are_allowed(images: Storage) -> None:
    assert one(images.url("/open.png"), Policy()).kind == "private"
    assert not images.asked
    mapped = parse_network("127.0.0.0/8")
    assert may_be_asked(ipaddress.ip_address("::ffff:127.0.0.1"), [mapped])
    assert not may_be_asked(ipaddress.ip_address("10.0.0.1"), [mapped])
    assert may_be_asked(ipaddress.ip_address("93.184.215.14"))
    assert may_be_asked(ipaddress.ip_address("2606:2800:21f:cb07::1"))
    with pytest.raises(ValueError, match="not an address or network"):
        parse_network("intranet")


def test_asking_follows_no_redirect_into_a_network_that_is_not_allowed(images: Storage) -> None:
    with storage(None, address="127.0.0.9") as inner:
        images.other = inner.port
        assert one(images.url("/to-other.png")).kind == "private"
        assert not inner.asked
        both = Policy(allowed=(parse_network("127.0.0.0/8"),))
        # There, and yet not over https.
        assert one(images.url("/to-other.png"), both).kind == "insecure"


def test_asking_connects_to_the_address_that_was_judged(images: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere the second time it is resolved (DNS re-binding)."""
    with storage(None, address="127.0.0.9") as inner:
        real, answers = socket.getaddrinfo, ["127.0.0.1", "127.0.0.9", "127.0.0.9"]
        resolved: list[str] = []

        def rebound(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
            if host != "images.test":
                return real(host, port, *rest, **more)
            resolved.append(answers[min(len(resolved), 2)])
            return real(resolved[-1], port, *rest, **more)

        monkeypatch.setattr(socket, "getaddrinfo", rebound)
        answer = one(images.url("/open.png", host="images.test"))
        # The first request went where its name led when it was judged, under its name; the second was not sent at all.
        assert [(method, headers["Host"]) for method, _, headers in images.asked] == [("HEAD", f"images.test:{images.port}")]
        assert (answer.kind, resolved, inner.asked) == ("private", ["127.0.0.1", "127.0.0.9"], [])


def test_asking_refuses_a_name_of_which_one_address_is_private(monkeypatch: pytest.MonkeyPatch) -> None:
    def two(*_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("93.184.215.14", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    assert one("https://cdn.example.org/a.png", Policy(step_time=0.2)).kind == "private"


def test_asking_ends_in_time_and_tells_of_the_others(images: Storage) -> None:
    urls = [ImageUrl(images.url(f"/slow.png?{n}")) for n in range(12)]
    answers = ask([ImageUrl(images.url("/open.png")), *urls], Policy(HERE.allowed, 2, 2.0, 3.0))
    assert answers[0].kind == "ok"
    assert {answer.kind for answer in answers[1:]} <= {"slow"}
    assert len(answers) < 13


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_asking_ends_at_a_signal_with_what_was_answered(images: Storage) -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    ours = signal.getsignal(signal.SIGTERM)
    ending = threading.Timer(1.0, signal.raise_signal, [signal.SIGTERM])
    begun = time.monotonic()
    ending.start()
    try:
        answers = ask(
            [ImageUrl(images.url("/open.png")), *(ImageUrl(images.url(f"/slow.png?{n}")) for n in range(12))],
            Policy(HERE.allowed, 20, 20.0, 60.0),
        )
        assert signal.getsignal(signal.SIGTERM) == ours
    finally:
        signal.signal(signal.SIGTERM, before)
    assert [answer.kind for answer in answers] == ["ok"]
    assert heard == [signal.SIGTERM]
    assert time.monotonic() - begun < 10
