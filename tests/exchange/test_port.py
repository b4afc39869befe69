"""A port that cannot be had is told as an error of the operator, not as a defect."""

from __future__ import annotations

import asyncio
import socket

import pytest

from taysir.exchange.errors import EXC_PORT
from taysir.exchange.http import Request, Response
from taysir.exchange.http_server import serve_http
from taysir.kernel.errors import Problem

HOST = "127.0.0.1"


async def answer(_request: Request) -> Response:
    return Response()


def test_a_port_in_use_is_named_with_its_reason() -> None:
    """The error says which port, where, and why, in the words of the system."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Problem) as refused:
            asyncio.run(serve_http(answer, host=HOST, port=port))
    assert refused.value.kind is EXC_PORT
    assert refused.value.params == {"port": port, "host": HOST, "reason": "EADDRINUSE"}


def test_a_free_port_is_taken() -> None:
    """Port 0 gives any free one."""

    async def run() -> int:
        server = await serve_http(answer, host=HOST, port=0)
        port = server.port
        await server.close()
        return port

    assert asyncio.run(run()) > 0
