"""The whole life of agreements between two parties, walked at random beside a simple model."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from taysir.exchange.contracts import (
    EndAction,
    SignedAgreement,
    State,
    accept,
    counter,
    end,
    merged,
    propose,
)
from taysir.exchange.model import Mode, Period
from taysir.exchange.standing import in_force, standing_of
from taysir.exchange.terms import QuotaTerms, Terms, ZoneTerms, parties, read_terms
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId
from tests.examples import examples
from tests.exchange.small_country import CIV, NOW, TRF, country, terms

PLACE = country()
FIND = PLACE.source().current().certificate
MEMBERS = st.sampled_from([TRF, CIV])


@dataclass
class Told:
    """What the model knows of one agreement."""

    terms: Terms
    accepted: dict[MemberId, datetime] = field(default_factory=dict)
    ended: list[tuple[EndAction, datetime]] = field(default_factory=list)

    def complete(self) -> datetime | None:
        """When both had accepted."""
        return max(self.accepted.values()) if len(self.accepted) == 2 else None

    def took_effect(self) -> datetime | None:
        """When it took effect, even if it was revoked later."""
        complete = self.complete()
        if complete is None or any(at < complete for _action, at in self.ended):
            return None
        return max(complete, self.terms.valid_from)


class Life(RuleBasedStateMachine):
    """Rules are the steps of life; the invariant compares every state with the model's."""

    names: Bundle[str] = Bundle("names")

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.number = 0
        self.held: dict[str, SignedAgreement] = {}
        self.told: dict[str, Told] = {}

    def _add(self, proposal: SignedAgreement) -> str:
        self.held[proposal.hash] = proposal
        self.told[proposal.hash] = Told(read_terms(proposal.document))
        return proposal.hash

    def _fresh(self, **changes: object) -> Terms:
        self.number += 1
        return terms(
            legal_basis=f"law/{self.number}",
            valid_from=NOW + timedelta(hours=self.number % 3),
            valid_until=NOW + timedelta(hours=30),
            **changes,
        )

    @rule(target=names)
    def propose(self) -> str:
        """Somebody proposes something new."""
        return self._add(propose(self._fresh()))

    @rule(target=names, theirs=names)
    def counter(self, theirs: str) -> str:
        """A proposal is answered with another one."""
        return self._add(counter(self.held[theirs], self._fresh()))

    @rule(target=names, older=names)
    def supersede(self, older: str) -> str:
        """A later agreement is to end an earlier one."""
        return self._add(propose(self._fresh(supersedes=older)))

    @rule(name=names, by=MEMBERS)
    def accept(self, name: str, by: MemberId) -> None:
        """A party accepts; accepting again changes nothing that counts."""
        again = by in self.told[name].accepted
        signed = accept(self.held[name], signer=PLACE.signers[by], by=by, at=self.now)
        self.held[name] = merged(self.held[name], signed)
        if not again:
            self.told[name].accepted[by] = self.now

    @rule(name=consumes(names), by=MEMBERS, action=st.sampled_from(EndAction))
    def end(self, name: str, by: MemberId, action: EndAction) -> None:
        """A party ends it for good."""
        self.held[name] = end(
            self.held[name],
            action=action,
            signer=PLACE.signers[by],
            by=by,
            at=self.now,
            reason="r",
        )
        self.told[name].ended.append((action, self.now))

    @rule(hours=st.integers(min_value=1, max_value=12))
    def wait(self, hours: int) -> None:
        """Time passes."""
        self.now += timedelta(hours=hours)

    def _expected(self, name: str) -> State:
        told = self.told[name]
        if told.ended:
            revoked = told.ended[0][0] is EndAction.REVOKE
            return State.REVOKED if revoked else State.REJECTED
        others = self.told.values()
        complete = told.complete() is not None
        if complete and any(self._ends(other, name) for other in others):
            return State.SUPERSEDED
        if self.now >= told.terms.valid_until:
            return State.EXPIRED
        if complete:
            return State.ACCEPTED
        answered = any(o.terms.counters == name and o.accepted and not o.ended for o in others)
        return State.COUNTERED if answered else State.PROPOSED

    def _ends(self, other: Told, name: str) -> bool:
        effect = other.took_effect()
        return other.terms.supersedes == name and effect is not None and effect <= self.now

    @invariant()
    def states_are_as_the_model_says(self) -> None:
        """Every agreement stands where the model says, and only those in force carry calls."""
        views = in_force(self.held.values(), find=FIND)
        carrying = {v.hash for v in views if v.valid_from <= self.now < v.valid_until}
        for name in self.held:
            state = standing_of(name, self.held, find=FIND, at=self.now)
            assert state is self._expected(name)
            begun = self.told[name].terms.valid_from <= self.now
            assert (name in carrying) == (state is State.ACCEPTED and begun)


TestLife = Life.TestCase
TestLife.settings = examples(12, steps=14)


def test_an_agreement_needs_everyone_whom_it_names() -> None:
    """The delegating member and the approver sign like the parties."""
    other, office = MemberId("WAHA", "GOV", "AGY"), MemberId("WAHA", "GOV", "PRG")
    said = terms(behalf=str(other), approver=str(office))

    assert parties(said) == (str(TRF), str(CIV), str(other), str(office))
    both = accept(propose(said), signer=PLACE.signers[TRF], by=TRF, at=NOW)
    both = accept(both, signer=PLACE.signers[CIV], by=CIV, at=NOW)
    assert standing_of(both.hash, {both.hash: both}, find=FIND, at=NOW) is State.PROPOSED
    assert in_force([both], find=FIND) == []


def test_the_approval_of_a_third_member_puts_it_in_force() -> None:
    """With the provider's owner as delegating member, all who are named have signed."""
    said = terms(behalf=str(CIV))
    both = accept(propose(said), signer=PLACE.signers[TRF], by=TRF, at=NOW)
    both = accept(both, signer=PLACE.signers[CIV], by=CIV, at=NOW)

    [view] = in_force([both], find=FIND)
    assert view.behalf == str(CIV)


def test_everything_that_is_agreed_reaches_the_policy() -> None:
    """The view holds each term in the form in which calls are decided."""
    said = terms(
        request_fields=("/id",),
        zones=ZoneTerms(consumer=("waha-1",), processing=("waha-2",), storage=("waha-3",)),
        quotas=(QuotaTerms(calls=5, per=Period.MINUTE, purpose="licence-renewal"),),
        consent_required=True,
        modes=(Mode.SYNC, Mode.EVENT),
        batch=True,
    )
    signed = propose(said)
    for member in (TRF, CIV):
        signed = accept(signed, signer=PLACE.signers[member], by=member, at=NOW)

    [view] = in_force([signed], find=FIND)
    assert view.request_fields == ("/id",)
    assert view.zones.storage == {"waha-3"}
    assert (view.quotas[0].calls, view.quotas[0].per) == (5, Period.MINUTE)
    assert (view.consent_required, view.batch) == (True, True)
    assert view.modes == {Mode.SYNC, Mode.EVENT}


def test_a_counter_proposal_must_change_something() -> None:
    """The same terms again, or terms for another service, are no answer."""
    first = propose(terms())
    for said in (terms(), terms(service="WAHA/GOV/CIV/population/other")):
        with pytest.raises(Problem) as caught:
            counter(first, said)
        assert caught.value.code == "EXC-0511"
