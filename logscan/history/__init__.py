"""What nightly runs remember: nights, what they found, mascots that were open at their end, and mails that are to be sent."""

from logscan.history.opening import open_history
from logscan.history.rows import Carried, HistoryError, Letter, Mail, Night, Recorded
from logscan.history.store import History

__all__ = ["Carried", "History", "HistoryError", "Letter", "Mail", "Night", "Recorded", "open_history"]
