"""Registries for tests: a small population, and its services in a thread of this process.

``running_registries`` gives real data services over real databases on free ports; a test stops one
to see what its caller does when an agency is down.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from taysir.country.layout import HOST
from taysir.country.population.building import PopulationPlan, ensure_population
from taysir.country.sample_state import SampleState, SampleStateSettings
from taysir.exchange.http import Handler
from taysir.exchange.http_server import serve_http

SMALL_POPULATION = 120


@dataclass(frozen=True, slots=True)
class RunningRegistries:
    """The registries of a test's country; names are those of ``layout.REGISTRIES``."""

    folder: Path
    _state: SampleState
    _loop: asyncio.AbstractEventLoop

    def url(self, registry: str) -> str:
        """Return the address of a registry's service, e.g. of ``CIV/persons``, or ``control``."""
        return f"http://{HOST}:{self._state.ports[registry]}"

    def stop(self, registry: str) -> None:
        """Close a registry's listener: its callers are refused from now on."""
        _wait(self._loop, self._state.stop_registry(registry))

    def start(self, registry: str) -> None:
        """Listen again on the same port."""
        _wait(self._loop, self._state.start_registry(registry))


@contextmanager
def running_registries(
    folder: Path, *, now: datetime, size: int = SMALL_POPULATION, seed: int = 1
) -> Iterator[RunningRegistries]:
    """Make the registries in a folder and serve them until the block ends.

    Args:
        folder: where the databases are made; kept ones of the same size and seed are used.
        now: the moment to which the personas' stories relate.
        size: persons, the personas included.
        seed: the seed of the population.
    """
    plan = PopulationPlan(seed=seed, size=size, today=now.date())
    ensure_population(folder, plan=plan, now=now)
    with _loop_in_thread() as loop:
        state = SampleState(SampleStateSettings.on_free_ports(folder))
        _wait(loop, state.start())
        try:
            yield RunningRegistries(folder, state, loop)
        finally:
            _wait(loop, state.close())


@contextmanager
def running_handler(handler: Handler) -> Iterator[str]:
    """Serve a handler on a free port in a thread and yield its address."""
    with _loop_in_thread() as loop:
        server = _wait(loop, serve_http(handler, host=HOST, port=0))
        try:
            yield f"http://{HOST}:{server.port}"
        finally:
            _wait(loop, server.close())


@contextmanager
def _loop_in_thread() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="registries")
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def _wait(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run_coroutine_threadsafe(work, loop).result(timeout=10)
