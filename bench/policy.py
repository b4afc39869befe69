"""How long the exchange thinks about one call: decision, projection, consent, OpenAPI conformity.

An agreement with every condition set is decided on, a consent is looked up in its file, and a
kilobyte of JSON is held to a schema. The figures are the best of several rounds, because other
programs on the machine only add time.
"""

from __future__ import annotations

import tempfile
import timeit
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from taysir.exchange.consent import ConsentTerms, sign_consent
from taysir.exchange.consents import ConsentShelf
from taysir.exchange.model import (
    Agreement,
    Classification,
    Consent,
    Direction,
    MemberCertificate,
    Operation,
    Period,
    Quota,
    Zones,
)
from taysir.exchange.policy import CallFacts, compile_agreement, decide_call, projector
from taysir.exchange.validation import compile_description
from taysir.kernel.certificates import Subject, Use, Validity, new_key, self_signed
from taysir.kernel.identifiers import MemberId

ROUNDS = 60
CALLS = 200
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MEMBER = MemberId("WAHA", "GOV", "ASK")
CONSUMER = MEMBER.subsystem("portal")
SERVICE = MemberId("WAHA", "GOV", "ANS").subsystem("population").service("persons")
BODY = orjson.dumps({"id": "7", "name": "x" * 900, "born": "1990-01-01", "secret": "y" * 60})
SCHEMA = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "string", "pattern": "^[0-9]+$"}, "name": {"type": "string"}},
}


def run() -> list[dict[str, Any]]:
    """Return one row a measure."""
    plain, full = _agreements()
    for agreement in (plain, full):
        compile_agreement(agreement)
    simple = CallFacts(method="GET", path="/persons/7", purpose="tax", zone="z1", at=NOW)
    whole = _full_call()
    assert not decide_call(plain, call=simple)
    assert not decide_call(full, call=whole)
    project, check = projector(("/id", "/born")), _operation()
    return [
        _row("decision, operations and dates only", lambda: decide_call(plain, call=simple), 10),
        _row("decision, every condition set", lambda: decide_call(full, call=whole), 10),
        _row("consent looked up in its file", _consent_look_up(), None),
        _row("projection of 1 KB onto two fields", lambda: project(BODY), None),
        _row(
            "request held to OpenAPI (path parameter, 1 KB body)",
            lambda: check.request_fault(
                "/persons/7", header=lambda _name: "", body=BODY, media_type="application/json"
            ),
            None,
        ),
        _row(
            "answer held to OpenAPI (1 KB)",
            lambda: check.answer_fault(200, body=BODY, media_type="application/json", head=False),
            None,
        ),
    ]


def _agreements() -> tuple[Agreement, Agreement]:
    operations = tuple(
        Operation(method=method, path=path)
        for method, path in (
            ("GET", "/persons/{id}"),
            ("POST", "/persons/{id}"),
            ("GET", "/persons/{id}/children"),
        )
    )
    given: dict[str, Any] = {
        "consumer": CONSUMER,
        "service": SERVICE,
        "purposes": ("tax",),
        "legal_basis": "tax-law/12",
        "operations": operations,
        "fields": ("/id", "/born"),
        "classification": Classification.RESTRICTED,
        "valid_from": NOW - timedelta(days=1),
        "valid_until": NOW + timedelta(days=1),
    }
    full = Agreement(
        hash="b" * 64,
        request_fields=("/id", "/reason/code"),
        zones=Zones(
            consumer=frozenset({"z1"}),
            processing=frozenset({"z2"}),
            storage=frozenset({"z3"}),
        ),
        quotas=(
            Quota(calls=100, per=Period.MINUTE),
            Quota(calls=1000, per=Period.DAY, purpose="tax"),
        ),
        consent_required=True,
        **given,
    )
    return Agreement(hash="a" * 64, **given), full


def _full_call() -> CallFacts:
    consent = Consent(
        hash="c" * 64,
        consumer=CONSUMER,
        service=SERVICE,
        purposes=frozenset({"tax"}),
        subject="pseudonym",
        fields=frozenset({"/id", "/born", "/name"}),
        start=NOW - timedelta(days=1),
        end=NOW + timedelta(days=1),
        calls=10,
        per=Period.DAY,
    )
    return CallFacts(
        method="POST",
        path="/persons/7",
        purpose="tax",
        subject="pseudonym",
        body=b'{"id":"7","reason":{"code":"x"}}',
        body_type="application/json",
        zone="z1",
        processing_zone="z2",
        storage_zone="z3",
        at=NOW,
        calls=(1, 1),
        consent="c" * 64,
        held=consent,
        consent_uses=1,
    )


def _operation() -> Any:
    content = {"application/json": {"schema": SCHEMA}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Persons", "version": "1"},
        "paths": {
            "/persons/{id}": {
                "post": {
                    "parameters": [
                        {
                            "name": "id",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "integer"},
                        }
                    ],
                    "requestBody": {"content": content},
                    "responses": {"200": {"description": "", "content": content}},
                }
            }
        },
    }
    found = compile_description(orjson.dumps(document)).find("POST", "/persons/7")
    assert found is not None
    return found


def _consent_look_up() -> Callable[[], object]:
    signer = self_signed(
        Subject(use=Use.AUTHORITY, identifier=str(MEMBER), organization="Bench"),
        key=new_key(),
        serial=1,
        validity=Validity.days(30, now=NOW),
    )
    certificate = MemberCertificate(
        member=MEMBER,
        der=signer.certificate_der,
        thumbprint=signer.thumbprint,
        public_key=signer.key.public_key(),
        valid_from=NOW - timedelta(days=1),
        valid_until=NOW + timedelta(days=30),
        revoked_at=None,
    )
    folder = tempfile.TemporaryDirectory(prefix="taysir-bench-")
    shelf = ConsentShelf(
        Path(folder.name) / "consents.sqlite",
        find={signer.thumbprint: certificate}.get,
        now_ms=lambda: int(NOW.timestamp() * 1000),
    )
    terms = ConsentTerms(
        consumer=str(CONSUMER),
        service=str(SERVICE),
        purposes=("tax",),
        subject="pseudonym",
        start=NOW,
        end=NOW + timedelta(days=1),
        calls=5,
        collected_by=str(MEMBER),
        collected_at=NOW,
    )
    digest = shelf.put(sign_consent(terms, signer=signer)).hash

    def look_up() -> object:
        found = shelf.find(digest)
        return folder, found, shelf.uses(digest, direction=Direction.SENT)

    return look_up


def _row(name: str, measured: Callable[[], object], target_us: float | None) -> dict[str, Any]:
    best = min(timeit.repeat(measured, number=CALLS, repeat=ROUNDS)) / CALLS
    value = round(best * 1e6, 2)
    return {
        "name": name,
        "value": value,
        "unit": "µs",
        "target": target_us,
        "met": None if target_us is None else value < target_us,
    }
