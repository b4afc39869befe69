"""Asks the policy for one call of a running node: gathers the facts, decides, counts.

The policy is pure; this module knows where its facts are: the federation's zones, the counters of
quotas, the consents that the node holds. The consumer's and the provider's side ask the same.
"""

from __future__ import annotations

from taysir.exchange.errors import EXC_ZONE
from taysir.exchange.model import Agreement, Direction, Directory
from taysir.exchange.policy import CallFacts, decide_call
from taysir.exchange.runtime import NodeRuntime
from taysir.exchange.wire import InformationCall
from taysir.kernel.errors import Problem
from taysir.kernel.statement import Statement


def permit_sending(
    node: NodeRuntime, call: InformationCall, *, agreement: Agreement, directory: Directory
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
        calls=_calls(node, agreement, direction=Direction.SENT),
        consent=call.consent,
        held=node.consents.find(call.consent),
        consent_uses=node.consents.uses(call.consent, direction=Direction.SENT),
    )
    _decide(node, agreement, facts, direction=Direction.SENT)


def permit_receiving(
    node: NodeRuntime, statement: Statement, body: bytes, *, agreement: Agreement, zone: str
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
        calls=_calls(node, agreement, direction=Direction.RECEIVED),
        consent=statement.consent,
        held=node.consents.find(statement.consent),
        consent_uses=node.consents.uses(statement.consent, direction=Direction.RECEIVED),
    )
    _decide(node, agreement, facts, direction=Direction.RECEIVED)


def _calls(node: NodeRuntime, agreement: Agreement, *, direction: Direction) -> tuple[int, ...]:
    if not agreement.quotas:
        return ()
    return node.quotas.before(agreement, direction=direction, now_ms=node.now_ms())


def _decide(
    node: NodeRuntime, agreement: Agreement, facts: CallFacts, *, direction: Direction
) -> None:
    against = decide_call(agreement, call=facts)
    if against:
        raise against[0]
    if agreement.quotas:
        now_ms = node.now_ms()
        node.quotas.take(agreement, purpose=facts.purpose, direction=direction, now_ms=now_ms)
    if facts.consent:
        node.consents.use(facts.consent, direction=direction)
