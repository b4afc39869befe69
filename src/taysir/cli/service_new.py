"""``taysir service new``: writes a small, checked service pack for an author to change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from taysir.cli.output import console, print_json
from taysir.cli.service_packs import JsonOption
from taysir.engine.errors import ENG_NEW_FOLDER
from taysir.engine.new_pack import new_pack_files
from taysir.engine.pack import pack_hash
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId


def new(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Code of the service: library-card")],
    *,
    owner: Annotated[str, typer.Option("--owner", help="The agency, e.g. WAHA/GOV/TRF")],
    title_ar: Annotated[str, typer.Option("--title-ar", help="Title in Arabic")] = "خدمة جديدة",
    title_en: Annotated[str, typer.Option("--title-en", help="Title in English")] = "New service",
    into: Annotated[
        Path | None, typer.Option("--into", help="Directory to make; the code if left out")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a small service that checks and passes its tests, to be changed into yours."""
    folder = into or Path(code)
    member = MemberId.parse(owner)
    files = new_pack_files(code, owner=member, title={"ar": title_ar, "en": title_en})
    _write(folder, files)
    if as_json:
        print_json({"pack": str(folder), "hash": pack_hash(files), "files": sorted(files)})
        return
    for name in sorted(files):
        console.print(f"{folder / name}", soft_wrap=True)
    console.print(f"./taysir service check {folder}", soft_wrap=True)


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Write the files into a directory that is new or empty; raises ENG-1023 otherwise."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Problem(ENG_NEW_FOLDER, folder=str(folder))
    for name, data in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
