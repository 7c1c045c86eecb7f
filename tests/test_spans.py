"""Which service wrote from when to when: of every line's tags, though not every line is parsed."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logscan import Diagnosis, Options, Rulebook, load_rules, scan
from logscan.fetched import Fetched, Stretch, coverage_path, encode, tail_of
from logscan.live import Live
from logscan.report.contract import to_json
from logscan.report.html import to_html
from logscan.report.words import Words
from logscan.times import SECOND, format_stamp, parse_stamp

START = parse_stamp("2026-11-21T08:00:00Z") or 0
ORDINARY = "[HealthController] nothing of note"
Rows = list[tuple[int, str | None, str]]


def rows_of(rows: Rows) -> str:
    return "".join(
        json.dumps(
            {
                "timestamp": format_stamp(START + at * SECOND), "message": text, "severity": "info",
                "attributes": [{"key": "level", "value": '"info"'}, {"key": "serviceId", "value": '"not-this"'}],
                "tags": {"serviceId": service, "deploymentId": "D", "deploymentInstanceId": "R"} if service else None,
            }
        ) + "\n"
        for at, service, text in rows
    )  # fmt: skip


def truth(rows: Rows) -> dict[str, tuple[int, int]]:
    out: dict[str, tuple[int, int]] = {}
    for at, service, _ in rows:
        if service:
            first, last = out.get(service, (at, at))
            out[service] = (min(first, at), max(last, at))
    return out


def told(diagnosis: Diagnosis) -> dict[str, tuple[int, int]]:
    (source,) = diagnosis.coverage.sources
    assert source.service == (", ".join(sorted(it.name for it in source.services)) or None)
    return {it.name: (((it.first or 0) - START) // SECOND, ((it.last or 0) - START) // SECOND) for it in source.services}


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from(["api", "worker", "Frontend é", "b", None]),
            st.sampled_from([ORDINARY, "[JobsService] Successfully enqueued mascot generation for m-1", '"serviceId":"fake"', "serviceId api"]),
        ),
        min_size=1, max_size=60,
    ),
    st.sampled_from([1 << 22, 1 << 11]),
)  # fmt: skip
@settings(max_examples=20)
def test_spans_are_those_of_every_line(tmp_path_factory: pytest.TempPathFactory, steps: Rows, block: int) -> None:
    rulebook = load_rules()
    at, rows = 0, []
    for step, service, text in steps:
        at += step
        rows.append((at, service, text))
    log = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    log.write_text(rows_of(rows), encoding="utf-8")
    with patch("logscan.sources.blocks.BLOCK", block):
        fast = scan(log, rules=rulebook)
        full = scan(log, rules=rulebook, options=Options(full=True))
    assert told(fast) == told(full) == truth(rows)
    live = Live(rulebook, Options(), ["live"])
    for line in log.read_text(encoding="utf-8").splitlines():
        live.feed(line)
    live.settle()
    assert told(live.diagnosis()) == truth(rows)
    log.write_text("[" + ",".join(rows_of(rows).splitlines()) + "]", encoding="utf-8")
    assert told(scan(log, rules=rulebook)) == truth(rows)


def test_a_service_that_wrote_one_ordinary_line_among_thousands(rulebook: Rulebook, tmp_path: Path) -> None:
    rows: Rows = [(at, "api", ORDINARY) for at in range(30_000)]
    rows[17_345] = (17_345, "cron", ORDINARY)
    log = tmp_path / "rows.jsonl"
    log.write_text(rows_of(rows), encoding="utf-8")
    assert told(scan(log, rules=rulebook)) == {"api": (0, 29_999), "cron": (17_345, 17_345)}


def test_spans_of_a_window(rulebook: Rulebook, tmp_path: Path) -> None:
    rows: Rows = [(0, "early", ORDINARY), (10, "api", ORDINARY), (20, "worker", ORDINARY), (30, "api", ORDINARY), (99, "late", ORDINARY)]
    log = tmp_path / "rows.jsonl"
    log.write_text(rows_of(rows), encoding="utf-8")
    window = Options(since=START + 5 * SECOND, until=START + 50 * SECOND)
    assert told(scan(log, rules=rulebook, options=window)) == {"api": (10, 30), "worker": (20, 20)}


def test_page_and_json_tell_the_stretch_of_each_service_of_a_pull(rulebook: Rulebook, tmp_path: Path) -> None:
    rows: Rows = [(0, "id-1", ORDINARY), (10, "id-2", ORDINARY), (40, "id-1", ORDINARY), (60, "id-2", ORDINARY)]
    log = tmp_path / "pull.jsonl"
    log.write_text(rows_of(rows), encoding="utf-8")
    size, tail = tail_of(log)
    coverage_path(log).write_bytes(
        encode(
            Fetched(
                logscan="0",
                size=size,
                tail=tail,
                project="P",
                environment="E",
                services={"id-1": "api", "id-2": "worker"},
                chosen=[],
                window=Stretch("2026-11-21T08:00:00Z", "2026-11-21T08:02:00Z"),
                settled="2026-11-21T08:01:00Z",
                missing=[],
                rows=4,
            )
        )
    )
    diagnosis = scan(log, rules=rulebook)
    assert json.loads(to_json(diagnosis, rulebook))["input"]["sources"][0]["services"] == [
        {"name": "api", "first": "2026-11-21T08:00:00Z", "last": "2026-11-21T08:00:40Z"},
        {"name": "worker", "first": "2026-11-21T08:00:10Z", "last": "2026-11-21T08:01:00Z"},
    ]
    page = to_html(diagnosis, Words(rulebook, "en"), now=START)
    assert "pull.jsonl · api</text>" in page
    assert (
        '<td>worker</td><td colspan="2"></td><td class="nowrap">2026-11-21 08:00:10</td><td class="nowrap">2026-11-21 08:01:00</td>' in page
    )
    assert ">2 services<" in page
