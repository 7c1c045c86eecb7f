"""Two inputs that overlap, such as two pulls, count each record once.

A record is known by its stamp and message. Only where the stretches of two inputs overlap are
their records compared, in a second reading of just those parts. Nothing is merged inside one input, so
true repeats stay; lines without a stamp of their own, or stamped to the second only, are never merged.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

from logscan.model import Record
from logscan.reading import Reader
from logscan.times import SECOND

Key = tuple[int, bytes]
# A line and a stamp: a line may hold a whole array of records.
Place = tuple[int, int | None]


def duplicates(readers: Sequence[Reader], tagged: frozenset[int]) -> dict[int, Counter[Place]]:
    """Per source, the places of records that an earlier source holds already, with how many stand at each."""
    out: dict[int, Counter[Place]] = {}
    for later in range(1, len(readers)):
        windows = {earlier: w for earlier in range(later) if (w := _overlap(readers[earlier], readers[later])) is not None}
        if not windows:
            continue
        low, high = min(low for low, _ in windows.values()), max(high for _, high in windows.values())
        mine = _mergeable(readers[later].again(low, high))
        double: set[int] = set()
        for earlier, window in windows.items():
            with_replica = {earlier, later} <= tagged
            known = Counter(_key(record, with_replica) for record in _mergeable(readers[earlier].again(*window)))
            for place, record in enumerate(mine):
                key = _key(record, with_replica)
                if known[key] > 0:
                    known[key] -= 1
                    double.add(place)
        if double:
            out[later] = Counter((mine[place].line, mine[place].stamp) for place in double)
    return out


def _mergeable(records: Iterable[Record]) -> list[Record]:
    """The records that can be recognised in another input: stamped by Railway, or by a logger that writes more than seconds."""
    stamped = [record for record in records if record.stamp is not None]
    fine = any(record.stamp % SECOND for record in stamped if record.stamp and record.clock != "railway")
    return stamped if fine else [record for record in stamped if record.clock == "railway"]


def _key(record: Record, with_replica: bool) -> Key:
    # Not the logger: a dashboard .log loses what a JSON logger put into fields.
    text = f"{record.message}\0{record.replica if with_replica else ''}"
    return record.stamp or 0, hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).digest()


def _overlap(a: Reader, b: Reader) -> tuple[int, int] | None:
    if a.first is None or a.last is None or b.first is None or b.last is None:
        return None
    low, high = max(a.first, b.first), min(a.last, b.last)
    return (low, high) if low <= high else None
