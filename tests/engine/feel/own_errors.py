"""What a test of hostile input accepts as an answer."""

from __future__ import annotations

from taysir.kernel.errors import Problem


def own_error(problem: Problem) -> None:
    """Accept an error of FEEL or DMN and no other."""
    assert problem.code.startswith("ENG-01")
