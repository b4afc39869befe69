"""The sample state in one process: every registry's data service, each on a port of its own.

Each service can be stopped and started alone through the control port: a stopped registry closes
its listener, so that callers meet a refused connection, as when an agency's system is down. The
sample treasury and identity provider run here too, handed in as ready handlers. Nothing here is
part of Taysir's own parts; an agency runs ``taysir registry serve``.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Final

import orjson
import uvloop

from taysir.country.layout import HOST, REGISTRIES, CountryLayout
from taysir.country.population.building import database
from taysir.country.registries import happenings, renewals
from taysir.country.registries.errors import CTY_CONTROL_BODY, CTY_CONTROL_UNKNOWN
from taysir.dataservice.loading import load_mapping
from taysir.dataservice.openapi import describe_service
from taysir.dataservice.service import DataService
from taysir.exchange.http import Handler, Request, Response, json_response
from taysir.exchange.http_server import HttpServer, serve_http
from taysir.kernel.errors import Problem
from taysir.kernel.identity_number import IdentityNumber
from taysir.kernel.log import get_logger

log = get_logger(__name__)

RENEWALS: Final = "TRF/renewals"
"""The one registry service that writes; all others are mapping files."""

_FREE_PORT: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Another service of this process, e.g. the treasury; its handler is made after the fork."""

    name: str
    port: int
    make: Callable[[], Handler]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleStateSettings:
    """Where the registries' databases are, and which port each service listens on."""

    registries: Path
    ports: dict[str, int]
    control_port: int
    faces: tuple[Face, ...] = ()
    host: str = HOST

    @classmethod
    def of_layout(
        cls, layout: CountryLayout, *, faces: tuple[Face, ...] = ()
    ) -> SampleStateSettings:
        """Return the settings of a running country's folder and ports."""
        return cls(
            registries=layout.registries,
            ports={name: layout.registry_port(name) for name in REGISTRIES},
            control_port=layout.control_port,
            faces=faces,
        )

    @classmethod
    def on_free_ports(cls, registries: Path) -> SampleStateSettings:
        """Return settings for a test: the system chooses every port."""
        return cls(
            registries=registries,
            ports=dict.fromkeys(REGISTRIES, _FREE_PORT),
            control_port=_FREE_PORT,
        )


def mapping_file(registry: str) -> Path:
    """Return the mapping file of a registry, e.g. ``CIV/persons`` → ``civ-persons.yaml``."""
    file = registry.lower().replace("/", "-") + ".yaml"
    return Path(str(resources.files("taysir.country.registries"))) / file


def openapi_document(registry: str) -> bytes:
    """Return the OpenAPI document of a registry's service, without starting it."""
    if registry == RENEWALS:
        return renewals.openapi_document()
    return orjson.dumps(describe_service(load_mapping(mapping_file(registry)).mapping))


class SampleState:
    """Every service of the sample state on one event loop."""

    def __init__(self, settings: SampleStateSettings) -> None:
        self._settings = settings
        self._ports = dict(settings.ports)
        self._handlers: dict[str, Handler] = {}
        self._running: dict[str, HttpServer] = {}
        self._always: dict[str, HttpServer] = {}
        self._closing = AsyncExitStack()

    @property
    def ports(self) -> dict[str, int]:
        """The port of each registry, and of ``control``."""
        return {**self._ports, "control": self._always["control"].port}

    async def start(self) -> None:
        """Open every service and the control port; raises EXC-0187 for a port in use."""
        settings = self._settings
        for name in settings.ports:
            self._handlers[name] = self._registry_handler(name)
            await self.start_registry(name)
        for face in settings.faces:
            self._always[face.name] = await serve_http(
                face.make(), host=settings.host, port=face.port
            )
        self._always["control"] = await serve_http(
            self._control, host=settings.host, port=settings.control_port
        )
        log.info("sample_state_ready", registries=len(self._running))

    async def start_registry(self, name: str) -> None:
        """Listen on a registry's port; nothing happens when it listens already."""
        if name not in self._running:
            server = await serve_http(
                self._handlers[name], host=self._settings.host, port=self._ports[name]
            )
            self._running[name] = server
            self._ports[name] = server.port

    async def stop_registry(self, name: str) -> None:
        """Close a registry's listener and connections; nothing happens when it is stopped."""
        server = self._running.pop(name, None)
        if server is not None:
            await server.close()

    async def close(self) -> None:
        """Stop everything and close the databases."""
        for server in (*self._running.values(), *self._always.values()):
            await server.close()
        self._running.clear()
        await self._closing.aclose()

    def _registry_handler(self, name: str) -> Handler:
        folder = self._settings.registries
        if name == RENEWALS:
            return renewals.make_handler(database=database(folder, "TRF"))
        service = DataService.open(mapping_file(name), folder=folder)
        self._closing.callback(service.close)
        return service.handle

    async def _control(self, request: Request) -> Response:
        match (request.method, request.path.strip("/").split("/")):
            case ("GET", ["healthz"]):
                return json_response({"status": "ok"})
            case ("GET", ["registries"]):
                return json_response(self._state())
            case ("POST", ["registries", agency, name, action]) if action in ("start", "stop"):
                _require_json(request)
                await self._switch(f"{agency}/{name}", action)
                return json_response(self._state())
            case ("POST", ["events", event]):
                _require_json(request)
                self._happen(event, _person_of(request.body))
                return json_response({"happened": event})
        raise Problem(CTY_CONTROL_UNKNOWN)

    async def _switch(self, name: str, action: str) -> None:
        if name not in self._handlers:
            raise Problem(CTY_CONTROL_UNKNOWN)
        log.info("registry_switched", registry=name, action=action)
        if action == "start":
            await self.start_registry(name)
        else:
            await self.stop_registry(name)

    def _happen(self, event: str, national_id: str) -> None:
        folder, now = self._settings.registries, datetime.now(UTC)
        if event == "fitness-test-arrives":
            happenings.fitness_test_arrives(folder, national_id=national_id, now=now)
        elif event == "fines-are-paid":
            happenings.fines_are_paid(folder, national_id=national_id, now=now)
        elif event == "story-begins-again":
            happenings.story_begins_again(folder, national_id=national_id, now=now)
        else:
            raise Problem(CTY_CONTROL_UNKNOWN)

    def _state(self) -> list[dict[str, object]]:
        return [
            {"registry": name, "port": port, "running": name in self._running}
            for name, port in self._ports.items()
        ]


def _require_json(request: Request) -> None:
    """Refuse what a foreign web page could make a browser send to a loopback port."""
    if request.header(b"content-type").partition(";")[0].strip() != "application/json":
        raise Problem(CTY_CONTROL_BODY, detail="content-type")


def _person_of(body: bytes) -> str:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(CTY_CONTROL_BODY, detail="JSON") from error
    number = given.get("national_id") if isinstance(given, dict) else None
    if not isinstance(number, str):
        raise Problem(CTY_CONTROL_BODY, detail="national_id")
    return IdentityNumber.parse(number).digits


def run(settings: SampleStateSettings) -> None:
    """Run the sample state until SIGTERM or SIGINT."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(settings))


async def _run(settings: SampleStateSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    state = SampleState(settings)
    try:
        await state.start()
        await stop.wait()
    finally:
        await state.close()
