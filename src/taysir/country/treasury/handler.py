"""Routes the treasury's requests; made once, served by ``exchange.http_server``."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from taysir.country.treasury import api, pages
from taysir.country.treasury.errors import CTY_BILL_UNKNOWN
from taysir.country.treasury.store import TreasuryStore
from taysir.exchange.http import Handler, Request, Response, json_response
from taysir.kernel.errors import Problem


def _utc_now() -> datetime:
    return datetime.now(UTC)


def make_handler(
    *,
    database: Path,
    clock: Callable[[], datetime] = _utc_now,
    token: Callable[[], str] = secrets.token_urlsafe,
) -> Handler:
    """Return the treasury as one handler; its tables are made at the first request.

    Args:
        database: the SQLite file.
        clock: the time.
        token: the source of names for payment forms.
    """
    store = TreasuryStore(database)
    prepared = False

    def answer(request: Request) -> Response:
        nonlocal prepared
        if not prepared:
            store.prepare()
            prepared = True
        return _route(request, store=store, now=clock(), token=token)

    async def handle(request: Request) -> Response:
        return await asyncio.to_thread(answer, request)

    return handle


def _route(
    request: Request, *, store: TreasuryStore, now: datetime, token: Callable[[], str]
) -> Response:
    parts = request.path.strip("/").split("/")
    match (request.method, parts):
        case ("GET", ["healthz"]):
            return json_response({"status": "ok"})
        case ("POST", ["bills"]):
            return api.make_bill(request, store=store, now=now)
        case ("GET", ["bills", number]):
            return api.show_bill(number, store=store, now=now)
        case ("GET", ["pay", number]):
            return pages.show(request, number=number, store=store, now=now, token=token)
        case ("POST", ["pay", number]):
            return pages.pay(request, number=number, store=store, now=now)
        case ("GET", ["fonts", name]):
            return pages.font(name)
    raise Problem(CTY_BILL_UNKNOWN)
