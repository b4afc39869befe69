"""The log follows from the journal, survives every loss and signs no second history."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.exchange.log import LeafMaker, TransparencyLog, log_entry
from taysir.exchange.log_tiles import TileStore, parse_tile
from taysir.kernel.checkpoint import open_note
from taysir.kernel.errors import Problem
from taysir.kernel.merkle import (
    TILE_WIDTH,
    Tile,
    leaf_hash,
    tiles_of,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from tests.examples import examples
from tests.exchange.logs import LOG, SECRET, MemoryJournal, open_log, record


def leaves_of(journal: MemoryJournal) -> list[bytes]:
    """The leaves that the journal's records must have."""
    maker = LeafMaker(SECRET)
    return [
        leaf_hash(log_entry(maker.salt(i), request=row.request, response=row.response))
        for i, row in enumerate(journal.rows)
    ]


def grown(folder: Path, count: int) -> tuple[MemoryJournal, TransparencyLog]:
    """A published log over so many records."""
    journal = MemoryJournal()
    journal.grow(count)
    log = open_log(folder, journal)
    log.publish()
    return journal, log


def test_the_checkpoint_is_signed_over_the_journal(tmp_path: Path) -> None:
    """Size and root are those of the journal's records, and the log's key signed them."""
    journal, log = grown(tmp_path, 5)

    checkpoint, signatures = open_note(log.note, keys=[LOG.public])

    assert (checkpoint.size, checkpoint.root) == (5, tree_root(leaves_of(journal)))
    assert [s.name for s in signatures] == [LOG.name]


def test_nothing_new_is_not_signed_again(tmp_path: Path) -> None:
    """A log that did not grow keeps its checkpoint."""
    _journal, log = grown(tmp_path, 1)

    assert not log.publish()


@pytest.mark.parametrize("count", [1, 255, 256, 257, 600])
def test_tiles_have_the_public_layout(tmp_path: Path, count: int) -> None:
    """Every tile of the tree is there, full or partial, and holds its level's hashes."""
    journal, log = grown(tmp_path, count)

    assert None not in [log.tile(tile) for tile in tiles_of(count)]
    first = Tile(0, 0, min(count, TILE_WIDTH))
    assert (tmp_path / first.path).read_bytes() == b"".join(leaves_of(journal)[:TILE_WIDTH])


def test_what_is_beyond_the_checkpoint_is_not_served(tmp_path: Path) -> None:
    """Records that are not signed yet cannot be seen."""
    journal, log = grown(tmp_path, 4)
    journal.grow(3)
    log.catch_up()

    assert log.tile(Tile(0, 0, 4)) is not None
    assert log.tile(Tile(0, 0, 5)) is None


def test_an_older_partial_tile_is_read_from_a_wider_one(tmp_path: Path) -> None:
    """Mirrors that are a moment behind still find the tile they ask for."""
    _journal, log = grown(tmp_path, 4)
    before = log.tile(Tile(0, 0, 4))
    log.append(4, [(row.request, row.response) for row in (record(4), record(5))])
    log.publish()

    assert not (tmp_path / Tile(0, 0, 4).path).exists()
    assert log.tile(Tile(0, 0, 4)) == before


@examples(25)
@given(st.lists(st.integers(0, 300), min_size=1, max_size=5), st.data())
def test_proofs_hold_across_restarts(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], data: st.DataObject
) -> None:
    """However it grew and was opened again, every record is provable and no history is lost."""
    folder, journal = tmp_path_factory.mktemp("log"), MemoryJournal()
    seen: list[tuple[int, bytes]] = []
    for step in steps:
        journal.grow(step)
        log = open_log(folder, journal)
        log.publish()
        seen.append((log.checkpoint.size, log.checkpoint.root))
        if log.checkpoint.size:
            size, root = data.draw(st.sampled_from([s for s in seen if s[0]]))
            index = data.draw(st.integers(0, size - 1))
            leaf = leaves_of(journal)[index]
            verify_inclusion(
                leaf, index=index, size=size, proof=log.prove(index, size=size), root=root
            )
            verify_consistency(
                first=size,
                second=log.checkpoint.size,
                first_root=root,
                second_root=log.checkpoint.root,
                proof=log.consistency(size, second=log.checkpoint.size),
            )


def test_lost_or_torn_tiles_are_made_again(tmp_path: Path) -> None:
    """Tiles follow from the journal; the checkpoint that was signed stays."""
    journal, log = grown(tmp_path, 300)
    tiles = {tile: log.tile(tile) for tile in tiles_of(300)}
    (tmp_path / Tile(0, 0).path).write_bytes(b"torn")
    shutil.rmtree(tmp_path / "tile" / "1")

    again = open_log(tmp_path, journal)

    assert again.note == log.note
    assert {tile: again.tile(tile) for tile in tiles_of(300)} == tiles


def test_a_lost_checkpoint_leads_to_the_same_history(tmp_path: Path) -> None:
    """Even without its checkpoint the log cannot but sign what extends the old one."""
    journal, log = grown(tmp_path, 10)
    before = log.checkpoint
    (tmp_path / "checkpoint").write_bytes(b"")
    journal.grow(5)

    again = open_log(tmp_path, journal)
    again.publish()

    verify_consistency(
        first=before.size,
        second=again.checkpoint.size,
        first_root=before.root,
        second_root=again.checkpoint.root,
        proof=again.consistency(before.size, second=again.checkpoint.size),
    )


def test_a_journal_that_lost_signed_records_stops_the_log(tmp_path: Path) -> None:
    """Going back is refused at the opening; nothing is signed."""
    journal, _log = grown(tmp_path, 10)
    del journal.rows[9]

    with pytest.raises(Problem, match="EXC-0541"):
        open_log(tmp_path, journal)


def test_a_journal_with_another_history_stops_the_log(tmp_path: Path) -> None:
    """A changed record does not lead to the signed root once the tiles are gone."""
    journal, _log = grown(tmp_path, 10)
    journal.rows[3] = record(3, text="changed")
    shutil.rmtree(tmp_path / "tile")

    with pytest.raises(Problem, match="EXC-0541"):
        open_log(tmp_path, journal)


def test_batches_may_overlap_or_skip(tmp_path: Path) -> None:
    """What the watcher tells twice counts once, and what it missed is read from the journal."""
    journal, log = grown(tmp_path, 4)
    journal.grow(6)
    statements = [(row.request, row.response) for row in journal.rows]

    log.append(2, statements[2:5])
    log.append(8, statements[8:])
    log.publish()

    assert log.checkpoint.root == tree_root(leaves_of(journal))


def test_a_salt_opens_one_record_only() -> None:
    """Salts differ by position and by node."""
    maker = LeafMaker(SECRET)

    assert maker.salt(1) != maker.salt(2)
    assert maker.salt(1) != LeafMaker(b"t" * 32).salt(1)
    assert maker.salt(1) == LeafMaker(SECRET).salt(1)


@given(st.integers(0, 5), st.integers(0, 2**40), st.integers(1, 256))
def test_paths_of_tiles_are_read_back(level: int, index: int, width: int) -> None:
    """Every tile's path leads to the tile."""
    tile = Tile(level, index, width)

    assert parse_tile(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    ["", "tile/0/1", "tile/00/001", "tile/0/000.p/0", "tile/0/000.p/257", "tile/0/x000/001", "x"],
)
def test_other_paths_are_no_tiles(path: str) -> None:
    """There is one spelling."""
    assert parse_tile(path) is None


def test_a_tile_that_is_nowhere_is_missed(tmp_path: Path) -> None:
    """Reading it is refused, beside one that is there."""
    store = TileStore(tmp_path)
    store.write(Tile(0, 0, 2), b"x" * 64)

    assert store.read(Tile(0, 0, 1)) == b"x" * 32
    with pytest.raises(Problem, match="EXC-0541"):
        store.read(Tile(0, 1, 1))
