"""The command group: help and version at once, wrong use told in one line, heavy libraries left alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import logscan as package
from tests.cli.conftest import COMMAND, Logscan, log

HEAVY = ["polars", "jinja2", "rich", "httpx", "regex", "msgspec", "yaml", "backports.zstd", "zoneinfo"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["-h"],
        ["--version"],
        ["scan", "--help"],
        ["completion", "--help"],
        ["completion", "zsh"],
        ["rules", "--help"],
        ["rules", "lint", "--help"],
        ["scna"],
    ],
)
def test_main_imports_nothing_heavy(arguments: list[str]) -> None:
    code = f"import json, sys\nfrom logscan.cli.main import run\nrun({arguments!r})\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "click" in loaded
    assert not loaded & set(HEAVY)


def test_main_help_names_every_command_and_the_usual_call(logscan: Logscan) -> None:
    done = logscan("--help")
    assert done.code == 0
    assert "scan" in done.out
    assert "completion" in done.out
    assert "railway logs --json --since 1d --lines 5000 | logscan" in done.out
    assert done.err == ""


def test_main_scan_help_explains_every_option(logscan: Logscan) -> None:
    done = logscan("scan", "--help")
    assert done.code == 0
    for option in (
        "--format", "--output", "--open", "--timeline", "--rules", "--since", "--until", "--pickup", "--run", "--now", "--tz", "--lang",
        "--input-format", "--exit-zero", "--schema",
    ):  # fmt: skip
        assert option in done.out
    assert "Exit codes" in done.out


def test_main_version(logscan: Logscan) -> None:
    done = logscan("--version")
    assert (done.code, done.err) == (0, "")
    assert package.__version__ in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scna", "a.log"], "No such command 'scna'"),
        (["scan", "--fromat", "json", "a.log"], "--format"),
        (["scan", "--format", "xml", "a.log"], "'xml'"),
        (["scan", "--format"], "--format"),
        (["completion", "tcsh"], "'tcsh'"),
        (["completion"], "bash"),
    ],
)
def test_main_wrong_usage_is_exit_2_and_one_message(logscan: Logscan, arguments: list[str], said: str) -> None:
    done = logscan(*arguments)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_main_file_instead_of_a_command_is_told_how_to_read_it(logscan: Logscan, tmp_path: Path) -> None:
    (tmp_path / "backend.log").write_text("Starting Container\n")
    done = logscan("backend.log")
    assert done.code == 2
    assert "logscan scan backend.log" in done.err


def test_main_without_anything_at_a_terminal_shows_the_help() -> None:
    pty = pytest.importorskip("pty", reason="no terminals to imitate here")
    leader, follower = pty.openpty()
    try:
        done = subprocess.run(COMMAND, stdin=follower, capture_output=True, text=True, check=False, timeout=30)
    finally:
        os.close(follower)
        os.close(leader)
    assert done.returncode == 2
    assert "Usage: logscan" in done.stdout + done.stderr


def test_main_without_anything_shows_the_help_itself(logscan: Logscan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logscan.cli.main._piped", bool)
    done = logscan()
    assert done.code == 2
    assert done.err.startswith("Usage: logscan")


def test_main_is_what_the_installed_script_runs(logscan: Logscan) -> None:
    script = Path(sys.executable).with_name("logscan" + (".exe" if os.name == "nt" else ""))
    if not script.exists():
        pytest.skip("logscan is not installed beside this Python")
    here = logscan("scan", log("hostile-text"), "--format", "json")
    there = subprocess.run([str(script), "scan", str(log("hostile-text")), "--format", "json"], capture_output=True, check=False)
    assert (there.returncode, there.stdout.decode()) == (here.code, here.out) == (1, here.out)
