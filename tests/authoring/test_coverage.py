"""What the rules make of logs: which fired, which never did, which errors no rule knows; and the shapes of lines."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscan import Options, Rulebook
from logscan.authoring import coverage
from logscan.authoring.coverage import RuleCoverage, looks_like_error, rule_coverage, shape_of
from logscan.authoring.trial import examples_of
from logscan.intake import Interrupted
from logscan.sources import FileSource, MemorySource
from tests.logs import UUID

KNOWN = "[JobsService] Failed to enqueue mascot generation for 4711: Error: connect ECONNREFUSED 127.0.0.1:6379"


def cover(rulebook: Rulebook, *texts: str, options: Options | None = None) -> RuleCoverage:
    sources = [MemorySource(f"log-{number}", text.encode()) for number, text in enumerate(texts)]
    return rule_coverage(sources, rulebook, options)


def shapes(found: RuleCoverage) -> list[tuple[int, str]]:
    return [(item.count, item.shape) for item in found.unmatched]


# Rules.


def test_rule_coverage_counts_records_per_rule(rulebook: Rulebook) -> None:
    found = cover(rulebook, f"{KNOWN}\nCache warmed\n", f"{KNOWN.replace('4711', '12')}\nError: connect ECONNREFUSED 127.0.0.1:6379\n")
    fired = [(rule.id, count) for rule, count in found.fired]
    assert dict(fired)["enqueue-failed"] == 2
    assert dict(fired)["redis-refused-port"] == 3
    assert fired == sorted(fired, key=lambda item: (-item[1], item[0]))
    assert (found.records, found.matched, found.unmatched) == (4, 3, ())


def test_rule_coverage_never_are_the_rest_of_signatures_causes_and_facts(rulebook: Rulebook) -> None:
    found = cover(rulebook, KNOWN)
    fired, never = {rule.id for rule, _ in found.fired}, {rule.id for rule in found.never}
    assert fired
    assert not fired & never
    assert fired | never == {rule.id for rule in (*rulebook.signatures, *rulebook.causes, *rulebook.facts)}


def test_rule_coverage_packaged_examples_fire_every_rule(rulebook: Rulebook) -> None:
    rules = (*rulebook.signatures, *rulebook.causes, *rulebook.facts)
    found = cover(rulebook, *(example.line for rule in rules for example in examples_of(rule)))
    assert [rule.id for rule in found.never] == []
    assert len(found.fired) == len(rules)


def test_rule_coverage_one_record_counts_once_per_rule(rulebook: Rulebook) -> None:
    stamp = "2026-11-22T09:00:00.000000000Z [err]"
    text = f"{stamp} connect ECONNREFUSED 127.0.0.1:6379\nconnect ECONNREFUSED 127.0.0.1:6379\n{stamp} Bye\n"
    assert {rule.id: count for rule, count in cover(rulebook, text).fired}["redis-refused-port"] == 1


def test_rule_coverage_unreadable_and_cut_inputs_are_named(rulebook: Rulebook, tmp_path: Path) -> None:
    gone = FileSource("gone.log", tmp_path / "gone.log")
    cut = MemorySource("cut.log.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + b"\xcb\xcf")
    found = rule_coverage([gone, cut, MemorySource("good.log", KNOWN.encode())], rulebook)
    assert found.matched == 1
    assert [text.partition(":")[0] for text in found.unreadable] == ["gone.log", "cut.log.gz"]


def test_rule_coverage_nothing_read(rulebook: Rulebook) -> None:
    found = cover(rulebook)
    assert (found.fired, found.unmatched, found.records) == ((), (), 0)


def test_rule_coverage_interrupted_keeps_what_was_read(rulebook: Rulebook) -> None:
    told: list[int] = []

    def stop(size: int) -> None:
        told.append(size)
        if len(told) > 1:
            raise Interrupted(2)

    found = cover(rulebook, f"{KNOWN}\n", f"{KNOWN}\n", f"{KNOWN}\n", options=Options(progress=stop))
    assert (found.interrupted, found.records) == (2, 1)


# Errors that no rule knows.


def test_unmatched_grouped_by_shape_most_frequent_first(rulebook: Rulebook) -> None:
    rare = "[EaselService] Error: easel 9 collapsed"
    often = [f"[VarnishService] Varnish {number} was refused by 10.0.0.{number}:9999" for number in range(1, 4)]
    found = cover(rulebook, "Cache warmed\n" + "\n".join([rare, *often]) + "\n")
    assert shapes(found) == [(3, "[VarnishService] Varnish <n> was refused by <host>"), (1, "[EaselService] Error: easel <n> collapsed")]
    first = found.unmatched[0]
    assert (first.line, first.source, first.number) == (often[0], "log-0", 3)


def test_unmatched_command_is_what_a_shell_takes(rulebook: Rulebook) -> None:
    found = cover(rulebook, 'Error: the easel\'s "leg" $broke; `now`\n')
    assert shlex.split(found.unmatched[0].command) == ["logscan", "rules", "new", "--from-line", 'Error: the easel\'s "leg" $broke; `now`']


def test_unmatched_line_of_any_form_is_told_without_its_wrapping(rulebook: Rulebook) -> None:
    said = "[EaselService] Error: easel 9 collapsed"
    forms = (
        f"2026-11-22T09:00:00.000000000Z [err] {said}",
        '{"message":"Error: easel 9 collapsed","context":"EaselService","level":"error","timestamp":"2026-11-22T09:00:00.000000000Z"}',
        "[Nest] 7  - 11/22/2026, 8:27:57 AM   ERROR [EaselService] Error: easel 9 collapsed",
    )
    assert [cover(rulebook, f"{form}\n").unmatched[0].line for form in forms] == [said] * 3


def test_unmatched_secrets_and_control_characters_stay_inside(rulebook: Rulebook) -> None:
    found = cover(rulebook, "Error: easel at mysql://bob:hunter2secret@easel.example.com/x broke \u202e\x07\n").unmatched[0]
    assert "broke" in found.line
    for shown in (found.line, found.shape, found.command):
        assert not [hidden for hidden in ("hunter2secret", "\u202e", "\x07") if hidden in shown]


def test_unmatched_lines_that_differ_in_a_secret_only_are_one(rulebook: Rulebook) -> None:
    lines = "".join(f"Error: easel refused Authorization: Bearer {word}-Abcdefghijklmnopqrstuvwxyz\n" for word in ("Brush", "Canvas"))
    assert [item.count for item in cover(rulebook, lines).unmatched] == [2]


def test_unmatched_secrets_are_shown_where_that_is_wanted(rulebook: Rulebook) -> None:
    text = "Error: easel at mysql://bob:hunter2secret@easel.example.com/x broke\n"
    assert "hunter2secret" in cover(rulebook, text, options=Options(redact=False)).unmatched[0].line


def test_unmatched_dump_behind_a_failure_is_no_error_of_its_own(rulebook: Rulebook) -> None:
    dump = """\
[EaselService] Error: easel 9 collapsed
    at EaselService.paint (/app/dist/easel.js:12:3)
    at async Worker.run (/app/dist/worker.js:3:1) {
  code: 'EEASEL',
  errno: -111,
  syscall: 'connect',
  [cause]: TypeError: leg is not a function
      at leg (/app/dist/leg.js:1:1)
}
"""
    found = cover(rulebook, dump)
    assert [item.number for item in found.unmatched] == [1, 7]
    assert found.records == 9


def test_unmatched_dump_with_a_level_on_every_line(rulebook: Rulebook) -> None:
    lines = ["Error: easel 9 collapsed", "    at paint (/app/easel.js:1:2)", "  code: 'ECONNREFUSED',", "}"]
    found = cover(rulebook, "".join(f"2026-11-22T09:00:00.000000000Z [err] {line}\n" for line in lines))
    assert shapes(found) == [(1, "Error: easel <n> collapsed")]


def test_unmatched_dump_behind_a_known_failure(rulebook: Rulebook) -> None:
    assert cover(rulebook, f"{KNOWN}\n  code: 'ECONNREFUSED',\n  syscall: 'connect refused'\n}}\n").unmatched == ()


def test_unmatched_code_by_itself_counts(rulebook: Rulebook) -> None:
    assert shapes(cover(rulebook, "Cache warmed\n  code: 'EACCES',\n")) == [(1, "code: <text>,")]


def test_unmatched_level_alone_tells(rulebook: Rulebook) -> None:
    stamp = "2026-11-22T09:00:00.000000000Z"
    text = f"{stamp} [err] Easel wobbles\n{stamp} [inf] Easel stands\n{stamp} [err] }}\n"
    assert shapes(cover(rulebook, text)) == [(1, "Easel wobbles")]


def test_unmatched_error_inside_structured_fields(rulebook: Rulebook) -> None:
    line = '{"level":50,"time":1795336088455,"context":"Easel","err":{"type":"TypeError","message":"leg 3 gone","stack":"TypeError: leg 3 gone\\n    at x"},"msg":"Oh"}'
    assert shapes(cover(rulebook, f"{line}\n")) == [(1, "TypeError: leg <n> gone")]


@pytest.mark.parametrize(
    "line",
    [
        "GET /files/AccessDenied.png 403 12 - 3.205 ms",
        "query failed: INSERT INTO x VALUES ($1) -- PARAMETERS: [1]",
        "    at Object.<anonymous> (/app/error.js:1:2)",
        'prompt: "it failed with TypeError"',
    ],
)
def test_unmatched_other_peoples_words_and_frames_are_none(line: str, rulebook: Rulebook) -> None:
    assert cover(rulebook, f"{line}\n").unmatched == ()


def test_unmatched_kept_in_bounds_and_the_frequent_stay(rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "MAX_SHAPES", 20)
    words = [f"{a}{b}" for a in "abcdefghij" for b in "klmnopqrst"]
    lines = [line for word in words for line in (f"Error: easel {word} broke", "Error: varnish dried")]
    found = cover(rulebook, "\n".join(lines))
    assert len(found.unmatched) <= 20
    assert shapes(found)[0] == (len(words), "Error: varnish dried")


def test_unmatched_long_line_and_many_lines_are_cut(rulebook: Rulebook) -> None:
    found = cover(rulebook, "Error: " + "easel " * 50_000 + "\n").unmatched[0]
    assert len(found.line) <= 500
    assert not found.command.endswith("…'")


# What looks like an error.


@pytest.mark.parametrize(
    "text",
    [
        "TypeError: x is not a function", "error: relation is missing", "Login failed for bob", "FATAL: no space", "Access denied",
        "connect ECONNRESET", "Request timed out", "Timeout of 5000ms exceeded", "Unhandled rejection", "Cannot read the file",
        "Request failed with status code 503", "java.lang.NullPointerException", "Segmentation fault", '{"error":"it failed"}',
    ],
)  # fmt: skip
def test_looks_like_error_true(text: str) -> None:
    assert looks_like_error(text)


@pytest.mark.parametrize(
    "text",
    [
        "0 failed, 3 ok", "No errors found", "errors: 0", "failed: 0", "timeout: 30000", "Connection timeout set to 30s", "error=null",
        "ErrorHandler initialised", "AllExceptionsFilter registered", "EMAIL sent", "EXPIRED", "GET /errors 200", "Cache warmed", "",
    ],
)  # fmt: skip
def test_looks_like_error_false(text: str) -> None:
    assert not looks_like_error(text)


# Shapes.


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        (f"Failed to paint {UUID}: Error", "Failed to paint <id>: Error"),
        ("job batch_1795338537275_wi8ppd of clx3k2j9v0000, 0x7ffe12 deadbeef01", "job <id> of <id>, <id> <id>"),
        ("took 12ms, 3 of 4, 12.5%, -1", "took <n>ms, <n> of <n>, <n>%, <n>"),
        ("at 2026-11-22T09:00:00.123Z, 11/22/2026, 9:09:13 AM, 09:00:01", "at <time>, <time>, <time>"),
        ("ECONNREFUSED 127.0.0.1:6379 ::1:6379 fd12:e1a0:9d2::a:6379", "ECONNREFUSED <host> <host> <host>"),
        ("ENOTFOUND redis.railway.internal, localhost:3000 redis:6379", "ENOTFOUND <host>, <host> <host>"),
        ("GET https://x.example.com/a?b=1 gave 404", "GET <url> gave <n>"),
        ("no such file /app/src/x.ts:12:3 nor mascots/7b0f/full-1.png", "no such file <path> nor <path>"),
        ("relation \"mascot\" can't be 'found' in `x`", "relation <text> can't be <text> in <text>"),
        ("mail to bob@example.com", "mail to <mail>"),
        ("Bearer [redacted:ab12] refused", "Bearer <secret> refused"),
        ("  a.b.c   is not a function; P2002 s3 and/or N/A v1.2.3", "a.b.c is not a function; P2002 s3 and/or N/A <n>"),
        ("MascotGenerationProcessor crashed", "MascotGenerationProcessor crashed"),
    ],
)
def test_shape_of_values_become_marks(text: str, shape: str) -> None:
    assert shape_of(text) == shape


@given(st.integers(0, 10**12), st.uuids(), st.ip_addresses(v=4))
def test_shape_of_values_do_not_matter(number: int, key: object, address: object) -> None:
    assert shape_of(f"Error: job {number} of {key} at {address}:80 failed") == "Error: job <n> of <id> at <host> failed"


@given(st.text(max_size=300))
def test_shape_of_any_text_is_one_bounded_line(text: str) -> None:
    shape = shape_of(text)
    assert "\n" not in shape
    assert shape == shape.strip()
