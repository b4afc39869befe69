"""Clauses 4, 5 and 6: the federation document, agreements, consents."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cryptography import x509

from .basics import (
    CODE_MOST,
    DAYS_MOST,
    LISTED_MOST,
    Document,
    Json,
    Refused,
    b64u,
    identify,
    moment,
    owner,
    read_canonical,
    require,
    sha,
    spell,
    un_b64u,
)
from .signatures import Token, certified, named

CONTENT = frozenset(
    {
        "instance", "authority", "members", "nodes", "subsystems", "services", "zones", "revoked",
        "witnesses", "logs", "purposes", "regulations", "quorum", "time_stampers",
    }
)  # fmt: skip


def open_federation(text: str, anchor: bytes) -> Document:
    """Check a federation document and return it."""
    token = Token(text, "taysir-federation+jws")
    chain = token.header.get("x5c")
    require(isinstance(chain, list) and len(chain) == 1 and isinstance(chain[0], str), "EXC-0501")
    assert isinstance(chain, list)
    try:
        der = base64.b64decode(chain[0], validate=True)
    except ValueError as error:
        raise Refused("EXC-0501") from error
    require(b64u(sha(der)) == token.x5t, "EXC-0501")
    token.verify(x509.load_der_x509_certificate(der))
    told: Document = read_canonical(token.payload)
    members = {"format", "serial", "issued_at", "expires_at", "content"}
    require(isinstance(told, dict) and set(told) == members, "EXC-0501")
    require(isinstance(told["serial"], int) and set(told["content"]) == CONTENT, "EXC-0501")
    issued, expires = (moment(told[name], "EXC-0501") for name in ("issued_at", "expires_at"))
    require(told["format"] == "taysir-federation/1" and issued < expires, "EXC-0501")
    certified(der, anchor=anchor, use="federation", at=issued)
    return told


class Certificate:
    """A member's certificate as the federation document lists it."""

    def __init__(self, der: bytes, member: str, anchor: bytes, revoked_at: str | None) -> None:
        start = x509.load_der_x509_certificate(der).not_valid_before_utc
        self.x509 = certified(der, anchor=anchor, use="member", at=start)
        require(named(self.x509)[1] == member, "EXC-0501")
        self.member = member
        self.revoked_at = moment(revoked_at, "EXC-0501") if revoked_at else None

    def valid(self, at: datetime) -> bool:
        """Whether a time lies in the certificate's validity."""
        return self.x509.not_valid_before_utc <= at < self.x509.not_valid_after_utc


def certificates_of(world: Document) -> dict[str, Certificate]:
    """Return every member's certificates by thumbprint."""
    anchor = base64.b64decode(world["anchor"])
    content = open_federation(world["federation"], anchor)["content"]
    revoked = {row["thumbprint"]: row["at"] for row in content["revoked"]}
    found = {}
    for row in content["members"]:
        for text in row["certificates"]:
            der = un_b64u(text)
            name = b64u(sha(der))
            found[name] = Certificate(der, row["id"], anchor, revoked.get(name))
    return found


def federation(vector: Document, world: Document) -> Document:
    """Answer a vector of the federation document."""
    return {"serial": open_federation(vector["token"], base64.b64decode(world["anchor"]))["serial"]}


POINTER = re.compile(r"(/([^~/]|~[01])*)+")
PURPOSE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
BASIS = re.compile(r"[A-Za-z0-9]+([._/:-][A-Za-z0-9]+)*")
ZONE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LITERAL = "[A-Za-z0-9._~!$&'()*+,;=:@%-]*"
PATH = re.compile(rf"(/{LITERAL}(\{{[A-Za-z0-9_]+\}}{LITERAL})?)+")
TERMS: Document = {
    "format": str, "consumer": str, "service": str, "behalf": str, "purposes": [str],
    "legal_basis": str, "operations": [{"method": str, "path": str}], "request_fields": [str],
    "fields": [str], "classification": str,
    "zones": {"consumer": [str], "processing": [str], "storage": [str]}, "retention_days": int,
    "quotas": [{"calls": int, "per": str, "purpose": str}], "consent_required": bool,
    "modes": [str], "batch": bool, "approver": str, "valid_from": str, "valid_until": str,
    "counters": str, "supersedes": str,
}  # fmt: skip


def shaped(value: Json, shape: Json) -> bool:
    """Whether a value has a shape: a type, a list of shapes, exactly these members."""
    if isinstance(shape, list):
        return isinstance(value, list) and all(shaped(item, shape[0]) for item in value)
    if isinstance(shape, dict):
        if not isinstance(value, dict) or set(value) != set(shape):
            return False
        return all(shaped(value[name], inner) for name, inner in shape.items())
    return type(value) is shape


def coded(text: str, form: re.Pattern[str]) -> bool:
    """Whether a text is a code of a form."""
    return len(text) <= CODE_MOST and form.fullmatch(text) is not None


def read_terms(document: bytes) -> Document:
    """Read an agreement."""
    bad = "EXC-0511"
    terms: Document = read_canonical(document)
    require(shaped(terms, TERMS) and terms["format"] == "taysir-agreement/2", bad)
    start, end = (moment(terms[name], bad) for name in ("valid_from", "valid_until"))
    require(timedelta(0) < end - start <= timedelta(days=DAYS_MOST), bad)
    identify("subsystem", terms["consumer"])
    identify("service", terms["service"])
    for member in filter(None, (terms["behalf"], terms["approver"])):
        identify("member", member)
    require(terms["behalf"] != owner(terms["consumer"]), bad)
    lists = [
        terms[name] for name in ("fields", "request_fields", "operations", "purposes", "quotas")
    ]
    require(all(len(items) <= LISTED_MOST for items in lists), bad)
    require(all(len({spell(item) for item in items}) == len(items) for items in lists), bad)
    require(all(POINTER.fullmatch(item) for item in terms["fields"] + terms["request_fields"]), bad)
    require(terms["purposes"] and all(coded(item, PURPOSE) for item in terms["purposes"]), bad)
    require(coded(terms["legal_basis"], BASIS), bad)
    require(all(coded(zone, ZONE) for zones in terms["zones"].values() for zone in zones), bad)
    methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}
    require(terms["operations"], bad)
    require(all(item["method"] in methods for item in terms["operations"]), bad)
    require(all(PATH.fullmatch(item["path"]) for item in terms["operations"]), bad)
    require(terms["modes"] and {*terms["modes"]} <= {"sync", "async", "event", "stream"}, bad)
    require(terms["classification"] in ("public", "restricted", "secret", "top-secret"), bad)
    require(terms["retention_days"] >= 0, bad)
    quotas = terms["quotas"]
    require(all(item["calls"] > 0 for item in quotas), bad)
    require(all(item["per"] in ("minute", "hour", "day", "month") for item in quotas), bad)
    require(all(item["purpose"] in ("", *terms["purposes"]) for item in quotas), bad)
    require(len({(item["per"], item["purpose"]) for item in quotas}) == len(quotas), bad)
    others = (terms["counters"], terms["supersedes"])
    require(all(not name or re.fullmatch("[0-9a-f]{64}", name) for name in others), bad)
    return terms


def parties_of(terms: Document) -> set[str]:
    """Return the members that must accept."""
    named_too = {terms["behalf"], terms["approver"]}
    return {owner(terms["consumer"]), owner(terms["service"]), *named_too} - {""}


def judged(token: Token, by: str, at: datetime, known: dict[str, Certificate], code: str) -> None:
    """Check that a document was signed with a certificate of a member that held at a time."""
    certificate = known.get(token.x5t)
    require(certificate is not None and certificate.member == by, code)
    assert certificate is not None
    require(certificate.revoked_at is None or at < certificate.revoked_at, code)
    require(certificate.valid(at), code)
    token.verify(certificate.x509)


def stands(item: Document, known: dict[str, Certificate]) -> tuple[str, Document]:
    """Return where an agreement stands, and its terms."""
    bad, document = "EXC-0511", item["document"].encode()
    terms = read_terms(document)
    for by, text in item["accepts"].items():
        token = Token(text, "taysir-agreement-accept+jws", detached=document)
        require(token.header.get("by") == by and by in parties_of(terms), bad)
        iat = token.header.get("iat")
        require(type(iat) is int and iat > 0, bad)
        assert isinstance(iat, int)
        judged(token, by, datetime.fromtimestamp(iat, UTC), known, bad)
    for says in endings(item, terms, known):
        return {"reject": "rejected", "revoke": "revoked"}[says["action"]], terms
    return ("accepted" if set(item["accepts"]) == parties_of(terms) else "proposed"), terms


def endings(item: Document, terms: Document, known: dict[str, Certificate]) -> Iterator[Document]:
    """Yield the endings of an agreement that hold, with their time."""
    bad, document = "EXC-0511", item["document"].encode()
    for text in item["ends"]:
        token = Token(text, "taysir-agreement-end+jws")
        told = read_canonical(token.payload)
        shape = {"agreement": str, "action": str, "by": str, "at": str, "reason": str}
        require(shaped(told, shape) and told["action"] in ("reject", "revoke"), bad)
        require(told["agreement"] == sha(document).hex() and told["by"] in parties_of(terms), bad)
        judged(token, told["by"], moment(told["at"], bad), known, bad)
        yield {**told, "moment": moment(told["at"], bad)}


def superseded_from(item: Document, known: dict[str, Certificate]) -> datetime | None:
    """Return from when an agreement ends the one that it names, or None."""
    _, terms = stands(item, known)
    if not terms["supersedes"] or set(item["accepts"]) != parties_of(terms):
        return None
    document = item["document"].encode()
    tokens = (
        Token(text, "taysir-agreement-accept+jws", detached=document)
        for text in item["accepts"].values()
    )
    complete = datetime.fromtimestamp(max(token.header["iat"] for token in tokens), UTC)
    if any(ending["moment"] < complete for ending in endings(item, terms, known)):
        return None
    return max(complete, moment(terms["valid_from"], "EXC-0511"))


def standing(vector: Document, world: Document) -> Document:
    """Answer a vector of agreements beside each other."""
    known, now = certificates_of(world), datetime.fromtimestamp(world["now_ms"] / 1000, UTC)
    held = {sha(item["document"].encode()).hex(): item for item in vector["agreements"]}
    name = vector["of"]
    state, terms = stands(held[name], known)
    others = [(item, *stands(item, known)) for item in held.values()]
    about = (terms["consumer"], terms["service"])
    others = [row for row in others if (row[2]["consumer"], row[2]["service"]) == about]
    if state == "accepted":
        for item, _, theirs in others:
            since = superseded_from(item, known)
            if theirs["supersedes"] == name and since is not None and since <= now:
                return {"state": "superseded"}
    open_states = ("proposed", "accepted")
    if state in open_states and now >= moment(terms["valid_until"], "EXC-0511"):
        return {"state": "expired"}
    countered = any(
        theirs["counters"] == name and item["accepts"] and where in open_states
        for item, where, theirs in others
    )
    return {"state": "countered" if state == "proposed" and countered else state}


def agreements(vector: Document, world: Document) -> Document:
    """Answer a vector of agreements."""
    state, _ = stands(vector, certificates_of(world))
    return {"sha256": sha(vector["document"].encode()).hex(), "state": state}


def open_consent(item: Document, known: dict[str, Certificate]) -> Document:
    """Check a consent and return what it says, with its name and the time of its revocation."""
    bad = "EXC-0515"
    token = Token(item["token"], "taysir-consent+jws")
    says: Document = read_canonical(token.payload)
    shape: Document = {
        "format": str, "consumer": str, "service": str, "purposes": [str], "subject": str,
        "fields": [str], "start": str, "end": str, "revocable": bool, "collected_by": str,
        "collected_at": str,
    }  # fmt: skip
    extra = {"calls", "per"}
    require(isinstance(says, dict) and set(says) == set(shape) | extra, bad)
    require(shaped({name: says[name] for name in shape}, shape), bad)
    require(says["calls"] is None or type(says["calls"]) is int, bad)
    require(says["per"] in (None, "minute", "hour", "day", "month"), bad)
    start, end, at = (moment(says[name], bad) for name in ("start", "end", "collected_at"))
    for kind in ("consumer", "service"):
        identify("subsystem" if kind == "consumer" else kind, says[kind])
    identify("member", says["collected_by"])
    require(says["format"] == "taysir-consent/1" and says["subject"], bad)
    require(says["purposes"] and all(PURPOSE.fullmatch(item) for item in says["purposes"]), bad)
    require(all(POINTER.fullmatch(item) for item in says["fields"]), bad)
    require(timedelta(0) < end - start <= timedelta(days=DAYS_MOST), bad)
    require(says["calls"] is None or says["calls"] > 0, bad)
    require(says["per"] is None or says["calls"] is not None, bad)
    judged(token, says["collected_by"], at, known, bad)
    name = sha(token.payload).hex()
    revoked_at = _revoked(item["revocation"], says, name, known) if item["revocation"] else None
    return {**says, "name": name, "starts": start, "ends": end, "revoked_at": revoked_at}


def _revoked(text: str, says: Document, name: str, known: dict[str, Certificate]) -> datetime:
    bad = "EXC-0515"
    token = Token(text, "taysir-consent-revocation+jws")
    told = read_canonical(token.payload)
    require(shaped(told, {"consent": str, "by": str, "at": str}), bad)
    may = {says["collected_by"], owner(says["consumer"]), owner(says["service"])}
    require(told["consent"] == name and told["by"] in may and says["revocable"], bad)
    at = moment(told["at"], bad)
    judged(token, told["by"], at, known, bad)
    return at


def consents(vector: Document, world: Document) -> Document:
    """Answer a vector of consents."""
    consent = open_consent(vector, certificates_of(world))
    return {"sha256": consent["name"], "revoked": consent["revoked_at"] is not None}
