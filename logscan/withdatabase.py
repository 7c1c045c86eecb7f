"""Where the rows of the database come to the logs: exports among the inputs, and a database that is asked once the logs are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from logscan.database import Names, Window, is_export, merged, read_export
from logscan.errors import DatabaseError, SourceError
from logscan.intake import Account, Interrupted, Options
from logscan.model import Note
from logscan.sources import PipeSource, Source
from logscan.visible import visible


def without_exports(sources: Sequence[Source], options: Options) -> tuple[list[Source], Options]:
    """The sources that are logs, and the options with the rows of those that surely are exports of the table."""
    logs, stored, notes = [], [options.stored] if options.stored is not None else [], list(options.notes)
    for source in sources:
        # A pipe can be read only once, and what is said to be a log is one.
        if options.form is not None or isinstance(source, PipeSource) or source.form or not is_export(source):
            logs.append(source)
            continue
        try:
            stored.append(read_export(source, Names(), options.zone, options.progress))
        except (DatabaseError, SourceError) as error:
            notes.append(_unread(error))
        source.close()
    return logs, replace(options, stored=merged(stored), notes=tuple(notes))


def with_rows(account: Account, options: Options) -> Options:
    """The options with the rows of the database that was to be asked, or with a note that says why there are none."""
    if options.database is None or account.interrupted is not None:
        return options
    stamps = [stamp for reader in account.readers for stamp in (reader.first, reader.last) if stamp is not None]
    mascots = dict.fromkeys(sighting.mascot for sighting in account.matcher.seen if sighting.mascot is not None)
    try:
        rows = options.database(Window(min(stamps, default=None), max(stamps, default=None), tuple(mascots)))
    except (DatabaseError, SourceError) as error:
        return replace(options, notes=(*options.notes, _unread(error)))
    except Interrupted as stop:
        account.interrupted = stop.signum
        return options
    found = [rows] if options.stored is None else [rows, options.stored]
    return replace(options, stored=merged(found))


def _unread(error: Exception) -> Note:
    return Note("database-unread", 1, {"why": visible(str(error))})
