"""Nights as mails tell of them, made of fixtures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from logscan import Options, Rulebook, scan
from logscan.report.compare import compare, read_report
from logscan.report.contract import to_json
from logscan.report.mail import Cell, Told
from logscan.times import parse_stamp
from tests.cli.conftest import log

NOW = parse_stamp("2026-11-24T03:00:00Z") or 0
TREND = [
    Cell("2026-11-20", "judged", 0, 120, "ok"), Cell("2026-11-21", "missed"), Cell("2026-11-22", "failed"),
    Cell("2026-11-23", "judged", 0, 0, "info"), Cell("2026-11-24", "judged", 1234, 2000, "critical"),
]  # fmt: skip

Tell = Callable[..., Told]


def telling(rulebook: Rulebook) -> Tell:
    """What tells of a fixture's night, compared with another's."""

    def call(name: str = "quota-cli-plain", before: str | None = "healthy-nest8-german", **values: object) -> Told:
        diagnosis = scan(log(name), rules=rulebook, options=Options(stories=True))
        change = None
        if before is not None:
            old = scan(log(before), rules=rulebook)
            change = compare(*(read_report(to_json(it, rulebook).encode()) for it in (old, diagnosis)))
        plain = Told(
            "2026-11-24",
            NOW - 86400 * 10**9,
            NOW,
            diagnosis,
            change,
            "2026-11-23" if before else None,
            TREND,
            report="logscan-2026-11-24.html",
        )
        return replace(plain, **values)  # type: ignore[arg-type]  # fields of it

    return call
