"""Clause 9: what each node checks, in order."""

from __future__ import annotations

import base64
import hmac
import json
import re
from datetime import UTC, datetime

from .basics import (
    LIFETIME_MS,
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
from .statements import TEXTS, Signed, block_digest, fits, projection, tree_of


class Node:
    """What one side knows when a call reaches it."""

    def __init__(self, world: Document, side: str, vector: Document) -> None:
        self.side, self.own, self.now_ms = side, world[side], world["now_ms"]
        self.now = datetime.fromtimestamp(self.now_ms / 1000, UTC)
        self.certificates = certificates_of(world)
        content = open_federation(world["federation"], base64.b64decode(world["anchor"]))["content"]
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
            try:
                value = json.loads(body)
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


def covers(operation: Document, method: str, path: str) -> bool:
    """Whether an operation permits a method and a path."""
    parts = re.split(r"\{[A-Za-z0-9_]+\}", operation["path"])
    pattern = "[^/]+".join(re.escape(part) for part in parts)
    return bool(operation["method"] == method and re.fullmatch(pattern, path))


def calls(vector: Document, world: Document) -> Document:
    """Answer a vector of calls as the provider's node."""
    node = Node(world, "provider", vector)
    body = base64.b64decode(vector["body"])
    signed = Signed(vector["statement"])
    says = signed.says
    require(says["type"] == "request", "EXC-0101")
    member = owner(identify("service", says["to"]))
    require(member in node.own["members"], "EXC-0103")
    sender = owner(identify("subsystem", says["from"]))
    signed.token.verify(node.signer(signed, sender, "EXC-0114").x509)
    peer = node.by_tls.get(vector["tls"])
    require(peer is not None and sender in peer["members"], "EXC-0115")
    node.check_time(says)
    require(node.now_ms <= says["expires_ms"], "EXC-0117")
    require(f"{says['from']} {says['id']}" not in node.seen, "EXC-0112")
    require(says["body_digest"] == b64u(sha(body)), "EXC-0113")
    require(says["headers_digest"] == block_digest(vector["headers"]), "EXC-0113")
    terms = node.agreements.get(says["agreement"])
    require(terms is not None, "EXC-0104")
    assert terms is not None
    ends = (terms["consumer"], terms["service"])
    require(ends == (says["from"], says["to"]), "EXC-0104")
    require(says["purpose"] in terms["purposes"] and says["behalf"] == terms["behalf"], "EXC-0104")
    require(not signed.batched or terms["batch"], "EXC-0152")
    asking = node.node_of(sender)
    require(asking is not None and says["zone"] == asking["zone"], "EXC-0109")
    own = node.own["zone"]
    zones = {"consumer": says["zone"], "processing": own, "storage": own}
    node.permit(terms, says, body, zones)
    require(says["to"].rpartition("/")[2] not in node.own["unserved"], "EXC-0123")
    return {}


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
    payload = spell(says).encode()
    seconds = node.now_ms // 1000
    return {"statement": sign(payload, "taysir-statement+jws", seconds, world["keys"][key_name])}


def asked(vector: Document, given: Document, node: Node) -> Document:
    """Return the statement of an information system's request, as far as the request says it."""
    parts = vector["target"].split("/", 7)
    require(len(parts) == 8 and parts[1] == "r1" and given.get("x-road-client"), "EXC-0101")
    consumer = identify("subsystem", given["x-road-client"])
    service = identify("service", "/".join(parts[2:7]))
    named_too = ("taysir-purpose", "taysir-subject", "taysir-consent", "x-road-issue", "x-road-id")
    for name in (*named_too, "x-road-userid", "x-road-represented-party"):
        require(re.fullmatch(r"[\x21-\x7e]{0,255}", given.get(name, "")), "EXC-0101")
    body = base64.b64decode(vector["body"])
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
        "body_type": given.get("content-type", ""),
        "headers_digest": block_digest(vector["headers"]),
        "status": 0,
        "time_ms": node.now_ms,
        "expires_ms": node.now_ms + LIFETIME_MS,
    }


def answers(vector: Document, world: Document) -> Document:
    """Answer a vector of answers as the consumer's node."""
    node, bad = Node(world, "consumer", vector), "EXC-0124"
    sent = Signed(vector["request"])
    call, terms = sent.says, node.agreements[sent.says["agreement"]]
    try:
        signed = Signed(vector["statement"])
    except Refused as error:
        raise Refused(bad) from error
    says = signed.says
    node.check_time(says)
    try:
        signed.token.verify(node.signer(signed, owner(call["to"]), bad).x509)
    except Refused as error:
        raise Refused(bad) from error
    require(says["type"] != "request" and (terms["batch"] or not signed.batched), bad)
    require(says["request"] == sent.digest, bad)
    require((says["to"], says["from"]) == (call["from"], call["to"]), bad)
    require(100 <= says["status"] <= 599, bad)
    require(says["body_digest"] == b64u(sha(base64.b64decode(vector["body"]))), bad)
    require(says["headers_digest"] == block_digest(vector["headers"]), bad)
    if says["type"] == "response" and 200 <= says["status"] < 300:
        require(says["projection"] == projection(terms["fields"]), bad)
    return {"status": says["status"]}
