"""Hash trees: every proof that is made holds, every change of it does not."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.kernel.errors import Problem
from taysir.kernel.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    ReadHash,
    Tile,
    TreeBuilder,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    prove_range,
    root_from_range,
    tile_reader,
    tiles_of,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(bytes([number % 256])) for number in range(700)]


def stored(size: int) -> ReadHash:
    """A reader over the final hashes of a tree kept in a dictionary."""
    builder, hashes = TreeBuilder(), {}
    for leaf in LEAVES[:size]:
        for level, index, value in builder.append(leaf):
            hashes[level, index] = value
    return lambda level, index: hashes[level, index]


def test_roots_are_those_of_the_standard() -> None:
    """The first vectors of RFC 6962 implementations: no leaf, and one empty record."""
    assert tree_root([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()
    assert tree_root([leaf_hash(b"")]).hex().startswith("6e340b9cffb37a98")


@given(st.integers(1, 80), st.data())
def test_an_inclusion_proof_holds_for_its_leaf_only(size: int, data: st.DataObject) -> None:
    """The made proof verifies; another leaf or a changed hash does not."""
    index = data.draw(st.integers(0, size - 1))
    root, proof = tree_root(LEAVES[:size]), prove_inclusion(stored(size), index=index, size=size)

    verify_inclusion(LEAVES[index], index=index, size=size, proof=proof, root=root)
    with pytest.raises(Problem):
        verify_inclusion(LEAVES[index + 1], index=index, size=size, proof=proof, root=root)
    for position in range(len(proof)):
        changed = [*proof[:position], bytes(32), *proof[position + 1 :]]
        with pytest.raises(Problem):
            verify_inclusion(LEAVES[index], index=index, size=size, proof=changed, root=root)


@given(st.integers(1, 80), st.integers(0, 80))
def test_a_consistency_proof_holds_for_growth_only(first: int, more: int) -> None:
    """A later tree extends an earlier one; a tree with a changed leaf does not."""
    second = first + more
    old, new = tree_root(LEAVES[:first]), tree_root(LEAVES[:second])
    proof = prove_consistency(stored(second), first=first, second=second)

    verify_consistency(first=first, second=second, first_root=old, second_root=new, proof=proof)
    other = tree_root([leaf_hash(b"other"), *LEAVES[1:first]])
    with pytest.raises(Problem):
        verify_consistency(
            first=first, second=second, first_root=other, second_root=new, proof=proof
        )


def test_proofs_beyond_the_tree_are_refused() -> None:
    """There is no proof for a leaf that is not there, nor from nothing."""
    read = stored(3)
    for index in (-1, 3):
        with pytest.raises(Problem):
            prove_inclusion(read, index=index, size=3)
    with pytest.raises(Problem):
        prove_consistency(read, first=0, second=3)


@given(st.integers(1, 700), st.data())
def test_tiles_hold_all_that_proofs_need(size: int, data: st.DataObject) -> None:
    """A proof made from served tiles alone is the proof."""
    index, plain = data.draw(st.integers(0, size - 1)), stored(size)
    tiles = {
        tile: b"".join(
            plain(8 * tile.level, 256 * tile.index + column) for column in range(tile.width)
        )
        for tile in tiles_of(size)
    }
    read = tile_reader(tiles.__getitem__, size=size)

    proof = prove_inclusion(read, index=index, size=size)
    assert proof == prove_inclusion(plain, index=index, size=size)
    assert sum(tile.width for tile in tiles if tile.level == 0) == size
    assert all(len(data) == tile.width * HASH_BYTES for tile, data in tiles.items())


def test_tile_paths_are_those_of_the_specification() -> None:
    """Groups of three digits, an x before all but the last, the width of a partial tile."""
    assert Tile(0, 1234067).path == "tile/0/x001/x234/067"
    assert Tile(1, 0, 8).path == "tile/1/000.p/8"


@given(st.integers(0, 700), st.integers(0, 300))
def test_a_builder_is_restored_from_stored_hashes(size: int, more: int) -> None:
    """A tree that was put aside grows on as if it never had been."""
    leaves = [leaf_hash(number.to_bytes(4, "big")) for number in range(size + more)]
    builder, stored = TreeBuilder(), {}
    for leaf in leaves[:size]:
        stored.update({(level, index): value for level, index, value in builder.append(leaf)})

    again = TreeBuilder.restore(lambda level, index: stored[level, index], size=size)

    assert again.root() == builder.root()
    for leaf in leaves[size:]:
        builder.append(leaf)
        again.append(leaf)
    assert (again.size, again.root()) == (size + more, builder.root())


@given(st.integers(1, 700), st.data())
def test_a_range_of_leaves_leads_to_the_root(size: int, data: st.DataObject) -> None:
    """With the hashes beside it, a row of leaves gives the root; a changed leaf another."""
    start = data.draw(st.integers(0, size - 1))
    end = data.draw(st.integers(start + 1, size))
    leaves = LEAVES[start:end]

    proof = prove_range(stored(size), start=start, end=end, size=size)

    assert root_from_range(leaves, start=start, size=size, proof=proof) == tree_root(LEAVES[:size])
    changed = [bytes(32), *leaves[1:]]
    assert root_from_range(changed, start=start, size=size, proof=proof) != tree_root(LEAVES[:size])


@pytest.mark.parametrize(
    ("start", "count", "size", "hashes"),
    [(0, 0, 5, 0), (3, 3, 5, 0), (-1, 2, 5, 0), (1, 2, 5, 0), (0, 5, 5, 1)],
)
def test_a_range_that_does_not_fit_is_refused(
    start: int, count: int, size: int, hashes: int
) -> None:
    """Empty, beyond the tree, or with another number of hashes."""
    with pytest.raises(Problem, match="KRN-0221"):
        root_from_range(LEAVES[:count], start=start, size=size, proof=[bytes(HASH_BYTES)] * hashes)
