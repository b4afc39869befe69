"""``taysir registry``: check a mapping file against its database, and serve it as a data service.

``check`` ends with 0 when the service could run, 1 when there are mistakes, 2 when the mapping
cannot be read or the database does not answer.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from taysir.cli.output import console, errors, print_json, say, speaks_arabic
from taysir.dataservice.checking import check_source
from taysir.dataservice.loading import LoadedMapping, MappingErrors, load_mapping
from taysir.dataservice.openapi import describe_service
from taysir.dataservice.service import DataService
from taysir.dataservice.sources import open_source
from taysir.engine.findings import Finding, Severity
from taysir.exchange.http_server import serve_http
from taysir.kernel.log import configure_logging

MappingFile = Annotated[Path, typer.Argument(help="The mapping file (YAML).")]
SourceFolder = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of the files that the mapping names; its own by default."),
]


def register(app: typer.Typer) -> None:
    """Add the verb with its two commands."""
    group = typer.Typer(
        name="registry", help="Publish a registry as a data service.", no_args_is_help=True
    )
    group.command()(check)
    group.command()(serve)
    group.command()(describe)
    app.add_typer(group)


def check(
    mapping: MappingFile,
    data: SourceFolder = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check a mapping file, and its tables, columns and indexes in the database."""
    loaded = _load(mapping, as_json=as_json)
    source = open_source(loaded.mapping.source, folder=data or mapping.parent)
    try:
        found = check_source(loaded, source)
    finally:
        source.close()
    mistaken = any(one.severity is Severity.ERROR for one in found)
    _report(found, ok=not mistaken, as_json=as_json)
    if not mistaken and not as_json:
        service = loaded.mapping.service
        say(f"الخدمة {service} جاهزة للتشغيل.", f"The service {service} is ready to be served.")
    raise typer.Exit(1 if mistaken else 0)


def serve(
    mapping: MappingFile,
    data: SourceFolder = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8080,
) -> None:
    """Serve a mapping until Ctrl-C or SIGTERM; only the agency's node should reach it."""
    loaded = _load(mapping, as_json=False)
    configure_logging(process="registry")
    source = open_source(loaded.mapping.source, folder=data or mapping.parent)
    service = DataService(loaded.mapping, source)
    try:
        found = check_source(loaded, source)
        mistaken = any(one.severity is Severity.ERROR for one in found)
        _report(found, ok=not mistaken, as_json=False)
        if mistaken:
            raise typer.Exit(1)
        asyncio.run(_serve(service, host=host, port=port))
    finally:
        service.close()


def describe(mapping: MappingFile) -> None:
    """Print the OpenAPI 3.1 document that a mapping file makes."""
    print_json(describe_service(_load(mapping, as_json=True).mapping))


async def _serve(service: DataService, *, host: str, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = await serve_http(service.handle, host=host, port=port)
    address = f"http://{host}:{server.port}"
    say(
        f"الخدمة: {address}{service.mapping.path} والوصف: {address}/openapi.json",
        f"Serving {address}{service.mapping.path}, described by {address}/openapi.json",
    )
    sys.stdout.flush()
    await stop.wait()
    await server.close()


def _load(file: Path, *, as_json: bool) -> LoadedMapping:
    try:
        return load_mapping(file)
    except MappingErrors as error:
        _report(error.findings, ok=False, as_json=as_json)
        raise typer.Exit(2) from error


def _report(found: Sequence[Finding], *, ok: bool, as_json: bool) -> None:
    if as_json:
        print_json({"ok": ok, "findings": [one.as_json() for one in found]})
        return
    screen = console if ok else errors
    for one in found:
        screen.print(one.in_words("ar" if speaks_arabic() else "en"), markup=False, soft_wrap=True)
