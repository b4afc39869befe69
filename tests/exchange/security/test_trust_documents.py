"""What a dishonest party or a stranger may hand in: agreements, consents, federation documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import pytest

from taysir.exchange.consent import ConsentTerms, SignedConsent, revoke_consent, sign_consent
from taysir.exchange.consents import ConsentShelf
from taysir.exchange.contracts import accept, agree, check_accept, propose
from taysir.exchange.desk import SentConsent
from taysir.exchange.federation import sign_federation
from taysir.exchange.federation_source import FederationSource
from taysir.exchange.standing import in_force
from taysir.exchange.wire import METHODS_PATH
from taysir.kernel.canonical import canonical_json
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId
from taysir.kernel.signature import base64url, from_base64url, sign_compact
from taysir.testing.federation import TwoAgencies
from taysir.testing.nodes import ANSWERING, ASKING, PERSONS, PORTAL
from tests.exchange.small_country import CIV, NOW, TRF, country, terms
from tests.exchange.test_agreements import agreed, run
from tests.exchange.test_consents import consent_terms

PLACE = country()
FIND = PLACE.source().current().certificate


def revoked(consent: SignedConsent, *, days: int, by: MemberId = TRF) -> SignedConsent:
    """The consent revoked so many days from now."""
    at = NOW + timedelta(days=days)
    return revoke_consent(consent, signer=PLACE.signers[by], by=by, at=at)


@pytest.mark.parametrize("order", [(20, 2), (2, 20)])
def test_a_revocation_dated_ahead_does_not_hold_up_the_person_s_own(
    tmp_path: Path, order: tuple[int, int]
) -> None:
    """The asking agency revokes for next month first, so that today's would come too late."""
    given = sign_consent(consent_terms(), signer=PLACE.signers[TRF])
    shelf = ConsentShelf(tmp_path / "c.sqlite", find=FIND, now_ms=lambda: 0)
    for days, by in zip(order, (TRF, CIV), strict=True):
        shelf.put(revoked(given, days=days, by=by))

    held = shelf.find(shelf.put(given).hash)

    assert held is not None
    assert held.revoked_at == NOW + timedelta(days=2)
    shelf.close()


def test_a_node_keeps_no_consent_that_is_not_about_its_own_members(tmp_path: Path) -> None:
    """A stranger's node could otherwise fill the disk with consents of others."""

    async def scenario(two: TwoAgencies) -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        foreign = ConsentTerms(
            consumer=str(PORTAL),
            service="WAHA/GOV/NON/a/b",
            purposes=("tax-relief",),
            subject="pseudonym",
            start=now,
            end=now + timedelta(days=1),
            collected_by=str(ASKING),
            collected_at=now,
        )
        desk = two.answering.node.agreements.desk
        for terms_of, members in (
            (foreign, frozenset({ASKING})),
            (msgspec.structs.replace(foreign, service=str(PERSONS)), frozenset[MemberId]()),
        ):
            signed = sign_consent(terms_of, signer=two.asking.signer)
            sent = SentConsent(token=signed.token, revocation=b"")
            with pytest.raises(Problem) as refused:
                desk.receive_consent(sent, members=members)
            assert refused.value.code == "EXC-0514"
        assert two.answering.node.runtime.consents.of_subject("pseudonym") == []

    run(tmp_path, scenario)


def test_an_agreement_about_another_service_ends_none() -> None:
    """Whoever can sign an agreement of their own must not end others' by naming them."""
    foreign = agree(
        terms(service="WAHA/GOV/CIV/population/families", supersedes=PLACE.agreement.hash),
        consumer_signer=PLACE.signers[TRF],
        provider_signer=PLACE.signers[CIV],
        at=NOW,
    )

    views = in_force([PLACE.agreement, foreign], find=FIND)

    assert {view.hash for view in views} == {PLACE.agreement.hash, foreign.hash}
    [kept] = [view for view in views if view.hash == PLACE.agreement.hash]
    assert kept.valid_until == terms().valid_until


def test_two_spellings_of_one_text_are_two_agreements() -> None:
    """A letter with a mark, composed or not, looks the same; the hash does not take it for one."""
    composed, apart = (propose(terms(fields=(f"/{text}",))) for text in ("\u0623", "\u0627\u0654"))

    assert composed.hash != apart.hash
    token = accept(composed, signer=PLACE.signers[TRF], by=TRF, at=NOW).accepts[str(TRF)]
    with pytest.raises(Problem) as refused:
        check_accept(apart.document, token=token, by=str(TRF), find=FIND)
    assert refused.value.code == "KRN-0206"


def test_an_older_federation_document_is_not_taken_back(tmp_path: Path) -> None:
    """Not while the node runs, and not after a restart: the last good one is on disk."""

    def source() -> FederationSource:
        return FederationSource(
            url="http://127.0.0.1:1/federation",
            authority_certificate=PLACE.authority.certificate_file,
            folder=tmp_path / "node",
            agreements=tmp_path / "agreements",
            now=lambda: NOW,
        )

    def document(serial: int) -> bytes:
        signer = PLACE.authority.signer
        return sign_federation(PLACE.content, serial=serial, now=NOW, signer=signer)

    assert source().take(document(9))
    again = source()
    with pytest.raises(Problem) as refused:
        again.take(document(8))
    assert refused.value.code == "EXC-0501"
    assert again.take(document(9))


@pytest.mark.parametrize("at", ["2026-11-24T09:00:00", "2026-11-24T12:00:00+03:00"])
def test_a_time_without_utc_is_refused_and_throws_nothing(at: str) -> None:
    """A time without a zone cannot be compared; it must not end the program that compares it."""
    signer = PLACE.authority.signer
    says = msgspec.json.decode(from_base64url(PLACE.token.split(b".")[1]))
    says["content"]["revoked"] = [{"thumbprint": base64url(bytes(32)), "at": at}]
    head = msgspec.json.decode(from_base64url(PLACE.token.split(b".")[0]))
    kept = {name: head[name] for name in ("typ", "x5c")}
    token = sign_compact(canonical_json(says), signer=signer, header=kept)

    with pytest.raises(Problem) as refused:
        PLACE.source().take(token)
    assert refused.value.code == "EXC-0501"


def test_a_node_tells_nobody_what_is_open_to_another_s_systems(tmp_path: Path) -> None:
    """Agreements are the business of their parties; any node could otherwise list them all."""

    async def scenario(two: TwoAgencies) -> None:
        await agreed(two)
        runtime = two.asking.node.runtime
        entry = runtime.directory().node_for(ANSWERING)
        assert entry is not None

        async def asked(client: str) -> tuple[int, bytes]:
            query = urlencode(
                {"subsystem": str(PERSONS.subsystem), "client": client, "allowed": "true"}
            )
            answer = await runtime.peer(entry).ask("GET", target=f"{METHODS_PATH}?{query}")
            return answer.status, answer.body

        status, body = await asked(str(PORTAL))
        assert status == 200
        assert b"persons" in body
        status, body = await asked("WAHA/GOV/OTHER/portal")
        assert status == 401
        assert b"EXC-0115" in body

    run(tmp_path, scenario)
