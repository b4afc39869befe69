"""The node's transparency log: every record of the journal is a leaf of one growing Merkle tree.

A leaf is the hash of a salted commitment to the exchange's statements, so tiles tell a stranger how
many exchanges there were and nothing about them; the salt of one leaf goes into the evidence of
that exchange and opens no other. The journal is the only truth: tiles and checkpoint follow from
it, are made again when they are lost, and a journal that does not lead to what was signed before
stops the log for good. Synchronous and used by one thread at a time, except for reading tiles and
proofs of what is published. Witnesses and time-stamps are not here.

Source: RFC 6962 clause 2.1, C2SP tlog-tiles and tlog-checkpoint.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol

from taysir.exchange.keyfiles import write_private
from taysir.exchange.log_entries import EntryBundles
from taysir.exchange.log_errors import EXC_LOG_FORK
from taysir.exchange.log_tiles import TileStore
from taysir.exchange.model import StoredExchange
from taysir.kernel.checkpoint import Checkpoint, NoteSigner, open_note, sign_note
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger
from taysir.kernel.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    TILE_HEIGHT,
    TILE_WIDTH,
    ReadHash,
    Tile,
    TreeBuilder,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    prove_range,
    tile_reader,
)

log = get_logger(__name__)

_SALT: Final = b"taysir-log-salt/1"


class JournalReader(Protocol):
    """What the log reads of a journal."""

    @property
    def count(self) -> int:
        """How many records are durable."""

    def exchanges(self, *, start: int = 0) -> Iterator[StoredExchange]:
        """Yield the exchanges from a position on."""

    def statements(self, start: int, *, count: int) -> Sequence[tuple[bytes, bytes]]:
        """Return request and answer of records in a row, as many as there are."""


def log_entry(salt: bytes, *, request: bytes, response: bytes) -> bytes:
    """Return the entry of an exchange: SHA-256 of the salt and both statements' SHA-256."""
    both = hashlib.sha256(request).digest() + hashlib.sha256(response).digest()
    return hashlib.sha256(salt + both).digest()


@dataclass(frozen=True, slots=True)
class LeafMaker:
    """Makes salts and leaves with the node's secret; 32 bytes that never leave the node."""

    secret: bytes = field(repr=False)

    def salt(self, position: int) -> bytes:
        """Return the salt of one position, to be disclosed with the evidence of that exchange."""
        return hmac.digest(self.secret, _SALT + position.to_bytes(8, "big"), hashlib.sha256)

    def leaf(self, position: int, *, request: bytes, response: bytes) -> bytes:
        """Return the leaf hash of a record.

        Cost: about 5 µs for statements of 1 KB.
        """
        return leaf_hash(self.entry(position, request=request, response=response))

    def entry(self, position: int, *, request: bytes, response: bytes) -> bytes:
        """Return the entry of a record."""
        return log_entry(self.salt(position), request=request, response=response)


class TransparencyLog:
    """The log of one node, in one folder."""

    def __init__(
        self, folder: Path, *, signer: NoteSigner, leaves: LeafMaker, journal: JournalReader
    ) -> None:
        """Open the log and bring it up to the journal; signs nothing yet.

        Raises:
            Problem: EXC-0541 when the journal does not lead to what was signed before.
        """
        self._file = folder / "checkpoint"
        self._tiles = TileStore(folder)
        self._bundles = EntryBundles(folder, journal=journal, make=leaves.entry)
        self._signer = signer
        self._journal = journal
        self.leaves = leaves
        self._rows: dict[int, bytearray] = {}
        self.note = b""
        self.checkpoint = Checkpoint(origin=signer.name, size=0, root=EMPTY_ROOT)
        self._read_checkpoint()
        self._builder = self._restored() or self._rebuilt()
        self.catch_up()

    # --- opening ---------------------------------------------------------------------------------

    def _read_checkpoint(self) -> None:
        if not self._file.exists():
            return
        note = self._file.read_bytes()
        try:
            # Whether the key was rotated since does not matter here: size and root must be kept.
            self.checkpoint, _signatures = open_note(note, keys=[self._signer.public])
        except Problem as problem:
            # As good as lost: the journal leads to the same history again.
            log.warning("log_checkpoint_unreadable", code=problem.code)
            return
        self.note = note
        if self.checkpoint.origin != self._signer.name:
            raise Problem(EXC_LOG_FORK, reason=f"it is the log {self.checkpoint.origin}")
        size, count = self.checkpoint.size, self._journal.count
        if count < size:
            reason = f"{size} records were signed, the journal holds {count}"
            raise Problem(EXC_LOG_FORK, reason=reason)

    def _restored(self) -> TreeBuilder | None:
        """Return the tree of the checkpoint from its tiles, or None when they do not give it."""
        size = self.checkpoint.size
        try:
            builder = TreeBuilder.restore(self._reader(size), size=size)
            for level in range(0, size.bit_length(), TILE_HEIGHT):
                index, width = divmod(size >> level, TILE_WIDTH)
                if width:
                    tile = Tile(level // TILE_HEIGHT, index, width)
                    self._rows[tile.level] = bytearray(self._tiles.read(tile))
        except Problem:
            builder = TreeBuilder()
        if builder.size == size and builder.root() == self.checkpoint.root:
            return builder
        self._rows.clear()
        return None

    def _rebuilt(self) -> TreeBuilder:
        """Make tree and tiles anew from the journal, up to the checkpoint; raises EXC-0541."""
        log.warning("log_tiles_rebuilt", size=self.checkpoint.size)
        self._builder = TreeBuilder()
        if self.checkpoint.size:
            self.catch_up(until=self.checkpoint.size)
        if self._builder.root() != self.checkpoint.root:
            reason = "the journal leads to another root than the one that was signed"
            raise Problem(EXC_LOG_FORK, reason=reason)
        self._write_partial_tiles()
        return self._builder

    def reopen(self) -> None:
        """Begin again from the last checkpoint, after the disk failed in the middle of something.

        Raises:
            Problem: EXC-0541.
            OSError: while the disk still fails.
        """
        self._rows.clear()
        self._builder = self._restored() or self._rebuilt()

    # --- growing ---------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """How many leaves there are, signed or not."""
        return self._builder.size

    @property
    def behind(self) -> bool:
        """Whether the journal holds records that are not leaves yet."""
        return self._journal.count > self.size

    def catch_up(self, *, until: int | None = None) -> int:
        """Append what the journal holds beyond the log; returns how many records."""
        start = self.size
        if self._journal.count <= start:
            return 0
        for exchange in self._journal.exchanges(start=start):
            if self.size == until:
                break
            self._append(exchange.request, exchange.response)
        return self.size - start

    def append(self, position: int, statements: Sequence[tuple[bytes, bytes]]) -> None:
        """Append durable records from a position on; a gap is filled from the journal."""
        if position > self.size:
            self.catch_up(until=position)
        for request, response in statements[self.size - position :]:
            self._append(request, response)

    def _append(self, request: bytes, response: bytes) -> None:
        leaf = self.leaves.leaf(self._builder.size, request=request, response=response)
        for level, index, value in self._builder.append(leaf):
            if level % TILE_HEIGHT == 0:
                row = self._rows.setdefault(level // TILE_HEIGHT, bytearray())
                row += value
                if len(row) == TILE_WIDTH * HASH_BYTES:
                    tile = Tile(level // TILE_HEIGHT, index // TILE_WIDTH)
                    self._tiles.write(tile, bytes(row))
                    row.clear()

    def publish(self) -> bool:
        """Sign a checkpoint over everything appended; returns whether there was anything new.

        The checkpoint is durable before anybody sees it.
        """
        size = self.size
        if size == self.checkpoint.size:
            return False
        self._write_partial_tiles()
        checkpoint = Checkpoint(origin=self._signer.name, size=size, root=self._builder.root())
        note = sign_note(checkpoint, signer=self._signer)
        self._keep(note)
        self.checkpoint, self.note = checkpoint, note
        return True

    def show_cosigned(self, note: bytes) -> None:
        """Serve the published checkpoint with its cosignatures, unless a newer one is out."""
        if note.startswith(self.note) and self.note:
            self._keep(note)
            self.note = note

    def _keep(self, note: bytes) -> None:
        write_private(self._file, note)
        descriptor = os.open(self._file.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _write_partial_tiles(self) -> None:
        size = self.size
        for level, row in self._rows.items():
            if row:
                index, width = divmod(size >> (level * TILE_HEIGHT), TILE_WIDTH)
                self._tiles.write(Tile(level, index, width), bytes(row))

    # --- reading what is published ---------------------------------------------------------------

    def tile(self, tile: Tile) -> bytes | None:
        """Return a tile of the published tree, or None when it is not part of it."""
        total = self.checkpoint.size >> (TILE_HEIGHT * tile.level)
        if tile.index * TILE_WIDTH + tile.width > total:
            return None
        return self._tiles.read(tile)

    def entries(self, tile: Tile) -> bytes | None:
        """Return the entries under a tile of published leaves, or None when it is not one.

        Raises:
            Problem: EXC-0541 when the journal does not lead to those leaves.
        """
        leaves = self.tile(tile) if tile.level == 0 else None
        return None if leaves is None else self._bundles.read(tile, leaves=leaves)

    def prove(self, position: int, *, size: int) -> list[bytes]:
        """Return the proof that a record is in the published tree of a size."""
        return prove_inclusion(self._reader(size), index=position, size=size)

    def prove_range(self, start: int, *, count: int, size: int) -> list[bytes]:
        """Return what is needed beside records in a row for the root of a size."""
        return prove_range(self._reader(size), start=start, end=start + count, size=size)

    def consistency(self, first: int, *, second: int) -> list[bytes]:
        """Return the proof that one published tree extends another; empty for the empty tree."""
        if first == 0:
            return []
        return prove_consistency(self._reader(second), first=first, second=second)

    def _reader(self, size: int) -> ReadHash:
        return tile_reader(lru_cache(maxsize=64)(self._tiles.read), size=size)
