"""Rule files as text, written as people write them. What is written here reads back as the same values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from logscan.rulebook.schema import CauseRule, Example, Family, Plural, Remedy, Rule, Signature, Text


def single(text: str) -> str:
    """A text in single quotes; in double quotes where it holds what those cannot."""
    return "'" + text.replace("'", "''") + "'" if text.isprintable() else double(text)


def double(text: str) -> str:
    """A text in double quotes, with everything escaped that would not be seen."""
    return "".join(_escaped(char) for char in json.dumps(text, ensure_ascii=False))


def _escaped(char: str) -> str:
    code = ord(char)
    if char.isprintable():
        return char
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  # the last character of four hex digits


def example(line: str, captures: Mapping[str, str]) -> list[str]:
    """An entry of `examples`, with what the rule must capture from it."""
    if not captures:
        return [f"- {single(line)}"]
    inner = ", ".join(f"{name}: {single(value)}" for name, value in captures.items())
    return [f"- line: {single(line)}", f"  captures: {{{inner}}}"]


def head(family: Family) -> list[str]:
    """A family without its rules: id, component, references, title and remedies."""
    return [
        f"id: {family.id}",
        f"component: {family.component}",
        *([f"references: [{', '.join(map(single, family.references))}]"] if family.references else []),
        f"title: {_flow(family.title)}",
        *(
            ["remedies:", *indented(line for remedy in family.remedies for line in _remedy(remedy))]
            if family.remedies
            else ["remedies: []"]
        ),
    ]


def item(lines: Iterable[str]) -> list[str]:
    """Lines of a mapping as an entry of a list."""
    first, *rest = lines
    return [f"- {first}", *indented(rest)]


def indented(lines: Iterable[str]) -> list[str]:
    """Lines one step further in."""
    return [f"  {line}" for line in lines]


def _remedy(remedy: Remedy) -> list[str]:
    lines = ["text:", f"  en: {_sentence(remedy.text.en)}", f"  fr: {_sentence(remedy.text.fr)}"]
    if remedy.command is not None:
        lines.append(f"command: {double(remedy.command)}")
    if remedy.link is not None:
        lines.append(f"link: {double(remedy.link)}")
    if remedy.unexplained:
        lines.append("unexplained: true")
    return item(lines)


def _flow(text: Text) -> str:
    return f"{{en: {_sentence(text.en)}, fr: {_sentence(text.fr)}}}"


def _sentence(text: str | Plural) -> str:
    if isinstance(text, Plural):
        return f"{{one: {double(text.one)}, other: {double(text.other)}}}"
    return double(text)


def rule_file(section: str, rule: Rule, family: Family | None, first_line: str) -> str:
    """A whole file with one rule; a cause's stands in its family."""
    body = item(_rule(rule) if family is None else [*head(family), "rules:", *indented(item(_rule(rule)))])
    return "\n".join([first_line, "schema: 1", f"{section}:", *indented(body), ""])


def _rule(rule: Rule) -> list[str]:
    lines = [f"id: {rule.id}"]
    if isinstance(rule, Signature):
        lines.append(f"event: {rule.event}")
    if isinstance(rule, CauseRule):
        lines.append(f"strength: {rule.strength}")
    if isinstance(rule.context, str):
        lines.append(f"context: {single(rule.context)}")
    lines += [f"pattern: {single(rule.pattern)}", "examples:"]
    for entry in rule.examples:
        given = entry if isinstance(entry, Example) else Example(entry)
        lines += indented(example(given.line, given.captures))
    return [*lines, "counterexamples:", *(f"  - {single(line)}" for line in rule.counterexamples)]
