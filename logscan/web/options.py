"""What a form or a script asks of a scan, validated; and the command line that does the same."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from logscan.times import parse_moment, parse_zone
from logscan.web.problems import Problem
from logscan.web.words import Language

_NO: Final = frozenset({"0", "no", "false", "off"})
_LONGEST: Final = 64


class ScanOptions(msgspec.Struct, frozen=True):
    """Options as they were written; `since` and `until` are read against the moment of the scan."""

    lang: Language = "en"
    tz: str = "UTC"
    since: str = ""
    until: str = ""
    redact: bool = True
    check_urls: bool = False


def read_options(fields: Mapping[str, str], lang: Language, now: int, *, may_show_secrets: bool, may_ask: bool = False) -> ScanOptions:
    """The options in a form's fields; `lang` where they name none, `now` in ns. Raises Problem."""
    chosen = fields.get("lang", "").strip() or lang
    if chosen not in ("en", "fr"):
        raise _bad("lang", chosen)
    zone_name, since, until = (fields.get(name, "").strip() for name in ("tz", "since", "until"))
    zone_name = zone_name or "UTC"
    try:
        zone = parse_zone(zone_name)
    except ValueError as error:
        raise _bad("tz", zone_name) from error
    moments: dict[str, int] = {}
    for name, text in (("since", since), ("until", until)):
        if text:
            try:
                moments[name] = parse_moment(text, now, zone)
            except (ValueError, OverflowError) as error:
                raise _bad(name, text) from error
    if "since" in moments and moments["since"] >= moments.get("until", moments["since"] + 1):
        raise _bad("until", until)
    redact = fields.get("redact", "yes").strip().lower() not in _NO
    if not redact and not may_show_secrets:
        raise Problem("must-redact")
    check_urls = fields.get("check_urls", "no").strip().lower() not in {*_NO, ""}
    if check_urls and not may_ask:
        raise Problem("must-not-ask")
    return ScanOptions("fr" if chosen == "fr" else "en", zone_name, since, until, redact, check_urls)


def _bad(option: str, value: str) -> Problem:
    return Problem("bad-option", option=option, value=value[:_LONGEST])


def command_line(names: Sequence[str], options: ScanOptions) -> str:
    """The command that makes the same report, fit for a shell."""
    given = [
        ("--lang", options.lang),
        ("--tz", options.tz if options.tz != "UTC" else ""),
        ("--since", options.since),
        ("--until", options.until),
    ]
    words = ["logscan", "scan", *(f"./{name}" if name.startswith("-") else name for name in names)]
    words += [word for option, value in given if value for word in (option, value)]
    words += [] if options.redact else ["--no-redact"]
    words += ["--check-urls"] if options.check_urls else []
    return shlex.join([*words, "-o", "report.html"])
