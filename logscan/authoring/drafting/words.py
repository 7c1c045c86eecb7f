"""What a word of a line is: an id, a number, a host, or a word that tells. That depends on the words beside it as well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from logscan.authoring.drafting.pieces import IP, Piece

_LONG_ID, _LONG_HEX = 10, 20
_DOMAIN: Final = re.compile(
    r"(?:[a-z0-9_][\w-]*\.)+(?:com|net|org|io|dev|app|internal|local|cloud|co|ai|eu|fr|de|uk|us|ch|be|in|tech|sh|site|example)"
)
_HOST_BEFORE: Final = re.compile(r"\b(?:ENOTFOUND|EAI_\w{2,10}|ENODATA|ESERVFAIL|[Cc]ould not resolve host:?) $")
_HOST_END: Final = re.compile(r"(?:[\w.-]*[a-z\d]):$")
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
CODE: Final = re.compile(r"[A-Z]{1,6}\d{2,5}|[A-Z][A-Z0-9]*_[A-Z0-9_]+|\d{2}[A-Z]\d{2}")
_DURATION: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:ms|s|sec|m|min|h|µs|ns)")
_AMOUNT: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)([A-Za-z]{1,3})")
_SIZE: Final = re.compile(r"[0-9]{1,6}(?:x[0-9]{1,6}){1,2}")
_VERSION: Final = re.compile(r"(v?)([0-9]+(?:\.[0-9]+)+(?:-[\w.-]+)?)")
_NUMBERED: Final = re.compile(r"([A-Za-z]*[a-z][-_])([0-9]+)")


def word_pieces(found: re.Match[str], last: Piece | None, _quotes: bool) -> Iterator[Piece]:
    """The pieces of a word that was found in a text, behind the piece `last`."""
    text, before, after = found[0], found.string[max(0, found.start() - 40) : found.start()], found.string[found.end() :][:40]
    if text.isascii() and text.isdigit():
        yield _number(text, before, after, last)
    elif _is_host(text, before, after):
        yield Piece(text, "host", "host")
    elif not re.search(r"[0-9]", text):
        yield Piece(text, "id") if _HEX.fullmatch(text) and len(text) >= _LONG_HEX else Piece(text)
    elif CODE.fullmatch(text) and not _ID_BEFORE.search(before):
        yield Piece(text)
    elif _DURATION.fullmatch(text):
        yield Piece(text, "duration")
    elif _SIZE.fullmatch(text):
        yield Piece(text, "size")
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
        yield from (Piece(amount[1], "amount" if "." in amount[1] else "number"), Piece(amount[2]))
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


def _is_host(text: str, before: str, after: str) -> bool:
    if IP.fullmatch(text) or _DOMAIN.fullmatch(text) or text == "localhost":
        return True
    if _HOST_BEFORE.search(before):
        return True
    if not text[0].islower() or text.lower() in _NO_HOSTS or re.search(r"\.(?:[cm]?[jt]sx?|py|html|json)$", text):
        return False
    return (_PORT_AFTER if re.search(r"[.-]", text) else _LONG_PORT_AFTER).match(after) is not None
