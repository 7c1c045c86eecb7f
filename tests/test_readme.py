"""What README and the guides say holds: printed output, options, links, rules, code.

`LOGSCAN_ACCEPT_GOLD=1 pytest tests/test_readme.py` puts today's output into the blocks under a `<!-- checked -->`.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest

from logscan import Rulebook
from logscan.authoring.lint import lint
from logscan.authoring.testing import run_tests
from logscan.cli.main import cli, run
from logscan.model import OUTCOMES
from logscan.rulebook.schema import FINDINGS

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
GUIDES = [
    README,
    *(
        ROOT / name
        for name in ("rules/README.md", "fixtures/README.md", ".github/CONTRIBUTING.md", ".github/CHANGELOG.md", ".railway/README.md")
    ),
]
ACCEPT = bool(os.environ.get("LOGSCAN_ACCEPT_GOLD"))

_CHECKED = re.compile(r"(?m)^<!-- checked -->\n```console\n\$ (?P<command>.+)\n(?P<printed>(?:(?!```).*\n)*)```$")
_BLOCK = re.compile(r"(?ms)^ *```(?P<language>\w+)\n(?P<text>.*?)^ *```$")
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(language: str, *paths: Path) -> list[str]:
    return [match["text"] for path in paths for match in _BLOCK.finditer(text(path)) if match["language"] == language]


def commands() -> Iterator[str]:
    """Every command line in console blocks, taken apart at pipes and `&&`, and every one in the running text."""
    for block in blocks("console", *GUIDES):
        for line in re.findall(r"(?m)^ *\$ (.+)$", block):
            yield from re.split(r"\s(?:\|\|?|&&)\s", line)
    for path in GUIDES:
        yield from _SPAN.findall(_BLOCK.sub("", text(path)))


def logscan_commands() -> list[str]:
    return sorted({line for line in commands() if re.match(r"(?:\.venv/bin/)?logscan(?: |$)", line)})


@pytest.mark.parametrize("command", [match["command"] for match in _CHECKED.finditer(text(README))])
def test_readme_output_is_what_the_command_prints(
    command: str, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")
    run(shlex.split(command)[1:])
    printed = capsysbinary.readouterr().out.decode()
    if ACCEPT:
        README.write_text(
            _CHECKED.sub(lambda m: filled(m, printed) if m["command"] == command else m[0], text(README)), "utf-8", newline="\n"
        )
    assert next(m["printed"] for m in _CHECKED.finditer(text(README)) if m["command"] == command) == printed


_SESSION = re.compile(r"(?m)^<!-- session -->\n```console\n(?P<text>(?:(?!```).*\n)*)```$")


def test_readme_session_goes_as_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The blocks under `<!-- session -->` are one session, from the first command to the last."""
    for used in set(re.findall(r"fixtures/[\w-]+", "".join(match["text"] for match in _SESSION.finditer(text(README))))):
        shutil.copytree(ROOT / used, tmp_path / used)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def played(block: re.Match[str]) -> str:
        out = ""
        for command in re.findall(r"(?m)^\$ (.+)$", block["text"]):
            words = shlex.split(command)
            if words[0] == "cat":
                printed = Path(words[1]).read_text(encoding="utf-8")
            else:
                run(words[1:])
                printed = b"".join(capsysbinary.readouterr()).decode()
            out += f"$ {command}\n{printed}"
        return f"<!-- session -->\n```console\n{out}```"

    told = _SESSION.sub(played, text(README))
    if ACCEPT:
        README.write_text(told, "utf-8", newline="\n")
    assert told == text(README)


def replayed(mark: str, capsysbinary: pytest.CaptureFixture[bytes]) -> str:
    """README with what the sessions under a mark print today, what they say on stderr first; it is accepted where that is asked for."""

    def played(block: re.Match[str]) -> str:
        out = ""
        for command in re.findall(r"(?m)^\$ (.+)$", block["text"]):
            run(shlex.split(command)[1:])
            printed = "".join(part.decode() for part in reversed(capsysbinary.readouterr()))
            out += f"$ {command}\n{printed}"
        return f"<!-- {mark} -->\n```console\n{out}```"

    pattern = rf"(?m)^<!-- {mark} -->\n```console\n(?P<text>(?:(?!```).*\n)*)```$"
    told = re.sub(pattern, played, text(README))
    if ACCEPT:
        README.write_text(told, "utf-8", newline="\n")
    return told


def filled(block: re.Match[str], printed: str) -> str:
    """The block with other output in it."""
    return block[0][: block.start("printed") - block.start()] + printed + "```"


def test_readme_shows_a_run_and_every_option() -> None:
    assert [match["command"].split()[:2] for match in _CHECKED.finditer(text(README))] == [["logscan", "scan"]] * 2
    assert "logscan scan --help" in [match["command"] for match in _CHECKED.finditer(text(README))]


@pytest.mark.parametrize("line", logscan_commands())
def test_readme_command_lines_are_ones_that_logscan_takes(line: str) -> None:
    _, *words = shlex.split(re.sub(r"\s[<>]\s\S+", "", line), comments=True)
    command: click.Command = cli if words and not words[0].startswith("-") else cli.commands["scan"]
    while isinstance(command, click.Group) and words:
        assert words[0] in command.commands, f"no command '{words[0]}'"
        command = command.commands[words.pop(0)]
    # What is wrong with the line is raised; --help and --version end at once.
    with suppress(click.exceptions.Exit, click.exceptions.NoArgsIsHelpError):
        command.make_context("logscan", words)


@pytest.mark.parametrize("option", sorted({span.split()[0] for span in commands() if span.startswith("--")}))
def test_readme_options_in_the_text_are_options_of_a_command(option: str) -> None:
    inner = [it for group in cli.commands.values() if isinstance(group, click.Group) for it in group.commands.values()]
    assert option in {known for command in (*cli.commands.values(), *inner) for it in command.params for known in it.opts}


@pytest.mark.parametrize(
    ("path", "link"), [(path, link) for path in GUIDES for link in _LINK.findall(text(path))], ids=lambda v: str(v).rsplit("/", 1)[-1]
)
def test_readme_links_lead_somewhere(path: Path, link: str) -> None:
    if link.startswith("https://"):
        return
    file, _, heading = link.partition("#")
    target = (path.parent / file).resolve() if file else path
    assert target.exists(), f"{name(path)}: no {link}"
    if heading:
        headings = [re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-") for line in re.findall(r"(?m)^#+ (.+)$", text(target))]
        assert heading in headings, f"{name(path)}: no heading {link}"


@pytest.mark.parametrize("block", blocks("yaml", README, ROOT / "rules" / "README.md"), ids=lambda block: block.splitlines()[2].strip())
def test_readme_rules_load_and_match_their_examples(block: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(block, encoding="utf-8")
    linted = lint([tmp_path])
    assert [problem for problem in linted.problems if problem.severity == "error"] == []
    results, _ = run_tests([tmp_path])
    assert [problem for result in results for problem in result.problems] == []
    assert results or "deadlines:" in block


def test_readme_names_every_finding_with_its_severity_and_every_outcome(rulebook: Rulebook) -> None:
    section = text(README).partition("\n## What it tells\n")[2].partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| `([\w-]+)` \|.+\| (\w+)[^|]*\|$", section)
    assert rows == [(finding, rulebook.findings[finding].severity) for finding in FINDINGS]
    assert re.findall(r"`(\w+)`", section.partition("**findings**")[0]) == list(OUTCOMES)


@pytest.mark.parametrize("block", blocks("python", README))
def test_readme_code_runs_as_shown(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    said: list[str] = []
    example = doctest.DocTestParser().get_doctest(block, {}, "README", "README.md", 0)
    assert doctest.DocTestRunner().run(example, out=said.append).failed == 0, "".join(said)


def test_readme_two_commands_for_a_fresh_machine_are_one_line_each() -> None:
    section = text(README).partition("\n## Two commands\n")[2].partition("\n## ")[0]
    lines = [block.splitlines() for block in re.findall(r"```console\n(.*?)```", section, re.DOTALL)]
    assert [len(block) for block in lines] == [1, 1]
    assert lines[0][0].startswith("$ python3 -m venv .venv && ")
    # .ci/run runs the one under this marker.
    assert f"<!-- tests -->\n```console\n{lines[1][0]}\n```" in section
