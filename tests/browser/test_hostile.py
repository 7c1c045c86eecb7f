"""A log in which every field attacks its reader."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from logscan import Diagnosis, Rulebook, scan
from logscan.api import Options
from tests.browser.conftest import Open, render

ATTACKS = {
    "script": "<script>window.owned=1</script><img/src=x/onerror=window.owned=1>",
    "close": "</script></style></title></svg><iframe/src=https://evil.example></iframe>",
    "attribute": "\"'><svg/onload=window.owned=1><a/href=javascript:window.owned=1>",
    "style": "</style><style>body{display:none}</style><link/rel=stylesheet/href=https://evil.example/x.css>",
    "json": "\u2028\u2029]]>--><!--<script>\\u003c",
    "bidi": "\u202egnp.exe\u202c\u2066\x1b[2J\x00\x07",
    "template": "{{7*7}}{%raw%}${window.owned=1}",
}


def attacked(text: str, rulebook: Rulebook) -> Diagnosis:
    """The diagnosis of a log with `text` as id, batch, service, error, message and file name."""
    lines = [
        f"[JobsService] Successfully enqueued mascot generation for m1{text}",
        f"[MascotGenerationProcessor] Starting processing for mascot m2{text} (variation 1 of batch {text})",
        f"[MascotGenerationProcessor] Failed to generate mascot m2{text} (variation 1):",
        f"[MascotGenerationProcessor] Error: NoSuchBucket: The specified bucket does not exist {text}",
        f"[JobsService] Failed to enqueue mascot generation for 8: Error: connect ECONNREFUSED {text}",
        f"{text}",
        "[MascotGenerationProcessor] Starting processing for mascot 9 (variation 1 of batch b)",
        "[MascotGenerationProcessor] Successfully generated mascot 9 (variation 1)",
    ]
    rows = [
        {
            "message": line,
            "timestamp": f"2026-11-22T08:00:{at:02d}Z",
            "severity": text,
            "attributes": [],
            "tags": {"service": text, "deploymentId": text},
        }
        for at, line in enumerate(lines)
    ]
    name = "".join(char for char in text if char not in "/\0\\")[:80] + ".jsonl"
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return scan([name], rules=rulebook, options=Options(stories=True))


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_in_every_field_stays_text(attack: str, rulebook: Rulebook, opened: Open, tmp_path: Path) -> None:
    text = ATTACKS[attack]
    with contextlib.chdir(tmp_path):
        diagnosis = attacked(text, rulebook)
    found = opened(render(diagnosis, rulebook))
    page = found.page
    page.evaluate("document.addEventListener('securitypolicyviolation', event => { window.violated = event.violatedDirective })")
    for button in page.locator("td.id button").all():
        button.click()
    found.until(lambda: page.locator("tr.story .lines").count() == page.locator("td.id button").count() > 0)
    page.fill("[name=q]", text)
    page.fill("[name=q]", "")
    assert found.complaints == []
    assert len(found.requests) == 1
    assert page.evaluate("window.owned") is None
    assert page.evaluate("window.violated") is None
    assert page.locator("iframe, body link, body style, body img, [onerror], [onload], [style]").count() == 0
    hrefs = page.evaluate("[...document.querySelectorAll('a')].map(link => link.getAttribute('href'))")
    assert all(href.startswith(("#", "https://")) for href in hrefs)
    assert page.locator("h1").is_visible()
    if attack == "bidi":
        assert "\u202e" not in page.inner_text("body")
        assert "<RIGHT-TO-LEFT OVERRIDE>" in page.inner_text("body")
    else:
        assert page.inner_text("body").count(text[:20].strip("\u2028\u2029")) >= 1


def test_hostile_address_does_nothing(html: str, opened: Open) -> None:
    for state in (
        "#sort=__proto__",
        "#sort=constructor&way=<img>&page=-9e9",
        "#open=nobody&from=never&cause=%00&outcome=x",
        "#q=%E2%80%AE&page=999",
    ):
        found = opened(html, hash=state)
        assert found.complaints == []
        assert " of " in found.shown


def test_policy_refuses_what_a_hole_in_the_page_would_run(html: str, opened: Open) -> None:
    """The policy itself is tried: a script that got into the page all the same does not run."""
    html = html.replace("</main>", "</main><script>window.owned=1</script><p style='color:red' onclick='x()'>x</p>", 1)
    found = opened(html)
    assert found.page.evaluate("window.owned") is None
    assert any("Content Security Policy" in text for text in found.complaints)
