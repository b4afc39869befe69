"""Messages are held to the service's OpenAPI document, at every place where one can break it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.exchange.http import Request, Response, json_response
from taysir.exchange.validation import OperationCheck, compile_description
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.testing.federation import TwoAgencies, two_agencies
from taysir.testing.nodes import PERSONS, PORTAL
from tests.exchange.test_agreements import agreed

PERSON: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "pattern": "^[0-9]+$"},
        "name": {"type": "string"},
        "born": {"type": ["string", "null"]},
    },
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Persons",
        "version": "1",
        "x-title-ar": "الأشخاص",
        "x-classification": "restricted",
    },
    "paths": {
        "/persons/{id}": {
            "parameters": [
                {
                    "name": "id",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "integer", "minimum": 1, "maximum": 999},
                }
            ],
            "get": {
                "summary": "One person",
                "parameters": [
                    {"name": "on", "in": "query", "schema": {"type": "string", "maxLength": 10}},
                    {"$ref": "#/components/parameters/Parts"},
                    {"name": "x-level", "in": "header", "schema": {"type": "boolean"}},
                ],
                "responses": {
                    "200": {
                        "description": "The person",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Person"}}
                        },
                    },
                    "404": {"description": "None"},
                    "5XX": {
                        "description": "Trouble",
                        "content": {"application/problem+json": {"schema": {"type": "object"}}},
                    },
                },
            },
        },
        "/persons/all": {"get": {"responses": {"default": {"description": "Everything"}}}},
        "/persons": {
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Person"}},
                        "text/*": {},
                    },
                },
                "responses": {"201": {"description": "Made"}, "204": {"description": "Kept"}},
            }
        },
    },
    "components": {
        "schemas": {"Person": PERSON},
        "parameters": {
            "Parts": {
                "name": "part",
                "in": "query",
                "schema": {"type": "array", "items": {"enum": [1, 2]}, "maxItems": 2},
            }
        },
    },
}
DESCRIPTION = compile_description(orjson.dumps(DOCUMENT))


def operation(method: str, path: str) -> OperationCheck:
    """The operation of a request."""
    found = DESCRIPTION.find(method, path)
    assert found is not None
    return found


def fault(
    target: str,
    *,
    method: str = "GET",
    body: bytes = b"",
    kind: str = "",
    head: dict[str, str] | None = None,
) -> str:
    """What is wrong with a request."""
    check = operation(method, target.partition("?")[0])
    named = head or {}
    return check.request_fault(
        target, header=lambda name: named.get(name, ""), body=body, media_type=kind
    )


@pytest.mark.parametrize(
    ("target", "head"),
    [
        ("/persons/7", {}),
        ("/persons/7?on=2026-11-24&part=1&part=2", {"x-level": "true"}),
        ("/persons/999?other=x", {}),
    ],
)
def test_a_request_that_fits_has_no_fault(target: str, head: dict[str, str]) -> None:
    """Parameters are read as the types that the document names."""
    assert fault(target, head=head) == ""


@pytest.mark.parametrize(
    ("target", "head", "expected"),
    [
        ("/persons/0", {}, "path parameter id: minimum"),
        ("/persons/1000", {}, "path parameter id: maximum"),
        ("/persons/7x", {}, "path parameter id: type"),
        ("/persons/7?on=12345678901", {}, "query parameter on: maxLength"),
        ("/persons/7?part=3", {}, "query parameter part: enum"),
        ("/persons/7?part=1&part=2&part=1", {}, "query parameter part: maxItems"),
        ("/persons/7", {"x-level": "yes"}, "header parameter x-level: type"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(
    target: str, head: dict[str, str], expected: str
) -> None:
    """The fault names place and rule, never the value."""
    assert fault(target, head=head) == expected


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (b'{"id":"7","name":"x"}', "application/json", ""),
        (b'{"id":"7","name":"x"}', "application/json; charset=utf-8", ""),
        (b"anything", "text/csv", ""),
        (b"", "", "the body is missing"),
        (b"{}", "application/xml", "the media type is not described"),
        (b"{", "application/json", "the body is not JSON"),
        (b'{"id":"7"}', "application/json", "body /: required"),
        (b'{"id":"seven","name":"x"}', "application/json", "body /id: pattern"),
        (b'{"id":"7","name":"x","more":1}', "application/json", "body /: additionalProperties"),
    ],
)
def test_a_body_is_held_to_its_schema(body: bytes, kind: str, expected: str) -> None:
    """Media type, JSON, and the schema behind a reference."""
    assert fault("/persons", method="POST", body=body, kind=kind) == expected


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"id":"7","name":"x","born":null}', ""),
        (200, b'{"id":"7","name":7}', "body /name: type"),
        (200, b"", "the body is missing"),
        (404, b"", ""),
        (404, b"{}", "a body where none is described"),
        (503, b"{}", "the media type is not described"),
        (301, b"", "status 301 is not described"),
    ],
)
def test_an_answer_is_held_to_its_status(status: int, body: bytes, expected: str) -> None:
    """Exact status first, then the range; what is not described is a fault."""
    check = operation("GET", "/persons/7")
    found = check.answer_fault(status, body=body, media_type="application/json", head=False)
    assert found == expected


def test_a_literal_path_goes_before_a_template() -> None:
    """``/persons/all`` is not a person, and HEAD is answered like GET."""
    assert operation("GET", "/persons/all").path == "/persons/all"
    assert operation("HEAD", "/persons/7").path == "/persons/{id}"
    assert DESCRIPTION.find("DELETE", "/persons/7") is None
    head = operation("HEAD", "/persons/7")
    assert head.answer_fault(200, body=b"", media_type="application/json", head=True) == ""
    assert DESCRIPTION.fields == ("/id", "/name", "/born")


@pytest.mark.parametrize(
    "document",
    [
        b"not JSON",
        b'{"openapi":"3.0.3","paths":{}}',
        b'{"openapi":"3.1.0","paths":{"/a":{"get":{"parameters":[{"$ref":"#/components/x"}]}}}}',
        b'{"openapi":"3.1.0","paths":{"/a":{"$ref":"#/paths/~1a"}}}',
        b'{"openapi":"3.1.0","paths":{"/a":{"$ref":"http://127.0.0.1/a"}}}',
        orjson.dumps(
            {
                "openapi": "3.1.0",
                "paths": {
                    "/a": {
                        "post": {
                            "requestBody": {
                                "content": {
                                    "application/json": {
                                        "schema": {"$ref": "http://127.0.0.1:9/schema.json"}
                                    }
                                }
                            }
                        }
                    }
                },
            }
        ),
        b'{"openapi":"3.1.0","info":{"description":"' + b"x" * limits.OPENAPI_BYTES + b'"}}',
    ],
)
def test_a_document_that_cannot_be_used_is_refused(document: bytes) -> None:
    """Other versions, circles, and references that leave the document."""
    with pytest.raises(Problem) as caught:
        compile_description(document)
    assert caught.value.code == "EXC-0128"


@given(target=st.text(max_size=40), body=st.binary(max_size=40), kind=st.text(max_size=20))
def test_no_request_makes_the_check_fail(target: str, body: bytes, kind: str) -> None:
    """Whatever is sent, the check answers in words."""
    for check in DESCRIPTION.operations:
        found = check.request_fault(
            "/persons/" + target, header=lambda name: name, body=body, media_type=kind
        )
        assert isinstance(found, str)


# --- between two nodes ---------------------------------------------------------------------------

CLIENT = {"x-road-client": str(PORTAL)}
Scenario = Callable[[TwoAgencies], Awaitable[None]]


async def persons(request: Request) -> Response:
    """A back end that keeps to its document for some persons and breaks it for others."""
    if request.path == "/openapi.json":
        return json_response(DOCUMENT)
    if request.path == "/persons/8":
        return json_response({"id": "8", "name": 8, "secret": "not for anyone"})
    if request.path == "/persons/9":
        return json_response({"id": "9"}, status=302)
    return json_response({"id": "7", "name": "Salma", "born": "1990-01-01"})


def run(folder: Path, scenario: Scenario, *, source: bytes | None = None) -> None:
    """Run a scenario with a described service."""
    file = folder / "openapi.json"
    if source is not None:
        file.write_bytes(source)

    async def whole() -> None:
        async with two_agencies(folder, backend=persons, openapi={str(PERSONS): str(file)}) as two:
            await scenario(two)

    asyncio.run(whole())


def test_a_back_end_that_breaks_its_contract_is_reported_and_not_passed_on(tmp_path: Path) -> None:
    """The consumer learns where, never the content; the owner finds it in list and count."""

    async def scenario(two: TwoAgencies) -> None:
        await agreed(two, fields=["/id", "/name"])
        status, _head, body = await two.asking.call("/persons/7")
        assert (status, body) == (200, {"id": "7", "name": "Salma"})

        status, head, body = await two.asking.call("/persons/8")
        assert (status, body["code"]) == (502, "EXC-0122")
        assert "secret" not in str(body)
        assert head["x-road-error"] == "Server.ServerProxy.ServiceFailed.InvalidResponse"
        assert (await two.asking.call("/persons/9"))[0] == 502

        _status, listed = await two.answering.admin("GET", "/admin/contract-breaks")
        assert listed["total"] == 2
        assert [one["status"] for one in listed["breaks"]] == [302, 200]
        assert listed["breaks"][0]["reason"] == "status 302 is not described"
        assert listed["breaks"][1]["service"] == str(PERSONS)
        assert two.answering.node.runtime.descriptions.counts[str(PERSONS)] == 2
        await two.answering.node.runtime.journal.indexed()
        kept = two.answering.node.runtime.journal.find(listed["breaks"][1]["exchange_id"])
        assert [one.outcome.value for one in kept] == ["refused"]
        assert b"not for anyone" not in kept[0].response_body

    run(tmp_path, scenario, source=orjson.dumps(DOCUMENT))


def test_a_request_that_does_not_fit_never_reaches_the_back_end(tmp_path: Path) -> None:
    """It is refused by the provider's node, signed, with place and rule."""

    async def scenario(two: TwoAgencies) -> None:
        await agreed(two, fields=[])
        status, head, body = await two.asking.call("/persons/1000")
        assert (status, body["code"]) == (400, "EXC-0125")
        assert body["params"] == {"reason": "path parameter id: maximum"}
        assert head["x-road-error"] == "Client.BadRequest"
        status, _head, body = await two.asking.call("/persons", method="POST", body=b'{"id":"7"}')
        assert body["params"] == {"reason": "body /: required"}

    run(tmp_path, scenario, source=orjson.dumps(DOCUMENT))


def test_a_service_whose_document_is_missing_is_refused(tmp_path: Path) -> None:
    """Nothing could be checked, so nothing passes; once the document is there, calls do."""

    async def scenario(two: TwoAgencies) -> None:
        await agreed(two, fields=[])
        status, _head, body = await two.asking.call("/persons/7")
        assert (status, body["code"], body["retry"]) == (503, "EXC-0126", "later")

        (tmp_path / "openapi.json").write_bytes(orjson.dumps(DOCUMENT))
        for _ in range(100):
            status, _head, body = await two.asking.call("/persons/7")
            if status == 200:
                break
            await asyncio.sleep(0.05)
        assert status == 200

    run(tmp_path, scenario)


# --- metaservices --------------------------------------------------------------------------------


def test_the_metaservices_answer_as_in_the_x_road_protocol(tmp_path: Path) -> None:
    """Addresses and shapes of the REST metadata protocol; the provider's node answers."""
    population = str(PERSONS.subsystem)
    row = {
        "object_type": "SERVICE",
        "xroad_instance": "WAHA",
        "member_class": "GOV",
        "member_code": "ANS",
        "subsystem_code": "population",
        "service_code": "persons",
        "service_type": "OPENAPI",
        "endpoint_list": [
            {"method": "POST", "path": "/persons"},
            {"method": "GET", "path": "/persons/all"},
            {"method": "GET", "path": "/persons/{id}"},
        ],
    }

    async def scenario(two: TwoAgencies) -> None:
        status, clients = await two.asking.face("/listClients")
        assert status == 200
        portal = {
            "object_type": "SUBSYSTEM",
            "xroad_instance": "WAHA",
            "member_class": "GOV",
            "member_code": "ASK",
            "subsystem_code": "portal",
        }
        assert {"id": portal, "name": "البوابة"} in clients["member"]
        assert (await two.asking.face("/listClients?xRoadInstance=OTHER"))[1] == {"member": []}

        base = f"/r1/{population}"
        for agency in (two.asking, two.answering):
            asked = agency.face(f"{base}/listMethods", headers=CLIENT)
            assert await asked == (200, {"service": [row]})
            asked = agency.face(f"{base}/allowedMethods", headers=CLIENT)
            assert await asked == (200, {"service": []})
            asked = agency.face(f"{base}/getOpenAPI?serviceCode=persons", headers=CLIENT)
            assert await asked == (200, DOCUMENT)

        await agreed(two)
        status, found = await two.asking.face(f"{base}/allowedMethods", headers=CLIENT)
        assert found == {"service": [row]}

        for target, code in (
            (f"{base}/getOpenAPI?serviceCode=unknown", "EXC-0123"),
            (f"{base}/getOpenAPI", "EXC-0101"),
            ("/r1/WAHA/GOV/XXX/population/listMethods", "EXC-0102"),
        ):
            _status, refused = await two.asking.face(target, headers=CLIENT)
            assert refused["code"] == code
        status, refused = await two.asking.face(f"{base}/listMethods")
        assert (status, refused["code"]) == (400, "EXC-0101")

    run(tmp_path, scenario, source=orjson.dumps(DOCUMENT))
