"""A log line → pieces: what tells stays as it is, what changes from line to line becomes a class of characters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from logscan.rulebook.anchors import COMMON, anchors_of

MAX_TEXT: Final = 160
MAX_VARYING: Final = 8
_MAX_LABEL: Final = 60
_MAX_IN_TOKEN: Final = 2
_VALUE: Final = 12
_WIDEST: Final = 2000
_LONG_ID, _LONG_HEX = 10, 20
_TELLING_LETTERS, _TELLING_WORDS = 6, 3
_DUMP_AFTER: Final = 20

_CLASSES: Final = {
    "host": r"[\w.-]{1,253}", "address": r"[\w.:-]{2,60}", "port": r"\d{1,5}", "number": r"\d+", "version": r"[\w.-]{1,40}",
    "time": r"[\w:.,/+ -]{4,40}", "duration": r"[\d.]{1,12} ?[a-zµ]{1,3}", "mail address": r"\S{3,254}", "unseen character": ".{1,80}",
}  # fmt: skip
_GROUP_CLASSES: Final = {"mascot": r"\S+", "job": r"[^\s:,]+", "batch": r"[^\s),]+", "attempt": r"\d+", "max": r"\d+"}
_STRICT_ID: Final = r"[^\s,;:()\[\]{}]+"
_DIGITS: Final = str.maketrans("0123456789", "5342678914")
_LETTERS_AND_DIGITS: Final = str.maketrans("0123456789abcdefABCDEF", "5342678914bcdefaBCDEFA")


class Piece(NamedTuple):
    """A stretch of a line. `kind` says in words what it is; `name` is the group that captures it."""

    text: str
    kind: str = "text"
    name: str | None = None
    ends: bool = False

    @property
    def fixed(self) -> bool:
        """Whether the text itself stands in the pattern."""
        return self.kind == "text"

    @property
    def pattern(self) -> str:
        """What recognises this piece in other lines."""
        inner = self._class()
        return f"(?P<{self.name}>{inner})" if self.name else inner

    def _class(self) -> str:
        if self.fixed:
            return escape(self.text)
        if self.name in _GROUP_CLASSES:
            return _STRICT_ID if self.ends and self.name == "mascot" else _GROUP_CLASSES[self.name]
        if self.kind in _CLASSES:
            return _CLASSES[self.kind]
        if self.kind == "quoted text":
            mark = self.text[0]
            return f"{mark}[^{mark}]{{0,{_width(self.text, 120)}}}{mark}"
        if self.kind == "URL":
            return rf"{escape(self.text.partition('://')[0])}://\S{{1,{_width(self.text, 200)}}}"
        if self.kind == "blanks":
            return rf"\s{{1,{_width(self.text, 8)}}}"
        return rf"\S{{1,{_width(self.text, 64 if self.kind == 'id' else 200)}}}"

    @property
    def other(self) -> str:
        """The text that might as well stand here."""
        if self.kind == "host":
            return "10.20.30.40" if _IP.fullmatch(self.text) else "other-host.example.org"
        if self.kind == "quoted text":
            return f"{self.text[0]}other{self.text[0]}"
        if self.kind == "URL":
            return f"{self.text.partition('://')[0]}://example.org/other/7"
        if self.kind == "path":
            return "/srv/other/file-7.txt" if self.text.startswith("/") else "other/file-7.txt"
        fixed = {"mail address": "someone@example.org", "secret": "[redacted:9c1e]", "address": "fd00::7", "version": "1.2.3"}
        if self.kind in fixed:
            return fixed[self.kind]
        if self.kind in ("number", "port", "duration"):
            return self.text.translate(_DIGITS)
        return self.text.translate(_LETTERS_AND_DIGITS) if self.kind in ("id", "several values") else self.text


class Shape(NamedTuple):
    """A pattern in the making: pieces of a line, and whether they must stand at its start."""

    pieces: tuple[Piece, ...]
    at_start: bool = False
    free: bool = False

    @property
    def pattern(self) -> str:
        """The regular expression. A free shape begins and ends at the edge of a word."""
        before = "^" if self.at_start else r"\b" if self.free and _is_word(self.pieces[0].text[:1], self.pieces[0]) else ""
        after = r"\b" if self.free and _is_word(self.pieces[-1].text[-1:], self.pieces[-1]) else ""
        return before + "".join(piece.pattern for piece in self.pieces) + after

    @property
    def text(self) -> str:
        """The words of the line itself."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def other(self) -> str:
        """The same words with other numbers, ids and hosts."""
        return "".join(piece.other if not piece.fixed else piece.text for piece in self.pieces)

    def captures(self, *, other: bool = False) -> dict[str, str]:
        """What the groups must hold in `text`, or in `other`."""
        return {piece.name: piece.other if other else piece.text for piece in self.pieces if piece.name}

    @property
    def usable(self) -> bool:
        """Whether lines can be picked by it: plain text stands in every line that it matches, and more than `Error` or `failed`."""
        words = self._words()
        special = len(words) > 1 or any(word.lower() not in COMMON for word in words)
        return special and bool(anchors_of(self.pattern).texts)

    @property
    def telling(self) -> bool:
        """Whether its words are more than those that every log is full of."""
        words = self._words()
        rare = [word for word in words if word.lower() not in COMMON]
        return sum(map(len, rare)) >= _TELLING_LETTERS or len(words) >= _TELLING_WORDS

    def _words(self) -> list[str]:
        return re.findall(r"[A-Za-z]{3,}", " ".join(piece.text for piece in self.pieces if piece.fixed))

    def named(self, name: str, place: int) -> Shape:
        """The same with a group for one of its pieces."""
        piece = self.pieces[place]
        return self._replace(pieces=(*self.pieces[:place], piece._replace(kind="id", name=name), *self.pieces[place + 1 :]))


def escape(text: str) -> str:
    """`text` as a pattern that reads easily: only what has a meaning in a pattern gets a backslash."""
    return re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", text)


def _is_word(char: str, piece: Piece) -> bool:
    return piece.fixed and (char.isalnum() or char == "_")


def _letters(piece: Piece) -> bool:
    return piece.fixed and re.search(r"[A-Za-z]{2,}", piece.text) is not None


def _width(text: str, least: int) -> int:
    """Room for a text and for longer ones of its kind."""
    return least if len(text) <= least else min(_WIDEST, -(-2 * len(text) // 100) * 100)


# From text to pieces. Each kind is found by its look; what a word is depends on the words before it as well.

_TOKEN: Final = re.compile(
    r"""
    (?P<unseen>(?:\\x[0-9a-f]{2}|<(?:U\+[0-9A-F]{4,6}|[A-Z][A-Z0-9 -]{2,80})>|\s⏎\s)+)
    |(?P<secret>\[redacted:[0-9a-f]{4}\])
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
_IP: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_DOMAIN: Final = re.compile(
    r"(?:[a-z0-9_][\w-]*\.)+(?:com|net|org|io|dev|app|internal|local|cloud|co|ai|eu|fr|de|uk|us|ch|be|in|tech|sh|site|example)"
)
_HOST_BEFORE: Final = re.compile(r"\b(?:ENOTFOUND|EAI_\w{2,10}|ENODATA|ESERVFAIL|[Cc]ould not resolve host:?) $")
_PORT_AFTER: Final = re.compile(r":\d{2,5}(?![\d:\w])")
_LONG_PORT_AFTER: Final = re.compile(r":\d{4,5}(?![\d:\w])")
_NO_HOSTS: Final = frozenset(
    {"line", "code", "status", "port", "pid", "errno", "error", "id", "job", "mascot", "batch", "user", "at", "in"}
)
_STATUS_BEFORE: Final = re.compile(
    r"(?i)(?:\b(?:status|http(?:/[\d.]+)?|errno|exit(?:ed)?|signal|error|returned|response)|code)"
    r"""(?:[ _-]?(?:code|status))?["']?(?: is| was| of| with)?(?: code| status)?[\s:=(\["'-]{0,4}$"""
)
_REASON_AFTER: Final = re.compile(
    r" (?:Bad |Unauthori|Payment R|Forbidden|Not |Method |Request |Conflict|Gone|Payload|Unprocess|Too Many|Internal S|Service U|Gateway)"
)
_TELLING_KEY: Final = re.compile(
    r"""(?:(["'])(?:message|msg|error|reason|status|statusText|code|type|name|details?|title|description)\1"""
    r"""|\b(?:code|message|reason|status|type)):\s{0,3}$"""
)
_ID_BEFORE: Final = re.compile(
    r"(?i)(?:\b(?:mascot|job|batch|pose|variation|user|id|uuid|request|req|trace|span|session|order|for|task|animation|pid|key|lock)"
    r"""|[a-z]Id)s?(?:[ _-]?id)?["']?\s*[:=#]?\s*["'(#]?$"""
)
_NUMBER_ID_BEFORE: Final = re.compile(
    r"""(?i)(?:\b(?:mascot|job|batch|pose|user|order|animation|id)|[a-z]Id)(?:[ _-]?id)?["']?\s*[:=#]?\s*["'(#]?$"""
)
_PORT_BEFORE: Final = re.compile(r"(?i)\bport[ :=]{1,3}$")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HEX: Final = re.compile(r"(?:0x)?[0-9a-fA-F]{8,}")
_ULID: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_CODE: Final = re.compile(r"[A-Z]{1,6}\d{2,5}|[A-Z][A-Z0-9]*_[A-Z0-9_]+|\d{2}[A-Z]\d{2}")
_DURATION: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:ms|s|sec|m|min|h|µs|ns)")
_AMOUNT: Final = re.compile(r"([0-9]+)([A-Za-z]{1,3})")
_VERSION: Final = re.compile(r"(v?)([0-9]+(?:\.[0-9]+)+(?:-[\w.-]+)?)")
_NUMBERED: Final = re.compile(r"([A-Za-z]*[a-z][-_])([0-9]+)")
_VALUES: Final = frozenset({"id", "number", "host", "port", "address"})
_ODD: Final = re.compile(r"[^\S ]+| {2,}|[^ -~]")
_FILE: Final = re.compile(r"\.[A-Za-z]{2,5}\d?$|\d\d|\d[a-f]|[a-f]\d")


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
    one = _CODE.fullmatch(inner) is not None or (bool(pieces) and all(piece.kind in _VALUES or piece.text == ":" for piece in pieces))
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
        yield from _word(word, last, quotes) if word else (Piece(part),)


def _word(found: re.Match[str], last: Piece | None, _quotes: bool) -> Iterator[Piece]:
    text, before, after = found[0], found.string[max(0, found.start() - 40) : found.start()], found.string[found.end() :][:40]
    if text.isascii() and text.isdigit():
        yield _number(text, before, after, last)
    elif _is_host(text, before, after):
        yield Piece(text, "host", "host")
    elif not re.search(r"[0-9]", text):
        yield Piece(text, "id") if _HEX.fullmatch(text) and len(text) >= _LONG_HEX else Piece(text)
    elif _CODE.fullmatch(text) and not _ID_BEFORE.search(before):
        yield Piece(text)
    elif _DURATION.fullmatch(text):
        yield Piece(text, "duration")
    else:
        yield from _mixed(text, before)


def _mixed(text: str, before: str) -> Iterator[Piece]:
    """A word of letters and digits: an id, a version, an amount, or a name that tells."""
    whole = _UUID.fullmatch(text) or _HEX.fullmatch(text) or _ULID.fullmatch(text)
    if not whole and (version := _VERSION.fullmatch(text)):
        yield from (Piece(version[1]), Piece(version[2], "version"))
    elif whole or _looks_random(text) or _ID_BEFORE.search(before):
        yield Piece(text, "id")
    elif amount := _AMOUNT.fullmatch(text):
        yield from (Piece(amount[1], "number"), Piece(amount[2]))
    elif numbered := _NUMBERED.fullmatch(text):
        yield from (Piece(numbered[1]), Piece(numbered[2], "number"))
    else:
        yield Piece(text)


def _looks_random(text: str) -> bool:
    """Whether nobody would have chosen the word: many digits, or letters and digits in turn."""
    if len(text) < _LONG_ID or text.isupper() and "_" in text:  # noqa: RUF021  # reads well
        return False
    return 4 * sum(map(str.isdigit, text)) >= len(text) or len(re.findall(r"[A-Za-z](?=\d)|\d(?=[A-Za-z])", text)) > 3  # noqa: PLR2004  # by eye


def _number(text: str, before: str, after: str, last: Piece | None) -> Piece:
    if last is not None and before.endswith(":") and _port_follows(before, last):
        return Piece(text, "port", "port") if len(text) <= 5 else Piece(text, "number")  # noqa: PLR2004  # digits of a port
    if _PORT_BEFORE.search(before) and len(text) <= 5:  # noqa: PLR2004
        return Piece(text, "port", "port")
    if len(text) <= 5 and _STATUS_BEFORE.search(before) or len(text) == 3 and _REASON_AFTER.match(after):  # noqa: PLR2004, RUF021
        return Piece(text)
    return Piece(text, "id" if _NUMBER_ID_BEFORE.search(before) else "number")


def _port_follows(before: str, last: Piece) -> bool:
    """Whether the colon right before stands behind a host."""
    return last.fixed and last.text == ":" and _HOST_END.search(before) is not None


_HOST_END: Final = re.compile(r"(?:[\w.-]*[a-z\d]):$")


def _is_host(text: str, before: str, after: str) -> bool:
    if _IP.fullmatch(text) or _DOMAIN.fullmatch(text) or text == "localhost":
        return True
    if _HOST_BEFORE.search(before):
        return True
    if not text[0].islower() or text.lower() in _NO_HOSTS or re.search(r"\.(?:[cm]?[jt]sx?|py|html|json)$", text):
        return False
    return (_PORT_AFTER if re.search(r"[.-]", text) else _LONG_PORT_AFTER).match(after) is not None


def _simple(kind: str) -> _Reader:
    return lambda found, _last, _quotes: iter((Piece(found[0], kind),))


_Reader = Callable[[re.Match[str], Piece | None, bool], Iterator[Piece]]
_WORD: Final = re.compile(r"\w(?:[\w.-]*\w)?")
_READERS: Final[dict[str, _Reader]] = {
    "unseen": _simple("unseen character"), "secret": _simple("secret"), "url": _simple("URL"), "mail": _simple("mail address"),
    "time": _simple("time"), "six": _simple("address"), "quoted": _quoted, "path": _path, "word": _word,
}  # fmt: skip


# From pieces to shapes: where the words that matter begin and end, the best guess first.

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


def _cut(pieces: Iterable[Piece], limit: int = MAX_TEXT) -> Iterator[Piece]:
    """The first pieces, up to a clause or a word that ends before the limit. Values count little, however long they are."""
    length = varying = 0
    for piece in pieces:
        varying += not piece.fixed
        if varying > MAX_VARYING or length >= limit:
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
    kind = "number" if _GROUP_CLASSES.get(name) == r"\d+" else "id"
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
    whole = _finished(Shape((*head, *_cut(own, max(1, MAX_TEXT - len(Shape(head).text))))))
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
    ends = [found.end() for found in _LABEL_END.finditer(text, 0, MAX_TEXT)]
    if not ends:
        cut = text[:_MAX_LABEL]
        ends = [cut.rfind(" ") + 1 if len(text) > _MAX_LABEL and " " in cut else len(cut)]
    for quotes in (False, True):
        for end in ends:
            shape = Shape(tuple(piece._replace(name=None) for piece in pieces_of(text[:end], quotes=quotes)), at_start=True)
            if shape.usable:
                yield shape
