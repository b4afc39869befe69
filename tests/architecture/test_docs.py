"""The documentation points at what exists."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import typer

from taysir.cli import VERBS, build_app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
COMMAND = re.compile(r"\./taysir ([a-z]+)")
APP = typer.main.get_command(build_app(list(VERBS)))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page is a file of the project."""
    targets = [t for t in LINK.findall(page.read_text("utf-8")) if "://" not in t]

    assert [] == [t for t in targets if not (page.parent / t).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_exist(page: Path) -> None:
    """Every `./taysir VERB` of a page is a verb of the command line."""
    named = set(COMMAND.findall(page.read_text("utf-8")))

    assert set() == named - set(VERBS)


def test_every_verb_is_introduced() -> None:
    """The README names each verb, and each verb can be loaded."""
    readme = (ROOT / "README.md").read_text("utf-8")

    build_app(list(VERBS))
    assert [] == [verb for verb in VERBS if f"`{verb}`" not in readme and verb not in readme]


def misnamed(line: str) -> list[str]:
    """Return what a written command asks of a verb that the verb does not have."""
    command: object = APP
    words = re.split(r"[ ·]+", re.sub(r'"[^"]*"', "TEXT", line.partition(" #")[0]))
    for word in words:
        below = getattr(command, "commands", None)
        if below is None:
            break
        if word not in below:
            # A verb alone is named in a sentence; what follows it is then no command.
            return [] if command is not APP and not word.isascii() else [word]
        command = below[word]
    options = {name for each in getattr(command, "params", ()) for name in each.opts}
    options |= {name for each in getattr(command, "params", ()) for name in each.secondary_opts}
    asked = {word.split("=")[0].rstrip(".,:;)") for word in words if re.match("--?[a-z]", word)}
    return sorted(asked - options - {"--help", "-h"})


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_written_commands_can_be_given(page: Path) -> None:
    """Every command in a block, and every one between back-ticks, has these words and options."""
    text = page.read_text("utf-8").replace("\u200e", "")
    blocks = "\n".join(re.findall(r"```(?:sh)?\n(.*?)```", text, flags=re.DOTALL))
    lines = re.findall(r"^ *\./taysir (.+)$", blocks, flags=re.MULTILINE)
    lines += re.findall(r"`(?:\./)?taysir ([a-z][^`\n|…]* [^`\n|…]*)`", text)

    assert {} == {line: wrong for line in lines if (wrong := misnamed(line))}


def test_a_misnamed_command_is_noticed() -> None:
    """The check above sees a wrong verb, a wrong command of a group, and a wrong option."""
    assert misnamed("node init x --member A --port 1") == []
    assert misnamed("verfy x") == ["verfy"]
    assert misnamed("node start x") == ["start"]
    assert misnamed("node init x --ports 1") == ["--ports"]


def test_every_page_is_in_the_index() -> None:
    """The index of the documentation leads to every page, and names none twice."""
    index = ROOT / "docs/README.md"
    named = Counter((index.parent / t).resolve() for t in LINK.findall(index.read_text("utf-8")))
    pages = {page for page in PAGES if page.is_relative_to(index.parent)} - {index}

    assert set() == pages - set(named)
    assert [] == [page for page, times in named.items() if times > 1]
