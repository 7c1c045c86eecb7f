"""What the commands of `logscan rules` do. Imports what is heavy."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from logscan.authoring.coverage import RuleCoverage, rule_coverage
from logscan.authoring.describe import describe, places, rows
from logscan.authoring.draft import Wish, draft
from logscan.authoring.explain import Explained, explain
from logscan.authoring.lint import lint
from logscan.authoring.rulefile import SCHEMA_FILE, schema_text
from logscan.authoring.testing import junit, run_tests
from logscan.cli.output import emit
from logscan.cli.rulebooks import checked_rules, folders
from logscan.errors import LogscanError, RuleProblem, RulesError, UsageError
from logscan.redact import Redactor
from logscan.report.words import default_language
from logscan.rulebook import default_rules, user_rules
from logscan.rulebook.schema import COMPONENTS, EVENTS, SecretRule
from logscan.sinks.files import write_text
from logscan.sources import expand
from logscan.times import format_stamp
from logscan.visible import visible

_WRONG: Final = RulesError.exit_code
_NOTHING: Final = 4
_NEVER: Final = 20
_TEXT: Final = 4000


def list_command(values: Mapping[str, Any]) -> int:
    """`logscan rules list`."""
    rulebook = checked_rules(values["rules"])
    found = rows(rulebook, default_rules(), user_rules())
    if values["format"] == "json":
        _print(json.dumps([row._asdict() for row in found], indent=2, ensure_ascii=False))
        return 0
    widths = [max(len(str(row[column])) for row in found) for column in range(3)]
    for row in found:
        hides = f"  hides {row.hides}" if row.hides else ""
        _print(f"{row.id:<{widths[0]}}  {row.kind:<{widths[1]}}  {row.leads_to:<{widths[2]}}  {row.origin}{hides}")
    _print("")
    for name, folder, number in places(found, default_rules(), user_rules(), values["rules"]):
        _print(f"{name}: {folder} ({'no such folder' if number is None else _count(number, 'rule')})")
    return 0


def show_command(values: Mapping[str, Any]) -> int:
    """`logscan rules show ID`."""
    _print(describe(values["name"], checked_rules(values["rules"]), values["lang"] or default_language()))
    return 0


def _own(named: Sequence[str]) -> list[Path]:
    """The folders to look at: those named, else the packaged one and the user's."""
    for folder in named:
        if Path(folder).is_dir() and not any(path.suffix in {".yaml", ".yml"} for path in Path(folder).rglob("*.y*ml")):
            raise UsageError(f"no .yaml file in '{folder}': give a folder that holds rules")
    return [Path(folder) for folder in named] or [default_rules(), *folders(())]


def lint_command(values: Mapping[str, Any]) -> int:
    """`logscan rules lint [DIR]…`."""
    linted = lint(_own(values["folders"]))
    errors = sum(problem.severity == "error" for problem in linted.problems)
    warnings = len(linted.problems) - errors
    if values["format"] == "json":
        problems = [{key: getattr(p, key) for key in ("path", "line", "column", "severity", "message")} for p in linted.problems]
        _print(
            json.dumps({"rules": linted.rules, "errors": errors, "warnings": warnings, "problems": problems}, indent=2, ensure_ascii=False)
        )
    else:
        for problem in linted.problems:
            _print(_annotation(problem) if values["format"] == "github" else visible(str(problem)))
        click.echo(f"{_count(linted.rules, 'rule')}: {_count(errors, 'error')}, {_count(warnings, 'warning')}", err=True)
    return _WRONG if linted.wrong else 0


def _annotation(problem: RuleProblem) -> str:
    """What GitHub shows beside the line."""

    def escaped(text: str, more: str = "") -> str:
        for char in "%\r\n" + more:
            text = text.replace(char, f"%{ord(char):02X}")
        return text

    place = f"file={escaped(problem.path, ':,')},line={problem.line},col={problem.column}"
    return f"::{problem.severity} {place}::{escaped(problem.message)}"


def test_command(values: Mapping[str, Any]) -> int:
    """`logscan rules test [DIR]…`."""
    results, problems = run_tests(_own(values["folders"]))
    failed = [result for result in results if result.problems]
    for problem in [*problems, *(problem for result in failed for problem in result.problems)]:
        _print(visible(str(problem)))
    if values["junit"] is not None:
        write_text(values["junit"], junit(results, problems))
    ended = [f"{len(failed)} failed"] * bool(failed) + [f"{_count(len(problems), 'mistake')} in what could not be loaded"] * bool(problems)
    told = f"{_count(len(results), 'test')} of {_count(len({result.of for result in results}), 'rule')} and sequences"
    click.echo(f"{told}: {', '.join(ended) or 'all pass'}", err=True)
    return _WRONG if ended else 0


def schema_command() -> int:
    """`logscan rules schema`."""
    emit(schema_text())
    return 0


def explain_command(values: Mapping[str, Any]) -> int:
    """`logscan rules explain LINE|FILE`; exit code 4 where no rule holds."""
    rulebook = checked_rules(values["rules"])
    found = [explained for text in _texts(values["text"]) for explained in explain(text, rulebook)]
    for number, explained in enumerate(found):
        if number:
            _print("")
        _print("\n".join(_told(explained, Redactor(rulebook))))
    held = any(not isinstance(match.rule.rule, SecretRule) for explained in found for match in explained.matched)
    return 0 if held else _NOTHING


def _texts(text: str) -> list[str]:
    """The line itself, or what the file of that name holds."""
    if text != "-" and not os.path.exists(text):  # noqa: PTH110  # a line may be no path at all
        if "/" in text and " " not in text:
            click.echo(f"logscan: there is no file '{visible(text)}': it is taken for a line", err=True)
        return [text]
    data = b"".join(chunk for source in expand([text]) for chunk in source.chunks())
    return [data.decode("utf-8", "replace")]


def _told(explained: Explained, redactor: Redactor) -> list[str]:
    record = explained.record
    fields = {
        "form": explained.form,
        "stamp": format_stamp(record.stamp),
        "level": record.level,
        "context": record.context,
        "message": record.message,
    }
    lines = [f"{name}: {redactor.clean(str(value), _TEXT)}" for name, value in fields.items() if value is not None]
    lines += [f"detail: {redactor.clean(detail, _TEXT)}" for detail in record.details]
    holding = [match for match in explained.matched if not isinstance(match.rule.rule, SecretRule)]
    lines += [f"masks: {match.rule.id}  {match.rule.origin}" for match in explained.matched if match not in holding]
    for match in holding:
        captured = ", ".join(f"{name}={redactor.clean(value)}" for name, value in match.captures.items())
        lines.append(f"holds: {match.rule.id}{f' ({captured})' if captured else ''}  {match.rule.origin}")
    if holding:
        return lines
    lines.append("holds: no rule")
    return lines + [f"near: {near.rule.id}: {visible(near.why)}  {near.rule.origin}" for near in explained.near]


def coverage_command(values: Mapping[str, Any]) -> int:
    """`logscan rules coverage FILE…`."""
    found = rule_coverage(expand(values["inputs"]), checked_rules(values["rules"]))
    if values["format"] == "json":
        _print(json.dumps(_covered(found), indent=2, ensure_ascii=False))
    else:
        _print("\n".join(_covered_text(found)))
    for name in found.unreadable:
        click.echo(f"logscan: {visible(name)}", err=True)
    return LogscanError.exit_code if found.unreadable else 0


def _covered(found: RuleCoverage) -> dict[str, Any]:
    shapes = ("shape", "count", "source", "number", "line", "command")
    return {
        "records": found.records,
        "matched": found.matched,
        "fired": {rule.id: number for rule, number in found.fired},
        "never": [rule.id for rule in found.never],
        "unmatched": [{key: getattr(shape, key) for key in shapes} for shape in found.unmatched],
    }


def _covered_text(found: RuleCoverage) -> list[str]:
    lines = [f"{_count(found.records, 'record')}, {found.matched} matched", "", "Rules that fired"]
    lines += [f"  {number:>7}  {rule.id}" for rule, number in found.fired] or ["  none"]
    lines += ["", "Lines that look like errors and matched nothing"]
    for shape in found.unmatched:
        lines += [f"  {shape.count:>7}  {shape.line}", f"           {shape.source}:{shape.number}", f"           $ {shape.command}"]
    if not found.unmatched:
        lines.append("  none")
    never = ", ".join(rule.id for rule in found.never[:_NEVER]) + (" …" if len(found.never) > _NEVER else "")
    return [*lines, "", f"{len(found.never)} rules never fired (--format json names all): {never}"]


def new_command(values: Mapping[str, Any]) -> int:
    """`logscan rules new`."""
    rulebook = checked_rules(values["rules"])
    wish = _asked(values) if values["line"] is None else _wish(values)
    made = draft(wish, rulebook)
    output: Path | None = values["output"]
    if output is None:
        _print(made.text.rstrip("\n"))
    elif output.exists():
        raise UsageError(f"-o '{output}' is there already: give a new name")
    else:
        _write_rule(output, made.text)
        click.echo(f"{output}: rule '{made.id}'. Try it: logscan rules test {output.parent}", err=True)
    for note in made.notes:
        click.echo(f"note: {visible(note)}", err=True)
    return 0


def _write_rule(output: Path, text: str) -> None:
    """The rule file, and beside it the schema that its first line names for editors."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LogscanError(f"cannot make the folder '{output.parent}': {error.strerror or error}") from error
    write_text(output, text)
    if not (output.parent / SCHEMA_FILE).exists():
        write_text(output.parent / SCHEMA_FILE, schema_text())
        click.echo(f"{output.parent / SCHEMA_FILE}: the schema for editors, which the file's first line names", err=True)


def _wish(values: Mapping[str, Any]) -> Wish:
    keys = ("line", "kind", "event", "family", "component", "title_en", "title_fr", "remedy_en", "remedy_fr")
    return Wish(id=values["name"], **{key: values[key] for key in keys})


def _asked(values: Mapping[str, Any]) -> Wish:
    """The same, asked for one by one at a terminal."""
    if not _at_terminal():
        raise UsageError("nothing to write a rule for: give --from-line 'LINE'")
    line = click.prompt("The line", err=True)
    kind = click.prompt("What is it", type=click.Choice(["cause", "signature", "data"]), default=values["kind"], err=True)
    given = {**values, "line": line, "kind": kind}
    if kind == "signature" and not given["event"]:
        given["event"] = click.prompt("The event it stands for", type=click.Choice(EVENTS), show_choices=False, err=True)
    if kind == "cause" and not given["family"]:
        given["component"] = given["component"] or click.prompt("The component it comes from", type=click.Choice(COMPONENTS), err=True)
        for key, question in (("title_en", "Title"), ("title_fr", "Titre"), ("remedy_en", "What mends it"), ("remedy_fr", "Que faire")):
            given[key] = given[key] or click.prompt(question, default="", show_default=False, err=True) or None
    return _wish(given)


def _at_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _print(text: str) -> None:
    emit(f"{text}\n")
