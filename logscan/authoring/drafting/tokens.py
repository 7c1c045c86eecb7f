"""Text → pieces. Each kind is found by its look."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from logscan.authoring.drafting.pieces import Piece
from logscan.authoring.drafting.words import CODE, word_pieces

_MAX_IN_TOKEN: Final = 2
_TOKEN: Final = re.compile(
    r"""
    (?P<unseen>(?:\\x[0-9a-f]{2}|<(?:U\+[0-9A-F]{4,6}|[A-Z][A-Z0-9 -]{2,80})>|\s⏎\s)+)
    |(?P<secret>\[redacted:[0-9a-f]{4,8}\])
    |(?P<url>\b[a-z][a-z0-9+.-]{1,20}://[^\s"'`<>]*[^\s"'`<>.,;:!?)\]}])
    |(?P<mail>[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+)
    |(?P<time>\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|\ ?[+-]\d\d:?\d\d)?)?(?!\w)
        |\d{1,2}[/.]\d{1,2}[/.]\d{4}(?:,?\s\d{1,2}:\d\d(?::\d\d)?(?:\s[AP]M)?)?(?!\w)
        |\d{1,2}/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?:\s[+-]\d{4})?
        |(?<![\w:])\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?![\w:]))
    |(?P<quoted>(?<!\w)(?P<mark>["'`])(?:(?!(?P=mark))[^\n]){0,200}(?P=mark)(?!\w))
    |(?P<six>(?<![\w:])(?=[0-9a-f:]*\d)(?:[0-9a-f]{0,4}:){2,8}[0-9a-f]{0,5}(?![\w:]))
    |(?P<path>(?<![\w.:/}-])(?:\.{1,2})?/[\w.@%+~-]+(?:/[\w.@%+~-]*)*(?<!\.)|(?<![\w/])[\w@-][\w.@-]*(?:/[\w.@%+~-]*\w)+)
    |(?P<word>\w(?:[\w.-]*\w)?)
    """,
    re.VERBOSE,
)
_TELLING_KEY: Final = re.compile(
    r"""(?:(["'])(?:message|msg|error|reason|status|statusText|code|type|name|details?|title|description)\1"""
    r"""|\b(?:code|message|reason|status|type)):\s{0,3}$"""
)
_VALUES: Final = frozenset({"id", "number", "host", "port", "address"})
_ODD: Final = re.compile(r"[^\S ]+| {2,}|[^ -~]")
_FILE: Final = re.compile(r"\.[A-Za-z]{2,5}\d?$|\d\d|\d[a-f]|[a-f]\d")
_WORD: Final = re.compile(r"\w(?:[\w.-]*\w)?")


def pieces_of(text: str, start: int = 0, *, quotes: bool = False) -> list[Piece]:
    """The pieces of `text` from `start` on. `quotes`: quoted text is looked into, not taken as one value."""
    out: list[Piece] = []
    done = start
    for found in _TOKEN.finditer(text, start):
        out += _plain(text[done : found.start()])
        kind = found.lastgroup if found.lastgroup != "mark" else "quoted"
        out += _READERS[kind or "word"](found, out[-1] if out else None, quotes)
        done = found.end()
    return list(_merged([*out, *_plain(text[done:])]))


def _plain(text: str) -> Iterator[Piece]:
    """Text between tokens: blanks that may be others, and characters that a file cannot show."""
    done = 0
    for found in _ODD.finditer(text):
        if found[0].isprintable() and not found[0].isspace():
            continue
        yield Piece(text[done : found.start()])
        yield Piece(found[0], "blanks" if found[0].isspace() else "unseen character")
        done = found.end()
    yield Piece(text[done:])


def _merged(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Neighbouring texts as one; what holds many values without a blank between them as one value."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and piece.fixed and joined[-1].fixed:
            joined[-1] = Piece(joined[-1].text + piece.text)
        elif piece.text:
            joined.append(piece)
    place = 0
    while place < len(joined):
        end = _crowd(joined, place)
        if end > place:
            yield Piece("".join(piece.text for piece in joined[place:end]), "several values")
            place = end
        else:
            yield joined[place]
            place += 1


def _crowd(pieces: Sequence[Piece], start: int) -> int:
    """Where the values end that stand too close together from `start` on; `start` where they do not.

    `a,b,c` as three classes with commas between would match one text in very many ways.
    """
    end, number, last = start, 0, start
    while end < len(pieces) and " " not in pieces[end].text and pieces[end].kind not in ("blanks", "quoted text", "unseen character"):
        if not pieces[end].fixed:
            number, last = number + 1, end + 1
        end += 1
    touching = start + 1 < len(pieces) and not pieces[start].fixed and not pieces[start + 1].fixed and last > start + 1
    return last if not pieces[start].fixed and (number > _MAX_IN_TOKEN or touching) else start


def _quoted(found: re.Match[str], _last: Piece | None, quotes: bool) -> Iterator[Piece]:
    text, before, mark = found[0], found.string[: found.start()], found[0][0]
    inner = text[1:-1]
    if mark == '"' and re.match(r"\s{0,3}:", found.string[found.end() :]):
        yield Piece(text)  # a key
        return
    pieces = pieces_of(found.string[: found.end() - 1], found.start() + 1, quotes=quotes) if inner else []
    one = CODE.fullmatch(inner) is not None or (bool(pieces) and all(piece.kind in _VALUES or piece.text == ":" for piece in pieces))
    if quotes or one or _TELLING_KEY.search(before):
        yield from (Piece(mark), *pieces, Piece(mark))
    else:
        yield Piece(text, "quoted text") if text.isprintable() else Piece(text, "unseen character")


def _path(found: re.Match[str], last: Piece | None, quotes: bool) -> Iterator[Piece]:
    text = found[0]
    if text[0] in "/." or (_FILE.search(text) and re.search(r"[A-Za-z]", text)):
        yield Piece(text, "path")
        return
    for part in re.split(r"(/)", text):
        word = _WORD.fullmatch(part)
        yield from word_pieces(word, last, quotes) if word else (Piece(part),)


def _simple(kind: str) -> _Reader:
    return lambda found, _last, _quotes: iter((Piece(found[0], kind),))


_Reader = Callable[[re.Match[str], Piece | None, bool], Iterator[Piece]]
_READERS: Final[dict[str, _Reader]] = {
    "unseen": _simple("unseen character"), "secret": _simple("secret"), "url": _simple("URL"), "mail": _simple("mail address"),
    "time": _simple("time"), "six": _simple("address"), "quoted": _quoted, "path": _path, "word": word_pieces,
}  # fmt: skip
