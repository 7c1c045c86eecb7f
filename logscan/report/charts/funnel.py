"""How far mascots came: asked for, enqueued, picked up, generated, and where the others were lost."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import polars as pl

from logscan.model import OUTCOMES, Diagnosis
from logscan.report.charts.shapes import Picture, Table, listed
from logscan.report.words import Words

_WIDTH, _ROW, _BAR = 350, 62, 20


class Stage(NamedTuple):
    """A stage: how many reached it, and where those ended that reached no further."""

    name: str
    mascots: int
    lost: Counter[str]


def stages(mascots: pl.DataFrame) -> list[Stage]:
    """The stages; each holds those of the next and those that were lost before it."""
    lost = {name: Counter[str]() for name in ("asked", "enqueued", "processing", "generated")}
    reached = mascots.select("outcome", (pl.col("attempts") > 0).alias("tried")).group_by("outcome", "tried").len()
    for outcome, tried, count in reached.iter_rows():
        if outcome == "generated":
            lost["generated"][outcome] += count
        elif outcome == "enqueue_failed":
            lost["asked"][outcome] += count
        else:
            lost["processing" if tried or outcome in ("generation_failed", "stalled") else "enqueued"][outcome] += count
    left = sum(count.total() for count in lost.values())
    out = []
    for name, gone in lost.items():
        out.append(Stage(name, left, Counter() if name == "generated" else gone))
        left -= gone.total()
    return out


def funnel_picture(diagnosis: Diagnosis, words: Words) -> Picture | None:
    """The picture, or None without mascots."""
    if diagnosis.mascots.is_empty():
        return None
    found = stages(diagnosis.mascots)
    total = found[0].mascots
    names = {stage.name: words.ui("asked" if stage.name == "asked" else f"stage-{stage.name}") for stage in found}
    desc = listed(f"{names[stage.name]} {words.number(stage.mascots)}" for stage in found) + "."
    rows = tuple((names[s.name], words.number(s.mascots), words.percent(s.mascots, total), _lost(s.lost, words)) for s in found)
    head = (words.ui("stage"), words.ui("mascots"), words.ui("share"), words.ui("dropped-off"))
    picture = Picture("funnel", words.ui("pic-funnel"), desc, _WIDTH, _ROW * len(found) - 16, Table(head, rows, (), frozenset({1, 2})))
    for place, stage in enumerate(found):
        y = place * _ROW
        wide = (_WIDTH - 2) * stage.mascots / total
        picture.text(0, y + 13, names[stage.name])
        picture.text(_WIDTH, y + 13, f"{words.number(stage.mascots)} · {words.percent(stage.mascots, total)}", "strong", "end")
        picture.rect(0, y + 20, _WIDTH, _BAR, "track")
        if stage.mascots:
            picture.rect(0, y + 20, wide, _BAR, "o-generated" if stage.name == "generated" else "bar")
        at = wide
        for outcome in reversed(OUTCOMES):
            if stage.lost[outcome]:
                part = (_WIDTH - 2) * stage.lost[outcome] / total
                at -= part
                picture.rect(at, y + 20, part, _BAR, f"o-{outcome}")
                picture.rect(at, y + 20, part, _BAR, f"x-{outcome}")
        if stage.lost:
            picture.text(_WIDTH, y + 56, f"− {_lost(stage.lost, words)}", "soft", "end")
    return picture


def _lost(lost: Counter[str], words: Words) -> str:
    return listed(f"{words.number(lost[name])} {words.ui(name)}" for name in OUTCOMES if lost[name]) or "–"
