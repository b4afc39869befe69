"""Clause 9: what each node checks, in order."""

from __future__ import annotations

import base64
import hmac
import json
import re
import struct
from datetime import UTC, datetime

from .basics import (
    LIFETIME_MS,
    NUMBER_MOST,
    SKEW_S,
    Document,
    Refused,
    b64u,
    identify,
    moment,
    owner,
    require,
    sha,
    spell,
)
from .documents import Certificate, certificates_of, open_consent, open_federation, stands
from .signatures import sign
from .statements import (
    KIND,
    TARGET,
    TEXTS,
    Signed,
    block_digest,
    fits,
    projection,
    read_once,
    reason_in,
    reduce_to,
    tree_of,
)


class Node:
    """What one side knows when a call reaches it."""

    def __init__(self, world: Document, side: str, vector: Document) -> None:
        self.side, self.own, self.now_ms = side, world[side], world["now_ms"]
        self.now = datetime.fromtimestamp(self.now_ms / 1000, UTC)
        self.certificates = certificates_of(world)
        document = open_federation(world["federation"], base64.b64decode(world["anchor"]))
        self.expires_at = moment(document["expires_at"], "")
        content = document["content"]
        revoked = {row["thumbprint"] for row in content["revoked"]}
        self.nodes = content["nodes"]
        self.by_tls = {
            name: node for node in self.nodes for name in {node["tls"], *node["tls_also"]} - revoked
        }
        self.agreements = {}
        for item in world["agreements"]:
            state, terms = stands(item, self.certificates)
            if state == "accepted":
                self.agreements[sha(item["document"].encode()).hex()] = terms
        held = [open_consent(item, self.certificates) for item in world["consents"]]
        self.consents = {consent["name"]: consent for consent in held}
        self.seen = set(vector.get("seen", ()))
        self.calls = vector.get("calls_before", 0)
        self.uses = vector.get("consent_uses", 0)

    def node_of(self, member: str) -> Document | None:
        """Return the node that carries a member."""
        return next((node for node in self.nodes if member in node["members"]), None)

    def check_time(self, says: Document) -> None:
        """Check that a statement was signed about now."""
        require(abs(self.now_ms - says["time_ms"]) // 1000 <= SKEW_S, "EXC-0111")

    def signer(self, signed: Signed, member: str, code: str) -> Certificate:
        """Return the certificate of a statement, if it may speak for a member now."""
        certificate = self.certificates.get(signed.token.x5t)
        require(certificate is not None and certificate.member == member, code)
        assert certificate is not None
        require(certificate.revoked_at is None and certificate.valid(self.now), code)
        return certificate

    def permit(self, terms: Document, says: Document, body: bytes, zones: Document) -> None:
        """Ask the policy."""
        start, end = (moment(terms[name], "") for name in ("valid_from", "valid_until"))
        require(start <= self.now < end, "EXC-0106")
        path = says["path"].partition("?")[0]
        require(any(covers(o, says["method"], path) for o in terms["operations"]), "EXC-0105")
        require("sync" in terms["modes"], "EXC-0127")
        if terms["consent_required"] or says["consent"]:
            require(says["consent"], "EXC-0108")
            require(self.consented(terms, says), "EXC-0118")
        for place, allowed in terms["zones"].items():
            require(not allowed or zones[place] in allowed, "EXC-0109")
        quotas = [q for q in terms["quotas"] if q["purpose"] in ("", says["purpose"])]
        require(all(self.calls < quota["calls"] for quota in quotas), "EXC-0107")
        if terms["request_fields"] and body:
            require(JSON_TYPE.fullmatch(says["body_type"]), "EXC-0119")
            try:
                value = read_once(body)
            except ValueError as error:
                raise Refused("EXC-0119") from error
            require(fits(value, tree_of(terms["request_fields"])), "EXC-0119")

    def consented(self, terms: Document, says: Document) -> bool:
        """Whether the consent that a call names covers it."""
        held = self.consents.get(says["consent"])
        if held is None:
            return False
        fields = held["fields"]
        return (
            (held["consumer"], held["service"]) == (terms["consumer"], terms["service"])
            and says["purpose"] in held["purposes"]
            and says["subject"] == held["subject"]
            and held["starts"] <= self.now < held["ends"]
            and (held["revoked_at"] is None or self.now < held["revoked_at"])
            and (not fields or (bool(terms["fields"]) and set(terms["fields"]) <= set(fields)))
            and (held["calls"] is None or self.uses < held["calls"])
        )


JSON_TYPE = re.compile(
    r"(application|text)/([a-z0-9.+-]+\+)?json\s*(;\s*charset=\"?utf-8\"?\s*)?", re.IGNORECASE
)
CLIMBS = re.compile(r"(\.|%2e){1,2}(?:[/;]|%3b|\Z)", re.IGNORECASE)
BREAKS = re.compile(r"%(2f|5c|[01][0-9a-f]|7f)|%(?![0-9a-f]{2})", re.IGNORECASE)


def covers(operation: Document, method: str, path: str) -> bool:
    """Whether an operation permits a method and a path."""
    parts = re.split(r"\{[A-Za-z0-9_]+\}", operation["path"])
    pattern = "([^/]+)".join(re.escape(part) for part in parts)
    match = re.fullmatch(pattern, path)
    if operation["method"] != method or match is None:
        return False
    bad = (CLIMBS.match(path, match.start(n + 1)) for n in range(len(match.groups())))
    return not any(bad) and not any(BREAKS.search(segment) for segment in match.groups())


# What a signed refusal says: HTTP status and X-Road error type (clause 13).
TOLD = {
    "EXC-0107": (429, "AccessDenied"), "EXC-0111": (401, "InvalidRequest"),
    "EXC-0112": (409, "InvalidRequest"), "EXC-0113": (400, "InvalidRequest"),
    "EXC-0117": (401, "InvalidRequest"), "EXC-0121": (502, "NetworkError"),
    "EXC-0122": (502, "ServiceFailed.InvalidResponse"), "EXC-0123": (404, "UnknownService"),
}  # fmt: skip


def calls(vector: Document, world: Document) -> Document:
    """Answer a vector of calls as the provider's node."""
    world = {**world, "now_ms": vector.get("now_ms", world["now_ms"])}
    node = Node(world, "provider", vector)
    signed = authenticated(node, vector)
    try:
        terms = permitted(node, vector, signed)
        says = answered(node, vector, signed, terms, world["provider"]["backend"])
    except Refused as error:
        status, kind = TOLD.get(error.code, (403, "AccessDenied"))
        raise Refused(error.code, status=status, error=f"Server.ServerProxy.{kind}") from error
    body = says.pop("body")
    key = world["keys"][owner(says["from"]).rpartition("/")[2].lower()]
    token = seal(says, node.now_ms, key, batch=terms["batch"])
    return {"answer": token, "answer_body": base64.b64encode(body).decode()}


def authenticated(node: Node, vector: Document) -> Signed:
    """Make the checks before which a refusal is not signed."""
    require(node.now < node.expires_at, "EXC-0110")
    signed = Signed(vector["statement"])
    says = signed.says
    require(says["type"] == "request", "EXC-0101")
    member = owner(identify("service", says["to"]))
    require(member in node.own["members"], "EXC-0103")
    sender = owner(identify("subsystem", says["from"]))
    signed.token.verify(node.signer(signed, sender, "EXC-0114").x509)
    peer = node.by_tls.get(vector["tls"])
    require(peer is not None and sender in peer["members"], "EXC-0115")
    return signed


def permitted(node: Node, vector: Document, signed: Signed) -> Document:
    """Make the checks up to the policy, and return the agreement."""
    says, body = signed.says, base64.b64decode(vector["body"])
    node.check_time(says)
    require(node.now_ms <= says["expires_ms"], "EXC-0117")
    require(f"{says['from']} {says['id']}" not in node.seen, "EXC-0112")
    require(says["body_digest"] == b64u(sha(body)), "EXC-0113")
    require(says["body_length"] == len(body), "EXC-0113")
    require(says["headers_digest"] == block_digest(vector["headers"]), "EXC-0113")
    terms = node.agreements.get(says["agreement"])
    require(terms is not None, "EXC-0104")
    assert terms is not None
    ends = (terms["consumer"], terms["service"])
    require(ends == (says["from"], says["to"]), "EXC-0104")
    require(says["purpose"] in terms["purposes"] and says["behalf"] == terms["behalf"], "EXC-0104")
    require(not signed.batched or terms["batch"], "EXC-0152")
    asking = node.node_of(owner(says["from"]))
    require(asking is not None and says["zone"] == asking["zone"], "EXC-0109")
    own = node.own["zone"]
    node.permit(terms, says, body, {"consumer": says["zone"], "processing": own, "storage": own})
    return terms


def answered(
    node: Node, vector: Document, signed: Signed, terms: Document, backend: Document
) -> Document:
    """Return the statement of the answer, with its body."""
    asked_for = signed.says
    require(asked_for["to"].rpartition("/")[2] not in node.own["unserved"], "EXC-0123")
    told = vector.get("backend", backend)
    require(told is not None, "EXC-0121")
    body, digest = base64.b64decode(told["body"]), ""
    if not 200 <= told["status"] < 300 and terms["fields"]:
        body = reason_in(body)
    elif body and terms["fields"]:
        try:
            reduced = reduce_to(json.loads(body), tree_of(terms["fields"]))
        except ValueError as error:
            raise Refused("EXC-0122") from error
        body = json.dumps(reduced, ensure_ascii=False, separators=(",", ":")).encode()
        digest = projection(terms["fields"])
    return {
        **asked_for,
        "type": "response",
        "from": asked_for["to"],
        "to": asked_for["from"],
        "body_digest": b64u(sha(body)),
        "body_length": len(body),
        "body_type": "application/json",
        "headers_digest": "",
        "time_ms": node.now_ms,
        "expires_ms": node.now_ms + LIFETIME_MS,
        "consent": "",
        "projection": digest,
        "zone": node.own["zone"],
        "request": signed.digest,
        "status": told["status"],
        "body": body,
    }


def seal(says: Document, now_ms: int, key: Document, *, batch: bool) -> str:
    """Sign a statement, as a batch of one where the agreement has batches."""
    payload, seconds = spell(says).encode(), now_ms // 1000
    if not batch:
        return sign(payload, typ="taysir-statement+jws", iat=seconds, key=key)
    root = b64u(sha(b"\0" + payload))
    manifest = spell({"root": root, "size": 1, "time_ms": now_ms, "type": "manifest"})
    signed = sign(manifest.encode(), typ="taysir-manifest+jws", iat=seconds, key=key)
    return f"{b64u(payload)}.{b64u(struct.pack('>II', 0, 1))}.{signed}"


def requests(vector: Document, world: Document) -> Document:
    """Answer a vector of requests as the consumer's node."""
    node = Node(world, "consumer", vector)
    given = dict(reversed(vector["headers"]))
    says = asked(vector, given, node)
    require(owner(says["from"]) in node.own["members"], "EXC-0103")
    peer = node.node_of(owner(says["to"]))
    require(peer is not None, "EXC-0102")
    assert peer is not None
    body = base64.b64decode(vector["body"])
    covering = [
        (name, terms)
        for name, terms in node.agreements.items()
        if (terms["consumer"], terms["service"]) == (says["from"], says["to"])
        and says["purpose"] in terms["purposes"]
        and says["behalf"] == terms["behalf"]
    ]
    require(covering, "EXC-0104")
    name, terms = covering[0]
    own = node.own["zone"]
    number = given.get("taysir-subject", "")
    key = bytes.fromhex(world["subject_key"])
    says |= {
        "agreement": name,
        "subject": b64u(hmac.digest(key, number.encode(), "sha256")) if number else "",
        "id": world["new_id"],
        "zone": own,
    }
    says["message_id"] = given.get("x-road-id") or f"{says['from'].split('/')[0]}-{says['id']}"
    node.permit(terms, says, body, {"consumer": own, "processing": peer["zone"], "storage": own})
    key_name = owner(says["from"]).rpartition("/")[2].lower()
    token = seal(says, node.now_ms, world["keys"][key_name], batch=terms["batch"])
    return {"statement": token}


def asked(vector: Document, given: Document, node: Node) -> Document:
    """Return the statement of an information system's request, as far as the request says it."""
    parts = vector["target"].split("/", 7)
    require(len(parts) == 8 and parts[1] == "r1" and given.get("x-road-client"), "EXC-0101")
    consumer = identify("subsystem", given["x-road-client"])
    service = identify("service", "/".join(parts[2:7]))
    named_too = ("taysir-purpose", "taysir-subject", "taysir-consent", "x-road-issue", "x-road-id")
    for name in (*named_too, "x-road-userid", "x-road-represented-party"):
        require(re.fullmatch(r"[\x21-\x7e]{0,255}", given.get(name, "")), "EXC-0101")
    body, kind = base64.b64decode(vector["body"]), given.get("content-type", "")
    require(TARGET.fullmatch(vector["target"]) and KIND.fullmatch(kind), "EXC-0101")
    require(len(kind) <= NUMBER_MOST, "EXC-0101")
    return {
        **dict.fromkeys(TEXTS, ""),
        "type": "request",
        "from": consumer,
        "to": service,
        "method": vector["method"],
        "path": f"/{parts[7]}",
        "purpose": given.get("taysir-purpose", ""),
        "behalf": given.get("x-road-represented-party", ""),
        "consent": given.get("taysir-consent", ""),
        "issue": given.get("x-road-issue", ""),
        "body_digest": b64u(sha(body)),
        "body_length": len(body),
        "body_type": kind,
        "headers_digest": block_digest(vector["headers"]),
        "status": 0,
        "time_ms": node.now_ms,
        "expires_ms": node.now_ms + LIFETIME_MS,
    }


CROWDED = {"EXC-0176", "EXC-0177", "EXC-0178"}


def code_in(body: bytes) -> str:
    """Return the code of a problem document, or nothing."""
    try:
        told = json.loads(body)
    except ValueError:
        return ""
    return str(told.get("code", "")) if isinstance(told, dict) else ""


SAME = (
    "id", "method", "path", "agreement", "behalf", "purpose", "message_id", "subject", "issue"
)  # fmt: skip


def answers(vector: Document, world: Document) -> Document:
    """Answer a vector of answers as the consumer's node."""
    node, bad = Node(world, "consumer", vector), "EXC-0124"
    sent = Signed(vector["request"])
    call, terms = sent.says, node.agreements[sent.says["agreement"]]
    try:
        signed = Signed(vector["statement"])
    except Refused as error:
        body = base64.b64decode(vector["body"])
        crowded = not vector["statement"] and code_in(body) in CROWDED
        raise Refused("EXC-0179" if crowded else bad) from error
    says = signed.says
    node.check_time(says)
    try:
        signed.token.verify(node.signer(signed, owner(call["to"]), bad).x509)
    except Refused as error:
        raise Refused(bad) from error
    require(says["type"] != "request" and (terms["batch"] or not signed.batched), bad)
    require(says["request"] == sent.digest, bad)
    require((says["to"], says["from"]) == (call["from"], call["to"]), bad)
    require(all(says[name] == call[name] for name in SAME) and not says["consent"], bad)
    require(100 <= says["status"] <= 599, bad)
    body = base64.b64decode(vector["body"])
    require(says["body_digest"] == b64u(sha(body)), bad)
    require(says["body_length"] == len(body), bad)
    require(says["headers_digest"] == block_digest(vector["headers"]), bad)
    if says["type"] == "response" and 200 <= says["status"] < 300:
        require(says["projection"] == projection(terms["fields"]), bad)
    return {"status": says["status"]}
