"""What `logscan bundle` does once its options are read. Imports what is heavy."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

import click

from logscan.cases import Kept, packed
from logscan.cli.pace import uncollected
from logscan.cli.parsing import moment_of_report
from logscan.cli.rulebooks import checked_rules
from logscan.cli.scanning import consoles, exit_code, options_of, spare_inputs
from logscan.cli.stopping import stoppable
from logscan.diagnose import diagnose
from logscan.errors import UsageError
from logscan.finder import hyperscan
from logscan.recorded import encode
from logscan.report.contract import to_json
from logscan.report.html import to_html
from logscan.report.words import Words, default_language
from logscan.sinks.files import write_bytes
from logscan.sources import PipeSource, Source, expand
from logscan.version import __version__
from logscan.visible import visible

_PREFIXES = ("LOGSCAN_", "RAILWAY_")
_DEFAULTS = (("tz", "UTC"), ("input_format", "auto"), ("db_table", "mascots"), ("db_timeout", "30s"))


def bundle_command(values: Mapping[str, Any]) -> int:
    """The whole command; the exit code."""
    output: Path = values["output"]
    if not output.parent.is_dir():
        raise UsageError(f"-o '{output}': there is no folder '{output.parent}'")
    now = moment_of_report(values["now"])
    options = options_of(values, now)
    rulebook = checked_rules(values["rules"])
    sources = [*expand(values["inputs"]), *consoles(values)]
    spare_inputs(sources, {"-o": output, "--save-answers": values["save_answers"]})
    rename(sources)
    kept: list[Kept] = []
    with stoppable() as stop:
        with uncollected():
            diagnosis = diagnose(sources, rulebook, replace(options, stories=True, read=stop.end_of_reading), keep=kept.append)
        words = Words(rulebook, values["lang"] or default_language())
        for note in diagnosis.coverage.notes:
            if note.key in ("unreadable", "broken"):
                click.echo(f"logscan: {words.note(note)}", err=True)
        reports = {"report.json": to_json(diagnosis, rulebook)}
        reports |= {f"report.{language}.html": to_html(diagnosis, Words(rulebook, language), now=now) for language in ("en", "fr")}
        write_bytes(output, packed(kept[0], now=now, reports=reports, setup=setup(values)))
        if values["save_answers"] is not None:
            write_bytes(values["save_answers"], encode(diagnosis.answers))
        lines = len({(it.source, it.line) for it in kept[0].account.matcher.seen})
        click.echo(
            words.ui("bundled", path=visible(str(output)), lines=words.number(lines), beside=words.number(len(kept[0].beside))), err=True
        )
    return 128 + stop.signum if stop.signum is not None else exit_code(diagnosis, zero=values["exit_zero"])


def rename(sources: Sequence[Source]) -> None:
    """Call files by their own names, since folders may tell who somebody is; two of one name by numbers, too."""
    known: dict[str, int] = {}
    for source in sources:
        if isinstance(source, PipeSource):
            source.spool = True
        name = PurePath(source.name).name or source.name
        known[name] = known.get(name, 0) + 1
        source.name = name if known[name] == 1 else f"{known[name]}-{name}"


def setup(values: Mapping[str, Any]) -> dict[str, str]:
    """Facts about the machine and the run; of variables and options only that they are set."""
    return {
        "logscan": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "hyperscan": "no" if hyperscan is None else "yes",
        "variables": " ".join(sorted(name for name in os.environ if name.startswith(_PREFIXES))),
        "options": " ".join(sorted(f"--{name.replace('_', '-')}" for name, value in values.items() if _is_set(name, value))),
    }


def _is_set(name: str, value: object) -> bool:
    """Whether an option says something else than it does by itself."""
    return bool(value) and name not in ("inputs", "output") and (name, value) not in _DEFAULTS
