"""The entries of a transparency log in bundles, as monitors and mirrors read them.

An entry is 32 bytes that say nothing about the exchange: the hash of a secret salt and of both
statements. A bundle is made when it is first asked for, from the journal, and held to the tile of
leaves that was published; a full one is then kept beside the tiles and never changes. So a log that
nobody mirrors pays nothing.

Source: C2SP tlog-tiles, "Log entries".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

from taysir.exchange.log_errors import EXC_LOG_FORK
from taysir.exchange.log_tiles import TileStore, parse_tile
from taysir.kernel.errors import Problem
from taysir.kernel.merkle import HASH_BYTES, TILE_WIDTH, Tile, leaf_hash

_BEGINNING: Final = "tile/entries/"
_LENGTH: Final = HASH_BYTES.to_bytes(2, "big")
"""What stands before each entry: its length."""
_ROW: Final = len(_LENGTH) + HASH_BYTES


class MakeEntry(Protocol):
    """Makes the entry of a record."""

    def __call__(self, position: int, *, request: bytes, response: bytes) -> bytes:
        """Return the entry of the statements at a position."""


class StatementReader(Protocol):
    """What is read of a journal for entries."""

    def statements(self, start: int, *, count: int) -> Sequence[tuple[bytes, bytes]]:
        """Return request and answer of records in a row, as many as there are."""


class EntryBundles:
    """The bundles of one log; its methods may be called from any thread."""

    def __init__(self, folder: Path, *, journal: StatementReader, make: MakeEntry) -> None:
        self._store = TileStore(folder / "bundles", row_bytes=_ROW)
        self._journal = journal
        self._make = make
        self._newest = (Tile(0, 0, 0), b"")

    def read(self, tile: Tile, *, leaves: bytes) -> bytes:
        """Return the entries under the leaves of a tile.

        Raises:
            Problem: EXC-0541 when the journal does not lead to those leaves.

        Cost: 20 ms for the first reader of a full bundle, then below a millisecond.
        """
        kept = self._kept(tile)
        if _leaves_of(kept) == leaves:
            return kept
        made = b"".join(_LENGTH + entry for entry in self._entries(tile))
        if _leaves_of(made) != leaves:
            raise Problem(EXC_LOG_FORK, reason=f"the entries of {tile.path} are not those signed")
        if tile.width == TILE_WIDTH:
            self._store.write(tile, made)
        else:
            self._newest = (tile, made)
        return made

    def _kept(self, tile: Tile) -> bytes:
        newest, entries = self._newest
        if newest.index == tile.index and newest.width >= tile.width:
            return entries[: tile.width * _ROW]
        return self._store.find(tile)

    def _entries(self, tile: Tile) -> Iterator[bytes]:
        start = tile.index * TILE_WIDTH
        found = self._journal.statements(start, count=tile.width)
        for position, (request, response) in enumerate(found, start):
            yield self._make(position, request=request, response=response)


def parse_bundle(path: str) -> Tile | None:
    """Return the tile of leaves whose entries a path like ``tile/entries/x001/234.p/8`` names."""
    if not path.startswith(_BEGINNING):
        return None
    return parse_tile(f"tile/0/{path.removeprefix(_BEGINNING)}")


def entries_of(bundle: bytes) -> list[bytes]:
    """Return the entries of a bundle; nothing of one that is torn."""
    if len(bundle) % _ROW:
        return []
    rows = [bundle[at : at + _ROW] for at in range(0, len(bundle), _ROW)]
    return [row[len(_LENGTH) :] for row in rows] if all(map(_is_row, rows)) else []


def _is_row(row: bytes) -> bool:
    return row.startswith(_LENGTH)


def _leaves_of(bundle: bytes) -> bytes:
    return b"".join(map(leaf_hash, entries_of(bundle)))
