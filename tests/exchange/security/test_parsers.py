"""Whatever the bytes are: our own refusal, in a time and memory that grow no faster than they."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taysir.exchange.evidence_journal import JOURNAL_FILE
from taysir.exchange.federation import TYPE as FEDERATION
from taysir.exchange.federation import FederationDirectory, open_federation
from taysir.exchange.frames import FrameReader
from taysir.exchange.log_trust import log_trust
from taysir.exchange.membership import read_membership
from taysir.exchange.model import Operation
from taysir.exchange.package import unpack
from taysir.exchange.policy import foreign_field, permits, projector
from taysir.exchange.stamping import verify_stamp
from taysir.exchange.terms import OperationTerms, check_terms
from taysir.exchange.trust_status import read_status
from taysir.exchange.verifier import verify_package
from taysir.exchange.witness import AddCheckpoint
from taysir.kernel import limits
from taysir.kernel.canonical import canonical_json, parse_json
from taysir.kernel.checkpoint import open_note
from taysir.kernel.errors import Problem
from taysir.kernel.signature import base64url_bytes, from_base64url, open_compact, sign_compact
from taysir.kernel.statement import TYPE, parse_statement
from taysir.kernel.tlog_proof import parse_proof
from tests.conformance.second.statements import TEXTS
from tests.conformance.test_two_implementations import changed
from tests.exchange.logged_country import logged_country, stamped_package
from tests.exchange.small_country import NOW, country, terms
from tests.exchange.test_evidence_log import resealed

PLACE = logged_country()
ANCHOR = PLACE.authority.root.certificate_der
SAYS = json.loads(from_base64url(PLACE.token.split(b".")[1]))
HEAD = json.loads(from_base64url(PLACE.token.split(b".")[0]))
FILES = unpack(stamped_package())
LOOSE = sorted(set(FILES) - {"manifest.json", "manifest.jws"})

READERS: dict[str, Callable[[bytes], object]] = {
    "statement": parse_statement,
    "json": parse_json,
    "token": lambda data: open_compact(data, typ=TYPE),
    "frame": lambda data: list(FrameReader().feed(data)),
    "note": lambda data: open_note(data, keys=()),
    "proof": parse_proof,
    "witness": AddCheckpoint.parse,
    "membership": read_membership,
    "federation": lambda data: open_federation(data, anchor=ANCHOR),
    "package": verify_package,
    "stamp": lambda data: verify_stamp(data, data=b"", roots=[ANCHOR]),
    "status": lambda data: read_status(data, authority=ANCHOR),
    "fields of a request": lambda data: foreign_field(data, fields=("/a/b",)),
}


def refusal(read: Callable[[bytes], object], data: bytes) -> str:
    """The code of a refusal, or nothing; anything else that is raised fails the test."""
    try:
        read(data)
    except Problem as problem:
        return problem.code
    return ""


@pytest.mark.parametrize("name", sorted(READERS))
@given(data=st.binary(max_size=300))
def test_bytes_of_any_kind_meet_our_own_refusal(name: str, data: bytes) -> None:
    """No reader throws what its caller does not expect."""
    refusal(READERS[name], data)


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "a text without an end": lambda n: b'"' + b'\\"' * n,
    "texts without an end": lambda n: b'"a' * n,
    "lists in lists": lambda n: b"[" * n,
    "objects in objects": lambda n: b'{"a":' * n,
    "digits": lambda n: b"1" * n,
    "digits with an exponent": lambda n: b"1" * n + b"e9",
    "names": lambda n: b"{" + b",".join(b'"%d":0' % i for i in range(n // 8)) + b"}",
    "line feeds": lambda n: b"\n" * n,
    "dots": lambda n: b"." * n,
    "a long name of a note": lambda n: b"a\n1\nAA==\n\n" + "— ".encode() * (n // 4) + b"\n",
}


@pytest.mark.parametrize("name", sorted(READERS))
@pytest.mark.parametrize("shape", sorted(HOSTILE))
def test_hostile_shapes_take_no_time_to_refuse(name: str, shape: str) -> None:
    """A quarter of a megabyte: a reader that looked at each byte for each byte would not end."""
    refusal(READERS[name], HOSTILE[shape](250_000))


def head_of(size: int) -> bytes:
    """A statement's header that takes so many characters in a token."""
    said = {"alg": "ES256", "iat": 0, "typ": TYPE, "x": "", "x5t#S256": "a"}
    bare = len(base64url_bytes(canonical_json(said)))
    for length in range((size - bare) * 3 // 4 - 4, (size - bare) * 3 // 4 + 4):
        made = base64url_bytes(canonical_json({**said, "x": "a" * length}))
        if len(made) == size:
            return made
    raise AssertionError(size)


def test_headers_of_tokens_are_bounded_before_they_are_read() -> None:
    """At the bound a header is read, and the payload refused; beyond it nothing is read."""
    at_bound = head_of(limits.JWS_HEAD_BYTES)
    assert refusal(parse_statement, at_bound + b".e30." + b"A" * 86) == "KRN-0301"
    assert refusal(parse_statement, b"A" + at_bound + b".e30." + b"A" * 86) == "KRN-0205"


def test_signatures_are_bounded_before_they_are_read() -> None:
    """A token whose signature is never looked at must not hold megabytes in memory."""
    head = head_of(200)
    at_bound = b"A" * limits.JWS_SIGNATURE_BYTES
    assert refusal(parse_statement, head + b".e30." + at_bound) == "KRN-0301"
    assert refusal(parse_statement, head + b".e30." + at_bound + b"AAAA") == "KRN-0205"


def statement_of(**members: Any) -> bytes:
    """A token, not truly signed, of a statement with members changed."""
    said: dict[str, Any] = {
        **dict.fromkeys(TEXTS, ""),
        "body_length": 0, "expires_ms": 1, "id": "1", "method": "GET", "path": "/", "status": 0,
        "time_ms": 1, "type": "request",
    }  # fmt: skip
    head = canonical_json({"alg": "ES256", "iat": 0, "typ": TYPE, "x5t#S256": "a"})
    payload = canonical_json({**said, **members})
    return b".".join((base64url_bytes(head), base64url_bytes(payload), b"A" * 86))


def test_statements_and_their_numbers_are_bounded() -> None:
    """At each bound a statement is read, one character beyond it is refused."""
    bare = len(from_base64url(statement_of(path="/").split(b".")[1]))
    for good, bad in (
        ({"path": "/" + "a" * (limits.STATEMENT_BYTES - bare)}, "a"),
        ({"id": "a" * limits.STATEMENT_ID_CHARACTERS}, "a"),
        ({"message_id": "a" * limits.STATEMENT_ID_CHARACTERS}, "a"),
    ):
        assert refusal(parse_statement, statement_of(**good)) == ""
        [(name, text)] = good.items()
        assert refusal(parse_statement, statement_of(**{name: text + bad})) == "KRN-0301"


def test_no_agreement_makes_a_path_costly_to_match() -> None:
    """Several parameters in one segment would: each may end wherever the next begins."""
    check_terms(terms(operations=(OperationTerms(method="GET", path="/a/{b}/c{d}e"),)))
    with pytest.raises(Problem) as refused:
        check_terms(terms(operations=(OperationTerms(method="GET", path="/a/{b}{c}"),)))
    assert refused.value.code == "EXC-0511"
    [widest] = (Operation(method="GET", path="/" + "/".join(["{a}"] * 200) + "/x"),)
    assert not permits((widest,), method="GET", path="/a" * 200 + "/" + "a" * 4000)


@pytest.mark.parametrize("depth", [limits.JSON_NESTING - 2, limits.JSON_NESTING + 2, 900, 2000])
def test_the_fields_of_bottomless_bodies_are_decided_all_the_same(depth: int) -> None:
    """A list in a list is looked through as far as documents go, and no further."""
    body = b"[" * depth + b"]" * depth
    within = depth <= limits.JSON_NESTING
    assert (foreign_field(body, fields=("/a",)) is None) == within
    if within:
        assert projector(("/a",))(body) == body
    else:
        with pytest.raises(ValueError, match=r"deep|depth"):
            projector(("/a",))(body)


@given(st.data())
def test_a_federation_document_that_says_something_else_throws_nothing(data: st.DataObject) -> None:
    """The authority's own key signs it: a mistake there must not stop every node."""
    try:
        payload = canonical_json(data.draw(changed(SAYS)))
    except Problem:
        return
    token = sign_compact(
        payload, signer=PLACE.authority.signer, header={"typ": FEDERATION, "x5c": HEAD["x5c"]}
    )

    def take(token: bytes) -> None:
        document = open_federation(token, anchor=ANCHOR)
        FederationDirectory(
            document, anchor=ANCHOR, agreements=[country().agreement], now=lambda: NOW
        )
        log_trust(document.content)

    refusal(take, token)
    refusal(verify_package, resealed({**FILES, "federation.jws": token}))


@given(st.data(), st.sampled_from(LOOSE))
def test_a_package_with_any_file_changed_is_judged_and_throws_nothing(
    data: st.DataObject, name: str
) -> None:
    """Its producer signs it anew; the report names what does not hold."""
    content = bytearray(FILES[name] or b"x")
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    if bytes(content) == FILES[name]:
        return
    report = verify_package(resealed({**FILES, name: bytes(content)}), anchor=ANCHOR)
    # When a node kept its record, and how it calls the outcome, is its own word.
    assert not report.valid or name == JOURNAL_FILE
