"""Whole reports, compared with the ones in `tests/gold/`; its README says how to accept a change."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path

import pytest

from logscan import Rulebook, to_json
from logscan.report.html import to_html
from logscan.report.markdown import to_markdown
from logscan.report.terminal import to_terminal
from logscan.report.words import Words
from logscan.rulebook.schema import Language
from tests.report.conftest import NOW, Diagnose, with_rules_hash

GOLD = Path(__file__).parents[1] / "gold"
ACCEPT = bool(os.environ.get("LOGSCAN_ACCEPT_GOLD"))
VERSION = "0.0.0"
CASES: dict[str, Language] = {"two-services-two-forms": "en", "redis-silent-nest7": "fr", "hostile-text": "en"}


def rendered(name: str, form: str, fixture: Diagnose, rulebook: Rulebook) -> str:
    """A report of a fixture in one form, with everything fixed that would change from day to day."""
    diagnosis, words = with_rules_hash(fixture(name)), Words(rulebook, CASES[name])
    if form == "json":
        return to_json(diagnosis, rulebook, VERSION)
    if form == "html":
        return without_assets(to_html(diagnosis, words, now=NOW, version=VERSION))
    return to_markdown(diagnosis, words) if form == "md" else to_terminal(diagnosis, words, width=100)


def without_assets(page: str) -> str:
    """The page without its style and script, which are files of the package, and their digests."""
    page = re.sub(r"(?s)(<style>|<script type=\"module\">).*?(?=</)", r"\1…", page)
    return re.sub(r"sha256-[\w+/]{43}=", "sha256-…", page)


@pytest.mark.parametrize("form", ["html", "json", "md", "txt"])
@pytest.mark.parametrize("name", CASES)
def test_gold_report_is_as_it_was_accepted(name: str, form: str, fixture: Diagnose, rulebook: Rulebook, tmp_path: Path) -> None:
    gold, now = GOLD / name / f"report.{form}", rendered(name, form, fixture, rulebook)
    if ACCEPT:
        gold.parent.mkdir(exist_ok=True)
        gold.write_text(now, encoding="utf-8", newline="")
    before = gold.read_text(encoding="utf-8")
    if now != before:
        beside = tmp_path / gold.name
        beside.write_text(now, encoding="utf-8", newline="")
        lines = difflib.unified_diff(before.splitlines(), now.splitlines(), str(gold), str(beside), lineterm="", n=1)
        pytest.fail("not as accepted:\n" + "\n".join(lines), pytrace=False)


def test_gold_has_no_report_that_nobody_compares() -> None:
    assert {path.name for path in GOLD.iterdir() if path.is_dir()} == set(CASES)
