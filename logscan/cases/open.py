"""Reading a case, which strangers may have made: in memory, by known names only, never more than a limit."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

import msgspec
import polars as pl

from logscan.cases.shape import BESIDE, CASE, LINES, ROWS, TAGS, KeptBeside, KeptCase, KeptLine, KeptRow
from logscan.errors import SourceError
from logscan.frames import STORED
from logscan.intake import Account, Options
from logscan.match import Matcher, Sighting
from logscan.model import Coverage, Note, Record, Stored
from logscan.prefilter import Scanner
from logscan.reading import Reader
from logscan.rulebook import Rulebook
from logscan.sources import FileSource, MemorySource, Source
from logscan.sources.inflate import begins_case
from logscan.stretches import limited
from logscan.times import parse_stamp
from logscan.visible import visible

_MOST_PACKED: Final = 256 << 20
_MOST: Final = 512 << 20
_MOST_FILES: Final = 32
_STEP: Final = 1 << 20
_T = TypeVar("_T")
# What the standard library says of an archive that is cut, encrypted, of another method, or made up.
_DAMAGED: Final = (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


@dataclass(frozen=True, slots=True)
class Opened:
    """A case as if it had just been read: the account of its lines, what they cover, and the options that it was judged by."""

    account: Account
    coverage: Coverage
    options: Options


@dataclass(slots=True)
class _Unusable:
    """A source that can only say why it is none."""

    name: str
    why: str
    broken: str | None = None
    seekable: bool = False
    replaces: bool = False
    form: str | None = None

    def chunks(self, offset: int = 0) -> Iterator[bytes]:  # noqa: ARG002  # a source's own
        """Nothing. Raises SourceError."""
        yield from ()
        raise SourceError(self.why)

    def close(self) -> None:
        """Nothing is held."""


def opened(sources: Sequence[Source], rulebook: Rulebook, options: Options) -> tuple[Opened | None, list[Source]]:
    """The case that the only source is, or None and the sources as logs: a case among others, or a damaged one, says why it is none."""
    left: list[Source] = []
    for source in sources:
        if not is_case(source):
            left.append(source)
        elif len(sources) > 1:
            left.append(_Unusable(source.name, f"{source.name}: a case is judged as it is: scan it alone"))
        elif options.since is not None or options.until is not None:
            left.append(_Unusable(source.name, f"{source.name}: a case holds one stretch of time: scan it without --since and --until"))
        else:
            try:
                return _open(source, rulebook, options), []
            except SourceError as error:
                left.append(_Unusable(source.name, str(error)))
    return None, left


def is_case(source: Source) -> bool:
    """Whether a source is a case, by its first bytes."""
    try:
        if isinstance(source, MemorySource):
            return begins_case(source.data[:64])
        return isinstance(source, FileSource) and source.path.is_file() and begins_case(source.piece(0, 64))
    except (OSError, SourceError):
        return False


def _open(source: Source, rulebook: Rulebook, options: Options) -> Opened:
    name = visible(source.name)
    packed = source.data if isinstance(source, MemorySource) else _whole(source)
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            files = _Files(archive, name, options.progress or (lambda _: None))
            case = files.one(CASE, KeptCase)
            lines, beside = files.all(LINES, KeptLine), files.all(BESIDE, KeptBeside)
            rows = files.all(ROWS, KeptRow) if case.stored is not None else []
    except _DAMAGED as error:
        raise SourceError(f"{name}: this case is damaged ({error})") from error
    count = len(case.coverage.sources)
    places = {it.source for it in lines} | {it.source for it in beside}
    if not places <= set(range(count)) or not {it.process for it in lines} <= set(range(len(case.processes))):
        raise SourceError(f"{name}: this case is damaged (a line of no source)")
    seen, unknown = _sightings(lines, rulebook)
    processes = {_key(key): number for number, key in enumerate(case.processes)}
    readers = [Reader(MemorySource(it.name, b""), Scanner(), options.zone) for it in case.coverage.sources]
    for number, key, at in case.earliest:
        if 0 <= number < count and len(key) == TAGS:
            readers[number].earliest[key[0], key[1], key[2]] = at
    account = Account(Matcher(rulebook, seen, case.records, case.coverage.matched, processes), readers, interrupted=case.interrupted)
    # A line that matters to one mascot may stand beside another's.
    account.beside = {(it.source, it.line): Record(it.line, it.text, parse_stamp(it.time or "")) for it in beside}
    account.beside |= {(it.source, it.line): Record(it.line, it.text, parse_stamp(it.time or "")) for it in lines}
    coverage = case.coverage
    if case.rules != rulebook.hash:
        coverage = replace(coverage, notes=(*coverage.notes, Note("other-rules", max(1, unknown), {"source": name, "unknown": unknown})))
    settings = case.settings
    options = replace(
        options, pickup=options.pickup or settings.pickup or None, run=options.run or settings.run or None,
        since=settings.since, until=settings.until,
        checks=(*case.checks, *options.checks), answers=(*case.answers, *options.answers), stored=_stored(case, rows) or options.stored,
    )  # fmt: skip
    return Opened(account, coverage, options)


def _whole(source: Source) -> bytes:
    assert isinstance(source, FileSource)  # noqa: S101  # is_case looked
    try:
        with source.path.open("rb") as file:
            data = file.read(_MOST_PACKED + 1)
    except OSError as error:
        raise SourceError(f"{source.name}: cannot be read: {error.strerror or error}") from error
    if len(data) > _MOST_PACKED:
        raise SourceError(f"{source.name}: larger than any case ({_MOST_PACKED >> 20} MiB)")
    return data


class _Files:
    """The files of an archive, by name. What an entry claims of its size is not believed; links and folders mean nothing here."""

    def __init__(self, archive: zipfile.ZipFile, name: str, progress: Callable[[int], None]) -> None:
        self._archive, self._name, self._progress, self._left = archive, name, progress, _MOST
        names = archive.namelist()
        if len(names) > _MOST_FILES or len(set(names)) < len(names):
            raise SourceError(f"{name}: this case is damaged (it holds too many files, or one twice)")

    def read(self, name: str) -> bytes:
        """A file's bytes; none where it is not there. Raises SourceError."""
        if name not in self._archive.namelist():
            return b""
        data = []
        with self._archive.open(name) as file:
            for chunk in limited(iter(lambda: file.read(_STEP), b""), self._left + 1):
                self._left -= len(chunk)
                self._progress(len(chunk))
                data.append(chunk)
        if self._left < 0:
            raise SourceError(f"{self._name}: this case expands to more than {_MOST >> 20} MiB: it is not read")
        return b"".join(data)

    def one(self, name: str, kind: type[_T]) -> _T:
        """A file that holds one object."""
        return self._decoded(self.read(name), name, kind)

    def all(self, name: str, kind: type[_T]) -> list[_T]:
        """A file that holds an object a line."""
        decoder = msgspec.json.Decoder(kind)
        out = []
        for number, line in enumerate(self.read(name).splitlines(), 1):
            try:
                out.append(decoder.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise SourceError(f"{self._name}: this case is damaged ({name}:{number}: {error})") from error
        return out

    def _decoded(self, data: bytes, name: str, kind: type[_T]) -> _T:
        try:
            return msgspec.json.decode(data, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SourceError(f"{self._name}: this case is damaged, or of a newer logscan ({name}: {error})") from error


def _sightings(lines: Sequence[KeptLine], rulebook: Rulebook) -> tuple[list[Sighting], int]:
    """The lines as the rules knew them, and how many were known by a rule that this rulebook has not."""
    rules = {rule.id: rule for rule in rulebook.scanned}
    out, unknown = [], 0
    for it in lines:
        rule = rules.get(it.rule or "")
        if rule is None and it.rule is not None:
            unknown += 1
            continue
        out.append(
            Sighting(
                it.kind, rule, it.event, it.mascot, it.captures, it.record, parse_stamp(it.time or ""), it.clock, None, it.source, it.line,
                it.process, it.context, it.text,
            )
        )  # fmt: skip
    return out, unknown


def _key(key: Sequence[Any]) -> object:
    return tuple(key)


def _stored(case: KeptCase, rows: Sequence[KeptRow]) -> Stored | None:
    if case.stored is None:
        return None
    columns = {
        "mascot_id": [it.mascot_id for it in rows], "name": [None for _ in rows], "status": [it.status for it in rows],
        "full_body_url": [it.full_body_url for it in rows], "avatar_url": [it.avatar_url for it in rows],
        "batch_id": [it.batch_id for it in rows], "created_at": [parse_stamp(it.created_at or "") for it in rows],
    }  # fmt: skip
    frame = pl.DataFrame(columns, schema={**STORED, "created_at": pl.Int64()}).cast(STORED)
    return Stored(visible(case.stored.name), frame, frozenset(case.stored.known), case.stored.partial)
