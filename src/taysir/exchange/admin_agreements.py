"""The admin interface's part for agreements, consents, the catalogue and broken contracts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from taysir.exchange.admin_routes import Asked, Query, Route
from taysir.exchange.admin_views import (
    AgreementOut,
    AgreementsOut,
    BreakOut,
    BreaksOut,
    ByIn,
    ConsentIn,
    ConsentOut,
    ConsentsOut,
    EndIn,
    Ending,
    ProposalIn,
    Signature,
    TimelineOut,
    Undelivered,
)
from taysir.exchange.agreement_part import AgreementPart
from taysir.exchange.catalogue import ServiceCard
from taysir.exchange.consent import ConsentTerms
from taysir.exchange.contracts import (
    EndAction,
    SignedAgreement,
    State,
    check_accept,
    check_end,
)
from taysir.exchange.errors import EXC_UNKNOWN_SERVICE
from taysir.exchange.model import Consent
from taysir.exchange.runtime import NodeRuntime
from taysir.exchange.terms import parties, read_terms
from taysir.exchange.timeline import timeline_of
from taysir.exchange.trust_errors import EXC_CONSENT_ARTEFACT, EXC_UNKNOWN_CONSENT
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger

log = get_logger(__name__)

_HASH: Final = {"hash": "[0-9a-f]{64}"}
_STATES: Final = tuple(state.value for state in State)
_STATE: Final = Query(
    name="state",
    about="Only agreements in this state.",
    schema={"enum": list(_STATES)},
    pattern="|".join(_STATES),
)
_WORDS: Final = Query(
    name="q",
    about="Words that the names or the description of a service hold.",
    schema={"type": "string", "maxLength": limits.SEARCH_CHARACTERS},
    pattern=rf"(?s).{{0,{limits.SEARCH_CHARACTERS}}}",
)
_SUBJECT: Final = Query(
    name="subject",
    about="The person's identity number.",
    schema={"type": "string", "minLength": 1, "maxLength": 64},
    pattern=r"(?s).{1,64}",
    required=True,
)


class AgreementRoutes:
    """Handlers of one node."""

    def __init__(self, node: NodeRuntime, part: AgreementPart) -> None:
        self._node = node
        self._desk = part.desk
        self._catalogue = part.catalogue

    def routes(self) -> Iterator[Route]:
        """Yield the routes."""
        yield from self._of_agreements()
        yield from self._of_steps()
        yield from self._of_consents()
        yield from self._of_services()

    def _of_agreements(self) -> Iterator[Route]:
        yield Route(
            method="GET",
            path="/admin/agreements",
            name="listAgreements",
            about="The agreements that this node holds, the newest first.",
            query=(_STATE,),
            answer=AgreementsOut,
            handle=self._list,
        )
        yield Route(
            method="POST",
            path="/admin/agreements",
            name="proposeAgreement",
            about="Propose terms: signed in a member's name and sent to the other parties' nodes.",
            body=ProposalIn,
            status=201,
            answer=AgreementOut,
            handle=self._propose,
        )
        yield _one("GET", "", "showAgreement", "One agreement.", AgreementOut, self._show)
        yield _one(
            "GET",
            "/timeline",
            "agreementTimeline",
            "The steps from finding the service to the first call.",
            TimelineOut,
            self._timeline,
        )

    def _of_steps(self) -> Iterator[Route]:
        steps: tuple[tuple[str, str, Any, Any], ...] = (
            ("accept", "Accept a proposal in a party's name.", ByIn, self._accept),
            ("reject", "Reject a proposal, or withdraw one's own.", EndIn, self._reject),
            ("revoke", "Revoke an agreement; the next call is refused.", EndIn, self._revoke),
            ("counter", "Answer a proposal with other terms.", ProposalIn, self._counter),
            (
                "supersede",
                "Propose terms that end this agreement when all accept them.",
                ProposalIn,
                self._supersede,
            ),
        )
        for name, about, body, handle in steps:
            operation = f"{name}Agreement"
            yield _one("POST", f"/{name}", operation, about, AgreementOut, handle, body=body)

    def _of_consents(self) -> Iterator[Route]:
        yield Route(
            method="GET",
            path="/admin/consents",
            name="listConsents",
            about="The consents of a person that this node holds.",
            query=(_SUBJECT,),
            answer=ConsentsOut,
            handle=self._consents,
        )
        yield Route(
            method="POST",
            path="/admin/consents",
            name="giveConsent",
            about="Sign what a person agreed to and hand it to the parties' nodes.",
            body=ConsentIn,
            status=201,
            answer=ConsentOut,
            handle=self._give,
        )
        yield Route(
            method="GET",
            path="/admin/consents/{hash}",
            name="showConsent",
            about="One consent.",
            answer=ConsentOut,
            handle=self._consent,
            segments=_HASH,
        )
        yield Route(
            method="POST",
            path="/admin/consents/{hash}/revoke",
            name="revokeConsent",
            about="Sign a person's withdrawal; the next call is refused at both nodes.",
            body=ByIn,
            answer=ConsentOut,
            handle=self._revoke_consent,
            segments=_HASH,
        )

    def _of_services(self) -> Iterator[Route]:
        yield Route(
            method="GET",
            path="/admin/services",
            name="findServices",
            about="The data services of all nodes.",
            query=(_WORDS,),
            answer=tuple[ServiceCard, ...],
            handle=self._find,
        )
        yield Route(
            method="GET",
            path="/admin/services/{service}",
            name="showService",
            about="One data service, with its operations and fields.",
            answer=ServiceCard,
            handle=self._service,
            segments={"service": "[^/]+(?:/[^/]+){4}"},
        )
        yield Route(
            method="GET",
            path="/admin/contract-breaks",
            name="listContractBreaks",
            about="Answers of our back ends that did not fit their own OpenAPI document.",
            answer=BreaksOut,
            handle=self._breaks,
        )

    # --- handlers ---

    async def _list(self, asked: Asked) -> AgreementsOut:
        wanted = asked.query.get("state")
        kept = []
        for agreement in self._desk.shelf.all().values():
            try:
                one = self._out(agreement)
            except Problem as problem:
                log.warning("agreement_not_shown", agreement=agreement.hash, code=problem.code)
                continue
            if wanted in (None, one.state.value):
                kept.append(one)
        kept.sort(key=lambda one: (one.terms.valid_from, one.hash), reverse=True)
        return AgreementsOut(agreements=tuple(kept[: limits.AGREEMENTS_LISTED]))

    async def _show(self, asked: Asked) -> AgreementOut:
        return self._out(self._desk.shelf.require(asked.path["hash"]))

    async def _timeline(self, asked: Asked) -> TimelineOut:
        await self._node.journal.indexed()
        return timeline_of(self._node, self._desk, digest=asked.path["hash"])

    async def _propose(self, asked: Asked) -> AgreementOut:
        body: ProposalIn = asked.body
        return self._out(await self._desk.propose(body.terms, by=body.by))

    async def _counter(self, asked: Asked) -> AgreementOut:
        body: ProposalIn = asked.body
        made = await self._desk.counter(asked.path["hash"], body.terms, by=body.by)
        return self._out(made)

    async def _supersede(self, asked: Asked) -> AgreementOut:
        body: ProposalIn = asked.body
        made = await self._desk.supersede(asked.path["hash"], body.terms, by=body.by)
        return self._out(made)

    async def _accept(self, asked: Asked) -> AgreementOut:
        return self._out(await self._desk.accept(asked.path["hash"], by=asked.body.by))

    async def _reject(self, asked: Asked) -> AgreementOut:
        return await self._end(asked, EndAction.REJECT)

    async def _revoke(self, asked: Asked) -> AgreementOut:
        return await self._end(asked, EndAction.REVOKE)

    async def _end(self, asked: Asked, action: EndAction) -> AgreementOut:
        body: EndIn = asked.body
        ended = await self._desk.end(
            asked.path["hash"], action=action, reason=body.reason, by=body.by
        )
        return self._out(ended)

    async def _consents(self, asked: Asked) -> ConsentsOut:
        subject = self._node.pseudonym(asked.query["subject"])
        found = self._node.consents.of_subject(subject)
        return ConsentsOut(consents=tuple(_consent_out(consent) for consent in found))

    async def _consent(self, asked: Asked) -> ConsentOut:
        consent = self._node.consents.find(asked.path["hash"])
        if consent is None:
            raise Problem(EXC_UNKNOWN_CONSENT)
        return _consent_out(consent)

    async def _give(self, asked: Asked) -> ConsentOut:
        body: ConsentIn = asked.body
        if body.start.tzinfo is None or body.end.tzinfo is None:
            raise Problem(EXC_CONSENT_ARTEFACT, reason="times must be UTC, whole seconds")
        terms = ConsentTerms(
            consumer=body.consumer,
            service=body.service,
            purposes=body.purposes,
            subject=self._node.pseudonym(body.subject),
            fields=body.fields,
            start=body.start,
            end=body.end,
            calls=body.calls,
            per=body.per,
            revocable=body.revocable,
            collected_by=body.collected_by,
            collected_at=self._node.now().replace(microsecond=0),
        )
        return _consent_out(await self._desk.give_consent(terms))

    async def _revoke_consent(self, asked: Asked) -> ConsentOut:
        digest = asked.path["hash"]
        by = asked.body.by or self._who_withdraws(self._node.consents.find(digest))
        return _consent_out(await self._desk.revoke_consent(digest, by=by))

    def _who_withdraws(self, consent: Consent | None) -> str:
        """Return the party of a consent that this node carries, or whoever it carries."""
        ours = list(self._node.signers)
        parties = {consent.consumer.owner, consent.service.owner} if consent else set()
        return str(next((member for member in ours if member in parties), ours[0]))

    async def _find(self, asked: Asked) -> tuple[ServiceCard, ...]:
        return tuple(await self._catalogue.find(asked.query.get("q", "")))

    async def _service(self, asked: Asked) -> ServiceCard:
        wanted = asked.path["service"]
        for card in await self._catalogue.find(""):
            if card.id == wanted:
                self._desk.steps.note(wanted, "found", at_ms=self._node.now_ms())
                return card
        raise Problem(EXC_UNKNOWN_SERVICE, service=wanted[:128])

    async def _breaks(self, _asked: Asked) -> BreaksOut:
        descriptions = self._node.descriptions
        return BreaksOut(
            total=descriptions.counts.total(),
            breaks=tuple(
                BreakOut(
                    at=datetime.fromtimestamp(one.at_ms / 1000, UTC),
                    exchange_id=one.exchange_id,
                    service=one.service,
                    method=one.method,
                    status=one.status,
                    reason=one.reason,
                )
                for one in reversed(descriptions.breaks)
            ),
        )

    def _out(self, agreement: SignedAgreement) -> AgreementOut:
        find = self._node.directory().certificate
        terms = read_terms(agreement.document)
        ends = (check_end(token, agreement=agreement, find=find) for token in agreement.ends)
        return AgreementOut(
            hash=agreement.hash,
            state=self._desk.standing(agreement.hash),
            terms=terms,
            accepted=tuple(
                Signature(by=by, at=check_accept(agreement.document, token=t, by=by, find=find))
                for by, t in agreement.accepts.items()
            ),
            waiting_for=tuple(p for p in parties(terms) if p not in agreement.accepts),
            ended=tuple(Ending(action=e.action, by=e.by, at=e.at, reason=e.reason) for e in ends),
            undelivered=tuple(
                Undelivered(member=d.member, attempts=d.attempts, reason=d.reason)
                for d in self._desk.steps.owed(digest=agreement.hash)
            ),
        )


def _one(  # noqa: PLR0917 - a table of routes reads best in columns
    method: str, tail: str, name: str, about: str, answer: Any, handle: Any, *, body: Any = None
) -> Route:
    return Route(
        method=method,
        path=f"/admin/agreements/{{hash}}{tail}",
        name=name,
        about=about,
        body=body,
        status=201 if name in ("counterAgreement", "supersedeAgreement") else 200,
        answer=answer,
        handle=handle,
        segments=_HASH,
    )


def _consent_out(consent: Consent) -> ConsentOut:
    return ConsentOut(
        hash=consent.hash,
        consumer=str(consent.consumer),
        service=str(consent.service),
        purposes=tuple(sorted(consent.purposes)),
        fields=tuple(sorted(consent.fields)),
        start=consent.start,
        end=consent.end,
        calls=consent.calls,
        per=consent.per,
        revoked_at=consent.revoked_at,
    )
