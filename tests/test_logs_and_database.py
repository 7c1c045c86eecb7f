"""Logs beside the database: what each pair of an outcome and a status means, and what findings gain by it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscan import Diagnosis, Options, Rulebook
from logscan.api import to_json
from logscan.database import Window
from logscan.database.frame import stored_of
from logscan.errors import DatabaseError
from logscan.findings.rows import ABOUT, meaning_of
from logscan.intake import Interrupted
from logscan.model import OUTCOMES, Check, Stored
from logscan.report.html import to_html
from logscan.report.markdown import to_markdown
from logscan.report.terminal import to_terminal
from logscan.report.texts import UI
from logscan.report.words import Words
from tests.logs import (
    MINUTE,
    SECOND,
    START,
    Line,
    enqueue_failed,
    enqueued,
    failed,
    generated,
    picked,
    read,
    render,
    tick,
)

URL = "https://cdn.example.org/a.png"
STATUSES = ("pending", "generating", "completed", "failed")


def stored(
    *rows: tuple[Any, ...],
    partial: bool = False,
    columns: tuple[str, ...] = ("mascot_id", "status", "full_body_url", "batch_id", "created_at"),
) -> Stored:
    """Rows of id, status, URL, batch and minutes after START (None: no time)."""
    full = [
        (mascot, status, url, batch, None if at is None else str(moment(at)))
        for mascot, status, url, batch, at in (padded(row) for row in rows)
    ]
    frame = pl.DataFrame(
        full, schema=dict.fromkeys(("mascot_id", "status", "full_body_url", "batch_id", "created_at"), pl.String()), orient="row"
    )
    return stored_of("db", frame.select(columns), partial=partial)


def padded(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*row, *(None, "batch_1", 0)[len(row) - 2 :])


def moment(minutes: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(START / SECOND + minutes * 60, dt.UTC)


def lines_of(mascot: str, outcome: str) -> list[Line]:
    """What the log says of a mascot that ended so, within half an hour."""
    begun = [enqueued(mascot, SECOND), picked(mascot, 2 * SECOND)]
    return {
        "generated": [*begun, generated(mascot, 9 * SECOND)],
        "generation_failed": [*begun, failed(mascot, 9 * SECOND)],
        "enqueue_failed": [enqueue_failed(mascot, SECOND)],
        "waiting": begun[:1],
        "stalled": begun,
        "in_flight": [enqueued(mascot, 30 * MINUTE - SECOND)],
    }[outcome]


def judged(rulebook: Rulebook, lines: list[Line], rows: Stored, *more: bytes, checks: tuple[Check, ...] = ()) -> Diagnosis:
    log = render(sorted([*lines, tick(0), tick(30 * MINUTE)], key=lambda line: line.at))
    return read(rulebook, log, *more, options=Options(stored=rows, checks=checks))


def cells(diagnosis: Diagnosis) -> dict[tuple[str, str, str | None], tuple[int, str]]:
    assert diagnosis.matched is not None
    return {(cell.logs, cell.database, cell.image): (cell.mascots, cell.kind) for cell in diagnosis.matched.cells}


def findings(diagnosis: Diagnosis) -> dict[str, tuple[str, int]]:
    return {it.id: (it.confidence, it.mascots) for it in diagnosis.findings}


def check(diagnosis: Diagnosis, name: str) -> Check:
    return next(it for it in diagnosis.checks if it.id == name)


@pytest.mark.parametrize(
    ("outcome", "status", "kind"),
    [
        ("generated", "completed", "agrees"), ("generated", "generating", "contradiction"), ("generated", "pending", "contradiction"),
        ("generated", "failed", "contradiction"), ("generation_failed", "failed", "agrees"), ("generation_failed", "generating", "contradiction"),
        ("generation_failed", "completed", "contradiction"), ("enqueue_failed", "pending", "agrees"), ("enqueue_failed", "completed", "contradiction"),
        ("waiting", "pending", "agrees"), ("waiting", "completed", "contradiction"), ("waiting", "generating", "contradiction"),
        ("stalled", "generating", "agrees"), ("stalled", "completed", "contradiction"), ("in_flight", "pending", "agrees"),
        ("in_flight", "generating", "agrees"), ("in_flight", "completed", "later"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("written", [str.lower, str.upper])
def test_database_what_a_pair_means(rulebook: Rulebook, outcome: str, status: str, kind: str, written: Any) -> None:
    diagnosis = judged(rulebook, lines_of("m1", outcome), stored(("m1", written(status), URL)))
    image = "present" if status == "completed" else None
    assert cells(diagnosis) == {(outcome, status, image): (1, kind)}
    assert ("status-contradiction" in findings(diagnosis)) == (kind == "contradiction")
    assert check(diagnosis, "database-statuses").status == ("fail" if kind == "contradiction" else "pass")


def test_database_every_pair_has_its_sentence() -> None:
    for logs in (*OUTCOMES, "not_in_logs", "other_time", "undated", "no_logs"):
        for status in (*STATUSES, "absent", "archived"):
            for image in ("present", "missing", None):
                for partial in (False, True):
                    kind, meaning = meaning_of(logs, status, image, partial=partial)
                    assert f"cell-{meaning}" in UI
                    assert f"kind-{kind}" in UI


@pytest.mark.parametrize("outcome", ["generated", "generation_failed", "waiting", "stalled", "in_flight", "enqueue_failed"])
def test_database_completed_without_a_url_is_images_not_accessible(rulebook: Rulebook, outcome: str) -> None:
    diagnosis = judged(rulebook, lines_of("m1", outcome), stored(("m1", "completed")))
    assert cells(diagnosis) == {(outcome, "completed", "missing"): (1, "no-image")}
    assert findings(diagnosis)["images-not-accessible"] == ("certain", 1)
    assert "status-contradiction" not in findings(diagnosis)
    assert check(diagnosis, "database-images").status == "fail"
    finding = next(it for it in diagnosis.findings if it.id == "images-not-accessible")
    assert [(it.source, it.line) for it in finding.supports] == [("db", 1)]


def test_database_without_url_columns_says_nothing_about_images(rulebook: Rulebook) -> None:
    rows = stored(("m1", "completed"), columns=("mascot_id", "status", "batch_id", "created_at"))
    diagnosis = judged(rulebook, lines_of("m1", "generated"), rows)
    assert cells(diagnosis) == {("generated", "completed", None): (1, "agrees")}
    assert check(diagnosis, "database-images").fact == "no-columns"
    assert findings(diagnosis).keys() == {"healthy"}


def test_database_rows_of_other_times_are_told_apart(rulebook: Rulebook) -> None:
    rows = stored(
        ("m1", "completed", URL), ("before", "completed", None, "b", -60), ("after", "failed", None, "b", 45),
        ("within", "pending", None, "b", 10), ("undated", "completed", URL, "b", None),
    )  # fmt: skip
    diagnosis = judged(rulebook, lines_of("m1", "generated"), rows)
    assert cells(diagnosis) == {
        ("generated", "completed", "present"): (1, "agrees"), ("not_in_logs", "pending", None): (1, "not-logged"),
        ("other_time", "completed", "missing"): (1, "other-time"), ("other_time", "failed", None): (1, "other-time"),
        ("undated", "completed", "present"): (1, "other-time"),
    }  # fmt: skip
    # Old rows without an image are no finding of this run.
    assert findings(diagnosis).keys() == {"healthy"}
    assert check(diagnosis, "database-statuses").status == "warn"
    assert check(diagnosis, "database-images").status == "warn"


def test_database_a_mascot_without_a_row(rulebook: Rulebook) -> None:
    lines = [*lines_of("m1", "generated"), *lines_of("m2", "generated")]
    whole, part = (
        judged(rulebook, lines, stored(("m1", "completed", URL))),
        judged(rulebook, lines, stored(("m1", "completed", URL), partial=True)),
    )
    for diagnosis, meaning in ((whole, "no-row"), (part, "not-read")):
        assert diagnosis.matched is not None
        assert [cell.meaning for cell in diagnosis.matched.cells if cell.kind == "absent"] == [meaning]
        assert findings(diagnosis).keys() == {"healthy"}


@pytest.mark.parametrize(
    ("outcome", "status", "finding", "confidence"),
    [("waiting", "pending", "worker-not-consuming", "certain"), ("stalled", "generating", "jobs-stalled", "certain")],
)
def test_database_that_agrees_makes_certain(rulebook: Rulebook, outcome: str, status: str, finding: str, confidence: str) -> None:
    lines = [*lines_of("m0", "generated"), *lines_of("m1", outcome)]
    before = findings(judged(rulebook, lines, stored()))[finding][0]
    assert before != confidence
    assert findings(judged(rulebook, lines, stored(("m1", status))))[finding] == (confidence, 1)


@pytest.mark.parametrize("outcome", ["waiting", "stalled"])
def test_database_that_knows_better_takes_the_finding_away(rulebook: Rulebook, outcome: str) -> None:
    """An image that is there was not waited for in vain, whatever the log leaves out."""
    diagnosis = judged(rulebook, lines_of("m1", outcome), stored(("m1", "completed", URL)))
    assert findings(diagnosis) == {"status-contradiction": ("likely", 1)}
    both = judged(rulebook, [*lines_of("m1", outcome), *lines_of("m2", outcome)], stored(("m1", "completed", URL)))
    assert findings(both)["worker-not-consuming" if outcome == "waiting" else "jobs-stalled"][1] == 1


def retry(at: int) -> Line:
    return Line(at, f"Retrying connection (attempt {at // MINUTE}), delay: 50ms", "RedisConfig")


def test_database_rows_that_never_came_to_the_queue_prove_a_hanging_enqueue(rulebook: Rulebook) -> None:
    lines = [retry(n * MINUTE) for n in range(1, 9)]
    assert findings(judged(rulebook, lines, stored()))["redis-not-working"] == ("likely", 0)
    rows = stored(("m1", "pending", None, "b", 2), ("m2", "pending", None, "b", 2), ("old", "pending", None, "b", -90))
    assert findings(judged(rulebook, lines, rows))["redis-not-working"] == ("certain", 2)


def console(batch: str = "batch_1", polls: int = 30, *more: str) -> bytes:
    lines = [f"[Mascot] Starting to poll for batch variations: {batch}"]
    lines += [f"[Mascot] Polling attempt {k}/30 for batch: {batch}" for k in range(1, polls + 1)]
    return "".join(f"ui.js:{n + 1} {line}\n" for n, line in enumerate([*lines, *more])).encode()


@pytest.mark.parametrize(
    ("outcome", "status", "url", "verdict", "meaning"),
    [
        ("generated", "completed", URL, "images-not-accessible", "batch-made"), ("generated", "completed", None, "images-not-accessible", "batch-no-url"),
        ("generation_failed", "failed", None, "jobs-failing", "batch-failed"), ("waiting", "pending", None, "worker-not-consuming", "batch-waiting"),
        ("stalled", "generating", None, "jobs-stalled", "batch-generating"), ("enqueue_failed", "pending", None, "redis-not-working", "batch-not-enqueued"),
    ],
)  # fmt: skip
def test_plugin_batch_is_joined_through_the_database(
    rulebook: Rulebook, outcome: str, status: str, url: str | None, verdict: str, meaning: str
) -> None:
    """What the plugin waited for in vain was not made: then it is no matter of how images are reached."""
    diagnosis = judged(rulebook, lines_of("m1", outcome), stored(("m1", status, url)), console())
    assert diagnosis.verdict == verdict
    assert ("images-not-accessible" in findings(diagnosis)) == (verdict == "images-not-accessible")
    (batch,) = diagnosis.batches
    assert (batch.joined, batch.mascots, batch.gave_up, batch.meaning) == ("database", ("m1",), True, meaning)


def test_plugin_batch_is_joined_through_lines_that_name_both(rulebook: Rulebook) -> None:
    log = render([*lines_of("m1", "generation_failed"), tick(30 * MINUTE)])
    (batch,) = read(rulebook, log, console()).batches
    assert (batch.joined, batch.mascots, batch.meaning) == ("logs", ("m1",), "batch-failed")
    variation = console("batch_1", 30, "[Mascot] Variation 1 (m1): status=failed, hasImage=false")
    (batch,) = read(rulebook, render([enqueued("m1", 0)]), variation).batches
    assert (batch.joined, batch.mascots) == ("console", ("m1",))


def test_plugin_batch_without_a_join_is_said_to_have_none(rulebook: Rulebook) -> None:
    diagnosis = read(rulebook, console("batch_9"))
    (batch,) = diagnosis.batches
    assert (batch.joined, batch.mascots, batch.meaning) == (None, (), "batch-unjoined")
    assert findings(diagnosis) == {"images-not-accessible": ("likely", 1)}
    assert "whose mascots they are is not known" in Words(rulebook, "en").check(check(diagnosis, "plugin-console"))[1]


def test_plugin_gave_up_and_the_backend_made_it_and_its_url_answers_403_is_certain(rulebook: Rulebook) -> None:
    rows, lines = stored(("m1", "completed", URL)), lines_of("m1", "generated")
    assert findings(judged(rulebook, lines, rows, console()))["images-not-accessible"] == ("likely", 1)
    looked = (Check("image-urls", "fail"),)
    assert findings(judged(rulebook, lines, rows, console(), checks=looked))["images-not-accessible"] == ("certain", 1)


def test_plugin_counts_what_each_polling_saw(rulebook: Rulebook) -> None:
    lines = b"""ui.js:1 [Mascot Code] Received variations: 3
ui.js:1 [Mascot] Received variations: (3) [x, y, z]
ui.js:1 [Mascot] Starting to poll for batch variations: batch_a
ui.js:1 [Mascot] Polling attempt 1/60 for batch: batch_a
ui.js:1 [Mascot] Ready variations: 3 / 3
ui.js:1 [Mascot] Failed to load image for variation 1 : m1
ui.js:1 [Mascot] Received variations: (2) [x, y]
ui.js:1 [Mascot] Starting to poll for batch variations: batch_b
ui.js:1 [Mascot] Polling attempt 7/60 for batch: batch_b
ui.js:1 [Mascot] Variations: 0 ready, 0 failed, allTerminal=false
"""
    first, second = read(rulebook, lines).batches
    assert (first.id, first.variations, first.attempts, first.most, first.images, first.image_errors) == ("batch_a", 3, 1, 60, True, 1)
    assert (second.id, second.variations, second.attempts, second.images, second.gave_up, second.meaning) == (
        "batch_b", 2, 7, False, False, "batch-open",
    )  # fmt: skip


def test_database_alone_is_judged_by_itself(rulebook: Rulebook) -> None:
    diagnosis = read(rulebook, options=Options(stored=stored(("m1", "completed"), ("m2", "failed"))))
    assert cells(diagnosis) == {("no_logs", "completed", "missing"): (1, "no-image"), ("no_logs", "failed", None): (1, "other-time")}
    assert diagnosis.verdict == "images-not-accessible"
    assert read(rulebook, options=Options(stored=stored(("m1", "completed", URL)))).verdict == "undecided"
    assert read(rulebook, options=Options(stored=stored())).verdict == "nothing-recognised"


def test_database_that_cannot_be_read_leaves_the_diagnosis(rulebook: Rulebook) -> None:
    def ask(_window: object) -> Stored:
        raise DatabaseError("db: it is \x1b[31mgone")

    diagnosis = read(rulebook, render([*lines_of("m1", "generated"), tick(MINUTE)]), options=Options(database=ask))
    assert [(note.key, (note.values or {})["why"]) for note in diagnosis.coverage.notes if note.key == "database-unread"] == [
        ("database-unread", "db: it is \\x1b[31mgone")
    ]
    assert diagnosis.verdict == "healthy"
    assert check(diagnosis, "database-statuses").fact == "unread"


def test_database_that_is_not_waited_for_leaves_the_diagnosis(rulebook: Rulebook) -> None:
    def ask(_window: object) -> Stored:
        raise Interrupted(2)

    diagnosis = read(rulebook, render([*lines_of("m1", "generated"), tick(MINUTE)]), options=Options(database=ask))
    assert diagnosis.interrupted == 2
    assert diagnosis.by_outcome == {"generated": 1}


def test_database_is_asked_for_the_time_and_the_mascots_of_the_logs(rulebook: Rulebook) -> None:
    asked: list[Window] = []

    def ask(window: Window) -> Stored:
        asked.append(window)
        return stored(("m1", "completed", URL))

    diagnosis = judged(rulebook, lines_of("m1", "generated"), stored(("m2", "failed")))
    assert cells(diagnosis) == {("generated", "absent", None): (1, "absent"), ("not_in_logs", "failed", None): (1, "not-logged")}
    both = read(
        rulebook,
        render([tick(0), *lines_of("m1", "generated"), tick(30 * MINUTE)]),
        options=Options(database=ask, stored=stored(("m2", "failed"))),
    )
    assert asked == [Window(START, START + 30 * MINUTE, ("m1",))]
    assert cells(both) == {("generated", "completed", "present"): (1, "agrees"), ("not_in_logs", "failed", None): (1, "not-logged")}


mascots = st.lists(st.tuples(st.sampled_from(["generated", "generation_failed", "enqueue_failed", "waiting", "stalled", "in_flight", None]),
                             st.sampled_from([*STATUSES, "archived", None]), st.booleans(), st.sampled_from([-60, 1, 29, 60, None])), max_size=12)  # fmt: skip


@given(mascots)
def test_database_each_mascot_stands_in_one_cell(rulebook: Rulebook, drawn: list[tuple[str | None, str | None, bool, int | None]]) -> None:
    lines = [line for n, (outcome, *_) in enumerate(drawn) if outcome for line in lines_of(f"m{n}", outcome)]
    rows = stored(*((f"m{n}", status, URL if url else None, "b", at) for n, (_, status, url, at) in enumerate(drawn) if status))
    diagnosis = judged(rulebook, lines, rows)
    assert diagnosis.matched is not None
    known = sum(outcome is not None or status is not None for outcome, status, *_ in drawn)
    assert sum(cell.mascots for cell in diagnosis.matched.cells) == known
    assert sum(diagnosis.matched.by_status.values()) == sum(status is not None for _, status, *_ in drawn)
    contradictions = sum(cell.mascots for cell in diagnosis.matched.cells if cell.kind == "contradiction")
    assert findings(diagnosis).get("status-contradiction", ("", 0))[1] == contradictions
    blank = sum(cell.mascots for cell in diagnosis.matched.cells if cell.kind == "no-image" and cell.logs in ABOUT)
    assert findings(diagnosis).get("images-not-accessible", ("", 0))[1] == blank
    # The order of rows changes nothing but the numbers of rows and which ids come first.
    turned = judged(rulebook, lines, replace(rows, rows=rows.rows.reverse()))
    assert cells(turned) == cells(diagnosis)
    assert findings(turned) == findings(diagnosis)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_database_every_report_shows_what_is_wrong(rulebook: Rulebook, language: Any) -> None:
    lines = [*lines_of("m1", "generation_failed"), *lines_of("m2", "generated")]
    rows = stored(("m1", "generating"), ("m2", "completed"), ("m<b>3", "pending", None, "b", 3), ("old", "failed", None, "b", -60))
    diagnosis, words = judged(rulebook, lines, rows, console("batch_1")), Words(rulebook, language)
    for text in (to_terminal(diagnosis, words), to_markdown(diagnosis, words), to_html(diagnosis, words, now=START)):
        flat = " ".join(text.split())
        assert "<b>3" not in flat
        assert words.ui("batch-no-url")[:30] in flat.replace("&#39;", "'")
        assert words.ui("in-database") in flat
    page = to_html(diagnosis, words, now=START)
    assert '<table class="matrix">' in page
    assert page.count(words.ui("kind-contradiction")) >= 1
    assert '"kind": "contradiction"' in to_json(diagnosis, rulebook)
