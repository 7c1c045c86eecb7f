"""Which rules recognise a line: ids and punctuation, loggers, look-alikes, words in quotation marks, and every rule's own examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from logscan import Options, Rulebook, load_rules, to_json
from logscan.match import Matcher, Sighting
from logscan.parse import LineParser
from logscan.redact import Redactor
from logscan.rulebook import Compiled
from logscan.rulebook.schema import Example
from tests.logs import MS, SECOND, UUID, Line, enqueued, failed, forms, generated, outcomes, picked, read, render, tick

RULES = load_rules()
MATCHER = Matcher(RULES)


def seen(text: str) -> list[Sighting]:
    """What the packaged rules see in a text, read as a log of its own."""
    parser = LineParser()
    records = [record for number, line in enumerate(text.split("\n"), 1) for record in parser.feed(number, line)]
    return [sighting for record in [*records, *parser.flush()] for sighting in MATCHER.look(record, 0)]


def events(text: str) -> list[tuple[str | None, str | None]]:
    return [(sighting.event, sighting.mascot) for sighting in seen(text) if sighting.kind == "event"]


def families(text: str) -> set[str]:
    return {sighting.rule.family.id for sighting in seen(text) if sighting.rule is not None and sighting.rule.family is not None}


# Signatures.


@pytest.mark.parametrize(
    "mascot",
    [
        UUID, UUID.upper(), "4711", "1", "clx3k2j9v0000", "01J9ZK3V5Y8Q2M7N4P6R8S0T1V", "507f1f77bcf86cd799439011", "V1StGXR8_Z5jdHi6B-myT",
        "mascot_12", "m-1", "a.b", "a:b", "größe-1", "x" * 300, "-_-1", "team/42",
    ],
)  # fmt: skip
def test_match_ids_of_every_kind(mascot: str) -> None:
    assert events(f"[JobsService] Successfully enqueued mascot generation for {mascot}") == [("enqueued", mascot)]
    assert events(f"[MascotGenerationProcessor] Starting processing for mascot {mascot} (variation 2 of batch batch_1)") == [
        ("processing", mascot)
    ]
    assert events(f"[MascotGenerationProcessor] Failed to generate mascot {mascot}: Error: boom") == [("generation_failed", mascot)]


@pytest.mark.parametrize("mark", [":", ",", ".", ";", "!", ")", "]", "'", '"', "…", ".,", "):"])
@pytest.mark.parametrize("rest", ["", " ", " Error: boom", " {", " (variation 2)"])
def test_match_id_punctuation(mark: str, rest: str) -> None:
    for mascot in (UUID, "4711"):
        assert events(f"[MascotGenerationProcessor] Failed to generate mascot {mascot}{mark}{rest}") == [("generation_failed", mascot)]
        assert events(f"[JobsService] Failed to enqueue mascot generation for {mascot}{mark}{rest}") == [("enqueue_failed", mascot)]


@pytest.mark.parametrize("opening", ["'", '"', "`", "<", "(", "["])
def test_match_id_in_quotes(opening: str) -> None:
    closing = {"<": ">", "(": ")", "[": "]"}.get(opening, opening)
    assert events(f"[JobsService] Successfully enqueued mascot generation for {opening}{UUID}{closing}") == [("enqueued", UUID)]


@pytest.mark.parametrize(
    "text",
    [
        "[MascotGenerationProcessor] Failed to generate mascot image for user 12",
        "[MascotGenerationProcessor] Failed to generate mascot",
        "[MascotGenerationProcessor] Failed to generate mascot :",
        "[JobsService] Successfully enqueued mascot generation for",
        "[JobsService] Successfully enqueued mascot generations for 12",
        "[PoseGenerationProcessor] Successfully generated pose 12",
        "[PoseGenerationProcessor] Successfully generated mascot 12",
        "[MascotGenerationProcessor] Successfully generated pose 12",
        "[AnimationGenerationProcessor] Failed to generate animation 12:",
        "[StorageService] Failed to upload file mascots/12/full-body-1.png:",
        "[SupportService] Failed to enqueue mascot generation for 12",
        "[audit] Successfully enqueued mascot generation for 12",
        "[audit-log] [JobsService] Successfully enqueued mascot generation for 12",
        "[TicketService] User writes: Successfully generated mascot 12",
        "He said Successfully generated mascot 12",
        '"Successfully generated mascot 12"',
        "> Successfully generated mascot 12",
        "GET /logs?q=Failed%20to%20generate%20mascot%2012 200 4 - 1 ms",
        '[PoseGenerationProcessor] Starting pose 5 (mascot 12), prompt: "Failed to generate mascot 12"',
        '    "prompt": "Successfully generated mascot 12",',
        "successfully generated mascot 12",
        "[jobsservice] Successfully enqueued mascot generation for 12",
    ],
)
def test_match_lookalikes(text: str) -> None:
    assert [event for event, mascot in events(text) if mascot] == []


@pytest.mark.parametrize(
    "text",
    [
        "[MascotGenerationProcessor] [MascotGenerationProcessor] Successfully generated mascot 12 (variation 1)",
        "[Nest] 7  - 11/22/2026, 9:00:00 AM     LOG [MascotGenerationProcessor] [MascotGenerationProcessor] Successfully generated mascot 12",
        "[INFO] [MascotGenerationProcessor] Successfully generated mascot 12",
        "Successfully generated mascot 12",
        "Successfully generated mascot 12\r",
        "\x1b[32m[MascotGenerationProcessor]\x1b[39m Successfully \x1b[1mgenerated\x1b[0m mascot 12",
        '{"level":"info","message":"Successfully generated mascot 12","context":"MascotGenerationProcessor"}',
        'info: Successfully generated mascot 12 {"context":"MascotGenerationProcessor"}',
    ],
)
def test_match_wrappings(text: str) -> None:
    assert events(text) == [("generated", "12")]


def test_match_a_signature_holds_in_the_first_line_only() -> None:
    entry = '{"message":"Something else\\nSuccessfully generated mascot 12","timestamp":"2026-11-22T09:00:00.000000000Z","level":"info"}'
    assert events(entry) == []


def test_match_loggers_of_structured_lines() -> None:
    line = '{{"level":30,"time":1795336088453,"context":"{context}","msg":"Successfully enqueued mascot generation for 12"}}'
    assert events(line.format(context="JobsService")) == [("enqueued", "12")]
    assert events(line.format(context="AuditService")) == []


def test_match_every_version_of_the_backend(rulebook: Rulebook) -> None:
    """v1 to v8 name the same steps in their own words; each tells the same story."""
    steps = {
        "v1": ["Processing mascot generation: 12"],
        "v3": [
            "[JobsService] Successfully enqueued mascot generation for 12",
            "[MascotGenerationProcessor] Processing mascot generation: 12 (variation 1)",
            "[MascotGenerationProcessor] Failed to generate mascot 12:",
        ],
        "v6": [
            "[JobsService] Successfully enqueued mascot generation for 12",
            "[MascotGenerationProcessor] [MascotGenerationProcessor] Starting processing for mascot 12 (variation 1 of batch batch_1795338537275_wi8ppd)",
            "[MascotGenerationProcessor] [MascotGenerationProcessor] Job ID: 3, Attempt: 1/3",
            "[MascotGenerationProcessor] [MascotGenerationProcessor] Failed to generate mascot 12 (variation 1):",
            "[MascotGenerationProcessor] [MascotGenerationProcessor] Error details:",
        ],
        "v8": [
            "[MascotGenerationProcessor] [MascotGenerationProcessor] Starting processing for mascot 12 (variation 1 of batch batch_1)",
            "[MascotGenerationProcessor] Successfully uploaded full-body image for mascot 12",
            "[MascotGenerationProcessor] [MascotGenerationProcessor] Successfully generated mascot 12 (variation 1)",
        ],
        "v8-upload": [
            "[MascotGenerationProcessor] Failed to upload image for mascot 12:",
            "[MascotGenerationProcessor] Upload error:",
            "[MascotGenerationProcessor] [MascotGenerationProcessor] Failed to generate mascot 12 (variation 1):",
        ],
    }
    told = {version: outcomes(read(rulebook, "\n".join(lines).encode())) for version, lines in steps.items()}
    assert told == {
        "v1": {"12": "unknown"},
        "v3": {"12": "generation_failed"},
        "v6": {"12": "generation_failed"},
        "v8": {"12": "generated"},
        "v8-upload": {"12": "generation_failed"},
    }


# Causes.


@pytest.mark.parametrize(
    "text",
    [
        "GET /files/AccessDenied.png 403 12 - 3.205 ms",
        "POST /api/v1/orders/429 201 12 - 3.205 ms",
        '10.0.0.7 - - [22/Nov/2026:09:05:57 +0000] "GET /quota-exceeded HTTP/1.1" 429 12 "-" "curl/8.5.0"',
        'query: SELECT "m"."id" FROM "mascots" "m" WHERE "m"."name" = $1 -- PARAMETERS: ["NOAUTH Authentication required."]',
        '  "prompt": "Cute ghost who says: connect ECONNREFUSED 127.0.0.1:6379",',
        '[PoseGenerationProcessor] Starting pose 5 (mascot 12), prompt: "AccessDenied: Access Denied"',
        '[ChatService] Message: "NOAUTH Authentication required."',
        '[AllExceptionsFilter] HTTP 401 Error: {"message":"Unauthorized","statusCode":401}',
        "[OrdersService] Order 429 shipped",
        "[RedisConfig] Redis connected",
        "[Health] ok: redis, database, storage",
        "Uploaded AccessDenied.png",
    ],
)
def test_match_ordinary_traffic_has_no_cause(text: str) -> None:
    assert families(text) == set()


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("Error: connect ECONNREFUSED 127.0.0.1:6379", "redis-refused"),
        ("[MascotGenerationProcessor] Failed to generate mascot 12: Error: connect ECONNREFUSED 127.0.0.1:6379", "redis-refused"),
        ("AccessDenied: Access Denied", "s3-storage"),
        ("ReplyError: NOAUTH Authentication required.", "redis-auth"),
        ("Error: getaddrinfo ENOTFOUND redis.railway.internal", "redis-host-unresolved"),
        ("\x1b[31mError:\x1b[39m connect \x1b[1mECONNREFUSED\x1b[0m 127.0.0.1:6379", "redis-refused"),
        (
            '{"level":50,"time":1795336088453,"err":{"type":"Error","message":"connect ECONNREFUSED 127.0.0.1:6379"},"msg":"boom"}',
            "redis-refused",
        ),
        (
            '{"level":50,"time":1795336088453,"err":{"type":"Error","message":"x","cause":{"message":"connect ECONNREFUSED ::1:6379"}},"msg":"boom"}',
            "redis-refused",
        ),
    ],
)
def test_match_causes(text: str, family: str) -> None:
    assert families(text) == {family}


def test_match_words_in_quotes_are_data_but_what_follows_is_not() -> None:
    assert families('Error creating "my mascot": connect ECONNREFUSED 127.0.0.1:6379') == {"redis-refused"}
    assert families('User "Error: connect ECONNREFUSED 127.0.0.1:6379" signed in') == set()


def test_match_far_inside_a_long_line() -> None:
    long = "Error: " + "x" * 300_000 + " Error: connect ECONNREFUSED 127.0.0.1:6379"
    assert families(long) == {"redis-refused"}


# The rules' own examples.


def lines_of(rule: Compiled) -> Iterator[tuple[str, dict[str, str]]]:
    for example in rule.rule.examples:
        yield (example.line, example.captures) if isinstance(example, Example) else (example, {})


def hits(rule: Compiled, text: str) -> list[Sighting]:
    return [sighting for sighting in seen(text) if sighting.rule is not None and sighting.rule.id == rule.id]


MATCHED = [*RULES.signatures, *RULES.causes, *RULES.facts]


@pytest.mark.parametrize("rule", MATCHED, ids=lambda rule: rule.id)
def test_match_own_examples(rule: Compiled) -> None:
    for line, captures in lines_of(rule):
        found = hits(rule, line)
        assert found, line
        assert captures.items() <= {**found[0].captures, **({"mascot": found[0].mascot} if found[0].mascot else {})}.items()
    for line in rule.rule.counterexamples:
        assert not hits(rule, line), line


@pytest.mark.parametrize("rule", RULES.data, ids=lambda rule: rule.id)
def test_match_own_examples_of_data(rule: Compiled) -> None:
    def is_data(text: str) -> bool:
        parser = LineParser()
        records = [*parser.feed(1, text), *parser.flush()]
        return any(rule.accepts(record.context) and rule.pattern.search(part) for record in records for part in record.message.split("\n"))

    for line, _ in lines_of(rule):
        assert is_data(line), line
        # Causes in a line that carries other people's words are none.
        assert not families(line), line
    for line in rule.rule.counterexamples:
        assert not is_data(line), line


@pytest.mark.parametrize("rule", RULES.services, ids=lambda rule: rule.id)
def test_match_own_examples_of_services(rule: Compiled) -> None:
    service = getattr(rule.rule, "service")  # noqa: B009  # the field of one kind of rule
    for line, _ in lines_of(rule):
        assert read(RULES, (line + "\n").encode()).coverage.sources[0].kind == service, line
    for line in rule.rule.counterexamples:
        assert read(RULES, (line + "\n").encode()).coverage.sources[0].kind != service, line


@pytest.mark.parametrize("rule", RULES.secrets, ids=lambda rule: rule.id)
def test_match_own_examples_of_secrets(rule: Compiled) -> None:
    redactor = Redactor(RULES)
    for line, _ in lines_of(rule):
        found = rule.pattern.search(line)
        assert found, line
        cleaned = redactor.clean(line)
        assert found["secret"] not in cleaned
        assert "[redacted:" in cleaned
        assert redactor.clean(cleaned).count("[redacted:") == cleaned.count("[redacted:")
    for line in rule.rule.counterexamples:
        assert not rule.pattern.search(line), line


def test_match_secret_without_its_group_is_the_whole_match(tmp_path: Path) -> None:
    rule = "{id: pin, pattern: 'PIN \\d{4}', examples: ['PIN 1234', 'my PIN 4711'], counterexamples: ['PIN']}"
    (tmp_path / "x.yaml").write_text(f"schema: 1\nsecrets: [{rule}]\n")
    assert "4711" not in Redactor(load_rules(tmp_path)).clean("my PIN 4711 tail")


def test_match_what_is_masked_keeps_its_mark() -> None:
    once = Redactor(RULES).clean("redis://default:hunter2@redis.railway.internal:6379")
    assert "hunter2" not in once
    assert Redactor(RULES).clean(once) == once


def test_match_every_rule_has_examples() -> None:
    for kind in (RULES.signatures, RULES.causes, RULES.facts, RULES.data, RULES.services, RULES.secrets):
        for rule in kind:
            assert len(rule.rule.examples) >= 2, rule.id
            assert rule.rule.counterexamples, rule.id


def test_match_all_examples_pass_the_prefilter(rulebook: Rulebook) -> None:
    kinds = (rulebook.signatures, rulebook.causes, rulebook.facts, rulebook.data, rulebook.services)
    texts = [line for kind in kinds for rule in kind for line, _ in lines_of(rule)]
    lines = [Line(number * SECOND, text) for number, text in enumerate(texts)]
    for data in (("\n".join(texts) + "\n").encode(), render(lines, "cli-json"), render(lines, "dash-log"), render(lines, "bare", "pino")):
        quick, full = (to_json(read(rulebook, data, options=Options(full=whole)), rulebook) for whole in (False, True))
        assert quick == full


# Rules that take for ever.


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", ["signatures", "facts", "data", "families"])
def test_match_hostile_patterns_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr("logscan.rulebook.book.TIMEOUT", 0.05)
    pattern = "Endless (?:a|aa)+$"
    rule = f"id: endless, pattern: '{pattern}', examples: ['Endless a']"
    bodies = {
        "signatures": f"signatures: [{{{rule}, event: worker_line}}]",
        "facts": f"facts: [{{{rule}, check: redis-same, status: pass, detail: {{en: a, fr: b}}}}]",
        "data": f"data: [{{{rule}}}]\nfamilies: [{{id: f, component: redis, title: {{en: a, fr: b}}, remedies: [], rules: [{{id: g, pattern: Endless, examples: [Endless]}}]}}]",
        "families": f"families: [{{id: f, component: redis, title: {{en: a, fr: b}}, remedies: [], rules: [{{{rule}}}]}}]",
    }
    (tmp_path / "x.yaml").write_text(dedent(f"schema: 1\n{bodies[kind]}\n"))
    log = render([enqueued("1", 0), Line(MS, "Endless " + "a" * 60 + "!"), generated("1", SECOND)])
    assert outcomes(read(load_rules(tmp_path), log)) == {"1": "generated"}


# Whole stories.


@pytest.mark.parametrize(("holder", "logger"), [*forms(), ("cli", "console"), ("cli", "winston")])
def test_match_the_same_events_in_every_form(rulebook: Rulebook, holder: str, logger: str) -> None:
    story = [
        enqueued(UUID, 0),
        picked(UUID, SECOND),
        failed(UUID, 2 * SECOND),
        enqueued("2", 3 * SECOND),
        generated("2", 4 * SECOND),
        tick(5 * SECOND),
    ]
    found = read(rulebook, render(story, holder, logger))
    assert outcomes(found) == {UUID: "generation_failed", "2": "generated"}
    assert {cause.id: cause.mascots for cause in found.causes} == {"google-safety-empty": 1}
    assert dict(zip(found.mascots["mascot_id"], found.mascots["causes"].to_list(), strict=True)) == {UUID: ["google-safety-empty"], "2": []}
