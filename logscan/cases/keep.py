"""Putting a case together: the same bytes for the same scan."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import polars as pl

from logscan.cases.shape import BESIDE, CASE, LINES, ROWS, KeptBeside, KeptCase, KeptLine, KeptRow, KeptStored
from logscan.intake import Account, Options
from logscan.match import Sighting
from logscan.model import Diagnosis, Record
from logscan.redact import MAX_TEXT, Redactor
from logscan.stories.surroundings import surroundings
from logscan.times import format_stamp
from logscan.version import __version__
from logscan.visible import visible

_REACH: Final = 3
# A log of so few records is kept whole.
_SMALL: Final = 300
_MOST_BESIDE: Final = 20_000
# As much of a line as a report looks at.
_LONGEST: Final = MAX_TEXT * 4
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(slots=True)
class Kept:
    """What a scan saw, taken before its sources are closed. See `diagnose`."""

    account: Account
    options: Options
    diagnosis: Diagnosis
    redactor: Redactor
    beside: Mapping[tuple[int, int], Record]

    @classmethod
    def of(cls, account: Account, options: Options, diagnosis: Diagnosis, redactor: Redactor) -> Kept:
        """All that is needed; the lines beside the known ones are read a second time."""
        wanted: dict[int, set[int]] = {}
        for sighting in account.matcher.seen:
            wanted.setdefault(sighting.source, set()).add(sighting.line)
        lines = [reader.lines for reader in account.readers]
        for number, count in enumerate(lines):
            if sum(lines) <= _SMALL:
                wanted.setdefault(number, set()).update(range(1, count + 1))
        beside: dict[tuple[int, int], Record] = {}
        if sum(map(len, wanted.values())) <= _MOST_BESIDE and account.beside is None:
            beside = surroundings(account.readers, wanted, _REACH)
        known = {(sighting.source, sighting.line) for sighting in account.matcher.seen}
        around = account.beside if account.beside is not None else beside
        return cls(account, options, diagnosis, redactor, {place: it for place, it in around.items() if place not in known})


def packed(kept: Kept, *, now: int, reports: Mapping[str, str], setup: Mapping[str, str]) -> bytes:
    """The zip file. `reports` are the texts of reports by their names, `now` the moment of the report (ns)."""
    files = {
        CASE: msgspec.json.format(msgspec.json.encode(_case(kept, now, setup)), indent=1) + b"\n",
        LINES: _lines(_seen(kept)),
        BESIDE: _lines(_beside(kept)),
        **({ROWS: _lines(_rows(kept))} if kept.options.stored is not None else {}),
        **{name: text.encode("utf-8", "replace") for name, text in reports.items()},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def _case(kept: Kept, now: int, setup: Mapping[str, str]) -> KeptCase:
    account, diagnosis, stored = kept.account, kept.diagnosis, kept.options.stored
    earliest = [
        (number, list(key), at)
        for number, reader in enumerate(account.readers)
        for key, at in reader.earliest.items()
        if key in account.matcher.processes
    ]
    return KeptCase(
        logscan=__version__,
        rules=diagnosis.rules_hash,
        now=format_stamp(now) or "",
        verdict=diagnosis.verdict,
        settings=diagnosis.settings,
        coverage=diagnosis.coverage,
        records=account.matcher.records,
        processes=[list(_key(key)) for key in account.matcher.processes],
        earliest=earliest,
        answers=list(diagnosis.answers),
        checks=list(kept.options.checks),
        stored=KeptStored(stored.name, sorted(stored.known), stored.partial) if stored is not None else None,
        interrupted=account.interrupted,
        setup=dict(sorted(setup.items())),
    )


def _key(key: object) -> Sequence[object]:
    return key if isinstance(key, tuple) else (key,)


def _lines(items: Iterable[msgspec.Struct]) -> bytes:
    return b"".join(msgspec.json.encode(item) + b"\n" for item in items)


def _seen(kept: Kept) -> Iterator[KeptLine]:
    """The sightings in reading order, every text masked: the same secret has the same mark in all of them."""
    days = [reader.parser.days for reader in kept.account.readers]
    hide, texts = kept.redactor.masked, dict[str, str]()
    for it in kept.account.matcher.seen:
        # A logger's date, once it is known which of its numbers is the day, is as good as a stamp.
        stamp = it.stamp if it.stamp is not None or it.wall is None else days[it.source].resolve(it.wall)
        text = texts.get(it.text)
        if text is None:
            text = hide(it.text[:_LONGEST])
            if it.kind != "event":
                texts[it.text] = text
        yield KeptLine(
            it.source, it.line, format_stamp(stamp), text, it.kind, it.record, it.process, it.rule.id if it.rule else None, it.event,
            kept.redactor.clean_id(it.mascot) if it.mascot is not None else None, _captures(kept.redactor, it), it.clock,
            hide(it.context[:_LONGEST]) if it.context else it.context,
        )  # fmt: skip


def _captures(redactor: Redactor, it: Sighting) -> dict[str, str]:
    # Ids are shown as ids everywhere, or two spellings of one would part what belongs together.
    return {
        name: redactor.clean_id(value) if len(value) <= _LONGEST else redactor.masked(value[:_LONGEST])
        for name, value in it.captures.items()
    }


def _beside(kept: Kept) -> Iterator[KeptBeside]:
    for (source, line), record in sorted(kept.beside.items(), key=lambda item: item[0]):
        if record.text.strip():
            yield KeptBeside(source, line, format_stamp(record.stamp), kept.redactor.masked(record.text[:_LONGEST]))


def _rows(kept: Kept) -> Iterator[KeptRow]:
    stored = kept.options.stored
    if stored is None:
        return
    clean = kept.redactor.clean_id
    columns = ("mascot_id", "status", "full_body_url", "avatar_url", "batch_id")
    for created, *values in stored.rows.select(pl.col("created_at").cast(pl.Int64), *columns).iter_rows():
        row = dict(zip(columns, values, strict=True))
        urls = {name: _url(row[name], kept.redactor) for name in ("full_body_url", "avatar_url")}
        ids = {name: clean(row[name]) if row[name] is not None else None for name in ("mascot_id", "batch_id")}
        yield KeptRow(status=visible(row["status"]) if row["status"] is not None else None, created_at=format_stamp(created), **urls, **ids)


def _url(text: str | None, redactor: Redactor) -> str | None:
    if text is None:
        return None
    return redactor.masked(text[:_LONGEST])
