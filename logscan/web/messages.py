"""What the server and its worker processes say to each other."""

from __future__ import annotations

import msgspec

from logscan.web.options import ScanOptions
from logscan.web.store import Summary


class Request(msgspec.Struct, frozen=True):
    """Scan the files 0, 1, … in `folder`/files, called `names`, and write the report into `folder`. `expanded` in bytes.

    At most `check_urls` image addresses may be asked.
    """

    folder: str
    names: list[str]
    options: ScanOptions
    expanded: int
    check_urls: int = 0

    @property
    def may_ask(self) -> bool:
        """Whether both the server and the upload want image addresses asked."""
        return self.options.check_urls and self.check_urls > 0


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a scan is (bytes read; then judging), and in the end either its summary or the key of a problem."""

    read: int = 0
    judging: bool = False
    summary: Summary | None = None
    problem: str | None = None

    @property
    def last(self) -> bool:
        """Whether the scan is over."""
        return self.summary is not None or self.problem is not None
