"""Which questions to ask other agencies, and what their answers mean for the case.

``lookups_due`` says what to ask now; the caller asks through the exchange and hands each outcome
to ``receive_answer`` or ``receive_outcome``. An answer is taken over only if every fact in it
satisfies its schema; otherwise the evidence counts as invalid and the case waits, because a broken
answer of an agency must not become a refusal. Nothing here talks to the network.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from taysir.engine.definition import PLACEHOLDER, Lookup, OnNotFound, Pack
from taysir.engine.errors import ENG_LOOKUP_PATH
from taysir.engine.facts import (
    CaseFacts,
    Evidence,
    EvidenceOutcome,
    FactValue,
    Fetched,
    Json,
)
from taysir.engine.pages import Variables, case_context
from taysir.kernel.errors import Problem

_ABSENT: Final = object()


def needed_lookups(
    pack: Pack, facts: CaseFacts, *, on: date | None = None, context: Variables | None = None
) -> tuple[Lookup, ...]:
    """Return the lookups that this case needs, whether asked already or not."""
    if all(lookup.when is None for lookup in pack.lookups):
        return pack.lookups
    variables = context or case_context(pack.facts, facts, on=on)
    return tuple(
        lookup for lookup in pack.lookups if lookup.when is None or lookup.when.holds(variables)
    )


def lookups_due(
    pack: Pack,
    facts: CaseFacts,
    *,
    at: datetime,
    on: date | None = None,
    refresh: Iterable[str] = (),
) -> tuple[Lookup, ...]:
    """Return what to ask now: never asked, failed, too old, or named by a decision's ``refresh``.

    A lookup whose path needs a fact that is not known yet is left out. ``on`` is the day that
    conditions see, where it is not the day of ``at`` in UTC.
    """
    again = frozenset(refresh)
    return tuple(
        lookup
        for lookup in needed_lookups(pack, facts, on=on or at.date())
        if path_facts_known(lookup, facts)
        and (
            lookup.name in again
            or not evidence_complete(lookup, facts)
            or older_than(lookup, facts, lookup.max_age, at=at)
            or _hopeful(lookup, facts)
        )
    )


def evidence_complete(lookup: Lookup, facts: CaseFacts) -> bool:
    """Whether the agency has answered, with a record or with "none" where that is an answer."""
    evidence = facts.evidence.get(lookup.name)
    if evidence is None:
        return False
    if evidence.outcome is EvidenceOutcome.ANSWERED:
        return True
    return (
        evidence.outcome is EvidenceOutcome.NOT_FOUND and lookup.on_not_found is not OnNotFound.WAIT
    )


def older_than(lookup: Lookup, facts: CaseFacts, limit: timedelta | None, *, at: datetime) -> bool:
    """Whether the last answer of a lookup is older than a limit."""
    evidence = facts.evidence.get(lookup.name)
    return evidence is not None and limit is not None and at - evidence.at > limit


def path_facts_known(lookup: Lookup, facts: CaseFacts) -> bool:
    """Whether every fact in the path is known."""
    return all(facts.value(name) is not None for name in PLACEHOLDER.findall(lookup.path))


def lookup_path(lookup: Lookup, facts: CaseFacts) -> str:
    """Return the path to ask, its facts filled in and percent-encoded; raises ENG-1103."""

    def fill(match: Any) -> str:
        name = match.group(1)
        value = facts.value(name)
        if value is None:
            raise Problem(ENG_LOOKUP_PATH, lookup=lookup.name, fact=name)
        return quote(str(value), safe="")

    return PLACEHOLDER.sub(fill, lookup.path)


def receive_answer(
    pack: Pack,
    lookup: Lookup,
    facts: CaseFacts,
    body: Json,
    *,
    agreement: str,
    exchange_id: str,
    at: datetime,
) -> CaseFacts:
    """Take over an agency's answer with its provenance; a broken answer is recorded as invalid.

    A value that the person had disputed loses the mark only if the agency now answers another one.
    """
    values: dict[str, FactValue] = {}
    provenance = Fetched(str(lookup.service), agreement, exchange_id, at, lookup.name)
    for pointer, name in lookup.facts.items():
        value = at_pointer(body, pointer)
        if value is _ABSENT and pack.facts[name].accepts(None):
            value = None
        if value is _ABSENT or not pack.facts[name].accepts(value):
            return receive_outcome(
                lookup, facts, EvidenceOutcome.INVALID, exchange_id=exchange_id, at=at
            )
        before = facts.get(name)
        kept = before.disputed if before is not None and before.value == value else None
        values[name] = FactValue(value, provenance, kept)
    answered = Evidence(EvidenceOutcome.ANSWERED, at, exchange_id)
    return facts.with_values(values).with_evidence(lookup.name, answered)


def receive_outcome(
    lookup: Lookup,
    facts: CaseFacts,
    outcome: EvidenceOutcome,
    *,
    exchange_id: str = "",
    at: datetime,
) -> CaseFacts:
    """Record that a lookup brought no answer.

    An unreachable or declining agency changes nothing that was known; an agency that no longer
    holds a record takes back the facts it had given.
    """
    before = facts.evidence.get(lookup.name)
    if outcome is EvidenceOutcome.NOT_FOUND:
        facts = facts.without(*lookup.facts.values())
    elif before is not None and before.outcome is EvidenceOutcome.ANSWERED:
        # The older answer stays usable for as long as its age allows.
        return facts
    return facts.with_evidence(lookup.name, Evidence(outcome, at, exchange_id))


def _hopeful(lookup: Lookup, facts: CaseFacts) -> bool:
    """Whether a disputed value of this lookup may have been corrected at its source."""
    return any(
        known.disputed is not None
        for name in lookup.facts.values()
        if (known := facts.get(name)) is not None
    )


def at_pointer(body: Json, pointer: str, *, missing: Any = _ABSENT) -> Any:
    """Follow a JSON pointer (RFC 6901) of object members; ``missing`` where it leads nowhere."""
    value = body
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(value, dict) or name not in value:
            return missing
        value = value[name]
    return value
