"""The folder of one sample country: made once, kept between starts, never half used.

A folder is complete when its manifest exists; the manifest is written last. A start that was cut
off leaves the mark ``unfinished``, and the next start makes the folder anew. A folder of somebody
else, a full disk and a port in use are refused before anything is written.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from taysir.country import bootstrap
from taysir.country.errors import (
    CTY_DISK,
    CTY_FOREIGN_FOLDER,
    CTY_OTHER_COUNTRY,
    CTY_PORT_IN_USE,
    CTY_UNREADABLE_MANIFEST,
)
from taysir.country.layout import HOST, PORT_SPAN, CountryLayout
from taysir.kernel import limits
from taysir.kernel.errors import Problem

DEFAULT_POPULATION: Final = 100_000
DEFAULT_SEED: Final = 1447
MANIFEST_FORMAT: Final = 1

ShowProgress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpOptions:
    """What a person may ask of a start."""

    population: int | None = None
    reset: bool = False


def prepare(layout: CountryLayout, *, options: UpOptions, progress: ShowProgress) -> None:
    """Make the country's folder ready to run; a complete folder is kept.

    Raises:
        Problem: CTY-0005 if it runs already, CTY-0001 for a port in use, CTY-0002 for too little
            disk, CTY-0003 for somebody else's folder, CTY-0004 for another population.
    """
    refuse_used_ports(layout)
    if options.reset and is_ours(layout):
        shutil.rmtree(layout.root)
    manifest = read_manifest(layout)
    if manifest is None:
        refuse_foreign_folder(layout)
        refuse_full_disk(layout)
        _make(layout, population=options.population or DEFAULT_POPULATION, progress=progress)
    elif options.population not in (None, manifest["population"]):
        raise Problem(
            CTY_OTHER_COUNTRY,
            folder=str(layout.root),
            found=f"{manifest['population']:,}",
            wanted=f"{options.population:,}",
        )
    with _explained_disk_errors(layout):
        bootstrap.refresh(layout, today=datetime.now(UTC).date())


def _make(layout: CountryLayout, *, population: int, progress: ShowProgress) -> None:
    if layout.unfinished.exists():
        # A start that was cut off: nothing in the folder was ever used, so it is made anew.
        shutil.rmtree(layout.root)
    with _explained_disk_errors(layout):
        layout.root.mkdir(parents=True, exist_ok=True)
        layout.unfinished.touch()
        now = datetime.now(UTC)
        bootstrap.make_country(
            layout, seed=DEFAULT_SEED, population=population, now=now, progress=progress
        )
        manifest = {
            "format": MANIFEST_FORMAT,
            "seed": DEFAULT_SEED,
            "population": population,
            "created_at": now.isoformat(timespec="seconds"),
        }
        write_atomically(layout.manifest, orjson.dumps(manifest))
        layout.unfinished.unlink()


@contextlib.contextmanager
def _explained_disk_errors(layout: CountryLayout) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise _disk_problem(layout) from error


def refuse_used_ports(layout: CountryLayout) -> None:
    """Raise CTY-0001 for the first of the country's ports that another program listens on."""
    for port in layout.every_port():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                suggestion = layout.base_port + PORT_SPAN
                raise Problem(CTY_PORT_IN_USE, port=port, suggestion=suggestion) from error


def refuse_foreign_folder(layout: CountryLayout) -> None:
    """Raise CTY-0003 for a folder with contents that this program did not write."""
    if layout.root.exists() and any(layout.root.iterdir()) and not is_ours(layout):
        raise Problem(CTY_FOREIGN_FOLDER, folder=str(layout.root))


def is_ours(layout: CountryLayout) -> bool:
    """Whether this program made the folder."""
    return layout.manifest.exists() or layout.unfinished.exists()


def refuse_full_disk(layout: CountryLayout) -> None:
    """Raise CTY-0002 if the country would not fit."""
    place = layout.root
    while not place.exists():
        place = place.parent
    if shutil.disk_usage(place).free < limits.COUNTRY_FREE_DISK_BYTES:
        raise _disk_problem(layout)


def _disk_problem(layout: CountryLayout) -> Problem:
    place = layout.root if layout.root.exists() else layout.root.parent
    free = shutil.disk_usage(place if place.exists() else Path("/")).free
    return Problem(
        CTY_DISK,
        folder=str(layout.root),
        free_mb=free // limits.MIB,
        needed_mb=limits.COUNTRY_FREE_DISK_BYTES // limits.MIB,
    )


def read_manifest(layout: CountryLayout) -> dict[str, Any] | None:
    """Return what the folder holds, or None if it is not complete; raises CTY-0008."""
    if not layout.manifest.exists():
        return None
    try:
        manifest = orjson.loads(layout.manifest.read_bytes())
    except orjson.JSONDecodeError as error:
        raise Problem(CTY_UNREADABLE_MANIFEST, file=str(layout.manifest)) from error
    if not isinstance(manifest, dict) or manifest.get("format") != MANIFEST_FORMAT:
        raise Problem(CTY_UNREADABLE_MANIFEST, file=str(layout.manifest))
    return manifest


def write_atomically(file: Path, content: bytes) -> None:
    """Replace a file by new content in one step."""
    fresh = file.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(file)
