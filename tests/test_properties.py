"""What must hold for any log: the prefilter loses nothing, outcomes stand firm, totals add up, nothing crashes."""

from __future__ import annotations

import bz2
import gzip
import itertools
import json
import lzma
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, event, example, given, settings
from hypothesis import strategies as st

from logscan import Diagnosis, Options, load_rules, scan, to_json
from logscan.diagnose import diagnose
from logscan.sources import blocks
from tests.logs import (
    HOLDERS,
    LOGGERS,
    MINUTE,
    MS,
    SECOND,
    UUID,
    Held,
    Line,
    enqueue_failed,
    enqueued,
    failed,
    forms,
    generated,
    outcomes,
    picked,
    read,
    records,
    render,
    shifted,
    step_of,
    tick,
    upload_failed,
    uploaded,
)

RULES = load_rules()
IDS = (UUID, "01J9ZK3V5Y8Q2M7N4P6R8S0T1V", "clx3k2j9v0000", "4711", "507f1f77bcf86cd799439011")
OTHER_IDS = ("a1111111-6162-47f6-bd8c-e6d8f57af536", "clx3k2j9v0001", "4712", "47", "471")
ERRORS = (
    "Error: No image data in Gemini Flash response",
    'ClientError: [VertexAI.ClientError]: got status: 429 Too Many Requests. {"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}',
    "AccessDenied: Access Denied\n    at de_AccessDeniedRes (/app/node_modules/@aws-sdk/client-s3/dist-cjs/index.js:1:1)",
    "Error: the flux capacitor is out of plutonium\n    at Foo.bar (/app/dist/foo.js:12:7)\n  code: 'E_PLUTONIUM'",
    "Error: connect ECONNREFUSED 127.0.0.1:6379",
)
NOISE = (
    Line(0, "Cache warmed", "CacheService"),
    Line(0, "GET /files/AccessDenied.png 403 12 - 3.205 ms"),
    Line(0, 'query: SELECT "m"."id" FROM "mascots" "m" WHERE "m"."name" = $1 -- PARAMETERS: ["Quota exceeded"]'),
    Line(0, '[MascotsController] DTO: {\n  "prompt": "Cute ghost who says: Failed to generate mascot 4711",\n  "style": "flat"\n}'),
    Line(0, "    at Queue.add (/app/node_modules/bullmq/dist/cjs/classes/queue.js:12:5)", level="error"),
    Line(0, "User writes: Successfully generated mascot 4711", "TicketService"),
    Line(0, '{"nested":"Processing mascot generation: 4711"}'),
    Line(0, "größer, 日本語, 🚀 \u202e \ufffd", "I18n"),
    Line(0, ""),
    Line(0, "Error: connect ECONNREFUSED 10.0.0.1:5432", level="error"),
)
# A restart means something: an attempt that was open is lost.
RESTART = Line(0, "Starting Container")

Story = list[Line]
GAPS = (0, 1_000, MS, 40 * MS, 3 * SECOND, 30 * SECOND, 11 * MINUTE)


# What happens to one mascot. Between the steps: a drawn gap (`+a`, `+b`, `+c`), or seconds.
SCRIPTS = {
    "good": "enqueued +a picked +b uploaded +c generated",
    "late-start": "generated",
    "failed": "enqueued +a picked +b failed",
    "retried-good": "enqueued +a picked +b failed +c picked +a generated",
    "retried-failed": "enqueued +a picked +b failed +c picked +a failed",
    "retried-stalled": "enqueued +a picked +b failed +c picked",
    "enqueued-again": "enqueued +a picked +b failed +20 enqueued",
    "waiting": "enqueued",
    "stalled": "enqueued +a picked",
    "refused": "enqueue_failed",
    "mended": "enqueue_failed +20 enqueued +a picked +b generated",
    "mended-waiting": "enqueue_failed +20 enqueued",
    "no-image": "picked +a upload_failed +b generated",
}
STEPS: dict[str, Callable[[str, int], Line]] = {"enqueued": enqueued, "picked": picked, "uploaded": uploaded, "generated": generated}
FAILURES: dict[str, Callable[[str, int, str], Line]] = {"enqueue_failed": enqueue_failed, "failed": failed, "upload_failed": upload_failed}


def played(script: str, mascot: str, gaps: Sequence[int], error: str) -> Story:
    """The lines of one mascot's script."""
    at, lines = 0, []
    for word in SCRIPTS[script].split():
        if word in STEPS:
            lines.append(STEPS[word](mascot, at))
        elif word in FAILURES:
            lines.append(FAILURES[word](mascot, at, error))
        else:
            at += gaps["abc".index(word[1])] if word[1].isalpha() else int(word[1:]) * SECOND
    return lines


@st.composite
def stories(draw: st.DrawFn, ids: Sequence[str] = IDS, noise: Sequence[Line] = NOISE, scripts: Sequence[str] = tuple(SCRIPTS)) -> Story:
    """Lines of a few mascots and some noise, by time; nothing of one mascot falls together with another try to enqueue it."""
    lines: Story = []
    for mascot in draw(st.lists(st.sampled_from(ids), min_size=1, max_size=4, unique=True)):
        script, error = draw(st.sampled_from(scripts)), draw(st.sampled_from(ERRORS))
        gaps = draw(st.tuples(*[st.sampled_from(GAPS)] * 3))
        begin = draw(st.sampled_from((0, 1, 500, 2 * MS, SECOND, 5 * MINUTE)))
        lines += shifted(played(script, mascot, gaps, error), begin)
    end = max(line.at for line in lines)
    for line in draw(st.lists(st.sampled_from(noise), max_size=6)):
        lines.append(replace(line, at=draw(st.integers(0, end))))
    return sorted(lines, key=lambda line: line.at)


def distinct(lines: Story) -> bool:
    """Whether no two lines are equal to the nanosecond: in two inputs those would be one record, read twice."""
    return len({(line.at, line.text) for line in lines}) == len(lines)


def unrolled(lines: Sequence[Line]) -> Story:
    """Each line of a text as a line of its own, a microsecond apart, as Railway stamps them."""
    return [
        replace(line, at=line.at + 1000 * number, text=text, context=line.context if number == 0 else None)
        for line in lines
        for number, text in enumerate(line.text.split("\n"))
    ]


def answer(diagnosis: Diagnosis) -> str:
    return to_json(diagnosis, RULES)


def diagnosed(data: bytes, size: int = 1 << 20, options: Options | None = None) -> Diagnosis:
    return diagnose([Held(data, size=size)], RULES, options)


def where(diagnosis: Diagnosis, ids: Sequence[str] = IDS) -> dict[str, str]:
    """The outcomes of these mascots."""
    return {mascot: outcome for mascot, outcome in outcomes(diagnosis).items() if mascot in ids}


# 1. The prefilter and the full path give the same answer.

ESCAPES = ("\x1b[31m", "\x1b[0m", "\x1b[38;5;3m", "\0", "\x1b]0;t\x07")


@st.composite
def disguised(draw: st.DrawFn, lines: Story) -> Story:
    """Some lines with terminal codes and NULs between and inside their words."""
    out = []
    for line in lines:
        text = line.text
        for _ in range(draw(st.integers(0, 2))):
            at = draw(st.integers(0, len(text)))
            text = text[:at] + draw(st.sampled_from(ESCAPES)) + text[at:]
        out.append(replace(line, text=text))
    return out


def escaped(data: bytes, choice: random.Random) -> bytes:
    r"""Some letters of JSON's string values as `\u00..`, which means the same."""

    def value(found: re.Match[str]) -> str:
        return re.sub(r"\\.|[A-Za-z ]", lambda m: m[0] if len(m[0]) > 1 or choice.random() < 0.97 else f"\\u{ord(m[0]):04x}", found[0])

    return re.sub(r'"(?:[^"\\\n]|\\.)*"(?!\s*:)', value, data.decode("utf-8", "surrogatepass")).encode("utf-8", "surrogatepass")


JSON_FORMS = frozenset({"cli-json", "dash-json", "dash-ndjson", "api", "api-rows"})
DOCUMENTS = frozenset({"dash-json", "dash-csv", "api"})


@st.composite
def logs(draw: st.DrawFn) -> bytes:
    """A log in one form, or in several, one behind the other."""
    parts = []
    for number in range(draw(st.integers(1, 3))):
        holder = draw(st.sampled_from([name for name in HOLDERS if number == 0 or name not in DOCUMENTS]))
        logger = draw(st.sampled_from(sorted(LOGGERS)))
        lines = draw(disguised(draw(stories(noise=(*NOISE, RESTART)))))
        data = render(shifted(lines, number * 20 * MINUTE), holder, logger)
        if holder in JSON_FORMS and draw(st.booleans()):
            data = escaped(data, draw(st.randoms(use_true_random=False)))
        parts.append(data if data.endswith(b"\n") else data + b"\n")
        event(f"{holder} {logger}")
    return b"".join(parts)


def always_finding(patch: pytest.MonkeyPatch) -> None:
    """Search with Hyperscan (where it is) from the first line on, and not only where that pays."""
    patch.setattr("logscan.prefilter._LARGE", 0)
    patch.setattr("logscan.gate._MANY", 1)


@settings(max_examples=80)
@given(logs(), st.sampled_from([1 << 20, 4096, 700]), st.booleans())
def test_prefilter_and_full_path_agree(data: bytes, size: int, finder: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", size)
        if finder:
            always_finding(patch)
        assert answer(diagnosed(data)) == answer(diagnosed(data, options=Options(full=True)))


PRETTY = '[08:28:12.096] {level} (7): {text}\n    context: "{context}"\n'
INSPECT = "{{\n  level: 'log',\n  pid: 7,\n  timestamp: 1795338000000,\n  message: '{text}',\n  context: '{context}'\n}}\n"


@settings(max_examples=20)
@given(
    st.sampled_from([PRETTY, INSPECT]), st.sampled_from(["MascotGenerationProcessor", "AuditService"]), st.integers(0, 40), st.booleans()
)
def test_prefilter_and_full_path_agree_on_records_over_lines(form: str, context: str, others: int, multiline: bool) -> None:
    spread = "".join(
        form.format(level="ERROR", text=text, context=context) for text in (f"Failed to generate mascot {UUID}", "Cache warmed")
    )
    around = render(
        [tick(number * SECOND, "Cache warmed\n  twice" if multiline else "Cache warmed") for number in range(others)],
        "dash-log" if multiline else "cli-json",
    )
    data = around + spread.encode() + around
    assert answer(diagnosed(data)) == answer(diagnosed(data, options=Options(full=True)))


# 2. What has no meaning never changes an outcome.


@settings(max_examples=30)
@given(stories(), st.randoms(use_true_random=False), st.sampled_from([f for f in forms() if f[0] != "bare"]))
def test_shuffling_within_a_burst_changes_no_outcome(lines: Story, choice: random.Random, form: tuple[str, str]) -> None:
    lines = sorted(unrolled(lines), key=lambda line: line.at)
    bursts: list[Story] = []
    for line in lines:
        if bursts and line.at - bursts[-1][-1].at < 3 * MS:
            bursts[-1].append(line)
        else:
            bursts.append([line])
    shuffled = []
    for burst in bursts:
        stamps = [line.at for line in burst]
        choice.shuffle(burst)
        shuffled += [replace(line, at=at) for line, at in zip(burst, stamps, strict=True)]
    assert where(read(RULES, render(shuffled, *form))) == where(read(RULES, render(lines, *form)))


ALL_FORMS = [(holder, logger) for holder in HOLDERS for logger in LOGGERS]
# Without stamps only the distance in lines tells a mascot that was enqueued again from a burst that was shuffled.
ONCE = tuple(script for script in SCRIPTS if script != "enqueued-again")


@st.composite
def told(draw: st.DrawFn) -> tuple[Story, tuple[str, str]]:
    """A story and a form that can tell it."""
    form = draw(st.sampled_from(ALL_FORMS))
    return draw(stories(scripts=ONCE if step_of(*form) is None else tuple(SCRIPTS))), form


@settings(max_examples=30)
@given(told(), st.lists(st.integers(0, 40), min_size=1, max_size=3))
@example(([picked("4711", 0), failed("4711", 3 * SECOND), picked("4711", 3 * SECOND + MS)], ("dash-log", "console")), [1])
def test_splitting_into_files_changes_no_outcome(story: tuple[Story, tuple[str, str]], cuts: list[int]) -> None:
    lines, form = story
    assume(distinct(lines))
    edges = [0, *sorted(cut for cut in cuts if cut < len(lines)), len(lines)]
    parts = [render(lines[a:b], *form) for a, b in itertools.pairwise(edges)]
    assert where(read(RULES, *parts)) == where(read(RULES, render(lines, *form)))


@settings(max_examples=20)
@given(stories(), st.randoms(use_true_random=False), st.sampled_from(forms()))
def test_splitting_by_line_changes_no_outcome(lines: Story, choice: random.Random, form: tuple[str, str]) -> None:
    assume(distinct(lines))
    parts: list[Story] = [[], [], []]
    for line in lines:
        parts[choice.randrange(3)].append(line)
    split = [render(part, *form) for part in parts if part]
    assert where(read(RULES, *split)) == where(read(RULES, render(lines, *form)))


@settings(max_examples=30)
@given(stories(), st.sampled_from(ALL_FORMS))
def test_feeding_an_input_twice_changes_no_outcome(lines: Story, form: tuple[str, str]) -> None:
    data = render(lines, *form)
    once, twice = read(RULES, data), read(RULES, data, data)
    assert where(twice) == where(once)
    assert dict(twice.by_outcome) == dict(once.by_outcome)


def with_others(lines: Story, others: Story) -> Story:
    """The lines and those of `others` that fall into the same stretch."""
    end = max(line.at for line in lines)
    return sorted([*lines, *(line for line in others if line.at <= end)], key=lambda line: line.at)


@settings(max_examples=60)
@given(told(), stories(OTHER_IDS))
def test_other_mascots_lines_change_no_outcome(story: tuple[Story, tuple[str, str]], others: Story) -> None:
    lines, form = story
    assert where(read(RULES, render(with_others(lines, others), *form))) == where(read(RULES, render(lines, *form)))


@settings(max_examples=30)
@given(logs(), st.integers(1, 5000), st.sampled_from([1 << 20, 1500]))
def test_how_bytes_arrive_changes_nothing(data: bytes, size: int, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", block)
        assert answer(diagnosed(data, max(size, len(data) // 60))) == answer(diagnosed(data))


# 3. Totals reconcile.


@settings(max_examples=30)
@given(st.lists(stories(), min_size=1, max_size=3), st.sampled_from(ALL_FORMS))
def test_totals_reconcile(parts: list[Story], form: tuple[str, str]) -> None:
    days = [shifted(part, number * 60 * MINUTE * 24) for number, part in enumerate(parts)]
    found = read(RULES, *(render(part, *form) for part in days))
    report = json.loads(answer(found))
    assert report["mascots"]["total"] == sum(report["mascots"]["by_outcome"].values()) == found.mascots.height
    assert 0 not in report["mascots"]["by_outcome"].values()
    assert report["input"]["lines"] == sum(source["lines"] for source in report["input"]["sources"])
    assert [source["lines"] for source in report["input"]["sources"]] == [records(part, *form) for part in days]
    assert 0 < report["input"]["matched"] <= report["input"]["lines"]
    assert report["input"]["bytes"] == sum(len(render(part, *form)) for part in days)
    assert sum(cause["lines"] for cause in report["causes"] if cause["id"] != "unknown") <= report["input"]["matched"]
    assert all(cause["mascots"] <= found.mascots.height for cause in report["causes"])


@settings(max_examples=20)
@given(stories(), st.sampled_from([form for form in forms() if form[0] != "cli"]))
def test_totals_count_overlapping_records_once(lines: Story, form: tuple[str, str]) -> None:
    data = render(lines, *form)
    once, twice = read(RULES, data), read(RULES, data, data)
    assert (twice.coverage.lines, twice.coverage.matched) == (once.coverage.lines, once.coverage.matched)
    assert sum(source.lines for source in twice.coverage.sources) == twice.coverage.lines


# 4. Never a crash.

FRAGMENTS = (
    b"9999-12-31T23:59:59Z ", b"0001-01-01T00:00:00.000000001Z [inf]  ", b'{"message":', b'{"level":30,"time":1e400,"msg":"', b"}", b"]", b"[{", b'"', b"\\",
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\x1b]", b"\x1b[", b"\r", b"\n", b"\t", b"{\n  level: 'log',\n", b"message,severity,attributes,tags,timestamp\n",
    b"You reached the start of the range\n", b"2026-09-20 17:46\n", b"[Nest] 7  - 13/13/2026, 25:61:61 PM ", b"99999999999999999999", b"=1 =2 a={", b"\xe2\x80\xa8",
    b'2026-11-22T09:00:00.000000000Z [INFO] x a=1 b="c" d=[', b"[08:28:12.096] INFO (7): x\n", b'info: x {"context":7}', b"\xd9\xa2\xd9\xa0", b"Z",
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real log with bytes changed, lost, repeated or put in."""
    holder, logger = draw(st.sampled_from(ALL_FORMS))
    data = render(draw(stories(noise=(*NOISE, RESTART))), holder, logger)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        size = draw(st.integers(0, 40))
        change = draw(st.sampled_from(("put", "lose", "repeat", "turn")))
        if change == "put":
            data = data[:at] + draw(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=8))) + data[at:]
        elif change == "lose":
            data = data[:at] + data[at + size :]
        elif change == "repeat":
            data = data[: at + size] + data[at:]
        else:
            data = data[:at] + bytes((byte + 1) % 256 for byte in data[at : at + 1]) + data[at + 1 :]
    return data


def check_answer(diagnosis: Diagnosis) -> None:
    report = json.loads(answer(diagnosis))
    assert report["verdict"] == report["findings"][0]["id"]
    assert report["mascots"]["total"] == sum(report["mascots"]["by_outcome"].values())
    assert 0 <= report["input"]["matched"] <= report["input"]["lines"]


@settings(max_examples=100)
@given(mutated())
def test_mutated_logs_never_crash(data: bytes) -> None:
    check_answer(diagnosed(data))


@settings(max_examples=40)
@given(mutated(), st.booleans())
def test_mutated_logs_prefilter_and_full_path_agree(data: bytes, finder: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if finder:
            always_finding(patch)
        assert answer(diagnosed(data)) == answer(diagnosed(data, options=Options(full=True)))


@settings(max_examples=50)
@given(st.lists(st.one_of(st.binary(max_size=60), st.sampled_from(FRAGMENTS)), max_size=12).map(b"".join))
def test_garbage_behind_a_line_loses_nothing(garbage: bytes) -> None:
    assume(b"\0" not in garbage[:1])
    line = b"[JobsService] Successfully enqueued mascot generation for 4711\n"
    found = diagnosed(line + garbage)
    check_answer(found)
    assert "4711" in outcomes(found)
    assert found.coverage.lines >= 1


MAGIC = (
    b"",
    b"\x1f\x8b",
    b"\x1f\x8b\x08\x00",
    b"\x28\xb5\x2f\xfd",
    b"BZh9",
    b"\xfd7zXZ\x00",
    b"PK\x03\x04",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"%PDF-",
)
PACK: dict[str, Callable[[bytes], bytes]] = {"plain": bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}


@settings(max_examples=40)
@given(st.sampled_from(MAGIC), st.binary(max_size=200))
def test_random_files_never_crash(tmp_path_factory: pytest.TempPathFactory, magic: bytes, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "random.bin"
    path.write_bytes(magic + data)
    check_answer(scan([path], rules=RULES))


@settings(max_examples=20)
@given(st.sampled_from(sorted(PACK)), logs(), st.integers(0, 3000), st.binary(min_size=1, max_size=4))
def test_damaged_files_never_crash(tmp_path_factory: pytest.TempPathFactory, pack: str, data: bytes, at: int, damage: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.bin"
    packed = PACK[pack](data)
    path.write_bytes(packed[:at] + damage + packed[at + len(damage) :])
    check_answer(scan([path], rules=RULES))


# 5. The same bytes, the same answer.


@settings(max_examples=10)
@given(logs())
@example(b"")
@example(b"\n\n")
def test_same_input_same_answer(data: bytes) -> None:
    assert answer(diagnosed(data)) == answer(diagnosed(data))


def test_same_input_same_bytes_on_any_machine(tmp_path: Path) -> None:
    lines = [line for n, m in enumerate(IDS) for line in shifted(played("retried-failed", m, (MS, SECOND, SECOND), ERRORS[n]), n * MS)]
    (tmp_path / "a.log").write_bytes(render(sorted(lines, key=lambda line: line.at), "bare", "nest"))
    told = set()
    for seed, zone, language in (("1", "Asia/Kolkata", "fr_FR.UTF-8"), ("2", "America/New_York", "C")):
        machine = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LANG": language, "LC_ALL": language}
        command = [sys.executable, "-m", "logscan", "scan", "a.log", "--format", "json", "--exit-zero"]
        told.add(subprocess.run(command, cwd=tmp_path, env=machine, capture_output=True, check=True).stdout)
    assert len(told) == 1
    assert json.loads(told.pop())["mascots"]["total"] == len(IDS)
