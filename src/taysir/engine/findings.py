"""What is wrong in a service pack: where, in words, and how to mend it, in Arabic and English.

Loading and checking a pack collect findings instead of stopping at the first, because an author
mends a file in one go. :class:`PackErrors` carries them out of the loader. This module only
describes; it does not read files (``source.py``) and does not look for mistakes (``pack.py``,
``check.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from taysir.kernel.errors import ErrorKind, Language, Problem, TaysirError, worded

Text = Mapping[Language, str]
"""The same sentence in Arabic and in English."""


class Severity(StrEnum):
    """Whether a finding blocks publishing or only deserves a look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file of the pack; lines and columns start at 1; 0 is the whole file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One mistake: its stable code, its place, what is wrong and what to do about it."""

    code: str
    place: Place
    message: Text
    remedy: Text
    severity: Severity = Severity.ERROR

    def in_words(self, language: Language = "en") -> str:
        """Return the finding as one line for a terminal or a log."""
        return f"{self.place}: {self.code}: {self.message[language]} {self.remedy[language]}"

    def as_json(self) -> dict[str, object]:
        """Return the finding for programs."""
        return {
            "code": self.code,
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "severity": self.severity.value,
            "message": dict(self.message),
            "remedy": dict(self.remedy),
        }


class PackErrors(TaysirError):
    """A pack that cannot be loaded; ``findings`` is never empty and is sorted by place."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(findings, key=lambda finding: finding.place))
        super().__init__("\n".join(finding.in_words() for finding in self.findings))


def finding(
    kind: ErrorKind,
    place: Place,
    *,
    severity: Severity = Severity.ERROR,
    **params: str | int,
) -> Finding:
    """Fill the texts of a declared kind of error and put it at a place."""
    return Finding(
        code=kind.code,
        place=place,
        message={language: worded(kind.title, language, params) for language in kind.title},
        remedy={language: worded(kind.remedy, language, params) for language in kind.remedy},
        severity=severity,
    )


def problem_finding(kind: ErrorKind, place: Place, problem: Problem) -> Finding:
    """Put a problem of another part (FEEL, DMN) at a place, its own words as the detail."""
    made = finding(kind, place, detail=problem.title("en"))
    arabic = finding(kind, place, detail=problem.title("ar"))
    return Finding(
        code=kind.code,
        place=place,
        message={"ar": arabic.message["ar"], "en": made.message["en"]},
        remedy={"ar": problem.remedy("ar"), "en": problem.remedy("en")},
    )
