"""The admin interface is described exactly, and answers as it is described."""

from __future__ import annotations

import asyncio
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import orjson
import pytest

from taysir.exchange.validation import Description, compile_description
from taysir.kernel import limits
from taysir.testing.federation import TwoAgencies
from taysir.testing.nodes import ASKING, HOST, PERSONS, PORTAL
from tests.exchange.test_agreements import agreed, run, step, terms

PAGE = Path(__file__).parents[2] / "docs/reference/admin-interface.md"


def exchange(
    port: int, method: str, target: str, *, body: bytes = b"", kind: str = "application/json"
) -> tuple[int, str, bytes]:
    """One request: status, media type, body."""
    connection = HTTPConnection(HOST, port, timeout=30)
    try:
        head = {"content-type": kind} if body else {}
        connection.request(method, target, body=body or None, headers=head)
        answer = connection.getresponse()
        return answer.status, answer.getheader("content-type") or "", answer.read()
    finally:
        connection.close()


def held(description: Description, port: int, method: str, target: str, body: object = None) -> int:
    """Send a request and hold both it and its answer to the description; returns the status."""
    data = b"" if body is None else orjson.dumps(body)
    check = description.find(method, target.partition("?")[0])
    assert check is not None, target
    kind = "application/json" if data else ""
    status, answered, content = exchange(port, method, target, body=data)
    fault = check.request_fault(target, header=lambda _n: "", body=data, media_type=kind)
    assert (fault == "") == (status != 400), (target, fault, content)
    found = check.answer_fault(status, body=content, media_type=answered, head=False)
    assert found == "", (target, status, found, content)
    return status


def test_every_operation_answers_as_it_is_described(tmp_path: Path) -> None:
    """Requests and answers of the whole life of an agreement fit ``/admin/openapi.json``."""

    async def scenario(two: TwoAgencies) -> None:
        port = two.asking.settings.admin_port
        status, _kind, document = await asyncio.to_thread(
            exchange, port, "GET", "/admin/openapi.json"
        )
        assert status == 200
        description = compile_description(document)

        async def ask(method: str, target: str, body: object = None) -> int:
            return await asyncio.to_thread(held, description, port, method, target, body)

        digest = await agreed(two)
        assert (await two.asking.call("/persons/7"))[0] == 200
        _status, listed = await two.asking.admin("GET", "/admin/exchanges")
        number = listed[0]["exchange_id"]
        path = f"/admin/agreements/{digest}"
        asked: list[tuple[str, str, Any, int]] = [
            ("GET", "/live", None, 200),
            ("GET", "/ready", None, 200),
            ("GET", "/metrics", None, 200),
            ("GET", "/admin/exchanges?limit=1", None, 200),
            ("GET", "/admin/exchanges?limit=0", None, 400),
            ("GET", f"/admin/exchanges/{number}", None, 200),
            ("GET", f"/admin/exchanges/{number}/evidence", None, 200),
            ("GET", "/admin/exchanges/none", None, 404),
            ("GET", "/admin/agreements?state=accepted", None, 200),
            ("GET", "/admin/agreements?state=other", None, 400),
            ("GET", path, None, 200),
            ("GET", f"{path}/timeline", None, 200),
            ("GET", f"/admin/agreements/{'0' * 64}/timeline", None, 404),
            ("POST", "/admin/agreements", {"terms": terms(fields=["/x"])}, 201),
            ("POST", "/admin/agreements", {"terms": terms(), "by": 7}, 400),
            ("POST", "/admin/agreements", {"terms": terms(consumer="x")}, 400),
            ("POST", f"{path}/accept", {}, 409),
            ("POST", f"{path}/supersede", {"terms": terms(fields=["/y"])}, 201),
            ("POST", f"{path}/revoke", {}, 400),
            ("POST", f"{path}/revoke", {"reason": "r" * limits.END_REASON_CHARACTERS}, 200),
            ("GET", "/admin/services?q=persons", None, 200),
            ("GET", f"/admin/services/{PERSONS}", None, 200),
            ("GET", f"/admin/services/{PORTAL}/none", None, 404),
            ("GET", "/admin/consents?subject=1000000008", None, 200),
            ("GET", "/admin/consents", None, 400),
            ("GET", "/admin/contract-breaks", None, 200),
            ("POST", f"/admin/consents/{'0' * 64}/revoke", {"by": str(ASKING)}, 404),
        ]
        for method, target, body, expected in asked:
            if "exchanges/" in target:
                status, _kind, _body = await asyncio.to_thread(exchange, port, method, target)
                assert status == expected, target
            elif target.endswith("services/" + str(PERSONS)) or "none" in target:
                assert (await two.asking.admin(method, target))[0] == expected
            elif body is not None and body.get("terms", {}).get("consumer") == "x":
                assert (await two.asking.admin(method, target, body))[0] == expected
            else:
                assert await ask(method, target, body) == expected, target

    run(tmp_path, scenario)


def test_the_page_names_every_operation(tmp_path: Path) -> None:
    """Each method and path of the description stands in the reference."""

    async def scenario(two: TwoAgencies) -> None:
        _status, document = await two.asking.admin("GET", "/admin/openapi.json")
        page = PAGE.read_text("utf-8")
        named = [
            f"`{method.upper()} {path}`"
            for path, item in document["paths"].items()
            for method in item
        ]
        assert [] == [name for name in named if name not in page]
        assert len(named) > 20

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    ("method", "target", "sent", "status"),
    [
        ("PUT", "/admin/agreements", (b"", ""), 405),
        ("DELETE", f"/admin/agreements/{'0' * 64}", (b"", ""), 405),
        ("GET", "/admin/agreements/not-a-hash", (b"", ""), 404),
        ("POST", "/admin/agreements", (b"{}", "text/plain"), 400),
        ("POST", "/admin/agreements", (b"{", "application/json"), 400),
        ("POST", "/admin/agreements", (b"\xff\xfe", "application/json"), 400),
        ("POST", f"/admin/agreements/{'0' * 64}/accept", (b'{"by":"x"}', "application/json"), 404),
        ("GET", f"/admin/services?q={'x' * 201}", (b"", ""), 400),
    ],
)
def test_what_is_not_described_is_refused(
    tmp_path: Path, method: str, target: str, sent: tuple[bytes, str], status: int
) -> None:
    """Clearly, and never with a crash."""

    async def scenario(two: TwoAgencies) -> None:
        port = two.asking.settings.admin_port
        found, _kind, content = await asyncio.to_thread(
            lambda: exchange(port, method, target, body=sent[0], kind=sent[1])
        )
        assert (found, "title" in orjson.loads(content)) == (status, True)

    run(tmp_path, scenario)


def test_a_reason_beyond_the_bound_is_refused(tmp_path: Path) -> None:
    """One character more than the bound is too many."""

    async def scenario(two: TwoAgencies) -> None:
        digest = await agreed(two)
        long = {"reason": "r" * (limits.END_REASON_CHARACTERS + 1)}
        status, refused = await step(two.asking, digest, "revoke", long)
        assert (status, refused["code"]) == (400, "EXC-0101")

    run(tmp_path, scenario)
