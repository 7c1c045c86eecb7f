"""What `logscan scan` does once its options are read: build, diagnose, render, write. Imports what is heavy."""

from __future__ import annotations

import json
import os
import shutil
import sys
import webbrowser
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from logscan.cli.addresses import asker
from logscan.cli.database import database_of
from logscan.cli.output import emit, is_terminal, use_colour
from logscan.cli.pace import Stopwatch, cores, uncollected
from logscan.cli.parsing import moment_of_report, parsed
from logscan.cli.rulebooks import checked_rules
from logscan.cli.stopping import stoppable
from logscan.diagnose import Interrupted, Options, diagnose
from logscan.errors import LogscanError, UsageError
from logscan.model import Diagnosis
from logscan.recorded import encode
from logscan.report.contract import json_schema, to_json
from logscan.report.words import Words, default_language
from logscan.rulebook import Rulebook
from logscan.sinks.files import write_bytes, write_text, write_timeline
from logscan.sources import PipeSource, Source, expand
from logscan.times import parse_duration, parse_moment, parse_zone
from logscan.visible import visible

DEFAULT_REPORT: Final = Path("logscan-report.html")
# The report's file, and the timeline's.
_Targets = tuple[Path | None, Path | None]
# Notes on what could not be read, or not to its end.
_TROUBLE: Final = ("unreadable", "broken", "database-unread")
_PROGRESS_FROM: Final = 8 << 20


def print_schema() -> int:
    """`--schema`."""
    emit(json.dumps(json_schema(), indent=2) + "\n")
    return 0


def scan_command(values: Mapping[str, Any]) -> int:
    """The whole command; the exit code."""
    watch = Stopwatch()
    watch.lap("start")
    code = _command(values, watch)
    if values["timings"]:
        click.echo(watch.table(), err=True)
    return code


def _command(values: Mapping[str, Any], watch: Stopwatch) -> int:
    now = moment_of_report(values["now"])
    options = replace(options_of(values, now), lap=watch.lap)
    targets = _targets(values)
    rulebook = checked_rules(values["rules"])
    watch.lap("rules")
    if values["railway"] or values["check"]:
        # Railway's client is needed by few runs.
        from logscan.cli.railway_scan import from_railway

        with from_railway(values) as (pulled, checks, trouble):
            watch.lap("Railway")
            options = replace(options, checks=checks)
            if pulled is not None:
                options = replace(options, since=None, until=None)
            code = _scan(values, options, [*(pulled or expand(values["inputs"])), *consoles(values)], rulebook, targets, now=now)
        # A signal before all; a critical finding outranks what could not be had, and that all else.
        return trouble if trouble and (trouble > LogscanError.exit_code or code in (0, 4)) else code
    return _scan(values, options, [*expand(values["inputs"]), *consoles(values)], rulebook, targets, now=now)


def consoles(values: Mapping[str, Any]) -> Iterator[Source]:
    """The plugin's consoles, told by their option instead of by their content."""
    for name in values["console"]:
        for source in expand([name]):
            source.form = "devtools"
            yield source


def _scan(values: Mapping[str, Any], options: Options, sources: list[Source], rulebook: Rulebook, targets: _Targets, *, now: int) -> int:
    report, timeline = targets
    spare_inputs(sources, {"-o": report, "--timeline": timeline, "--save-answers": values["save_answers"]})
    with stoppable() as stop:
        with _progress(sources) as progress, uncollected():
            _keep_pipes(sources, report)
            told = replace(options, stories=report is not None, progress=progress, read=stop.end_of_reading)
            try:
                diagnosis = diagnose(sources, rulebook, told)
            except Interrupted as early:
                # Before anything was read.
                return 128 + early.signum
        words = Words(rulebook, values["lang"] or default_language())
        for note in diagnosis.coverage.notes:
            if note.key in _TROUBLE:
                click.echo(f"logscan: {words.note(note)}", err=True)
        page = _page(diagnosis, words, now, values["report_max_mb"]) if report is not None else ""
        if values["output"] == "-":
            emit(page)
        else:
            emit(_summary(values["format"], diagnosis, words, rulebook))
        written = _write(report if values["output"] != "-" else None, page, timeline, diagnosis, words, answers=values["save_answers"])
        if report is not None and values["open"] and written:
            webbrowser.open(report.resolve().as_uri())
    options.lap("report")
    code = exit_code(diagnosis, zero=values["exit_zero"])
    if stop.signum is not None:
        return 128 + stop.signum
    return code if written or code == 1 else LogscanError.exit_code


def _page(diagnosis: Diagnosis, words: Words, now: int, max_mb: float) -> str:
    from logscan.report.html import to_html

    return to_html(diagnosis, words, now=now, max_mb=max_mb)


def _keep_pipes(sources: Iterable[Source], report: Path | None) -> None:
    """For a page, lines of what is piped in are read a second time."""
    for source in sources:
        if report is not None and isinstance(source, PipeSource):
            source.spool = True


def _write(report: Path | None, page: str, timeline: Path | None, diagnosis: Diagnosis, words: Words, *, answers: Path | None) -> bool:
    """Write the files; whether that went well. What was found is more important than where it could not be put."""
    try:
        if timeline is not None:
            write_timeline(timeline, diagnosis.mascots)
        if answers is not None:
            write_bytes(answers, encode(diagnosis.answers))
        if report is not None:
            write_text(report, page)
            click.echo(words.ui("written", path=visible(str(report))), err=True)
    except LogscanError as error:
        click.echo(f"logscan: {visible(str(error))}", err=True)
        return False
    return True


def exit_code(diagnosis: Diagnosis, *, zero: bool = False) -> int:
    """README, "Exit codes": the first that holds of 1, 3, 4, 0; a signal's number plus 128 before all."""
    if diagnosis.interrupted is not None:
        return 128 + diagnosis.interrupted
    if diagnosis.critical and not zero:
        return 1
    if any(note.key in _TROUBLE for note in diagnosis.coverage.notes):
        return 3
    if any(finding.id == "nothing-recognised" for finding in diagnosis.findings) and not zero:
        return 4
    return 0


def options_of(values: Mapping[str, Any], now: int) -> Options:
    """How to read and judge, as a scan's options say; a bundle has no `no_redact`. Raises UsageError."""
    zone = parsed("--tz", values["tz"], parse_zone)
    since = parsed("--since", values["since"], lambda text: parse_moment(text, now, zone))
    until = parsed("--until", values["until"], lambda text: parse_moment(text, now, zone))
    if since is not None and until is not None and since >= until:
        raise UsageError(f"--since {values['since']} lies after --until {values['until']}")
    form = values["input_format"]
    return Options(
        zone=zone, form=None if form == "auto" else form, since=since, until=until,
        pickup=parsed("--pickup", values["pickup"], parse_duration), run=parsed("--run", values["run"], parse_duration),
        redact=not values.get("no_redact"), workers=values["workers"] or cores(), ask=asker(values), database=database_of(values, zone),
    )  # fmt: skip


def _targets(values: Mapping[str, Any]) -> _Targets:
    """Where the report and the timeline go; refused before the reading, not after it."""
    report = Path(values["output"]) if values["output"] else None
    if values["output"] == "-" and values["format"] != "text":
        raise UsageError(f"-o - and --format {values['format']} both want standard output: give -o a file")
    if report is None and (values["open"] or (values["format"] == "text" and is_terminal())):
        report = DEFAULT_REPORT
    timeline: Path | None = values["timeline"]
    _has_folder("--save-answers", values["save_answers"])
    if timeline is not None and timeline.suffix.lower() not in (".jsonl", ".ndjson", ".csv", ".parquet"):
        raise UsageError(f"--timeline '{timeline}': the file must end in .jsonl, .csv or .parquet")
    for name, path in (("-o", report), ("--timeline", timeline)):
        _has_folder(name, path)
    return report, timeline


def _has_folder(name: str, path: Path | None) -> None:
    if path is not None and str(path) != "-" and not path.parent.is_dir():
        raise UsageError(f"{name} '{path}': there is no folder '{path.parent}'")


def spare_inputs(sources: Iterable[Source], targets: Mapping[str, Path | None]) -> None:
    """Refuse to write the report over a log."""
    inputs = {path.resolve() for source in sources if (path := getattr(source, "path", None)) is not None and path.is_file()}
    for name, target in targets.items():
        if target is not None and target.resolve() in inputs:
            raise UsageError(f"{name} '{target}' is one of the logs to read: give another name")


def _summary(output: str, diagnosis: Diagnosis, words: Words, rulebook: Rulebook) -> str:
    if output == "json":
        return to_json(diagnosis, rulebook)
    if output == "markdown":
        from logscan.report.markdown import to_markdown

        return to_markdown(diagnosis, words)
    from logscan.report.terminal import to_terminal

    terminal = is_terminal()
    colour = use_colour(os.environ)
    return to_terminal(diagnosis, words, width=shutil.get_terminal_size((100, 24)).columns if terminal else 100, colour=colour)


@contextmanager
def _progress(sources: list[Source]) -> Iterator[Callable[[int], None] | None]:
    """A bar on stderr for long input at a terminal."""
    sizes = [path.stat().st_size for s in sources if (path := getattr(s, "path", None)) is not None and path.is_file()]
    if (
        sys.stderr is None
        or not sys.stderr.isatty()
        or os.environ.get("CI")
        or (len(sizes) == len(sources) and sum(sizes) < _PROGRESS_FROM)
    ):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeElapsedColumn

    # Without redirect_stdout=False the bar would send the results to stderr.
    columns = (BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("", total=sum(sizes) or None)
        yield lambda number: bar.advance(task, number)
