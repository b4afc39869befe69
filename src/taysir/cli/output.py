"""How every verb prints: for people on a terminal, for programs as one JSON document."""

from __future__ import annotations

import os
import sys

import orjson
from rich.console import Console

from taysir.kernel.errors import MENDER_NAMES, Language, Problem

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def print_json(value: object) -> None:
    """Print one JSON document."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


def speaks_arabic() -> bool:
    """Whether the person's environment asks for Arabic."""
    return os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("ar")


def say(arabic: str, english: str) -> None:
    """Print one line in the language of the person's environment."""
    console.print(arabic if speaks_arabic() else english)


def report_problem(problem: Problem, *, as_json: bool = False) -> None:
    """Print what went wrong, who can mend it and how, in both languages."""
    if as_json:
        print_json({"ok": False, "error": problem.as_problem()})
        return
    order: tuple[Language, Language] = ("ar", "en") if speaks_arabic() else ("en", "ar")
    for language in order:
        mender = MENDER_NAMES[problem.kind.mender][language]
        errors.print(f"[bold red]{problem.code}[/] {problem.title(language)}", soft_wrap=True)
        errors.print(f"         {problem.remedy(language)} [dim]({mender})[/]", soft_wrap=True)
