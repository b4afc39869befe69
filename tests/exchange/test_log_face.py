"""What a log serves: checkpoint and tiles as C2SP lays them out, and its witness."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from taysir.exchange.http import Request, Response
from taysir.exchange.log import LeafMaker
from taysir.exchange.log_face import LogFace
from taysir.exchange.witness import AddCheckpoint
from taysir.kernel.merkle import HASH_BYTES, Tile, leaf_hash, tree_root
from tests.exchange.logs import SECRET, MemoryJournal, open_log, record
from tests.exchange.test_witness import witness


def answer(face: LogFace, path: str, *, method: str = "GET", body: bytes = b"") -> Response:
    """Ask the face."""
    return asyncio.run(face(Request(method=method, target=path.encode(), headers=(), body=body)))


def face_of(folder: Path, count: int) -> LogFace:
    """The face of a log over so many records."""
    journal = MemoryJournal()
    journal.grow(count)
    log = open_log(folder / "log", journal)
    log.publish()
    return LogFace(log, witness=witness(folder / "witness"))


def test_a_mirror_finds_checkpoint_and_tiles(tmp_path: Path) -> None:
    """From the tiles alone a mirror computes the signed root."""
    face = face_of(tmp_path, 300)
    note = answer(face, "/log/checkpoint").body.decode().split("\n")

    size = int(note[1])
    data = b"".join(
        answer(face, f"/log/{tile.path}").body for tile in (Tile(0, 0), Tile(0, 1, 300 - 256))
    )
    leaves = [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]

    assert size == len(leaves) == 300
    assert base64.b64encode(tree_root(leaves)).decode() == note[2]


def bundle(entries: list[bytes]) -> bytes:
    """Entries as C2SP tlog-tiles frames them."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def entry(number: int) -> bytes:
    """The entry of a record of the journal in memory."""
    row = record(number)
    return LeafMaker(SECRET).entry(number, request=row.request, response=row.response)


def test_a_mirror_finds_the_entries_of_every_leaf(tmp_path: Path) -> None:
    """A full bundle and the partial one behind it; their hashes are the tiles of leaves."""
    face = face_of(tmp_path, 300)

    full, partial = (
        answer(face, f"/log/tile/entries/{path}") for path in ("000", f"001.p/{300 - 256}")
    )

    assert full.body == bundle([entry(n) for n in range(256)])
    assert partial.body == bundle([entry(n) for n in range(256, 300)])
    leaves = b"".join(leaf_hash(entry(n)) for n in range(256))
    assert leaves == answer(face, "/log/tile/0/000").body
    assert b"immutable" in dict(full.headers)[b"cache-control"]
    assert b"immutable" not in dict(partial.headers)[b"cache-control"]


def test_a_full_bundle_is_made_once_and_a_narrower_one_is_its_beginning(tmp_path: Path) -> None:
    """The journal is read for the first reader only."""
    journal = MemoryJournal()
    journal.grow(300)
    log = open_log(tmp_path / "log", journal)
    log.publish()
    face = LogFace(log, witness=None)
    full = answer(face, "/log/tile/entries/000").body
    tail = answer(face, "/log/tile/entries/001.p/44").body
    journal.rows.clear()

    assert answer(face, "/log/tile/entries/000").body == full
    assert answer(face, "/log/tile/entries/000.p/7").body == full[: 7 * 34]
    assert answer(face, "/log/tile/entries/001.p/44").body == tail
    assert answer(face, "/log/tile/entries/001.p/3").body == tail[: 3 * 34]


def test_a_torn_bundle_is_made_again_from_the_journal(tmp_path: Path) -> None:
    """What a crash left is never served."""
    face = face_of(tmp_path, 256)
    whole = answer(face, "/log/tile/entries/000").body
    (file,) = (f for f in (tmp_path / "log" / "bundles").rglob("*") if f.is_file())
    for torn in (whole[:-1], bytes(len(whole)), b""):
        file.write_bytes(torn)
        assert answer(face, "/log/tile/entries/000").body == whole


def test_entries_that_are_not_those_signed_are_not_served(tmp_path: Path) -> None:
    """A journal that says something else since is named to the operator."""
    journal = MemoryJournal()
    journal.grow(5)
    log = open_log(tmp_path / "log", journal)
    log.publish()
    journal.rows[2] = record(2, text="something else")

    with capture_logs() as said:
        assert answer(LogFace(log, witness=None), "/log/tile/entries/000.p/5").status == 404

    assert "not those signed" in said[0]["reason"]


def test_full_tiles_may_be_cached_for_ever(tmp_path: Path) -> None:
    """A full tile never changes; a checkpoint does."""
    face = face_of(tmp_path, 300)

    assert b"immutable" in dict(answer(face, "/log/tile/0/000").headers)[b"cache-control"]
    assert dict(answer(face, "/log/checkpoint").headers)[b"cache-control"] == b"no-store"


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/log/checkpoint", "GET", 200),
        ("/log/tile/0/000.p/5", "GET", 200),
        ("/log/tile/0/000.p/6", "GET", 404),
        ("/log/tile/0/001", "GET", 404),
        ("/log/tile/9/000", "GET", 404),
        ("/log/tile/entries/000.p/5", "GET", 200),
        ("/log/tile/entries/000.p/6", "GET", 404),
        ("/log/tile/entries/000", "GET", 404),
        ("/log/tile/entries/001.p/1", "GET", 404),
        ("/log/tile/entries/0", "GET", 404),
        ("/log/tile/entries/../0/000", "GET", 404),
        ("/log/tile/entries/0/000", "GET", 404),
        ("/log/tile/entries/000.p/5", "POST", 405),
        ("/log/tile/0/../../checkpoint", "GET", 404),
        ("/log/archive.sqlite", "GET", 404),
        ("/", "GET", 404),
        ("/log/checkpoint", "POST", 405),
        ("/witness/add-checkpoint", "GET", 405),
    ],
)
def test_nothing_else_is_served(tmp_path: Path, path: str, method: str, status: int) -> None:
    """Tiles beyond the checkpoint, other files and other methods: refused."""
    assert answer(face_of(tmp_path, 5), path, method=method).status == status


def test_the_witness_answers_on_the_same_face(tmp_path: Path) -> None:
    """A first checkpoint is cosigned, a malformed request is not."""
    face = face_of(tmp_path, 5)
    note = answer(face, "/log/checkpoint").body
    body = AddCheckpoint(0, (), note).encode()

    cosigned = answer(face, "/witness/add-checkpoint", method="POST", body=body)

    assert cosigned.status == 200
    assert cosigned.body.startswith("— WAHA/witness/civ ".encode())
    assert answer(face, "/witness/add-checkpoint", method="POST", body=b"x").status == 400


def test_a_broken_log_still_witnesses_others(tmp_path: Path) -> None:
    """Its own checkpoint is not served; other nodes still get their cosignatures."""
    note = answer(face_of(tmp_path, 5), "/log/checkpoint").body
    broken = LogFace(None, witness=witness(tmp_path / "other"))
    body = AddCheckpoint(0, (), note).encode()

    assert answer(broken, "/log/checkpoint").status == 404
    assert answer(broken, "/log/tile/0/000.p/1").status == 404
    assert answer(broken, "/witness/add-checkpoint", method="POST", body=body).status == 200
