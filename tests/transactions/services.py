"""Puts a sample service into a portal of its own: a live copy of a pack, changed where needed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from django.conf import settings
from django.test.utils import override_settings

from taysir.country.sharing import SERVICES

PREPARED = "status: prepared"
LIVE = "status: live"


def live_copy(name: str, *, to: Path) -> Path:
    """Copy a sample service and make it live."""
    folder = to / name
    shutil.copytree(SERVICES / name, folder)
    change(folder, "service.yaml", old=PREPARED, new=LIVE)
    return folder


def change(folder: Path, file: str, *, old: str, new: str) -> None:
    """Replace a text in a file of a pack; where it is not there, nothing is changed."""
    path = folder / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


@contextmanager
def offering(*folders: Path) -> Iterator[None]:
    """Let the portal offer these packs and no others."""
    packs = tuple(str(folder) for folder in folders)
    with override_settings(
        TAYSIR_PORTAL=msgspec.structs.replace(settings.TAYSIR_PORTAL, packs=packs)
    ):
        yield
