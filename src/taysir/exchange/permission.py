"""Asks the policy for one call of a running node: gathers the facts and decides.

The policy is pure; this module knows where its facts are: the federation's zones and the consents
that the node holds. The consumer's and the provider's side ask the same. What counts calls (quotas,
uses of consents) is not looked at here, because that is one step with counting: ``admission``.
"""

from __future__ import annotations

from taysir.exchange.errors import EXC_ZONE
from taysir.exchange.model import Agreement, Directory
from taysir.exchange.policy import CallFacts, decide_call
from taysir.exchange.runtime import CallRuntime
from taysir.exchange.wire import InformationCall
from taysir.kernel.errors import Problem
from taysir.kernel.statement import Statement


def permit_sending(
    node: CallRuntime, call: InformationCall, *, agreement: Agreement, directory: Directory
) -> None:
    """Decide at the consumer's node before it signs; raises the first reason against the call."""
    provider = directory.node_for(call.service.owner)
    facts = CallFacts(
        method=call.method,
        path=call.path,
        purpose=call.purpose,
        subject=node.pseudonym(call.subject) if call.consent else "",
        body=call.body,
        body_type=call.body_type,
        zone=node.zone,
        processing_zone=provider.zone if provider is not None else "",
        storage_zone=node.zone,
        at=node.now(),
        calls=(0,) * len(agreement.quotas),
        consent=call.consent,
        held=node.consents.find(call.consent),
    )
    _decide(agreement, facts)


def permit_receiving(
    node: CallRuntime, statement: Statement, body: bytes, *, agreement: Agreement, zone: str
) -> None:
    """Decide at the provider's node; raises the first reason against the call.

    ``zone`` is where the federation document says that the asking node stands; a statement that
    claims another one is refused.
    """
    if statement.zone != zone:
        raise Problem(EXC_ZONE, zone=statement.zone or "?")
    facts = CallFacts(
        method=statement.method,
        path=statement.path.partition("?")[0],
        purpose=statement.purpose,
        subject=statement.subject,
        body=body,
        body_type=statement.body_type,
        zone=zone,
        processing_zone=node.zone,
        storage_zone=node.zone,
        at=node.now(),
        calls=(0,) * len(agreement.quotas),
        consent=statement.consent,
        held=node.consents.find(statement.consent),
    )
    _decide(agreement, facts)


def _decide(agreement: Agreement, facts: CallFacts) -> None:
    against = decide_call(agreement, call=facts)
    if against:
        raise against[0]
