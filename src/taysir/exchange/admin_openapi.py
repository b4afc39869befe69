"""The OpenAPI 3.1 document of the admin interface: ``/admin/openapi.json``.

The operations of agreements come from their route table; the older ones, which read the node's
state and journal, are described here by hand and held to it by a test.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from taysir.exchange.admin_routes import RouteTable
from taysir.exchange.erasure_face import ERASURES_PATH
from taysir.exchange.evidence_face import RANGE_PATH
from taysir.exchange.model import CallOutcome, Direction
from taysir.kernel import limits

OPENAPI_PATH: Final = "/admin/openapi.json"

_TEXT: Final = {"type": "string"}
_NUMBER: Final = {"type": "integer"}
_EXCHANGE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["exchange_id", "position", "direction", "outcome", "recorded_at_ms", "status"],
    "properties": {
        "exchange_id": _TEXT,
        "position": _NUMBER,
        "direction": {"enum": [direction.value for direction in Direction]},
        "outcome": {"enum": [outcome.value for outcome in CallOutcome]},
        "recorded_at_ms": _NUMBER,
        "elapsed_ms": {"type": "number"},
        "consumer": _TEXT,
        "provider": _TEXT,
        "service": _TEXT,
        "purpose": _TEXT,
        "agreement": _TEXT,
        "fields": {"type": "array", "items": _TEXT},
        "issue": _TEXT,
        "method": _TEXT,
        "status": _NUMBER,
        "error_code": _TEXT,
        "request_signed": {"type": "boolean"},
        "response_signed": {"type": "boolean"},
    },
}
_EXCHANGE_ID: Final = {
    "name": "exchange",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "minLength": 1},
}


def admin_openapi(table: RouteTable) -> bytes:
    """Return the document as JSON."""
    paths, components = table.describe()
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Administration of a Taysir node",
            "version": "1",
            "description": "For operators' own programs, on loopback or with a token.",
            "x-title-ar": "إدارة عقدة تيسير",
        },
        "paths": {**_state(), **_exchanges(), **_erasures(), **paths},
        "components": {"schemas": {**components, "Exchange": _EXCHANGE}},
    }
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def _state() -> dict[str, Any]:
    state = {"type": "object", "required": ["status"], "properties": {"status": _TEXT}}
    key = {"type": "object", "required": ["place", "state", "thumbprint"]}
    keys = {"type": "object", "properties": {"keys": {"type": "array", "items": key}}}
    return {
        "/live": {"get": _get("live", "Whether the process lives.", state)},
        "/ready": {"get": _get("ready", "Whether the node can carry calls.", state)},
        "/metrics": {"get": _get("metrics", "Counts for Prometheus.", _TEXT, kind="text/plain")},
        OPENAPI_PATH: {"get": _get("openapi", "This document.", {"type": "object"})},
        "/admin/keys": {"get": _get("listKeys", "The node's keys, and their state.", keys)},
        "/admin/keys/reload": {
            "post": _get("reloadKeys", "Read the settings' keys again, as SIGHUP does.", keys)
        },
    }


def _exchanges() -> dict[str, Any]:
    exchanges = {"type": "array", "items": {"$ref": "#/components/schemas/Exchange"}}
    counted = {
        "name": "limit",
        "in": "query",
        "description": "How many at most.",
        "schema": {"type": "integer", "minimum": 1, "maximum": limits.EXCHANGES_LISTED},
    }
    subject = {
        "name": "subject",
        "in": "query",
        "description": "Only exchanges about the person with this identity number.",
        "schema": _TEXT,
    }
    return {
        "/admin/exchanges": {
            "get": _get(
                "listExchanges", "The newest exchanges.", exchanges, parameters=[counted, subject]
            )
        },
        "/admin/exchanges/{exchange}": {
            "get": _get(
                "showExchange",
                "What this node holds of one exchange, a record for each side.",
                exchanges,
                parameters=[_EXCHANGE_ID],
            )
        },
        "/admin/exchanges/{exchange}/evidence": {
            "get": _get(
                "exchangeEvidence",
                "The evidence package of one exchange (ZIP).",
                {"type": "string", "format": "binary"},
                kind="application/zip",
                parameters=[
                    _EXCHANGE_ID,
                    _yes_or_no("bodies"),
                    _yes_or_no("wait"),
                    _yes_or_no("newest"),
                ],
            )
        },
        RANGE_PATH: {
            "get": _get(
                "rangeEvidence",
                "The evidence of records of the journal in a row, without bodies (ZIP).",
                {"type": "string", "format": "binary"},
                kind="application/zip",
                parameters=[
                    _number("start", least=0, most=1 << 53),
                    _number("count", least=1, most=limits.RANGE_RECORDS),
                ],
            )
        },
    }


def _erasures() -> dict[str, Any]:
    erasure = {
        "type": "object",
        "required": ["exchange_id", "position", "recorded_at_ms", "pseudonym", "keys", "reason"],
        "properties": {
            "exchange_id": _TEXT,
            "position": _NUMBER,
            "recorded_at_ms": _NUMBER,
            "pseudonym": _TEXT,
            "keys": _NUMBER,
            "reason": _TEXT,
        },
    }
    reason = {"type": "string", "minLength": 1, "maxLength": limits.ERASURE_REASON_CHARS}
    subject = {"type": "string", "minLength": 1, "maxLength": limits.ERASURE_SUBJECT_CHARS}
    wish = {
        "oneOf": [
            _wish({"reason": reason, "subject": subject}),
            _wish({"reason": reason, "day": {"type": "string", "format": "date"}}),
        ]
    }
    listed = {"type": "array", "items": erasure}
    erase = _get("erase", "Erase a person's data, or those about nobody of a day.", erasure)
    erase["responses"]["201"] = erase["responses"].pop("200")
    erase["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": wish}},
    }
    return {
        ERASURES_PATH: {
            "get": _get("listErasures", "The erasures that this node carried out.", listed),
            "post": erase,
        }
    }


def _wish(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": sorted(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def _yes_or_no(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string", "enum": ["yes", "no"]}}


def _number(name: str, *, least: int, most: int) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return {"name": name, "in": "query", "required": True, "schema": schema}


def _get(
    name: str,
    about: str,
    schema: dict[str, Any],
    *,
    kind: str = "application/json",
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        "operationId": name,
        "summary": about,
        "parameters": parameters or [],
        "responses": {
            "200": {"description": "Done.", "content": {kind: {"schema": schema}}},
            "default": {
                "description": "Refused, with the reason, who can mend it and how.",
                "content": {"application/problem+json": problem},
            },
        },
    }
