"""status-contradiction: logs and database disagree."""

from __future__ import annotations

from collections import Counter

import polars as pl

from logscan.findings.case import MAX_EVIDENCE, Case
from logscan.findings.rows import meaning_of
from logscan.model import Evidence, Finding

# What the logs say of these is inferred from silence, and a row may have changed since.
_INFERRED = frozenset({"waiting", "stalled"})


def contradicting(case: Case) -> dict[str, tuple[str, str]]:
    """The mascots whose row says another thing than the logs: outcome and status."""
    if case.rows is None or case.stored is None:
        return {}
    pairs = case.rows.select("mascot_id", "logs", "database", "image").filter(pl.col("database") != "absent")
    kinds = {
        (logs, database, image)
        for logs, database, image in pairs.select("logs", "database", "image").unique().iter_rows()
        if meaning_of(logs, database, image, partial=case.stored.partial)[0] == "contradiction"
    }
    return {mascot: (logs, database) for mascot, logs, database, image in pairs.iter_rows() if (logs, database, image) in kinds}


def status_contradiction(case: Case) -> Finding | None:
    """Mascots of whom the database says another thing than the logs."""
    found = contradicting(case)
    if not found:
        return None
    certain = any(logs not in _INFERRED for logs, _ in found.values())
    ((logs, database), most) = Counter(found.values()).most_common(1)[0]
    stamps = [item.stamp for mascot in found for item in case.by_mascot.get(mascot, ()) if item.stamp is not None]
    return Finding(
        "status-contradiction", "warning", "certain" if certain else "likely", min(stamps, default=None), max(stamps, default=None),
        True, len(found), supports=_proof(case, list(found)), missing=() if case.worker_heard else ("worker-log",),
        values={"logs": logs, "database": database, "most": most},
    )  # fmt: skip


def _proof(case: Case, mascots: list[str]) -> tuple[Evidence, ...]:
    """Per mascot its last line and its row."""
    out: list[Evidence] = []
    for mascot in mascots[: MAX_EVIDENCE // 2]:
        out += [case.evidence_of(item) for item in case.by_mascot.get(mascot, ())[-1:]]
        out += case.row_evidence([mascot], 1)
    return tuple(out)
