"""Drafted rules load, pass their own tests and say what was turned into what; what gives no rule is refused with a reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from logscan import Rulebook, load_rules
from logscan.authoring.draft import SCHEMA_LINE, Draft, Wish, draft
from logscan.authoring.drafting import yamltext
from logscan.authoring.drafting.plan import plan_rule
from logscan.authoring.drafting.shapes import cause_shapes, signature_shapes
from logscan.authoring.trial import Trial, examples_of
from logscan.errors import UsageError
from logscan.rulebook import Compiled
from logscan.rulebook.anchors import anchors_of
from logscan.rulebook.schema import Family, Plural, Remedy, Text
from logscan.rulebook.yamlfile import parse_yaml

FIELD = Path(__file__).parents[2].parent / "shared" / "field" / "errors.jsonl"
NEST = "[Nest] 7  - 11/22/2026, 8:27:57 AM   ERROR "
UUID = "4095d882-a8cf-4da3-b4ea-9bae7453f261"


def loaded(made: Draft, folder: Path) -> tuple[Rulebook, Compiled]:
    """The draft's rule as a user's folder brings it in."""
    (folder / "new.yaml").write_text(made.text, "utf-8")
    rulebook = load_rules(folder)
    return rulebook, next(rule for rule in (*rulebook.causes, *rulebook.signatures, *rulebook.data) if rule.id == made.id)


def check(rulebook: Rulebook, rule: Compiled) -> None:
    """Every example is recognised and captured as it says, no counter-example is."""
    trial = Trial(rulebook)
    for example in examples_of(rule):
        got = trial.recognised(rule, example.line)
        assert got is not None, example.line
        assert example.captures.items() <= got.items(), example.line
    assert not [line for line in rule.rule.counterexamples if trial.recognised(rule, line) is not None]
    assert len(rule.rule.examples) == 2
    assert rule.rule.counterexamples
    assert rule.anchors.texts


def pattern_of(line: str) -> str:
    return next(cause_shapes(line, 0)).pattern


# What is turned into what


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("connect ECONNREFUSED 10.12.0.4:6390", r"\bconnect ECONNREFUSED (?P<host>[\w.-]{1,253}):(?P<port>\d{1,5})"),
        ("cannot reach cache.railway.internal.", r"\bcannot reach (?P<host>[\w.-]{1,253})\."),
        ("from 10.0.0.1 to 10.0.0.2 lost", r"\bfrom (?P<host>[\w.-]{1,253}) to [\w.-]{1,253} lost\b"),
        ("Error: proxy gave status 403 after 3 tries", r"\bproxy gave status 403 after \d+ tries\b"),
        ("worker exited with code 137 at 12:33:01", r"\bworker exited with code 137 at [\w:.,/+ -]{4,40}"),
        ("P1001: no way to the server `x y`", r"\bP1001: no way to the server `[^`]{0,120}`"),
        ("ReplyError: NOAUTH Say who you are", r"\bNOAUTH Say who you are\b"),
        (f"Ghost {UUID} lost its sheet in 1500ms", r"\bGhost \S{1,64} lost its sheet in [\d.]{1,12} ?[a-zµ]{1,3}"),
        ("lost clx3k2j9v0000abcd1234 of 12", r"\blost \S{1,64} of \d+"),
        ("no ghost at https://x.example.org/a?b=1.", r"\bno ghost at https://\S{1,200}"),
        ("no ghost in /srv/app/ghost.js:12:3", r"\bno ghost in \S{1,200}"),
        ("quota (free) of gemini-2.5-flash {a: 1}", r"\bquota \(free\) of gemini-2\.5-flash \{a: \d+\}"),
        ("ghost-7 ate 12MB at port 6390", r"\bghost-\d+ ate \d+MB at port (?P<port>\d{1,5})"),
        ('{"data":"Error: the ghost is away"}', r'"data":"Error: the ghost is away"\}'),
        ('say "Error: the ghost is away', r'"Error: the ghost is away\b'),
        ("4711: ghost service is away", r"\bghost service is away\b"),
    ],
)  # fmt: skip
def test_shapes_turns_what_changes_into_classes(line: str, pattern: str) -> None:
    assert pattern_of(line) == pattern
    assert regex.search(pattern, line)


def test_shapes_keeps_the_start_of_a_cause_outside_of_quotation_marks() -> None:
    line = '{"error":{"code":429,"message":"No more ghosts for 12"}}'
    for shape in cause_shapes(line, 0):
        found = regex.search(shape.pattern, line)
        assert found is not None
        assert line.count('"', 0, found.start()) % 2 == 0


def test_shapes_finds_the_mascot_behind_its_word_before_other_ids() -> None:
    shapes = signature_shapes(f"Batch 77 done for 12, mascot {UUID} stored", ["mascot"])
    assert shapes is not None
    assert next(shapes).captures() == {"mascot": UUID}


def test_shapes_does_not_put_many_classes_without_a_blank_between() -> None:
    line = "ghosts " + ",".join(str(number) for number in range(10, 40)) + " vanished"
    assert pattern_of(line) == r"\bghosts \S{1,200} vanished\b"


# Whole drafts


def test_draft_cause_of_a_nest_line(rulebook: Rulebook, tmp_path: Path) -> None:
    line = (
        NEST + "[JobsService] Failed to enqueue mascot generation for 4711: Error: redis-proxy: upstream refused by a.railway.internal:6390"
    )
    made = draft(Wish(line), rulebook)
    assert made.text.startswith(f"{SCHEMA_LINE}\nschema: 1\nfamilies:\n")
    assert made.pattern == r"\bredis-proxy: upstream refused by (?P<host>[\w.-]{1,253}):(?P<port>\d{1,5})"
    assert any("a.railway.internal (host)" in note for note in made.notes)
    assert any("title_en" in note for note in made.notes)
    rules, rule = loaded(made, tmp_path)
    check(rules, rule)
    assert rule.family is not None
    assert (rule.family.id, rule.family.component) == (made.id, "redis")
    assert Trial(rules).recognised(rule, line) == {"host": "a.railway.internal", "port": "6390"}
    assert Trial(rules).recognised(rule, "Error: redis-proxy: upstream refused by other:1") is not None


def test_draft_cause_of_a_pino_line_takes_the_error_not_the_message(rulebook: Rulebook) -> None:
    error = {
        "type": "GhostError",
        "message": "Ghost bucket 12 vanished",
        "stack": "GhostError: Ghost bucket 12 vanished\n    at x (/app/x.js:1:2)",
    }
    line = json.dumps({"level": 50, "time": 1795338441412, "context": "StorageService", "err": error, "msg": "Upload went wrong"})
    assert draft(Wish(line), rulebook).pattern == r"\bGhost bucket \d+ vanished\b"


def test_draft_cause_of_several_lines_takes_the_most_telling(rulebook: Rulebook) -> None:
    line = "[StorageService] Upload over\n    at Ghost.run (/app/x.js:1:2)\nSheetTorn: The sheet of the ghost is torn"
    assert "sheet of the ghost is torn" in draft(Wish(line), rulebook).pattern


def test_draft_signature_of_a_railway_line(rulebook: Rulebook, tmp_path: Path) -> None:
    line = json.dumps(
        {"message": f"[MascotGenerationProcessor] Mascot {UUID} is ready (variation 1)", "timestamp": "2026-11-22T09:07:21.412Z"}
    )
    made = draft(Wish(line, kind="signature", event="generated", id="generated-short"), rulebook)
    assert (made.id, made.pattern) == ("generated-short", r"Mascot (?P<mascot>\S+) is ready")
    rules, rule = loaded(made, tmp_path)
    check(rules, rule)
    assert rule.contexts == ("MascotGenerationProcessor",)
    assert Trial(rules).recognised(rule, line) == {"mascot": UUID}
    assert any(line.startswith("[AuditService]") for line in rule.rule.counterexamples)


def test_draft_signature_without_a_logger_says_so(rulebook: Rulebook) -> None:
    made = draft(Wish("Ghost is up: mascot #4711, again", kind="signature", event="uploaded"), rulebook)
    assert made.pattern == r"Ghost is up: mascot #(?P<mascot>\S+)"
    assert any("names no logger" in note for note in made.notes)


def test_draft_signature_with_groups_other_than_the_mascot(rulebook: Rulebook) -> None:
    made = draft(Wish("[Mascot] Asked 3/30 times for batch batch_1795338537275_wi8ppd", kind="signature", event="plugin_poll"), rulebook)
    assert made.pattern == r"Asked (?P<attempt>\d+)/(?P<max>\d+) times for batch (?P<batch>[^\s),]+)"


def test_draft_data_takes_the_words_before_the_data(rulebook: Rulebook, tmp_path: Path) -> None:
    made = draft(Wish("[Mailer] Mail subject: Quota exceeded, again", kind="data"), rulebook)
    assert (made.id, made.pattern) == ("data-mail-subject", "^Mail subject: ")
    check(*loaded(made, tmp_path))


def test_draft_in_a_known_family_repeats_its_head_and_keeps_its_rules(rulebook: Rulebook, tmp_path: Path) -> None:
    made = draft(Wish("Error: the ghost of Redis shut its door", family="redis-refused"), rulebook)
    rules, rule = loaded(made, tmp_path)
    before = rulebook.families["redis-refused"]
    assert rules.families["redis-refused"] == before
    assert rule.family == before
    assert len(rules.causes) == len(rulebook.causes) + 1
    assert made.id.startswith("redis-refused-")


def test_draft_in_a_known_family_says_that_its_texts_stay(rulebook: Rulebook) -> None:
    made = draft(Wish("Error: the ghost of Redis shut its door", family="redis-refused", title_en="Mine"), rulebook)
    assert "Title and remedies are those of the family 'redis-refused'; yours are not used." in made.notes


def test_draft_of_a_logger_whose_name_is_no_tag(rulebook: Rulebook, tmp_path: Path) -> None:
    line = NEST + f"[Ghost/Code] Drew mascot {UUID} well"
    rules, rule = loaded(draft(Wish(line, kind="signature", event="generated"), rulebook), tmp_path)
    check(rules, rule)
    assert rule.contexts == ("Ghost/Code",)
    assert Trial(rules).recognised(rule, line) == {"mascot": UUID}


def test_draft_takes_the_texts_of_the_wish(rulebook: Rulebook, tmp_path: Path) -> None:
    texts = {"title_en": 'A "ghost": # no', "title_fr": "Un fantôme : l'âme", "remedy_en": "Call \\ them", "remedy_fr": "Appelez - les"}
    made = draft(Wish("Error: ghost alarm went off", component="process", id="ghosts", **texts), rulebook)
    _, rule = loaded(made, tmp_path)
    assert rule.family == Family(
        id="ghosts",
        component="process",
        title=Text('A "ghost": # no', "Un fantôme : l'âme"),
        remedies=[Remedy(Text("Call \\ them", "Appelez - les"))],
    )
    assert not any("makeshift" in note for note in made.notes)


def test_draft_masks_secrets_and_shows_control_characters(rulebook: Rulebook, tmp_path: Path) -> None:
    line = "Error: ghost login to redis://ann:hunter2word@ghost.example.org:6390 bad\u202e\x07 sheet, password=s3cr3tvalue"
    made = draft(Wish(line), rulebook)
    assert not {"hunter2word", "s3cr3tvalue", "\u202e", "\x07"} & {
        word for word in ("hunter2word", "s3cr3tvalue", "\u202e", "\x07") if word in made.text
    }
    assert any("secret" in note for note in made.notes)
    rules, rule = loaded(made, tmp_path)
    check(rules, rule)
    assert Trial(rules).recognised(rule, line) is not None


def test_draft_of_a_long_line_looks_at_its_beginning(rulebook: Rulebook) -> None:
    made = draft(Wish("Error: " + "the ghost said boo again and " * 200), rulebook)
    assert len(made.pattern) < 200
    assert any("part of the line only" in note for note in made.notes)


def test_draft_free_id_where_the_words_are_taken(rulebook: Rulebook, tmp_path: Path) -> None:
    first = draft(Wish("Error: ghost alarm went off"), rulebook)
    rules, rule = loaded(first, tmp_path)
    other = replace(
        rules,
        causes=tuple(
            replace(known, rule=msgspec.structs.replace(known.rule, pattern="nothing at all")) if known is rule else known
            for known in rules.causes
        ),
    )
    assert draft(Wish("Error: ghost alarm went off"), other).id == f"{first.id}-2"


# What gives no rule


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (Wish("  "), "the line is blank"),
        (Wish("1234 567 89"), "nothing in the line '1234 567 89' tells it from others"),
        (Wish(f"Error: {UUID}"), "nothing in the line"),
        (Wish("ошибка сети"), "three plain characters"),
        (Wish("Error: connect ECONNREFUSED 127.0.0.1:6379"), r"the rule 'redis-refused-port' \(.*redis\.yaml:\d+\) recognises this line already: it needs no new"),
        (Wish("[JobsService] Failed to enqueue mascot generation for 4711"), "says what happened, and a signature knows it"),
        (Wish("[JobsService] Failed to enqueue mascot generation for 4711", kind="signature", event="enqueue_failed"), "'enqueue-failed'"),
        (Wish("Prompt: a ghost", kind="data"), "the rule 'data-prompt'"),
        (Wish("Prompt: a ghost with an error"), "the rule 'data-prompt' .* takes this line for data"),
        (Wish("a ghost", kind="signature"), "add --event with one of enqueued"),
        (Wish("a ghost", kind="signature", event="generatd"), "unknown event 'generatd': did you mean 'generated'"),
        (Wish("a ghost came", kind="signature", event="generated"), "needs the mascot's id, which the line 'a ghost came' does not hold"),
        (Wish("a ghost", event="generated"), "--event is for signatures"),
        (Wish("a ghost", kind="data", title_en="x"), "--title-en is for causes"),
        (Wish("a ghost", component="redsi"), "unknown component 'redsi': did you mean 'redis'"),
        (Wish("a ghost", family="redis-refusd"), "did you mean 'redis-refused'.*without --family a new family is begun"),
        (Wish("a ghost", family="redis-refused", component="google"), "is of component 'redis', not 'google'"),
        (Wish("a ghost", id="Ghost Alarm"), "'Ghost Alarm' is no id: .*try 'ghost-alarm'"),
        (Wish("a ghost", id="redis-refused-port"), r"'redis-refused-port' is taken \(.*redis\.yaml:\d+\): try 'redis-refused-port-2'"),
        (Wish("a ghost", id="redis-refused"), r"'redis-refused' is taken \(a family\): try 'redis-refused-2'"),
        (Wish("a ghost", title_en="{x} is gone"), "--title-en holds single braces"),
        (Wish("a ghost", title_fr="un { seul"), "--title-fr holds single braces"),
        (Wish("\r \x07 ghost (?i)", kind="data"), "passes its own test: .* is not recognised itself; write the rule by hand"),
        (Wish("a ghost", event="generated", kind="data"), "--event is for signatures"),
        (Wish("a ghost", component="xyzzy"), "unknown component 'xyzzy': give one of redis, google"),
        (Wish("a ghost", remedy_fr=" "), "--remedy-fr is empty"),
    ],
)  # fmt: skip
def test_draft_refuses_with_a_reason(rulebook: Rulebook, wish: Wish, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        draft(wish, rulebook)


# What is written reads back


def test_yamltext_texts_read_back() -> None:
    for text in (
        "it's",
        'say "x"',
        "a: b # c",
        "- [x] {y}",
        "tab\there",
        "\ufffe",
        "\U0001f47b",
        "on",
        "012",
        " blanks ",
        "\\n",
        "%@`!&*|>?",
    ):
        for written in (yamltext.single(text), yamltext.double(text)):
            document = parse_yaml(f"key: {written}\n", "x.yaml")
            assert (document.problems, document.data) == ([], {"key": text})


def test_yamltext_family_with_all_its_keys_reads_back() -> None:
    text = Text(Plural("one: {n}", "many"), Plural("un", "des 'x'"))
    family = Family(id="ghosts", component="none", title=text, remedies=[Remedy(text, "do it", "https://example.org", unexplained=True)])
    family = structs.replace(family, references=["https://example.org/a, b"])
    document = parse_yaml("\n".join(yamltext.item(yamltext.head(family))), "x.yaml")
    assert not document.problems
    assert document.data == [{
        "id": "ghosts",
        "component": "none",
        "references": ["https://example.org/a, b"],
        "title": {"en": {"one": "one: {n}", "other": "many"}, "fr": {"one": "un", "other": "des 'x'"}},
        "remedies": [{
            "text": {"en": {"one": "one: {n}", "other": "many"}, "fr": {"one": "un", "other": "des 'x'"}},
            "command": "do it", "link": "https://example.org", "unexplained": True,
        }],
    }]  # fmt: skip


# Any line

WORDS = st.sampled_from([
    "Error:", "TypeError:", "ReplyError: NOAUTH", "connect", "ECONNREFUSED", "ghost", "refused", "failed to upload", "status 403", "exit code 137",
    "Cannot read properties of undefined", "(reading 'x')", "P1001:", "mascot", "for", "job", "at", "is not a function", "timeout of", "[Ghost]",
    '"message":', '"prompt":', "{", "}", "[", "]", "([{", "\\", "\\d+", "(?i)", ".*", "$^", "a|b", "?", "*", "& * !", "| > %", "@x", "- ", "#", ": ", "'", '"', "`",
    "été", "ошибка", "👻", "\u200b", "\x07", "\t", "\ufffe", "\x85", "${{Redis.HOST}}", "=", ",", "1,2,3,4", "password=s3cr3tvalue", "a" * 200, "b1" * 60,
    UUID, "01J9ZK3V5Y8Q2M7N4P6R8S0T1V", "clx3k2j9v0000", "4711", "10.0.0.4:6390", "fd12:8a2b::9:6379", "cache.example.org", "https://x.example.org/y?z=1",
    "/srv/app/x.js:1:2", "2026-11-22T09:07:21.412Z", "1500ms", "v20.11.0", "ann@example.org", "'quoted value'", '"quoted value"', "`q`", "-3", "3.5",
])  # fmt: skip
LINES = st.lists(WORDS | st.text(max_size=6), min_size=1, max_size=14).map(" ".join)
WISHES = st.builds(
    lambda line, kind: Wish(line, kind=kind, event="generated" if kind == "signature" else None),
    LINES,
    st.sampled_from(["cause", "signature", "data"]),
)


@settings(max_examples=12)
@given(wish=WISHES)
def test_draft_of_any_line_passes_or_is_refused(rulebook: Rulebook, tmp_path_factory: pytest.TempPathFactory, wish: Wish) -> None:
    try:
        made = draft(wish, rulebook)
    except UsageError:
        return
    check(*loaded(made, tmp_path_factory.mktemp("rules")))


@settings(max_examples=80)
@given(wish=WISHES)
def test_plan_of_any_line_reads_back_from_its_file(rulebook: Rulebook, wish: Wish) -> None:
    """The many lines of which loading everything each time would take minutes."""
    try:
        plan, _ = plan_rule(wish, rulebook)
    except UsageError:
        return
    document = parse_yaml(yamltext.rule_file("rules", plan.rule, None, SCHEMA_LINE), "x.yaml")
    assert not document.problems
    written = document.data["rules"][0]
    assert written["pattern"] == plan.rule.pattern
    lines = [example if isinstance(example, str) else example.line for example in plan.rule.examples]
    assert [item["line"] if isinstance(item, dict) else item for item in written["examples"]] == lines
    assert written["counterexamples"] == plan.rule.counterexamples
    assert anchors_of(plan.rule.pattern).texts


def test_draft_of_field_errors_nobody_knows_yet(rulebook: Rulebook, tmp_path: Path) -> None:
    """Errors as libraries print them, seen by a rulebook without causes: nearly all of them give a rule that holds. Every third will do."""
    if not FIELD.is_file():
        pytest.skip("the field data (../shared/field) are not on this machine")
    unknowing = replace(rulebook, causes=())
    entries = [json.loads(line) for line in FIELD.read_text("utf-8").splitlines()[::3]]
    refused: list[str] = []
    for number, entry in enumerate(entries):
        try:
            plan, _ = plan_rule(Wish("\n".join(entry["lines"]), id=f"field-{number}"), unknowing)
        except UsageError as error:
            refused.append(str(error))
            continue
        (tmp_path / f"{number}.yaml").write_text(yamltext.rule_file("families", plan.rule, plan.family, SCHEMA_LINE), "utf-8")
    assert len(refused) <= len(entries) // 20, refused
    rules = load_rules(tmp_path)
    new = [rule for rule in rules.causes if rule.id.startswith("field-")]
    assert len(new) == len(entries) - len(refused)
    for rule in new:
        check(rules, rule)
