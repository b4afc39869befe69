"""A further node beside the two of a test: the same member and keys, other settings."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from taysir.exchange.node import RunningNode, start_node
from taysir.exchange.settings import NodeSettings
from taysir.testing.nodes import TwoNodes, free_ports, no_evidence


def changed(nodes: TwoNodes, folder: Path, **changes: Any) -> NodeSettings:
    """The asking node's settings with a folder and ports of its own, and with changes."""
    face, admin, peer = free_ports(3)
    own = {"folder": str(folder), "face_port": face, "admin_port": admin, "peer_port": peer}
    return msgspec.structs.replace(nodes.settings["asking"], **own, **changes)


@contextlib.contextmanager
def extra_node(nodes: TwoNodes, settings: NodeSettings) -> Iterator[RunningNode]:
    """Run a node of these settings in the loop of the two."""

    async def start() -> RunningNode:
        return await start_node(settings, source=nodes.directory, package=no_evidence)

    node = asyncio.run_coroutine_threadsafe(start(), nodes.loop).result(20)
    try:
        yield node
    finally:
        asyncio.run_coroutine_threadsafe(node.close(), nodes.loop).result(30)
