"""A log of any size whose true answer is known: `python -m tests.bench.generate big.jsonl --size 1GB`.

The same form, size, share, mascots and seed give the same bytes. The answer is written beside the log as
`big.jsonl.truth.json`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

START: Final = 1_795_336_088_000_000_000  # 2026-11-22T08:28:08Z
_STEP: Final = 1_000_000
_CHUNK: Final = 5_000
_ERROR: Final = (
    'ClientError: [VertexAI.ClientError]: got status: 429 Too Many Requests. {"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}'
)
_NOISE: Final = (
    ("HealthController", "GET /health 200 26 - 2.104 ms"),
    ("CacheService", "Cache warmed, {n} keys in {m} ms"),
    ("MascotsController", "Listing mascots for user {id}: {n} found"),
    ("HttpLogger", "GET /api/v1/mascots/{id} 200 {n} - {m}.204 ms"),
    ("TypeOrmLogger", 'query: SELECT "m"."id", "m"."name" FROM "mascots" "m" WHERE "m"."id" = $1 -- PARAMETERS: ["{id}"]'),
    ("SessionService", "Session {id} renewed for {n} minutes"),
)


class Said(NamedTuple):
    """One line of the app."""

    at: int
    context: str | None
    level: str
    text: str


@dataclass(slots=True)
class Plan:
    """What is written. `share` is that of lines with a meaning; `mascots` None: as many as that takes."""

    form: str = "cli-json"
    size: int = 20 << 20
    share: float = 0.03
    mascots: int | None = None
    seed: int = 1


def write(path: Path, plan: Plan) -> dict[str, object]:
    """Write the log and its answer; the answer."""
    outcomes: Counter[str] = Counter()
    failed = written = lines = 0
    render = FORMS[plan.form]
    with path.open("wb") as file:
        for said, outcome in _story(plan):
            data = render(said)
            file.write(data)
            written += len(data)
            lines += 1
            if outcome:
                outcomes[outcome] += 1
                failed += outcome == "generation_failed"
            # A story is written to its end: half of one would be in flight.
            if outcome is not None and written >= plan.size:
                break
    truth: dict[str, object] = {
        "plan": {"form": plan.form, "size": plan.size, "share": plan.share, "mascots": plan.mascots, "seed": plan.seed},
        "bytes": written,
        "lines": lines,
        "mascots": outcomes.total(),
        "by_outcome": dict(sorted(outcomes.items())),
        "google-quota": failed,
    }
    path.with_name(path.name + ".truth.json").write_text(json.dumps(truth, indent=2) + "\n")
    return truth


def _story(plan: Plan) -> Iterator[tuple[Said, str | None]]:
    """The app's lines in order; with the last line of a mascot comes where it ended, with all others None."""
    choice = random.Random(plan.seed)  # noqa: S311  # a made-up log
    at, number = START, 0
    ids: list[str] = []
    while True:
        if plan.mascots is None or len(ids) < plan.mascots:
            ids.append(str(uuid.UUID(int=choice.getrandbits(128), version=4)))
            mascot = ids[-1]
        else:
            mascot = ids[number % len(ids)]
        number += 1
        story, outcome = _mascot(mascot, number)
        gap = round(1 / plan.share) - 1
        for place, (context, level, text) in enumerate(story):
            for _ in range(gap):
                noise, words = _NOISE[choice.randrange(len(_NOISE))]
                at += _STEP
                yield Said(at, noise, "info", words.format(n=choice.randrange(900), m=choice.randrange(90), id=_some_id(choice))), None
            at += _STEP
            last = place == len(story) - 1
            # Mascots that come again count once.
            first_time = plan.mascots is None or number <= plan.mascots
            yield Said(at, context, level, text), (outcome if first_time else "") if last else None


def _some_id(choice: random.Random) -> str:
    return f"{choice.getrandbits(32):08x}-{choice.getrandbits(16):04x}"


def _mascot(mascot: str, number: int) -> tuple[list[tuple[str | None, str, str]], str]:
    worker = "MascotGenerationProcessor"
    story: list[tuple[str | None, str, str]] = [
        ("JobsService", "info", f"Successfully enqueued mascot generation for {mascot}"),
        (
            worker,
            "info",
            f"Starting processing for mascot {mascot} (variation {number % 3 + 1} of batch batch_{1795336000000 + number // 3}_ab12)",
        ),
    ]
    if number % 10 == 0:
        story += [(worker, "error", f"Failed to generate mascot {mascot} (variation {number % 3 + 1}):"), (None, "error", _ERROR)]
        return story, "generation_failed"
    story.append((worker, "info", f"Successfully generated mascot {mascot} (variation {number % 3 + 1})"))
    return story, "generated"


def _stamp(at: int) -> str:
    seconds, rest = divmod(at, 1_000_000_000)
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def _console(said: Said) -> str:
    return f"[{said.context}] {said.text}" if said.context else said.text


def _nest(said: Said) -> str:
    if said.context is None:
        return said.text
    when = dt.datetime.fromtimestamp(said.at // 1_000_000_000, dt.UTC)
    level, colour = ("ERROR", 31) if said.level == "error" else ("LOG", 32)
    date = f"{when.month}/{when.day}/{when.year}, {when.hour % 12 or 12}:{when:%M:%S} {'AM' if when.hour < 12 else 'PM'}"
    return f"\x1b[{colour}m[Nest] 7  - \x1b[39m{date} \x1b[{colour}m{level:>7}\x1b[39m \x1b[33m[{said.context}] \x1b[39m\x1b[{colour}m{said.text}\x1b[39m"


def _cli_json(said: Said) -> bytes:
    row = {"message": _console(said), "timestamp": _stamp(said.at), "level": said.level}
    return json.dumps(row, separators=(",", ":")).encode() + b"\n"


def _nest_colour(said: Said) -> bytes:
    row = {"message": _nest(said), "timestamp": _stamp(said.at), "level": said.level}
    return json.dumps(row, separators=(",", ":")).encode() + b"\n"


def _dash_log(said: Said) -> bytes:
    return f"{_stamp(said.at)} [{'err' if said.level == 'error' else 'inf'}]  {_console(said)}\n".encode()


FORMS: Final[dict[str, Callable[[Said], bytes]]] = {"cli-json": _cli_json, "nest-colour": _nest_colour, "dash-log": _dash_log}


def size_of(text: str) -> int:
    """`250MB`, `1GB` as bytes."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if text.upper().endswith(unit):
            return round(float(text[: -len(unit)]) * size)
    return int(text)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--form", choices=sorted(FORMS), default="cli-json")
    parser.add_argument("--size", type=size_of, default=size_of("20MB"))
    parser.add_argument("--share", type=float, default=0.03)
    parser.add_argument("--mascots", type=int)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    truth = write(given.path, Plan(given.form, given.size, given.share, given.mascots, given.seed))
    print(json.dumps(truth))  # noqa: T201  # it is a command


if __name__ == "__main__":
    main()
