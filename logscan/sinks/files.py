"""Writing files whole: a reader never sees half a report."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import polars as pl

from logscan.errors import LogscanError, UsageError


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text in one step. Raises LogscanError if the place cannot be written."""
    write_bytes(path, text.encode("utf-8", "replace"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write beside `path` first, then put it in place; devices and pipes are written to. Raises LogscanError."""
    path = path.resolve()
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise LogscanError(f"cannot write '{path}': {error.strerror or error}") from error


def write_timeline(path: Path, mascots: pl.DataFrame) -> None:
    """The MASCOTS frame as .jsonl, .csv or .parquet, by the file's ending. Raises UsageError, LogscanError."""
    ending = path.suffix.lower()
    if ending == ".parquet":
        write_bytes(path, _parquet(mascots))
        return
    times = pl.col("enqueued_at", "started_at", "ended_at").dt.strftime("%Y-%m-%dT%H:%M:%S%.9fZ")
    flat = mascots.with_columns(times)
    if ending in (".jsonl", ".ndjson"):
        write_text(path, flat.write_ndjson())
    elif ending == ".csv":
        write_text(path, flat.with_columns(pl.col("causes").list.join(" ")).write_csv())
    else:
        raise UsageError(f"--timeline '{path}': the file must end in .jsonl, .csv or .parquet")


def _parquet(mascots: pl.DataFrame) -> bytes:
    import io

    buffer = io.BytesIO()
    mascots.write_parquet(buffer)
    return buffer.getvalue()
