"""All inputs of a run, read and matched: the sightings, and the account of what the logs cover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from logscan.errors import SourceError
from logscan.match import Sighting, captured_number
from logscan.model import Coverage, Evidence, Hole, Note, Record, ServiceReport, SourceReport
from logscan.ordering import Seen
from logscan.overlap import duplicates
from logscan.parts import segments_of
from logscan.reading import Reader
from logscan.redact import Redactor
from logscan.rulebook import Rulebook
from logscan.sources import Source
from logscan.taking import Account, Counted, Interrupted, Options, prepared, read_one, take
from logscan.times import SECOND
from logscan.visible import visible
from logscan.workers import read_in_parts

CLI_LIMIT: Final = 500
_DROP_REACH: Final = 10 * SECOND
_CLI_FORMS: Final = frozenset({"railway-json", "railway-plain", "nest", "text", "pino", "nest-json", "winston", "mixed"})

__all__ = ["Account", "Counted", "Interrupted", "Options", "coverage_of", "read_all", "take"]


def read_all(sources: Sequence[Source], rulebook: Rulebook, options: Options) -> Account:
    """Read every source; a signal ends the reading, an unreadable source is noted."""
    windowed = options.since is not None or options.until is not None
    scanner, matcher = prepared(rulebook, full=options.full or windowed)
    account = Account(matcher, [])
    for place, source in enumerate(sources):
        form = source.form or options.form
        reader = Reader(source, scanner, options.zone, form, progress=options.progress)
        account.readers.append(reader)
        if account.interrupted is not None:
            continue
        try:
            segments = [] if windowed else segments_of(source, form)
            if segments:
                read_in_parts(account, place, segments, options)
            else:
                read_one(account, place, reader, options if windowed else None)
        except SourceError as error:
            account.unreadable[place] = str(error)
        except Interrupted as stop:
            account.interrupted = stop.signum
        reader.finish()
    try:
        _leave_out_duplicates(account)
        _leave_out_counted(account, options.counted)
    except Interrupted as stop:
        account.interrupted = stop.signum
    return account


def _leave_out_duplicates(account: Account) -> None:
    if account.interrupted is not None:
        return
    found = duplicates(account.readers, frozenset(account.tagged_sources))
    if not found:
        return
    gone = {(source, *place) for source, places in found.items() for place in places}
    kept = [s for s in account.matcher.seen if (s.source, s.line, s.stamp) not in gone]
    account.matcher.matched -= _records(account.matcher.seen) - _records(kept)
    account.matcher.seen = kept
    account.double = {source: places.total() for source, places in found.items()}


def _leave_out_counted(account: Account, counted: Counted | None) -> None:
    """Sightings that an earlier run has told of."""
    seen = account.matcher.seen
    if counted is None or not (counted.same or any(s.mascot in counted.mascots for s in seen)):
        return
    kept = [s for s in seen if _fresh(account, s, counted)]
    account.matcher.matched -= _records(seen) - _records(kept)
    account.matcher.seen = kept


def _fresh(account: Account, s: Sighting, counted: Counted) -> bool:
    stamp = s.stamp
    if stamp is None and s.wall is not None:
        stamp = account.readers[s.source].parser.days.resolve(s.wall)
    if stamp is not None and stamp > counted.until:
        return True
    # Of lines without a time nobody knows whether they are new, unless they name a mascot whose end was told.
    return s.mascot not in counted.mascots and (stamp is None or (s.mascot is not None and stamp >= counted.since))


def _records(sightings: Sequence[Sighting]) -> int:
    return len({sighting.record for sighting in sightings if sighting.kind != "context"})


def coverage_of(account: Account, seen: Sequence[Seen], redactor: Redactor) -> Coverage:
    """What the logs really cover, with holes and notes."""
    ends = [stamp for reader in account.readers for stamp in (reader.first, reader.last) if stamp is not None]
    ends += [item.stamp for item in seen if item.stamp is not None]
    drops = [item for item in seen if item.sighting.event == "lines_dropped"]
    holes = [Hole(*_around(item), "dropped") for item in drops]
    holes += [Hole(reader.last, None, "broken") for reader in account.readers if reader.broken]
    return Coverage(
        sources=tuple(_source_report(account, number, redactor) for number in range(len(account.readers))),
        start=min(ends, default=None),
        end=max(ends, default=None),
        holes=tuple(holes),
        lines=sum(reader.lines for reader in account.readers) - sum(account.double.values()),
        matched=account.matcher.matched,
        dropped=sum(captured_number(item.sighting.captures, "dropped") for item in drops),
        notes=tuple(_notes(account, drops)),
    )


def _around(item: Seen) -> tuple[int | None, int | None]:
    """Railway's drop line stands for lines up to ten seconds to either side."""
    return (None, None) if item.stamp is None else (item.stamp - _DROP_REACH, item.stamp + _DROP_REACH)


def _source_report(account: Account, number: int, redactor: Redactor) -> SourceReport:
    reader = account.readers[number]
    return SourceReport(
        name=visible(reader.source.name),
        format=reader.main_form,
        service=visible(", ".join(sorted(reader.spans))) or None,
        lines=reader.lines - account.double.get(number, 0),
        bytes=reader.size,
        first=reader.first,
        last=reader.last,
        kind=account.kind(number),
        unparsed=account.unparsed[number],
        undecodable=reader.undecodable,
        samples=tuple(_sample(reader, record, redactor) for record in account.samples.get(number, [])),
        services=tuple(ServiceReport(visible(name), span.first, span.last) for name, span in sorted(reader.spans.items())),
    )


def _sample(reader: Reader, record: Record, redactor: Redactor) -> Evidence:
    return Evidence(visible(reader.source.name), record.line, record.stamp, redactor.clean(record.text))


def _notes(account: Account, drops: Sequence[Seen]) -> list[Note]:
    notes = [note for number in range(len(account.readers)) for note in _notes_on(account, number)]
    if account.outside:
        notes.append(Note("outside-window", account.outside))
    dropped = sum(captured_number(item.sighting.captures, "dropped") for item in drops)
    return [*notes, Note("dropped", dropped)] if dropped else notes


def _notes_on(account: Account, number: int) -> list[Note]:
    """What people must know of one source."""
    reader = account.readers[number]
    name: dict[str, int | str] = {"source": visible(reader.source.name)}
    if number in account.unreadable:
        return [Note("unreadable", 1, {"why": visible(account.unreadable[number])})]
    kind = account.kind(number)
    stamps = "some-stamps" if account.stamped[number] else "no-stamps"
    possible = (
        (reader.broken, Note("broken", 1, {**name, "why": reader.broken or ""})),
        (reader.cut, Note("long-lines", reader.cut, name)),
        (reader.parser.days.ambiguous, Note("day-order", 1, name)),
        (account.unstamped[number], Note(stamps, 1, name)),
        (_cut_by_cli(reader), Note("cut-at-500", 1, name)),
        (account.double.get(number), Note("duplicates", account.double.get(number, 0), name)),
        (_silent_console(account, number), Note("console-empty", 1, name)),
        (kind, Note("other-log", 1, {**name, "kind": kind or ""})),
    )
    return [note for holds, note in possible if holds]


def _silent_console(account: Account, number: int) -> bool:
    """Whether a source that is said to be the plugin's console holds nothing of the plugin."""
    if account.readers[number].source.form != "devtools":
        return False
    own = (sighting for sighting in account.matcher.seen if sighting.source == number)
    return not any((sighting.event or "").startswith("plugin_") or sighting.kind == "cause" for sighting in own)


def _cut_by_cli(reader: Reader) -> bool:
    """Exactly as many records as `railway logs` gives at most; its plain form prints those without a text as blank lines."""
    return reader.main_form in _CLI_FORMS and CLI_LIMIT in (reader.lines, reader.printed)
