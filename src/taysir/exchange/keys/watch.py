"""Watches a running node's keys: changes over when the time has come, reads them again when told.

The node's own commands and SIGHUP come here. Settings with a fault in their keys change nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from taysir.exchange.keys.ring import KeyReport, KeyRing
from taysir.exchange.model import Directory
from taysir.exchange.settings import NodeSettings
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger

log = get_logger(__name__)


class KeyWatch:
    """The keys of a node while it runs."""

    def __init__(
        self,
        ring: KeyRing,
        *,
        directory: Callable[[], Directory],
        reread: Callable[[], NodeSettings],
    ) -> None:
        self.ring = ring
        self._directory = directory
        self._reread = reread
        self._told: list[Callable[[NodeSettings], None]] = []

    def when_reloaded(self, call: Callable[[NodeSettings], None]) -> None:
        """Call back with the settings whose keys were taken, each time that it was told to."""
        self._told.append(call)

    async def watch(self) -> None:
        """Change over to waiting keys until cancelled."""
        while True:
            directory = self._known()
            if directory is not None:
                try:
                    self.ring.advance(directory)
                except Problem as problem:
                    log.warning("key_not_changed", code=problem.code)
            await asyncio.sleep(limits.KEY_LOOK_S)

    def reload(self) -> None:
        """Read the settings again and take their keys; raises what is wrong with them."""
        settings = self._reread()
        self.ring.use(settings)
        for told in self._told:
            told(settings)

    def reload_quietly(self) -> None:
        """Do as :meth:`reload` when nobody listens: a fault is logged, and the keys stay."""
        try:
            self.reload()
        except Problem as problem:
            log.warning("keys_not_reloaded", code=problem.code)
        else:
            log.info("keys_reloaded")

    def report(self) -> list[KeyReport]:
        """Describe the keys in use, waiting and previous."""
        return self.ring.report(self._reread(), directory=self._known())

    def _known(self) -> Directory | None:
        try:
            return self._directory()
        except Problem:
            return None  # no federation document yet: nothing can be known
