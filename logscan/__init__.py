"""Says why the mascot images are missing, from the backend's logs.

>>> from logscan import load_rules, scan
>>> diagnosis = scan(["backend.jsonl"])  # doctest: +SKIP
>>> diagnosis.verdict  # doctest: +SKIP
'jobs-failing'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from logscan.version import __version__

if TYPE_CHECKING:
    from logscan.api import Diagnosis, Options, Rulebook, load_rules, scan, to_json

__all__ = ["Diagnosis", "Options", "Rulebook", "__version__", "load_rules", "scan", "to_json"]


def __getattr__(name: str) -> Any:
    """The API is imported when it is first used: `logscan --help` needs none of it."""
    if name in __all__:
        return getattr(importlib.import_module("logscan.api"), name)
    raise AttributeError(f"module 'logscan' has no attribute '{name}'")
