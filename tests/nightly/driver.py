"""One run of `logscan nightly run` in a process of its own that may be killed at a chosen step, as `kill -9` would.

The processes are forked from one that has everything imported: a run then takes half a second instead of two.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from logscan.cli import nightly_run  # noqa: F401  # imported before the fork
from logscan.cli.main import run
from logscan.history import History
from logscan.nightly import run as steps
from logscan.railway.journal import Journal
from logscan.sinks.mail.https import Resend
from logscan.sinks.mail.smtp import Smtp

# Every step that leaves something behind, in the order in which a run takes them.
STEPS: Mapping[str, tuple[Any, str]] = {
    "plan": (History, "plan"), "page": (Journal, "add"), "diagnose": (steps, "diagnose"), "judged": (History, "judged"),
    "failed": (History, "failed"), "sending": (History, "sending"), "send": (Smtp, "send"), "post": (Resend, "send"), "sent": (History, "sent"),
}  # fmt: skip
# Windows knows no SIGKILL, and ends a process at once by another name.
KILLED = getattr(signal, "SIGKILL", signal.SIGTERM)
# At these the server has the mail and the history does not know it yet.
DOUBTFUL = (("send", "after"), ("post", "after"), ("sent", "before"))


class Kill(NamedTuple):
    """Before or after a step."""

    step: str
    when: str


def _armed(kill: Kill) -> None:
    owner, name = STEPS[kill.step]
    whole: Callable[..., Any] = getattr(owner, name)

    def dying(*args: Any, **values: Any) -> Any:
        if kill.when == "before":
            os.kill(os.getpid(), KILLED)
        whole(*args, **values)
        os.kill(os.getpid(), KILLED)

    setattr(owner, name, dying)


def _child(arguments: Sequence[str], environment: Mapping[str, str], folder: str, kill: Kill | None) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    said = os.open("said.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(said, 1)
    os.dup2(said, 2)
    if kill is not None:
        _armed(kill)
    code = run(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


_FORKS = multiprocessing.get_context("forkserver") if hasattr(os, "fork") else multiprocessing.get_context("spawn")
if hasattr(os, "fork"):
    _FORKS.set_forkserver_preload(["tests.nightly.driver"])


def played(folder: Path, *arguments: str, kill: Kill | None = None, seconds: float | None = None) -> int:
    """The exit code of a run; -9 where it was killed, at a step or after so many seconds."""
    environment = {**os.environ}
    process = _FORKS.Process(target=_child, args=(arguments, environment, str(folder), kill))
    process.start()
    process.join(seconds if seconds is not None else 60)
    if process.is_alive():
        process.kill()
        process.join()
    code = process.exitcode
    process.close()
    assert code is not None
    return -9 if code in (-9, 15) else code
