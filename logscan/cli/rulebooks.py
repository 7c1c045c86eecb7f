"""Which rules a command works with: the packaged ones, the user's, those of `--rules`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from logscan.errors import RulesError
from logscan.rulebook import Rulebook, load_rules, user_rules


def folders(more: Iterable[str | Path]) -> list[Path]:
    """The folders that come on top of the packaged rules, in order."""
    own = user_rules()
    return [*([own] if own.is_dir() else []), *map(Path, more)]


def checked_rules(more: Iterable[str | Path]) -> Rulebook:
    """The rules of a run; those that are not packaged must pass their own tests. Raises RulesError, UsageError."""
    added = folders(more)
    rulebook = load_rules(*added)
    if not added:
        return rulebook
    # Most runs have no rules of their own, and need nothing of what checks them.
    from logscan.authoring.lint import check, owned_by

    wrong = [problem for problem in check(rulebook, owned_by(added)) if problem.severity == "error"]
    if wrong:
        raise RulesError(wrong)
    return rulebook
