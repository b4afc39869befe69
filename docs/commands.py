"""Writes the reference of the command line from the commands themselves.

``docs.generate`` calls :func:`commands_page`; what a command takes is told by the command, so the
page cannot say anything else than ``--help``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer

from taysir.cli import VERBS, build_app

HEAD = """# The command line

For everyone who types `./taysir` (or `taysir`, where it was installed with pip), and for programs
that call it. `--help` tells the same after any command.

Texts are Arabic or English, as `LC_ALL`, `LC_MESSAGES` or `LANG` say; errors are told in both, on
standard error. With `--json` a command prints one JSON document on standard output, also when it
fails: `{"ok": false, "error": {…}}` then holds the [error](errors.md) with its code.

| exit code | meaning |
|---|---|
| 0 | done, and what was looked at is well |
| 1 | done, and something was found: not valid, a failed test, a repaired store, a finding |
| 2 | not done: not understood, not readable, refused; the cause and the remedy are printed |
| 130 | ended by Ctrl-C |

| variable | meaning |
|---|---|
| `TAYSIR_VENV` | where the launcher keeps its environment, instead of `.venv` |
| `TAYSIR_PYTHON` | the Python with which the launcher makes it |
| `TAYSIR_ADMIN_TOKEN` | the token for a node's admin face, where it asks for one |

Options in *italics* must be given.
"""


def commands_page() -> str:
    """Return the page of every command."""
    root = typer.main.get_command(build_app(list(VERBS)))
    lines = HEAD.splitlines()
    for verb in VERBS:
        lines += ["", f"## {verb}", ""]
        for words, command in _leaves(root.commands[verb], (verb,)):  # type: ignore[attr-defined]
            lines += _section(words, command)
    return re.sub("\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def _leaves(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield words, command
        return
    for name, each in below.items():
        yield from _leaves(each, (*words, name))


def _section(words: tuple[str, ...], command: Any) -> list[str]:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    names = (each.name.upper() if each.required else f"[{each.name.upper()}]" for each in arguments)
    usage = " ".join(["./taysir", *words, *names])
    lines = [f"`{usage}` — {_one_line(command.help)}", ""]
    told = [*arguments, *(each for each in options if each.name != "help")]
    if not told:
        return lines
    lines += ["| takes | meaning |", "|---|---|"]
    lines += [f"| {_name(each)} | {_meaning(each)} |" for each in told]
    return [*lines, ""]


def _name(param: Any) -> str:
    if param.param_type_name == "argument":
        return f"`{param.name.upper()}`"
    names = ", ".join(f"`{name}`" for name in [*param.opts, *param.secondary_opts])
    return f"*{names}*" if param.required else names


def _meaning(param: Any) -> str:
    parts = [_one_line(getattr(param, "help", "") or "")]
    shown = getattr(param, "show_default", True)
    default = shown if isinstance(shown, str) else param.default
    given = default if isinstance(default, str | int) and not isinstance(default, bool) else ""
    if given not in ("", 0) and not param.required:
        parts.append(f"`{getattr(given, 'value', given)}` by default.")
    if getattr(param, "multiple", False):
        parts.append("May be repeated.")
    if getattr(param, "envvar", None):
        parts.append(f"Also from `{param.envvar}`.")
    return " ".join(filter(None, parts)).replace("|", "\\|")


def _one_line(text: str) -> str:
    return " ".join(text.split())
