"""The library's front door: what `import logscan` offers."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike

from logscan.diagnose import Options, diagnose
from logscan.model import Diagnosis
from logscan.report.contract import to_json
from logscan.rulebook import Rulebook, load_rules
from logscan.sources import expand

__all__ = ["Diagnosis", "Options", "Rulebook", "load_rules", "scan", "to_json"]


def scan(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]], *, rules: Rulebook | None = None, options: Options | None = None
) -> Diagnosis:
    """Diagnose a log file, folder or glob, or several (`-` is standard input).

    Raises UsageError where a folder or glob holds no file, RulesError where the rules are wrong.
    A file that cannot be read does not raise: it is told in `Diagnosis.coverage.notes`.
    """
    if isinstance(paths, str | PathLike):
        paths = [paths]
    return diagnose(expand([str(path) for path in paths]), rules or load_rules(), options)
