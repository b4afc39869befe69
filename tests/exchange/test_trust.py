"""The federation document and sharing agreements: who may say what, until when."""

from __future__ import annotations

import stat
import time
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from taysir.exchange.authority import (
    issue_node,
    open_authority,
    renew_federation,
    revoke_certificate,
    write_federation,
)
from taysir.exchange.contracts import (
    EndAction,
    State,
    accept,
    agree,
    end,
    propose,
    read_agreements,
    state_of,
    write_agreement,
)
from taysir.exchange.federation import FederationDirectory, open_federation, sign_federation
from taysir.exchange.model import Period
from taysir.exchange.terms import OperationTerms, QuotaTerms, read_terms
from taysir.kernel.certificates import verify_crl
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId
from tests.exchange.small_country import (
    CIV,
    CONSUMER,
    NOW,
    SERVICE,
    TRF,
    SmallCountry,
    country,
    make_country,
    terms,
)

PLACE = country()
ANCHOR = PLACE.authority.root.certificate_der


def directory(place: SmallCountry = PLACE, *, token: bytes | None = None) -> FederationDirectory:
    """The look-ups of a country."""
    document = open_federation(token or place.token, anchor=place.authority.root.certificate_der)
    return FederationDirectory(
        document,
        anchor=place.authority.root.certificate_der,
        agreements=read_agreements(place.folder / "agreements"),
    )


def test_a_call_finds_everything_in_the_directory() -> None:
    """Certificates, nodes and the agreement of a call are look-ups."""
    found = directory()
    consumer, service = SubsystemId.parse(CONSUMER), ServiceId.parse(SERVICE)
    agreement = found.agreement(consumer, service=service, purpose="licence-renewal")

    assert agreement is not None
    assert found.agreement_by_hash(agreement.hash) is agreement
    assert found.agreement(consumer, service=service, purpose="curiosity") is None
    assert found.services_of(consumer) == (service,)
    node = found.node_for(CIV)
    assert node is not None
    assert found.node_by_tls(node.tls_thumbprint) is node
    assert found.node_for(MemberId("WAHA", "GOV", "XXX")) is None
    certificate = found.certificate(PLACE.signers[TRF].thumbprint)
    assert certificate is not None
    assert certificate.member == TRF


def test_every_byte_of_the_document_is_signed() -> None:
    """A changed character anywhere in the token is refused."""
    for position in range(0, len(PLACE.token), 97):
        changed = bytearray(PLACE.token)
        changed[position] = ord("B") if changed[position] != ord("B") else ord("C")
        with pytest.raises(Problem):
            open_federation(bytes(changed), anchor=ANCHOR)


def test_a_member_cannot_sign_the_document() -> None:
    """Only a certificate of that use is accepted, though the same authority issued it."""
    token = sign_federation(PLACE.content, serial=9, now=NOW, signer=PLACE.signers[TRF])

    with pytest.raises(Problem) as caught:
        open_federation(token, anchor=ANCHOR)
    assert caught.value.code == "KRN-0211"


def test_an_older_document_is_not_played_back(tmp_path: Path) -> None:
    """A node keeps the newest number that it saw; an expired document does not replace it."""
    place = make_country(tmp_path)
    source = place.source()
    newer = renew_federation(place.authority, now=NOW + timedelta(minutes=1), validity_s=3600)

    assert source.take(newer)
    with pytest.raises(Problem) as caught:
        source.take(place.token)
    assert caught.value.code == "EXC-0501"
    assert source.current().document.serial == 2


def test_the_last_good_document_survives_a_restart_without_the_authority(tmp_path: Path) -> None:
    """It is read from disk; what it says of its expiry stays."""
    place = make_country(tmp_path)
    place.source()

    again = place.source(now=NOW + timedelta(minutes=30))

    assert again.current().expires_at == NOW + timedelta(hours=1)


def test_a_revoked_certificate_is_listed_with_its_time(tmp_path: Path) -> None:
    """The directory and the revocation list both say since when."""
    place = make_country(tmp_path)
    der = place.signers[TRF].certificate_der
    content = revoke_certificate(place.authority, der, at=NOW)
    token = write_federation(place.authority, content, now=NOW + timedelta(seconds=1))

    certificate = directory(place, token=token).certificate(place.signers[TRF].thumbprint)
    assert certificate is not None
    assert certificate.revoked_at == NOW
    crl = (place.folder / "authority" / "authority.crl").read_bytes()
    root = place.authority.root.certificate_der
    assert list(verify_crl(crl, issuer_der=root).values()) == [NOW]


def test_private_keys_are_for_their_owner_only() -> None:
    """Key files carry mode 0600, and an authority opens from its folder."""
    folder = PLACE.folder / "authority"
    modes = {stat.S_IMODE(file.stat().st_mode) for file in folder.glob("*.key")}

    assert modes == {0o600}
    assert open_authority(folder).root.certificate_der == ANCHOR


def test_an_agreement_needs_both_parties() -> None:
    """Proposed, accepted by one, accepted by both."""
    find = directory().certificate
    agreement = propose(terms())
    half = accept(agreement, signer=PLACE.signers[TRF], by=TRF, at=NOW)
    whole = accept(half, signer=PLACE.signers[CIV], by=CIV, at=NOW)

    states = [state_of(one, find=find) for one in (agreement, half, whole)]
    assert states == [State.PROPOSED, State.PROPOSED, State.ACCEPTED]
    assert agreement.hash == whole.hash


@pytest.mark.parametrize(
    ("action", "state"), [(EndAction.REJECT, State.REJECTED), (EndAction.REVOKE, State.REVOKED)]
)
def test_either_party_ends_an_agreement(action: EndAction, state: State) -> None:
    """Ended is ended, whatever was accepted."""
    ended = end(
        PLACE.agreement, action=action, signer=PLACE.signers[CIV], by=CIV, at=NOW, reason="law"
    )

    assert state_of(ended, find=directory().certificate) is state


def test_a_revocation_in_the_folder_stops_the_next_call(tmp_path: Path) -> None:
    """The directory that is compiled after it has no agreement for the call."""
    place = make_country(tmp_path)
    ended = end(
        place.agreement,
        action=EndAction.REVOKE,
        signer=place.signers[TRF],
        by=TRF,
        at=NOW,
        reason="no longer needed",
    )
    assert directory(place).agreement_by_hash(ended.hash) is not None

    write_agreement(place.folder / "agreements", agreement=ended)

    assert directory(place).agreement_by_hash(ended.hash) is None


def test_the_signature_of_another_member_does_not_count() -> None:
    """The provider cannot accept in the consumer's name."""
    forged = accept(propose(terms()), signer=PLACE.signers[CIV], by=TRF, at=NOW)

    with pytest.raises(Problem) as caught:
        state_of(forged, find=directory().certificate)
    assert caught.value.code == "EXC-0511"


@pytest.mark.parametrize(
    "changes",
    [
        {"purposes": ()},
        {"legal_basis": ""},
        {"operations": ()},
        {"operations": (OperationTerms(method="TRACE", path="/"),)},
        {"fields": ("name",)},
        {"fields": ("/a~2",)},
        {"quotas": (QuotaTerms(calls=0, per=Period.DAY),)},
        {"valid_until": NOW - timedelta(days=2)},
        {"valid_until": NOW + timedelta(days=4000)},
        {"valid_from": NOW.replace(microsecond=1)},
        {"consumer": "TRF"},
    ],
)
def test_unreasonable_terms_are_refused(changes: dict[str, object]) -> None:
    """What nobody could act on is not an agreement."""
    with pytest.raises(Problem):
        propose(terms(**changes))


def test_an_agreement_has_one_spelling() -> None:
    """A space more, or an unknown member, is another document and none of ours."""
    document = propose(terms()).document
    assert msgspec.to_builtins(read_terms(document))["consumer"] == CONSUMER
    for other in (document + b" ", document[:-1] + b',"zz":1}'):
        with pytest.raises(Problem):
            read_terms(other)


def test_a_country_is_made_quickly(tmp_path: Path) -> None:
    """Two members, two nodes and twenty agreements take far less than two seconds."""
    start = time.perf_counter()
    place = make_country(tmp_path)
    issue_node(place.authority, "x", organization="Node", hosts=["localhost"], now=NOW)
    for number in range(20):
        agree(
            terms(legal_basis=f"law/{number}"),
            consumer_signer=place.signers[TRF],
            provider_signer=place.signers[CIV],
            at=NOW,
        )

    assert time.perf_counter() - start < 2
