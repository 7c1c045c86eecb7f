"""What the answers of image addresses say, as far as findings and checks draw on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from logscan.model import Evidence, ImageAnswer
from logscan.redact import Redactor

# Nobody answered as seen from here: it may be this machine's network.
UNREACHED: Final = frozenset({"dns", "no-answer", "slow"})
# Slow or many, and yet the image is there.
DOUBTFUL: Final = frozenset({"large", "limited"})
CORS: Final = "cors"
ASKED: Final = "image addresses"


def trouble_of(answer: ImageAnswer) -> str | None:
    """What keeps the plugin from showing the image; None where nothing does."""
    if answer.kind not in ("ok", "large"):
        return answer.kind
    return CORS if answer.cors is False else "large" if answer.kind == "large" else None


def failing(answers: Iterable[ImageAnswer]) -> list[ImageAnswer]:
    """The answers with which no image is seen."""
    return [it for it in answers if trouble_of(it) not in (None, *DOUBTFUL)]


def explicit(answers: Iterable[ImageAnswer]) -> list[ImageAnswer]:
    """The failing answers in which somebody really answered, or that nobody outside could ever get."""
    return [it for it in failing(answers) if it.kind not in UNREACHED]


def kinds_of(answers: Sequence[ImageAnswer]) -> list[str]:
    """The kinds of trouble, the most frequent first."""
    counts = Counter(kind for it in answers if (kind := trouble_of(it)) is not None)
    return sorted(counts, key=lambda kind: (-counts[kind], kind))


def one_each(answers: Sequence[ImageAnswer]) -> list[ImageAnswer]:
    """An answer of each kind of trouble first, then the others."""
    first = {trouble_of(it): it for it in reversed(answers)}
    chosen = [first[kind] for kind in kinds_of(answers)]
    return chosen + [it for it in answers if all(it is not other for other in chosen)]


def evidence_of(answer: ImageAnswer, redactor: Redactor, place: int) -> Evidence:
    """An answer as a line of evidence; `place` is its number among all, where no file holds it."""
    size = f", {answer.size} bytes" if answer.size is not None else ""
    told = " ".join(str(part) for part in (answer.status, answer.why, answer.type) if part is not None)
    cors = "" if answer.cors is None else f", Access-Control-Allow-Origin: {answer.allow_origin or '(none)'}"
    text = f"GET {answer.url} → {told or 'no answer'}{size}{cors} [{trouble_of(answer) or 'ok'}]"
    return Evidence(answer.source or ASKED, answer.line or place, answer.at, redactor.clean(text))
