"""Which error explains which mascot's failure: in order, interleaved, shuffled within a burst."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logscan import Diagnosis, Rulebook, load_rules
from tests.logs import MS, SECOND, Line, read, render, row_of, tick

RULES = load_rules()
# Texts that nothing else stands behind, and what they are.
ERRORS = {
    "google-quota": 'ClientError: [VertexAI.ClientError]: got status: 429 Too Many Requests. {"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}',
    "google-safety-empty": "Error: No image data in Gemini Flash response",
    "s3-storage": "ServiceUnavailableException: Storage not configured. Set SUPABASE_URL and SUPABASE_SERVICE_ROLE_KEY on the server.",
    "postgres": 'QueryFailedError: relation "mascots" does not exist',
}
UNKNOWN = "Error: the flux capacitor is out of plutonium"
STEP = MS // 10


def failing(mascot: str, error: str, *, details: bool = True) -> list[Line]:
    """One failure's lines as the processor writes them."""
    lines = [
        Line(0, f"Failed to generate mascot {mascot} (variation 1):", "MascotGenerationProcessor", "error"),
        Line(0, error, level="error"),
        Line(0, "    at Foo.bar (/app/dist/foo.js:12:7)", level="error"),
    ]
    if details:
        lines += [
            Line(0, "Error details:", "MascotGenerationProcessor", "error"),
            Line(0, error.split(": ", 1)[1], "MascotGenerationProcessor", "error"),
        ]
    return lines


def prelude(error: str, context: str = "GeminiFlashService", text: str = "Gemini Flash generation failed:") -> list[Line]:
    """What the service that the processor called prints before."""
    return [Line(0, text, context, "error"), Line(0, error, level="error")]


def burst(lines: Sequence[Line], begin: int = SECOND) -> list[Line]:
    return [replace(line, at=begin + place * STEP) for place, line in enumerate(lines)]


def found(lines: Sequence[Line], form: tuple[str, str] = ("dash-log", "console")) -> Diagnosis:
    return read(RULES, render([*lines, tick(60 * SECOND)], *form))


def mascots_of(diagnosis: Diagnosis) -> dict[str, int]:
    return {cause.id: cause.mascots for cause in diagnosis.causes}


@settings(max_examples=60)
@given(st.lists(st.sampled_from(sorted(ERRORS)), min_size=2, max_size=4), st.booleans(), st.randoms(use_true_random=False))
def test_attribute_shuffled_burst_names_every_error_and_is_sure_of_none(causes: list[str], details: bool, choice: random.Random) -> None:
    lines = [line for number, cause in enumerate(causes) for line in failing(f"m-{number}", ERRORS[cause], details=details)]
    choice.shuffle(lines)
    diagnosis = found(burst(lines))
    assert {cause.id for cause in diagnosis.causes} == set(causes)
    assert sum(cause.mascots for cause in diagnosis.causes) == len(causes)
    # No line counts for two mascots.
    assert all(0 < cause.mascots <= cause.lines for cause in diagnosis.causes)
    assert sum(cause.lines for cause in diagnosis.causes) == len(causes) * (1 + details)
    rows = diagnosis.mascots.to_dicts()
    assert {row["certainty"] for row in rows} == {"certain" if len(set(causes)) == 1 else "likely"}
    if len(set(causes)) == len(causes):
        assert sorted(row["causes"] for row in rows) == sorted([cause] for cause in causes)


@pytest.mark.parametrize("form", [("dash-log", "console"), ("cli", "nest"), ("bare", "nest"), ("api-rows", "nest")], ids="-".join)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("other", ["google-safety-empty", "postgres"])
def test_attribute_interleaved_attempts_keep_the_text_behind_them(order: tuple[int, int], other: str, form: tuple[str, str]) -> None:
    quota, second = ERRORS["google-quota"], ERRORS[other]
    failures = [failing("m-a", quota), failing("m-b", second)]
    diagnosis = found(burst([*prelude(quota), *prelude(second), *failures[order[0]], *failures[order[1]]]), form)
    assert (row_of(diagnosis, "m-a")["causes"], row_of(diagnosis, "m-b")["causes"]) == (["google-quota"], [other])
    assert mascots_of(diagnosis) == {"google-quota": 1, other: 1}
    assert {cause.id: cause.lines for cause in diagnosis.causes} == {"google-quota": 3, other: 3}


def test_attribute_prelude_explains_a_failure_that_says_nothing() -> None:
    bare = Line(0, "Failed to generate mascot m-a (variation 1):", "MascotGenerationProcessor", "error")
    diagnosis = found(burst([*prelude(ERRORS["google-quota"]), bare]))
    assert row_of(diagnosis, "m-a")["causes"] == ["google-quota"]
    assert row_of(diagnosis, "m-a")["certainty"] == "certain"


@pytest.mark.parametrize("form", [("dash-log", "console"), ("bare", "nest")], ids="-".join)
@pytest.mark.parametrize(
    ("context", "text"),
    [
        ("PoseGenerationProcessor", "Failed pose p-1:"),
        ("AnimationGenerationProcessor", "Failed to generate animation a-1:"),
        ("LogoPackGenerationProcessor", "[LogoPack] Failed l-1:"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_attribute_error_of_another_job_is_not_the_mascots(context: str, text: str, first: bool, form: tuple[str, str]) -> None:
    other, mine = prelude(ERRORS["s3-storage"], context, text), failing("m-a", ERRORS["google-quota"])
    diagnosis = found(burst([*other, *mine] if first else [*mine, *other]), form)
    assert row_of(diagnosis, "m-a")["causes"] == ["google-quota"]
    assert mascots_of(diagnosis) == {"google-quota": 1, "s3-storage": 0}


def test_attribute_own_text_that_no_rule_knows_is_not_filled_from_a_neighbour() -> None:
    diagnosis = found(burst([*failing("m-a", UNKNOWN), *failing("m-b", ERRORS["google-quota"])]))
    assert row_of(diagnosis, "m-a")["causes"] == ["unknown"]
    assert row_of(diagnosis, "m-b")["causes"] == ["google-quota"]


def test_attribute_failure_without_a_text_takes_one_of_its_neighbours_lines() -> None:
    """Shuffling put both texts behind one of the two failures."""
    first, second = failing("m-a", ERRORS["google-quota"], details=False), failing("m-b", ERRORS["google-quota"], details=False)
    diagnosis = found(burst([first[0], second[0], first[1], second[1], first[2], second[2]]))
    assert mascots_of(diagnosis) == {"google-quota": 2}
    assert diagnosis.causes[0].lines == 2


@pytest.mark.parametrize("form", [("dash-log", "console"), ("bare", "console")], ids="-".join)
def test_attribute_text_right_behind_a_failure_is_its_own(form: tuple[str, str]) -> None:
    """A job that talks to Redis can fail so, but a Redis error anywhere else is nobody's."""
    redis = "Error: connect ECONNREFUSED 127.0.0.1:6379"
    assert mascots_of(found(burst(failing("m-a", redis, details=False)), form)) == {"redis-refused": 1}
    later = [*failing("m-a", UNKNOWN, details=False), Line(0, redis, "RedisConfig", "error")]
    assert mascots_of(found(burst(later), form)) == {"redis-refused": 0, "unknown": 1}


def test_attribute_two_loggers_failure_lines_are_one_failure(rulebook: Rulebook) -> None:
    lines = [
        Line(0, "Mascot generation failed for mascot m-a:", "MascotGenerationProcessor", "error"),
        *failing("m-a", ERRORS["google-quota"]),
    ]
    assert mascots_of(read(rulebook, render(burst(lines)))) == {"google-quota": 1}
