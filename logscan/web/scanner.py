"""What a worker process runs: requests on standard input, one JSON object a line; its progress and answers on standard output.

A process of its own, so that the page answers while a scan works, and a scan that crashes or hangs takes nothing with it.
"""

from __future__ import annotations

import html
import os
import queue
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import msgspec
import regex

from logscan.checks.asking import Policy, ask_some
from logscan.diagnose import Options, diagnose
from logscan.errors import LogscanError
from logscan.report.contract import to_json
from logscan.report.html import to_html
from logscan.report.words import Words
from logscan.rulebook import Rulebook, load_rules
from logscan.sinks.files import write_text
from logscan.sources import FileSource, Source
from logscan.times import parse_moment, parse_zone
from logscan.web.messages import Answer, Request
from logscan.web.store import Summary

# What the page gets to know of the progress, at most: ten times a second.
_PAUSE: Final = 0.1
_POLICY: Final = regex.compile(r"""<meta\s+http-equiv="Content-Security-Policy"\s+content="([^">]*)">""", regex.IGNORECASE)
_HEAD: Final = 4096


class _TooMuch(LogscanError):  # noqa: N818  # what happened
    """The files hold more than the limit, once unpacked."""


class Scanner:
    """Scans one request after the other with the same rules."""

    def __init__(self, rulebook: Rulebook, out: IO[bytes]) -> None:
        self._rulebook, self._out = rulebook, out

    def answer(self, request: Request) -> None:
        """Scan, write the report into the request's folder, and say how it went."""
        try:
            self._say(Answer(summary=self._scan(request)))
        except _TooMuch:
            self._say(Answer(problem="expands-too-far"))

    def _scan(self, request: Request) -> Summary:
        folder = Path(request.folder)
        now = time.time_ns()
        zone = parse_zone(request.options.tz)
        since, until = (parse_moment(text, now, zone) if text else None for text in (request.options.since, request.options.until))
        sources: list[Source] = [FileSource(name, folder / "files" / str(place)) for place, name in enumerate(request.names)]
        options = Options(
            zone=zone,
            since=since,
            until=until,
            redact=request.options.redact,
            stories=True,
            progress=self._progress(request.expanded),
            ask=partial(ask_some, number=request.check_urls, policy=Policy()) if request.may_ask else None,
        )
        diagnosis = diagnose(sources, self._rulebook, options)
        self._say(Answer(judging=True))
        write_text(folder / "report.json", to_json(diagnosis, self._rulebook))
        titles, page = [], ""
        for language in ("en", "fr"):
            words = Words(self._rulebook, language)
            page = to_html(diagnosis, words, now=now)
            write_text(folder / f"report.{language}.html", page)
            titles.append(words.title(diagnosis.findings[0]))
        return Summary(diagnosis.findings[0].severity, (titles[0], titles[1]), diagnosis.mascots.height, policy_of(page))

    def _progress(self, most: int) -> Any:
        read, told = 0, 0.0

        def count(size: int) -> None:
            nonlocal read, told
            read += size
            if read > most:
                raise _TooMuch
            if time.monotonic() - told > _PAUSE:
                told = time.monotonic()
                self._say(Answer(read=read))

        return count

    def _say(self, answer: Answer) -> None:
        self._out.write(msgspec.json.encode(answer) + b"\n")
        self._out.flush()


def policy_of(page: str) -> str:
    """The content policy that a report states in its head: it is sent as a header, too."""
    found = _POLICY.search(page[:_HEAD])
    return html.unescape(found[1]) if found else "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def _requests(lines: IO[bytes], waiting: queue.SimpleQueue[Request]) -> None:
    """Read requests; where the server is gone, so is this process, even in the middle of a scan."""
    for line in lines:
        waiting.put(msgspec.json.decode(line, type=Request))
    os._exit(0)


def main() -> None:
    """Serve requests until standard input ends. The arguments are folders of rules."""
    _no_core_dumps()
    # Whatever a library prints must not get between the answers.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    waiting: queue.SimpleQueue[Request] = queue.SimpleQueue()
    threading.Thread(target=_requests, args=(sys.stdin.buffer, waiting), daemon=True).start()
    scanner = Scanner(load_rules(*sys.argv[1:]), out)
    while True:
        scanner.answer(waiting.get())


def _no_core_dumps() -> None:
    """A core dump would hold the log."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
