"""What the verbs of ``taysir service`` share: finding and loading a pack, languages, findings."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from taysir.cli.output import print_json, speaks_arabic
from taysir.engine.definition import Pack
from taysir.engine.findings import Finding, PackErrors
from taysir.engine.pack import load_pack
from taysir.engine.scenarios import Scenario, read_scenarios
from taysir.kernel.errors import Language

SERVICES = Path(__file__).parents[1] / "country" / "services"
"""The sample services, which may be named instead of a directory."""

PackArgument = Annotated[
    str,
    typer.Argument(metavar="PACK", help="Directory of the pack, or the name of a sample service"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs")]
LanguageOption = Annotated[
    str,
    typer.Option("--language", "-l", help="ar or en; without it the environment's language"),
]


def day(text: str) -> date:
    """Read the day of an option."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"“{text}” is not a day like 2026-11-24") from error


def locate(pack: str) -> Path:
    """Return the directory of a pack named by its path or, for the samples, by its code."""
    path = Path(pack)
    if not path.exists() and (named := SERVICES / pack.replace("-", "_")).is_dir():
        return named
    return path


def spoken(name: str) -> Language:
    """Return the language of an option, or the environment's if none was asked for."""
    if not name:
        return "ar" if speaks_arabic() else "en"
    if name == "ar":
        return "ar"
    if name == "en":
        return "en"
    raise typer.BadParameter("ar, en", param_hint="--language")


def load(pack: str, language: Language, *, as_json: bool) -> tuple[Pack, tuple[Scenario, ...]]:
    """Load a pack and its tests; ends the program with 2 if that cannot be done."""
    try:
        loaded = load_pack(locate(pack))
        return loaded, read_scenarios(loaded.files)
    except PackErrors as error:
        report_findings(error.findings, language, pack=pack, as_json=as_json)
        raise typer.Exit(2) from error


def siblings(directory: Path) -> list[Pack]:
    """Load the packs in the directories of a directory; those that cannot be loaded are skipped."""
    found: list[Pack] = []
    for path in sorted(directory.iterdir()):
        if (path / "service.yaml").is_file():
            try:
                found.append(load_pack(path))
            except PackErrors:
                # Another service's mistake is told when that service is checked.
                continue
    return found


def report_findings(
    findings: tuple[Finding, ...],
    language: Language,
    *,
    pack: str,
    as_json: bool,
    pack_hash: str = "",
) -> None:
    """Print findings for people or programs."""
    if as_json:
        print_json(
            {"pack": pack, "hash": pack_hash, "findings": [item.as_json() for item in findings]}
        )
        return
    for item in findings:
        print(f"{item.severity.value}: {item.in_words(language)}")
    if not findings:
        whole = {"ar": "لا شيء يحتاج إلى تصحيح", "en": "nothing to mend"}
        print(f"{pack}: {whole[language]} ({pack_hash[:12]})")
