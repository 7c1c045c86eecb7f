"""How a server is set up: where it listens, what it keeps, what it refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from logscan.addresses import is_loopback

KILO: Final = 1024
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", re.IGNORECASE)
_PREFIXES: Final = ("", "k", "M", "G", "T")
# Long enough that nobody guesses it, short enough to be typed.
MIN_TOKEN: Final = 12


@dataclass(frozen=True, slots=True)
class Settings:
    """Sizes in bytes, times in seconds. `rate` counts uploads of one client per minute, `queue` those that wait or run,
    `check_urls` how many image addresses a scan may ask: none, unless whoever runs the server says so.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 0
    token: str | None = None
    keep: float = 7 * 86400
    upload: int = KILO**3
    expanded: int = 20 * KILO**3
    files: int = 20
    scan_time: float = 600
    idle: float = 30
    workers: int = 2
    queue: int = 50
    rate: int = 60
    hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    check_urls: int = 0

    @property
    def local(self) -> bool:
        """Whether only this machine reaches the server: nothing then leaves it, and secrets may be shown on request."""
        return is_loopback(self.host) and not self.hosts and not self.proxies


def parse_size(text: str) -> int:
    """`500MB`, `1.5 GB`, `2GiB` (all in steps of 1024) as bytes. Raises ValueError."""
    found = _SIZE.fullmatch(text.strip())
    size = int(float(found[1]) * KILO ** " kmgt".index(found[2].lower() or " ")) if found else 0
    if size < 1:
        raise ValueError(f"'{text}' is not a size (such as 500MB, 1GB)")
    return size


def format_size(size: float, *, french: bool = False) -> str:
    """Bytes as people write them: `512 B`, `1.4 MB`; in French `1,4 Mo`."""
    step = 0
    while size >= KILO and step < len(_PREFIXES) - 1:
        size, step = size / KILO, step + 1
    number = f"{size:.1f}".removesuffix(".0") if step and size < 100 else f"{size:.0f}"  # noqa: PLR2004  # three digits do
    return f"{number.replace('.', ',' if french else '.')}\u00a0{_PREFIXES[step]}{'o' if french else 'B'}"
