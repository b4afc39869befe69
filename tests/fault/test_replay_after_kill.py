"""A statement that a node answered before it was killed is not played to it again afterwards."""

from __future__ import annotations

import http.client
import json
from contextlib import ExitStack
from pathlib import Path

import pytest
from bench._ground import ALONE, CLIENT, HOST, PURPOSE

from taysir.exchange.client import ExchangeClient, Outcome
from taysir.exchange.settings import NodeSettings
from taysir.exchange.tls import client_context
from taysir.exchange.wire import CALL_PATH, STATEMENT_HEADER
from tests.fault.kills import NODES, Nodes, Tally, Watch

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("workers", [0, 2])
def test_a_killed_node_knows_what_it_had_answered(tmp_path: Path, workers: int) -> None:
    """The very statement of an answered call is refused after SIGKILL; a new call passes."""
    with ExitStack() as stack:
        nodes = Nodes(tmp_path, stack=stack, workers=workers)
        answered = call(nodes.settings["asking"])
        nodes.kill(NODES)
        watch, tally = Watch(nodes.settings["asking"]), Tally()
        watch.look(tally, killed=True)
        kept = watch.answer(answered)
        assert kept is not None
        for name in NODES:
            nodes.start(name)
        assert played(kept[0], settings=nodes.settings) == "EXC-0112"
        assert call(nodes.settings["asking"]) != answered


def call(settings: NodeSettings) -> str:
    """Make a call through both nodes that is answered; returns its number."""
    url, admin = (f"http://{HOST}:{port}" for port in (settings.face_port, settings.admin_port))
    with ExchangeClient(face_url=url, admin_url=admin, client=CLIENT) as asking:
        answer = asking.ask(ALONE, path="/echo", purpose=PURPOSE)
    assert answer.outcome is Outcome.ANSWERED
    return answer.exchange_id


def played(statement: bytes, *, settings: dict[str, NodeSettings]) -> str:
    """Send a statement to the answering node as the asking one would; returns the refusal's code.

    Raises: KeyError when it is answered.
    """
    connection = http.client.HTTPSConnection(
        HOST,
        settings["answering"].peer_port,
        context=client_context(settings["asking"]),
        timeout=20,
    )
    try:
        header = STATEMENT_HEADER.decode("ascii")
        connection.request("POST", CALL_PATH, headers={header: statement.decode("ascii")})
        code: str = json.loads(connection.getresponse().read())["code"]
        return code
    finally:
        connection.close()
