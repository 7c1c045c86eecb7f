"""What every test stands on: a clean environment, in a time zone that must never matter, and the packaged rules."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import HealthCheck, Phase, settings

from logscan import Rulebook, load_rules

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("local", deadline=None, max_examples=40, suppress_health_check=_SLOW)
settings.register_profile("ci", deadline=None, max_examples=40, suppress_health_check=_SLOW, derandomize=True, print_blob=True)
# `--hypothesis-profile quick`: does anything fail at all? Examples stay as found, since shrinking them takes minutes.
settings.register_profile("quick", deadline=None, max_examples=40, suppress_health_check=_SLOW, phases=(Phase.explicit, Phase.generate))
settings.load_profile("ci" if os.environ.get("CI") else "local")

_FOREIGN = ("LOGSCAN_", "RAILWAY_", "LC_")
_TERMINAL = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES", "LANGUAGE")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches a test: not its options, tokens, locale, terminal or clock's zone."""
    for name in list(os.environ):
        if name.startswith(_FOREIGN) or name in _TERMINAL:
            monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setenv("XDG_CONFIG_HOME", os.devnull)
    if hasattr(time, "tzset"):
        time.tzset()


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The packaged rules, loaded once."""
    return load_rules()
