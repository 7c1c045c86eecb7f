"""The quick way reads a line as the general way does, or leaves it."""

from __future__ import annotations

import json
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscan.model import Record
from logscan.parse import LineParser
from logscan.parse.quick import quick_entry, quick_record
from logscan.times import UTC

STAMPS = ("2026-11-22T08:28:08.001000000Z", "2026-02-30T08:28:08.001000000Z", "2026-11-22T08:28:60.001000000Z", "2026-11-22T08:28:08.001Z",
          "2262-04-11T23:47:16.999999999Z", "2026-11-22 08:28:08.001000000Z", "2026-11-22T08:28:08.00100000٣Z", "1795336088", "")  # fmt: skip
TAGS = ("[JobsService] ", "[ERROR] ", "[Error] ", "[Nest] 7  - ", "[Jobs Service] ", "[JobsService]  ", "[JobsService] [JobsService] ", "[error] ",
        f"[{'A' + 'b' * 70}] ", "[Été] ", "", "[2026-11-22] ", '["error"] ')  # fmt: skip
TEXTS = ("Processing mascot generation: 4711", "ERROR: it broke", "ERROR it broke", "11/22/2026, 8:28:08 AM LOG [X] text", "[Other] text", "a\nb",
         "a\x1b[31mb", "a\0b", "größer 🚀", '{"message":"inner"}', 'error: {"a":1}', "", " ", "app.js:12 text", 'C:\\dir "quoted"')  # fmt: skip


def general(text: str) -> list[Record]:
    parser = LineParser()
    with patch("logscan.parse.lines.quick_record", return_value=None), patch("logscan.parse.lines.quick_entry", return_value=None):
        return [*parser.feed(7, text), *parser.flush()]


def test_quick_reads_the_commonest_line() -> None:
    line = '{"message":"[JobsService] Processing mascot generation: 4711","timestamp":"2026-11-22T08:28:08.001000000Z","level":"info"}'
    assert (
        quick_record(7, line)
        == general(line)[0]
        == Record(7, "Processing mascot generation: 4711", 1795336088001000000, "railway", None, "info", "JobsService")
    )


@pytest.mark.parametrize("line", ["", "{", '{"', "[JobsService] text", '{"message":1}', ' {"message":"[A] b"}', '{"a":' * 5000, "\ud800"])
def test_quick_leaves_what_is_no_such_line(line: str) -> None:
    assert quick_record(1, line) is None


@given(
    st.builds(str.__add__, st.sampled_from(TAGS), st.sampled_from(TEXTS) | st.text(max_size=12)),
    st.sampled_from(STAMPS),
    st.sampled_from(("info", "error", "INFO", " warn ", "30", "", "nonsense")) | st.integers(0, 70),
    st.dictionaries(
        st.sampled_from(("context", "stack", "tags", "httpStatus", "err")), st.sampled_from(("x", 1, None, {"a": "b"})), max_size=1
    ),
    st.sampled_from(((",", ":"), (", ", ": "))),
    st.booleans(),
    st.sampled_from(("", " ", "\r", " x")),
)
def test_quick_and_general_way_agree(
    message: str, stamp: str, level: str | int, more: dict[str, object], separators: tuple[str, str], ascii_only: bool, end: str
) -> None:
    row = {"message": message, "timestamp": stamp, "level": level, **more}
    line = json.dumps(row, separators=separators, ensure_ascii=ascii_only) + end
    record = quick_record(7, line)
    assert record is None or [record] == general(line)


def test_quick_reads_the_commonest_line_of_a_dashboard_log() -> None:
    line = "2026-11-22T08:28:08.001000000Z [err]  [JobsService] Failed to enqueue mascot generation for 4711"
    entry = quick_entry(line, UTC)
    assert entry is not None
    assert entry.record(7) == general(line)[0]
    assert (entry.level, entry.context, entry.stamp) == ("error", "JobsService", 1795336088001000000)


@given(
    st.sampled_from(STAMPS),
    st.sampled_from(("inf", "err", "wrn", "dbg", "log", "INF")),
    st.sampled_from((" ", "  ", "   ", "")),
    st.builds(str.__add__, st.sampled_from(TAGS), st.sampled_from(TEXTS) | st.text(st.characters(exclude_characters="\r\n"), max_size=12)),
)
def test_quick_and_general_way_agree_on_a_dashboard_log(stamp: str, level: str, gap: str, message: str) -> None:
    line = f"{stamp} [{level}]{gap}{message}".replace("\n", " ").replace("\x1b", "").replace("\0", "")
    entry = quick_entry(line, UTC)
    assert entry is None or [entry.record(7)] == general(line)
