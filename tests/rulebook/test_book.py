"""Rule files: what loads, what is refused and at which place, what a folder of one's own changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from logscan import Rulebook, load_rules
from logscan.errors import RuleProblem, RulesError, UsageError
from logscan.rulebook.schema import Text
from logscan.rulebook.yamlfile import MAX_ALIASES, MAX_BYTES, parse_yaml
from logscan.times import MINUTE, SECOND
from tests.logs import Line, outcomes, picked, read, render, tick

GOOD = """\
schema: 1
signatures:
  - id: queued-by-us
    event: enqueued
    context: QueueService
    pattern: 'Job queued: (?P<mascot>\\S+)'
    examples: ['[QueueService] Job queued: 12']
"""


def book(folder: Path, *texts: str) -> Rulebook:
    """The packaged rules with these files, and no others, on top."""
    for old in folder.glob("*.yaml"):
        old.unlink()
    for number, text in enumerate(texts):
        (folder / f"{number}.yaml").write_text(dedent(text), "utf-8")
    return load_rules(folder)


def problems(folder: Path, *texts: str) -> list[RuleProblem]:
    with pytest.raises(RulesError) as caught:
        book(folder, *texts)
    assert caught.value.exit_code == 2
    assert str(caught.value) == "\n".join(str(problem) for problem in caught.value.problems)
    return list(caught.value.problems)


def only_problem(folder: Path, text: str) -> tuple[int, int, str]:
    (problem,) = problems(folder, text)
    assert problem.path == str(folder / "0.yaml")
    return problem.line, problem.column, problem.message


def test_book_packaged_rules_load(rulebook: Rulebook) -> None:
    assert {rule.id for rule in rulebook.signatures} >= {"enqueued", "generated", "generation-failed", "enqueue-failed"}
    assert (rulebook.pickup, rulebook.run) == (2 * MINUTE, 10 * MINUTE)
    assert rulebook.hash.startswith("sha256:")


def test_book_three_signature_groups_stand_in_three_files(rulebook: Rulebook) -> None:
    files = {rule.id: Path(rule.origin.rpartition(":")[0]).name for rule in rulebook.signatures}
    assert (files["enqueued"], files["enqueue-failed"], files["generation-failed"]) == (
        "enqueue-ok.yaml",
        "enqueue-failed.yaml",
        "generation-failed.yaml",
    )


def test_book_ids_are_unique_over_all_kinds(rulebook: Rulebook) -> None:
    ids = [rule.id for kind in ("signatures", "causes", "facts", "data", "services", "secrets") for rule in getattr(rulebook, kind)]
    assert len(ids) == len(set(ids))


def test_book_texts_are_in_both_languages(rulebook: Rulebook) -> None:
    for family in rulebook.families.values():
        for text in (family.title, *(remedy.text for remedy in family.remedies)):
            assert text.en, family.id
            assert text.fr != text.en or len(str(text.en)) < 20, (family.id, text.en)
        assert family.remedies or family.id == "unknown", family.id


def test_book_a_new_rule_is_yaml_only(tmp_path: Path) -> None:
    rules = book(tmp_path, GOOD)
    log = render([Line(0, "Job queued: 12", "QueueService"), picked("12", SECOND), tick(30 * MINUTE)])
    found = read(rules, log)
    assert outcomes(found) == {"12": "stalled"}
    assert found.mascots["enqueued_at"].null_count() == 0
    rule = next(rule for rule in rules.signatures if rule.id == "queued-by-us")
    assert rule.origin == f"{tmp_path / '0.yaml'}:3"


def test_book_overrides_by_id(tmp_path: Path, rulebook: Rulebook) -> None:
    rules = book(tmp_path, GOOD.replace("queued-by-us", "enqueued"))
    assert len(rules.signatures) == len(rulebook.signatures)
    old = Line(0, "Successfully enqueued mascot generation for 1", "JobsService")
    new = Line(0, "Job queued: 2", "QueueService")
    assert outcomes(read(rules, render([old, new, tick(30 * MINUTE)]))) == {"2": "waiting"}
    assert rules.hash != rulebook.hash


def test_book_overrides_across_kinds(tmp_path: Path) -> None:
    rules = book(tmp_path, "schema: 1\ndata:\n  - {id: enqueued, pattern: 'abcdef', examples: ['abcdef']}\n")
    assert "enqueued" not in {rule.id for rule in rules.signatures}
    assert "enqueued" in {rule.id for rule in rules.data}


def test_book_later_folder_wins(tmp_path: Path) -> None:
    for name, seconds in (("a", 30), ("b", 40)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.yml").write_text(f"schema: 1\ndeadlines: {{pickup: {seconds}s, run: 1m30s}}\n")
    assert load_rules(tmp_path / "a", tmp_path / "b").pickup == 40 * SECOND
    assert load_rules(tmp_path / "b", tmp_path / "a").pickup == 30 * SECOND
    assert load_rules(tmp_path / "a").run == 90 * SECOND


def test_book_folders_inside_are_read(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "x.yaml").write_text(GOOD)
    (tmp_path / "notes.txt").write_text("not a rule")
    assert "queued-by-us" in {rule.id for rule in load_rules(tmp_path).signatures}


def test_book_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no rules folder"):
        load_rules(tmp_path / "absent")
    (tmp_path / "a.yaml").write_text(GOOD)
    with pytest.raises(UsageError, match="is a file: give its folder"):
        load_rules(tmp_path / "a.yaml")


def test_book_hash_is_of_the_content_not_of_line_ends(tmp_path: Path) -> None:
    made = []
    for name, data in (("a", GOOD.encode()), ("b", GOOD.replace("\n", "\r\n").encode()), ("c", GOOD.replace("12", "13").encode())):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.yaml").write_bytes(data)
        made.append(load_rules(tmp_path / name).hash)
    assert made[0] == made[1] != made[2]


def test_book_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert "queued-by-us" in {rule.id for rule in load_rules(tmp_path).signatures}


# Mistakes. Their messages and places stand in fixtures/bad-rules.


def test_book_every_mistake_is_told_in_order(tmp_path: Path) -> None:
    bad = "schema: 1\ndata:\n  - {id: a, pattern: '(', examples: []}\n  - {id: b, pattern: ')', examples: []}\n  - {id: c, pattern: abc, exampels: []}\n"
    found = problems(tmp_path, bad, "schema: x\n", bad.replace("id: ", "id: z"))
    assert [(Path(problem.path).name, problem.line) for problem in found] == [
        ("0.yaml", 3), ("0.yaml", 4), ("0.yaml", 5), ("0.yaml", 5), ("1.yaml", 1),
        ("2.yaml", 3), ("2.yaml", 4), ("2.yaml", 5), ("2.yaml", 5),
    ]  # fmt: skip
    assert str(found[0]).startswith(f"{tmp_path / '0.yaml'}:3:")


def test_book_duplicate_ids(tmp_path: Path) -> None:
    twice = GOOD + GOOD.partition("signatures:\n")[2]
    assert only_problem(tmp_path, twice) == (8, 9, f"duplicate id 'queued-by-us': it stands at {tmp_path / '0.yaml'}:3 already")
    (second,) = problems(tmp_path, GOOD, GOOD)
    assert (Path(second.path).name, second.line) == ("1.yaml", 3)
    cause = "families:\n  - id: f\n    component: redis\n    title: {en: a, fr: b}\n    remedies: []\n    rules: [{id: queued-by-us, pattern: abc, examples: []}]\n"
    assert only_problem(tmp_path, GOOD + cause)[2].startswith("duplicate id 'queued-by-us'")


def test_book_duplicate_families_in_one_folder(tmp_path: Path) -> None:
    family = "  - id: f\n    component: redis\n    title: {en: a, fr: b}\n    remedies: []\n"
    assert only_problem(tmp_path, f"schema: 1\nfamilies:\n{family}{family}")[:2] == (7, 9)


# YAML 1.1, which reads `on` as true and 1:30 as 90.


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"), ("yes", "yes"), ("No", "No"), ("off", "off"), ("y", "y"), ("1:30", "1:30"), ("012", "012"), ("0x1F", "0x1F"), ("1_000", "1_000"),
        ("2026-11-22", "2026-11-22"), ("2026-11-22T09:00:00Z", "2026-11-22T09:00:00Z"), ("=", "="), ("TRUE", "TRUE"), (".5", ".5"), ("0o17", "0o17"),
        ("true", True), ("false", False), ("12", 12), ("-3", -3), ("1.5", 1.5), ("1e3", 1e3), ("null", None), ("~", None), ("", None), ("'12'", "12"),
    ],
)  # fmt: skip
def test_book_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    data = parse_yaml(f"a: {text}\n", "x.yaml").data
    assert data == {"a": value}
    assert type(data["a"]) is type(value)


def test_book_words_are_no_booleans(tmp_path: Path) -> None:
    head = "schema: 1\nfamilies:\n  - id: x\n    component: redis\n    title: {en: a, fr: b}\n    remedies: []\n    rules:\n"
    words = ("on", "yes", "off", "no", "y")
    rules = [f"      - {{fatal: {word}, id: r-{word}, pattern: abc, examples: []}}\n" for word in words]
    found = problems(tmp_path, head + "".join(rules))
    assert [(problem.line, problem.column, problem.message) for problem in found] == [
        (8 + n, 17, f"'{word}' is text in YAML 1.2: write true or false") for n, word in enumerate(words)
    ]


def test_book_word_as_an_id(tmp_path: Path) -> None:
    assert "on" in {rule.id for rule in book(tmp_path, GOOD.replace("queued-by-us", "on")).signatures}


def test_book_sexagesimal_is_no_duration(tmp_path: Path) -> None:
    assert only_problem(tmp_path, "schema: 1\ndeadlines: {pickup: 1:30, run: 2m}\n") == (
        2,
        21,
        "'1:30' is not a duration (such as 90s, 2m, 24h, 1d)",
    )


def test_book_merge_keys_are_no_keys(tmp_path: Path) -> None:
    text = "schema: 1\ndata:\n  - &a {id: a, pattern: abc, examples: []}\n  - {<<: *a, id: b}\n"
    assert any("unknown key '<<'" in problem.message for problem in problems(tmp_path, text))


def test_book_aliases_are_shared_but_not_without_end(tmp_path: Path) -> None:
    few = "schema: 1\ndata:\n  - {id: a, pattern: abc, context: &c [A, B], examples: []}\n  - {id: b, pattern: abc, context: *c, examples: []}\n"
    rules = {rule.id: rule.contexts for rule in book(tmp_path, few).data}
    assert rules["a"] == rules["b"] == ("A", "B")
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    found = parse_yaml(bomb, "x.yaml").problems
    assert found
    assert found[0].message == f"more than {MAX_ALIASES} aliases"


def test_book_alias_to_itself_ends() -> None:
    assert parse_yaml("a: &a [*a]\n", "x.yaml").problems


def test_book_files_beyond_all_measure() -> None:
    (problem,) = parse_yaml("#" * (MAX_BYTES + 1), "x.yaml").problems
    assert "larger than" in problem.message


def test_book_nesting_beyond_all_measure() -> None:
    code = "from logscan.rulebook.yamlfile import parse_yaml; assert parse_yaml('[' * 50_000, 'x.yaml').problems"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("text", "shown"), [("{a} of {b}", "1 of {b}"), ("set {a", "set {a"), ("{} and {a.b}", "{} and {a.b}"), ("{{a}}", "{a}")]
)
def test_book_texts_with_odd_braces_are_shown_as_far_as_may_be(text: str, shown: str) -> None:
    assert Text(text, text).render("en", 1, a="1") == shown
