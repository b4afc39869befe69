"""The Traffic Directorate's own system that registers a renewed licence.

Data services only read; this small back end writes. ``POST /renewals`` sets a licence's new term
and restrictions once a case: the same case with the same values is answered as before, so that a
caller who lost the answer simply asks again. The decision is the caller's; the register only makes
sure that a term is extended and that the licence is the one that was decided on.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path
from typing import Annotated, Final

import msgspec

from taysir.country.registries.errors import (
    CTY_RENEWAL_BODY,
    CTY_RENEWAL_CONFLICT,
    CTY_RENEWAL_LICENCE,
    CTY_RENEWAL_UNAVAILABLE,
)
from taysir.dataservice.errors import DSV_PATH_UNKNOWN
from taysir.dataservice.openapi import MEDIA_TYPE
from taysir.exchange.http import Handler, Request, Response, json_response
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identity_number import IdentityNumber

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class Renewal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a case decided. ``previous_expires_on`` guards against a licence changed meanwhile."""

    case_number: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.CASE_NUMBER_CHARS)]
    national_id: Annotated[str, msgspec.Meta(max_length=20)]
    expires_on: date
    restrictions: Annotated[list[Code], msgspec.Meta(max_length=10)] = []
    previous_expires_on: date | None = None


class Registered(msgspec.Struct, frozen=True):
    """The register's confirmation."""

    case_number: str
    national_id: str
    licence_number: str
    expires_on: str
    restrictions: list[str]
    registered_at: str


_DECODER: Final = msgspec.json.Decoder(Renewal)
_FIND_CASE: Final = (
    "SELECT HLDR_NID, NEW_EXP_DT, RSTR_LST, REG_TS FROM DL_RENEWAL WHERE CASE_NO = ?"
)
_FIND_LICENCE: Final = "SELECT LIC_NO, EXP_DT, STAT_CD FROM DL_LICENCE WHERE HLDR_NID = ?"
_ADD_CASE: Final = "INSERT INTO DL_RENEWAL VALUES (?, ?, ?, ?, ?, ?)"
_EXTEND: Final = "UPDATE DL_LICENCE SET EXP_DT = ?, RSTR_LST = ?, ISS_DT = ? WHERE HLDR_NID = ?"


def _utc_now() -> datetime:
    return datetime.now(UTC)


def make_handler(*, database: Path, clock: Callable[[], datetime] = _utc_now) -> Handler:
    """Return the renewal system as a handler over the traffic register's database."""

    def register(renewal: Renewal) -> Registered:
        try:
            with closing(_connect(database)) as connection:
                return register_renewal(connection, renewal=renewal, now=clock())
        except sqlite3.Error as error:
            raise Problem(CTY_RENEWAL_UNAVAILABLE) from error

    async def handle(request: Request) -> Response:
        match (request.method, request.path):
            case ("POST", "/renewals"):
                done = await asyncio.to_thread(register, read_renewal(request.body))
                return json_response(msgspec.to_builtins(done))
            case ("GET", "/healthz"):
                return json_response({"status": "ok"})
            case ("GET", "/openapi.json"):
                kind = (b"content-type", MEDIA_TYPE.encode("ascii"))
                return Response(headers=(kind,), body=openapi_document())
        raise Problem(DSV_PATH_UNKNOWN, path="POST /renewals")

    return handle


def openapi_document() -> bytes:
    """Return the OpenAPI 3.1 document of this service."""
    return resources.files(__package__).joinpath("trf-renewals.openapi.json").read_bytes()


def read_renewal(body: bytes) -> Renewal:
    """Read a request's body; raises CTY-0201 without repeating what was sent."""
    try:
        renewal = _DECODER.decode(body)
    except msgspec.DecodeError as error:
        raise Problem(CTY_RENEWAL_BODY, detail="JSON") from error
    except UnicodeDecodeError as error:
        raise Problem(CTY_RENEWAL_BODY, detail="UTF-8") from error
    try:
        number = IdentityNumber.parse(renewal.national_id)
    except Problem as problem:
        raise Problem(CTY_RENEWAL_BODY, detail="national_id") from problem
    return msgspec.structs.replace(renewal, national_id=number.digits)


def register_renewal(
    connection: sqlite3.Connection, *, renewal: Renewal, now: datetime
) -> Registered:
    """Register a renewal in one transaction, once a case.

    Raises:
        Problem: CTY-0202 without a licence, CTY-0203 for a case or licence that does not fit.
    """
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        licence = connection.execute(_FIND_LICENCE, (renewal.national_id,)).fetchone()
        if licence is None or licence[2] != "V":
            raise Problem(CTY_RENEWAL_LICENCE)
        number, expires, _status = licence
        known = connection.execute(_FIND_CASE, (renewal.case_number,)).fetchone()
        if known is not None:
            return _as_before(known, renewal=renewal, licence_number=number)
        guard = renewal.previous_expires_on
        new_expiry = renewal.expires_on.isoformat()
        if (guard is not None and guard.isoformat() != expires) or new_expiry <= expires:
            raise Problem(CTY_RENEWAL_CONFLICT)
        restrictions = ",".join(renewal.restrictions)
        moment = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case = (renewal.case_number, renewal.national_id, expires, new_expiry, restrictions, moment)
        connection.execute(_ADD_CASE, case)
        term = (new_expiry, restrictions, moment[:10], renewal.national_id)
        connection.execute(_EXTEND, term)
    return _confirmation(renewal, licence_number=number, moment=moment)


def _as_before(
    known: tuple[str, str, str, str], *, renewal: Renewal, licence_number: str
) -> Registered:
    holder, new_expiry, restrictions, moment = known
    same = (renewal.national_id, renewal.expires_on.isoformat(), ",".join(renewal.restrictions))
    if (holder, new_expiry, restrictions) != same:
        raise Problem(CTY_RENEWAL_CONFLICT)
    return _confirmation(renewal, licence_number=licence_number, moment=moment)


def _confirmation(renewal: Renewal, *, licence_number: str, moment: str) -> Registered:
    return Registered(
        case_number=renewal.case_number,
        national_id=renewal.national_id,
        licence_number=licence_number,
        expires_on=renewal.expires_on.isoformat(),
        restrictions=list(renewal.restrictions),
        registered_at=moment,
    )


def _connect(database: Path) -> sqlite3.Connection:
    """Open for writing, never creating; the connection begins its transactions explicitly."""
    address = f"{database.resolve().as_uri()}?mode=rw"
    wait_s = limits.DATASERVICE_SQLITE_WAIT_S
    return sqlite3.connect(address, uri=True, timeout=wait_s, isolation_level=None)
