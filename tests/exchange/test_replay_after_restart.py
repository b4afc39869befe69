"""A provider's node that was ended or crashed still knows which statements it has seen."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from taysir.exchange.node import start_node
from taysir.testing.nodes import TwoNodes, no_evidence, two_nodes
from tests.exchange.test_call import deliver, refusal_of, statement_for


@pytest.mark.parametrize("lost", [(), ("index.sqlite", "index.sqlite-wal", "index.sqlite-shm")])
def test_a_statement_is_not_played_again_after_a_restart(
    tmp_path: Path, lost: tuple[str, ...]
) -> None:
    """The provider's node remembers from its journal, also when a crash took the index."""
    with two_nodes(tmp_path) as nodes:
        token, refused = statement_for(nodes), statement_for(nodes, path="/nowhere")
        assert deliver(nodes, token).status == 200
        assert refusal_of(deliver(nodes, refused)) == "EXC-0105"
        restart_answering(nodes, lost=lost)
        assert refusal_of(deliver(nodes, token)) == "EXC-0112"
        assert refusal_of(deliver(nodes, refused)) == "EXC-0112"
        assert deliver(nodes, statement_for(nodes)).status == 200


def restart_answering(nodes: TwoNodes, *, lost: tuple[str, ...]) -> None:
    """End the answering node, lose files of it, and start it again from its folder."""

    async def again() -> None:
        await nodes.answering.close()
        settings = nodes.settings["answering"]
        for name in lost:
            (Path(settings.folder) / name).unlink(missing_ok=True)
        nodes.answering = await start_node(settings, source=nodes.directory, package=no_evidence)

    asyncio.run_coroutine_threadsafe(again(), nodes.loop).result(30)
