"""Data that a page carries: JSON chunks, compressed where that pays, each opened by the page only when it is wanted."""

from __future__ import annotations

import base64
import zlib
from typing import Any, Final, NamedTuple

import msgspec
from markupsafe import Markup

# Below this a chunk stays plain: readable, and the same bytes whatever library compresses.
PLAIN: Final = 48 << 10
# What would end a script element early, or act in one, is written as an escape that JSON reads as the same character.
_ESCAPES: Final = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


class Chunk(NamedTuple):
    """A chunk as it stands in the page; `packed` ones are zlib in Base64."""

    name: str
    packed: bool
    text: Markup

    @property
    def size(self) -> int:
        """Bytes in the page, its element included."""
        return len(self.text.encode()) + len(self.name) + 80


def pack(name: str, value: Any) -> Chunk:
    """A value as a chunk."""
    encoded = msgspec.json.encode(value)
    if len(encoded) <= PLAIN:
        return Chunk(name, packed=False, text=Markup(encoded.decode().translate(_ESCAPES)))  # noqa: S704  # nothing in it can end its element
    return Chunk(name, packed=True, text=Markup(base64.b64encode(zlib.compress(encoded, 6)).decode()))  # noqa: S704  # Base64
