"""Addresses of images: where the input names them, whose they are, and which of many to ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

import polars as pl

from logscan.model import ImageUrl, Stored
from logscan.ordering import Seen
from logscan.times import EARLIEST

SUFFIXES: Final = ("png", "jpg", "jpeg", "webp", "gif", "svg", "avif")
_URL: Final = re.compile(
    rf"https?://[^\s'\"<>`\\\[\]{{}}|^]{{3,2000}}?\.(?:{'|'.join(SUFFIXES)})(?![\w.-])(?:\?[^\s'\"<>`\\)\]}}]{{0,4000}})?", re.IGNORECASE
)
_MAX: Final = 20_000
_SEGMENT: Final = re.compile(r"[^/?#&=]{3,64}")
# What a browser asks for by itself.
_OWN: Final = re.compile(
    r"/(?:favicon|apple-touch-icon|android-chrome|mstile|logo|swagger)[^/]*$|/(?:swagger|api-docs)(?:-ui)?/", re.IGNORECASE
)
_PORTS: Final = {"http": 80, "https": 443}


def image_urls(named: Iterable[Seen], requests: Iterable[Seen], stored: Stored | None, known: Iterable[str]) -> list[ImageUrl]:
    """The images' addresses in the database's rows, in lines that name some and in HTTP requests, each once; `known` are ids of mascots."""
    ids = set(known)
    out: dict[str, ImageUrl] = {}
    for url in (*_of_rows(stored), *_of_lines(named, ids), *_of_requests(requests, ids)):
        before = out.get(url.url)
        better = before is not None and before.mascot is None and url.mascot is not None
        if better or (before is None and len(out) < _MAX):
            out[url.url] = url
    return list(out.values())


def _of_rows(stored: Stored | None) -> Iterator[ImageUrl]:
    if stored is None:
        return
    columns = stored.rows.select("mascot_id", pl.col("created_at").cast(pl.Int64), "full_body_url", "avatar_url")
    for mascot, created, *urls in columns.iter_rows():
        for url in urls:
            if url and url.strip():
                yield ImageUrl(url.strip(), mascot, created)


def _of_lines(seen: Iterable[Seen], known: set[str]) -> Iterator[ImageUrl]:
    for item in seen:
        text = item.sighting.text
        if "://" in text and "data:" not in text[:80]:
            for url in urls_in(text):
                yield ImageUrl(url, item.sighting.mascot or owner_of(url, known), item.stamp)


def _of_requests(requests: Iterable[Seen], known: set[str]) -> Iterator[ImageUrl]:
    for item in requests:
        host, path = item.sighting.captures.get("host"), item.sighting.captures.get("path", "")
        if host and path.startswith("/") and not is_own_of_browsers(path):
            yield ImageUrl(f"https://{host}{path}", owner_of(path, known), item.stamp)


def urls_in(text: str) -> list[str]:
    """The image addresses that a text names."""
    return [found[0] for found in _URL.finditer(text[:20_000])]


def owner_of(path: str, known: Iterable[str]) -> str | None:
    """The mascot whose id stands in an address."""
    ids = known if isinstance(known, set | frozenset | Mapping) else set(known)
    return next((part for part in _SEGMENT.findall(path) if part in ids), None)


def is_own_of_browsers(path: str) -> bool:
    """Whether an image is one that browsers and pages ask for by themselves, and no mascot's."""
    return _OWN.search(path.partition("?")[0]) is not None


def host_of(url: str) -> str:
    """The host of an address, with its port where that is not the usual one; empty where it has none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    return host if port in (None, _PORTS.get(parts.scheme)) else f"{host}:{port}"


def shown(url: str) -> str:
    """An address as it may be shown: without user and password, and without its query, which may hold a signature."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("?")[0][:200]
    return f"{parts.scheme}://{host_of(url)}{parts.path}{'?…' if parts.query else ''}"


def _kind_of(url: str) -> str:
    """What sort of image an address stands for: its file's name without numbers and ids."""
    name = urlsplit(url).path.rpartition("/")[2].lower() if host_of(url) else ""
    return re.sub(r"[0-9a-f-]{8,}|\d+", "#", name)


def sample(urls: Sequence[ImageUrl], number: int) -> list[ImageUrl]:
    """At most `number` of the addresses, spread over hosts, sorts of images and time; the newest of each first."""
    groups: dict[tuple[str, str], list[ImageUrl]] = {}
    for url in sorted(urls, key=lambda it: (-(it.created if it.created is not None else EARLIEST), it.url)):
        groups.setdefault((host_of(url.url), _kind_of(url.url)), []).append(url)
    turns = [_spread(group) for _, group in sorted(groups.items())]
    out: list[ImageUrl] = []
    while turns and len(out) < number:
        for turn in list(turns):
            chosen = next(turn, None)
            if chosen is None:
                turns.remove(turn)
            elif len(out) < number:
                out.append(chosen)
    return out


def _spread(group: Sequence[ImageUrl]) -> Iterator[ImageUrl]:
    """All of a group, in an order of which any beginning is spread over it: both ends, the middle, the quarters, and so on."""
    done: set[int] = set()
    parts, last = 1, len(group) - 1
    while len(done) < len(group):
        for part in range(parts + 1):
            place = last * part // parts
            if place not in done:
                done.add(place)
                yield group[place]
        parts *= 2
