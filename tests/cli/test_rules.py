"""`logscan rules …`: what each command prints, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from logscan.authoring.rulefile import SCHEMA_FILE
from logscan.rulebook import default_rules
from logscan.rulebook.yamlfile import parse_yaml
from tests.cli.conftest import FIXTURES, Logscan, log

GOOD = """
    schema: 1
    families:
      - id: proxy
        component: redis
        title: {en: "The proxy is down", fr: "Le proxy est arrêté"}
        remedies: [{text: {en: "Start the proxy.", fr: "Démarrez le proxy."}, command: systemctl start proxy}]
        rules:
          - id: proxy-refused
            strength: root
            pattern: 'redis-proxy: upstream refused (?P<host>[\\w.-]+)'
            examples:
              - {line: 'Error: redis-proxy: upstream refused a.b', captures: {host: a.b}}
              - '[JobsService] Failed to enqueue mascot generation for 4711: Error: redis-proxy: upstream refused c'
            counterexamples: ['redis-proxy: upstream accepted a.b']
    sequences:
      - id: proxy-down
        lines:
          - {at: 0s, line: '[JobsService] Failed to enqueue mascot generation for 4711: Error: redis-proxy: upstream refused c'}
        expect:
          - {at: 1m, outcomes: {'4711': enqueue_failed}, causes: {'4711': [proxy]}, verdict: redis-not-working}
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder of good rules."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "proxy.yaml").write_text(dedent(GOOD), encoding="utf-8")
    return folder


def change(folder: Path, old: str, new: str) -> None:
    file = folder / "proxy.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


# lint


def test_rules_packaged_ones_are_clean(logscan: Logscan) -> None:
    done = logscan("rules", "lint")
    assert (done.code, done.out) == (0, "")
    assert done.err.endswith(" rules: 0 errors, 0 warnings\n")


def test_rules_lint_of_a_good_folder(logscan: Logscan, mine: Path) -> None:
    done = logscan("rules", "lint", mine)
    assert (done.code, done.out, done.err) == (0, "", "1 rule: 0 errors, 0 warnings\n")


def test_rules_lint_warnings_are_no_errors(logscan: Logscan, mine: Path) -> None:
    change(mine, "counterexamples: ['redis-proxy: upstream accepted a.b']", "note: x")
    done = logscan("rules", "lint", mine)
    assert done.code == 0
    assert done.out == f"{mine / 'proxy.yaml'}:9:9: warning: 'proxy-refused' has no counter-example: give a near miss\n"


def test_rules_lint_as_json_and_for_github(logscan: Logscan, mine: Path) -> None:
    change(mine, "strength: root", "strength: rot")
    done = logscan("rules", "lint", mine, "--format", "json")
    (problem,) = json.loads(done.out)["problems"]
    assert done.code == 2
    assert (problem["path"], problem["line"], problem["column"], problem["severity"]) == (str(mine / "proxy.yaml"), 10, 19, "error")
    done = logscan("rules", "lint", mine, "--format", "github")
    assert done.out.startswith("::error file=")
    assert ",line=10,col=19::unknown strength 'rot'" in done.out


def test_rules_lint_says_where_a_rule_stops(logscan: Logscan, mine: Path) -> None:
    change(mine, "'Error: redis-proxy: upstream refused a.b', captures: {host: a.b}", '\'"prompt": "redis-proxy: upstream refused a.b"\'')
    done = logscan("rules", "lint", mine)
    assert done.code == 2
    assert "does not recognise this example: the line carries other people's words" in done.out


def test_rules_of_a_file_or_an_empty_folder_are_wrong_usage(logscan: Logscan, mine: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for command in ("lint", "test"):
        done = logscan("rules", command, mine / "proxy.yaml")
        assert (done.code, f"is a file: give its folder, '{mine}'" in done.err) == (2, True)
        done = logscan("rules", command, tmp_path / "empty")
        assert (done.code, "no .yaml file in" in done.err) == (2, True)


def test_rules_are_added_to_a_family_by_its_id_alone(logscan: Logscan, mine: Path) -> None:
    text = (mine / "proxy.yaml").read_text(encoding="utf-8")
    head, rules = text.index("  - id: proxy\n"), text.index("    rules:")
    (mine / "proxy.yaml").write_text(
        text[:head] + "  - id: redis-refused\n" + text[rules:].replace("[proxy]", "[redis-refused]"), encoding="utf-8"
    )
    assert logscan("rules", "test", mine).code == 0
    shown = logscan("rules", "show", "redis-refused", "--rules", mine, "--lang", "en").out
    assert "Redis refuses connections" in shown
    assert "proxy-refused" in shown


def test_rules_lint_of_no_folder_is_wrong_usage(logscan: Logscan) -> None:
    done = logscan("rules", "lint", "nowhere")
    assert done.code == 2
    assert "no rules folder at 'nowhere'" in done.err


def test_rules_that_fail_their_own_tests_stop_a_scan(logscan: Logscan, mine: Path) -> None:
    change(mine, "upstream accepted a.b", "upstream refused a.b")
    done = logscan("scan", log("quota-cli-plain"), "--rules", mine)
    assert done.code == 2
    assert f"{mine / 'proxy.yaml'}:15:27: 'proxy-refused' recognises this counter-example" in done.err


# test


def test_rules_test_runs_examples_and_sequences(logscan: Logscan, mine: Path) -> None:
    done = logscan("rules", "test", mine)
    assert (done.code, done.out) == (0, "")
    assert done.err == "4 tests of 2 rules and sequences: all pass\n"


def test_rules_packaged_ones_pass(logscan: Logscan) -> None:
    done = logscan("rules", "test")
    assert (done.code, done.out) == (0, "")
    assert "all pass" in done.err


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("enqueue_failed}, causes", "waiting}, causes", "21:37: 'proxy-down' at 1m: mascot '4711' is enqueue_failed, not waiting"),
        ("[proxy]}, verdict", "[redis-auth]}, verdict", "the causes of mascot '4711' are proxy, not redis-auth"),
        ("verdict: redis-not-working", "verdict: healthy", "the verdict is redis-not-working, not healthy"),
        ("outcomes: {'4711': enqueue_failed}", "outcomes: {}", "mascot '4711' is enqueue_failed, and not expected"),
        (
            "outcomes: {'4711': enqueue_failed}",
            "outcomes: {'4711': enqueue_failed, '12': waiting}",
            "mascot '12' is not seen at all, not waiting",
        ),
        ("captures: {host: a.b}", "captures: {host: a}", "'host' captures 'a.b' here, not 'a'"),
    ],
)
def test_rules_test_tells_what_failed(logscan: Logscan, mine: Path, old: str, new: str, told: str) -> None:
    change(mine, old, new)
    done = logscan("rules", "test", mine)
    assert done.code == 2
    assert told in done.out
    assert "1 failed" in done.err


def test_rules_test_writes_junit(logscan: Logscan, mine: Path, tmp_path: Path) -> None:
    change(mine, "verdict: redis-not-working", "verdict: healthy")
    logscan("rules", "test", mine, "--junit", tmp_path / "r.xml")
    (suite,) = ET.parse(tmp_path / "r.xml").getroot()  # noqa: S314  # written by this very test
    assert (suite.get("tests"), suite.get("failures")) == ("4", "1")
    (failure,) = suite.iter("failure")
    assert "the verdict is redis-not-working, not healthy" in str(failure.get("message"))


# list, show, schema


def test_rules_list_says_where_each_comes_from_and_what_it_hides(logscan: Logscan, mine: Path) -> None:
    change(mine, "id: proxy-refused", "id: redis-refused-port")
    rows = {row["id"]: row for row in json.loads(logscan("rules", "list", "--rules", mine, "--format", "json").out)}
    assert rows["generated"]["origin"].startswith("packaged:signatures/enqueue-ok.yaml:")
    assert rows["redis-refused-port"]["origin"] == f"{mine / 'proxy.yaml'}:9"
    assert rows["redis-refused-port"]["hides"].startswith("packaged:causes/redis.yaml:")
    text = logscan("rules", "list", "--rules", mine).out
    assert f"{mine / 'proxy.yaml'}:9  hides packaged:causes/redis.yaml:" in text
    assert f"--rules: {mine} (1 rule)" in text


def test_rules_of_the_user_are_read_by_every_command(logscan: Logscan, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "settings" / "logscan" / "rules"
    own.parent.mkdir(parents=True)
    mine.rename(own)
    monkeypatch.setattr("logscan.cli.rulebooks.user_rules", lambda: own)
    (tmp_path / "x.log").write_text("[JobsService] Failed to enqueue mascot generation for 4711: Error: redis-proxy: upstream refused c\n")
    report = json.loads(logscan("scan", tmp_path / "x.log", "--format", "json").out)
    assert [cause["id"] for cause in report["causes"]] == ["proxy"]


def test_rules_show_a_rule_and_a_family(logscan: Logscan) -> None:
    rule = logscan("rules", "show", "redis-refused-port").out
    for part in ("leads to: cause redis-refused", "pattern: ", "anchors: ", "example: ", "counter-example: ", "reference: https://"):
        assert part in rule
    family = logscan("rules", "show", "redis-refused", "--lang", "fr").out
    assert "Redis refuse les connexions" in family
    assert "redis-refused-port" in family


def test_rules_show_of_an_unknown_id_proposes_one(logscan: Logscan) -> None:
    done = logscan("rules", "show", "redis-refussed")
    assert done.code == 2
    assert "did you mean 'redis-refused'" in done.err
    assert len(done.err) < 200


def test_rules_schema_is_the_packaged_file_and_holds_for_the_packaged_rules(logscan: Logscan) -> None:
    printed = logscan("rules", "schema").out
    assert printed == (default_rules() / SCHEMA_FILE).read_text(encoding="utf-8")
    schema = json.loads(printed)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for path in default_rules().rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        first = text.split("\n", 1)[0]
        assert (path.parent / first.removeprefix("# yaml-language-server: $schema=")).resolve() == (default_rules() / SCHEMA_FILE).resolve()
        validator.validate(parse_yaml(text, str(path)).data)
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({"schema": 1, "signatures": [{"id": "a"}]})


# explain, coverage, new

UNKNOWN = FIXTURES / "unknown-cause-dash-log" / "input.log"
LINE = "Error: cdn-signer: key 17 is not valid on signer-1.railway.internal:8443"


def test_rules_explain_a_line(logscan: Logscan) -> None:
    done = logscan(
        "rules", "explain", "2026-11-22T08:00:00.000000000Z [err]  [JobsService] Successfully enqueued mascot generation for 4711."
    )
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[:4] == ["form: railway-log", "stamp: 2026-11-22T08:00:00Z", "level: error", "context: JobsService"]
    assert any(line.startswith("holds: enqueued (mascot=4711)  ") for line in lines)


def test_rules_explain_says_where_the_nearest_rule_stops(logscan: Logscan) -> None:
    done = logscan("rules", "explain", "[AuditService] Successfully enqueued mascot generation for 4711")
    assert done.code == 4
    assert "holds: no rule" in done.out
    assert "near: enqueued: the rule wants the logger JobsService; this line is of AuditService" in done.out


def test_rules_explain_reads_files_and_pipes(logscan: Logscan) -> None:
    by_name, piped = logscan("rules", "explain", UNKNOWN), logscan("rules", "explain", "-", stdin=UNKNOWN.read_bytes())
    assert by_name == piped
    assert by_name.out.count("form: railway-log") == len(UNKNOWN.read_text(encoding="utf-8").splitlines())


def test_rules_explain_masks_secrets_and_does_not_call_that_known(logscan: Logscan) -> None:
    done = logscan("rules", "explain", "Error: vault login failed for https://svc:hunter2hunter2@vault.internal:8200/v1")
    assert done.code == 4
    assert "hunter2" not in done.out
    assert "masks: url-password" in done.out
    assert "holds: no rule" in done.out


def test_rules_explain_of_a_file_that_is_not_there_says_so(logscan: Logscan) -> None:
    done = logscan("rules", "explain", "./missing.log")
    assert "there is no file './missing.log'" in done.err


def test_rules_explain_shows_hostile_text_as_text(logscan: Logscan) -> None:
    done = logscan("rules", "explain", "[JobsService] \x1b]0;title\x07Failed \x1b[31mred")
    assert "\x1b" not in done.out + done.err


def test_rules_coverage_as_text_and_json(logscan: Logscan) -> None:
    text = logscan("rules", "coverage", UNKNOWN)
    assert text.code == 0
    assert f"$ logscan rules new --from-line '{LINE}'" in text.out
    report = json.loads(logscan("rules", "coverage", UNKNOWN, "--format", "json").out)
    assert (report["records"], report["fired"]["enqueued"], report["fired"]["generated"]) == (26, 4, 1)
    (shape,) = report["unmatched"]
    assert (shape["count"], shape["number"]) == (3, 5)
    assert "redis-refused-port" in report["never"]


def test_rules_coverage_of_a_file_that_is_not_there(logscan: Logscan) -> None:
    done = logscan("rules", "coverage", "missing.log")
    assert done.code == 3
    assert "missing.log" in done.err


def test_rules_new_writes_a_rule_that_passes(logscan: Logscan, tmp_path: Path) -> None:
    done = logscan("rules", "new", "--from-line", LINE, "--component", "storage", "-o", "more/signer.yaml")
    assert (done.code, done.out) == (0, "")
    assert sorted(path.name for path in (tmp_path / "more").iterdir()) == [SCHEMA_FILE, "signer.yaml"]
    assert logscan("rules", "test", "more").code == 0
    report = json.loads(logscan("scan", UNKNOWN, "--rules", "more", "--format", "json").out)
    assert [(cause["component"], cause["mascots"]) for cause in report["causes"]] == [("storage", 3)]
    again = logscan("rules", "new", "--from-line", LINE, "-o", "more/signer.yaml")
    assert again.code == 2
    assert "is there already" in again.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--from-line", "12 34"], "12 34"),
        (["--from-line", LINE, "--component", "storag"], "did you mean 'storage'?"),
        (["--from-line", LINE, "--id", "enqueued"], "enqueued"),
        (["--from-line", "Error: connect ECONNREFUSED 127.0.0.1:6379"], "redis-refused"),
        (["--from-line", "[X] Mascot 4711 is there", "--kind", "signature", "--event", "genrated"], "did you mean 'generated'?"),
        ([], "--from-line"),
    ],
)
def test_rules_new_refuses_what_makes_no_rule(logscan: Logscan, options: list[str], told: str) -> None:
    done = logscan("rules", "new", *options)
    assert (done.code, done.out) == (2, "")
    assert told in done.err


def test_rules_new_asks_at_a_terminal(logscan: Logscan, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([LINE, "cause", "storage", "The signer refuses", "Le signataire refuse", "Upload the key.", "Déposez la clé."])
    monkeypatch.setattr("logscan.cli.ruling._at_terminal", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: next(answers))
    done = logscan("rules", "new")
    assert done.code == 0
    assert 'title: {en: "The signer refuses", fr: "Le signataire refuse"}' in done.out
    assert "component: storage" in done.out
