"""The upload page: `logscan serve`. `app.py` puts it together; `scanner.py` is what a worker process runs.

The server process never reads a log: it writes uploads to disk, and its workers, processes of their own, scan
them. It must therefore not import what is heavy (polars, the rules).
"""
