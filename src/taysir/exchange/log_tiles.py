"""The tiles of a transparency log as files, in the layout in which they are served.

A full tile never changes; a partial one is written with each checkpoint and dropped when a wider
one is there, because its hashes are a prefix of that. Nothing here must survive a crash: whatever
is missing or torn is found by the root and made again from the journal.

Source: C2SP tlog-tiles.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from taysir.exchange.log_errors import EXC_LOG_FORK
from taysir.kernel.errors import Problem
from taysir.kernel.merkle import HASH_BYTES, TILE_WIDTH, Tile

_PATH: Final = re.compile(
    r"tile/(0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)


class TileStore:
    """The tiles below one folder; so many bytes in each of their rows."""

    def __init__(self, folder: Path, *, row_bytes: int = HASH_BYTES) -> None:
        self._folder = folder
        self._row_bytes = row_bytes

    def write(self, tile: Tile, data: bytes) -> None:
        """Write a tile, whole or not at all, and drop the narrower ones that it replaces."""
        file = self._folder / tile.path
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name}.draft")
        draft.write_bytes(data)
        draft.replace(file)
        partials = self._folder / f"{Tile(tile.level, tile.index).path}.p"
        for width, narrower in _widths(partials):
            if width < tile.width:
                narrower.unlink(missing_ok=True)

    def read(self, tile: Tile) -> bytes:
        """Return a tile, from a wider one if need be; raises EXC-0541 if none is there."""
        data = self.find(tile)
        if not data:
            raise Problem(EXC_LOG_FORK, reason=f"{tile.path} is missing")
        return data

    def find(self, tile: Tile) -> bytes:
        """Return a tile, from a wider one if need be; nothing if none is there."""
        full = self._folder / Tile(tile.level, tile.index).path
        partials = full.with_name(f"{full.name}.p")
        for _attempt in range(2):  # a wider tile may take a narrower one's place while we look
            for file in (full, *(file for _width, file in _widths(partials))):
                data = _prefix(file, length=tile.width * self._row_bytes)
                if data:
                    return data
        return b""


def parse_tile(path: str) -> Tile | None:
    """Return the tile that a path like ``tile/0/x001/234.p/8`` names, or None."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    level, number, width = match.groups()
    index = int(number.replace("x", "").replace("/", ""))
    tile = Tile(int(level), index, int(width) if width else TILE_WIDTH)
    return tile if tile.path == path and tile.width <= TILE_WIDTH else None


def _prefix(file: Path, *, length: int) -> bytes:
    """The first bytes of a file; nothing when it is not there or shorter."""
    try:
        with file.open("rb") as stream:
            data = stream.read(length)
    except OSError:
        return b""
    return data if len(data) == length else b""


def _widths(folder: Path) -> list[tuple[int, Path]]:
    """The partial tiles of one folder, widest first."""
    try:
        found = [(int(file.name), file) for file in folder.iterdir() if file.name.isdigit()]
    except OSError:
        return []
    return sorted(found, reverse=True)
