"""The command line inside a test: one command, its exit code and what it printed."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from taysir.cli import VERBS, build_app, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command did."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Everything that was printed."""
        return self.stdout + self.stderr


def command(*words: str) -> Ran:
    """Run a command as the launcher does, refusals included, and return what it did."""
    verbs = [words[0]] if words and words[0] in VERBS else list(VERBS)
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(build_app(verbs), list(words))
    return Ran(exit_code=code, stdout=out.getvalue(), stderr=err.getvalue())
