"""The pipeline in one screen; read this first.

bytes → blocks → candidate lines → records → sightings → events → mascots → findings → Diagnosis
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import polars as pl

from logscan.attribute import attribute
from logscan.cases import Kept, opened
from logscan.checks.from_logs import checklist
from logscan.checks.joining import joined
from logscan.fetched import Fetched, fetched_of, with_fetched
from logscan.findings import Case, conclude
from logscan.findings.causes import causes_of, doubted, explained, other_jobs
from logscan.findings.lost import lost_to_deaths
from logscan.findings.plugin import batches_of
from logscan.findings.rows import matched_of
from logscan.intake import Account, Interrupted, Options, coverage_of, read_all
from logscan.jobs import named_failures
from logscan.model import OUTCOMES, Coverage, Diagnosis, Settings
from logscan.ordering import in_order
from logscan.recorded import apart
from logscan.redact import Redactor
from logscan.rulebook import Rulebook
from logscan.sources import Source
from logscan.stories import marks_of, stories_of
from logscan.timeline import events_frame, restarts_frame, timeline, with_causes
from logscan.visible import visible
from logscan.withdatabase import with_rows, without_exports

__all__ = ["Interrupted", "Options", "diagnose", "judge"]


def diagnose(
    sources: Sequence[Source], rulebook: Rulebook, options: Options | None = None, keep: Callable[[Kept], None] | None = None
) -> Diagnosis:
    """Read `sources` and say why images are missing. Unreadable inputs are told in the coverage's notes.

    `keep` is given what a case is made of, while the sources are still open.
    """
    options = options or Options()
    redactor = Redactor(rulebook, options.redact)
    case, sources = opened(sources, rulebook, options)
    if case is not None:
        diagnosis = judge(case.account, rulebook, case.options, coverage=case.coverage, redactor=redactor)
        if keep is not None:
            keep(Kept.of(case.account, case.options, diagnosis, redactor))
        return diagnosis
    logs, recorded = apart(sources)
    logs, options = without_exports(logs, options)
    if recorded:
        options = replace(options, answers=(*options.answers, *recorded))
    account = read_all(logs, rulebook, options)
    if options.database is not None:
        options = with_rows(account, options)
        options.lap("database")
    if options.read is not None:
        options.read()
    options.lap("read, parse, match")
    paths = [getattr(source, "path", None) for source in logs]
    fetched = [fetched_of(path) if path is not None else None for path in paths]
    diagnosis = judge(account, rulebook, options, fetched, redactor=redactor)
    if keep is not None:
        keep(Kept.of(account, options, diagnosis, redactor))
    for source in logs:
        source.close()
    return diagnosis


def judge(
    account: Account,
    rulebook: Rulebook,
    options: Options,
    fetched: Sequence[Fetched | None] = (),
    until: int | None = None,
    *,
    coverage: Coverage | None = None,
    redactor: Redactor | None = None,
) -> Diagnosis:
    """What follows from an account of what was read; for stories some lines are read again.

    `fetched` are the accounts of pulls, by source; `until`: no line is missing up to then, though none may have been written.
    `coverage` is that of a case, in which it was worked out before.
    """
    redactor = redactor or Redactor(rulebook, options.redact)
    seen = named_failures(in_order(account.matcher.seen, {n: reader.parser.days for n, reader in enumerate(account.readers)}))
    attribution = attribute(seen, rulebook)
    options.lap("order, causes")
    if coverage is None:
        coverage = with_fetched(coverage_of(account, seen, redactor), fetched, options.since, options.until)
        coverage = replace(coverage, notes=(*coverage.notes, *options.notes))
    if until is not None and coverage.end is not None:
        coverage = replace(coverage, end=max(coverage.end, until))
    pickup, run = options.pickup or rulebook.pickup, options.run or rulebook.run
    events = events_frame(seen)
    mascots = timeline(events, restarts_frame(seen), coverage, tagged=account.tagged, pickup=pickup, run=run)
    if not (mascots["outcome"] == "unknown").any():
        # Lines without a stamp matter only where a mascot could not be judged for want of one.
        coverage = replace(coverage, notes=tuple(note for note in coverage.notes if note.key != "some-stamps"))
    options.lap("timeline")
    names = [visible(reader.source.name) for reader in account.readers]
    case = Case(
        rulebook, seen, mascots, attribution, coverage, names, account.tagged, account.earliest, redactor, pickup, run, options.checks,
        options.stored, options.answers,
    )  # fmt: skip
    if options.ask is not None:
        case = case.knowing(answers=(*case.answers, *options.ask(case.image_urls)))
        options.lap("image addresses")
    lost = lost_to_deaths(case)
    case = case.knowing(mascots=with_causes(mascots, explained(case, lost), doubted(case)))
    findings = conclude(case)
    causes, checks, marks = causes_of(case, lost), joined(checklist(case), options.checks), marks_of(case, account)
    options.lap("findings")
    stories = stories_of(case, account, events) if options.stories else None
    options.lap("stories")
    return Diagnosis(
        verdict=findings[0].id,
        findings=findings,
        causes=causes,
        mascots=_shown(case.mascots, redactor),
        by_outcome={name: case.by_outcome[name] for name in OUTCOMES if case.by_outcome.get(name)},
        other_jobs=other_jobs(case),
        coverage=coverage,
        checks=checks,
        rules_hash=rulebook.hash,
        interrupted=account.interrupted,
        marks=marks,
        settings=Settings(options.since, options.until, pickup, run, str(options.zone), options.redact),
        stories=stories,
        answers=case.answers,
        matched=matched_of(case.rows, options.stored, redactor.clean_id) if case.rows is not None and options.stored is not None else None,
        batches=batches_of(case),
    )


def _shown(mascots: pl.DataFrame, redactor: Redactor) -> pl.DataFrame:
    """The mascots with their ids as they may be shown."""
    ids = mascots["mascot_id"].to_list()
    return mascots.with_columns(pl.Series("mascot_id", [redactor.clean_id(name) for name in ids], dtype=pl.String()))
