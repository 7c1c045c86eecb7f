"""What pictures are made of. Places are in units of the picture; colours come from the classes, in the page's style."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from markupsafe import Markup, escape


@dataclass(frozen=True, slots=True)
class Table:
    """The table that says the same as a picture. Cells are texts; `numbers` are the columns that line up to the right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    foot: tuple[str, ...] = ()
    numbers: frozenset[int] = frozenset()


class Key(NamedTuple):
    """An entry of the legend: its class, its words, its number."""

    name: str
    text: str
    number: str = ""


@dataclass(slots=True)
class Picture:
    """A drawing with its words. `shapes` are elements of SVG; `narrow` is the same for small screens, where one is of use."""

    name: str
    title: str
    desc: str
    width: int
    height: int
    table: Table
    legend: tuple[Key, ...] = ()
    shapes: list[Markup] = field(default_factory=list)
    narrow: Picture | None = None

    def rect(self, x: float, y: float, width: float, height: float, name: str, **more: str | int) -> None:
        """A bar; one too small to be seen is drawn as a hairline."""
        self._add("rect", name, more, x=x, y=y, width=max(width, 0.5), height=max(height, 0.5))

    def line(self, start: tuple[float, float], end: tuple[float, float], name: str) -> None:
        """A straight line."""
        self._add("line", name, {}, x1=start[0], y1=start[1], x2=end[0], y2=end[1])

    def circle(self, x: float, y: float, radius: float, name: str) -> None:
        """A dot."""
        self._add("circle", name, {}, cx=x, cy=y, r=radius)

    def text(self, x: float, y: float, words: str, name: str = "", anchor: Literal["start", "middle", "end"] = "start") -> None:
        """A line of text, from its baseline."""
        where = {"text-anchor": anchor} if anchor != "start" else {}
        attributes = _attributes({"class": f"t {name}".strip(), "x": number(x), "y": number(y), **where})
        self.shapes.append(Markup("<text{}>{}</text>").format(attributes, words))

    def _add(self, tag: str, name: str, more: dict[str, str | int], **places: float) -> None:
        values = {
            "class": name,
            **{key: number(value) for key, value in places.items()},
            **{k.replace("_", "-"): v for k, v in more.items()},
        }
        self.shapes.append(Markup("<{}{}/>").format(tag, _attributes(values)))


def _attributes(values: dict[str, str | int]) -> Markup:
    return Markup("").join(Markup(' {}="{}"').format(key, escape(value)) for key, value in values.items())


def number(value: float) -> str:
    """A place with one decimal at most, the same on every machine."""
    return f"{value:.1f}".removesuffix(".0")


def fit(words: str, width: float, size: float = 13) -> str:
    """`words` cut to about `width` units at a font size."""
    most = max(int(width / (size * 0.55)), 4)
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def listed(items: Iterable[str]) -> str:
    """`a, b, c`."""
    return ", ".join(items)
