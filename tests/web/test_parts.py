"""Small parts: texts, sizes, names, options, limits, and the start script of the container."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import string
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscan.addresses import is_loopback
from logscan.cli.main import cli
from logscan.web.names import distinct, shown
from logscan.web.options import ScanOptions, command_line
from logscan.web.pages import demo_log
from logscan.web.problems import LIMITS, RETRY, STATUS, Problem
from logscan.web.rate import RateLimit, client_of
from logscan.web.scanner import policy_of
from logscan.web.server import address_of
from logscan.web.settings import format_size, parse_size
from logscan.web.texts import PROBLEMS, TEXTS
from logscan.web.words import LANGUAGES, Words, accepted
from logscan.web.worker import how_ended

ROOT = Path(__file__).parents[2]


def holes(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize(("english", "french"), [*TEXTS.values(), *((f"{e[0]} {e[1]}", f"{f[0]} {f[1]}") for e, f in PROBLEMS.values())])
def test_texts_say_the_same_in_both_languages(english: str, french: str) -> None:
    assert english
    assert french
    assert holes(english) == holes(french)
    if len(english) > 25:
        assert english != french


def test_texts_are_all_used() -> None:
    sources = [*(ROOT / "logscan" / "web").glob("*.py"), *(ROOT / "logscan" / "web" / "templates").glob("*.html")]
    code = "".join(path.read_text(encoding="utf-8") for path in sources if path.name != "texts.py")
    built = {"step-upload", "step-queue", "step-read", "step-judge", "language-en", "language-fr", "critical", "warning", "ok", "info"}
    unused = [key for key in TEXTS if f'"{key}"' not in code and key not in built and f'"{key.removesuffix("s")}"' not in code]
    assert unused == []


def test_texts_in_french_hold_marks_to_their_words() -> None:
    assert Words("fr").ui("title") == "Pourquoi les images manquent-elles\u00a0?"
    assert "«\u00a0a.png\u00a0»" not in Words("fr").problem("not-a-log", {"name": "a", "kind": "PNG"})[1]
    assert "«\u00a0PNG\u00a0»" in Words("fr").problem("not-a-log", {"name": "a", "kind": "PNG"})[1]


@pytest.mark.parametrize("key", STATUS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_problems_have_words_and_a_status(key: str, language: str) -> None:
    values: dict[str, str | int] = {name: 7 for text in PROBLEMS[key] for name in holes(text[1]) if name}
    problem = Problem(key, **values)
    told = problem.as_json(Words("fr" if language == "fr" else "en"))
    assert told["status"] == STATUS[key] == problem.status
    assert told["title"]
    assert "{" not in told["detail"]
    if key in LIMITS and "limit" in values:
        assert told["limit"]["name"] == LIMITS[key]
        assert told["limit"]["value"] in told["detail"]
    assert ("Retry-After" in problem.headers) == (key in RETRY)


def test_problems_name_options_that_there_are() -> None:
    options = {option for parameter in cli.commands["serve"].params for option in parameter.opts}
    assert set(LIMITS.values()) <= options


@pytest.mark.parametrize(("text", "size"), [("1GB", 1 << 30), ("1.5 MiB", 3 << 19), ("10k", 10240), ("7", 7), ("2TB", 2 << 40)])
def test_sizes_are_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "many", "-1GB", "1PB", "1e9"])
def test_sizes_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)


@given(st.integers(1, 1 << 45))
def test_sizes_shown_are_sizes_read(size: int) -> None:
    assert parse_size(format_size(size).replace("\u00a0", "")) == pytest.approx(size, rel=0.06)


@given(st.binary(max_size=300))
def test_names_are_never_paths(raw: bytes) -> None:
    name = shown(raw)
    assert not {"/", "\\", "\0", "\n", "\r", "\x1b", "\u202e"} & set(name)
    assert name not in (".", "..")
    assert len(name) <= 121
    name.encode()


@given(st.lists(st.sampled_from(["", "a", "a.log", "a (2).log", "b.log.gz"]), max_size=12))
def test_names_are_told_apart(names: list[str]) -> None:
    assert len(set(distinct(names))) == len(names)
    assert all(distinct(names))


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4), st.booleans())
def test_command_line_is_one_that_a_shell_takes(raw: list[str], redact: bool) -> None:
    names = distinct([shown(name.encode("utf-8", "replace")) for name in raw])
    words = shlex.split(command_line(names, ScanOptions(tz="Europe/Paris", since="2h", redact=redact)))
    assert words[:2] == ["logscan", "scan"]
    context = cli.commands["scan"].make_context("logscan scan", words[2:])
    assert [name.removeprefix("./") for name in context.params["inputs"]] == names or any(name.startswith("./") for name in names)
    assert context.params["no_redact"] is not redact


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-CA,en;q=0.8", "fr"),
        ("en,fr", "en"),
        ("de,fr;q=0.1", "fr"),
        ("fr;q=x", "en"),
        ("fr;q=0", "en"),
        ("," * 9, "en"),
    ],
)
def test_language_follows_the_browser(header: str, language: str) -> None:
    assert accepted(header) == language


def test_rate_fills_up_again() -> None:
    now = 0.0
    limit = RateLimit(2, lambda: now)
    limit.take("a")
    limit.take("a")
    with pytest.raises(Problem) as full:
        limit.take("a")
    assert full.value.headers["Retry-After"] == "31"
    limit.take("b")
    now = 31
    limit.take("a")
    with pytest.raises(Problem):
        limit.check("a")


def test_rate_forgets_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logscan.web.rate._MAX_CLIENTS", 3)
    now = 0.0
    limit = RateLimit(1, lambda: now)
    for client in "abc":
        limit.take(client)
    now = 100
    limit.take("d")
    assert list(limit._buckets) == ["d"]


def test_rate_takes_a_network_for_one_client() -> None:
    assert client_of("2001:db8::1") == client_of("2001:db8::ffff") != client_of("2001:db8:1::1")
    assert client_of("::ffff:192.0.2.1") == client_of("192.0.2.1") == "192.0.2.1"
    assert client_of(None) == "unknown"


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("example.org", False)],  # noqa: S104
)
def test_loopback_is_known(host: str, own: bool) -> None:
    assert is_loopback(host) is own


def test_address_is_one_for_a_browser() -> None:
    assert address_of("0.0.0.0", 80) == address_of("::", 80) == "http://127.0.0.1:80"  # noqa: S104  # named, not bound
    assert address_of("::1", 80) == "http://[::1]:80"


def test_policy_is_the_reports_own() -> None:
    page = """<head><meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; img-src data:"></head>"""
    assert policy_of(page) == "default-src 'none'; img-src data:"
    assert "default-src 'none'" in policy_of("<html>")
    assert "evil" not in policy_of("<head></head>" + " " * 5000 + '<meta http-equiv="Content-Security-Policy" content="evil">')


def test_worker_ends_are_named() -> None:
    assert [how_ended(code) for code in (3, -9, -11, -250)] == ["exit code 3", "SIGKILL", "SIGSEGV", "signal 250"]


def test_demo_is_a_fixture() -> None:
    assert demo_log().read_bytes() == (ROOT / "fixtures" / "interleaved-jobs-two-causes" / "input.log").read_bytes()


def test_server_process_loads_nothing_heavy() -> None:
    program = (
        "import sys, logscan.web.server; print(sorted({'polars', 'hyperscan', 'logscan.diagnose', 'logscan.rulebook'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


# The container.


def test_container_does_not_run_as_root() -> None:
    dockerfile = (ROOT / ".railway" / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^USER (.+)$", dockerfile) == ["logscan"]
    for source in re.findall(r"(?m)^COPY (?!--from)(\S+) ", dockerfile):
        assert (ROOT / source).exists()
    railway = json.loads((ROOT / ".railway" / "railway.json").read_text(encoding="utf-8"))
    assert (ROOT / railway["build"]["dockerfilePath"]).is_file()
    assert "/healthz" in dockerfile
    assert railway["deploy"]["healthcheckPath"] == "/healthz"


@pytest.mark.skipif(os.name != "posix" or shutil.which("setpriv") is None, reason="a shell script for Linux")
def test_container_starts_the_server_as_railway_sets_it_up(tmp_path: Path) -> None:
    """`logscan` itself is replaced by a command that shows what it was given."""
    shim = tmp_path / "bin" / "logscan"
    shim.parent.mkdir()
    shim.write_text('#!/bin/sh\necho "$*|$LOGSCAN_SERVE_DATA|$LOGSCAN_SERVE_TRUST_PROXY|$LOGSCAN_SERVE_HOST"\n')
    shim.chmod(0o755)
    volume = tmp_path / "volume"
    volume.mkdir()
    environment = {
        "PATH": f"{shim.parent}:{os.environ['PATH']}", "LOGSCAN_USER": "root", "LOGSCAN_SERVE_HOST": "0.0.0.0",  # noqa: S104
        "RAILWAY_ENVIRONMENT_ID": "e", "RAILWAY_VOLUME_MOUNT_PATH": str(volume),
    }  # fmt: skip
    script = [str(ROOT / ".railway" / "start"), "--keep", "3d"]
    done = subprocess.run(["sh", *script], env=environment, capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout == f"serve --keep 3d|{volume}|100.64.0.0/10|0.0.0.0\n"
