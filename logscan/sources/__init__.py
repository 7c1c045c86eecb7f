"""Where bytes come in: files, folders, globs, standard input; plain or compressed, UTF-8 or UTF-16."""

from logscan.sources.inputs import FileSource, PipeSource, Source, expand

__all__ = ["FileSource", "PipeSource", "Source", "expand"]
