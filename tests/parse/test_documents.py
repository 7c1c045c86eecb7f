"""Files that are one document: arrays, API responses, pretty-printed objects, tables; whole, damaged, or several in a row."""

from __future__ import annotations

import csv
import io
import json

import pytest

from logscan import Diagnosis, Rulebook
from logscan.diagnose import diagnose
from logscan.parse.documents import HEAD, document_form
from tests.logs import MS, SECOND, UUID, Held, Line, enqueued, failed, generated, outcomes, picked, read, render, tick

STORY = [enqueued(UUID, 0), picked(UUID, MS), generated(UUID, SECOND), enqueued("2", 2 * SECOND), tick(3 * SECOND)]
COUNT = len(STORY)


def rows(holder: str = "dash-json") -> list[dict[str, object]]:
    found = json.loads(render(STORY, holder))
    return list(found["data"]["environmentLogs"] if isinstance(found, dict) else found)


def format_of(found: Diagnosis) -> str:
    return found.coverage.sources[0].format


def pretty(objects: list[dict[str, object]], ends: str = "\n") -> bytes:
    return (ends.join(json.dumps(item, indent=2) for item in objects) + ends).replace("\n", ends).encode()


WHOLE = {
    "compact": json.dumps(rows()),
    "indented": json.dumps(rows(), indent=2),
    "line-each": "[\n" + ",\n".join(json.dumps(row) for row in rows()) + "\n]\n",
    "spaced": "  \n [ " + " , ".join(json.dumps(row) for row in rows()) + " ] \n\n",
    "escaped": json.dumps(rows(), ensure_ascii=True).replace("mascot", "\\u006dascot"),
    "api-rows": json.dumps(rows("api")),
    "crlf": json.dumps(rows(), indent=2).replace("\n", "\r\n"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_documents_arrays(rulebook: Rulebook, name: str) -> None:
    found = read(rulebook, WHOLE[name].encode())
    assert outcomes(found) == {UUID: "generated", "2": "in_flight"}
    assert (format_of(found), found.coverage.lines, found.coverage.holes) == ("railway-array", COUNT, ())


@pytest.mark.parametrize("name", ["environmentLogs", "deploymentLogs", "buildLogs"])
@pytest.mark.parametrize("indent", [None, 2])
def test_documents_responses(rulebook: Rulebook, name: str, indent: int | None) -> None:
    found = read(rulebook, json.dumps({"data": {name: rows("api")}}, indent=indent).encode())
    assert outcomes(found) == {UUID: "generated", "2": "in_flight"}
    assert (format_of(found), found.coverage.lines, found.coverage.holes) == ("railway-response", COUNT, ())


def test_documents_pretty_printed_objects(rulebook: Rulebook) -> None:
    for ends in ("\n", "\r\n"):
        found = read(rulebook, pretty(rows(), ends))
        assert outcomes(found) == {UUID: "generated", "2": "in_flight"}
        assert (format_of(found), found.coverage.lines) == ("railway-ndjson", COUNT)


def test_documents_evidence_says_where(rulebook: Rulebook) -> None:
    def line_of_generated(data: bytes) -> set[int]:
        found = read(rulebook, data)
        return {item.line for finding in found.findings for item in finding.supports if "Successfully generated" in item.text}

    indented = WHOLE["indented"].split("\n")
    starts = [number for number, line in enumerate(indented, 1) if line == "  {"]
    assert line_of_generated(WHOLE["compact"].encode()) == {3}
    assert line_of_generated(WHOLE["indented"].encode()) == {starts[2]}
    assert line_of_generated(WHOLE["line-each"].encode()) == {4}


@pytest.mark.parametrize("name", ["compact", "indented", "line-each"])
def test_documents_cut_off(rulebook: Rulebook, name: str) -> None:
    data = WHOLE[name].encode()
    found = read(rulebook, data[: len(data) * 7 // 10])
    assert outcomes(found)[UUID] == "generated"
    assert [hole.reason for hole in found.coverage.holes] == ["broken"]
    assert 3 <= found.coverage.lines <= COUNT


def test_documents_cut_off_by_its_bracket(rulebook: Rulebook) -> None:
    found = read(rulebook, WHOLE["compact"].encode()[:-1])
    assert outcomes(found) == {UUID: "generated", "2": "in_flight"}
    assert found.coverage.holes
    assert found.coverage.lines == COUNT


def test_documents_damaged_in_the_middle(rulebook: Rulebook) -> None:
    items = [json.dumps(row) for row in rows()]
    items[1] = items[1].replace('"severity"', '"severity')
    found = read(rulebook, ("[" + ",".join(items) + "]").encode())
    assert outcomes(found) == {UUID: "generated", "2": "in_flight"}
    assert found.coverage.lines == COUNT
    assert found.coverage.holes


def test_documents_several_in_a_row(rulebook: Rulebook) -> None:
    first, second = json.dumps(rows()[:2]), json.dumps(rows()[2:])
    for between in ("", "\n", "\n\n"):
        found = read(rulebook, (first + between + second).encode())
        assert outcomes(found) == {UUID: "generated", "2": "in_flight"}, between
        assert found.coverage.lines == COUNT
        assert found.coverage.matched == 4


@pytest.mark.parametrize("behind", ["", "\n", "\r\n\n"])
def test_documents_end_the_same_however_they_arrive(rulebook: Rulebook, behind: str) -> None:
    # Longer than what tells the form: that is gathered in one piece.
    many = rows("api") * (1 + HEAD // len(json.dumps(rows("api"))))
    data = (json.dumps({"data": {"deploymentLogs": many * 2}}) + behind).encode()
    for size in (1, 2, 3, 5, 7, len(data) - 1, len(data) - 2 - len(behind), len(data)):
        found = diagnose([Held(data, size=size)], rulebook)
        assert (format_of(found), found.coverage.lines) == ("railway-response", 2 * len(many)), size


def test_documents_followed_by_lines(rulebook: Rulebook) -> None:
    found = read(rulebook, json.dumps(rows()).encode() + b"\n" + render([generated("2", 4 * SECOND)]))
    assert outcomes(found) == {UUID: "generated", "2": "generated"}
    assert found.coverage.lines == COUNT + 1


def test_documents_lines_then_an_array(rulebook: Rulebook) -> None:
    found = read(rulebook, render([generated("2", 4 * SECOND)]) + json.dumps(rows()).encode() + b"\n")
    assert outcomes(found) == {UUID: "generated", "2": "generated"}
    assert found.coverage.lines == COUNT + 1


@pytest.mark.parametrize("text", ["[]", "[ ]\n", "[\n]\n", '{"data":{"environmentLogs":[]}}'])
def test_documents_empty(rulebook: Rulebook, text: str) -> None:
    found = read(rulebook, text.encode())
    assert (found.verdict, found.coverage.lines, found.coverage.holes) == ("nothing-recognised", 0, ())


def test_documents_refusal_of_the_api(rulebook: Rulebook) -> None:
    text = '{"errors":[{"message":"Not Authorized","path":["environmentLogs"]}],"data":null}'
    assert read(rulebook, text.encode()).verdict == "nothing-recognised"


@pytest.mark.parametrize("items", ["1,2,3", '"a","b"', "[{}]", '{"a":1},2,{"message":"Successfully generated mascot 9"}', "null", "{},{}"])
def test_documents_arrays_of_something_else_never_crash(rulebook: Rulebook, items: str) -> None:
    found = read(rulebook, f"[{items}]\n".encode())
    assert found.coverage.lines >= 1


def test_documents_invalid_bytes_and_nuls(rulebook: Rulebook) -> None:
    data = WHOLE["compact"].encode().replace(b"Cache warmed", b"Cache \xff warmed")
    found = read(rulebook, data)
    assert found.coverage.sources[0].undecodable == 1
    assert (outcomes(found), found.coverage.lines) == ({UUID: "generated", "2": "in_flight"}, COUNT)


# Tables.


def table(lines: list[Line], header: str = "message,severity,attributes,tags,timestamp", **style: str) -> bytes:
    names = header.split(",")
    sheet = io.StringIO()
    out = csv.writer(sheet, lineterminator=style.get("ends", "\n"), quoting=csv.QUOTE_ALL if style.get("quote") else csv.QUOTE_MINIMAL)
    out.writerow(names)
    for item in json.loads(render(lines, "dash-json", style.get("logger", "console"))):
        row = {**item, "attributes": json.dumps(item["attributes"]), "tags": json.dumps(item["tags"])}
        out.writerow([row.get(name.strip(), "") for name in names])
    return sheet.getvalue().encode()


@pytest.mark.parametrize(
    "header", ["message,severity,attributes,tags,timestamp", "timestamp,message", "timestamp,severity,message,extra", " timestamp, message"]
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("quote", ["", "all"])
def test_documents_tables(rulebook: Rulebook, header: str, ends: str, quote: str) -> None:
    found = read(rulebook, table(STORY, header, ends=ends, quote=quote))
    assert outcomes(found) == {UUID: "generated", "2": "in_flight"}
    assert (format_of(found), found.coverage.lines) == ("railway-csv", COUNT)


def test_documents_table_with_newlines_quotes_and_commas(rulebook: Rulebook) -> None:
    odd = 'Error: "a, b"\n  at c\r\n  at d'
    lines = [*STORY, failed("3", 4 * SECOND, odd)]
    data = table(lines, logger="pino")
    found = read(rulebook, data)
    assert outcomes(found) == {UUID: "generated", "2": "in_flight", "3": "generation_failed"}
    assert found.coverage.lines == COUNT + 1
    assert found.coverage.sources[0].unparsed == 0


def test_documents_table_evidence_says_where(rulebook: Rulebook) -> None:
    data = table([Line(0, "two\nlines", "A"), *STORY], logger="pino")
    places = {item.line for finding in read(rulebook, data).findings for item in finding.supports}
    assert places
    assert all(UUID.encode() in data.split(b"\n")[place - 1] for place in places)


def test_documents_table_rows_that_do_not_fit(rulebook: Rulebook) -> None:
    data = table(STORY) + b"Successfully generated mascot 2\n" + b"a,b\n" + b'"open quote, Successfully enqueued mascot generation for 9\n'
    found = read(rulebook, data)
    assert outcomes(found)[UUID] == "generated"
    assert found.coverage.lines == COUNT + 3


def test_documents_table_with_nuls_and_bare_returns(rulebook: Rulebook) -> None:
    data = table(STORY).replace(b"Cache warmed", b"Cache\0 10%\r20%\r30%")
    found = read(rulebook, data + table([generated("2", 5 * SECOND)]).partition(b"\n")[2])
    assert outcomes(found) == {UUID: "generated", "2": "generated"}
    assert found.coverage.lines == COUNT + 1


def test_documents_table_with_a_huge_cell(rulebook: Rulebook) -> None:
    found = read(rulebook, table([*STORY, tick(4 * SECOND, "x" * 300_000)]))
    assert (outcomes(found), found.coverage.lines) == ({UUID: "generated", "2": "in_flight"}, COUNT + 1)


def test_documents_table_cut_inside_a_cell_is_a_hole(rulebook: Rulebook) -> None:
    data = table(STORY).rstrip(b"\n")
    found = read(rulebook, data[: data.rindex(b'"') - 3])
    assert [note.key for note in found.coverage.notes] == ["broken"]
    assert len(found.coverage.holes) == 1


def test_documents_rows_without_their_header(rulebook: Rulebook) -> None:
    """`grep Failed logs.csv`, `split`, `tail`: each row still tells its columns."""
    found = read(rulebook, table(STORY).partition(b"\n")[2])
    assert outcomes(found) == {UUID: "generated", "2": "in_flight"}
    assert (found.coverage.sources[0].format, found.coverage.lines) == ("railway-csv", COUNT)


# What is no document.


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (b"[Nest] 7  - 11/22/2026, 8:27:59 AM     LOG [A] x\n", None),
        (b"[JobsService] x\n", None),
        (b"[1,2]\n", None),
        (b'{"message":"m","timestamp":"t"}\n', None),
        (b'{\n  "prompt": "a"\n}\n', None),
        (b"name,value\n1,2\n", None),
        (b"Error: a, b, c\n", None),
        (b"[{", "railway-array"),
        (b'  [\n  {"message"', "railway-array"),
        (b'{"data":{"httpLogs":[', "railway-response"),
        (b"message,severity,attributes,tags,timestamp\n", "railway-csv"),
        (b'"timestamp","message"\r\n', "railway-csv"),
        (b'{\n  "message": "m",\n  "timestamp": "t"\n}\n', "railway-ndjson"),
    ],
)
def test_document_form_of_first_bytes(head: bytes, form: str | None) -> None:
    assert document_form(head) == form


def test_documents_a_dump_in_front_of_a_log(rulebook: Rulebook) -> None:
    data = b'{\n  "name": "mascot-backend",\n  "version": "1.4.2"\n}\n' + render([enqueued(UUID, 0), generated(UUID, SECOND)], "cli-json")
    found = read(rulebook, data)
    assert outcomes(found) == {UUID: "generated"}
    assert found.coverage.lines == 6
