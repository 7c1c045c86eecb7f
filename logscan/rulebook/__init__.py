"""YAML → validated Rulebook. A rule error says which file, line and column."""

from logscan.rulebook.anchors import FOLDED, fold
from logscan.rulebook.book import TIMEOUT, Compiled, Rulebook, Story, default_rules, load_rules, read_rules, user_rules

__all__ = ["FOLDED", "TIMEOUT", "Compiled", "Rulebook", "Story", "default_rules", "fold", "load_rules", "read_rules", "user_rules"]
