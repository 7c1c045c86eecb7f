"""The version, once; a release's tag must equal it."""

__version__ = "0.1.0"
