"""`sequences` of rule files: small logs that are played, and what must come of them at given moments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from logscan.diagnose import diagnose
from logscan.errors import RuleProblem
from logscan.model import OUTCOMES, Diagnosis
from logscan.rulebook import Rulebook, Story
from logscan.rulebook.convert import unknown
from logscan.rulebook.schema import FINDINGS, Expectation
from logscan.sources import MemorySource
from logscan.times import format_stamp, parse_duration

_BEGIN: Final = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z
_END: Final = "[Story] this is where the log ends"


def play(story: Story, rulebook: Rulebook) -> Iterator[tuple[Expectation, list[RuleProblem]]]:
    """Each moment of a sequence, with what is not as it says. Raises ValueError where `mistakes` finds a time that is none."""
    for number, expected in enumerate(story.sequence.expect):
        found = diagnose([MemorySource(story.sequence.id, _log(story, expected))], rulebook)
        told = [
            story.problem(("expect", number, *key), f"'{story.sequence.id}' at {expected.at}: {message}")
            for key, message in _differences(expected, found)
        ]
        yield expected, told


def mistakes(story: Story, rulebook: Rulebook) -> Iterator[RuleProblem]:
    """Times that are none, and names that no report can hold: such a sequence cannot be played."""
    for key in ("lines", "expect"):
        if not getattr(story.sequence, key):
            yield story.problem((key,), f"'{key}' is empty: a sequence needs one at least")
    times = [(("lines", number), line.at) for number, line in enumerate(story.sequence.lines)]
    times += [(("expect", number), moment.at) for number, moment in enumerate(story.sequence.expect)]
    for where, text in times:
        try:
            parse_duration(text)
        except ValueError as error:
            yield story.problem((*where, "at"), str(error))
    for number, moment in enumerate(story.sequence.expect):
        for inside, message in _unknown_names(moment, rulebook):
            yield story.problem(("expect", number, *inside), message)


def _unknown_names(moment: Expectation, rulebook: Rulebook) -> Iterator[tuple[tuple[str, ...], str]]:
    for mascot, outcome in moment.outcomes.items():
        if outcome not in OUTCOMES:
            yield ("outcomes", mascot), unknown("outcome", outcome, OUTCOMES)
    for mascot, causes in moment.causes.items():
        for cause in causes:
            if cause not in (*rulebook.families, "unknown"):
                yield ("causes", mascot), unknown("cause", cause, rulebook.families)
    if moment.verdict is not None and moment.verdict not in FINDINGS:
        yield ("verdict",), unknown("finding", moment.verdict, FINDINGS)


def _log(story: Story, expected: Expectation) -> bytes:
    """The log as it stands at the moment, in the dashboard's form."""
    end = parse_duration(expected.at)
    timed = sorted(((parse_duration(line.at), line.line) for line in story.sequence.lines), key=lambda pair: pair[0])
    lines = [(at, text) for at, text in timed if at <= end]
    return "".join(f"{format_stamp(_BEGIN + at)} [inf]  {text}\n" for at, text in [*lines, (end, _END)]).encode()


def _differences(expected: Expectation, found: Diagnosis) -> Iterator[tuple[tuple[str, ...], str]]:
    rows = {row["mascot_id"]: row for row in found.mascots.to_dicts()}
    for mascot, outcome in expected.outcomes.items():
        got = rows[mascot]["outcome"] if mascot in rows else "not seen at all"
        if got != outcome:
            yield ("outcomes", mascot), f"mascot '{mascot}' is {got}, not {outcome}"
    for mascot in rows.keys() - expected.outcomes.keys():
        yield ("outcomes",), f"mascot '{mascot}' is {rows[mascot]['outcome']}, and not expected"
    for mascot, causes in expected.causes.items():
        known = rows[mascot]["causes"] if mascot in rows else []
        if sorted(known) != sorted(causes):
            yield ("causes", mascot), f"the causes of mascot '{mascot}' are {', '.join(known) or 'none'}, not {', '.join(causes) or 'none'}"
    if expected.verdict is not None and expected.verdict != found.verdict:
        yield ("verdict",), f"the verdict is {found.verdict}, not {expected.verdict}"
