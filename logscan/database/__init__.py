"""Rows of the mascots table: from PostgreSQL, from an SQLite file, or from an export of a query's result."""

from logscan.database.export import is_export, read_export
from logscan.database.frame import merged
from logscan.database.names import Names, parse_columns, parse_table
from logscan.database.opening import opened
from logscan.database.window import Ask, Window

__all__ = ["Ask", "Names", "Window", "is_export", "merged", "opened", "parse_columns", "parse_table", "read_export"]
