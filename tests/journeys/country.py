"""Starts one sample country for the journeys and stops it: its own folder, its own ports."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from taysir.country.layout import HOST, PORT_SPAN, CountryLayout

POPULATION = 500
FIRST_PORT = 21_000
PORTS_A_PROCESS = 1_200
PORT_RANGES = 9
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

    def let_days_pass(self, case_number: str, *, days: int) -> None:
        """Advance one case as the worker would so many days from now."""
        environment = {**os.environ, "TAYSIR_SETTINGS": str(self.layout.settings("portal"))}
        command = [sys.executable, "-c", _ADVANCE, case_number, str(days)]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr

    @contextmanager
    def without_registry(self, name: str) -> Iterator[None]:
        """Have a registry such as ``TRF/renewals`` not answer as long as the block lasts."""
        self._control(f"registries/{name}/stop")
        try:
            yield
        finally:
            self._control(f"registries/{name}/start")

    def begin_story_again(self, national_id: str) -> None:
        """Have a persona's licence stand as it did before it was renewed."""
        self._control("events/story-begins-again", national_id=national_id)

    def _control(self, path: str, **values: str) -> None:
        with closing(HTTPConnection(HOST, self.layout.control_port, timeout=30)) as connection:
            kind = {"Content-Type": "application/json"}
            connection.request("POST", f"/{path}", body=json.dumps(values), headers=kind)
            assert connection.getresponse().status == 200, path


_ADVANCE = """
import os, sys
from datetime import timedelta
os.environ["DJANGO_SETTINGS_MODULE"] = "taysir.web.settings"
import django
django.setup()
from django.utils import timezone
from taysir.transactions.cases.advancing import case_advance
from taysir.transactions.cases.models import Case
case = Case.objects.get(number=sys.argv[1])
case_advance(case.pk, now=timezone.now() + timedelta(days=int(sys.argv[2])))
"""


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
    """Return a port from which on all ports of a country are free.

    Each test process looks in a range of its own, so that two never take the same ports between
    looking and starting.
    """
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % PORT_RANGES
    first = FIRST_PORT + process * PORTS_A_PROCESS
    for base in range(first, first + PORTS_A_PROCESS - PORT_SPAN, PORT_SPAN):
        if ports_are_free(base):
            return base
    raise RuntimeError("no free range of ports for a country")


def ports_are_free(base: int) -> bool:
    """Tell whether a country could start from this port on."""
    return all(_is_free(base + offset) for offset in range(PORT_SPAN))


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
