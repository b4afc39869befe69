"""A person's consent travels as a signed artefact, is counted, and can be withdrawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from taysir.exchange.consent import (
    ConsentTerms,
    SignedConsent,
    open_consent,
    revoke_consent,
    sign_consent,
)
from taysir.exchange.consents import ConsentShelf
from taysir.exchange.model import Direction, Period
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.testing.federation import TwoAgencies
from taysir.testing.nodes import ASKING, PERSONS, PORTAL
from tests.exchange.small_country import CIV, CONSUMER, NOW, SERVICE, TRF, country
from tests.exchange.test_agreements import agreed, run

PLACE = country()
FIND = PLACE.source().current().certificate


def consent_terms(**changes: Any) -> ConsentTerms:
    """Terms of a reasonable consent, with changes."""
    given: dict[str, Any] = {
        "consumer": CONSUMER,
        "service": SERVICE,
        "purposes": ("licence-renewal",),
        "subject": "pseudonym",
        "fields": ("/name_ar",),
        "start": NOW,
        "end": NOW + timedelta(days=30),
        "collected_by": str(TRF),
        "collected_at": NOW,
    }
    return ConsentTerms(**{**given, **changes})


def test_a_consent_is_named_by_its_content() -> None:
    """Signed twice it has one name; what it says is what was signed."""
    one, two = (sign_consent(consent_terms(), signer=PLACE.signers[TRF]) for _ in range(2))

    opened = open_consent(one, find=FIND)
    assert opened.hash == open_consent(two, find=FIND).hash
    assert opened.subject == "pseudonym"
    assert set(opened.fields) == {"/name_ar"}
    assert opened.revoked_at is None


def test_either_party_takes_the_withdrawal() -> None:
    """The provider's owner signs it as well as the one that asked; a stranger cannot."""
    consent = sign_consent(consent_terms(), signer=PLACE.signers[TRF])
    for member in (TRF, CIV):
        revoked = revoke_consent(consent, signer=PLACE.signers[member], by=member, at=NOW)
        assert open_consent(revoked, find=FIND).revoked_at == NOW
    forged = revoke_consent(consent, signer=PLACE.signers[CIV], by=TRF, at=NOW)
    with pytest.raises(Problem) as caught:
        open_consent(forged, find=FIND)
    assert caught.value.code == "EXC-0515"


def test_a_withdrawal_of_another_consent_does_not_count() -> None:
    """The revocation names what it withdraws."""
    consent = sign_consent(consent_terms(), signer=PLACE.signers[TRF])
    other = sign_consent(consent_terms(subject="other"), signer=PLACE.signers[TRF])
    revoked = revoke_consent(other, signer=PLACE.signers[TRF], by=TRF, at=NOW)
    mixed = SignedConsent(token=consent.token, revocation=revoked.revocation)

    with pytest.raises(Problem) as caught:
        open_consent(mixed, find=FIND)
    assert caught.value.code == "EXC-0515"


def test_a_consent_given_for_good_cannot_be_withdrawn() -> None:
    """Where the law says so, it is in the artefact itself."""
    consent = sign_consent(consent_terms(revocable=False), signer=PLACE.signers[TRF])

    with pytest.raises(Problem) as caught:
        revoke_consent(consent, signer=PLACE.signers[TRF], by=TRF, at=NOW)
    assert caught.value.code == "EXC-0515"


@pytest.mark.parametrize(
    "changes",
    [
        {"purposes": ()},
        {"purposes": ("Licence renewal",)},
        {"subject": ""},
        {"fields": ("name",)},
        {"end": NOW},
        {"end": NOW + timedelta(days=limits.CONSENT_VALIDITY_DAYS, seconds=1)},
        {"calls": 0},
        {"per": Period.DAY},
        {"start": NOW.replace(microsecond=1)},
        {"collected_by": "TRF"},
    ],
)
def test_an_unreasonable_consent_is_refused(changes: dict[str, Any]) -> None:
    """What nobody could act on is not signed."""
    with pytest.raises(Problem):
        sign_consent(consent_terms(**changes), signer=PLACE.signers[TRF])


def test_the_longest_consent_is_accepted() -> None:
    """At the bound it is signed."""
    end = NOW + timedelta(days=limits.CONSENT_VALIDITY_DAYS)
    signed = sign_consent(consent_terms(end=end), signer=PLACE.signers[TRF])
    assert open_consent(signed, find=FIND).end == end


def test_a_shelf_counts_uses_in_their_period_and_notices_other_processes(tmp_path: Path) -> None:
    """Counts begin anew with the period; a withdrawal by another process is seen at once."""
    clock = [int(NOW.timestamp() * 1000)]
    file = tmp_path / "consents.sqlite"
    shelf, other = (ConsentShelf(file, find=FIND, now_ms=lambda: clock[0]) for _ in range(2))
    signed = sign_consent(consent_terms(calls=2, per=Period.DAY), signer=PLACE.signers[TRF])
    digest = shelf.put(signed).hash

    for expected in (0, 1, 2):
        assert shelf.uses(digest, direction=Direction.SENT) == expected
        shelf.use(digest, direction=Direction.SENT)
    assert shelf.uses(digest, direction=Direction.RECEIVED) == 0
    clock[0] += 86_400_000
    assert shelf.uses(digest, direction=Direction.SENT) == 0

    other.put(revoke_consent(signed, signer=PLACE.signers[CIV], by=CIV, at=NOW))
    found = shelf.find(digest)
    assert found is not None
    assert found.revoked_at == NOW
    shelf.put(signed)
    again = shelf.find(digest)
    assert again is not None
    assert again.revoked_at == NOW
    shelf.close()
    other.close()


def test_a_call_needs_the_persons_consent_and_stops_with_it(tmp_path: Path) -> None:
    """Demanded, given once at the consumer's node, used as often as agreed, then withdrawn."""

    async def scenario(two: TwoAgencies) -> None:
        await agreed(two, fields=["/path"], consent_required=True)
        person = {"taysir-subject": "1000000008"}
        status, _head, body = await two.asking.call("/persons/7", headers=person)
        assert (status, body["code"]) == (403, "EXC-0108")

        now = datetime.now(UTC).replace(microsecond=0)
        given = {
            "consumer": str(PORTAL),
            "service": str(PERSONS),
            "purposes": ["tax-relief"],
            "subject": "1000000008",
            "fields": ["/path"],
            "start": now.isoformat(),
            "end": (now + timedelta(days=1)).isoformat(),
            "calls": 2,
            "collected_by": str(ASKING),
        }
        status, consent = await two.asking.admin("POST", "/admin/consents", given)
        assert status == 201, consent
        named = {**person, "taysir-consent": consent["hash"]}
        assert (await two.asking.call("/persons/7", headers=named))[0] == 200
        other = {**named, "taysir-subject": "1000000016"}
        status, _head, body = await two.asking.call("/persons/7", headers=other)
        assert body["params"] == {"reason": "another person"}
        assert (await two.asking.call("/persons/7", headers=named))[0] == 200
        status, _head, body = await two.asking.call("/persons/7", headers=named)
        assert body["params"] == {"reason": "used as often as agreed"}

        query = "/admin/consents?subject=1000000008"
        for agency in (two.asking, two.answering):
            _status, held = await agency.admin("GET", query)
            assert [one["hash"] for one in held["consents"]] == [consent["hash"]]

        status, second = await two.asking.admin(
            "POST", "/admin/consents", {**given, "calls": None, "fields": []}
        )
        named["taysir-consent"] = second["hash"]
        assert (await two.asking.call("/persons/7", headers=named))[0] == 200
        revoke = f"/admin/consents/{second['hash']}/revoke"
        status, revoked = await two.answering.admin("POST", revoke, {})
        assert (status, revoked["revoked_at"] is not None) == (200, True)
        status, _head, body = await two.asking.call("/persons/7", headers=named)
        assert (status, body["params"]) == (403, {"reason": "the person revoked it"})

    run(tmp_path, scenario)


def test_zones_quotas_and_request_fields_hold_between_two_nodes(tmp_path: Path) -> None:
    """Each condition of the agreement is enforced on a real call."""

    async def scenario(two: TwoAgencies) -> None:
        zones = {"consumer": ["waha-1"], "processing": ["waha-1"], "storage": ["waha-1"]}
        await agreed(
            two,
            zones=zones,
            request_fields=["/id"],
            quotas=[{"calls": 2, "per": "month", "purpose": "tax-relief"}],
        )
        status, _head, body = await two.asking.call(
            "/persons", method="POST", body=b'{"id":"7","more":1}'
        )
        assert (status, body["code"]) == (403, "EXC-0119")
        for body in (b'{"id":"7"}', b""):
            method = "POST" if body else "GET"
            path = "/persons" if body else "/persons/7"
            assert (await two.asking.call(path, method=method, body=body))[0] == 200
        status, _head, refused = await two.asking.call("/persons/7")
        assert (status, refused["code"]) == (429, "EXC-0107")
        assert refused["params"]["period"] == "month"

    run(tmp_path, scenario)


def test_data_do_not_leave_their_zone(tmp_path: Path) -> None:
    """An agreement for another zone refuses the call at the consumer's node already."""

    async def scenario(two: TwoAgencies) -> None:
        await agreed(two, zones={"processing": ["elsewhere"]})
        status, _head, body = await two.asking.call("/persons/7")
        assert (status, body["code"], body["params"]) == (403, "EXC-0109", {"zone": "waha-1"})

    run(tmp_path, scenario)
