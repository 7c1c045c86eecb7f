"""Causes as bars, by mascots hit; where none was hit, by lines."""

from __future__ import annotations

from typing import Final

from logscan.model import Diagnosis
from logscan.report.charts.shapes import Picture, Table, fit, listed
from logscan.report.words import Words

MOST: Final = 8
_WIDTH, _ROW, _BAR, _COUNT = 350, 50, 14, 108


def causes_picture(diagnosis: Diagnosis, words: Words) -> Picture | None:
    """The picture, or None without causes."""
    causes = diagnosis.causes
    if not causes:
        return None
    shown = causes[:MOST]
    by_lines = not any(cause.mascots for cause in causes)
    most = max((cause.lines if by_lines else cause.mascots for cause in shown), default=1) or 1
    desc = words.ui("causes-desc", rows=listed(f"{words.cause(c.id)} {words.number(c.mascots)}" for c in shown))
    head = (words.ui("cause"), "Id", words.ui("component"), words.ui("mascots"), words.ui("lines"), words.ui("first"), words.ui("last"))
    rows = tuple(
        (words.cause(c.id), c.id, c.component, words.number(c.mascots), words.number(c.lines), words.moment(c.first), words.moment(c.last))
        for c in causes
    )
    picture = Picture("causes", words.ui("pic-causes"), desc, _WIDTH, _ROW * len(shown) - 10, Table(head, rows, (), frozenset({3, 4})))
    for place, cause in enumerate(shown):
        y = place * _ROW
        value = cause.lines if by_lines else cause.mascots
        picture.text(0, y + 13, fit(words.cause(cause.id), _WIDTH))
        picture.rect(0, y + 20, _WIDTH - _COUNT, _BAR, "track")
        if value:
            picture.rect(0, y + 20, (_WIDTH - _COUNT) * value / most, _BAR, "bar mild" if cause.warning else "bar cause")
        picture.text(_WIDTH, y + 31, words.counted("lines" if by_lines else "mascots", value), "strong", "end")
    return picture
