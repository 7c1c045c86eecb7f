"""Pages in a real browser: Debian's Chromium, driven by Playwright; one browser for each worker of the test run."""

from __future__ import annotations

import json
import random
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from logscan import Diagnosis, Rulebook, scan
from logscan.api import Options
from logscan.report.html import to_html
from logscan.report.words import Words
from logscan.rulebook.schema import Language
from logscan.times import MINUTE, SECOND, format_stamp, parse_stamp
from tests.needs import lacking

playwright = pytest.importorskip("playwright.sync_api", reason="pip install --group test")

FIXTURES = Path(__file__).parents[2] / "fixtures"
NOW = parse_stamp("2026-12-24T18:00:00Z") or 0
START = parse_stamp("2026-11-22T08:00:00Z") or 0
_NAMES = (
    "chromium", "chromium-browser", "google-chrome", "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "C:/Program Files/Google/Chrome/Application/chrome.exe",
)  # fmt: skip


# Not for the session: other tests have browsers of their own, and a process can drive one at a time.
@pytest.fixture(scope="package")
def browser() -> Iterator[playwright.Browser]:
    """The machine's own Chromium: nothing is downloaded."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        lacking("no Chromium: apt install chromium")
    with playwright.sync_playwright() as driver:
        # Root, as in a container, has no sandbox to give.
        running = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


@dataclass
class Opened:
    """A page that is open, and all that it was refused, asked for or complained about."""

    page: playwright.Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def shown(self) -> str:
        """The line that says which rows are shown."""
        return self.page.inner_text("#shown")

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something that happens soon. The page's policy forbids Playwright's own way of waiting for a condition."""
        for _ in range(200):
            if holds():
                return
            self.page.wait_for_timeout(20)
        pytest.fail("it never happened")

    def rows(self) -> list[str]:
        """The table's rows as text."""
        rows: list[str] = self.page.evaluate("[...document.querySelectorAll('#mascot-table tbody tr')].map(row => row.innerText)")
        return [" ".join(row.split()) for row in rows]

    def ids(self) -> list[str]:
        """The ids in the table, from the top."""
        return self.page.locator("#mascot-table td.id").all_inner_texts()


Open = Callable[..., Opened]


@pytest.fixture
def opened(browser: playwright.Browser, tmp_path: Path) -> Iterator[Open]:
    """Open HTML from disk, as a reader does."""
    contexts = []

    def call(html: str, *, width: int = 1280, scheme: str = "light", hash: str = "", scripts: bool = True) -> Opened:  # noqa: A002
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts)
        contexts.append(context)
        path = tmp_path / "report.html"
        path.write_text(html, encoding="utf-8")
        page = context.new_page()
        out = Opened(page)
        page.on("console", lambda message: out.complaints.append(message.text))
        page.on("pageerror", lambda error: out.complaints.append(str(error)))
        page.on("request", lambda request: out.requests.append(request.url))
        page.goto(path.as_uri() + hash)
        if scripts:
            page.wait_for_selector("html.on", state="attached")
        return out

    yield call
    for context in contexts:
        context.close()


def render(diagnosis: Diagnosis, rulebook: Rulebook, language: Language = "en") -> str:
    return to_html(diagnosis, Words(rulebook, language), now=NOW, version="0.0.0")


def outage(mascots: int = 120) -> str:
    """A log of two services: a quota that runs out, Redis away, a worker that stops, dropped lines, a restart."""
    choice = random.Random(7)  # noqa: S311  # a made-up log
    lines: list[tuple[int, str]] = []

    def say(at: int, service: str, text: str, deployment: str = "d1") -> None:
        tags = {"serviceId": service, "deploymentId": deployment, "deploymentInstanceId": f"{service}-{deployment}"}
        lines.append((at, json.dumps({"message": text, "timestamp": format_stamp(at), "severity": "info", "attributes": [], "tags": tags})))

    worker = "[MascotGenerationProcessor]"
    for number in range(mascots):
        minute = number * 120 // mascots
        at, mascot = START + minute * MINUTE + number * SECOND // 7, str(uuid.UUID(int=choice.getrandbits(128), version=4))
        if 80 <= minute < 86:
            say(at, "backend", f"[JobsService] Failed to enqueue mascot generation for {mascot}: Error: connect ECONNREFUSED 10.0.0.5:6379")
            continue
        say(at, "backend", f"[MascotsController] Creating mascot for user: user-{number % 9}")
        say(at + SECOND // 100, "backend", f"[JobsService] Successfully enqueued mascot generation for {mascot}")
        if minute > 100:
            continue
        picked = at + choice.randrange(1, 8) * SECOND
        say(picked, "worker", f"{worker} Starting processing for mascot {mascot} (variation 1 of batch batch_{number}_ab12)")
        if 40 <= minute < 60:
            say(picked + 9 * SECOND, "worker", f"{worker} Failed to generate mascot {mascot} (variation 1):")
            say(picked + 9 * SECOND + 10**5, "worker", f"{worker} ClientError: [VertexAI.ClientError]: got status: 429 Too Many Requests.")
        else:
            say(picked + choice.randrange(5, 30) * SECOND, "worker", f"{worker} Successfully generated mascot {mascot} (variation 1)")
    say(
        START + 30 * MINUTE,
        "worker",
        "Railway rate limit of 500 logs/sec reached for replica, update your application. Messages dropped: 37",
    )
    say(START + 90 * MINUTE, "backend", "Starting Container", "d2")
    return "".join(f"{line}\n" for _, line in sorted(lines))


@pytest.fixture(scope="session")
def broken(rulebook: Rulebook, tmp_path_factory: pytest.TempPathFactory) -> Diagnosis:
    """The diagnosis of an outage."""
    path = tmp_path_factory.mktemp("outage") / "backend.jsonl"
    path.write_text(outage(), encoding="utf-8")
    return scan(path, rules=rulebook, options=Options(stories=True))


@pytest.fixture(scope="session")
def html(broken: Diagnosis, rulebook: Rulebook) -> str:
    """The outage's page in English."""
    return render(broken, rulebook)


@pytest.fixture(scope="session")
def cases(rulebook: Rulebook, broken: Diagnosis, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Diagnosis]:
    """A broken backend, a healthy one, an empty log, a log of nothing but attacks."""
    empty = tmp_path_factory.mktemp("empty") / "empty.log"
    empty.write_text("")
    told = Options(stories=True)
    return {
        "broken": broken,
        "healthy": scan(FIXTURES / "healthy-nest8-german" / "input.log", rules=rulebook, options=told),
        "empty": scan(empty, rules=rulebook, options=told),
        "hostile": scan(FIXTURES / "hostile-text" / "input.jsonl", rules=rulebook, options=told),
    }
