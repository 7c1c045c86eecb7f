"""What image addresses answered, in a file: one JSON object a line, to be judged again where nobody may ask.

`logscan scan --check-urls --save-answers FILE` writes it; as an input beside the logs it is known by its content.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, Final, Literal

import msgspec

from logscan.errors import SourceError
from logscan.images import shown
from logscan.model import ImageAnswer
from logscan.sources import FileSource, MemorySource, Source
from logscan.stretches import limited
from logscan.times import format_stamp, parse_stamp
from logscan.visible import visible

_HEAD: Final = b'{"logscan":"image-answer",'
_MOST: Final = 16 << 20


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One answer as it is written. `logscan` comes first: it tells what the file is."""

    logscan: Literal["image-answer"] = "image-answer"
    url: str
    kind: str
    at: str | None = None
    mascot: str | None = None
    status: int | None = None
    type: str | None = None
    size: int | None = None
    cors: bool | None = None
    allow_origin: str | None = None
    preflight: int | None = None
    why: str | None = None


def encode(answers: Iterable[ImageAnswer]) -> bytes:
    """The file's bytes."""
    return b"".join(_encoded(answer) for answer in answers)


def _encoded(answer: ImageAnswer) -> bytes:
    names = ("url", "kind", "mascot", "status", "type", "size", "cors", "allow_origin", "preflight", "why")
    fields: dict[str, Any] = {name: getattr(answer, name) for name in names}
    line = msgspec.json.encode(_Line(at=format_stamp(answer.at), **fields))
    # The mark is a default, and yet what the file is known by.
    return (line if line.startswith(_HEAD) else _HEAD + line[1:]) + b"\n"


def apart(sources: Sequence[Source]) -> tuple[list[Source], list[ImageAnswer]]:
    """The logs among the sources, and the answers that the others hold. Files that cannot be read are left to whoever reads logs."""
    logs: list[Source] = []
    answers: list[ImageAnswer] = []
    for source in sources:
        found = _answers_in(source)
        if found is None:
            logs.append(source)
        else:
            answers += found
            source.close()
    return logs, answers


def _answers_in(source: Source) -> list[ImageAnswer] | None:
    # A pipe can be read once only, so it is a log.
    if not isinstance(source, FileSource | MemorySource) or (isinstance(source, FileSource) and not source.path.is_file()):
        return None
    try:
        chunks = source.chunks()
        head = next(chunks, b"")
        if not head.startswith(_HEAD):
            return None
        data = b"".join(limited(chain([head], chunks), _MOST + 1))
    except SourceError:
        return None
    if len(data) > _MOST:
        raise SourceError(f"{source.name}: more than {_MOST >> 20} MiB of answers: this is no file of `--save-answers`")
    return decode(data, visible(source.name))


def decode(data: bytes, name: str) -> list[ImageAnswer]:
    """The answers of a file. Raises SourceError."""
    out = []
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            it = msgspec.json.decode(line, type=_Line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SourceError(f"{name}:{number}: this is no answer that `--save-answers` wrote ({error})") from error
        fields = msgspec.structs.asdict(it)
        del fields["logscan"]
        answer = ImageAnswer(**{**fields, "at": parse_stamp(it.at or "")}, source=name, line=number)
        out.append(replace(answer, url=shown(answer.url), why=visible(answer.why[:80]) if answer.why else None))
    return out
