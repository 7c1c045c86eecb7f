"""A line or two, read as a log of its own by the very code that scans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from logscan.match import Matcher, Sighting, service_votes
from logscan.model import Record
from logscan.parse import LineParser
from logscan.rulebook import Compiled, Rulebook
from logscan.rulebook.schema import DataRule, Example, SecretRule, ServiceRule


def records_of(text: str) -> list[Record]:
    """The records of a text, each of its lines read as a line of a log."""
    parser = LineParser()
    records = [record for number, line in enumerate(text.split("\n"), 1) for record in parser.feed(number, line)]
    return [*records, *parser.flush()]


def examples_of(rule: Compiled) -> Iterator[Example]:
    """A rule's examples, in order."""
    for example in rule.rule.examples:
        yield example if isinstance(example, Example) else Example(example)


@dataclass(slots=True)
class Trial:
    """Tries lines on a rulebook. Keeps nothing between two lines."""

    rulebook: Rulebook
    _matcher: Matcher = field(init=False)

    def __post_init__(self) -> None:
        """Index the rules once."""
        self._matcher = Matcher(self.rulebook)

    def look(self, text: str) -> list[Sighting]:
        """What the rules see in a text."""
        found = [sighting for record in records_of(text) for sighting in self._matcher.look(record, 0)]
        self._matcher.seen.clear()
        return found

    def recognised(self, rule: Compiled, text: str) -> dict[str, str] | None:
        """What `rule` captures from a text; None where it does not recognise it."""
        if isinstance(rule.rule, SecretRule):
            found = rule.search(text)
            return None if found is None else _named(found.groupdict())
        if isinstance(rule.rule, ServiceRule):
            texts = [text, *(record.message for record in records_of(text))]
            return {} if service_votes(texts, [rule]) else None
        if isinstance(rule.rule, DataRule):
            lines = ((record, line) for record in records_of(text) for line in record.message.split("\n"))
            return {} if any(rule.accepts(record.context) and rule.search(line) for record, line in lines) else None
        for sighting in self.look(text):
            if sighting.rule is rule:
                return sighting.captured
        return None


def _named(groups: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in groups.items() if value is not None}
