"""``taysir test``: run the project's own tests, the fast ones or all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from taysir.cli.errors import CLI_NO_SOURCES
from taysir.kernel.errors import Problem

FAST_MARKERS: Final = "not slow and not browser and not country and not postgres"

BROWSER_RETRIES: Final = ("--reruns", "2", "--only-rerun", "Protocol error")
"""Chromium sometimes loses its own protocol connection; that says nothing about a page of ours."""


_NO_BYTECODE: Final = "PYTHONDONTWRITEBYTECODE"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(test)


def test(
    context: typer.Context,
    fast: Annotated[bool, typer.Option("--fast", help="Only what is quick.")] = False,
) -> None:
    """Run linters, types, architecture and tests; further arguments go to pytest."""
    root = Path(os.environ.get("TAYSIR_ROOT", Path.cwd()))
    if not (root / "tests").is_dir():
        raise Problem(CLI_NO_SOURCES, folder=str(root), needed="tests")
    if context.args:
        raise typer.Exit(_run(root, "pytest", *context.args))
    workers = ("-n", str(os.cpu_count() or 2))
    steps: list[tuple[str, ...]] = [("ruff", "check", "."), ("ruff", "format", "--check", ".")]
    if fast:
        few = "--hypothesis-profile=taysir-fast"
        steps.append(("pytest", *workers, few, "-m", FAST_MARKERS))
    else:
        steps += [
            ("mypy",),
            ("pytest", *workers, "-m", "not country and not browser"),
            # Apart from each other: only one browser driver may live in a process.
            ("pytest", *BROWSER_RETRIES, "-m", "browser and not country"),
            ("pytest", *BROWSER_RETRIES, "-m", "country"),
        ]
    failed = [step[0] for step in steps if _run(root, *step) != 0]
    if failed:
        sys.stderr.write(f"failed: {', '.join(failed)}\n")
    raise typer.Exit(1 if failed else 0)


def _run(root: Path, module: str, *arguments: str) -> int:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=root, env=_environment(root), check=False
    ).returncode


def _environment(root: Path) -> dict[str, str]:
    """Return the environment for a step, with a place for compiled files outside the sources.

    Some machines forbid Python to keep them; every process of a run would then compile the product
    and its tests anew, which is an eighth of the quick run.
    """
    kept = {name: value for name, value in os.environ.items() if name != _NO_BYTECODE}
    return {"PYTHONPYCACHEPREFIX": str(root / "var" / "pycache"), **kept}
