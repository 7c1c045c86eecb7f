"""The page's own style and scripts, and the policy that lets nothing else act."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from markupsafe import Markup

STYLES: Final = ("tokens.css", "base.css", "report.css", "pictures.css", "print.css")
SCRIPTS: Final = ("data.js", "format.js", "copy.js", "story.js", "filter.js", "table.js", "main.js")


class Assets(NamedTuple):
    """One style sheet, one script, and the policy that names both by their digests."""

    style: Markup
    script: Markup
    policy: str


@cache
def assets() -> Assets:
    """The files of `templates/`, put together."""
    style, script = joined("css", STYLES), joined("js", SCRIPTS)
    own = f"style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:"
    policy = f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"
    return Assets(Markup(style), Markup(script), policy)  # noqa: S704  # the package's own files


def joined(folder: str, names: tuple[str, ...]) -> str:
    """Files of `templates/` one after the other, for any page that is to look like this one (`tokens.css`, `base.css`)."""
    place = files("logscan.report") / "templates" / folder
    return "\n" + "\n".join((place / name).read_text("utf-8").replace("\r\n", "\n") for name in names)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
