"""What a test needs and a machine may lack: skipped there with a way to get it, except in CI, where nothing may be lacking."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def lacking(what: str) -> NoReturn:
    """Skip the test, or fail in CI. `what` says what is lacking and how to get it."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)
