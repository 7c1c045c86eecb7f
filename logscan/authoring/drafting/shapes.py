"""From pieces to shapes: where the words that matter begin and end, the best guess first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from logscan.authoring.drafting.pieces import GROUP_CLASSES, Piece, Shape
from logscan.authoring.drafting.tokens import pieces_of

_MAX_TEXT: Final = 160
_MAX_VARYING: Final = 8
_MAX_LABEL: Final = 60
_VALUE: Final = 12
_DUMP_AFTER: Final = 20
_ERROR_NAME: Final = re.compile(r"(?:\b|(?<=[a-z]))(?:[A-Z]\w{0,60})?(?:[Ee]rror|Exception)(?: \[[\w -]{1,60}\])?: {1,2}")
_DUMP: Final = re.compile(r"\s(?:\{(?=[\s\"'{\[]|$)|\[(?=[\s\"'{\[]))")
_CLAUSE_END: Final = re.compile(r"[.;,:](?=\s)")
_LABEL_END: Final = re.compile(r"""\s?[:=]\s?["'`\[{(]?|\s[-–—→]\s|[\[{(]|(?<=\s)["'`]""")
_GROUP_BEFORE: Final = {
    "mascot": (r"\bmascots?(?:[ _-]?id)?", r"\bfor"),
    "job": (r"\bjob(?:[ _-]?id)?",),
    "batch": (r"\bbatch(?:[ _-]?id)?",),
    "attempt": (r"\b(?:attempt|poll|try)",),
    "max": (r"(?:/|\bof)",),
}
_TRAILING: Final = " .,;:!…-–—([{<\"'`="


def cause_shapes(text: str, begin: int) -> Iterator[Shape]:
    """Patterns for an error that stands somewhere in `text`, not before `begin`; the most telling ones first."""
    found = [shape for quotes in (False, True) for start in _cause_starts(text, begin) if (shape := _free(text, start, quotes)) is not None]
    found += [shape for shape in map(_longest_text, found) if shape is not None]
    usable = list(dict.fromkeys(shape for shape in found if shape.usable))
    yield from sorted(usable, key=lambda shape: not shape.telling)


def _cause_starts(text: str, begin: int) -> Iterator[int]:
    """Behind an error's name, at it, and at the beginning; never within quotation marks."""
    names = list(_ERROR_NAME.finditer(text, begin))
    plain = [found for found in names if not text.count('"', 0, found.start()) % 2]
    for found in (plain or names)[-1:]:
        yield _outside_quotes(text, found.end())
        yield _outside_quotes(text, found.start())
    yield _outside_quotes(text, begin)


def _outside_quotes(text: str, start: int) -> int:
    """`start`, or the quotation mark before it, with its key: what begins within quotes counts as data."""
    if not text.count('"', 0, start) % 2:
        return start
    mark = text.rfind('"', 0, start)
    key = re.search(r'"[\w.-]{1,60}"\s{0,3}:\s{0,3}$', text[:mark])
    return key.start() if key else mark


def _free(text: str, start: int, quotes: bool) -> Shape | None:
    """The words from `start` on, without what varies before the first of them."""
    pieces = pieces_of(text, start, quotes=quotes)
    first = next((place for place, piece in enumerate(pieces) if _letters(piece)), None)
    if first is None:
        return None
    skipped = sum(len(piece.text) for piece in pieces[:first])
    into = re.search(r"\w", pieces[first].text)
    skip = into.start() if into else 0
    if not text.count('"', 0, start + skipped + skip) % 2:
        pieces = [Piece(pieces[first].text[skip:]), *pieces[first + 1 :]]
    elif not text.count('"', 0, start + skipped) % 2:
        pieces = pieces[first:]
    return _finished(Shape(tuple(_cut(_without_dump(pieces))), free=True))


def _longest_text(shape: Shape) -> Shape | None:
    """The longest run of fixed words, if it may stand alone."""
    place = max(range(len(shape.pieces)), key=lambda place: len(shape.pieces[place].text) if shape.pieces[place].fixed else 0)
    before = "".join(piece.text for piece in shape.pieces[:place])
    words = shape.pieces[place].text
    text = words.lstrip(' ."') if before else words
    if not text or (before + words[: len(words) - len(text)]).count('"') % 2:
        return None
    return _finished(Shape((Piece(text),), free=True))


def _without_dump(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """The pieces up to an object that is printed behind the message."""
    length = 0
    for piece in pieces:
        dump = _DUMP.search(piece.text, max(0, _DUMP_AFTER - length)) if piece.fixed else None
        if dump:
            yield Piece(piece.text[: dump.start()])
            return
        length += len(piece.text)
        yield piece


def _cut(pieces: Iterable[Piece], limit: int = _MAX_TEXT) -> Iterator[Piece]:
    """The first pieces, up to a clause or a word that ends before the limit. Values count little, however long they are."""
    length = varying = 0
    for piece in pieces:
        varying += not piece.fixed
        if varying > _MAX_VARYING or length >= limit:
            return
        if piece.fixed and length + len(piece.text) > limit:
            yield Piece(_clause(piece.text[: limit - length], max(0, limit // 2 - length)))
            return
        length += len(piece.text) if piece.fixed else min(_VALUE, len(piece.text))
        yield piece


def _clause(text: str, least: int) -> str:
    """`text` up to its last clause's end, if that is not before `least`, else up to its last blank."""
    ends = [found.start() for found in _CLAUSE_END.finditer(text, least)]
    return text[: ends[-1]] if ends else text[: text.rfind(" ")] if " " in text else text


def _finished(shape: Shape) -> Shape | None:
    """The shape without the punctuation at its end, and each group's name once."""
    pieces = [piece for piece in shape.pieces if piece.text]
    while pieces and pieces[-1].fixed:
        last = pieces.pop()
        # A full stop behind a host would become part of it.
        kept = "." if pieces and pieces[-1].kind == "host" and last.text.startswith(".") else ""
        text = last.text.rstrip(_TRAILING) or kept
        if text:
            pieces.append(Piece(text))
            break
    named: list[Piece] = []
    for piece in pieces:
        named.append(piece._replace(name=None) if piece.name and any(piece.name == other.name for other in named) else piece)
    return shape._replace(pieces=tuple(named)) if named else None


def signature_shapes(text: str, groups: Sequence[str]) -> Iterator[Shape] | None:
    """Patterns for the start of a message with the groups that its event needs; None where one of them is not in it."""
    shapes: list[Shape] = []
    for quotes in (False, True):
        pieces = [piece._replace(name=None) for piece in _without_dump(pieces_of(text, quotes=quotes))]
        shape: Shape | None = Shape(tuple(pieces))
        for name in groups:
            shape = _with_group(shape, name) if shape else None
        if shape:
            shapes += _ends(shape)
    if groups and not shapes:
        return None
    return iter(dict.fromkeys(shape for shape in shapes if shape.usable))


def _with_group(shape: Shape, name: str) -> Shape | None:
    """The shape with a group behind the words that lead to it, else at the first value that may be it."""
    values = [place for place, piece in enumerate(shape.pieces) if piece.kind in ("id", "number") and not piece.name]
    for words in _GROUP_BEFORE.get(name, ()):
        for place in values:
            before = "".join(piece.text for piece in shape.pieces[:place])
            if re.search(rf"(?i){words}[\s\"'`:=#(\[]{{0,4}}$", before):
                return shape.named(name, place)
    kind = "number" if GROUP_CLASSES.get(name) == r"\d+" else "id"
    likely = [place for place in values if shape.pieces[place].kind == kind]
    return shape.named(name, (likely or values)[0]) if values else None


def _ends(shape: Shape) -> Iterator[Shape]:
    """The shape up to where its own words end, up to its last group, and as a whole."""
    last = max((place for place, piece in enumerate(shape.pieces) if piece.name), default=-1)
    head, rest = shape.pieces[: last + 1], shape.pieces[last + 1 :]
    following = "".join(piece.text for piece in rest)
    short = _closed(head, following)
    if head and re.match(r"\s*(?:[:,;({\[\-–]|$)", following):
        yield short
    own = list(_own_words(rest, bool(head)))
    whole = _finished(Shape((*head, *_cut(own, max(1, _MAX_TEXT - len(Shape(head).text))))))
    if whole is not None:
        yield whole
    if head:
        yield short


def _closed(head: tuple[Piece, ...], following: str) -> Shape:
    """A shape that ends with a group; the group must not run on into what stands right behind it."""
    glued = re.match(r"[^\s\w]+(?=\S)", following)
    return Shape((*head[:-1], head[-1]._replace(ends=glued is not None))) if head else Shape(head)


def _own_words(pieces: Sequence[Piece], headed: bool) -> Iterator[Piece]:
    """The pieces up to a colon or a parenthesis, behind which a reason or values stand."""
    seen = headed
    for piece in pieces:
        end = re.search(r"(?<=\w):\s|\s\(|\s[-–]\s", piece.text) if piece.fixed else None
        if end and (seen or _letters(Piece(piece.text[: end.start()]))):
            yield Piece(piece.text[: end.start()])
            return
        seen = seen or _letters(piece)
        yield piece


def label_shapes(text: str) -> Iterator[Shape]:
    """Patterns for the words before the data of a line: up to a colon, a quotation mark or a bracket."""
    ends = [found.end() for found in _LABEL_END.finditer(text, 0, _MAX_TEXT)]
    if not ends:
        cut = text[:_MAX_LABEL]
        ends = [cut.rfind(" ") + 1 if len(text) > _MAX_LABEL and " " in cut else len(cut)]
    for quotes in (False, True):
        for end in ends:
            shape = Shape(tuple(piece._replace(name=None) for piece in pieces_of(text[:end], quotes=quotes)), at_start=True)
            if shape.usable:
                yield shape


def _letters(piece: Piece) -> bool:
    return piece.fixed and re.search(r"[A-Za-z]{2,}", piece.text) is not None
