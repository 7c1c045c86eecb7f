"""The whole trip in a real browser: drop, progress, report, delete; without scripts, in the dark, in French, by keyboard, on a phone."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.web.conftest import FIXTURES, LOG, TOKEN, Serve

# The machine may have other things to do.
expect.set_options(timeout=20_000)
PHONE = {"width": 390, "height": 844}
BACKEND = FIXTURES / "two-services-two-forms" / "input-backend.jsonl"
WORKER = FIXTURES / "two-services-two-forms" / "input-worker.log"


def drop(page: Page, *paths: Path) -> None:
    """Drag files or folders from the machine's desktop onto the page, and let go."""
    box = page.locator("#drop").bounding_box()
    assert box
    wire = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        if kind == "drop":
            expect(page.get_by_text("Let go to add them")).to_be_visible()
        wire.send("Input.dispatchDragEvent", {"type": kind, "x": box["x"] + 20, "y": box["y"] + 20, "data": data})
    expect(page.get_by_text("Let go to add them")).to_be_hidden()


@contextmanager
def visiting(browser: Browser, address: str, *, errors: bool = False, **options: Any) -> Iterator[Page]:
    """A page whose browser asks nobody else, and (unless `errors`) has nothing to complain of."""
    context = browser.new_context(**{"base_url": address, "locale": "en-US", "viewport": {"width": 1280, "height": 800}, **options})
    context.set_default_timeout(30_000)
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}") or dialog.dismiss())
    yield page
    # Chromium was once seen to hang when a context was closed over a page that still had requests under way.
    page.goto("about:blank")
    page.close()
    context.close()
    assert {url for url in asked if not url.startswith(address)} <= {url for url in asked if url.startswith("data:")}
    assert [text for text in said if not (errors and text.startswith("Failed to load resource"))] == []


def clean(page: Page, where: str) -> None:
    """Nothing that axe-core knows is wrong. A report in its frame is the report's business."""
    found = Axe().run(page, context={"exclude": [["iframe"]]}, options={"iframes": False}).response["violations"]
    assert [(where, one["id"], one["nodes"][0]["html"], one["nodes"][0]["failureSummary"]) for one in found] == []


def wide(page: Page) -> bool:
    """Whether the page can be moved sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def report_of(page: Page) -> Any:
    page.wait_for_url(re.compile(r"/r/[\w-]{22}(\?.*)?$"))
    return page.frame_locator("iframe")


def test_browser_whole_trip(browser: Browser, shared: str) -> None:
    with visiting(browser, shared) as page:
        page.goto("/")
        drop(page, BACKEND, WORKER)
        expect(page.locator("#chosen li")).to_have_count(2)
        drop(page, BACKEND)  # the same once more is no second one
        # A folder is entered; the answer that lies beside the fixture's logs is not wanted.
        drop(page, BACKEND.parent)
        expect(page.locator("#chosen li")).to_have_count(3)
        page.get_by_role("button", name="Remove expected.json").click()
        expect(page.locator("#chosen li")).to_have_count(2)
        page.get_by_text("Options").click()
        page.get_by_label("Time zone").fill("Europe/Paris")
        expect(page.locator("#command")).to_have_text(
            "logscan scan input-backend.jsonl input-worker.log --lang en --tz Europe/Paris -o report.html"
        )
        page.get_by_role("button", name="Diagnose 2 files").click()
        report = report_of(page)
        expect(report.get_by_role("heading", level=1)).to_contain_text("1 mascot could not be generated")
        expect(page).to_have_title("1 mascot could not be generated · logscan")
        frame = page.frames[1]
        assert frame.evaluate("self.origin") == "null"
        address = page.url
        page.locator("summary", has_text="Details").click()
        expect(page.locator("#command")).to_contain_text("--tz Europe/Paris")
        expect(page.get_by_role("link", name="Download")).to_have_attribute("href", re.compile(r"\?lang=en&download$"))
        page.keyboard.press("Escape")
        expect(page.get_by_role("link", name="Download")).to_be_hidden()
        page.get_by_role("link", name="New report").click()
        expect(page.locator(".recent a").first).to_contain_text("1 mascot could not be generated")
        page.locator(".recent a").first.click()
        assert page.url == address
        page.locator("summary", has_text="Delete").click()
        page.get_by_role("button", name="Delete it").click()
        expect(page.get_by_role("status")).to_have_text("The report is deleted.")
        assert page.request.get(address).status == 404


def test_browser_shows_progress_of_upload_and_scan_and_can_cancel(browser: Browser, serve: Serve, tmp_path: Path) -> None:
    client = serve()
    data = tmp_path / "data"
    with visiting(browser, client.address) as page:
        page.goto("/")
        wire = page.context.new_cdp_session(page)
        wire.send(
            "Network.emulateNetworkConditions", {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 3 << 20}
        )
        big = tmp_path / "big.log"
        big.write_bytes(LOG * 900)
        page.set_input_files("#file", big)
        page.get_by_role("button", name="Diagnose").click()
        expect(page.get_by_role("heading", name="Your report is being made")).to_be_focused()
        bar, text = page.locator("#bar"), page.locator("#how-far")
        expect(text).to_have_text(re.compile(r"[\d.]+\s[kM]B of 8\.\d\sMB"))
        first = float(bar.get_attribute("value") or 0)
        page.wait_for_function("(first) => Number(document.querySelector('#bar').value) > first", arg=first)
        assert list((data / "incoming").iterdir())
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("alert")).to_have_text("Cancelled: nothing was kept.")
        gone(data / "incoming")
        wire.send("Network.emulateNetworkConditions", {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})
        page.get_by_role("button", name="Diagnose").click()
        expect(page.locator("[data-step=read]")).to_have_attribute("aria-current", "step")
        expect(text).to_have_text(re.compile(r"[\d.]+\sMB of 8\.\d\sMB"))
        page.get_by_role("button", name="Cancel").click()
        page.wait_for_url(re.compile(r"/$"))
        gone(data / "reports")
        expect(page.locator(".recent")).to_have_count(0)
        wire.detach()


def gone(folder: Path) -> None:
    end = time.monotonic() + 20
    while list(folder.iterdir()):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_browser_tells_what_is_wrong_and_keeps_the_choice(browser: Browser, serve: Serve) -> None:
    client = serve(upload=20_000, files=2)
    with visiting(browser, client.address, errors=True) as page:
        page.goto("/")
        alert = page.get_by_role("alert")
        page.get_by_role("button", name="Diagnose").click()
        expect(alert).to_have_text("Choose a file or paste some lines first.")
        files = [
            {"name": name, "mimeType": "text/plain", "buffer": data}
            for name, data in (("a.zip", b"PK\x03\x04"), ("<img src=x onerror=alert(1)>", b"x"), ("c", b""))
        ]
        page.set_input_files("#file", files)
        expect(page.locator("#chosen .bad").first).to_contain_text("an archive: unpack it")
        expect(page.locator("#chosen .name").nth(1)).to_have_text("<img src=x onerror=alert(1)>")
        expect(alert).to_have_text(re.compile("At most 2\\sfiles at once"))
        assert page.locator("#go").is_disabled()
        for _ in range(3):
            page.locator("#chosen button").first.click()
        page.set_input_files("#file", {"name": "big.log", "mimeType": "", "buffer": LOG * 5})
        expect(alert).to_contain_text("Together more than 19.5")
        page.locator("#chosen button").click()
        page.set_input_files("#file", {"name": "picture.log", "mimeType": "", "buffer": b"\x89PNG" + bytes(99)})
        page.get_by_role("button", name="Diagnose").click()
        expect(alert).to_contain_text("That is not a log. picture.log is a PNG.")
        expect(page.locator("#chosen li")).to_have_count(1)
        clean(page, "refused")
        page.locator("#chosen button").click()
        page.get_by_text("Options").click()
        page.get_by_label("Only from").fill("yesterday")
        page.get_by_text("Or paste lines").click()
        page.get_by_label("Log lines").fill(LOG.decode()[:5000])
        page.get_by_role("button", name="Diagnose").click()
        expect(alert).to_contain_text("'yesterday' will not do for since")
        page.get_by_label("Only from").fill("")
        page.get_by_role("button", name="Diagnose").click()
        expect(report_of(page).locator("h1")).to_be_visible()


def test_browser_without_scripts(browser: Browser, shared: str) -> None:
    with visiting(browser, shared, errors=True, java_script_enabled=False) as page:
        page.goto("/")
        expect(page.locator("#file")).to_be_visible()
        expect(page.get_by_role("button", name="Copy")).to_have_count(0)
        page.set_input_files("#file", [BACKEND, WORKER])
        page.get_by_role("button", name="Diagnose").click()
        # The page in between reloads itself.
        report = report_of(page)
        expect(report.get_by_role("heading", level=1)).to_contain_text("1 mascot could not be generated")
        page.locator("summary", has_text="Delete").click()
        page.get_by_role("button", name="Delete it").click()
        expect(page.get_by_role("status")).to_have_text("The report is deleted.")
        page.set_input_files("#file", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"})
        page.get_by_role("button", name="Diagnose").click()
        expect(page.get_by_role("heading", name="That is not a log")).to_be_visible()


def test_browser_in_french(browser: Browser, shared: str) -> None:
    with visiting(browser, shared, locale="fr-FR") as page:
        page.goto("/")
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        page.set_input_files("#file", WORKER)
        expect(page.locator("#chosen .hint")).to_have_text("7,5\u00a0ko")
        page.get_by_role("button", name="Diagnostiquer").click()
        expect(report_of(page).get_by_role("heading", level=1)).to_contain_text("mascotte")
        page.get_by_role("link", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.frame_locator("iframe").locator("html")).to_have_attribute("lang", "en")


def test_browser_by_keyboard_alone(browser: Browser, shared: str) -> None:
    with visiting(browser, shared) as page:
        # Playwright catches choosers only while somebody listens, and does not wait until it does:
        # asked for at the key press alone, it now and then comes too late on a busy machine.
        page.on("filechooser", lambda chooser: chooser.set_files(WORKER))
        page.goto("/")

        def tab_to(selector: str) -> None:
            for _ in range(40):
                page.keyboard.press("Tab")
                if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                    return
            pytest.fail(f"{selector} is out of the keyboard's reach")

        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
        tab_to("#file")
        page.keyboard.press("Space")
        expect(page.locator("#chosen button")).to_be_visible()
        tab_to("#chosen button")
        tab_to("summary")
        page.keyboard.press("Enter")
        tab_to("#paste")
        tab_to("#go")
        page.keyboard.press("Enter")
        expect(report_of(page).locator("h1")).to_be_visible()
        tab_to(".menu summary")
        page.keyboard.press("Enter")
        tab_to(".panel a")
        page.keyboard.press("Escape")
        expect(page.locator(".menu summary").first).to_be_focused()


@pytest.mark.parametrize(("scheme", "language", "ground"), [("light", "en-US", "rgb(245, 247, 250)"), ("dark", "fr-FR", "rgb(18, 22, 28)")])
def test_browser_finds_nothing_to_mend(browser: Browser, serve: Serve, scheme: Any, language: str, ground: str) -> None:
    """axe-core on every page, and nothing is cut off on a phone or a desk."""
    client = serve(token=TOKEN)
    with visiting(browser, client.address, errors=True, color_scheme=scheme, viewport=PHONE, locale=language) as page:

        def look(where: str) -> None:
            clean(page, f"{where}, {scheme}")
            assert not wide(page), where
            page.set_viewport_size({"width": 1280, "height": 800})
            assert not wide(page), where
            page.set_viewport_size({"width": 320, "height": 700})
            assert not wide(page), where
            page.set_viewport_size(PHONE)

        page.goto("/login")
        page.locator("#token").fill("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        look("log in")
        page.locator("#token").fill(TOKEN)
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/$"))
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
        page.set_input_files("#file", [WORKER, BACKEND])
        for fold in page.locator("details.fold > summary").all():
            fold.click()
        look("front")
        page.evaluate("document.body.classList.add('busy'); document.querySelector('#upload').hidden = true")
        page.evaluate("document.querySelector('#working').hidden = false; show('upload', '1 MB', 0.4)")
        look("uploading")
        page.reload()
        page.set_input_files("#file", WORKER)
        page.locator("#go").click()
        expect(report_of(page).locator("h1")).to_be_visible()
        for menu in page.locator(".menu summary").all():
            menu.click()
            look("report")
        page.goto("/demo")
        page.wait_for_selector("iframe")
        look("demo")
        page.goto("/r/nothing")
        look("nothing there")
        page.goto("/")
        expect(page.locator(".recent a")).to_have_count(1)
        look("front with reports")


def test_browser_page_of_a_scan_that_waits_and_of_one_that_failed(browser: Browser, serve: Serve) -> None:
    client = serve(scan_time=4)
    address = client.upload(LOG * 1000)
    with visiting(browser, client.address, errors=True, viewport=PHONE) as page:
        page.context.add_cookies([{"name": name, "value": value, "url": client.address} for name, value in client.cookies.items()])
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_have_text("Your report is being made")
        clean(page, "waiting")
        assert not wide(page)
        # The page moves on by itself.
        expect(page.get_by_role("heading", level=1)).to_have_text("The scan took too long", timeout=20_000)
        clean(page, "failed")
        assert not wide(page)
