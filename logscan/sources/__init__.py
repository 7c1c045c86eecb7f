"""Where bytes come in: files, folders, globs, standard input; plain or compressed, UTF-8 or UTF-16."""

from logscan.sources.inputs import FileSource, MemorySource, PipeSource, Source, expand

__all__ = ["FileSource", "MemorySource", "PipeSource", "Source", "expand"]
