"""What the package promises to those who install it."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import logscan

ROOT = Path(__file__).parents[1]
BUILDS = os.environ.get("CI") == "true"


def test_package_public_names_are_these() -> None:
    assert logscan.__all__ == ["Diagnosis", "Options", "Rulebook", "__version__", "load_rules", "scan", "to_json"]
    assert all(getattr(logscan, name) is not None for name in logscan.__all__)
    with pytest.raises(AttributeError, match="'logscan' has no attribute 'nothing'"):
        _ = logscan.nothing


def test_package_calls_take_these_arguments() -> None:
    assert list(inspect.signature(logscan.scan).parameters) == ["paths", "rules", "options"]
    assert list(inspect.signature(logscan.load_rules).parameters) == ["folders"]
    assert list(inspect.signature(logscan.to_json).parameters)[:2] == ["diagnosis", "rulebook"]


def test_package_version_stands_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "logscan/version.py"
    written = re.compile(rf"(?<![\d.]){re.escape(logscan.__version__)}(?![\d.])")
    holders = [path for path in (ROOT / "logscan").rglob("*.py") if written.search(path.read_text(encoding="utf-8"))]
    assert holders == [ROOT / "logscan" / "version.py"]


def test_package_changelog_begins_with_this_version() -> None:
    headings = re.findall(r"(?m)^## \[(.+?)\]", (ROOT / ".github" / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert headings[0] == logscan.__version__


def test_package_marks_itself_as_typed() -> None:
    assert (Path(logscan.__file__).parent / "py.typed").is_file()


@pytest.mark.skipif(not BUILDS, reason="builds a wheel, which takes the network: with CI=true only")
def test_package_wheel_holds_rules_types_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT],
        check=True,
        capture_output=True,
        timeout=110,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        info = f"logscan-{logscan.__version__}.dist-info"
        about = Parser().parsestr(archive.read(f"{info}/METADATA").decode())
        scripts = archive.read(f"{info}/entry_points.txt").decode()
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "logscan").rglob("*") if path.is_file() and path.suffix != ".pyc"}
    rules = {f"logscan/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "rules").rglob("*") if path.is_file()}
    # The upload page's example is a fixture.
    assert {name for name in names if not name.startswith(info)} == modules | rules | {"logscan/web/demo/input.log"}
    assert "logscan/py.typed" in names
    assert "logscan/rules/findings.yaml" in names
    assert f"{info}/licenses/LICENSE" in names
    assert (about["Name"], about["Version"], about["Requires-Python"]) == ("logscan", logscan.__version__, ">=3.11")
    assert "logscan = logscan.__main__:main" in scripts
