"""What a log serves: checkpoint and tiles as C2SP lays them out, and its witness."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest

from taysir.exchange.http import Request, Response
from taysir.exchange.log_face import LogFace
from taysir.exchange.witness import AddCheckpoint
from taysir.kernel.merkle import HASH_BYTES, Tile, tree_root
from tests.exchange.logs import MemoryJournal, open_log
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
