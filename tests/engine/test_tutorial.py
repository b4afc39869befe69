"""The tutorial on writing a service does what it says, step by step, in both languages."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from taysir.testing.command import command

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"
BLOCK = re.compile(r"^```(sh|text|diff)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [TUTORIALS / "write-a-service.md", TUTORIALS / "write-a-service.ar.md"]


@dataclass(frozen=True)
class Step:
    """One fenced block of the page."""

    kind: str
    file: str
    body: str


def steps(page: Path) -> Iterator[Step]:
    """Yield the blocks that tell the reader to do or to expect something."""
    for kind, file, body in BLOCK.findall(page.read_text("utf-8")):
        yield Step(kind, file, body)


def changed(text: str, diff: str) -> str:
    """Apply a block of lines that stay, go and come; it must fit exactly one place."""
    lines = diff.splitlines()
    before = "\n".join(line[1:] for line in lines if line[:1] in " -")
    after = "\n".join(line[1:] for line in lines if line[:1] in " +")
    assert text.count(before) == 1, f"{text.count(before)} places for:\n{before}"
    return text.replace(before, after)


def ran(commands: str) -> str:
    """Run the commands of a block and return what they printed."""
    printed = []
    for line in commands.splitlines():
        program, verb, *arguments = shlex.split(line)
        assert (program, verb) == ("./taysir", "service")
        result = command("service", *arguments)
        assert result.exit_code in (0, 1), result.output
        printed.append(result.output)
    return "".join(printed)


def expected(text: str, output: str) -> None:
    """Every line of the block is in the output, in that order; “…” stands for anything."""
    place = 0
    for line in filter(None, text.splitlines()):
        pattern = ".*".join(re.escape(part) for part in line.split("…"))
        found = re.compile(pattern).search(output, place)
        assert found, f"{line!r} is not in {output[place:]!r}"
        place = found.end()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_reader_ends_where_the_page_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    output = ""
    kinds = set()
    for step in steps(page):
        kinds.add(step.kind)
        if step.kind == "sh":
            output = ran(step.body)
        elif step.kind == "text":
            expected(step.body, output)
        else:
            file = tmp_path / step.file
            file.write_text(changed(file.read_text("utf-8"), step.body), "utf-8")
    assert kinds == {"sh", "text", "diff"}
    expected("nothing to mend", ran("./taysir service check library-card"))
