"""The nightly mail in a browser: at 600 pixels and on a phone, light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest

from logscan import Rulebook
from logscan.report.mail import write
from logscan.report.words import Words
from tests.browser.conftest import playwright
from tests.nightly.telling import telling


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [600, 360])
def test_mail_can_be_read_in_a_browser(width: int, scheme: str, browser: playwright.Browser, rulebook: Rulebook, tmp_path: Path) -> None:
    written = write(telling(rulebook)(resolved={"generated": 1}, missed=("2026-11-22",)), Words(rulebook))
    path = tmp_path / "mail.html"
    path.write_text(written.html, encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    assert requests == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Each text against the first opaque ground behind it: WCAG's contrast for small text.
    low = page.evaluate(
        """() => {
          const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number).map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
                               return .2126 * r + .7152 * g + .0722 * b };
          const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\\)$/.test(c)) return c } return 'rgb(255, 255, 255)' };
          return [...document.querySelectorAll('td, p, h1, h2, span, a, code, strong')]
            .filter(e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()))
            .map(e => { const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x); return [(a + .05) / (b + .05), e.className, e.innerText] })
            .filter(([ratio]) => ratio < 4.5) }"""
    )
    assert low == []
    dark = page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor")
    assert (dark == "rgb(255, 255, 255)") is (scheme == "light")
    page.close()
