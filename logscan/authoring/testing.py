"""Running the tests that rules carry: examples, counter-examples, sequences."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from logscan.authoring.lint import all_rules, example_cases, read_owned
from logscan.authoring.stories import mistakes, play
from logscan.authoring.trial import Trial
from logscan.errors import RuleProblem


@dataclass(frozen=True, slots=True)
class Result:
    """One test: of what, its name, the seconds it took, and what is wrong."""

    of: str
    name: str
    seconds: float
    problems: tuple[RuleProblem, ...] = ()


def run_tests(folders: Iterable[str | Path]) -> tuple[list[Result], list[RuleProblem]]:
    """The results of all tests of `folders` (of the packaged rules without any), and the mistakes of loading. Raises UsageError."""
    rulebook, problems, owned = read_owned(folders)
    results: list[Result] = []
    if rulebook is not None:
        trial = Trial(rulebook)
        for rule in all_rules(rulebook, owned):
            results += _timed(rule.id, ((name, [problem] if problem else []) for name, problem in example_cases(rule, trial)))
        for story in rulebook.sequences:
            if not owned(story.document.path):
                continue
            if told := list(mistakes(story, rulebook)):
                results.append(Result(story.sequence.id, "sequence", 0.0, tuple(told)))
            else:
                results += _timed(story.sequence.id, ((f"at {moment.at}", problems) for moment, problems in play(story, rulebook)))
    return results, sorted(problems)


def _timed(of: str, cases: Iterator[tuple[str, list[RuleProblem]]]) -> Iterator[Result]:
    begun = time.perf_counter()
    for name, problems in cases:
        now = time.perf_counter()
        yield Result(of, name, now - begun, tuple(problems))
        begun = time.perf_counter()


def junit(results: Sequence[Result], problems: Sequence[RuleProblem]) -> str:
    """The results as JUnit's XML, as CI systems show it; mistakes of loading are tests that failed."""
    loading = Result("rules", "load", 0.0, tuple(problems))
    cases = [*([loading] if problems else []), *results]
    failed = sum(bool(result.problems) for result in cases)
    suite = ET.Element(
        "testsuite", name="logscan rules", tests=str(len(cases)), failures=str(failed), errors="0", skipped="0",
        time=f"{sum(result.seconds for result in cases):.3f}",
    )  # fmt: skip
    for result in cases:
        case = ET.SubElement(suite, "testcase", classname=result.of, name=result.name, time=f"{result.seconds:.3f}")
        if result.problems:
            failure = ET.SubElement(case, "failure", message=_plain(result.problems[0].message))
            failure.text = _plain("\n".join(str(problem) for problem in result.problems))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _plain(text: str) -> str:
    """XML has no way to hold control characters."""
    return "".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in text)
