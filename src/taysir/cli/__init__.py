"""The command line: one module a verb; each parses, calls and prints.

A verb's module offers ``register(app)``. Modules are imported when their verb is asked for, so
that ``taysir verify`` does not pay for the portal. Errors of the family end with their text in
Arabic and English on standard error and exit code 2, and so do words that a verb does not know and
files that the operating system refuses; ``--json`` prints one JSON document on standard output.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Final

import typer

from taysir.cli.errors import problem_of
from taysir.cli.output import program_name, report_problem, report_usage
from taysir.kernel.errors import Problem

VERBS: Final = {
    "up": "running",
    "down": "running",
    "status": "running",
    "tour": "tour",
    "bench": "bench",
    "test": "test",
    "doctor": "doctor",
    "verify": "verify",
    "evidence": "evidence",
    "erase": "erase",
    "fsck": "fsck",
    "backup": "backup",
    "restore": "backup",
    "journal": "journal",
    "registry": "registry",
    "service": "service",
    "dmn": "dmn",
    "keys": "keys",
    "exposure": "exposure",
    "agreement": "agreement",
    "consent": "consent",
    "node": "node",
    "authority": "authority",
}
"""Each verb and the module of this package that offers it."""

_INTERRUPTED: Final = 130
"""What a shell calls a program that Ctrl-C ended."""


def build_app(verbs: list[str]) -> typer.Typer:
    """Return the command line with these verbs only."""
    app = typer.Typer(
        name="taysir",
        help="Taysir (تيسير) runs a government's electronic-transactions programme.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def _root() -> None:
        """Taysir (تيسير) runs a government's electronic-transactions programme."""

    for module in dict.fromkeys(VERBS[verb] for verb in verbs):
        importlib.import_module(f"taysir.cli.{module}").register(app)
    return app


def main() -> None:
    """Run the command line and leave with its exit code."""
    words = sys.argv[1:]
    asked = next((word for word in words if not word.startswith("-")), "")
    app = build_app([asked] if asked in VERBS else list(VERBS))
    sys.exit(run(app, words))


def run(app: typer.Typer, words: list[str]) -> int:
    """Run one command and return its exit code; what it cannot do is told, not raised."""
    as_json = "--json" in words
    try:
        code = app(words, prog_name=program_name(), standalone_mode=False)
    except typer.TyperException as error:
        return report_usage(error, as_json=as_json)
    except typer.Abort:
        return _INTERRUPTED
    except Problem as problem:
        report_problem(problem, as_json=as_json)
        return 2
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing more can be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        report_problem(problem_of(error), as_json=as_json)
        return 2
    return code if isinstance(code, int) else 0
