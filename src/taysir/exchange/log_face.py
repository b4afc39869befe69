"""The public face of a node's log: checkpoint, tiles, entries to read; the witness of other logs.

Everything served is hashes and signatures, so it is plain HTTP for anyone who mirrors or monitors;
nothing is written here except the witness's memory of the logs that the federation names.

Source: C2SP tlog-tiles ("Monitoring"), C2SP tlog-witness.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from taysir.exchange.http import Headers, Request, Response, json_response
from taysir.exchange.log_entries import parse_bundle
from taysir.exchange.log_tiles import parse_tile
from taysir.exchange.witness import WitnessAnswer
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger
from taysir.kernel.merkle import TILE_WIDTH, Tile

log = get_logger(__name__)

_LOG: Final = "/log/"
_NOTHING: Final = (None, None)
ADD_CHECKPOINT: Final = "/witness/add-checkpoint"
_NOTE: Final[Headers] = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"cache-control", b"no-store"),
)


class ServedLog(Protocol):
    """What is read of a log."""

    note: bytes

    def tile(self, tile: Tile) -> bytes | None:
        """Return a tile of the published tree."""

    def entries(self, tile: Tile) -> bytes | None:
        """Return the entries under a tile of leaves."""


class ServedWitness(Protocol):
    """What decides about other logs' checkpoints."""

    def add_checkpoint(self, body: bytes) -> WitnessAnswer:
        """Answer one request."""


class LogFace:
    """Answers the requests of the log face."""

    def __init__(self, served: ServedLog | None, *, witness: ServedWitness | None) -> None:
        self._log = served
        self._witness = witness
        self._one_bundle = asyncio.Lock()

    async def __call__(self, request: Request) -> Response:
        """Answer one request."""
        path = request.path
        if path == ADD_CHECKPOINT and self._witness is not None:
            return await self._cosign(self._witness, request)
        if request.method not in ("GET", "HEAD"):
            return json_response({"title": "Method not allowed", "status": 405}, status=405)
        if not path.startswith(_LOG) or self._log is None:
            return json_response({"title": "Not found", "status": 404}, status=404)
        return await self._read(self._log, path.removeprefix(_LOG))

    async def _read(self, served: ServedLog, path: str) -> Response:
        """Answer with the checkpoint, a tile or a bundle of entries."""
        if path == "checkpoint" and served.note:
            return Response(headers=_NOTE, body=served.note)
        tile, data = await self._find(served, path)
        if tile is None or data is None:
            return json_response({"title": "Not found", "status": 404}, status=404)
        caching = b"immutable, max-age=31536000" if tile.width == TILE_WIDTH else b"max-age=600"
        kind = (b"content-type", b"application/octet-stream")
        return Response(headers=(kind, (b"cache-control", caching)), body=data)

    async def _find(self, served: ServedLog, path: str) -> tuple[Tile | None, bytes | None]:
        """Return the tile that a path names, or whose entries it names, and the bytes of it."""
        tile = parse_tile(path)
        if tile is not None:
            return tile, await asyncio.to_thread(_published, served.tile, tile)
        tile = parse_bundle(path)
        if tile is None:
            return _NOTHING
        return tile, await self._entries(served, tile)

    async def _entries(self, served: ServedLog, tile: Tile) -> bytes | None:
        """Read a bundle, one after the other: who mirrors a whole log must not slow calls down."""
        loop = asyncio.get_running_loop()
        async with self._one_bundle:
            began = loop.time()
            data = await asyncio.to_thread(_published, served.entries, tile)
            took_s = loop.time() - began
            await asyncio.sleep(min(took_s * limits.LOG_BUNDLE_REST, limits.LOG_BUNDLE_REST_S))
        return data

    async def _cosign(self, witness: ServedWitness, request: Request) -> Response:
        if request.method != "POST":
            return json_response({"title": "Method not allowed", "status": 405}, status=405)
        answer = await asyncio.to_thread(witness.add_checkpoint, request.body)
        kind = (b"content-type", answer.media_type.encode("ascii"))
        return Response(status=answer.status, headers=(kind,), body=answer.body)


def _published(read: Callable[[Tile], bytes | None], tile: Tile) -> bytes | None:
    try:
        return read(tile)
    except Problem as problem:
        # What is being made again is not there yet; anything else the operator should know.
        log.warning("log_tile_not_served", tile=tile.path, **problem.params)
        return None
