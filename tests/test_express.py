"""What goes straight from the block to the matcher is what reading, parsing and matching would have made of it."""

from __future__ import annotations

import json
import re
from unittest.mock import patch

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from logscan import load_rules
from logscan.express import Express, _captured
from logscan.finder import hyperscan
from logscan.match import Sighting, captures_of
from logscan.reading import Reader
from logscan.sources.inputs import MemorySource
from logscan.taking import Account, prepared, read_one

RULES = load_rules()
SCANNER, MATCHER = prepared(RULES, full=False)

IDS = (
    "4711",
    "7c2e2abe-6162-47f6-bd8c-e6d8f57af536",
    "m-1.",
    "'q'",
    "(x)",
    "word",
    "abcdefghijklmnopqrst",
    "…",
    "id:",
    "é",
    'a"b',
    "a\\b",
    ".",
    "",
)
STEPS = (
    "[JobsService] Successfully enqueued mascot generation for {}", "[MascotGenerationProcessor] Processing mascot generation: {}",
    "[MascotGenerationProcessor] Starting processing for mascot {} (variation 1 of batch batch_{})", "[JobsService] Failed to enqueue mascot {}",
    "[MascotGenerationProcessor] Successfully generated mascot {}", "[MascotGenerationProcessor] Job ID: {}, Attempt: 1/3",
    "[MascotGenerationProcessor] Successfully uploaded images for mascot {}", "[MascotGenerationProcessor] Failed to generate mascot {}: Error: x",
    "[PoseGenerationProcessor] Successfully generated pose {}",
    "[AuditService] Successfully enqueued mascot generation for {}",
    "[MascotsController] Creating mascot for user {}", "[MascotGenerationProcessor] Calling Gemini Flash API for variation {}...",
    "Successfully generated mascot {}", "[Jobs] [JobsService] Successfully enqueued mascot generation for {}",
    "[MascotGenerationProcessor] ERROR Successfully generated mascot {}", "[ioredis] Unhandled error event: Error: connect ECONNREFUSED {}",
    '[JobsService] said "Successfully enqueued mascot generation for {}"', "[HealthController] GET /health {}",
    "[MascotGenerationProcessor] it was {}", "[CacheService] warmed {}", "[MascotsController] {}: 429 found",
    "[MascotGenerationProcessor] Failed to generate mascot {}: got status: 429 Too Many Requests", "[MascotGenerationProcessor] Failed to upload {}",
)  # fmt: skip
TAILS = ("", "", "", " ", ", again", " (variation 2)", "\x1b[0m", "\n", "\t", " é", "x" * 450)
STAMPS = (
    "2026-11-22T08:28:08.001000000Z", "2026-11-22T08:28:08.002000000Z", "2026-11-22T08:28:09.001000000Z", "2026-02-30T08:28:08.001000000Z",
    "2026-11-22T08:28:60.001000000Z", "2026-11-22T08:28:08.001Z", "9999-11-22T08:28:08.001000000Z", "",
)  # fmt: skip
LEVELS = ("info", "info", "error", "http", "strange", "INFO", "")

FAILURE = json.dumps({"message": STEPS[7].replace("{}", "m-1"), "timestamp": STAMPS[0], "level": "error"}, separators=(",", ":"))


@st.composite
def rows(draw: st.DrawFn) -> str:
    if draw(st.integers(0, 2)):
        # As Railway prints it, in one of six orders.
        told = draw(st.sampled_from(STEPS)).replace("{}", draw(st.sampled_from(IDS[:9])))
        plain = [("message", told), ("timestamp", draw(st.sampled_from(STAMPS[:3]))), ("level", "info")]
        return json.dumps(dict(draw(st.permutations(plain))), separators=(",", ":"))
    text = draw(st.sampled_from(STEPS)).replace("{}", draw(st.sampled_from(IDS))) + draw(st.sampled_from(TAILS))
    fields = [("message", text), ("timestamp", draw(st.sampled_from(STAMPS))), ("level", draw(st.sampled_from(LEVELS)))]
    fields = draw(st.permutations(fields))
    match draw(st.integers(0, 12)):
        case 0:
            fields.append(("mascotId", "4711"))
        case 1:
            fields.append(draw(st.sampled_from(fields)))
        case 2:
            fields.pop()
        case 3:
            fields[0] = fields[1]
    spaces = draw(st.sampled_from([(",", ":"), (",", ":"), (",", ":"), (", ", ": ")]))
    line = "{" + spaces[0].join(json.dumps(k) + spaces[1] + json.dumps(v, ensure_ascii=draw(st.booleans())) for k, v in fields) + "}"
    return line + draw(st.sampled_from(["", "", "", "", "\r", " ", "}", ","]))


class _Counted(Express):
    """Counts what it takes."""

    taken = left = 0

    def take(self, data: bytes, start: int, line: int, anchors: tuple[int, ...]) -> int:
        end = super().take(data, start, line, anchors)
        _Counted.taken += end >= 0
        return end

    def leave(self, data: bytes, start: int) -> int:
        end = super().leave(data, start)
        _Counted.left += end >= 0
        return end


def read(data: bytes, *, express: bool) -> tuple[list[Sighting], object]:
    matcher = MATCHER.fresh()
    reader = Reader(MemorySource("a.log", data), SCANNER)
    account = Account(matcher, [reader])
    with patch("logscan.taking.Express", _Counted), pytest.MonkeyPatch.context() as changed:
        changed.setattr("logscan.prefilter._LARGE", 0)
        if not express:
            changed.setattr("logscan.taking.take_express", lambda *_: None)
        read_one(account, 0, reader, None)
    counts = (matcher.records, matcher.matched, list(matcher.processes), account.stamped, account.unstamped, account.unparsed)
    return matcher.seen, (counts, reader.lines, reader.printed, reader.first, reader.last, reader.forms)


@given(
    st.lists(rows(), max_size=20),
    st.sampled_from([None, None, None, "", "plain text", '{"message":"x"}', "{", "[2"]),
    st.booleans(),
    st.booleans(),
)
def test_express_makes_of_a_line_what_the_general_way_makes(lines: list[str], other: str | None, failed: bool, ended: bool) -> None:
    if failed:
        lines.insert(0, FAILURE)
    if other is not None:
        lines.insert(len(lines) // 2, other)
    data = "\n".join(lines).encode("utf-8", "replace") + b"\n" * ended
    _Counted.taken = _Counted.left = 0
    quick, counts = read(data, express=True)
    event(f"{min(_Counted.taken, 5)} taken")
    event(f"{min(_Counted.left, 5)} left")
    general, same = read(data, express=False)
    assert quick == general
    assert counts == same


def test_express_takes_the_steps_of_a_mascot() -> None:
    if hyperscan is None:
        pytest.skip("without Hyperscan nobody says which anchors a line holds: every line goes the general way")
    lines = [
        f'{{"level":"info","message":"{STEPS[step].replace("{}", "m-1")}","timestamp":"{STAMPS[0]}"}}' for step in (0, 1, 2, 4, 5, 6, 7, 12)
    ]
    _Counted.taken = 0
    seen, _ = read("\n".join(lines).encode(), express=True)
    # A message without its logger goes the general way.
    assert _Counted.taken == len(lines) - 1
    assert [(it.event, it.mascot, it.line) for it in seen if it.kind == "event"][:5] == [
        ("enqueued", "m-1", 1), ("processing", "m-1", 2), ("processing", "m-1", 3), ("generated", "m-1", 4), ("job_link", None, 5),
    ]  # fmt: skip


def test_express_leaves_what_cannot_explain_a_failure() -> None:
    if hyperscan is None:
        pytest.skip("without Hyperscan nobody says which anchors a line holds: every line goes the general way")
    told = [
        ("MascotGenerationProcessor", "Failed to generate mascot m-1: odd", "error"), ("HealthController", "all is well", "info"),
        ("MascotGenerationProcessor", "the flux is low", "info"), ("OtherService", "the flux is low", "warn"), ("OtherService", "done", "debug"),
    ]  # fmt: skip
    lines = [f'{{"message":"[{who}] {text}","timestamp":"{STAMPS[0]}","level":"{level}"}}' for who, text, level in told]
    _Counted.left = 0
    seen, _ = read("\n".join(lines).encode(), express=True)
    assert _Counted.left == 2
    assert [(it.kind, it.line) for it in seen] == [("event", 1), ("context", 3), ("context", 4)]


@pytest.mark.parametrize("text", ["for ", "for m-1", "for m-1 (2)", "for word", "for 'x'"])
def test_express_captures_what_the_matcher_captures(text: str) -> None:
    # A rule of one's own may capture nothing at all.
    hit = re.match(r"for (?P<mascot>\S*)(?: \((?P<variation>\d?)\))?", text)
    assert hit is not None
    assert _captured(hit, text) == captures_of(hit, text)
