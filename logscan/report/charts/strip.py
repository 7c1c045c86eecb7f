"""One mascot's own timeline: when it waited, ran, failed, and was made. The page's script draws the same for any other."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from logscan.model import Story, StoryLine
from logscan.report.charts.shapes import Picture, Table, listed
from logscan.report.words import Words
from logscan.times import SECOND

STEPS: Final = ("enqueued", "enqueue_failed", "processing", "upload_failed", "uploaded", "generation_failed", "generated")
_WIDTH, _HEIGHT, _LINE = 520, 54, 24
_GAP: Final = 58
# What a mascot does after a step.
_AFTER: Final = {"enqueued": "waits", "processing": "runs", "uploaded": "runs", "upload_failed": "runs", "generation_failed": "waits"}


def strip_picture(mascot: str, story: Story, words: Words, number: int) -> Picture | None:
    """The strip, or None where fewer than two of the mascot's steps have a time."""
    steps = [(line, line.stamp) for line in story.lines if line.kind in STEPS and line.stamp is not None]
    steps.sort(key=lambda pair: pair[1])
    if not steps or steps[0][1] == steps[-1][1]:
        return None
    start, end = steps[0][1], steps[-1][1]
    name = f"strip-{number}"
    told = listed(f"{words.moment(stamp)} {words.ui(f'step-{line.kind}')}" for line, stamp in steps)
    picture = Picture(name, words.ui("pic-strip", id=mascot), words.ui("strip-desc", steps=told), _WIDTH, _HEIGHT, _table(steps, words))

    def x(stamp: int) -> float:
        return 6 + (stamp - start) / (end - start) * (_WIDTH - 12)

    for (line, stamp), (_, following) in pairwise(steps):
        picture.rect(x(stamp), _LINE - 4, x(following) - x(stamp), 8, _AFTER.get(line.kind, "waits"))
        if x(following) - x(stamp) > _GAP:
            picture.text((x(stamp) + x(following)) / 2, _LINE - 9, words.duration((following - stamp) / SECOND), "soft", "middle")
    last = -2.0 * _GAP
    for line, stamp in steps:
        picture.circle(x(stamp), _LINE, 5, f"dot s-{line.kind}")
        if x(stamp) - last > _GAP * 1.6 or stamp == end:
            anchor = "start" if stamp == start else "end" if stamp == end else "middle"
            if stamp == end or x(end) - x(stamp) > _GAP * 1.6:
                picture.text(min(max(x(stamp), 1), _WIDTH - 1), _LINE + 24, words.ui(f"step-{line.kind}"), "", anchor)  # type: ignore[arg-type]  # one of the three
                last = x(stamp)
    return picture


def _table(steps: list[tuple[StoryLine, int]], words: Words) -> Table:
    rows = tuple((words.moment(stamp), words.ui(f"step-{line.kind}")) for line, stamp in steps)
    return Table((words.ui("time"), words.ui("kind")), rows)
