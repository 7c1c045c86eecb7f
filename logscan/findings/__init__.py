"""Mascots, causes and coverage → conclusions. `conclude` is the way in; each module judges one thing."""

from logscan.findings.case import Case
from logscan.findings.conclude import conclude

__all__ = ["Case", "conclude"]
