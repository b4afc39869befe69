"""Merkle trees of transparency logs: roots, proofs, and their strict verification.

A leaf stands for one record; the root of n leaves names all of them in order. An inclusion proof
shows that a leaf is under a root, a consistency proof that a later tree only appended to an
earlier one. Proofs are computed from the tree's hashes wherever they are stored (a list here, tiles
of 256 hashes in a log); verification needs the proof alone. Nothing is stored here.

Source: RFC 6962 clause 2.1, RFC 9162 clause 2.1.3-2.1.4, C2SP tlog-tiles.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from taysir.kernel import limits
from taysir.kernel.errors import Mender, Problem, declare

KRN_PROOF = declare(
    "KRN-0221",
    status=400,
    ar="برهان شجرة التجزئة لا يصح: {reason}.",
    en="The hash-tree proof does not hold: {reason}.",
    remedy_ar="اطلب البرهان من جديد؛ فإن لم يصح فالسجل أو النسخة قد تغيّرا.",
    remedy_en="Ask for the proof again; if it still fails, the log or the copy was changed.",
    mender=Mender.OPERATOR,
)

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT

ReadHash = Callable[[int, int], bytes]
"""Reads the hash of a complete subtree: level (0 = leaves) and index within the level."""


def leaf_hash(record: bytes) -> bytes:
    """Return the hash of a record as a leaf."""
    return hashlib.sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    builder = TreeBuilder()
    for leaf in leaves:
        builder.append(leaf)
    return builder.root()


class TreeBuilder:
    """Appends leaf hashes in constant memory and gives the root at any time."""

    def __init__(self) -> None:
        self._size = 0
        self._stack: list[bytes] = []

    @classmethod
    def restore(cls, read: ReadHash, *, size: int) -> Self:
        """Return the builder of a tree whose hashes are stored already."""
        builder, start = cls(), 0
        builder._size = size
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                builder._stack.append(read(level, start >> level))
                start += 1 << level
        return builder

    @property
    def size(self) -> int:
        """How many leaves were appended."""
        return self._size

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf hash; returns the hashes that became final: level, index, hash."""
        final = [(0, self._size, leaf)]
        index, level, current = self._size, 0, leaf
        while index & 1:
            current = node_hash(self._stack.pop(), current)
            index >>= 1
            level += 1
            final.append((level, index, current))
        self._stack.append(current)
        self._size += 1
        return final

    def root(self) -> bytes:
        """Return the root of the leaves so far."""
        if not self._stack:
            return EMPTY_ROOT
        result = self._stack[-1]
        for left in reversed(self._stack[:-1]):
            result = node_hash(left, result)
        return result


# --- making proofs -------------------------------------------------------------------------------


def range_hash(read: ReadHash, *, start: int, end: int) -> bytes:
    """Return the root over leaves start..end-1, where start is aligned as in RFC 6962."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, start >> level)
    split = _largest_power_below(size)
    left = range_hash(read, start=start, end=start + split)
    return node_hash(left, range_hash(read, start=start + split, end=end))


def prove_inclusion(read: ReadHash, *, index: int, size: int) -> list[bytes]:
    """Return the proof that leaf ``index`` is in the tree of ``size``; raises KRN-0221."""
    if not 0 <= index < size:
        raise Problem(KRN_PROOF, reason="the leaf is beyond the tree")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _largest_power_below(end - start)
        if index < middle:
            proof.append(range_hash(read, start=middle, end=end))
            end = middle
        else:
            proof.append(range_hash(read, start=start, end=middle))
            start = middle
    proof.reverse()
    return proof


def prove_consistency(read: ReadHash, *, first: int, second: int) -> list[bytes]:
    """Return the proof that the tree of ``second`` leaves extends the one of ``first``.

    Raises:
        Problem: KRN-0221 unless 0 < first <= second.
    """
    if not 0 < first <= second:
        raise Problem(KRN_PROOF, reason="the sizes are not in order")
    proof: list[bytes] = []
    start, end, whole = 0, second, True
    while first != end:
        middle = start + _largest_power_below(end - start)
        if first <= middle:
            proof.append(range_hash(read, start=middle, end=end))
            end = middle
        else:
            proof.append(range_hash(read, start=start, end=middle))
            start, whole = middle, False
    if not whole:
        proof.append(range_hash(read, start=start, end=end))
    proof.reverse()
    return proof


def prove_range(read: ReadHash, *, start: int, end: int, size: int) -> list[bytes]:
    """Return what is needed beside leaves start..end-1 for the root of ``size`` leaves.

    Raises:
        Problem: KRN-0221 for a range that is empty or beyond the tree.
    """
    return [
        range_hash(read, start=low, end=high)
        for low, high, inside in _pieces(start=start, end=end, size=size)
        if not inside
    ]


def root_from_range(
    leaves: Sequence[bytes], *, start: int, size: int, proof: Sequence[bytes]
) -> bytes:
    """Return the root that leaves in a row and their proof lead to; raises KRN-0221.

    Cost: one hash a leaf.
    """
    _check_hashes(proof)
    pieces = _pieces(start=start, end=start + len(leaves), size=size)
    others = iter(proof)
    missing = sum(not inside for _low, _high, inside in pieces)
    if missing != len(proof):
        raise Problem(KRN_PROOF, reason="the proof is of another range")
    roots = [
        (high - low, _dense_root(leaves[low - start : high - start]) if inside else next(others))
        for low, high, inside in pieces
    ]
    return _joined(roots)


def _pieces(*, start: int, end: int, size: int) -> list[tuple[int, int, bool]]:
    """Cut a tree into the largest subtrees wholly inside or outside of a range, left to right."""
    if not 0 <= start < end <= size < 1 << 64:
        raise Problem(KRN_PROOF, reason="the range is beyond the tree")
    found: list[tuple[int, int, bool]] = []
    waiting = [(0, size)]
    while waiting:
        low, high = waiting.pop()
        if high <= start or low >= end:
            found.append((low, high, False))
        elif start <= low and high <= end:
            found.append((low, high, True))
        else:
            middle = low + _largest_power_below(high - low)
            waiting += [(middle, high), (low, middle)]
    return found


def _dense_root(leaves: Sequence[bytes]) -> bytes:
    """The root of leaves in memory, level by level; a last one without a neighbour moves up."""
    row = list(leaves)
    while len(row) > 1:
        above = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        if len(row) % 2:
            above.append(row[-1])
        row = above
    return row[0]


def _joined(roots: list[tuple[int, bytes]]) -> bytes:
    """The root over subtrees that lie side by side: sizes and roots."""
    if len(roots) == 1:
        return roots[0][1]
    split = _largest_power_below(sum(size for size, _root in roots))
    count = 0
    for number, (size, _root) in enumerate(roots):
        count += size
        if count == split:
            return node_hash(_joined(roots[: number + 1]), _joined(roots[number + 1 :]))
    raise Problem(KRN_PROOF, reason="the range is beyond the tree")


def _largest_power_below(size: int) -> int:
    """The largest power of two smaller than a size of at least two."""
    return 1 << ((size - 1).bit_length() - 1)


# --- verifying proofs ----------------------------------------------------------------------------


def root_from_inclusion(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root that a proof leads to; raises KRN-0221 for a proof of the wrong shape.

    Source: RFC 9162 clause 2.1.3.2.
    """
    if not 0 <= index < size < 1 << 64:
        raise Problem(KRN_PROOF, reason="the leaf is beyond the tree")
    _check_hashes([leaf, *proof])
    node, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise Problem(KRN_PROOF, reason="the proof is too long")
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise Problem(KRN_PROOF, reason="the proof is too short")
    return result


def verify_inclusion(
    leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf is under a root; raises KRN-0221."""
    if root_from_inclusion(leaf, index=index, size=size, proof=proof) != root:
        raise Problem(KRN_PROOF, reason="the proof leads to another root")


def verify_consistency(
    *, first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the second tree only appended to the first; raises KRN-0221.

    Source: RFC 9162 clause 2.1.4.2. An empty first tree proves nothing and is refused.
    """
    if first < 1:
        raise Problem(KRN_PROOF, reason="an empty tree proves nothing")
    subtree = Subtree(start=0, end=first, root=first_root)
    verify_subtree_consistency(subtree, size=second, root=second_root, proof=proof)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subtree:
    """The leaves start..end-1 of a tree, and the root that they are said to have."""

    start: int
    end: int
    root: bytes

    def check_place(self) -> None:
        """Refuse one that starts at no multiple of the power of two that holds it; KRN-0221."""
        start, end = self.start, self.end
        if not 0 <= start < end < 1 << 64 or start % (1 << (end - start - 1).bit_length()):
            raise Problem(KRN_PROOF, reason="the sizes are not in order")


def verify_subtree_inclusion(
    leaf: bytes, *, index: int, subtree: Subtree, proof: Sequence[bytes]
) -> None:
    """Check that a leaf, counted in the whole tree, is under a subtree's root; raises KRN-0221."""
    subtree.check_place()
    place, size = index - subtree.start, subtree.end - subtree.start
    verify_inclusion(leaf, index=place, size=size, proof=proof, root=subtree.root)


def verify_subtree_consistency(
    subtree: Subtree, *, size: int, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that a subtree has its root within the tree of a size and root; raises KRN-0221.

    Source: draft-ietf-plants-merkle-tree-certs, "Verifying a Subtree Consistency Proof"; with a
    start of 0 it is the algorithm of RFC 9162 clause 2.1.4.2.
    """
    is_empty = subtree.start == subtree.end <= size and subtree.root == EMPTY_ROOT
    if is_empty and not proof:
        return
    subtree.check_place()
    if not subtree.end <= size < 1 << 64:
        raise Problem(KRN_PROOF, reason="the sizes are not in order")
    _check_hashes([subtree.root, *proof] if proof else [])
    first, last, whole = _climb(subtree.start, subtree.end - 1, size - 1)
    path = [subtree.root, *proof] if first == last else list(proof)
    if not path:
        raise Problem(KRN_PROOF, reason="the proof is too short")
    old, new = _replay(path, first=first, last=last, whole=whole)
    if old != subtree.root:
        raise Problem(KRN_PROOF, reason="the proof leads to another first root")
    if new != root:
        raise Problem(KRN_PROOF, reason="the proof leads to another second root")


def _climb(first: int, last: int, whole: int) -> tuple[int, int, int]:
    """Return the subtree and the tree at the level where the proof begins."""
    while first != last and (last == whole or last & 1):
        first, last, whole = first >> 1, last >> 1, whole >> 1
    return first, last, whole


def _replay(path: list[bytes], *, first: int, last: int, whole: int) -> tuple[bytes, bytes]:
    """Return the two roots that a consistency path leads to."""
    old = new = path[0]
    for sibling in path[1:]:
        if whole == 0:
            raise Problem(KRN_PROOF, reason="the proof is too long")
        if last & 1 or last == whole:
            if first < last:
                old = node_hash(sibling, old)
            new = node_hash(sibling, new)
            while not last & 1 and last:
                first, last, whole = first >> 1, last >> 1, whole >> 1
        else:
            new = node_hash(new, sibling)
        first, last, whole = first >> 1, last >> 1, whole >> 1
    if whole:
        raise Problem(KRN_PROOF, reason="the proof is too short")
    return old, new


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if len(hashes) > limits.PROOF_HASHES + 2:
        raise Problem(KRN_PROOF, reason="the proof is too long")
    if any(len(value) != HASH_BYTES for value in hashes):
        raise Problem(KRN_PROOF, reason="a hash of the wrong length")


# --- tiles ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """One tile of a log: up to 256 hashes of one level of tiles (C2SP tlog-tiles)."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Where the tile is served, e.g. ``tile/0/x001/x234/067.p/8``."""
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03d}")
            rest //= 1000
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{self.level}/{'/'.join(reversed(groups))}{partial}"


def tiles_of(size: int) -> list[Tile]:
    """Return every tile of a tree, full ones before the partial one of each level."""
    tiles: list[Tile] = []
    level, count = 0, size
    while count:
        tiles.extend(Tile(level, index) for index in range(count // TILE_WIDTH))
        if count % TILE_WIDTH:
            tiles.append(Tile(level, count // TILE_WIDTH, count % TILE_WIDTH))
        level, count = level + 1, count // TILE_WIDTH
    return tiles


def tile_reader(read_tile: Callable[[Tile], bytes], *, size: int) -> ReadHash:
    """Return a reader of subtree hashes that computes them from the tiles of a tree."""

    def read(level: int, index: int) -> bytes:
        tile_level, inner = divmod(level, TILE_HEIGHT)
        first = index << inner
        number = first // TILE_WIDTH
        total = size >> (TILE_HEIGHT * tile_level)
        width = min(TILE_WIDTH, total - number * TILE_WIDTH)
        data = read_tile(Tile(tile_level, number, width))
        if len(data) != width * HASH_BYTES:
            raise Problem(KRN_PROOF, reason="a tile of the wrong length")
        offset = (first % TILE_WIDTH) * HASH_BYTES
        row = [
            data[at : at + HASH_BYTES]
            for at in range(offset, offset + (HASH_BYTES << inner), HASH_BYTES)
        ]
        while len(row) > 1:
            row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
        return row[0]

    return read
