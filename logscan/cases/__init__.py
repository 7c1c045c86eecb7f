"""A case: what one scan saw, redacted, in one zip file, so that somebody else can look and gets the same answer.

case.json       what was read, how it was judged, the set-up without its values
lines.jsonl     the lines that a rule knew, or that follow a failure: all that findings are drawn from
beside.jsonl    the lines around them, as far as there is room
database.jsonl  rows of the database: status and addresses, without names
report.json, report.en.html, report.fr.html
"""

from logscan.cases.keep import Kept, packed
from logscan.cases.open import opened

__all__ = ["Kept", "opened", "packed"]
