"""How every verb prints: for people on a terminal, for programs as one JSON document."""

from __future__ import annotations

import os
import sys
from typing import Final

import orjson
import typer
from rich.console import Console
from rich.markup import escape

from taysir.cli.errors import CLI_USAGE
from taysir.kernel.errors import MENDER_NAMES, Language, Mender, Problem

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

_USAGE: Final = 2
"""The exit code of a command that was not understood, as of every program."""


def print_json(value: object) -> None:
    """Print one JSON document."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


def speaks_arabic() -> bool:
    """Whether the person's environment asks for Arabic."""
    asked = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next(filter(None, asked), "").startswith("ar")


def program_name() -> str:
    """Return how the person calls Taysir: by the launcher, or as an installed program."""
    return "./taysir" if "TAYSIR_ROOT" in os.environ else "taysir"


def say(arabic: str, english: str) -> None:
    """Print one line in the language of the person's environment."""
    console.print(arabic if speaks_arabic() else english, soft_wrap=True)


def report_problem(problem: Problem, *, as_json: bool = False) -> None:
    """Print what went wrong, who can mend it and how, in both languages."""
    if as_json:
        print_json({"ok": False, "error": problem.as_problem()})
        return
    order: tuple[Language, Language] = ("ar", "en") if speaks_arabic() else ("en", "ar")
    for language in order:
        title, remedy = escape(problem.title(language)), escape(problem.remedy(language))
        errors.print(f"[bold red]{problem.code}[/] {title}", soft_wrap=True)
        errors.print(f"         {remedy}{_mender(problem, language)}", soft_wrap=True)


def _mender(problem: Problem, language: Language) -> str:
    """Return who can mend it, unless that is whoever reads this."""
    if problem.kind.mender is Mender.CALLER:
        return ""
    return f" [dim]({MENDER_NAMES[problem.kind.mender][language]})[/]"


def report_usage(error: typer.TyperException, *, as_json: bool = False) -> int:
    """Print what a command does not take, and how to ask it for help; returns the exit code."""
    said = error.format_message()
    if not said:
        return _USAGE  # a group of commands without its command has printed its help
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else program_name()
    if context is not None and not as_json:
        errors.print(context.get_usage(), markup=False, soft_wrap=True)
    report_problem(Problem(CLI_USAGE, reason=said, command=command), as_json=as_json)
    return _USAGE
