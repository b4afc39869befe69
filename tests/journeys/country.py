"""Starts one sample country for the journeys and stops it: its own folder, its own ports."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from taysir.country.layout import HOST, PORT_SPAN, CountryLayout

POPULATION = 500
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """The addresses and the folder of the country that runs for the journeys."""

    layout: CountryLayout

    @property
    def portal(self) -> str:
        return self.layout.url(self.layout.portal_port)

    @property
    def programme(self) -> str:
        return self.layout.url(self.layout.programme_port)

    @property
    def identity(self) -> str:
        return self.layout.url(self.layout.identity_port)

    @property
    def treasury(self) -> str:
        return self.layout.url(self.layout.treasury_port)

    def verification_code(self, case_number: str) -> str:
        """Return the code that is printed on the document of a case."""
        database = f"file:{self.layout.portal / 'portal.sqlite'}?mode=ro"
        with closing(sqlite3.connect(database, uri=True)) as portal:
            query = "SELECT code FROM documents_issueddocument WHERE case_number = ?"
            (code,) = portal.execute(query, (case_number,)).fetchone()
        return str(code)


@contextmanager
def running_country(root: Path) -> Iterator[Country]:
    """Run a country in this folder as long as the block lasts."""
    base = free_base_port()
    _taysir(
        *("up", "--detach", "--data", str(root), "--port", str(base)),
        *("--population", str(POPULATION)),
        timeout=START_TIMEOUT_S,
    )
    try:
        yield Country(layout=CountryLayout(root=root, base_port=base))
    finally:
        _taysir("down", "--data", str(root), timeout=STOP_TIMEOUT_S)


def free_base_port() -> int:
    """Return a port from which on all ports of a country are free."""
    for base in range(21_000, 31_000, PORT_SPAN):
        if all(_is_free(base + offset) for offset in range(PORT_SPAN)):
            return base
    raise RuntimeError("no free range of ports for a country")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _taysir(*arguments: str, timeout: float) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "taysir.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, f"taysir {arguments[0]}: {done.stdout}{done.stderr}"
