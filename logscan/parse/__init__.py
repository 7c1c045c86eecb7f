"""Lines → records, whatever wrote them.

`railway.py` takes off what Railway and its tools put around a line, `loggers.py` what the app's
logger did; the two nest, since a Railway record's message usually is a logger's line.
"""

from logscan.parse.dates import DayOrder
from logscan.parse.lines import FORMATS, LineParser, detect

__all__ = ["FORMATS", "DayOrder", "LineParser", "detect"]
