"""The keys, certificates and agreements of the sample country, made once.

One authority certifies members, nodes and seals; each member signs with its own key; each pair of
parties signs its agreement, which both parties' nodes then hold.
"""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from taysir.country.layout import HOST, INSTANCE, NODE_MEMBERS, CountryLayout
from taysir.country.sharing import sharing_terms
from taysir.country.transparency import ensure_log_keys, log_rows, witness_rows
from taysir.exchange.authority import (
    Authority,
    create_authority,
    issue_member,
    issue_node,
    open_authority,
    read_content,
    write_federation,
)
from taysir.exchange.contracts import (
    SignedAgreement,
    agree,
    propose,
    read_agreements,
    write_agreement,
)
from taysir.exchange.federation import (
    Content,
    MemberRow,
    Names,
    NodeRow,
    ServiceRow,
    SubsystemRow,
)
from taysir.exchange.keyfiles import read_signer, write_private, write_public, write_signer
from taysir.exchange.membership import ensure_subject_key
from taysir.exchange.settings import KeyPair
from taysir.exchange.terms import Terms, read_terms
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId
from taysir.kernel.signature import Signer, thumbprint

ZONE: Final = "waha-1"

MEMBERS: Final = {
    "CIV": ("وكالة الأحوال المدنية", "Civil Status Agency"),
    "HLT": ("وزارة الصحة", "Ministry of Health"),
    "TRF": ("الإدارة العامة للمرور", "Traffic Directorate"),
    "COM": ("وزارة التجارة", "Ministry of Commerce"),
    "MUN": ("الأمانات والبلديات", "Municipalities"),
    "JUS": ("وزارة العدل", "Ministry of Justice"),
    "SOC": ("صندوق الحماية الاجتماعية", "Social Protection Fund"),
    "EMP": ("التأمينات الاجتماعية", "Social Insurance"),
    "PST": ("العنوان الوطني", "National Address"),
    "INS": ("مكتب التأمين والفحص", "Insurance and inspection bureau"),
    "PAY": ("بوابة المدفوعات", "Treasury payments"),
    "PRG": ("برنامج التعاملات الإلكترونية", "Digital Transactions Programme"),
}
"""Each member's names."""


def member_id(code: str) -> MemberId:
    """Return a member of Waha by its code."""
    return MemberId(INSTANCE, "GOV", code)


def key_pair(layout: CountryLayout, name: str) -> KeyPair:
    """Return the files of a holder's key: ``member-TRF``, ``node-trf``, ``seal-TRF``."""
    keys = layout.root / "keys"
    return KeyPair(certificate=str(keys / f"{name}.pem"), key=str(keys / f"{name}.key"))


def authority_certificate(layout: CountryLayout) -> Path:
    """Return the root certificate: the anchor that nodes and verifiers are given."""
    return layout.authority / "authority.pem"


def make_trust(layout: CountryLayout, *, now: datetime) -> None:
    """Make every key, certificate and agreement of the country."""
    authority = create_authority(
        layout.authority, instance=INSTANCE, organization="State of Waha", now=now
    )
    keys = layout.root / "keys"
    for code, (_arabic, english) in MEMBERS.items():
        signer = issue_member(authority, member_id(code), organization=english, now=now)
        write_signer(keys, name=f"member-{code}", signer=signer)
    for node in NODE_MEMBERS:
        tls = issue_node(authority, node, organization=INSTANCE, hosts=(HOST,), now=now)
        write_signer(keys, name=f"node-{node}", signer=tls)
    seal = issue_member(authority, member_id("TRF"), organization=MEMBERS["TRF"][1], now=now)
    write_signer(keys, name="seal-TRF", signer=seal)
    write_private(keys / "subject.key", secrets.token_bytes(32))
    ensure_agreements(layout, now=now)


def ensure_agreements(layout: CountryLayout, *, now: datetime) -> None:
    """Make the agreements of the services that no node holds yet.

    A folder that was kept may be older than a service or than the form of agreements. One that was
    ended by its parties is held and not made again.
    """
    held = {
        terms
        for node in NODE_MEMBERS
        for agreement in read_agreements(layout.node(node) / "agreements")
        if (terms := _undated(agreement)) is not None
    }
    missing = [t for t in sharing_terms(now=now) if _undated(propose(t)) not in held]
    keys = layout.root / "keys"
    signers = {
        member_id(code): read_signer(keys, name=f"member-{code}")
        for code in (MEMBERS if missing else ())
    }
    for terms in missing:
        _make_agreement(layout, terms, signers=signers, now=now)


def _undated(agreement: SignedAgreement) -> Terms | None:
    """Return the terms without their dates, or None for a form that is not read any more."""
    try:
        terms = read_terms(agreement.document)
    except Problem:
        return None
    start, end = datetime(2000, 1, 1, tzinfo=UTC), datetime(2001, 1, 1, tzinfo=UTC)
    return msgspec.structs.replace(terms, valid_from=start, valid_until=end)


def _make_agreement(
    layout: CountryLayout, terms: Terms, *, signers: dict[MemberId, Signer], now: datetime
) -> None:
    consumer = SubsystemId.parse(terms.consumer).owner
    provider = ServiceId.parse(terms.service).owner
    agreement = agree(
        terms, consumer_signer=signers[consumer], provider_signer=signers[provider], at=now
    )
    for node, members in NODE_MEMBERS.items():
        if consumer.member in members or provider.member in members:
            write_agreement(layout.node(node) / "agreements", agreement=agreement)


def publish_federation(layout: CountryLayout, *, now: datetime) -> None:
    """Publish the federation for the ports in use now, and hand it to every node."""
    authority = open_authority(layout.authority)
    ensure_log_keys(layout, authority=authority, now=now)
    ensure_subject_key(layout.authority, key=(layout.root / "keys" / "subject.key").read_bytes())
    content = _with_joined(_content(layout, authority, now=now), layout.authority)
    token = write_federation(authority, content, now=now)
    for node in NODE_MEMBERS:
        write_public(layout.node(node) / "federation.jws", token)


def _content(layout: CountryLayout, authority: Authority, *, now: datetime) -> Content:
    keys = layout.root / "keys"
    terms = sharing_terms(now=now)
    services = sorted({t.service for t in terms})
    subsystems = {str(ServiceId.parse(s).subsystem) for s in services} | {t.consumer for t in terms}
    return Content(
        instance=INSTANCE,
        authority=Names(ar="دولة الواحة", en="State of Waha"),
        members=tuple(_member(keys, code) for code in MEMBERS),
        nodes=tuple(_node(layout, keys, node) for node in NODE_MEMBERS),
        subsystems=tuple(SubsystemRow(id=s, name=_named(s)) for s in sorted(subsystems)),
        services=tuple(ServiceRow(id=s, name=_named(s)) for s in services),
        zones=(ZONE,),
        logs=log_rows(layout),
        witnesses=witness_rows(layout),
        time_stampers=(_base64url(authority.root.certificate_der),),
    )


def _with_joined(ours: Content, folder: Path) -> Content:
    """Return the sample's content with the agencies that joined by themselves."""
    if not (folder / "content.json").exists():
        return ours
    kept = read_content(folder)
    mine = {row.id for row in ours.members}
    return msgspec.structs.replace(
        ours,
        members=(*ours.members, *(row for row in kept.members if row.id not in mine)),
        nodes=(*ours.nodes, *(row for row in kept.nodes if mine.isdisjoint(row.members))),
        subsystems=(
            *ours.subsystems,
            *(r for r in kept.subsystems if str(SubsystemId.parse(r.id).owner) not in mine),
        ),
        services=(
            *ours.services,
            *(r for r in kept.services if str(ServiceId.parse(r.id).owner) not in mine),
        ),
        revoked=kept.revoked,
        logs=(*ours.logs, *(row for row in kept.logs if row.node not in NODE_MEMBERS)),
        witnesses=(
            *ours.witnesses,
            *(row for row in kept.witnesses if row.node not in NODE_MEMBERS),
        ),
        purposes=kept.purposes,
        regulations=kept.regulations,
    )


def _named(identifier: str) -> Names:
    """Name an information system or service after its owner; its code tells the rest."""
    parts = identifier.split("/")
    arabic, english = MEMBERS[parts[2]]
    code = "/".join(parts[3:])
    return Names(ar=f"{arabic} ({code})", en=f"{english} ({code})")


def _member(keys: Path, code: str) -> MemberRow:
    arabic, english = MEMBERS[code]
    der = read_signer(keys, name=f"member-{code}").certificate_der
    return MemberRow(
        id=str(member_id(code)),
        name=Names(ar=arabic, en=english),
        certificates=(_base64url(der),),
    )


def _node(layout: CountryLayout, keys: Path, node: str) -> NodeRow:
    der = read_signer(keys, name=f"node-{node}").certificate_der
    return NodeRow(
        name=node,
        host=HOST,
        port=layout.peer_port(node),
        tls=thumbprint(der),
        zone=ZONE,
        members=tuple(str(member_id(code)) for code in NODE_MEMBERS[node]),
    )


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
