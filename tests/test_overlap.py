"""Two pulls that overlap count each record once, whatever their forms; what may be a true repeat stays."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logscan import Diagnosis, Rulebook, scan
from tests.logs import (
    MINUTE,
    MS,
    SECOND,
    UUID,
    Line,
    enqueued,
    failed,
    forms,
    generated,
    outcomes,
    picked,
    read,
    records,
    render,
    row_of,
    tick,
)

QUOTA = 'ClientError: got status: 429 Too Many Requests. {"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}'
STORY: Sequence[Line] = [
    enqueued(UUID, 0),
    picked(UUID, 5 * MS),
    tick(SECOND),
    tick(SECOND, "Cache warmed twice"),
    failed(UUID, 2 * SECOND + 1, QUOTA),
    picked(UUID, 10 * SECOND),
    generated(UUID, 15 * SECOND),
    tick(20 * SECOND),
    enqueued("2", 30 * SECOND),
    tick(40 * MINUTE),
]
# Wrappers whose every line has Railway's stamp; the CLI prints some entries bare.
WRAPPED = sorted({holder for holder, _ in forms()} - {"bare", "cli"})


def counts(found: Diagnosis) -> dict[str, object]:
    """What must not change when something is read twice."""
    return {
        "lines": found.coverage.lines,
        "matched": found.coverage.matched,
        "mascots": [{**row, "causes": tuple(row["causes"])} for row in found.mascots.sort("mascot_id").to_dicts()],
        "causes": [(cause.id, cause.mascots, cause.lines) for cause in found.causes],
        "verdict": found.verdict,
    }


@pytest.mark.parametrize("holder", WRAPPED)
@pytest.mark.parametrize("logger", ["console", "pino"])
def test_overlap_in_the_same_form(rulebook: Rulebook, holder: str, logger: str) -> None:
    whole = counts(read(rulebook, render(STORY, holder, logger)))
    for first, second in ((STORY[:7], STORY[3:]), (STORY[3:], STORY[:7]), (STORY, STORY), (STORY, STORY[4:6])):
        assert counts(read(rulebook, render(first, holder, logger), render(second, holder, logger))) == whole


@pytest.mark.parametrize("holder", WRAPPED)
@pytest.mark.parametrize("other", WRAPPED)
def test_overlap_in_different_forms(rulebook: Rulebook, holder: str, other: str) -> None:
    whole = counts(read(rulebook, render(STORY, holder, "nest")))
    assert counts(read(rulebook, render(STORY[:7], holder, "nest"), render(STORY[3:], other, "nest"))) == whole


@pytest.mark.parametrize("logger", ["nest-json", "pino"])
def test_overlap_of_a_logger_with_milliseconds(rulebook: Rulebook, logger: str) -> None:
    story = [replace(line, at=line.at // MS * MS + 7 * MS) for line in STORY]
    whole = counts(read(rulebook, render(story, "bare", logger)))
    assert counts(read(rulebook, render(story[:7], "bare", logger), render(story[3:], "bare", logger))) == whole


def test_overlap_of_three_pulls(rulebook: Rulebook) -> None:
    whole = counts(read(rulebook, render(STORY)))
    assert counts(read(rulebook, render(STORY[:5]), render(STORY[2:8], "cli-json"), render(STORY[4:], "api-rows"))) == whole
    assert counts(read(rulebook, render(STORY), render(STORY), render(STORY))) == whole


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=1, max_size=3), st.sampled_from(WRAPPED))
def test_overlap_of_any_pieces(rulebook: Rulebook, pieces: list[tuple[int, int]], holder: str) -> None:
    parts = [render(STORY[min(piece) : max(piece)], holder) for piece in pieces if piece[0] != piece[1]]
    assert counts(read(rulebook, render(STORY), *parts)) == counts(read(rulebook, render(STORY)))


def test_overlap_is_told(rulebook: Rulebook) -> None:
    found = read(rulebook, render(STORY[:7]), render(STORY[3:]))
    told = [note for note in found.coverage.notes if note.key == "duplicates"]
    assert [(note.count, (note.values or {})["source"]) for note in told] == [(records(STORY[3:7], "dash-log", "console"), "b.log")]


def test_overlap_true_repeats_inside_one_source_stay(rulebook: Rulebook) -> None:
    twice = [picked("1", 0), failed("1", 0, QUOTA), failed("1", 0, QUOTA)]
    assert read(rulebook, render(twice)).coverage.lines == 5
    assert read(rulebook, render(twice), render(twice)).coverage.lines == 5
    # One pull holds the line once more than the other: that one more is real.
    found = read(rulebook, render(twice[:2]), render(twice))
    assert found.coverage.lines == 5
    assert {cause.id: cause.lines for cause in found.causes} == {cause.id: cause.lines for cause in read(rulebook, render(twice)).causes}


def test_overlap_bare_lines_are_never_merged(rulebook: Rulebook) -> None:
    for holder, logger in (("bare", "console"), ("cli", "console"), ("bare", "winston"), ("bare", "nest"), ("cli", "nest")):
        data = render(STORY, holder, logger)
        assert read(rulebook, data, data).coverage.lines == 2 * records(STORY, holder, logger)


def test_overlap_two_replicas_say_the_same_at_once(rulebook: Rulebook) -> None:
    first = [replace(line, replica="r1") for line in STORY]
    second = [replace(line, replica="r2") for line in STORY]
    found = read(rulebook, render(first, "api-rows"), render(second, "dash-json"))
    assert found.coverage.lines == 2 * records(STORY, "api-rows", "console")


def test_overlap_nothing_in_common(rulebook: Rulebook) -> None:
    found = read(rulebook, render(STORY[:5]), render(STORY[5:]))
    assert counts(found) == counts(read(rulebook, render(STORY)))
    assert not [note for note in found.coverage.notes if note.key == "duplicates"]
    interleaved = read(rulebook, render(STORY[::2]), render(STORY[1::2]))
    assert interleaved.coverage.lines == records(STORY, "dash-log", "console")


def test_overlap_same_stamp_other_text(rulebook: Rulebook) -> None:
    found = read(rulebook, render([enqueued("1", 0), tick(SECOND)]), render([enqueued("2", 0), tick(SECOND)]))
    assert outcomes(found) == {"1": "in_flight", "2": "in_flight"}
    assert found.coverage.lines == 3


@pytest.mark.parametrize("holder", ["dash-log", "dash-json", "dash-csv", "cli-json"])
def test_overlap_among_many_lines(tmp_path: Path, rulebook: Rulebook, holder: str) -> None:
    noise = [tick(n * SECOND + n, f"Cache warmed {n}") for n in range(1500)]
    story = sorted([*STORY, *noise], key=lambda line: line.at)
    (tmp_path / "a.log").write_bytes(render(story[:1000], holder))
    (tmp_path / "b.log.gz").write_bytes(gzip.compress(render(story[500:], holder)))
    (tmp_path / "whole").write_bytes(render(story, holder))
    found = scan([tmp_path / "a.log", tmp_path / "b.log.gz"], rules=rulebook)
    assert counts(found) == counts(scan([tmp_path / "whole"], rules=rulebook))


def test_overlap_of_arrays_on_one_line(rulebook: Rulebook) -> None:
    arrays = render(STORY[:4], "dash-json") + b"\n" + render(STORY[4:], "dash-json") + b"\n"
    whole = counts(read(rulebook, render(STORY)))
    assert counts(read(rulebook, arrays)) == whole
    assert counts(read(rulebook, arrays, render(STORY[2:6]))) == whole
    assert counts(read(rulebook, render(STORY[2:6]), arrays)) == whole
    assert counts(read(rulebook, arrays, arrays)) == whole


def test_overlap_newest_first(rulebook: Rulebook) -> None:
    whole = counts(read(rulebook, render(STORY)))
    assert counts(read(rulebook, render(STORY[:7][::-1]), render(STORY[3:]))) == whole


def test_overlap_of_a_multi_line_entry(rulebook: Rulebook) -> None:
    stack = "Error: boom\n    at a (/app/a.js:1:1)\n    at b (/app/b.js:2:2)"
    story = [tick(0), Line(SECOND, f"Failed to generate mascot {UUID}:\n{stack}", "MascotGenerationProcessor", "error"), tick(2 * SECOND)]
    for holder in ("cli-json", "dash-json", "dash-csv", "api-rows"):
        # Pino writes one JSON line: the entry keeps its newlines.
        data = render(story, holder, "pino")
        assert read(rulebook, data, data).coverage.lines == 3, holder
    exported = render(story, "dash-log", "pino")
    assert exported.count(b"\n") == 6
    assert read(rulebook, exported).coverage.lines == 3
    assert read(rulebook, exported, render(story, "dash-json", "pino")).coverage.lines == 3


def test_overlap_row_stays_the_same(rulebook: Rulebook) -> None:
    row = row_of(read(rulebook, render(STORY, "cli-json"), render(STORY, "api-rows")))
    assert (row["outcome"], row["attempts"]) == ("generated", 2)
