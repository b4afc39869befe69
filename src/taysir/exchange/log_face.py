"""The public face of a node's log: checkpoint and tiles to read, and the witness of other logs.

Everything served is hashes and signatures, so it is plain HTTP for anyone who mirrors or monitors;
nothing is written here except the witness's memory of the logs that the federation names.

Source: C2SP tlog-tiles ("Monitoring"), C2SP tlog-witness.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from taysir.exchange.http import Headers, Request, Response, json_response
from taysir.exchange.log_tiles import parse_tile
from taysir.exchange.witness import WitnessAnswer
from taysir.kernel.errors import Problem
from taysir.kernel.merkle import TILE_WIDTH, Tile

_LOG: Final = "/log/"
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


class ServedWitness(Protocol):
    """What decides about other logs' checkpoints."""

    def add_checkpoint(self, body: bytes) -> WitnessAnswer:
        """Answer one request."""


class LogFace:
    """Answers the requests of the log face."""

    def __init__(self, served: ServedLog | None, *, witness: ServedWitness | None) -> None:
        self._log = served
        self._witness = witness

    async def __call__(self, request: Request) -> Response:
        """Answer one request."""
        path = request.path
        if path == ADD_CHECKPOINT and self._witness is not None:
            return await self._cosign(self._witness, request)
        if request.method not in ("GET", "HEAD"):
            return json_response({"title": "Method not allowed", "status": 405}, status=405)
        if path == f"{_LOG}checkpoint" and self._log is not None and self._log.note:
            return Response(headers=_NOTE, body=self._log.note)
        tile = parse_tile(path.removeprefix(_LOG)) if path.startswith(_LOG) else None
        data = await asyncio.to_thread(self._tile, tile) if tile else None
        if tile is None or data is None:
            return json_response({"title": "Not found", "status": 404}, status=404)
        caching = b"immutable, max-age=31536000" if tile.width == TILE_WIDTH else b"max-age=600"
        kind = (b"content-type", b"application/octet-stream")
        return Response(headers=(kind, (b"cache-control", caching)), body=data)

    def _tile(self, tile: Tile) -> bytes | None:
        if self._log is None:
            return None
        try:
            return self._log.tile(tile)
        except Problem:
            return None  # a tile that is being made again is not there yet

    async def _cosign(self, witness: ServedWitness, request: Request) -> Response:
        if request.method != "POST":
            return json_response({"title": "Method not allowed", "status": 405}, status=405)
        answer = await asyncio.to_thread(witness.add_checkpoint, request.body)
        kind = (b"content-type", answer.media_type.encode("ascii"))
        return Response(status=answer.status, headers=(kind,), body=answer.body)
