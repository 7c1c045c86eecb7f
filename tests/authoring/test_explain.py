"""Why a line is read as it is: what matched, and where the nearest other rules stopped; patterns taken apart."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from logscan import Rulebook, load_rules
from logscan.authoring.explain import Explained, Near, explain
from logscan.authoring.explaining.split import split_pattern

RULES = r"""
schema: 1
signatures:
  - id: poster-ready
    event: generated
    context: [PosterService, PosterWorker]
    pattern: 'Poster (?P<mascot>\S+) was painted in Gemini'
    examples: ['[PosterService] Poster 4711 was painted in Gemini']
  - id: poster-strict
    event: job_stalled
    context: PosterQueue
    strict: true
    pattern: 'Painting brigade (?P<job>\d+) stalled'
    examples: ['[PosterQueue] Painting brigade 12 stalled']
  - id: poster-lost
    event: generation_failed
    pattern: 'Poster lost its mascot (?P<mascot>\S+)'
    examples: ['Poster lost its mascot 12']
families:
  - id: easel-broken
    component: none
    title: {en: "The easel broke", fr: "Le chevalet a cassé"}
    remedies: [{text: {en: "Mend it.", fr: "Réparez-le."}}]
    rules:
      - id: easel-broken-leg
        pattern: '\b(?:easel collapsed|chevalet effondré) on leg \d'
        examples: ['Error: easel collapsed on leg 3']
      - id: easel-broken-glue
        pattern: '\bglue dispenser\b.{0,80}?\bran dry\b(?! today)'
        examples: ['glue dispenser 3 ran dry']
      - id: easel-broken-secret
        pattern: 'varnish token mismatch: expected \d+$'
        examples: ['varnish token mismatch: expected 12']
data:
  - id: data-poster-title
    pattern: '^Poster title: '
    examples: ['Poster title: easel collapsed on leg 3']
secrets:
  - id: varnish-token
    pattern: '\bvarnish-(?P<secret>[a-z0-9]{6,40})\b'
    examples: ['varnish-abc123']
"""


@pytest.fixture(scope="module")
def easels(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "own.yaml").write_text(RULES, "utf-8")
    return load_rules(folder)


def one(text: str, rulebook: Rulebook) -> Explained:
    found = explain(text, rulebook, near=5)
    assert len(found) == 1
    return found[0]


def why(text: str, rulebook: Rulebook, rule: str) -> str:
    near = {item.rule.id: item.why for item in one(text, rulebook).near}
    assert rule in near, f"not near: {sorted(near)}"
    return near[rule]


def matched(found: Explained) -> dict[str, dict[str, str]]:
    return {match.rule.id: dict(match.captures) for match in found.matched}


# What matched.


def test_explain_fields_and_captures_are_those_of_the_scan(rulebook: Rulebook) -> None:
    line = "[Nest] 7  - 11/22/2026, 8:27:57 AM   ERROR [JobsService] Failed to enqueue mascot generation for 4711: Error: Command timed out"
    found = one(line, rulebook)
    assert (found.form, found.record.level, found.record.context) == ("nest", "error", "JobsService")
    assert matched(found)["enqueue-failed"] == {"mascot": "4711"}
    assert any(match.rule.family is not None for match in found.matched)


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ("Cache warmed", "text"),
        ("2026-11-22T09:00:00.000000000Z [err] Cache warmed", "railway-log"),
        ('{"level":30,"time":1795336088455,"pid":7,"msg":"Cache warmed"}', "pino"),
        ("{\n  level: 'log',\n  pid: 1,\n  message: 'Cache warmed'\n}", "nest-inspect"),
    ],
)
def test_explain_form_of_line(line: str, form: str, rulebook: Rulebook) -> None:
    found = one(line, rulebook)
    assert found.form == form
    assert found.record.message == "Cache warmed"


def test_explain_every_kind_of_rule(easels: Rulebook) -> None:
    assert matched(one("Poster title: varnish-abc123def", easels)) == {"data-poster-title": {}, "varnish-token": {}}
    assert "easel-broken-leg" in matched(one("Error: easel collapsed on leg 3", easels))
    redis = "1:M 22 Nov 2026 09:00:00.000 * Ready to accept connections tcp"
    assert any(rule.id in matched(one(redis, easels)) for rule in easels.services)


def test_explain_one_per_record(easels: Rulebook) -> None:
    text = "2026-11-22T09:00:00.000000000Z [err] Poster lost its mascot 12:\nError: easel collapsed on leg 3\n2026-11-22T09:00:01.000000000Z [inf] Bye"
    first, second = explain(text, easels)
    assert set(matched(first)) == {"poster-lost", "easel-broken-leg"}
    assert (second.record.message, second.matched, second.near) == ("Bye", (), ())


@pytest.mark.parametrize("text", ["", "\n \n", "You reached the start of the range"])
def test_explain_nothing_to_read(text: str, rulebook: Rulebook) -> None:
    assert explain(text, rulebook) == []


# Where the nearest rules stopped.


def test_near_other_logger(rulebook: Rulebook) -> None:
    line = "[AuditService] Successfully enqueued mascot generation for 4711"
    assert why(line, rulebook, "enqueued") == "the rule wants the logger JobsService; this line is of AuditService"


def test_near_one_of_several_loggers(easels: Rulebook) -> None:
    said = why("[Painter] Poster 12 was painted in Gemini", easels, "poster-ready")
    assert said == "the rule wants the logger PosterService or PosterWorker; this line is of Painter"


def test_near_strict_rule_without_logger(easels: Rulebook) -> None:
    said = why("Painting brigade 12 stalled", easels, "poster-strict")
    assert said == "the rule is strict: it wants a line that names the logger PosterQueue; this line names none"


def test_near_not_at_the_start(easels: Rulebook) -> None:
    said = why("They say: Poster lost its mascot 12", easels, "poster-lost")
    assert said == "a signature holds at the start of the message only; here it stands at character 11"


def test_near_not_on_the_first_line(easels: Rulebook) -> None:
    said = why("2026-11-22T09:00:00.000000000Z [err] Oh no:\nPoster lost its mascot 12", easels, "poster-lost")
    assert said == "a signature holds on the first line of a message only; here it stands on line 2 of it"


def test_near_all_reasons_are_told(easels: Rulebook) -> None:
    said = why("[Painter] They say: Poster 12 was painted in Gemini", easels, "poster-ready")
    assert "this line is of Painter; " in said
    assert said.endswith("here it stands at character 11")


def test_near_plain_word_instead_of_id(rulebook: Rulebook) -> None:
    line = "[MascotGenerationProcessor] Failed to generate mascot image for user 12"
    assert why(line, rulebook, "generation-failed") == "'image' is taken for a plain word, not an id"


def test_near_punctuation_instead_of_id(easels: Rulebook) -> None:
    assert why("Poster lost its mascot ...", easels, "poster-lost").startswith("'...' is no id")


def test_near_inside_quotation_marks(easels: Rulebook) -> None:
    said = why('user asks "why easel collapsed on leg 3"', easels, "easel-broken-leg")
    assert said == "its words stand inside quotation marks, where causes are not looked for"


def test_near_other_peoples_words(easels: Rulebook) -> None:
    said = why("Poster title: easel collapsed on leg 3", easels, "easel-broken-leg")
    assert said == "the line carries other people's words (rule data-poster-title), so no cause is looked for"


def test_near_capital_letters(easels: Rulebook) -> None:
    assert "only capital and small letters differ, in «poster lost its mascot 12»" in why(
        "poster lost its mascot 12", easels, "poster-lost"
    )


def test_near_the_line_ends(rulebook: Rulebook) -> None:
    said = why("[MascotGenerationProcessor] Failed to generate mascot ", rulebook, "generation-failed")
    assert said == r"matched up to «Failed to generate mascot »; then the rule wants «(?P<mascot>\S+)», the line ends"


def test_near_another_word(easels: Rulebook) -> None:
    said = why("Poster 4711 was painted in Imagen", easels, "poster-ready")
    assert said == "matched up to «Poster 4711 was painted in »; then the rule wants «Gemini», the line has «Imagen»"


def test_near_inside_the_branch_that_fits(easels: Rulebook) -> None:
    said = why("Error: easel collapsed on arm 3", easels, "easel-broken-leg")
    assert said == "matched up to «easel collapsed on »; then the rule wants «leg », the line has «arm 3»"


def test_near_behind_a_gap(easels: Rulebook) -> None:
    said = why("glue dispenser 3 was refilled twice", easels, "easel-broken-glue")
    assert said == "matched up to «glue dispenser»; somewhere behind it the rule wants «ran dry», which does not follow"


def test_near_what_must_not_follow(easels: Rulebook) -> None:
    said = why("glue dispenser 3 ran dry today", easels, "easel-broken-glue")
    assert "the rule refuses what follows: «(?! today)», the line has « today»" in said


def test_near_only_the_end_stands_in_the_line(easels: Rulebook) -> None:
    said = why("Someone lost its mascot 12", easels, "poster-lost")
    assert said == "« lost its mascot 12» stands in the line, but the rule wants «Poster» before it"


def test_near_middle_differs_and_the_rest_counts(rulebook: Rulebook) -> None:
    said = why("[JobsService] Failed to enqueue pose generation for 12: Error", rulebook, "enqueue-failed")
    assert said == "matched up to «Failed to enqueue »; then the rule wants «mascot generation for », the line has «pose generation»"


def test_near_never_shows_a_secret(easels: Rulebook) -> None:
    line = "varnish token mismatch: expected varnish-abc123def"
    said = why(line, easels, "easel-broken-secret")
    assert "the line has «varnish-•••" in said
    assert "abc123" not in repr([(match.rule.id, dict(match.captures)) for match in one(line, easels).matched])


def test_near_control_characters_are_made_visible(easels: Rulebook) -> None:
    said = why("Poster 4711 was painted in \u202eInk\x07", easels, "poster-ready")
    assert "\u202e" not in said
    assert "\x07" not in said


@pytest.mark.parametrize(
    "line",
    [
        "Cache warmed",
        "Error: it broke",
        "Something Error happened",
        "Job failed",
        "Successfully",
        "TypeError: x is not a function",
        "Poster 12",
    ],
)
def test_near_nothing_in_common(line: str, easels: Rulebook) -> None:
    assert one(line, easels).near == ()


def test_near_best_first_and_no_more_than_asked(rulebook: Rulebook) -> None:
    line = "[AuditService] Successfully enqueued mascot generation for 4711"
    scores = [item.score for item in one(line, rulebook).near]
    assert len(scores) > 1
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert [len(explain(line, rulebook, near=count)[0].near) for count in (0, 1)] == [0, 1]


def test_near_no_rule_that_matched(rulebook: Rulebook) -> None:
    found = one("Error: connect ECONNREFUSED 127.0.0.1:6379", rulebook)
    assert not {match.rule.id for match in found.matched} & {item.rule.id for item in found.near}


def test_near_pattern_that_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = r"""
        schema: 1
        data:
          - {id: data-slow, pattern: '^brushstroke quota (?:a|aa)+$', examples: ['brushstroke quota aa'], counterexamples: []}
    """
    (tmp_path / "slow.yaml").write_text(slow, "utf-8")
    monkeypatch.setattr("logscan.rulebook.book.TIMEOUT", 0.2)
    monkeypatch.setattr("logscan.authoring.explaining.near.TIMEOUT", 0.2)
    begun = time.monotonic()
    near: tuple[Near, ...] = one("brushstroke quota " + "a" * 200 + "b", load_rules(tmp_path)).near
    assert time.monotonic() - begun < 5
    assert [(item.rule.id, item.why) for item in near] == [
        ("data-slow", "its pattern takes more than 0.2 seconds on this line, so it is given up")
    ]


@given(
    st.text(max_size=120), st.sampled_from(["", "[JobsService] Failed to enqueue mascot ", '{"message":"', "Error: connect ECONNREFUSED "])
)
def test_explain_any_text(rulebook: Rulebook, text: str, start: str) -> None:
    for found in explain(start + text, rulebook):
        assert all("\x1b" not in item.why and "\n" not in item.why for item in found.near)


# Patterns in pieces.

ATOMS = st.sampled_from([
    "a", "Z", " ", "é", "]", "}", r"\.", r"\d", r"\x41", r"\p{Lu}", r"\b", "^", "$", ".", "[a-z]", "[^]|(]", r"[\]\\]", "[[:alpha:]]",
    "(?#note)", r"\N{BULLET}",
])  # fmt: skip
OPENERS = st.sampled_from(["(", "(?:", "(?>", "(?i:", "(?=", "(?!", "(?<=", "(?<!", "(?|"])
QUANTIFIERS = st.sampled_from(["", "", "", "?", "*", "+", "{2}", "{0,3}", "{,3}?", "+?", "*+"])


def grouped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    rows = st.lists(st.tuples(inner, QUANTIFIERS).map("".join), max_size=4).map("".join)
    return st.tuples(OPENERS, st.lists(rows, min_size=1, max_size=3).map("|".join), st.just(")")).map("".join)


PATTERNS = st.tuples(
    st.sampled_from(["", "(?i)", "(?i)(?s)"]),
    st.lists(
        st.lists(st.tuples(st.recursive(ATOMS, grouped, max_leaves=8), QUANTIFIERS).map("".join), max_size=5).map("".join),
        min_size=1,
        max_size=3,
    ).map("|".join),
).map("".join)


def compiles(pattern: str) -> bool:
    try:
        regex.compile(pattern)
    except regex.error:
        return False
    return True


@given(PATTERNS)
@example("(?i)(?:a|b(?:c|d))")
@example(r"(?<name>[)(]|\)|(?(name)a|b))")
def test_split_pattern_pieces_join_back(pattern: str) -> None:
    if not compiles(pattern):
        return
    split = split_pattern(pattern)
    assert split is not None
    assert split.text == pattern
    assert all(compiles(split.alone(pieces)) for pieces in split.alternatives)


@given(st.text("ab()[]{}|?*+\\^$.:<>=!P#,1e-xi", max_size=30))
@example("(" * 5000)
@example("(?x) a b # c")
@example("(?:foo){e<=1}")
def test_split_pattern_any_text(pattern: str) -> None:
    split = split_pattern(pattern)
    assert split is None or split.text == pattern


@pytest.mark.parametrize("pattern", ["(?x) a b", "(?:foo){e<=1}", "(?V1)[a--b]", "(a", "a)", "[a", "(?r)ab"])
def test_split_pattern_leaves_whole_what_it_cannot_read(pattern: str) -> None:
    assert split_pattern(pattern) is None


def test_split_pattern_alternatives_and_quantifiers() -> None:
    split = split_pattern(r"(?i)(?:ab?|\(c{2,3}?|(?:d|e)+)")
    assert split is not None
    assert [[piece.text for piece in pieces] for pieces in split.alternatives] == [["a", "b?"], [r"\(", "c{2,3}?"], ["(?:d|e)+"]]
    assert [piece.literal for piece in split.alternatives[1]] == ["(", "c"]
    assert [[piece.text for piece in row] for row in split.alternatives[2][0].alternatives] == [["d"], ["e"]]


def test_split_pattern_packaged_rules(rulebook: Rulebook) -> None:
    book = rulebook
    for rule in (*book.signatures, *book.causes, *book.facts, *book.data, *book.services, *book.secrets):
        split = split_pattern(rule.rule.pattern)
        assert split is not None, rule.id
        assert split.text == rule.rule.pattern
        assert all(compiles(split.alone(pieces)) for pieces in split.alternatives), rule.id
