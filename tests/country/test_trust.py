"""The keys and agreements of the sample country, made once and kept up to date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from taysir.country.layout import NODE_MEMBERS, CountryLayout
from taysir.country.sharing import sharing_terms
from taysir.country.trust import ensure_agreements, make_trust, publish_federation
from taysir.exchange.authority import open_authority, read_content, write_federation
from taysir.exchange.contracts import read_agreements
from taysir.exchange.federation import FederationDirectory, MemberRow, open_federation
from taysir.exchange.terms import read_terms
from taysir.kernel.identifiers import ServiceId, SubsystemId

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def held(layout: CountryLayout) -> set[str]:
    """The names of all agreements that nodes hold."""
    return {
        agreement.hash
        for node in NODE_MEMBERS
        for agreement in read_agreements(layout.node(node) / "agreements")
    }


def test_a_kept_country_gets_what_it_lacks_and_nothing_twice(tmp_path: Path) -> None:
    """Starting again adds no agreement; one that was lost, or is of an older form, is made anew."""
    layout = CountryLayout(root=tmp_path)
    make_trust(layout, now=NOW)
    before = held(layout)
    assert len(before) == len(sharing_terms(now=NOW))

    ensure_agreements(layout, now=NOW + timedelta(days=3))
    assert held(layout) == before

    [lost, *_others] = sorted(before)
    for node in NODE_MEMBERS:
        file = layout.node(node) / "agreements" / lost / "agreement.json"
        if file.exists():
            file.write_bytes(b'{"format":"taysir-agreement/1"}')
    ensure_agreements(layout, now=NOW + timedelta(days=3))
    assert len(held(layout) - before) == 2  # the new one, and the old form under another name


def test_every_agreement_of_the_sample_is_in_force_at_both_nodes(tmp_path: Path) -> None:
    """Each call of the sample finds its agreement in the directory of consumer and provider."""
    layout = CountryLayout(root=tmp_path)
    make_trust(layout, now=NOW)
    publish_federation(layout, now=NOW)
    anchor = open_authority(layout.authority).root.certificate_der
    for node, members in NODE_MEMBERS.items():
        token = (layout.node(node) / "federation.jws").read_bytes()
        agreements = list(read_agreements(layout.node(node) / "agreements"))
        directory = FederationDirectory(
            open_federation(token, anchor=anchor), anchor=anchor, agreements=agreements
        )
        for agreement in agreements:
            terms = read_terms(agreement.document)
            consumer, service = SubsystemId.parse(terms.consumer), ServiceId.parse(terms.service)
            assert {consumer.member, service.member} & set(members)
            assert directory.agreement_by_hash(agreement.hash) is not None


def test_an_agency_that_joined_stays_when_the_country_starts_again(tmp_path: Path) -> None:
    """Publishing anew keeps the rows of members that are not of the sample."""
    layout = CountryLayout(root=tmp_path)
    make_trust(layout, now=NOW)
    publish_federation(layout, now=NOW)
    authority = open_authority(layout.authority)
    content = read_content(layout.authority)
    joined = MemberRow(id="WAHA/GOV/EDU", name=content.members[0].name, certificates=())
    more = msgspec.structs.replace(content, members=(*content.members, joined))
    write_federation(authority, more, now=NOW)

    publish_federation(layout, now=NOW + timedelta(hours=1))

    after = read_content(layout.authority)
    assert joined in after.members
    assert len(after.members) == len(content.members) + 1
    assert after.nodes == content.nodes
