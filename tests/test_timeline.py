"""Where mascots end: the table of outcomes, deadlines to the nanosecond, holes, retries, and the end of the log."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import pytest

from logscan import Options, Rulebook, scan
from tests.logs import (
    MINUTE,
    MS,
    SECOND,
    START,
    UUID,
    Line,
    enqueue_failed,
    enqueued,
    failed,
    forms,
    generated,
    lines_dropped,
    outcomes,
    picked,
    read,
    render,
    row_of,
    step_of,
    tick,
    upload_failed,
    uploaded,
)

PICKUP = 2 * MINUTE
RUN = 10 * MINUTE
M = UUID


def ended(rulebook: Rulebook, *lines: Line, options: Options | None = None) -> str:
    """Where mascot M ended, read from a dashboard log."""
    return outcomes(read(rulebook, render(lines), options=options))[M]


TABLE: dict[str, tuple[Sequence[Line], str, int]] = {
    "generated": ([enqueued(M, 0), picked(M, SECOND), generated(M, 9 * SECOND)], "generated", 1),
    "generated-log-starts-late": ([generated(M, 9 * SECOND)], "generated", 1),
    "generated-third-try": (
        [
            enqueued(M, 0),
            *(line for n in range(2) for line in (picked(M, (1 + 10 * n) * SECOND), failed(M, (5 + 10 * n) * SECOND))),
            picked(M, 21 * SECOND),
            generated(M, 25 * SECOND),
        ],
        "generated",
        3,
    ),
    "generated-after-lost-pickup": ([picked(M, 0), picked(M, 40 * SECOND), generated(M, 50 * SECOND)], "generated", 2),
    "generated-then-enqueued-late": ([picked(M, 0), generated(M, 5 * SECOND), enqueued(M, 6 * SECOND)], "generated", 1),
    "failed": ([enqueued(M, 0), picked(M, SECOND), failed(M, 9 * SECOND)], "generation_failed", 1),
    "failed-log-starts-late": ([failed(M, 9 * SECOND)], "generation_failed", 1),
    "failed-three-times": (
        [line for n in range(3) for line in (picked(M, 10 * n * SECOND), failed(M, (10 * n + 5) * SECOND))],
        "generation_failed",
        3,
    ),
    "failed-upload-and-job": (
        [picked(M, 0), upload_failed(M, 5 * SECOND), failed(M, 5 * SECOND + MS)],
        "generation_failed",
        1,
    ),
    "enqueue-failed": ([enqueue_failed(M, 0)], "enqueue_failed", 0),
    "enqueue-failed-again": ([enqueued(M, 0), enqueue_failed(M, 30 * SECOND)], "enqueue_failed", 0),
    "enqueue-failed-after-failure": ([picked(M, 0), failed(M, SECOND), enqueue_failed(M, MINUTE)], "enqueue_failed", 1),
    "enqueue-mended-and-generated": (
        [enqueue_failed(M, 0), enqueued(M, 30 * SECOND), picked(M, 31 * SECOND), generated(M, 40 * SECOND)],
        "generated",
        1,
    ),
    "enqueue-mended-and-failed": (
        [enqueue_failed(M, 0), enqueued(M, 30 * SECOND), picked(M, MINUTE), failed(M, 2 * MINUTE)],
        "generation_failed",
        1,
    ),
    "enqueue-mended-and-waiting": ([enqueue_failed(M, 0), enqueued(M, 30 * SECOND)], "waiting", 0),
    "enqueue-failed-yet-taken": ([enqueue_failed(M, 0), picked(M, 2 * SECOND)], "stalled", 1),
    "waiting": ([enqueued(M, 0)], "waiting", 0),
    "waiting-enqueued-again-after-failure": (
        [enqueued(M, 0), picked(M, SECOND), failed(M, 5 * SECOND), enqueued(M, MINUTE)],
        "waiting",
        1,
    ),
    "stalled": ([enqueued(M, 0), picked(M, SECOND)], "stalled", 1),
    "stalled-log-starts-late": ([picked(M, SECOND)], "stalled", 1),
    "stalled-second-try": ([picked(M, 0), failed(M, 5 * SECOND), picked(M, 15 * SECOND)], "stalled", 2),
    "stalled-after-upload": ([picked(M, 0), uploaded(M, 5 * SECOND)], "stalled", 1),
}


@pytest.mark.parametrize("case", TABLE)
def test_timeline_outcome(rulebook: Rulebook, case: str) -> None:
    lines, outcome, attempts = TABLE[case]
    row = row_of(read(rulebook, render([*lines, tick(30 * MINUTE)])))
    assert (row["outcome"], row["attempts"]) == (outcome, attempts)


def test_timeline_outcome_in_every_form_with_stamps(rulebook: Rulebook) -> None:
    ids = {name: f"00000000-0000-4000-8000-{number:012d}" for number, name in enumerate(TABLE)}
    lines = [
        Line(line.at, line.text.replace(M, ids[name]), line.context, line.level)
        for name, (story, _, _) in TABLE.items()
        for line in story
    ]  # fmt: skip
    lines.sort(key=lambda line: line.at)
    wrong: dict[tuple[str, str, str], str | None] = {}
    for holder, logger in forms(step=MS):
        if holder not in ("bare", "api-rows", "cli-json") and logger not in ("nest", "pino"):
            continue
        found = outcomes(read(rulebook, render([*lines, tick(30 * MINUTE)], holder, logger)))
        wrong |= {
            (holder, logger, name): found.get(ids[name]) for name, (_, outcome, _) in TABLE.items() if found.get(ids[name]) != outcome
        }
    assert not wrong


def test_timeline_in_flight_until_the_deadline(rulebook: Rulebook) -> None:
    waiting = [enqueued(M, 7)]
    assert ended(rulebook, *waiting, tick(7 + PICKUP - 1)) == "in_flight"
    assert ended(rulebook, *waiting, tick(7 + PICKUP)) == "waiting"
    running = [enqueued(M, 0), picked(M, SECOND + 3)]
    assert ended(rulebook, *running, tick(SECOND + 3 + RUN - 1)) == "in_flight"
    assert ended(rulebook, *running, tick(SECOND + 3 + RUN)) == "stalled"


def test_timeline_deadline_runs_from_the_last_try(rulebook: Rulebook) -> None:
    again = [enqueue_failed(M, 0), enqueued(M, MINUTE)]
    assert ended(rulebook, *again, tick(MINUTE + PICKUP - 1)) == "in_flight"
    assert ended(rulebook, *again, tick(MINUTE + PICKUP)) == "waiting"
    retried = [picked(M, 0), failed(M, SECOND), picked(M, MINUTE)]
    assert ended(rulebook, *retried, tick(MINUTE + RUN - 1)) == "in_flight"
    assert ended(rulebook, *retried, tick(MINUTE + RUN)) == "stalled"
    sent_again = [picked(M, 0), failed(M, SECOND), enqueued(M, 0), enqueued(M, MINUTE)]
    assert ended(rulebook, *sent_again, tick(MINUTE + PICKUP - 1)) == "in_flight"


def test_timeline_deadlines_of_the_run(rulebook: Rulebook) -> None:
    options = Options(pickup=5 * SECOND, run=MINUTE)
    assert ended(rulebook, enqueued(M, 0), tick(5 * SECOND - 1), options=options) == "in_flight"
    assert ended(rulebook, enqueued(M, 0), tick(5 * SECOND), options=options) == "waiting"
    assert ended(rulebook, picked(M, 0), tick(MINUTE - 1), options=options) == "in_flight"
    assert ended(rulebook, picked(M, 0), tick(MINUTE), options=options) == "stalled"


def test_timeline_end_counts_over_all_inputs(rulebook: Rulebook) -> None:
    api, worker = render([enqueued(M, 0)]), render([tick(PICKUP)], "cli-json")
    assert outcomes(read(rulebook, api, worker)) == {M: "waiting"}


@pytest.mark.parametrize(("holder", "logger"), forms(step=SECOND))
def test_timeline_end_of_log_in_every_form(rulebook: Rulebook, holder: str, logger: str) -> None:
    lines = [picked(M, 0), tick(3 * MINUTE), tick(RUN)]
    step = step_of(holder, logger) or 1
    assert outcomes(read(rulebook, render(lines, holder, logger))) == {M: "stalled"}
    assert outcomes(read(rulebook, render([*lines[:2], tick(RUN - step)], holder, logger))) == {M: "in_flight"}


def test_timeline_end_of_log_where_forms_are_mixed(rulebook: Rulebook) -> None:
    first = render([picked(M, 0)])
    for holder, logger in (("cli-json", "nest"), ("api-rows", "console"), ("bare", "nest"), ("bare", "pino")):
        found = read(rulebook, first + render([tick(RUN), tick(RUN, "Cache warmed again")], holder, logger))
        assert outcomes(found) == {M: "stalled"}, (holder, logger)


def test_timeline_end_of_log_behind_bare_last_lines(rulebook: Rulebook) -> None:
    log = render([picked(M, 0), tick(RUN)], "bare", "nest")
    for bare in (b"[MascotsService] 3 items left\n", b"    at Queue.add (/app/queue.js:12:5)\n", b"ok\n"):
        assert outcomes(read(rulebook, log + bare)) == {M: "stalled"}, bare


def test_timeline_end_of_log_is_no_stamp_inside_a_message(rulebook: Rulebook) -> None:
    log = render([picked(M, 0), tick(MINUTE)], "bare", "nest")
    payload = b'[MascotsController] DTO: {\n  "timestamp": "2099-01-01T00:00:00Z",\n  "time": 4102444800000\n}\n'
    assert outcomes(read(rulebook, log + payload)) == {M: "in_flight"}
    rows = render([picked(M, 0), tick(MINUTE)], "cli-json")
    nested = b'{"message":"hi","body":{"timestamp":"2099-01-01T00:00:00Z"},"timestamp":"2026-11-22T09:01:01.000000000Z","level":"info"}\n'
    assert outcomes(read(rulebook, rows + nested)) == {M: "in_flight"}


def test_timeline_end_of_log_among_stamps_of_other_lengths(rulebook: Rulebook) -> None:
    rows = [
        f'{{"message":"Cache warmed","timestamp":"2026-11-22T{at}","level":"info"}}\n'
        for at in ("09:10:00.900Z", "09:10:00Z", "08:10:00+02:00")
    ]
    late = read(rulebook, render([picked(M, 900 * MS)], "cli-json") + "".join(rows).encode())
    assert late.coverage.end == START + RUN + 900 * MS
    assert outcomes(late) == {M: "stalled"}


def test_timeline_newest_first(rulebook: Rulebook) -> None:
    for case, (lines, outcome, attempts) in TABLE.items():
        row = row_of(read(rulebook, render([*lines, tick(30 * MINUTE)][::-1], "dash-json")))
        assert (row["outcome"], row["attempts"]) == (outcome, attempts), case


def test_timeline_unknown_without_stamps(rulebook: Rulebook) -> None:
    waiting = read(rulebook, render([enqueued(M, 0), tick(RUN)], "cli", "console"))
    stalled = read(rulebook, render([picked(M, 0), tick(RUN)], "cli", "console"))
    assert outcomes(waiting) == outcomes(stalled) == {M: "unknown"}
    assert any(note.key == "no-stamps" for note in waiting.coverage.notes)


def test_timeline_ends_are_known_without_stamps(rulebook: Rulebook) -> None:
    for case, (lines, outcome, attempts) in TABLE.items():
        apart = [part for line in lines for part in (line, *(tick(line.at, f"Cache warmed {number}") for number in range(30)))]
        row = row_of(read(rulebook, render(apart, "cli", "console")))
        assert row["outcome"] == (outcome if outcome not in ("waiting", "stalled") else "unknown"), case
        assert row["enqueued_at"] is row["ended_at"] is row["wait_s"] is None
        if not case.startswith("failed-upload"):
            assert row["attempts"] == attempts, case


# Holes.


def test_timeline_hole_of_dropped_lines_reaches_ten_seconds(rulebook: Rulebook) -> None:
    end = tick(30 * MINUTE)
    waiting = [enqueued(M, MINUTE), end]
    for at, outcome in (
        (MINUTE - 10 * SECOND - 1, "waiting"),
        (MINUTE - 10 * SECOND + 1, "unknown"),
        (MINUTE + PICKUP // 2, "unknown"),
        (MINUTE + PICKUP + 10 * SECOND - 1, "unknown"),
        (MINUTE + PICKUP + 10 * SECOND + 1, "waiting"),
    ):
        assert ended(rulebook, *waiting, lines_dropped(at)) == outcome, at
    running = [picked(M, MINUTE), end]
    assert ended(rulebook, *running, lines_dropped(MINUTE + RUN + 10 * SECOND - 1)) == "unknown"
    assert ended(rulebook, *running, lines_dropped(MINUTE + RUN + 10 * SECOND + 1)) == "stalled"


def test_timeline_hole_before_the_last_event_hides_nothing(rulebook: Rulebook) -> None:
    lines = [picked(M, 0), lines_dropped(20 * SECOND), uploaded(M, MINUTE), tick(30 * MINUTE)]
    assert ended(rulebook, *lines) == "stalled"


def test_timeline_hole_leaves_what_ended_alone(rulebook: Rulebook) -> None:
    for case in ("generated", "failed", "enqueue-failed"):
        lines, outcome, _ = TABLE[case]
        drops = [lines_dropped(second * SECOND) for second in range(0, 60, 5)]
        assert ended(rulebook, *sorted([*lines, *drops], key=lambda line: line.at), tick(30 * MINUTE)) == outcome


def test_timeline_hole_does_not_touch_what_is_in_flight(rulebook: Rulebook) -> None:
    assert ended(rulebook, enqueued(M, 0), lines_dropped(5 * SECOND), tick(PICKUP - 1)) == "in_flight"


def test_timeline_drop_line_of_any_replica_counts_what_it_says(rulebook: Rulebook) -> None:
    found = read(rulebook, render([enqueued(M, 0), lines_dropped(5 * SECOND, 40), lines_dropped(6 * SECOND, 2), tick(PICKUP)]))
    assert found.coverage.dropped == 42
    assert len(found.coverage.holes) == 2


def test_timeline_broken_archive_is_a_hole(rulebook: Rulebook, tmp_path: Path) -> None:
    noise = [tick(2 * SECOND + number * MS, f"Cache warmed {hash_of(number)}") for number in range(400)]
    whole = gzip.compress(render([picked(M, 0), *noise]))
    (tmp_path / "a.log.gz").write_bytes(whole[:-200])
    (tmp_path / "b.log").write_bytes(render([tick(30 * MINUTE)]))
    found = scan([tmp_path], rules=rulebook)
    assert outcomes(found) == {M: "unknown"}
    assert [hole.reason for hole in found.coverage.holes] == ["broken"]
    (tmp_path / "a.log.gz").write_bytes(whole)
    assert outcomes(scan([tmp_path], rules=rulebook)) == {M: "stalled"}


def hash_of(number: int) -> str:
    """Digits that do not compress well."""
    return f"{number * 2654435761 % 2**32:08x}"


def test_timeline_silence_and_restarts_are_no_holes(rulebook: Rulebook) -> None:
    start = Line(20 * MINUTE, "Starting Container")
    assert ended(rulebook, enqueued(M, 0), start, tick(5 * 60 * MINUTE)) == "waiting"
    assert not read(rulebook, render([enqueued(M, 0), start, tick(5 * 60 * MINUTE)])).coverage.holes


# Rows.


def test_timeline_row_of_a_good_run(rulebook: Rulebook) -> None:
    lines = [enqueued(M, 1), picked(M, 1 + 1500 * MS), uploaded(M, 8 * SECOND), generated(M, 1 + 9500 * MS)]
    found = read(rulebook, render(lines))
    row = row_of(found)
    assert found.mascots["enqueued_at"].dt.epoch("ns").to_list() == [START + 1]
    assert found.mascots["ended_at"].dt.epoch("ns").to_list() == [START + 1 + 9500 * MS]
    assert (row["wait_s"], row["run_s"], row["image"], row["certainty"], row["causes"]) == (1.5, 8.0, "present", "certain", [])


def test_timeline_pickup_stamped_before_its_enqueue(rulebook: Rulebook) -> None:
    row = row_of(read(rulebook, render([picked(M, 0), enqueued(M, 3 * MS), generated(M, SECOND)])))
    assert (row["outcome"], row["wait_s"]) == ("generated", 0.0)


def test_timeline_image_missing_after_failed_upload(rulebook: Rulebook) -> None:
    carried_on = [picked(M, 0), upload_failed(M, 5 * SECOND), generated(M, 6 * SECOND)]
    found = read(rulebook, render(carried_on))
    assert (row_of(found)["outcome"], row_of(found)["image"]) == ("generated", "missing")
    assert row_of(found)["causes"] == ["s3-storage"]
    assert "images-not-accessible" in {finding.id for finding in found.findings}


def test_timeline_image_present_after_a_second_upload(rulebook: Rulebook) -> None:
    first = [picked(M, 0), upload_failed(M, 5 * SECOND), failed(M, 5 * SECOND + MS, "AccessDenied: Access Denied")]
    found = read(rulebook, render([*first, picked(M, 16 * SECOND), uploaded(M, 20 * SECOND), generated(M, 21 * SECOND)]))
    assert (row_of(found)["outcome"], row_of(found)["image"], row_of(found)["causes"]) == ("generated", "present", [])
    assert {cause.id: cause.mascots for cause in found.causes} == {"s3-storage": 1}


def test_timeline_image_unknown_where_no_line_tells(rulebook: Rulebook) -> None:
    assert row_of(read(rulebook, render([picked(M, 0), generated(M, SECOND)])))["image"] is None
    assert row_of(read(rulebook, render([picked(M, 0), upload_failed(M, SECOND), failed(M, SECOND)])))["image"] is None


def test_timeline_two_failure_lines_are_one_mascot_and_one_attempt(rulebook: Rulebook) -> None:
    service = Line(2 * MS, f"Failed to enqueue job for mascot {M}: Error: Command timed out", "MascotsService", "error")
    total = Line(
        3 * MS,
        "1 job(s) failed to enqueue. Redis may not be configured. Mascots created but won't be processed.",
        "MascotsService",
        "error",
    )
    found = read(rulebook, render([enqueue_failed(M, 0), service, total]))
    assert outcomes(found) == {M: "enqueue_failed"}
    assert {cause.id: cause.mascots for cause in found.causes} == {"redis-timeout": 1}


def test_timeline_job_number_ties_a_failure_to_its_mascot(rulebook: Rulebook) -> None:
    other = "11111111-6162-47f6-bd8c-e6d8f57af536"
    lines = [
        picked(M, 0),
        Line(1, "Job ID: 7, Attempt: 1/1", "MascotGenerationProcessor"),
        picked(other, SECOND),
        Line(SECOND + 1, "Job ID: 8, Attempt: 1/1", "MascotGenerationProcessor"),
        Line(MINUTE, "Job 7 failed after 1 attempt(s): job stalled more than allowable limit", "MascotGenerationProcessor", "error"),
        generated(other, 2 * MINUTE),
        tick(RUN),
    ]
    assert outcomes(read(rulebook, render(lines))) == {M: "generation_failed", other: "generated"}


@pytest.mark.parametrize("gap", [0, 1000, MS, SECOND])
def test_timeline_job_numbers_of_mascots_that_interleave(rulebook: Rulebook, gap: int) -> None:
    """With a concurrency of several, pick-ups and their job numbers stand in pairs, microseconds apart."""
    ids = [f"{number:08d}-6162-47f6-bd8c-e6d8f57af536" for number in range(8)]
    lines = []
    for number, name in enumerate(ids):
        lines += [picked(name, number * gap), Line(number * gap, f"Job ID: {40 + number}, Attempt: 1/1", "MascotGenerationProcessor")]
    for number, name in enumerate(ids):
        failure = Line(MINUTE + number, f"Job {40 + number} failed: Error: boom", "MascotGenerationProcessor", "error")
        lines.append(failure if number % 2 else generated(name, MINUTE + number))
    found = outcomes(read(rulebook, render([*lines, tick(RUN)])))
    assert found == {name: "generation_failed" if number % 2 else "generated" for number, name in enumerate(ids)}


def test_timeline_order_of_first_event(rulebook: Rulebook) -> None:
    found = read(rulebook, render([enqueued("b", 0), enqueued("a", 1), generated("b", SECOND), enqueued("0", 2 * SECOND)]))
    assert found.mascots["mascot_id"].to_list() == ["b", "a", "0"]


def test_timeline_ids_are_never_mixed(rulebook: Rulebook) -> None:
    ids = ["1", "11", "111", UUID, UUID.upper(), UUID[:8]]
    lines = [line for n, name in enumerate(ids) for line in (enqueued(name, n), picked(name, n + SECOND))]
    lines += [generated("11", MINUTE), failed("111", MINUTE), generated(UUID[:8], MINUTE), tick(30 * MINUTE)]
    expected = dict.fromkeys(ids, "stalled") | {"11": "generated", "111": "generation_failed", UUID[:8]: "generated"}
    assert outcomes(read(rulebook, render(lines))) == expected


def test_timeline_other_jobs_are_counted_not_judged(rulebook: Rulebook) -> None:
    lines = [
        Line(0, f'Starting pose 5f3c (mascot {M}), prompt: "Failed to generate mascot {M}"', "PoseGenerationProcessor"),
        Line(1, "Successfully generated pose 5f3c", "PoseGenerationProcessor"),
        Line(2, f"Starting animation generation: an_1 for mascot {M}, action: wave", "AnimationGenerationProcessor"),
        Line(3, f"Starting logo pack lp_3 for mascot {M} (12 sizes)", "LogoPack"),
        tick(30 * MINUTE),
    ]
    found = read(rulebook, render(lines))
    assert outcomes(found) == {}
    assert sum(found.other_jobs.values()) == 3
