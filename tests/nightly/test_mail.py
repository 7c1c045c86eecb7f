"""The mail itself: how it looks at 600 pixels and in the dark, what mail programs can show of it, and that log text in it is only text."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from logscan import Diagnosis, Options, Rulebook, scan
from logscan.report.mail import LARGEST, message, subject, write, write_failure
from logscan.report.words import Words
from logscan.rulebook.schema import Language
from logscan.sinks.mail import Sender, compose, webhook_body
from tests.nightly.telling import NOW, TREND, Tell, telling


@pytest.fixture(scope="module")
def told(rulebook: Rulebook) -> Tell:
    return telling(rulebook)


def style_of(html: str) -> str:
    return " ".join(re.findall(r'style="([^"]*)"', html))


def visible_text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(style|title)\b.*?</\1>", "", html)))


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "name", ["quota-cli-plain", "healthy-nest8-german", "redis-silent-nest7", "hostile-text", "worker-missing-api-rows"]
)
def test_mail_says_the_same_in_both_forms(name: str, language: Language, told: Tell, rulebook: Rulebook) -> None:
    it = told(name, missed=("2026-11-21",), resolved={"generated": 2, "waiting": 1}, unseen=1, uncovered=["A stretch is missing."])
    written = write(it, Words(rulebook, language))
    page = visible_text(written.html)
    import html

    page = re.sub(r"\s+", "", html.unescape(page))
    for line in written.text.splitlines():
        text = re.sub(r"^\s*(?:\$ |-- ?$)?", "", line)
        if "·" in text or not text.strip() or re.match(r"\d+ \w+\.? {2,}", text):
            continue  # rows that HTML lays out as cells
        assert re.sub(r"\s+", "", text) in page, text


def test_mail_stays_within_what_mail_programs_show(told: Tell, rulebook: Rulebook) -> None:
    written = write(told(), Words(rulebook))
    html = written.html
    assert len(html.encode()) < LARGEST
    tags = set(re.findall(r"<([a-z0-9]+)", html.lower()))
    assert tags <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "div",
        "table",
        "tbody",
        "tr",
        "td",
        "h1",
        "h2",
        "p",
        "span",
        "strong",
        "code",
        "br",
        "a",
    }
    properties = set(re.findall(r"(?:^|[;\s])([a-z-]+)\s*:", style_of(html)))
    assert properties <= {
        "margin", "padding", "background-color", "color", "width", "max-width", "max-height", "height", "font-family", "font-size", "font-weight",
        "line-height", "border", "border-left", "border-left-color", "border-top", "border-radius", "display", "overflow", "overflow-wrap", "word-break",
    }  # fmt: skip
    assert "display: none" in style_of(html).replace("display:none", "display: none")
    assert not re.search(r"url\(|@import|<script|<img|<link|src=|position|flex|grid|var\(", html.lower())
    (style,) = re.findall(r"(?s)<style>(.*?)</style>", html)
    assert re.sub(r"\s", "", style).startswith("@media")
    assert 'name="color-scheme" content="light dark"' in html
    # Every cell of the trend has its twin in words.
    assert written.text.count("20 Nov") == 1
    assert "24 Nov     1,234 of 2,000" in written.text


def test_mail_shows_log_text_as_text_only(told: Tell, rulebook: Rulebook) -> None:
    written = write(told("hostile-text", before=None), Words(rulebook))
    assert "<script" not in written.html.lower()
    assert "onerror" not in re.sub(r"&[^;]+;", "", re.sub(r">[^<]*<", "><", written.html)).lower()
    for form in (written.text, written.html, written.subject):
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", form)


def test_mail_that_is_large_is_still_shown_whole(told: Tell, rulebook: Rulebook) -> None:
    it = told(uncovered=["<" * 30_000] * 8)
    written = write(it, Words(rulebook))
    assert len(written.html.encode()) < LARGEST
    assert "2 mascots could not be generated" in written.html


def test_mail_subject_is_bounded_and_on_one_line(told: Tell, rulebook: Rulebook) -> None:
    it = told(missed=tuple(f"2026-11-{n:02d}" for n in range(1, 20)))
    line = subject(it, Words(rulebook))
    assert line == "logscan: 2 of 3 mascots failed (+2), new: google-quota, 20 nights"
    failure = write_failure("2026-11-24", "a\x1b[31m\r\nBcc: x@y\n" + "z" * 999, TREND, Words(rulebook))
    assert len(failure.subject) <= 150
    assert "\n" not in failure.subject
    data = compose(
        Sender("a@example.org", ("b@example.org",)),
        subject=failure.subject,
        text=failure.text,
        html=failure.html,
        message_id="<x@example.org>",
        now=NOW,
    )
    assert b"\nBcc:" not in data.split(b"\r\n\r\n", 1)[0]


def test_message_for_a_chat_is_short_and_mentions_nobody(told: Tell, rulebook: Rulebook) -> None:
    it = told(link="https://logs.example.org/x.html")
    written = write(it, Words(rulebook))
    text = message(written, it, Words(rulebook))
    assert text.splitlines()[0] == written.subject
    assert text.splitlines()[-1] == "https://logs.example.org/x.html"
    slack = webhook_body("slack", text + "<!channel> & <@U1>")
    assert "<" not in slack["text"]
    assert "&lt;!channel&gt; &amp;" in slack["text"]
    assert len(webhook_body("discord", "*" * 5000)["content"]) <= 2000


def test_mail_of_a_night_without_mascots_is_not_good(told: Tell, rulebook: Rulebook, tmp_path: Path) -> None:
    empty = tmp_path / "empty.log"
    empty.write_text("")
    diagnosis: Diagnosis = scan(empty, rules=rulebook, options=Options(stories=True))
    written = write(replace(told(), diagnosis=diagnosis, silent=True), Words(rulebook))
    assert written.subject == "logscan: no log line was written"
    assert "recovered" not in written.subject.lower() + written.text.lower()
    assert "✔" not in written.text
