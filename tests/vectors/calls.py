"""Vectors of calls: what a consumer's node signs, what a provider's node does with it, and back."""

from __future__ import annotations

import base64
from typing import Any

from msgspec.structs import replace

from taysir.exchange.consent import consent_hash
from taysir.exchange.errors import xroad_type
from taysir.exchange.policy import projection_digest, projector, reduced_refusal
from taysir.exchange.terms import read_terms
from taysir.exchange.wire import headers_digest
from taysir.kernel import limits
from taysir.kernel.errors import CATALOGUE
from taysir.kernel.signature import Signer, base64url_bytes
from taysir.kernel.statement import (
    Statement,
    digest,
    parse_statement,
    payload_of,
    seal_statements,
    sign_statement,
)

from . import forging
from .basics import Vector
from .statements import answer, request
from .world import LICENSING, MOI, NOW_MS, PERSON, POPULATION, PURPOSE, SUBJECT, World, tls_of

SKEW_MS = limits.CLOCK_SKEW_S * 1000
BACKEND = {"status": 200, "body": forging.text64(b'{"name":"x","secret":1}')}
"""What the system behind every service answers, as JSON, unless a vector says otherwise."""

FIELDS = ("/name", "/status", "/addresses/city")


def _to(world: World, service: str, **more: Any) -> Statement:
    """Return a request to a service under the agreement of the same name."""
    values: dict[str, Any] = {
        "receiver": str(POPULATION.service(service)),
        "agreement": world.agreements[service].hash,
    }
    return request(world, **{**values, **more})


# --- the provider's side -------------------------------------------------------------------------


class _Calls:
    """Collects the calls that a provider's node receives."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.made: list[Vector] = []
        self.signed = True

    def add(
        self,
        name: str,
        statement: Statement,
        code: str = "",
        *,
        signer: Signer | None = None,
        token: bytes | None = None,
        body: bytes = b"",
        headers: tuple[tuple[str, str], ...] = (),
        tls: str = "trf",
        **state: Any,
    ) -> None:
        """Add one call; without a code it is answered."""
        signed = token or sign_statement(statement, signer=signer or self.world.trf)
        given = {
            "name": name,
            "statement": signed.decode(),
            "headers": [list(pair) for pair in headers],
            "body": forging.text64(body),
            "tls": tls_of(tls),
            **state,
        }
        if code and self.signed:
            kind = CATALOGUE[code]
            self.made.append(
                {**given, "code": code, "status": kind.status, "error": xroad_type(kind)}
            )
        elif code:
            self.made.append({**given, "code": code})
        else:
            told = state.get("backend", BACKEND)
            self.made.append({**given, **_answered(self.world, signed, told)})


def _answered(world: World, token: bytes, backend: Vector) -> Vector:
    """Return the provider's signed answer to a call that it accepts."""
    asked = parse_statement(token).statement
    documents = {item.hash: item.document for item in world.agreements.values()}
    terms = read_terms(documents[asked.agreement])
    body = base64.b64decode(backend["body"])
    good = 200 <= backend["status"] < 300
    if good:
        body = projector(terms.fields)(body)
    elif terms.fields:
        body = reduced_refusal(body)
    said = answer(
        asked,
        token,
        status=backend["status"],
        body_digest=digest(body),
        body_length=len(body),
        projection=projection_digest(terms.fields) if good else "",
    )
    if terms.batch:
        (signed,) = seal_statements([said], signer=world.moi, time_ms=NOW_MS)
    else:
        signed = sign_statement(said, signer=world.moi)
    return {"answer": signed.decode(), "answer_body": forging.text64(body)}


def _backends(made: _Calls, world: World) -> None:
    """What the system behind a service may do."""
    plain = request(world)
    text = {"status": 200, "body": forging.text64(b"not JSON")}
    made.add("an answer that cannot be reduced", plain, "EXC-0122", backend=text)
    made.add("the same where everything is granted", _to(world, "whole"), backend=text)
    missing = {"status": 404, "body": forging.text64(b'{"secret":1}')}
    made.add("a refusal of the system behind", plain, backend=missing)
    said = b'{"title":"none","status":404,"code":"CIV-1","secret":1,"detail":{"secret":2}}'
    why = {"status": 404, "body": forging.text64(said)}
    made.add("a refusal that says why, and more", plain, backend=why)
    page = {"status": 500, "body": forging.text64(b"<p>3000000004</p>")}
    made.add("a refusal that is not JSON", plain, backend=page)
    made.add("a refusal where everything is granted", _to(world, "whole"), backend=missing)
    made.add("no answer of the system behind", plain, "EXC-0121", backend=None)


def calls(world: World) -> list[Vector]:
    """Return calls as they reach the provider's node, with the code of the refusal, if any."""
    made = _Calls(world)
    _accepted(made, world)
    made.signed = False
    _unsigned(made, world)
    made.signed = True
    _backends(made, world)
    _refused(made, world)
    _not_permitted(made, world)
    _consents(made, world)
    return made.made


def _accepted(made: _Calls, world: World) -> None:
    plain = request(world)
    body, accept = b'{"id":"1"}', (("accept", "application/json"),)
    posted = request(
        world,
        method="POST",
        path="/persons/search?page=2",
        body_digest=digest(body),
        body_length=len(body),
        body_type="application/json",
        headers_digest=headers_digest(((b"accept", b"application/json"),)),
    )
    batched = seal_statements([_to(world, "batched")], signer=world.trf, time_ms=NOW_MS)[0]
    made.add("a plain call", plain)
    made.add("with body, query and header", posted, body=body, headers=accept)
    made.add("with a header that does not travel", plain, headers=(("host", "trf.waha"),))
    made.add("the clock at its bound behind", _at(plain, NOW_MS - SKEW_MS))
    made.add("the clock at its bound ahead", _at(plain, NOW_MS + SKEW_MS))
    made.add("signed in a batch", plain, token=batched)
    made.add("alone where batches are agreed", _to(world, "batched"))
    made.add("on behalf", _to(world, "for-justice", behalf="WAHA/GOV/MOJ"))
    made.add("everything granted", _to(world, "whole"))
    made.add("the last call of a quota", _to(world, "measured"), calls_before=2)
    made.add("fields within the agreement", *_narrow(world, b'{"id":1,"filter":{"name":"x"}}'))


def _at(statement: Statement, time_ms: int) -> Statement:
    return replace(statement, time_ms=time_ms, expires_ms=time_ms + limits.STATEMENT_LIFETIME_MS)


def _narrow(world: World, body: bytes) -> tuple[Statement]:
    return (
        _to(
            world,
            "narrow",
            method="POST",
            path="/persons/search",
            body_digest=digest(body),
            body_length=len(body),
            body_type="application/json",
        ),
    )


def _unsigned(made: _Calls, world: World) -> None:
    """What cannot be tied to a known member is answered without a signature."""
    plain = request(world)
    token = sign_statement(plain, signer=world.trf)
    answered = sign_statement(answer(plain, token), signer=world.moi)
    batch = seal_statements([plain, plain], signer=world.trf, time_ms=NOW_MS)[0]
    made.add("no statement", plain, "KRN-0205", token=b".")
    made.add("an answer instead of a request", plain, "EXC-0101", token=answered)
    made.add(
        "to a member that is not ours", replace(plain, receiver="WAHA/GOV/TRF/a/b"), "EXC-0103"
    )
    made.add("to no service", replace(plain, receiver="WAHA/GOV/MOI"), "KRN-0001")
    made.add("from no subsystem", replace(plain, sender="WAHA/GOV/TRF"), "KRN-0001")
    signers = world.signers
    made.add("a certificate that is not listed", plain, "EXC-0114", signer=signers["unlisted"])
    made.add("a certificate of another authority", plain, "EXC-0114", signer=signers["foreign"])
    made.add("a certificate of another member", plain, "EXC-0114", signer=world.moi)
    made.add("a revoked certificate", plain, "EXC-0114", signer=signers["trf-lost"])
    made.add("a certificate that has ended", plain, "EXC-0114", signer=signers["trf-old"])
    wrong = forging.with_signature(token, bytes(31) + b"\x01" + bytes(31) + b"\x01")
    made.add("a wrong signature", plain, "KRN-0206", token=wrong)
    made.add(
        "a signature of zeros", plain, "KRN-0206", token=forging.with_signature(token, bytes(64))
    )
    short = forging.with_signature(token, bytes(63) + b"")
    made.add("a signature too short", plain, "KRN-0206", token=short)
    made.add("a changed payload", plain, "KRN-0206", token=_other_payload(token, plain))
    made.add(
        "a changed manifest signature",
        plain,
        "KRN-0206",
        token=forging.flipped(batch, part=4, at=5),
    )
    made.add("over the connection of nobody", plain, "EXC-0115", tls="nobody")
    made.add("over the connection of another node", plain, "EXC-0115", tls="moi")
    later_ms = NOW_MS + limits.FEDERATION_VALIDITY_S * 1000
    made.add("a federation document that has expired", plain, "EXC-0110", now_ms=later_ms)


def _other_payload(token: bytes, statement: Statement) -> bytes:
    head, _, signature = token.split(b".")
    changed = payload_of(replace(statement, path="/persons/3000000012"))
    return b".".join((head, base64url_bytes(changed), signature))


def _refused(made: _Calls, world: World) -> None:
    """Refusals of a known member's call are signed."""
    plain = request(world)
    made.add("the clock behind", _at(plain, NOW_MS - SKEW_MS - 1000), "EXC-0111")
    made.add("the clock ahead", _at(plain, NOW_MS + SKEW_MS + 1000), "EXC-0111")
    made.add("its time is over", replace(plain, expires_ms=NOW_MS - 1), "EXC-0117")
    made.add("the last millisecond of its time", replace(plain, expires_ms=NOW_MS))
    seen = [f"{plain.sender} {plain.id}"]
    made.add("a second time", plain, "EXC-0112", seen=seen)
    made.add("a number that another sender used", plain, seen=[f"WAHA/GOV/MOJ/courts {plain.id}"])
    made.add("another body", plain, "EXC-0113", body=b"x")
    made.add("no body", replace(plain, body_digest=digest(b"x")), "EXC-0113")
    made.add("a header added", plain, "EXC-0113", headers=(("accept", "x"),))
    signed = replace(plain, headers_digest=headers_digest(((b"accept", b"x"),)))
    made.add("a header removed", signed, "EXC-0113")
    made.add("a header changed", signed, "EXC-0113", headers=(("accept", "y"),))


def _not_permitted(made: _Calls, world: World) -> None:
    plain = request(world)
    none = "EXC-0104"
    made.add("an unknown agreement", replace(plain, agreement="0" * 64), none)
    made.add("the agreement of another service", _to(world, "whole", receiver=plain.receiver), none)
    made.add("a consumer that has none", replace(plain, sender="WAHA/GOV/TRF/fines"), none)
    made.add("another purpose", replace(plain, purpose="tax-audit"), none)
    made.add("on behalf of nobody agreed", replace(plain, behalf="WAHA/GOV/MOJ"), none)
    made.add("not on behalf as agreed", _to(world, "for-justice"), none)
    made.add("an agreement that was revoked", _to(world, "revoked"), none)
    made.add("an agreement that one party accepted", _to(world, "half"), none)
    alone = seal_statements([plain], signer=world.trf, time_ms=NOW_MS)[0]
    made.add("a batch that is not agreed", plain, "EXC-0152", token=alone)
    made.add("another zone than registered", replace(plain, zone="jeddah"), "EXC-0109")
    made.add("an agreement that has ended", _to(world, "past"), "EXC-0106")
    made.add("an agreement that has not begun", _to(world, "future"), "EXC-0106")
    made.add("a method not agreed", replace(plain, method="DELETE"), "EXC-0105")
    made.add("a path not agreed", replace(plain, path="/persons/1/children"), "EXC-0105")
    made.add("a path with an empty segment", replace(plain, path="/persons/"), "EXC-0105")
    for path in (
        "/persons/..",
        "/persons/.",
        "/persons/%2e%2E",
        "/persons/.%2e",
        "/persons/..;x=1",
        "/persons/..%3b",
        "/persons/..%2Fadmin",
        "/persons/1%2fchildren",
        "/persons/1%5Cchildren",
        "/persons/1%00",
        "/persons/1%0d%0ax:y",
        "/persons/1%7f",
        "/persons/1%",
        "/persons/1%zz",
    ):
        made.add(f"a path that leads elsewhere: {path}", replace(plain, path=path), "EXC-0105")
    for path in ("/persons/...", "/persons/a..b", "/persons/%D8%B3", "/persons/1%25", "/persons/~"):
        made.add(f"a path with one whole segment: {path}", replace(plain, path=path))
    made.add("a way to travel not agreed", _to(world, "asynchronous"), "EXC-0127")
    made.add("a zone that may not ask", _to(world, "elsewhere"), "EXC-0109")
    made.add("a zone that may not answer", _to(world, "processed-elsewhere"), "EXC-0109")
    made.add("a zone that may not keep", _to(world, "stored-elsewhere"), "EXC-0109")
    made.add("one call too many", _to(world, "measured"), "EXC-0107", calls_before=3)
    foreign = "EXC-0119"
    for name, body in (
        ("a field not agreed", b'{"id":1,"x":2}'),
        ("a field not agreed within another", b'{"filter":{"name":1,"x":2}}'),
        ("a body that is not JSON", b"id=1"),
        ("a body that is no object", b"1"),
        ("a name twice in one object", b'{"filter":{"x":2},"filter":{"name":1}}'),
        ("a name twice, spelled in two ways", b'{"id":1,"\\u0069d":2}'),
    ):
        made.add(name, *_narrow(world, body), foreign, body=body)
    [whole] = _narrow(world, b'{"id":1}')
    for kind in (
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=utf-16",
        "application/jsonp",
    ):
        said = replace(whole, body_type=kind)
        made.add(f"a body of the type {kind or 'none'}", said, foreign, body=b'{"id":1}')
    for kind in ("application/problem+json", 'Application/JSON; charset="UTF-8"', "text/json"):
        made.add(f"a body of the type {kind}", replace(whole, body_type=kind), body=b'{"id":1}')
    made.made = [_with_body(item) for item in made.made]
    made.add("a service without a system behind it", _to(world, "unserved"), "EXC-0123")


def _with_body(item: Vector) -> Vector:
    """Give the call within a narrow agreement the body that its statement fixes."""
    if item["name"] == "fields within the agreement":
        return {**item, "body": forging.text64(b'{"id":1,"filter":{"name":"x"}}')}
    return item


def _consents(made: _Calls, world: World) -> None:
    def asked(consent: str, **more: Any) -> Statement:
        return _to(world, "consented", subject=SUBJECT, consent=consent, **more)

    def held(name: str) -> str:
        return consent_hash(world.consents[name].token)

    made.add("with consent", asked(held("good")))
    needless = request(world, subject=SUBJECT, consent=held("other-service"))
    made.add("a consent where none is asked", needless)
    made.add("no consent", asked(""), "EXC-0108")
    made.add("an unknown consent", asked("0" * 64), "EXC-0118")
    for name in sorted(set(world.consents) - {"good", "used-up"}):
        made.add(f"a consent: {name}", asked(held(name)), "EXC-0118")
    made.add("a consent used up", asked(held("used-up")), "EXC-0118", consent_uses=1)
    made.add("a consent not yet used up", asked(held("used-up")))


# --- the consumer's side -------------------------------------------------------------------------


def requests(world: World) -> list[Vector]:
    """Return requests of information systems with the statement that the node signs for them."""
    path = f"/r1/{POPULATION.service('persons')}/persons/3000000004"
    base = {"x-road-client": str(LICENSING), "taysir-purpose": PURPOSE}
    body = b'{"id":"1"}'
    more = {**base, "accept": "application/json", "content-type": "application/json"}
    full = {**more, "x-road-id": "m-1", "x-road-issue": "C-17", "taysir-subject": PERSON}
    behalf = f"/r1/{POPULATION.service('for-justice')}/persons/3000000004"
    justice = {"x-road-represented-party": "WAHA/GOV/MOJ"}
    search = f"/r1/{POPULATION.service('persons')}/persons/search?page=2"
    return [
        _sends(world, "a plain call", _asked("GET", path, base)),
        _sends(world, "with everything", _asked("POST", search, full, body)),
        _sends(world, "on behalf", _asked("GET", behalf, {**base, **justice})),
        _stops("not on behalf as agreed", "GET", behalf, base, "EXC-0104"),
        _stops("on behalf where it is not agreed", "GET", path, {**base, **justice}, "EXC-0104"),
        _stops("no path of a service", "GET", "/persons", base, "EXC-0101"),
        _stops("no client named", "GET", path, {"taysir-purpose": PURPOSE}, "EXC-0101"),
        _stops("a client that is none", "GET", path, {**base, "x-road-client": "TRF"}, "KRN-0001"),
        _stops(
            "a purpose too long", "GET", path, {**base, "taysir-purpose": "p" * 256}, "EXC-0101"
        ),
        _stops(
            "another member's client",
            "GET",
            path,
            {**base, "x-road-client": "WAHA/GOV/MOI/a"},
            "EXC-0103",
        ),
        _stops("an unknown provider", "GET", "/r1/WAHA/GOV/XXX/a/b/c", base, "EXC-0102"),
        _stops("no agreement", "GET", path, {**base, "taysir-purpose": "tax-audit"}, "EXC-0104"),
        _stops("an operation not agreed", "DELETE", path, base, "EXC-0105"),
        _stops("a quotation mark in the path", "GET", f'{path}"', base, "EXC-0101"),
        _stops("a backslash in the query", "GET", path + "?a=\\", base, "EXC-0101"),
        _stops("a letter that is not ASCII", "GET", f"{path}é", base, "EXC-0101"),
        _stops("a fragment", "GET", f"{path}#x", base, "EXC-0101"),
        _stops(
            "a media type too long", "GET", path, {**base, "content-type": "t" * 256}, "EXC-0101"
        ),
        _stops("a consent not held", "GET", path, {**base, "taysir-consent": "0" * 64}, "EXC-0118"),
    ]


def _sends(world: World, name: str, asked: Vector) -> Vector:
    method, target, body = asked["method"], asked["target"], base64.b64decode(asked["body"])
    headers = dict(asked["headers"])
    kept = tuple((k.encode(), v.encode()) for k, v in headers.items() if k == "accept")
    service = target.split("/")[6]
    statement = _to(
        world,
        service,
        method=method,
        path="/" + target.split("/", 7)[7],
        behalf=headers.get("x-road-represented-party", ""),
        body_digest=digest(body),
        body_length=len(body),
        body_type=headers.get("content-type", ""),
        headers_digest=headers_digest(kept),
        subject=SUBJECT if "taysir-subject" in headers else "",
        issue=headers.get("x-road-issue", ""),
        message_id=headers.get("x-road-id", request(world).message_id),
    )
    return {
        **asked,
        "name": name,
        "statement": sign_statement(statement, signer=world.trf).decode(),
    }


def _stops(name: str, method: str, target: str, headers: dict[str, str], code: str) -> Vector:
    return {**_asked(method, target, headers), "name": name, "code": code}


def _asked(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> Vector:
    pairs = [list(pair) for pair in headers.items()]
    return {"method": method, "target": target, "headers": pairs, "body": forging.text64(body)}


def answers(world: World) -> list[Vector]:
    """Return answers to the plain call, good ones and those a consumer's node refuses."""
    asked = request(world)
    token = sign_statement(asked, signer=world.trf)
    body = b'{"name":"x"}'

    def told(**more: Any) -> Statement:
        values = {
            "body_digest": digest(body),
            "body_length": len(body),
            "projection": projection_digest(FIELDS),
        }
        return answer(asked, token, **{**values, **more})

    def row(
        name: str,
        statement: Statement | bytes,
        code: str = "",
        *,
        signer: Signer = world.moi,
        body: bytes = body,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> Vector:
        signed = (
            statement if isinstance(statement, bytes) else sign_statement(statement, signer=signer)
        )
        made: Vector = {"name": name, "request": token.decode(), "statement": signed.decode()}
        made |= {"headers": [list(pair) for pair in headers], "body": forging.text64(body)}
        return {**made, **({"code": code} if code else {"status": 200})}

    good = sign_statement(told(), signer=world.moi)
    refused = told(
        type="refusal", status=403, error="Server.ServerProxy.AccessDenied", projection=""
    )
    batched = seal_statements([told()], signer=world.moi, time_ms=NOW_MS)[0]
    other_request = sign_statement(request(world, id="2"), signer=world.trf)
    other = replace(told(), request=digest(other_request))
    signers, bad = world.signers, "EXC-0124"
    header = (("x-total", "1"),)
    signed_header = told(headers_digest=headers_digest(((b"x-total", b"1"),)))
    return [
        row("a good answer", told()),
        row("with a header", signed_header, headers=header),
        {**row("a signed refusal", refused), "status": 403},
        {
            **row("an error of the back end, not projected", told(status=500, projection="")),
            "status": 500,
        },
        row("unsigned", b"", bad),
        row("unsigned: too many calls", b"", "EXC-0179", body=b'{"code":"EXC-0177"}'),
        row("unsigned: another reason", b"", bad, body=b'{"code":"EXC-0114"}'),
        row("unsigned: not a problem document", b"", bad, body=b"[]"),
        row("not a statement", b"a.b.c", bad),
        row("signed by another member", told(), bad, signer=world.trf),
        row("signed with a revoked certificate", told(), bad, signer=signers["moi-lost"]),
        row("signed with a certificate that has ended", told(), bad, signer=signers["moi-old"]),
        row("signed with an unlisted certificate", told(), bad, signer=signers["unlisted"]),
        row("a wrong signature", forging.with_signature(good, b"\x01" * 64), bad),
        row("the clock behind", _at(told(), NOW_MS - SKEW_MS - 1000), "EXC-0111"),
        row("the clock ahead", _at(told(), NOW_MS + SKEW_MS + 1000), "EXC-0111"),
        row("a request instead of an answer", replace(told(), type="request", request=""), bad),
        row("a batch that is not agreed", batched, bad),
        row("an answer to another request", other, bad),
        row("addressed to another system", told(receiver="WAHA/GOV/TRF/fines"), bad),
        row(
            "of another service",
            told(sender=str(MOI.subsystem("population").service("whole"))),
            bad,
        ),
        *(
            row(f"telling another {name}", told(**{name: said}), bad)
            for name, said in (
                ("id", "2"),
                ("method", "POST"),
                ("path", "/persons/3000000012"),
                ("agreement", "0" * 64),
                ("purpose", "tax-audit"),
                ("message_id", "2"),
                ("subject", SUBJECT),
                ("issue", "C-18"),
                ("behalf", "WAHA/GOV/MOJ"),
                ("consent", "0" * 64),
            )
        ),
        row("no HTTP status", told(status=99), bad),
        row("a status too large", told(status=600), bad),
        row("another body", told(), bad, body=b"{}"),
        row("a header added", told(), bad, headers=header),
        row("a header removed", signed_header, bad),
        row("not projected", told(projection=""), bad),
        row("projected otherwise", told(projection=projection_digest(("/name",))), bad),
    ]
