"""How sure it is that images are not seen, by all that shows it: lines, rows, HTTP requests, and what addresses answer."""

from __future__ import annotations

from collections.abc import Sequence

from logscan.findings.answers import evidence_of, explicit, failing
from logscan.findings.case import MAX_EVIDENCE, Case
from logscan.findings.requests import ImageRequests, path_of
from logscan.model import Confidence, Evidence, ImageAnswer


def sureness(case: Case, asked: ImageRequests, *, told: bool) -> Confidence:
    """An explicit refusal is certain; a plugin that gave up is likely, and no more than possible where every address answers well."""
    if told or explicit(case.answers) or any(path_of(item) in asked.owners for item in asked.failing):
        return "certain"
    well = bool(case.answers) and not failing(case.answers)
    return "possible" if well and not asked.failing else "likely"


def with_answers(case: Case, lines: Sequence[Evidence], answers: Sequence[ImageAnswer]) -> tuple[Evidence, ...]:
    """Lines and rows, and what addresses answered; room is kept for both."""
    shown = [evidence_of(it, case.redactor, case.answers.index(it) + 1) for it in answers[:MAX_EVIDENCE]]
    room = MAX_EVIDENCE - min(len(shown), 2)
    # What is shown of long lists are the first few: one of each kind comes first.
    return (*lines[:1], *shown[:1], *lines[1:room], *shown[1:])[:MAX_EVIDENCE]
