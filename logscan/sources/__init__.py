"""Where bytes come in: files, folders, globs, standard input; plain or compressed, UTF-8 or UTF-16."""

from logscan.sources.inputs import FileSource, Source, StdinSource, expand

__all__ = ["FileSource", "Source", "StdinSource", "expand"]
