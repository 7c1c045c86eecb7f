"""The JSON Schema of rule files, for editors that complete and check while one types."""

from __future__ import annotations

import json
from typing import Any, Final, Literal

import msgspec

from logscan.rulebook import schema

SCHEMA_FILE: Final = "rule-file.schema.json"


def rule_file_schema() -> dict[str, Any]:
    """A JSON Schema (2020-12) of one rule file."""
    full = msgspec.defstruct(
        "RuleFile",
        [
            ("schema", Literal[1]),
            ("group", str | None, None),
            ("title", schema.Text | None, None),
            ("signatures", list[schema.Signature], []),
            ("families", list[schema.Family], []),
            ("facts", list[schema.Fact], []),
            ("data", list[schema.DataRule], []),
            ("services", list[schema.ServiceRule], []),
            ("secrets", list[schema.SecretRule], []),
            ("sequences", list[schema.Sequence], []),
            ("findings", dict[_names(schema.FINDINGS), schema.FindingTexts], {}),  # type: ignore[misc]  # the names are data
            ("checks", dict[_names(schema.CHECKS), schema.CheckTexts], {}),  # type: ignore[misc]
            ("missing", dict[_names(schema.MISSING), schema.MissingTexts], {}),  # type: ignore[misc]
            ("notes", dict[_names(schema.NOTES), schema.Text], {}),  # type: ignore[misc]
            ("deadlines", schema.Deadlines | None, None),
        ],
        forbid_unknown_fields=True,
        kw_only=True,
    )
    full.__doc__ = "A file of logscan's rules."
    built = msgspec.json.schema(full)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "logscan rule file", **_tidied(built)}


def schema_text() -> str:
    """The schema as the file that rule files name."""
    return json.dumps(rule_file_schema(), indent=2) + "\n"


def _names(names: tuple[str, ...]) -> Any:
    return Literal[names]


def _tidied(node: Any) -> Any:
    """Docstrings' line ends are no part of a description."""
    if isinstance(node, dict):
        return {key: " ".join(value.split()) if key == "description" else _tidied(value) for key, value in node.items()}
    return [_tidied(item) for item in node] if isinstance(node, list) else node
