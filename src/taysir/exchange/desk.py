"""The desk where a node's members make agreements: each step checked, signed, kept and delivered.

Agreements travel between the two nodes themselves over mutual TLS; no office in the middle holds
them. A step is durable in the folder before it is delivered, and what could not be delivered is
tried again until it arrives. The other node judges everything anew by the signatures.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

import msgspec

from taysir.exchange.backend import BackendUnreachable
from taysir.exchange.consent import (
    ConsentTerms,
    SignedConsent,
    open_consent,
    revoke_consent,
    sign_consent,
)
from taysir.exchange.contracts import (
    EndAction,
    SignedAgreement,
    State,
    accept,
    counter,
    end,
    propose,
    state_of,
)
from taysir.exchange.errors import EXC_UNKNOWN_MEMBER
from taysir.exchange.model import Consent, Register
from taysir.exchange.runtime import NodeRuntime
from taysir.exchange.shelf import AgreementShelf
from taysir.exchange.standing import check_supersedes, standing_of
from taysir.exchange.steps import Delivery, StepLog
from taysir.exchange.terms import Terms, parties, read_terms
from taysir.exchange.trust_errors import (
    EXC_AGREEMENT,
    EXC_AGREEMENT_STEP,
    EXC_CONSENT_ARTEFACT,
    EXC_NOT_A_PARTY,
)
from taysir.exchange.wire import AGREEMENTS_PATH, CONSENTS_PATH
from taysir.kernel import limits
from taysir.kernel.errors import ErrorKind, Problem
from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId
from taysir.kernel.log import get_logger

log = get_logger(__name__)

_NOBODY: Final[Mapping[str, bytes]] = MappingProxyType({})
_OPEN: Final = frozenset({State.PROPOSED, State.COUNTERED})


class SentAgreement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agreement with its signatures, as one node hands it to another."""

    document: bytes
    accepts: dict[str, bytes]
    ends: tuple[bytes, ...]


class SentConsent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A consent with its revocation, as one node hands it to another."""

    token: bytes
    revocation: bytes


class TrustSource(Protocol):
    """What the desk needs of the place where a node's trust documents come from."""

    @property
    def shelf(self) -> AgreementShelf:
        """The node's agreements."""

    def fetch_soon(self) -> None:
        """Look for a newer federation document before the usual time."""


class AgreementDesk:
    """Makes and takes agreements and consents for the members of one node."""

    def __init__(self, node: NodeRuntime, *, trust: TrustSource, steps: StepLog) -> None:
        self._node = node
        self._trust = trust
        self.shelf = trust.shelf
        self.steps = steps

    # --- what our members do ---

    async def propose(self, terms: Terms, *, by: str = "") -> SignedAgreement:
        """Propose terms in a member's name, the consumer's owner by default."""
        self._check_superseded(terms)
        self._check_codes(terms)
        return await self._sign(propose(terms), by=by, step="propose")

    async def counter(self, digest: str, terms: Terms, *, by: str = "") -> SignedAgreement:
        """Answer a proposal with other terms."""
        theirs = self._at(digest, step="counter", states=frozenset({State.PROPOSED}))
        ours = counter(theirs, terms)
        self._check_codes(terms)
        party = self._party(ours, by=by, step="counter", rather_not=theirs.accepts)
        return await self._sign(ours, by=party, step="counter")

    async def supersede(self, digest: str, terms: Terms, *, by: str = "") -> SignedAgreement:
        """Propose terms that end an agreement when all have accepted them."""
        self._at(digest, step="supersede", states=frozenset({State.ACCEPTED}))
        return await self.propose(msgspec.structs.replace(terms, supersedes=digest), by=by)

    async def accept(self, digest: str, *, by: str = "") -> SignedAgreement:
        """Accept a proposal in the name of a party that has not yet."""
        agreement = self._at(digest, step="accept", states=frozenset({State.PROPOSED}))
        self._check_superseded(read_terms(agreement.document))
        self._check_codes(read_terms(agreement.document))
        return await self._sign(agreement, by=by, step="accept")

    async def end(
        self, digest: str, *, action: EndAction, reason: str, by: str = ""
    ) -> SignedAgreement:
        """Reject a proposal, or revoke an agreement; the next call is refused."""
        states = _OPEN if action is EndAction.REJECT else frozenset({State.ACCEPTED})
        agreement = self._at(digest, step=action.value, states=states)
        party = self._party(agreement, by=by, step=action.value)
        signer = self._node.signers[MemberId.parse(party)]
        ended = end(
            agreement,
            action=action,
            signer=signer,
            by=MemberId.parse(party),
            at=self._node.now(),
            reason=reason,
        )
        return await self._keep(ended, step=action.value)

    async def give_consent(self, terms: ConsentTerms) -> Consent:
        """Sign what a person agreed to, and hand it to the parties' nodes.

        Raises:
            Problem: EXC-0102 for parties and EXC-0515 for purposes that nobody registered and for
                parties without an agreement, because no call could ever use such a consent;
                EXC-0514 and EXC-0515 for other terms.
        """
        directory = self._node.directory()
        for party in (terms.consumer, terms.service):
            if not any(directory.name_of(party)):
                raise Problem(EXC_UNKNOWN_MEMBER, party=party[:128])
        self._check_agreed(SubsystemId.parse(terms.consumer), ServiceId.parse(terms.service))
        self._check_purposes(terms.purposes, refused_as=EXC_CONSENT_ARTEFACT)
        member = MemberId.parse(terms.collected_by)
        if member not in self._node.signers:
            raise Problem(EXC_NOT_A_PARTY)
        signed = sign_consent(terms, signer=self._node.signers[member])
        consent = self._node.consents.put(signed)
        await self._deliver_consent(consent)
        return consent

    async def revoke_consent(self, digest: str, *, by: str) -> Consent:
        """Sign a person's withdrawal; the next call is refused at both nodes."""
        signed = self._node.consents.require(digest)
        member = MemberId.parse(by)
        if member not in self._node.signers:
            raise Problem(EXC_NOT_A_PARTY)
        revoked = revoke_consent(
            signed, signer=self._node.signers[member], by=member, at=self._node.now()
        )
        consent = self._node.consents.put(revoked)
        await self._deliver_consent(consent)
        return consent

    # --- what other nodes hand in ---

    def receive(self, sent: SentAgreement, *, members: frozenset[MemberId]) -> SignedAgreement:
        """Take an agreement from a node that carries these members, if its signatures hold."""
        agreement = SignedAgreement(
            document=sent.document, accepts=dict(sent.accepts), ends=sent.ends
        )
        concerned = set(parties(read_terms(agreement.document)))
        ours = {str(member) for member in self._node.signers}
        theirs = {str(member) for member in members}
        if not (concerned & ours and concerned & theirs):
            raise Problem(EXC_NOT_A_PARTY)
        if not agreement.accepts:
            raise Problem(EXC_AGREEMENT, reason="nobody signed it")
        state_of(agreement, find=self._node.directory().certificate)
        held = self.shelf.get(agreement.hash)
        if held is None and not self.shelf.has_room():
            raise Problem(EXC_AGREEMENT, reason="this node holds as many as it may")
        if held is None:
            self.steps.note(agreement.hash, "received", at_ms=self._node.now_ms())
        kept = self.shelf.put(agreement)
        log.info("agreement_received", agreement=kept.hash)
        return kept

    def receive_consent(self, sent: SentConsent, *, members: frozenset[MemberId]) -> Consent:
        """Take a consent from a party's node, if its signatures hold."""
        signed = SignedConsent(token=sent.token, revocation=sent.revocation)
        consent = open_consent(signed, find=self._node.directory().certificate)
        concerned, ours = {consent.consumer.owner, consent.service.owner}, set(self._node.signers)
        if not (concerned & members and concerned & ours):
            raise Problem(EXC_NOT_A_PARTY)
        return self._node.consents.put(signed)

    # --- keeping and delivering ---

    def standing(self, digest: str) -> State:
        """Return where an agreement stands now; raises EXC-0512."""
        self.shelf.require(digest)
        find = self._node.directory().certificate
        return standing_of(digest, self.shelf.all(), find=find, at=self._node.now())

    async def deliver(self, deliveries: list[Delivery]) -> None:
        """Try to hand over what is owed; what fails stays owed."""
        async with asyncio.TaskGroup() as group:
            for delivery in deliveries:
                group.create_task(self._deliver(delivery))

    async def keep_delivering(self) -> None:
        """Hand over what is owed, again and again, until cancelled."""
        while True:
            await asyncio.sleep(limits.DELIVERY_INTERVAL_S)
            await self.deliver(self.steps.owed())

    async def _sign(self, agreement: SignedAgreement, *, by: str, step: str) -> SignedAgreement:
        party = self._party(agreement, by=by, step=step, rather_not=agreement.accepts)
        member = MemberId.parse(party)
        signed = accept(
            agreement, signer=self._node.signers[member], by=member, at=self._node.now()
        )
        return await self._keep(signed, step=step)

    async def _keep(self, agreement: SignedAgreement, *, step: str) -> SignedAgreement:
        self.steps.note(agreement.hash, step, at_ms=self._node.now_ms())
        kept = self.shelf.put(agreement)
        log.info("agreement_step", agreement=kept.hash, step=step)
        for party in parties(read_terms(kept.document)):
            if MemberId.parse(party) not in self._node.signers:
                self.steps.owe("agreement", kept.hash, member=party)
        await self.deliver(self.steps.owed(digest=kept.hash))
        return kept

    async def _deliver_consent(self, consent: Consent) -> None:
        for member in {consent.consumer.owner, consent.service.owner}:
            if member not in self._node.signers:
                self.steps.owe("consent", consent.hash, member=str(member))
        await self.deliver(self.steps.owed(digest=consent.hash))

    async def _deliver(self, delivery: Delivery) -> None:
        entry = self._node.directory().node_for(MemberId.parse(delivery.member))
        if entry is None:
            self.steps.failed(delivery, reason="not in the federation document")
            self._trust.fetch_soon()
            return
        path, body = self._parcel(delivery)
        kind = ((b"content-type", b"application/json"),)
        try:
            answer = await self._node.peer(entry).ask("POST", target=path, headers=kind, body=body)
        except BackendUnreachable:
            self.steps.failed(delivery, reason="its node cannot be reached")
            return
        if answer.status == 200:
            self.steps.delivered(delivery)
            return
        self.steps.failed(delivery, reason=f"its node answered {answer.status}")
        log.warning("delivery_refused", member=delivery.member, status=answer.status)

    def _parcel(self, delivery: Delivery) -> tuple[str, bytes]:
        if delivery.kind == "consent":
            signed = self._node.consents.require(delivery.hash)
            sent = SentConsent(token=signed.token, revocation=signed.revocation)
            return CONSENTS_PATH, msgspec.json.encode(sent)
        held = self.shelf.require(delivery.hash)
        return AGREEMENTS_PATH, msgspec.json.encode(
            SentAgreement(document=held.document, accepts=held.accepts, ends=held.ends)
        )

    # --- checks ---

    def _at(self, digest: str, *, step: str, states: frozenset[State]) -> SignedAgreement:
        """Return an agreement that stands where a step is possible; raises EXC-0512, EXC-0513."""
        state = self.standing(digest)
        if state not in states:
            raise Problem(EXC_AGREEMENT_STEP, step=step, state=state.value)
        return self.shelf.require(digest)

    def _party(
        self,
        agreement: SignedAgreement,
        *,
        by: str,
        step: str,
        rather_not: Mapping[str, bytes] = _NOBODY,
    ) -> str:
        """Return the party of this node in whose name a step is taken; raises EXC-0514."""
        ours = [
            party
            for party in parties(read_terms(agreement.document))
            if MemberId.parse(party) in self._node.signers
        ]
        if not ours or (by and by not in ours):
            raise Problem(EXC_NOT_A_PARTY)
        if by:
            return by
        waiting = [party for party in ours if party not in rather_not]
        if not waiting and step == "accept":
            raise Problem(EXC_AGREEMENT_STEP, step=step, state="accepted by this party")
        return (waiting or ours)[0]

    def _check_codes(self, terms: Terms) -> None:
        """Refuse a purpose or legal basis that the federation does not register."""
        directory = self._node.directory()
        self._check_purposes(terms.purposes, refused_as=EXC_AGREEMENT)
        if not directory.knows_code(terms.legal_basis, register=Register.REGULATIONS):
            reason = f"the legal basis {terms.legal_basis} is not registered"
            raise Problem(EXC_AGREEMENT, reason=reason)

    def _check_agreed(self, consumer: SubsystemId, service: ServiceId) -> None:
        """Refuse a consent for parties of this node that have no agreement.

        A third member that asked the person does not hold the agreement of the two, so its node
        cannot tell.
        """
        if not {consumer.owner, service.owner} & self._node.signers.keys():
            return
        if service not in self._node.directory().services_of(consumer):
            reason = f"no agreement of this node opens {service} to {consumer}"
            raise Problem(EXC_CONSENT_ARTEFACT, reason=reason)

    def _check_purposes(self, purposes: Sequence[str], *, refused_as: ErrorKind) -> None:
        directory = self._node.directory()
        for purpose in purposes:
            if not directory.knows_code(purpose, register=Register.PURPOSES):
                raise Problem(refused_as, reason=f"the purpose {purpose} is not registered")

    def _check_superseded(self, terms: Terms) -> None:
        if not terms.supersedes:
            return
        older = read_terms(self.shelf.require(terms.supersedes).document)
        if not check_supersedes(terms, older=older):
            raise Problem(EXC_AGREEMENT, reason="it supersedes one of other parties")
