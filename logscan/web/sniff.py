"""What is no log, by its first bytes: told before it is scanned."""

from __future__ import annotations

from typing import Final

from logscan.sources.inflate import begins_case, compression_of, refused_as

# So many bytes are looked at.
HEAD: Final = 4096
_BOMS: Final = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
_OTHER: Final = (
    (b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"), (b"\x7fELF", "ELF"), (b"MZ", "EXE"), (b"Rar!", "RAR"),
    (b"SQLite format 3\0", "SQLite"), (b"PK\x05\x06", "zip"), (b"PAR1", "Parquet"),
)  # fmt: skip


def not_a_log(head: bytes) -> str | None:
    """What a file is that cannot be a log, by its first bytes."""
    if compression_of(head) or head.startswith(_BOMS) or begins_case(head):
        return None
    known = refused_as(head) or next((name for magic, name in _OTHER if head.startswith(magic)), None)
    return known or ("binary file" if head.count(0) * 20 > len(head) else None)
