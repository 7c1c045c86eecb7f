"""YAML → validated Rulebook. A rule error says which file, line and column."""

from logscan.rulebook.book import Compiled, Rulebook, default_rules, load_rules

__all__ = ["Compiled", "Rulebook", "default_rules", "load_rules"]
