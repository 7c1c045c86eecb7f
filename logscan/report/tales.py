"""Stories of single mascots as chunks of data, as many as there is room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from logscan.model import Stories, Story
from logscan.report.packing import Chunk, pack

SIZE: Final = 100
_MILLISECOND: Final = 1_000_000
_ID: Final = "\ue000"


def tales(stories: Stories, order: Sequence[int], ids: Sequence[str], base: int, room: int) -> Iterator[Chunk]:
    """Chunks of `SIZE` mascots each, in the page's order, until `room` bytes are filled."""
    for start in range(0, len(order), SIZE):
        chunk = pack(f"tale-{start // SIZE}", _tale(stories, order[start : start + SIZE], ids[start : start + SIZE], base))
        room -= chunk.size
        if room < 0:
            return
        yield chunk


def _tale(stories: Stories, rows: Sequence[int], ids: Sequence[str], base: int) -> dict[str, Any]:
    """`lines` per mascot: kind, time, source, line, text and cause; kinds, texts and causes are numbers of their lists."""
    kinds: dict[str, int] = {}
    texts: dict[str, int] = {}
    causes: dict[str, int] = {}
    lines: list[list[list[int | None]]] = []
    more: list[int] = []
    for row, name in zip(rows, ids, strict=True):
        story: Story = stories.story(row)
        more.append(story.more)
        lines.append(
            [
                [
                    kinds.setdefault(line.kind, len(kinds)),
                    None if line.stamp is None else line.stamp // _MILLISECOND - base,
                    line.source,
                    line.line,
                    texts.setdefault(line.text.replace(name, _ID) if name else line.text, len(texts)),
                    -1 if line.cause is None else causes.setdefault(line.cause, len(causes)),
                ]
                for line in story.lines
            ]
        )
    return {"kinds": list(kinds), "texts": list(texts), "causes": list(causes), "lines": lines, "more": more}
