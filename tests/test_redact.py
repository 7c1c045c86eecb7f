"""What is masked, and that a mark tells nothing but "the same" or "another"."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscan import Rulebook
from logscan.redact import Redactor

# Every one of these must be gone; the words around them must stay.
PRIVATE = {
    "password in a URL": ("connect redis://default:hunter2-very-secret@redis.railway.internal:6379 failed", "hunter2-very-secret"),
    "JWT": ("apikey eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghij refused", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghij"),
    "cookie": ("Cookie: theme=dark; session=4f1d2c88", "4f1d2c88"),
    "cookie in JSON": ('  "cookie": "a=1; sid=s%3Aabc",', "sid=s%3Aabc"),
    "mail address": ("could not write to zoe.b+figma@example.org today", "zoe.b+figma@example.org"),
    "prompt, pretty": ('  "prompt": "Otter barista holding a cup",', "Otter barista"),
    "prompt on one line": ('{"name":"Otto","prompt":"A fox \\"quoted\\" astronaut","style":"flat"}', "astronaut"),
    "prompt, escaped": ('{\\"name\\":\\"Otto\\",\\"prompt\\":\\"A fox astronaut\\"}', "astronaut"),
    "prompt, inspected": ("  prompt: 'Panda chef with a golden spoon',", "golden spoon"),
    "prompt of a pose": ('Starting pose 77 (mascot 12), prompt: "waving at the crowd"', "waving"),
    "mascot's name": ('  "name": "Noisette",', "Noisette"),
    "user": ("[MascotsController] Creating mascot for user: 0b7c1a52-58ad-4a0c-9a70-2f6ad1c7e5f1", "0b7c1a52"),
    "user in JSON": ('{"userId":"auth0|4711-xyz","style":"flat"}', "auth0"),
    "parameters of a statement": (
        'query: INSERT INTO "mascots"("name") VALUES ($1) -- PARAMETERS: ["Otto","A fox astronaut"]',
        "astronaut",
    ),
}


@pytest.mark.parametrize("case", PRIVATE)
def test_redact_masks_what_is_private(rulebook: Rulebook, case: str) -> None:
    line, private = PRIVATE[case]
    shown = Redactor(rulebook).clean(line)
    assert private not in shown
    assert "[redacted:0001]" in shown
    assert Redactor(rulebook, secrets=False).clean(line).replace("\\", "") == line.replace("\\", "")


@pytest.mark.parametrize(
    "line",
    [
        "[MascotGenerationProcessor] Starting processing for mascot 3f42 (variation 1 of batch batch_1_ab)",
        "    at Redis.<anonymous> (/app/node_modules/.pnpm/ioredis@5.9.2/node_modules/ioredis/built/Redis.js:172:41)",
        "GEMINI_API_KEY is not set",
        "Generating image with Gemini Flash. Prompt length: 412",
        "Error: connect ECONNREFUSED 10.0.0.5:6379",
        "[RedisConfig] Redis configuration: { host: 'redis.railway.internal', port: 6379, hasPassword: true }",
    ],
)
def test_redact_leaves_what_explains(rulebook: Rulebook, line: str) -> None:
    assert Redactor(rulebook).clean(line) == line


def test_redact_same_secret_same_mark_another_another(rulebook: Rulebook) -> None:
    redactor = Redactor(rulebook)
    lines = [f"redis://default:{secret}@host:6379" for secret in ("first-secret", "second-secret", "first-secret")]
    marks = [re.findall(r"\[redacted:(\w+)\]", redactor.clean(line))[0] for line in lines]
    assert marks == ["0001", "0002", "0001"]


@given(secrets=st.lists(st.from_regex(r"[a-z]{3}[0-9]{3}[A-Za-z0-9]{4,20}", fullmatch=True), min_size=1, max_size=6, unique=True))
def test_redact_marks_do_not_depend_on_the_secret(rulebook: Rulebook, secrets: list[str]) -> None:
    """Whoever holds the report learns no more than the order: other secrets would have left the same text."""
    redactor, other = Redactor(rulebook), Redactor(rulebook)
    shown = [redactor.clean(f"REDIS_PASSWORD={secret}") for secret in secrets]
    assert shown == [other.clean(f"REDIS_PASSWORD={secret[::-1]}Zz9") for secret in secrets]


@pytest.mark.parametrize("case", PRIVATE)
def test_redact_twice_is_redacted_once(rulebook: Rulebook, case: str) -> None:
    redactor = Redactor(rulebook)
    once = redactor.clean(PRIVATE[case][0])
    assert redactor.clean(once) == once


def test_redact_strange_ids_only(rulebook: Rulebook) -> None:
    redactor = Redactor(rulebook)
    for plain in ("3f42a8f0-0000-4000-8000-000000000001", "cm3x9k2b40000abcdefghijkl", "4711"):
        assert redactor.clean_id(plain) == plain
    assert "hunter2" not in redactor.clean_id("redis://a:hunter2@b")
