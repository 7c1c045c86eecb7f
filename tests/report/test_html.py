"""The HTML page: whole, self-contained, in its language, and deaf to what log text would have it do."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from logscan import Diagnosis, Rulebook, scan
from logscan.api import Options
from logscan.report.charts import funnel_picture, histogram_picture
from logscan.report.html import MAX_ROWS, to_html
from logscan.report.words import Words
from tests.report.conftest import CASES, FIXTURES, NOW, Diagnose

VOID = {"meta", "link", "br", "hr", "img", "input", "col", "wbr", "area", "base", "source"}
ATTACKS = {
    "script": "<script>alert(1)</script>",
    "image": '<img src=x onerror="alert(1)">',
    "attribute": "\"><svg/onload=alert(1)> ' onmouseover='alert(1)",
    "close": "</code></li></ul></style></title><iframe src=//evil.example>",
    "comment": "<!-- --><base href=https://evil.example/><!--",
    "entity": "&lt;b&gt; &#60;i&#62; &amp;",
    "template": "{{ 7*7 }} {% raw %} {# #} ${7*7}",
    "link": "javascript:alert(1) https://evil.example/x.js",
    "terminal": "\x1b]8;;https://evil.example/\x07click\x1b]8;;\x07\x1b[2J",
    "bidi": "\u202egnp.exe\u202c \u2066hidden\u2069",
}


class Page(HTMLParser):
    """What a browser would make of a page: tags, attributes, text, and whether the tags close."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[f"svg {tag}" if "svg" in self.open else tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> crosses another tag"

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text.append(data)
            if {"td", "th"} & set(self.open[-2:]):
                self.rows[-1][-1] += data

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())


@pytest.mark.parametrize("name", CASES)
def test_html_is_one_whole_page_in_its_language(fixture: Diagnose, words: Words, name: str) -> None:
    page = Page(to_html(fixture(name), words, now=NOW))
    assert page.open == []
    assert ("html", "lang", words.language) in page.attributes
    assert page.tags["title"] == page.tags["h1"] == page.tags["main"] == 1
    assert ("meta", "charset", "utf-8") in page.attributes
    identifiers = page.values("id")
    assert len(identifiers) == len(set(identifiers))
    assert {value[1:] for value in page.values("href") if value.startswith("#")} <= set(identifiers)


@pytest.mark.parametrize("name", CASES)
def test_html_loads_nothing_from_anywhere(fixture: Diagnose, words: Words, name: str) -> None:
    source = to_html(fixture(name), words, now=NOW)
    page = Page(source)
    loads = [
        (tag, attribute, value)
        for tag, attribute, value in page.attributes
        if attribute in ("src", "srcset", "data", "action", "poster", "background")
    ]
    assert not [value for _, _, value in loads if not value.startswith("data:")]
    assert {tag for tag, attribute, _ in page.attributes if attribute == "href"} <= {"a"}
    assert all(value.startswith(("#", "https://")) for value in page.values("href"))
    styles = "".join(re.findall(r"<style.*?</style>", source, re.DOTALL))
    assert "@import" not in styles
    assert not re.search(r"url\((?!#t-)", styles)
    policies = [value for tag, attribute, value in page.attributes if (tag, attribute) == ("meta", "content")]
    assert any("default-src 'none'" in policy for policy in policies)


@pytest.mark.parametrize("attack", ATTACKS)
def test_html_log_text_adds_no_tag_and_no_attribute(attacked: Diagnose, english: Words, attack: str) -> None:
    calm = Page(to_html(attacked("nothing of note"), english, now=NOW))
    page = Page(to_html(attacked(ATTACKS[attack]), english, now=NOW))
    assert page.tags == calm.tags
    assert Counter((tag, name) for tag, name, _ in page.attributes) == Counter((tag, name) for tag, name, _ in calm.attributes)
    assert sorted(page.values("href")) == sorted(calm.values("href"))
    assert "NoSuchBucket: The specified bucket does not exist" in page.words


@pytest.mark.parametrize("attack", ["script", "image", "attribute", "close", "entity", "template"])
def test_html_shows_log_text_as_it_was_written(attacked: Diagnose, english: Words, attack: str) -> None:
    assert " ".join(ATTACKS[attack].split()) in Page(to_html(attacked(ATTACKS[attack]), english, now=NOW)).words


CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@pytest.mark.parametrize("attack", ["terminal", "bidi"])
def test_html_shows_no_control_and_no_bidi_character(attacked: Diagnose, english: Words, attack: str) -> None:
    assert not CONTROLS.search(to_html(attacked(ATTACKS[attack]), english, now=NOW))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows allows no such file name")
def test_html_file_name_brings_no_control_and_no_bidi_character(attacked: Diagnose, english: Words) -> None:
    assert not CONTROLS.search(to_html(attacked("x", name="a\x1b[2J\u202egol.txt"), english, now=NOW))


def test_html_file_name_is_a_strangers_text_too(attacked: Diagnose, english: Words) -> None:
    calm = Page(to_html(attacked("x"), english, now=NOW))
    page = Page(to_html(attacked("x", name="<img src=x onerror=alert(1)>.log"), english, now=NOW))
    assert page.tags == calm.tags
    assert "<img src=x onerror=alert(1)>.log" in page.words


def test_html_masks_secrets(fixture: Diagnose, english: Words) -> None:
    source = to_html(fixture("hostile-text"), english, now=NOW)
    assert "[redacted:" in source
    assert "hunter2-very-secret" not in source


@pytest.mark.parametrize("name", CASES)
def test_html_totals_reconcile(fixture: Diagnose, english: Words, name: str) -> None:
    diagnosis = fixture(name)
    source = to_html(diagnosis, english, now=NOW)
    total, outcomes = diagnosis.mascots.height, dict(diagnosis.by_outcome)
    page = Page(source)
    counts = re.findall(r'<li class="(\w+)" data-count="(\d+)"', source)
    assert {outcome: int(number) for outcome, number in counts} == outcomes
    rows = [row for row in page.rows if len(row) == 11 and row[0] in set(diagnosis.mascots["mascot_id"])]
    assert len(rows) == total == sum(outcomes.values())
    assert Counter(row[1] for row in rows) == Counter({english.ui(outcome): count for outcome, count in outcomes.items()})
    assert (
        sum(
            int(number)
            for number in re.findall(r'<details class="way"><summary><strong>(\d+) mascots?</strong><span class="path">', source)
        )
        == total
    )


def test_html_pictures_say_the_same_as_their_tables(fixture: Diagnose, english: Words) -> None:
    for name in CASES:
        diagnosis = fixture(name)
        histogram = histogram_picture(diagnosis, english)
        if histogram is not None:
            columns = [sum(int(row[place]) for row in histogram.table.rows) for place in range(1, len(histogram.table.head))]
            assert list(map(int, histogram.table.foot[1:])) == columns
            assert columns[-1] == diagnosis.mascots.height
        funnel = funnel_picture(diagnosis, english)
        if funnel is not None:
            reached = [int(row[1]) for row in funnel.table.rows]
            assert reached[0] == diagnosis.mascots.height
            assert reached[-1] == diagnosis.by_outcome.get("generated", 0)
            lost = [sum(map(int, re.findall(r"(\d+) ", row[3]))) for row in funnel.table.rows]
            assert [before - after for before, after in pairwise(reached)] == lost[:-1]


@pytest.mark.parametrize("name", CASES)
def test_html_every_picture_has_a_title_a_description_and_a_table(fixture: Diagnose, words: Words, name: str) -> None:
    source = to_html(fixture(name), words, now=NOW)
    for figure in re.findall(r"(?s)<figure.*?</figure>", source):
        drawings = figure.count('<svg class="picture')
        assert drawings >= 1
        assert len(re.findall(r"<title [^>]*>[^<]+</title><desc [^>]*>[^<]+</desc>", figure)) == drawings
        assert figure.count("<table>") == 1
        assert len(re.findall(r"<tr><td", figure)) >= 1


def test_html_policy_names_the_digests_of_style_and_script(fixture: Diagnose, english: Words) -> None:
    source = to_html(fixture("quota-cli-plain"), english, now=NOW)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', source)
    assert policy
    for tag, name in (("<style>", "style"), ('<script type="module">', "script")):
        inner = source.partition(tag)[2].partition(f"</{name}>")[0]
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert f"{name}-src &#39;sha256-{digest}&#39;" in policy[1]
    assert "unsafe" not in policy[1]
    assert not re.search(r"<[^>]+ (?:style|on\w+)=", source)


def test_html_shows_a_mascots_lines_and_what_stands_beside_them(fixture: Diagnose, english: Words) -> None:
    shown = Page(to_html(fixture("two-services-two-forms"), english, now=NOW)).words
    assert "enqueuedpicked upupload failedfailed" in shown.replace(" ", "").replace("pickedup", "picked up").replace(
        "uploadfailed", "upload failed"
    )
    assert "input-worker.log:35" in shown or ":35" in shown
    assert "[MascotGenerationProcessor] rembg-enhance completed (attempt 1)" in shown


def test_html_without_stories_still_tells_the_rest(rulebook: Rulebook, english: Words) -> None:
    diagnosis = scan(FIXTURES / "quota-cli-plain" / "input.log", rules=rulebook)
    assert diagnosis.stories is None
    page = Page(to_html(diagnosis, english, now=NOW))
    assert english.title(diagnosis.findings[0]) in page.words
    assert "The ways they went" not in page.words


def many(tmp_path: Path, rulebook: Rulebook, number: int) -> Diagnosis:
    lines = (
        f"2026-11-22T08:{at // 60 % 60:02d}:{at % 60:02d}Z [inf]  [JobsService] Successfully enqueued mascot generation for m{at}\n"
        for at in range(number)
    )
    (tmp_path / "many.log").write_text("".join(lines))
    return scan([tmp_path / "many.log"], rules=rulebook, options=Options(stories=True))


def test_html_long_list_of_mascots_is_cut_for_readers_without_scripts_and_says_so(
    tmp_path: Path, rulebook: Rulebook, english: Words
) -> None:
    page = Page(to_html(many(tmp_path, rulebook, MAX_ROWS + 50), english, now=NOW))
    assert sum(1 for row in page.rows if len(row) == 11 and re.fullmatch(r"m\d+", row[0])) == MAX_ROWS
    assert f"the first {MAX_ROWS} of {MAX_ROWS + 50}" in page.words


def test_html_stays_below_its_size_and_says_what_it_left_out(tmp_path: Path, rulebook: Rulebook, english: Words) -> None:
    diagnosis = many(tmp_path, rulebook, 3000)
    whole = to_html(diagnosis, english, now=NOW)
    assert "left out" not in whole
    bare = len(to_html(diagnosis, english, now=NOW, max_mb=0.001).encode())
    for share, said in ((0.6, "the lines of"), (0.1, "this file holds")):
        size = (bare + share * (len(whole.encode()) - bare)) / 1_000_000
        cut = to_html(diagnosis, english, now=NOW, max_mb=size)
        assert bare < len(cut.encode()) <= size * 1_000_000
        assert said in cut
        assert "--timeline" in cut


def test_html_readable_secrets_are_announced(rulebook: Rulebook, english: Words) -> None:
    told = scan(FIXTURES / "hostile-text" / "input.jsonl", rules=rulebook, options=Options(redact=False, stories=True))
    source = to_html(told, english, now=NOW)
    assert "hunter2-very-secret" in source
    assert "keep it on this machine" in source


@pytest.mark.parametrize("name", CASES)
def test_html_data_of_the_script_are_the_diagnosis(fixture: Diagnose, english: Words, name: str) -> None:
    diagnosis = fixture(name)
    source = to_html(diagnosis, english, now=NOW)
    chunks = dict(re.findall(r'<script type="application/json" id="data-([\w-]+)">(.*?)</script>', source))
    if diagnosis.mascots.is_empty():
        assert "index" not in chunks
        return
    page, index = json.loads(chunks["page"]), json.loads(chunks["index"])
    assert sorted(index["ids"]) == sorted(diagnosis.mascots["mascot_id"])
    assert Counter(page["outcomes"][place] for place in index["o"]) == Counter(dict(diagnosis.by_outcome))
    lines = [line for key, chunk in chunks.items() if key.startswith("tale-") for lines in json.loads(chunk)["lines"] for line in lines]
    assert len(lines) >= diagnosis.mascots.height


def test_html_gives_the_same_bytes_for_the_same_moment(fixture: Diagnose, words: Words) -> None:
    page = to_html(fixture("two-pulls-overlap"), words, now=NOW, version="1.2.3")
    fixture.cache_clear()  # type: ignore[attr-defined]  # diagnosed anew
    assert to_html(fixture("two-pulls-overlap"), words, now=NOW, version="1.2.3") == page
    assert "2026-12-24 18:00:00" in page
    assert "1.2.3" in page


@pytest.mark.parametrize("name", CASES)
def test_html_says_what_the_json_says(fixture: Diagnose, words: Words, name: str) -> None:
    diagnosis = fixture(name)
    shown = Page(to_html(diagnosis, words, now=NOW)).words
    for finding in diagnosis.findings:
        assert " ".join(words.title(finding).split()) in shown
        assert " ".join(words.summary(finding).split()) in shown
        for evidence in finding.supports:
            assert " ".join(evidence.text.split()) in shown
            assert f"{evidence.source}:{evidence.line}" in shown
    for cause in diagnosis.causes:
        assert " ".join(words.cause(cause.id).split()) in shown
    for check in diagnosis.checks:
        assert all(" ".join(text.split()) in shown for text in words.check(check))
    for note in diagnosis.coverage.notes:
        assert " ".join(words.note(note).split()) in shown
