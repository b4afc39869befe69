"""The documentation points at what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from taysir.cli import VERBS, build_app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
COMMAND = re.compile(r"\./taysir ([a-z]+)")


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
