"""Single mascots: their lines with what stands around them, the ways they went, restarts and deploys."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from logscan import Diagnosis, Rulebook, scan
from logscan.api import Options
from logscan.diagnose import diagnose
from logscan.errors import SourceError
from logscan.model import Stories
from logscan.sources import MemorySource, PipeSource
from logscan.stories.surroundings import surroundings
from logscan.stories.tell import MAX_LINES, MAX_SURROUNDED

FIXTURES = Path(__file__).parents[1] / "fixtures"
WORKER = "[MascotGenerationProcessor]"


def told(rulebook: Rulebook, *paths: Path) -> Diagnosis:
    return scan(paths, rules=rulebook, options=Options(stories=True))


def stories(diagnosis: Diagnosis) -> Stories:
    assert diagnosis.stories is not None
    return diagnosis.stories


def rows(lines: list[tuple[int, str]], **tags: str) -> str:
    """Railway's JSON lines; times in seconds."""
    return "".join(
        json.dumps(
            {
                "message": text,
                "timestamp": f"2026-11-22T{8 + at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}Z",
                "severity": "info",
                "attributes": [],
                "tags": tags,
            }
        )
        + "\n"
        for at, text in lines
    )


def test_stories_are_made_only_where_they_are_asked_for(rulebook: Rulebook) -> None:
    assert scan(FIXTURES / "quota-cli-plain" / "input.log", rules=rulebook).stories is None


@pytest.mark.parametrize("name", sorted(path.name for path in FIXTURES.iterdir() if any(path.glob("input*"))))
def test_stories_hold_the_lines_that_stand_in_the_file(rulebook: Rulebook, name: str) -> None:
    diagnosis = told(rulebook, *sorted((FIXTURES / name).glob("input*")))
    found = stories(diagnosis)
    assert sum(variant.mascots for variant in found.variants) == diagnosis.mascots.height == len(found.variant_of)
    for row, mascot in enumerate(diagnosis.mascots["mascot_id"]):
        lines = found.story(row).lines
        own = [line for line in lines if line.kind != "context"]
        assert any(mascot in line.text for line in own)
        places = [(line.source, line.line) for line in lines]
        assert len(places) == len(set(places))
        assert found.variants[found.variant_of[row]].outcome == diagnosis.mascots["outcome"][row]


@pytest.mark.parametrize("packed", [False, True])
def test_stories_context_is_what_stands_beside(rulebook: Rulebook, tmp_path: Path, *, packed: bool) -> None:
    """The same from a plain file, which is read where the lines stand, and from an archive, which is read through."""
    text = "".join(f"2026-11-22T08:00:{at:02d}.000000000Z [inf]  line {at}\n" for at in range(60)).splitlines(keepends=True)
    text[29] = "2026-11-22T08:00:29.000000000Z [inf]  [JobsService] Successfully enqueued mascot generation for abcdef-1\n"
    path = tmp_path / ("a.log.gz" if packed else "a.log")
    path.write_bytes(gzip.compress("".join(text).encode()) if packed else "".join(text).encode())
    story = stories(told(rulebook, path)).story(0)
    assert [(line.line, line.kind) for line in story.lines] == [
        (28, "context"),
        (29, "context"),
        (30, "enqueued"),
        (31, "context"),
        (32, "context"),
    ]
    assert [line.text for line in story.lines if line.kind == "context"] == ["line 27", "line 28", "line 30", "line 31"]


def test_stories_of_a_pipe_have_no_context_unless_it_was_kept(rulebook: Rulebook) -> None:
    source = MemorySource("m.log", b"one\n[JobsService] Successfully enqueued mascot generation for abcdef-1\ntwo\n")
    found = stories(diagnose([source], rulebook, Options(stories=True)))
    assert [line.text for line in found.story(0).lines if line.kind == "context"] == ["one", "two"]
    assert PipeSource().spool is False


def test_stories_a_file_that_is_gone_only_lacks_context() -> None:
    class Gone:
        documents, stretches, zone, form = False, (), None, None

        class source:  # noqa: N801
            seekable = False

            @staticmethod
            def chunks(_offset: int = 0) -> object:
                raise SourceError("gone")

    assert surroundings([Gone()], {0: {3}}) == {}  # type: ignore[list-item]  # only what is asked of a reader


def test_stories_long_ones_keep_both_ends(rulebook: Rulebook, tmp_path: Path) -> None:
    lines = [(at, f"{WORKER} Starting processing for mascot abcdef-1 (variation 1 of batch b{at})") for at in range(0, 400, 10)]
    path = tmp_path / "a.jsonl"
    path.write_text(rows(lines))
    story = stories(told(rulebook, path)).story(0)
    own = [line for line in story.lines if line.kind != "context"]
    assert len(own) == MAX_LINES
    assert story.more == len(lines) - MAX_LINES
    assert (own[0].line, own[-1].line) == (1, len(lines))


def test_stories_surround_a_bounded_number_of_mascots(rulebook: Rulebook, tmp_path: Path) -> None:
    lines = [
        line
        for at in range(MAX_SURROUNDED + 100)
        for line in ((at, "noise"), (at, f"[JobsService] Successfully enqueued mascot generation for abcdef-{at}"), (at, "noise"))
    ]
    path = tmp_path / "a.jsonl"
    path.write_text(rows([*lines, (3000, "GET /health")]))
    diagnosis = told(rulebook, path)
    found = stories(diagnosis)
    surrounded = [row for row in range(diagnosis.mascots.height) if any(line.kind == "context" for line in found.story(row).lines)]
    assert len(surrounded) == MAX_SURROUNDED


def test_variants_count_each_way_once(rulebook: Rulebook, tmp_path: Path) -> None:
    lines = []
    for number in range(9):
        lines.append((number, f"[JobsService] Successfully enqueued mascot generation for abcdef-{number}"))
        if number < 4:
            lines.append((number + 20, f"{WORKER} Starting processing for mascot abcdef-{number} (variation 1 of batch b)"))
            lines.append((number + 40, f"{WORKER} Successfully generated mascot abcdef-{number} (variation 1)"))
    path = tmp_path / "a.jsonl"
    path.write_text(rows([*lines, (900, "GET /health")]))
    found = stories(told(rulebook, path))
    assert [(v.steps, v.outcome, v.mascots) for v in found.variants] == [
        (("enqueued",), "waiting", 5),
        (("enqueued", "processing", "generated"), "generated", 4),
    ]


def test_marks_tell_deploys_restarts_and_deaths(rulebook: Rulebook, tmp_path: Path) -> None:
    enqueued = "[JobsService] Successfully enqueued mascot generation for abcdef-{}"
    first = rows([(at, enqueued.format(at)) for at in range(3)], service="backend", deploymentId="d1", deploymentInstanceId="r1")
    second = rows([(100, "Starting Container"), (105, enqueued.format(7)), (200, "Starting Container"), (201, enqueued.format(8))],
                  service="backend", deploymentId="d2", deploymentInstanceId="r2")  # fmt: skip
    path = tmp_path / "a.jsonl"
    path.write_text(first + second)
    marks = told(rulebook, path).marks
    assert [(mark.kind, mark.process) for mark in marks] == [("deploy", "backend"), ("restart", "backend")]
    died = scan(sorted((FIXTURES / "worker-out-of-heap-gz").glob("input*")), rules=rulebook)
    assert {mark.kind for mark in died.marks} >= {"death"}
