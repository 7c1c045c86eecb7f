"""What an answer for an image says: whether it is one, and if not, what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from logscan.times import SECOND, UTC, parse_stamp
from logscan.visible import visible

# Above it an image takes too long on the way to a plugin that waits for it.
LARGE: Final = 20 << 20
_OK: Final = frozenset({200, 206})
_GONE: Final = frozenset({404, 410})
_DENIED: Final = frozenset({400, 401, 403})
_TOO_MANY: Final = 429
_SERVER: Final = 500
_MAGIC: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
_BRANDS: Final = frozenset({b"avif", b"avis", b"mif1", b"heic"})
_SVG: Final = re.compile(
    rb"^\s*(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,300}>\s*)?(?:<!--.{0,2000}?-->\s*|<!DOCTYPE svg[^>]{0,500}>\s*)*<svg\b", re.DOTALL
)
_HTML: Final = re.compile(rb"^\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|title|h1)\b", re.IGNORECASE)
_EXPIRED: Final = re.compile(
    rb"Request has expired|ExpiredToken|AuthenticationFailed.{0,200}expir|InvalidJWT|\bexp\W{0,3}claim|jwt expired|[Ss]ignature expired",
    re.DOTALL,
)
_BUCKET: Final = re.compile(rb"NoSuchBucket|Bucket not found|The specified bucket does not exist")
_ABSENT: Final = re.compile(rb"NoSuchKey|Object not found|\"statusCode\"\s*:\s*\"?404\"?|The resource was not found")
_XML_CODE: Final = re.compile(rb"<Code>([A-Za-z]{3,60})</Code>")


@dataclass(frozen=True, slots=True)
class Body:
    """The end of a way: status, headers, the first bytes; `told` is the size that HEAD gave."""

    status: int
    headers: Mapping[str, str]
    start: bytes
    told: int | None = None

    @property
    def type(self) -> str | None:
        """The content's type, as far as it is one."""
        text = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return text if re.fullmatch(r"[\w.+-]{1,40}/[\w.+-]{1,60}", text) else None

    @property
    def size(self) -> int | None:
        """The whole image's size in bytes."""
        total = self.headers.get("content-range", "").rpartition("/")[2]
        length = self.headers.get("content-length", "") if self.status != 206 else ""  # noqa: PLR2004  # a part
        for text in (total, length):
            if text.isdecimal() and len(text) <= 15:  # noqa: PLR2004  # digits
                return int(text)
        return self.told

    @property
    def good(self) -> bool:
        """Whether an image came."""
        return self.status in _OK and is_image(self.start)


def is_image(start: bytes) -> bool:
    """Whether bytes begin like an image of the kinds that browsers show."""
    if start.startswith(_MAGIC):
        return True
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return True
    return (start[4:8] == b"ftyp" and start[8:12] in _BRANDS) or _SVG.match(start[:4096]) is not None


def kind_of(asked: str, final: str, body: Body, now: int) -> str:
    """What an answer means, as a key of the details of `image-urls`. `now` in ns."""
    if body.status in _OK:
        return _kind_of_content(asked, final, body)
    if body.status in _DENIED or body.status in _GONE:
        return _kind_of_refusal(asked, body, now)
    if body.status == _TOO_MANY:
        return "limited"
    return "server" if body.status >= _SERVER else "status"


def _kind_of_content(asked: str, final: str, body: Body) -> str:
    if not is_image(body.start):
        return "html" if _HTML.match(body.start[:4096]) or body.type == "text/html" else "no-image"
    if "http" in (urlsplit(asked).scheme, urlsplit(final).scheme):
        return "insecure"
    return "large" if (body.size or 0) > LARGE else "ok"


def _kind_of_refusal(asked: str, body: Body, now: int) -> str:
    if _BUCKET.search(body.start):
        return "no-bucket"
    if body.status in _GONE or _ABSENT.search(body.start):
        return "not-found"
    ends = expiry_of(asked)
    if _EXPIRED.search(body.start) or (ends is not None and ends < now):
        return "expired"
    return "denied" if body.status in (401, 403) else "status"


def why_of(body: Body) -> str | None:
    """The storage's own code for an error, where it gives one."""
    if body.status in _OK:
        return None
    found = _XML_CODE.search(body.start)
    if found:
        return found[1].decode()
    with suppress(msgspec.DecodeError, ValueError):
        fields: Any = msgspec.json.decode(body.start)
        text = (
            next((fields[key] for key in ("error", "code", "message") if isinstance(fields.get(key), str)), None)
            if isinstance(fields, dict)
            else None
        )
        if text and re.fullmatch(r"[\w .-]{1,60}", text):
            return visible(str(text))
    return None


def expiry_of(url: str) -> int | None:
    """When a signed link ends (ns): those of S3, Google, CloudFront, Azure and Supabase say so; None for others."""
    query = {name.lower(): values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    for maker in ("amz", "goog"):
        date, seconds = query.get(f"x-{maker}-date"), query.get(f"x-{maker}-expires", "")
        if date and seconds.isdecimal() and len(seconds) < 9:  # noqa: PLR2004  # thirty years
            with suppress(ValueError):
                begun = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
                return round((begun + timedelta(seconds=int(seconds))).timestamp()) * SECOND
    if query.get("expires", "").isdecimal() and len(query["expires"]) in (10, 11):
        return int(query["expires"]) * SECOND
    return parse_stamp(query["se"]) if "se" in query else _of_token(query.get("token", ""))


def _of_token(token: str) -> int | None:
    import base64

    parts = token.split(".")
    with suppress(ValueError, msgspec.DecodeError, IndexError):
        claims: Any = msgspec.json.decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        ends = claims.get("exp") if isinstance(claims, dict) else None
        if isinstance(ends, int) and 0 < ends < 1 << 33:
            return ends * SECOND
    return None
