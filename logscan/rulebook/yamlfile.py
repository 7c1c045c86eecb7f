"""YAML with positions: plain data, and where in the file each piece of it stands.

PyYAML resolves YAML 1.1, in which `on` is true, `1:30` is 90 and `012` is 10. Rule files are
read by the YAML 1.2 core rules instead, so a bare `on` stays a string and is refused where a
boolean is wanted. Duplicate keys are errors, and so are files or alias counts beyond any use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from logscan.errors import RuleProblem, Severity

MAX_BYTES: Final = 2 << 20
MAX_ALIASES: Final = 100
MAX_DEPTH: Final = 1000

Path = tuple[str | int, ...]


class Key(str):
    """The last step of a path that means the key itself, and not its value."""

    __slots__ = ()


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _CoreLoader(_Base):  # type: ignore[misc]  # which loader it is, is known at run time only
    """PyYAML's safe loader with the scalars of YAML 1.2."""

    yaml_implicit_resolvers: Final[dict[str, Any]] = {}  # instead of the 1.1 table


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", "-+0123456789"),
    ("null", r"null|~|", "n~"),
):
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), [*_first, ""])


@dataclass(slots=True)
class Document:
    """One YAML file as data. `marks` maps a path of keys and indexes to (line, column), from 1; `keys` those of the keys themselves."""

    path: str
    data: Any = None
    marks: dict[Path, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    problems: list[RuleProblem] = field(default_factory=list)

    def place(self, at: Path) -> tuple[int, int]:
        """Line and column of the piece at `at`, or of the nearest piece around it."""
        if at and isinstance(at[-1], Key) and at in self.keys:
            return self.keys[at]
        while at and at not in self.marks:
            at = at[:-1]
        return self.marks.get(at, (1, 1))

    def problem(self, at: Path, message: str, severity: Severity = "error") -> RuleProblem:
        """A problem placed at the piece at `at`, or at the nearest piece around it."""
        return RuleProblem(self.path, *self.place(at), message, severity)


def parse_yaml(text: str, path: str) -> Document:
    """Read one YAML document; mistakes are collected in `problems`, never raised."""
    document = Document(path)
    if _deep(text):
        document.problems.append(RuleProblem(path, 1, 1, "nested too deeply to be a rule file"))
        return document
    if len(text) > MAX_BYTES:
        document.problems.append(RuleProblem(path, 1, 1, f"file is larger than {MAX_BYTES} bytes"))
        return document
    try:
        loader = _CoreLoader(text)
        node = loader.get_single_node()
    except yaml.YAMLError as error:
        document.problems.append(_syntax_problem(path, error))
        return document
    if node is None:
        document.problems.append(RuleProblem(path, 1, 1, "file is empty"))
        return document
    builder = _Builder(document, loader)
    data = builder.build(node, ())
    document.data = None if builder.too_many else data
    return document


def _deep(text: str) -> bool:
    """Whether brackets or dashes nest so deeply that the C parser would overflow its stack. Quotes are not minded."""
    depth = 0
    for mark in re.findall(r"[\[{\]}]", text):
        depth += 1 if mark in "[{" else -1
        if depth > MAX_DEPTH:
            return True
    return re.search(rf"(?:[-?:] ){{{MAX_DEPTH}}}", text) is not None


class _Builder:
    """Turns nodes into data, noting each node's place and refusing duplicate keys."""

    def __init__(self, document: Document, loader: Any) -> None:
        self._document = document
        self._loader = loader
        self._seen: set[int] = set()
        self._aliases = 0

    @property
    def too_many(self) -> bool:
        """Whether the file repeats itself beyond any use."""
        return self._aliases > MAX_ALIASES

    def build(self, node: Any, at: Path) -> Any:
        """A node, and all within it, as data."""
        self._document.marks[at] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, at)
        if id(node) in self._seen:
            self._aliases += 1
            if self.too_many:
                if self._aliases == MAX_ALIASES + 1:
                    self._complain(at, f"more than {MAX_ALIASES} aliases")
                return None
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*at, index)) for index, item in enumerate(node.value)]
        return self._mapping(node, at)

    def _mapping(self, node: Any, at: Path) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._scalar(key_node, at) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                shown = f", not {key_node.value}: write '{key_node.value}' in quotes" if isinstance(key_node, yaml.ScalarNode) else ""
                self._complain(at, f"keys must be text{shown}", key_node)
            elif key in out:
                self._complain((*at, key), f"duplicate key '{key}'", key_node)
            else:
                self._document.keys[*at, key] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
                out[key] = self.build(value_node, (*at, key))
        return out

    def _scalar(self, node: Any, at: Path) -> Any:
        try:
            return self._loader.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            self._complain(at, f"cannot read this value: {error}", node)
            return None

    def _complain(self, at: Path, message: str, node: Any = None) -> None:
        if node is None:
            self._document.problems.append(self._document.problem(at, message))
            return
        mark = node.start_mark
        self._document.problems.append(RuleProblem(self._document.path, mark.line + 1, mark.column + 1, message))


def _syntax_problem(path: str, error: yaml.YAMLError) -> RuleProblem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    message = getattr(error, "problem", None) or str(error)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return RuleProblem(path, line, column, f"not valid YAML: {message}")
