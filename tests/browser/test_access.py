"""The page for those who do not see it as drawn: axe-core in both themes, keyboard, names of things."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from logscan import Diagnosis, Rulebook
from tests.browser.conftest import Open, render

if TYPE_CHECKING:
    from playwright.sync_api import Page

GRAVE = {"serious", "critical"}


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core as the package for tests brings it."""
    return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


def grave(page: Page, rules: str = "") -> list[str]:
    """What axe-core finds serious or critical."""
    result = page.evaluate(f"axe.run(document, {{ resultTypes: ['violations']{rules} }})")
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for rule in result["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"][:3]
    ]


@pytest.mark.parametrize("name", ["broken", "healthy", "empty"])
def test_access_axe_finds_nothing_serious_in_either_theme(
    cases: dict[str, Diagnosis], rulebook: Rulebook, opened: Open, axe: str, name: str
) -> None:
    page = opened(render(cases[name], rulebook)).page
    if name == "broken":
        page.locator("td.id button").nth(1).click()
        page.wait_for_selector("tr.story .lines")
        page.evaluate(
            "document.querySelectorAll('#mascots details, #findings details').forEach((part, place) => { part.open = place % 3 === 0 })"
        )
    else:
        page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    page.evaluate(axe)
    assert grave(page) == []
    page.emulate_media(color_scheme="dark")
    # The theme changes nothing but colours.
    assert grave(page, ", runOnly: ['color-contrast']") == []


def test_access_narrow_page_too(broken: Diagnosis, rulebook: Rulebook, opened: Open, axe: str) -> None:
    page = opened(render(broken, rulebook, "fr"), width=390).page
    page.evaluate(axe)
    assert grave(page) == []


def test_access_every_control_can_be_reached_by_keyboard(html: str, opened: Open) -> None:
    page = opened(html).page
    reached = set()
    for _ in range(160):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.name || document.activeElement.id || document.activeElement.closest('th')?.dataset.key || ''"
            )
        )
        if page.evaluate("document.activeElement.closest('td') !== null"):
            break
    assert {"q", "cause", "way", "from", "to", "outcome", "next", "id", "ran"} <= reached


def test_access_colours_are_never_the_only_sign(html: str, opened: Open) -> None:
    page = opened(html).page
    for name in ("generation_failed", "enqueue_failed", "waiting"):
        bar, texture = page.locator(f"svg.wide .o-{name}[data-bin]").first, page.locator(f"svg.wide .x-{name}").first
        assert bar.count() == texture.count() == 1
        assert "url(" in texture.evaluate("part => getComputedStyle(part).fill")
