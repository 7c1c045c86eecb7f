"""Markdown that can be pasted anywhere: log text stays text."""

from __future__ import annotations

import re

import pytest

from logscan.report.markdown import to_markdown
from logscan.report.words import Words
from tests.report.conftest import CASES, Diagnose

ATTACKS = {
    "fence": "```\n# Owned\n```",
    "long fence": "`````` a ```````",
    "tilde": "~~~\n~~~",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "link": "[click](javascript:alert(1)) ![x](https://evil.example/x.png)",
    "heading": "\n# Owned\n",
    "table": "| a | b |\n|---|---|",
    "bidi": "\u202egnp.exe\u202c",
    "mention": "@everyone #1",
}


def outside_fences(text: str) -> str:
    """The Markdown without its code blocks; fails where one does not close."""
    kept, fence = [], ""
    for line in text.splitlines():
        found = re.match(r"(`{3,})(\w*)$", line)
        if fence and found and len(found[1]) >= len(fence) and not found[2]:
            fence = ""
        elif not fence and found:
            fence = found[1]
        elif not fence:
            kept.append(line)
    assert not fence, "a code block is never closed"
    return "\n".join(kept)


@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_log_text_stays_inside_its_block(attacked: Diagnose, english: Words, attack: str) -> None:
    calm = outside_fences(to_markdown(attacked("nothing of note"), english))
    shown = outside_fences(to_markdown(attacked(ATTACKS[attack]), english))
    assert shown == calm


def test_markdown_file_name_cannot_write_markdown(attacked: Diagnose, english: Words) -> None:
    shown = outside_fences(to_markdown(attacked("x", name="`*[a](b)<i>_.log"), english))
    assert "<i>" not in re.sub(r"\\[<>]", "", shown)
    assert not re.search(r"(?<!\\)\]\(", shown)


@pytest.mark.parametrize("name", CASES)
def test_markdown_leads_with_the_verdict_and_counts(fixture: Diagnose, words: Words, name: str) -> None:
    diagnosis = fixture(name)
    text = to_markdown(diagnosis, words)
    outside_fences(text)
    assert text.startswith("## ")
    assert text.endswith("\n")
    assert text.count("\n## ") == 0
    assert text.count("\n### ") == len(diagnosis.findings) - 1
    for outcome, count in diagnosis.by_outcome.items():
        assert f"{words.ui(outcome)} {count}" in text
    for cause in diagnosis.causes[:5]:
        assert f"| `{cause.id}` | {cause.mascots} | {cause.lines} |" in text


def test_markdown_numbers_its_steps_and_keeps_commands_as_code(fixture: Diagnose, english: Words) -> None:
    text = to_markdown(fixture("redis-silent-nest7"), english)
    assert re.search(r"^1\. .+\n   `railway .+`$", text, re.MULTILINE)


def test_markdown_masks_secrets(fixture: Diagnose, english: Words) -> None:
    assert "hunter2-very-secret" not in to_markdown(fixture("hostile-text"), english)


@pytest.mark.parametrize("name", CASES)
def test_markdown_is_short_enough_for_an_issue(fixture: Diagnose, words: Words, name: str) -> None:
    text = to_markdown(fixture(name), words)
    proof = re.findall(r"(?s)`{3,}text\n(.*?)\n`{3,}", text)
    assert len(proof) <= 1
    assert all(len(block.splitlines()) <= 5 for block in proof)
    assert len(text) < 6000


def test_markdown_says_how_many_and_since_when(fixture: Diagnose, english: Words) -> None:
    text = to_markdown(fixture("quota-cli-plain"), english)
    assert text.startswith("## 2 mascots could not be generated\n")
    assert "🔴 **critical** (certain) · 2 of 3 mascots · since 2026-11-23 09:14:27 UTC · still going on" in text
