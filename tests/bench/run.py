"""logscan's time beside that of other tools on the same log: `python -m tests.bench.run --size 1GB --json bench.json`.

Each tool's answer is checked before its time counts. The runs of all tools alternate, and the median counts, so that
a busy moment of the machine hits all alike. What is not installed is left out, with a word.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from logscan import load_rules
from logscan.prefilter import Scanner
from tests.bench.generate import Plan, size_of, write

_STEPS: Final = {
    "enqueued": "Successfully enqueued mascot generation for ",
    "processing": "Starting processing for mascot ",
    "generated": "Successfully generated mascot ",
    "generation_failed": "Failed to generate mascot ",
    "enqueue_failed": "Failed to enqueue mascot generation for ",
}
_CASE: Final = " ".join(f"WHEN message LIKE '%{text}%' THEN '{event}'" for event, text in _STEPS.items())
_QUERY: Final = f"""
SELECT count(*), sum(generated::int), sum(failed::int) FROM (
  SELECT id, bool_or(event = 'generated') generated, bool_or(event = 'generation_failed') failed FROM (
    SELECT CASE {_CASE} END event, regexp_extract(message, '(?:for|mascot) ([0-9a-f-]{{36}})', 1) id
    FROM read_json('FILE', format = 'newline_delimited', columns = {{message: 'VARCHAR', timestamp: 'VARCHAR', level: 'VARCHAR'}})
  ) WHERE event IS NOT NULL GROUP BY id
)
"""  # noqa: S608  # its own words
_DUCKDB: Final = "import duckdb, sys; print(*duckdb.sql(sys.argv[1]).fetchall()[0])"
_AWK: Final = (
    "".join(f"/{text}/ {{ n[{number}]++ }} " for number, text in enumerate(_STEPS.values())) + "END { print n[0], n[1], n[2], n[3] }"
)
_JQ: Final = f'select(.message | test("{"|".join(_STEPS.values())}")) | 1'


@dataclass(slots=True)
class Log:
    """A log and what is true of it."""

    path: Path
    truth: dict[str, Any]

    @property
    def mascots(self) -> int:
        return int(self.truth["mascots"])

    @property
    def outcomes(self) -> dict[str, int]:
        return dict(self.truth["by_outcome"])

    @property
    def steps(self) -> int:
        """Lines that name a step of a mascot: three each."""
        return 3 * self.mascots


@dataclass(slots=True)
class Tool:
    """A command on a log, and whether what it prints is right."""

    name: str
    log: Log
    command: list[str]
    right: Callable[[Log, str], bool]
    environment: dict[str, str] = field(default_factory=dict)
    runs: int | None = None
    seconds: list[float] = field(default_factory=list)
    peak: int = 0

    def run(self) -> None:
        """Run once. Raises SystemExit for a wrong answer."""
        with tempfile.TemporaryFile("w+") as out:
            begun = time.perf_counter()
            process = subprocess.Popen(self.command, stdout=out, stdin=subprocess.DEVNULL, env={**os.environ, **self.environment})
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - begun
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            text = out.read()
        if not self.right(self.log, text):
            sys.exit(f"{self.name}: wrong answer (exit code {process.returncode}): {text[:300]}")
        self.seconds.append(seconds)
        # Of what needs less than this process, the kernel tells this one's share until it became another program.
        self.peak = max(self.peak, usage.ru_maxrss * 1024) if self.right is diagnosed else 0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def diagnosed(log: Log, text: str) -> bool:
    report = json.loads(text)
    return report["mascots"]["by_outcome"] == log.outcomes and report["input"]["lines"] == log.truth["lines"]


def counted(log: Log, text: str) -> bool:
    return int(text) == log.steps


def counted_all(log: Log, text: str) -> bool:
    return int(text) >= log.steps + log.outcomes["generation_failed"]


def grouped(log: Log, text: str) -> bool:
    return text.split() == [str(number) for number in (log.mascots, log.outcomes["generated"], log.outcomes["generation_failed"])]


def summed(log: Log, text: str) -> bool:
    return text.split() == [
        str(number) for number in (log.mascots, log.mascots, log.outcomes["generated"], log.outcomes["generation_failed"])
    ]


def printed(log: Log, text: str) -> bool:
    return text.count("\n") == log.steps


def logscan(name: str, log: Log, **environment: str) -> Tool:
    command = [sys.executable, "-m", "logscan", "scan", str(log.path), "--format", "json"]
    return Tool(f"logscan, {name}", log, command, diagnosed, environment)


def tools(folder: Path, size: int) -> list[Tool]:
    """All that are installed, logscan on the main log first."""
    main = made(folder, Plan(size=size))
    quarter = made(folder, Plan(size=size // 4))
    tenth = {form: made(folder, Plan(form=form, size=size // 10)) for form in ("cli-json", "nest-colour", "dash-log")}
    third = made(folder, Plan(size=size // 10, share=1 / 3))
    scanner = Scanner.of(load_rules())
    everything, signatures = folder / "anchors", folder / "signatures"
    everything.write_text("".join(f"{text}\n" for text in scanner.texts if text.isprintable()))
    signatures.write_text("".join(f"{text}\n" for text in _STEPS.values()))
    ascii_only = {"LC_ALL": "C"}

    def grep(name: str, log: Log, anchors: Path, right: Callable[[Log, str], bool]) -> Tool:
        return Tool(f"grep -c -F -f, {name}", log, ["grep", "-c", "-F", "-f", str(anchors), str(log.path)], right, ascii_only)

    found = [
        logscan("whole diagnosis", main),
        grep("all of its anchors", main, everything, counted_all),
        grep("5 texts", main, signatures, counted),
        Tool("DuckDB read_json, 5 LIKE, GROUP BY", main, [sys.executable, "-c", _DUCKDB, _QUERY.replace("FILE", str(main.path))], grouped),
        Tool("mawk, 5 patterns", main, ["mawk", _AWK, str(main.path)], summed),
        Tool("jq, select and print", main, ["jq", "-c", _JQ, str(main.path)], printed, runs=1),
        logscan("a quarter of the log", quarter),
        logscan("a tenth of the log", tenth["cli-json"]),
        logscan("a tenth, without Hyperscan", tenth["cli-json"], LOGSCAN_NO_HYPERSCAN="1"),
        logscan("a tenth, Nest in colour", tenth["nest-colour"]),
        logscan("a tenth, dashboard .log", tenth["dash-log"]),
        logscan("a tenth, a third of all lines match", third),
        grep("all of its anchors, a third match", third, everything, counted_all),
    ]
    return [tool for tool in found if installed(tool)]


def installed(tool: Tool) -> bool:
    program = tool.command[0]
    missing = shutil.which(program) is None or ("duckdb" in tool.command[-2] and version_of("duckdb") is None)
    if missing:
        print(f"left out: {tool.name} (not installed)", file=sys.stderr)  # noqa: T201  # it is a command
    return not missing


def made(folder: Path, plan: Plan) -> Log:
    """The log of a plan, made unless it is there."""
    path = folder / f"{plan.form}-{plan.size}-{plan.share:.2f}.log"
    beside = path.with_name(path.name + ".truth.json")
    truth: dict[str, Any] = json.loads(beside.read_text()) if beside.exists() else write(path, plan)
    return Log(path, truth)


def version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def versions() -> dict[str, str]:
    """Of everything that takes part."""
    found = {
        "Python": platform.python_version(),
        **{name: version_of(name) or "-" for name in ("logscan", "hyperscan", "polars", "duckdb")},
    }
    for program, option in (("grep", "--version"), ("mawk", "-W version"), ("jq", "--version")):
        if shutil.which(program):
            told = subprocess.run([program, *option.split()], capture_output=True, text=True, check=False)
            found[program] = (told.stdout or told.stderr).splitlines()[0]
    return found


def table(measured: list[Tool]) -> str:
    """Seconds, ratio and memory, as Markdown."""
    first = measured[0]
    rows = [
        "| tool | log | seconds (median) | MB/s | logscan's time to it | peak memory |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for tool in measured:
        size = int(tool.log.truth["bytes"])
        ratio = f"{first.median / tool.median:.2f}" if tool.log is first.log and tool is not first else ""
        rows.append(
            f"| {tool.name} | {size / 1e6:.0f} MB | {tool.median:.2f} | {size / 1e6 / tool.median:.0f} | {ratio} | {f'{tool.peak / 1e6:.0f} MB' if tool.peak else ''} |"
        )
    return "\n".join(rows)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=size_of, default=size_of("1GB"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="Where logs are made, and found again (default: a temporary one).")
    parser.add_argument("--json", type=Path, help="Write the figures here, too.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        measured = tools(folder, given.size)
        for run in range(given.runs):
            for tool in measured:
                if run < (tool.runs or given.runs):
                    tool.run()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {dt.datetime.now(dt.UTC):%Y-%m-%d}"
    print(table(measured))  # noqa: T201
    print(f"\n{machine}; {', '.join(f'{name} {text}' for name, text in versions().items())}")  # noqa: T201
    if given.json:
        figures = [{**asdict(tool), "log": str(tool.log.path.name), "right": True, "median": tool.median} for tool in measured]
        given.json.write_text(json.dumps({"machine": machine, "versions": versions(), "figures": figures}, indent=2, default=str) + "\n")


if __name__ == "__main__":
    main()
