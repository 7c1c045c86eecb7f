"""What README says of the nightly mail, played: the session, and every recipe that can be played here, line by line as it stands there.

`LOGSCAN_ACCEPT_GOLD=1 pytest tests/nightly/test_readme.py` puts today's output into the session.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from logscan.times import MINUTE, SECOND, parse_stamp
from tests.nightly.servers import KEY, Api, Certificates, api_server
from tests.railway.server import Railway
from tests.railway.world import PROJECT_TOKEN, row
from tests.test_readme import README, ROOT, replayed, text

NOW = parse_stamp("2026-11-26T13:30:00Z") or 0
_QUOTA = "ClientError: [VertexAI.ClientError]: got status: 429 Too Many Requests."
_WORKER = "[MascotGenerationProcessor]"


def recipe(name: str) -> str:
    """A recipe's block, without the indentation of the list that it stands in."""
    found = re.search(rf"(?ms)^( *)<!-- recipe: {re.escape(name)} -->\n *```\w+\n(.*?)^ *```$", text(README))
    assert found is not None, name
    return "".join(line.removeprefix(found[1]) for line in found[2].splitlines(keepends=True))


@pytest.fixture
def project(railway: Railway) -> Railway:
    """A day in which 3 of 9 mascots failed, ending now as the machine's clock has it."""
    return lived(railway, time.time_ns())


def lived(railway: Railway, now: int) -> Railway:
    for n in range(9):
        at, mascot = now - (120 - n) * MINUTE, f"7c2e2abe-6162-47f6-bd8c-e6d8f57af5{n:02d}"
        railway.add(
            row(at, f"[JobsService] Successfully enqueued mascot generation for {mascot}"),
            row(at + SECOND, f"{_WORKER} Starting processing for mascot {mascot} (variation 1 of batch b)"),
        )
        if n < 3:
            railway.add(
                row(at + 9 * SECOND, f"{_WORKER} Failed to generate mascot {mascot} (variation 1):"), row(at + 9 * SECOND + 1000, _QUOTA)
            )
        else:
            railway.add(row(at + 9 * SECOND, f"{_WORKER} Successfully generated mascot {mascot} (variation 1)"))
    return railway


def test_readme_session_goes_as_it_is_told(
    railway: Railway, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("logscan.railway.client.Client.now", lambda _: NOW)
    monkeypatch.setattr("logscan.cli.parsing.time.time_ns", lambda: NOW)
    lived(railway, NOW)
    for name, value in {
        "MAIL_URL": f"resend://{KEY}?endpoint={api.url}", "MAIL_FROM": "logscan <logscan@example.org>",
        "MAIL_TO": "ops@example.org", "NIGHTLY_HISTORY": "history.sqlite",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"LOGSCAN_{name}", value)

    told = replayed("nightly", capsysbinary)
    assert told == text(README)
    assert len(api.sent) == 1
    assert KEY not in told


# Recipes


class Machine:
    """A machine on which logscan is installed where the recipes say, and that leads to the local servers."""

    def __init__(self, folder: Path, railway: Railway, api: Api, certificates: Certificates) -> None:
        self.folder, self.railway, self.api, self.certificates = folder, railway, api, certificates
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.install(self.bin / "logscan")

    def install(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m logscan "$@"\n', encoding="utf-8")
        path.chmod(0o755)

    @property
    def variables(self) -> str:
        """README's own variables, with the local servers' token and key in them."""
        lines = recipe("railway variables").replace("your-project-token", PROJECT_TOKEN)
        return lines.replace("resend://re_your_key", f"'resend://{KEY}?endpoint={self.api.url}'")

    def environment(self, **more: str) -> dict[str, str]:
        """What a scheduler gives: next to nothing."""
        return {
            "PATH": f"{self.bin}:/usr/bin:/bin", "HOME": str(self.folder / "home"), "LOGSCAN_RAILWAY_URL": self.railway.url,
            "LOGSCAN_CA_FILE": str(self.certificates.file), **more,
        }  # fmt: skip

    def play(self, command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A command line as `/bin/sh` takes it; twice, since schedulers do."""
        for _ in range(2):
            done = subprocess.run(
                ["/bin/sh", "-ec", command],
                env=self.environment(**more),
                cwd=self.folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert done.returncode == 0, done.stderr
        assert "is done already" in done.stderr
        (mail,) = self.api.sent
        assert mail["subject"] == "logscan: 3 of 9 mascots failed"
        assert mail["to"] == ["ops@example.org", "team@example.org"]
        return done


@pytest.fixture
def machine(project: Railway, certificates: Certificates, tmp_path: Path) -> Iterator[Machine]:
    with api_server(Api(), certificates) as api:
        yield Machine(tmp_path, project, api, certificates)


unix = pytest.mark.skipif(os.name == "nt", reason="the recipes are for Linux")


def assigned(lines: str) -> dict[str, str]:
    """Assignments as a shell, and systemd, read them."""
    return dict(word.split("=", 1) for word in shlex.split(lines))


@unix
def test_readme_recipe_for_railway(machine: Machine) -> None:
    (machine.folder / "volume").mkdir()
    script = recipe("railway").strip().replace("/usr/local/bin/logscan-start", str(ROOT / ".railway" / "start"))
    assert script != recipe("railway").strip()
    # Railway's own variables; as root the script goes on as the user that the image has.
    railways = {
        "RAILWAY_ENVIRONMENT_ID": machine.railway.world.environments[0][0],
        "RAILWAY_VOLUME_MOUNT_PATH": str(machine.folder / "volume"),
    }
    if os.geteuid() == 0:
        # No image here: the user is the one that there is.
        railways["LOGSCAN_USER"] = "root"
    machine.play(script, **assigned(machine.variables), **railways)
    assert (machine.folder / "volume" / "logscan" / "history.sqlite").is_file()
    assert (ROOT / assigned(machine.variables)["RAILWAY_DOCKERFILE_PATH"]).is_file()


@unix
def test_readme_recipe_for_crontab(machine: Machine) -> None:
    fields = recipe("crontab").strip().split(" ", 5)
    assert fields[:5] == ["0", "3", "*", "*", "*"]
    # In a crontab a bare % would end the line.
    assert "%" not in fields[5]
    home = machine.folder / "home"
    (home / ".config").mkdir(parents=True)
    (home / ".config" / "logscan.env").write_text("\n".join(machine.variables.splitlines()[2:]), encoding="utf-8")
    machine.install(home / "logscan" / ".venv" / "bin" / "logscan")
    machine.play(fields[5])
    assert (home / ".local" / "share" / "logscan" / "history.sqlite").is_file()


@unix
def test_readme_recipe_for_systemd(machine: Machine, tmp_path: Path) -> None:
    units = {}
    for kind in ("service", "timer"):
        unit = configparser.ConfigParser(interpolation=None, strict=True)
        unit.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their capitals
        unit.read_string(recipe(f"systemd {kind}"))
        units[kind] = unit
    service = units["service"]["Service"]
    assert (service["Type"], units["timer"]["Timer"]["OnCalendar"]) == ("oneshot", "*-*-* 03:00:00 UTC")
    environment = assigned(service["Environment"].replace("/var/lib", str(tmp_path / "lib")))
    # What StateDirectory makes.
    (tmp_path / "lib" / service["StateDirectory"]).mkdir(parents=True)
    machine.play(service["ExecStart"].replace("/opt/logscan/.venv/bin", str(machine.bin)), **assigned(machine.variables), **environment)
    assert (tmp_path / "lib" / "logscan" / "history.sqlite").is_file()


@unix
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_readme_units_are_ones_that_systemd_takes(tmp_path: Path) -> None:
    for kind in ("service", "timer"):
        held = recipe(f"systemd {kind}").replace("/opt/logscan/.venv/bin/logscan", "/bin/true")
        (tmp_path / f"logscan-nightly.{kind}").write_text(held, encoding="utf-8")
    paths = [str(tmp_path / f"logscan-nightly.{kind}") for kind in ("service", "timer")]
    done = subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True, text=True, check=False)
    assert not re.search(r"logscan-nightly\.\w+:\d+:", done.stderr), done.stderr


@unix
def test_readme_recipe_for_github_actions(machine: Machine) -> None:
    workflow = yaml.safe_load(recipe("github"))
    steps = workflow["jobs"]["nightly"]["steps"]
    (nightly,) = (step for step in steps if "nightly" in step.get("run", ""))
    secrets = assigned(machine.variables)
    environment = {name: re.sub(r"\$\{\{ secrets\.(\w+) \}\}", lambda it: secrets[it[1]], value) for name, value in nightly["env"].items()}
    assert not any("${{" in value for value in environment.values())
    machine.play(nightly["run"], **environment)
    kept = next(step["with"]["path"] for step in steps if "cache/save" in step.get("uses", ""))
    assert (machine.folder / kept / "history.sqlite").is_file()
    assert [step["with"]["path"] for step in steps if "cache/restore" in step.get("uses", "")] == [kept]
