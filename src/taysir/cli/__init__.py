"""The command line: one module a verb; each parses, calls and prints.

A verb's module offers ``register(app)``. Modules are imported when their verb is asked for, so
that ``taysir verify`` does not pay for the portal. Errors of the family end with their text in
Arabic and English on standard error and exit code 2; ``--json`` prints one JSON document on
standard output.
"""

from __future__ import annotations

import importlib
import sys
from typing import Final

import typer

from taysir.cli.output import report_problem
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
    "node": "node",
    "authority": "authority",
}
"""Each verb and the module of this package that offers it."""


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
    asked = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    app = build_app([asked] if asked in VERBS else list(VERBS))
    try:
        app()
    except Problem as problem:
        report_problem(problem, as_json="--json" in sys.argv)
        sys.exit(2)
