"""Enters the result of a granted case into the agency's register, as the pack says.

The message is made of the facts that the pack names, always with the case number, by which the
register knows a repeated message: entering twice gives the same answer. What the register gives
back (a number, an identity) becomes facts with the exchange that proves them.
"""

from __future__ import annotations

from typing import Any

import orjson

from taysir.engine.definition import Pack, Registration
from taysir.engine.facts import CaseFacts, FactValue, Fetched
from taysir.engine.lookups import at_pointer
from taysir.exchange.client import Answer, Outcome
from taysir.kernel.log import get_logger
from taysir.transactions.cases.exchange import AgencyQuestions
from taysir.transactions.cases.models import Case

log = get_logger(__name__)


def enter(
    case: Case, pack: Pack, registration: Registration, *, subject: str, agencies: AgencyQuestions
) -> CaseFacts | None:
    """Enter a case and return its facts with the register's; None if it has to be tried again."""
    facts = case.facts
    body = {"case_number": case.number}
    body.update({member: facts.value(name) for member, name in registration.body.items()})
    answer = agencies.ask(
        registration.service,
        method="POST",
        path=registration.path,
        body=orjson.dumps(body),
        purpose=registration.purpose,
        subject=subject,
        issue=case.number,
    )
    if answer.outcome is not Outcome.ANSWERED:
        log.warning("case_not_registered", case=case.number, outcome=answer.outcome.value)
        return None
    if not registration.facts:
        return facts
    given = _given(pack, registration, answer)
    if given is None:
        log.warning("register_answer_invalid", case=case.number, exchange=answer.exchange_id)
        return None
    return facts.with_values(given)


def _given(pack: Pack, registration: Registration, answer: Answer) -> dict[str, FactValue] | None:
    """Return what the register gave, each value checked against its fact; None if one is broken."""
    try:
        body: Any = answer.json()
    except ValueError:
        return None
    provenance = Fetched(
        str(registration.service), answer.agreement, answer.exchange_id, answer.answered_at
    )
    values: dict[str, FactValue] = {}
    for pointer, name in registration.facts.items():
        value = at_pointer(body, pointer, missing=None)
        if not pack.facts[name].accepts(value):
            return None
        values[name] = FactValue(value, provenance)
    return values
