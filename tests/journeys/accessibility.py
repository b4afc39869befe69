"""Measures a page in the browser with axe-core and HTML_CodeSniffer.

Both are fetched once by ``npm pack`` into ``var/npm/`` at exact versions; nothing of them is part
of the product. Each function returns findings as short texts, so that a test can say
``assert run_axe(page) == []``.
"""

from __future__ import annotations

import fcntl
import json
import subprocess
import tarfile
from functools import cache
from pathlib import Path
from typing import Any, Protocol

FOLDER = Path(__file__).parents[2] / "var" / "npm"
AXE = ("axe-core@4.14.1", "package/axe.min.js")
HTMLCS = ("html_codesniffer@2.5.1", "package/build/HTMLCS.js")
AXE_RULES = (
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice",
)  # fmt: skip


class Page(Protocol):
    """What we need of a Playwright page (opened with ``bypass_csp=True``)."""

    def evaluate(self, expression: str, arg: Any = None) -> Any:
        """Run a script in the page."""


@cache
def _script(package: str, member: str) -> str:
    """Return one file of an npm package, fetched at most once by all test processes."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    kept = FOLDER / f"{package.replace('@', '-')}.js"
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            done = subprocess.run(
                ["npm", "pack", "--json", "--silent", package],
                cwd=FOLDER,
                check=True,
                capture_output=True,
                text=True,
            )
            archive = FOLDER / json.loads(done.stdout)[0]["filename"]
            with tarfile.open(archive) as files:
                found = files.extractfile(member)
                assert found is not None, f"{package} has no {member}"
                kept.write_bytes(found.read())
            archive.unlink()
    return kept.read_text("utf-8")


def run_axe(page: Page) -> list[str]:
    """Return the violations of WCAG 2.2 A and AA and of axe's best practice."""
    page.evaluate(_script(*AXE))
    outcome = page.evaluate(
        "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", list(AXE_RULES)
    )
    return [
        f"{violation['id']}: {node['target']}: {node['failureSummary']}"
        for violation in outcome["violations"]
        for node in violation["nodes"]
    ]


def run_htmlcs(page: Page) -> list[str]:
    """Return the errors of HTML_CodeSniffer at WCAG2AA, the standard of pa11y."""
    page.evaluate(_script(*HTMLCS))
    found: list[str] = page.evaluate(
        """() => new Promise(resolve => HTMLCS.process("WCAG2AA", document, () => resolve(
            HTMLCS.getMessages().filter(m => m.type === HTMLCS.ERROR)
              .map(m => `${m.code}: ${m.msg}: ${m.element.outerHTML.slice(0, 200)}`))))"""
    )
    return found


def sideways_scroll(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return max(0, width)
