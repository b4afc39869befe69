"""Decides a case by the law of a day: grant, refuse with reasons, or wait, never guess.

The order, in :func:`decide`:

1. The table of refusals is applied to what is known. Rows match or they do not; every match
   becomes a reason with its article, row and inputs.
2. Evidence that is missing, a disputed value or an open question makes the case wait, unless a
   matching row is marked conclusive (no further evidence could change it).
3. A refusal that rests on an answer older than its lookup allows waits for that answer to be asked
   again: a fine paid five minutes ago must not refuse. A grant likewise, with its own limit.
4. Otherwise the matches refuse; without any the values (fee, term, …) are computed.
5. Rows of the table of referrals that match leave the case to an officer; without any, or once an
   officer has looked, it grants.

Pure: the day and the time come from the caller. Words come from ``wording.py``; the decision is
kept as data (``decision.py``) and told to people by ``explain.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from taysir.engine.applying import Applier, Brief
from taysir.engine.decision import Decision, Outcome, Reason, ReasonKind, Step
from taysir.engine.definition import Lookup, OnNotFound, Pack, ReasonText
from taysir.engine.errors import ENG_DECISION_FAILED
from taysir.engine.facts import CaseFacts, EvidenceOutcome
from taysir.engine.feel import to_feel
from taysir.engine.lookups import evidence_complete, needed_lookups, older_than
from taysir.engine.pages import case_context, missing_answers
from taysir.engine.periods import LawDay
from taysir.engine.reasoning import Reasoner
from taysir.engine.rulebook import RowInForce
from taysir.kernel.errors import Problem


def decide(
    pack: Pack,
    facts: CaseFacts,
    *,
    on: date,
    at: datetime | None = None,
    reviewed: bool = False,
    law: LawDay | None = None,
    brief: Brief | None = None,
) -> Decision:
    """Decide a case by the law of day ``on``.

    ``at`` is the moment of the decision; without it the age of the evidence is not checked, as in
    a forecast before submission or a replay. ``reviewed`` says that an officer has looked at what
    the rules leave to one and grants. ``law`` applies the law of another day, or as it was known on
    another: without it, a change that became law after the decision plays no part in it, even if it
    reaches back to its day. ``brief`` gives outcome, codes, articles and values without words,
    inputs and trace. Raises ENG-1104 if a rule cannot be applied.
    """
    known = LawDay(on, at.date() if at else on)
    case = _Case(pack, facts, on=on, at=at, law=law or known, brief=brief)
    matches = [*case.missing_records(), *case.matching_rows()]
    waits = case.waits()
    if waits:
        matches_now = [match for match in matches if match.conclusive and not match.disputed]
    else:
        matches_now = matches
    if matches_now:
        refresh = case.too_old_to_refuse(matches_now)
        if refresh:
            return case.wait(case.stale_reasons(refresh), matches, refresh=refresh)
        return case.refuse(matches_now, [match for match in matches if match not in matches_now])
    if waits:
        return case.wait(waits, matches)
    refresh = case.too_old_to_grant()
    if refresh:
        return case.wait(case.stale_reasons(refresh), matches, refresh=refresh)
    referrals = [] if reviewed else case.referrals()
    return case.refer(referrals) if referrals else case.grant()


@dataclass(frozen=True, slots=True)
class _Match:
    """A row, or a missing record, that speaks for refusal."""

    reason: Reason
    conclusive: bool
    disputed: bool
    lookups: tuple[str, ...]


class _Case:
    """One case under the law of one day, while it is being decided."""

    def __init__(
        self,
        pack: Pack,
        facts: CaseFacts,
        *,
        on: date,
        at: datetime | None,
        law: LawDay,
        brief: Brief | None,
    ) -> None:
        self.pack, self.facts, self.on, self.at = pack, facts, on, at
        # Converted to FEEL's own kinds once, because every rule of the decision reads them.
        self.context = (brief.context if brief else None) or _seen(pack, facts, on)
        self.lookups = needed_lookups(pack, facts, context=self.context)
        self.unanswered = missing_answers(pack, facts, context=self.context)
        self.values: dict[str, Any] = {}
        self.steps: list[Step] = []
        self.words = Reasoner(pack, facts, brief=brief is not None)
        self.rules = Applier(pack, self.words, self.context, law)
        if brief is not None:
            brief.context = self.context
            self.rules.sessions = brief.sessions

    # --- what speaks for refusal -------------------------------------------------------------

    def missing_records(self) -> Iterable[_Match]:
        """Yield a match for each lookup whose missing record itself refuses."""
        for lookup in self.lookups:
            evidence = self.facts.evidence.get(lookup.name)
            if (
                lookup.on_not_found is OnNotFound.REFUSE
                and evidence is not None
                and evidence.outcome is EvidenceOutcome.NOT_FOUND
            ):
                text = self.pack.reasons[lookup.not_found_reason]
                reason = self.words.reason(text, ReasonKind.REFUSAL, lookup=lookup.name)
                yield _Match(reason, conclusive=True, disputed=False, lookups=(lookup.name,))

    def matching_rows(self) -> Iterable[_Match]:
        """Apply the table of refusals and yield its matches in the order of the file."""
        disputed = set(self.facts.disputed())
        for item, reason in self._reasoned(self.pack.plan.refusals, ReasonKind.REFUSAL):
            yield _Match(
                reason,
                conclusive=item.row.conclusive,
                disputed=not disputed.isdisjoint(item.facts),
                lookups=self._lookups_behind(item.facts),
            )

    def referrals(self) -> list[Reason]:
        """Return why the law leaves the case to an officer; empty if the rules alone decide it."""
        table = self.pack.plan.referrals
        return [reason for _, reason in self._reasoned(table, ReasonKind.REFERRAL)] if table else []

    def _reasoned(self, table: str, kind: ReasonKind) -> Iterable[tuple[RowInForce, Reason]]:
        """Apply a table whose rows carry reason codes, and yield each match with its reason."""
        applied = self.rules.apply(table)
        self.steps.append(self.rules.step(applied))
        for item in (item for item in applied.rows if item.row.decision == table):
            code = item.row.code
            text = self.pack.reasons.get(code) or self._unworded(table, code)
            inputs = self.words.inputs(item.facts)
            yield item, self.words.reason(text, kind, rule=self.rules.row(item), inputs=inputs)

    def too_old_to_refuse(self, matches: Iterable[_Match]) -> tuple[str, ...]:
        """Return the lookups whose answers are too old to refuse on."""
        behind = {name for match in matches for name in match.lookups}
        return self._too_old(
            (lookup, lookup.max_age_refusal or lookup.max_age)
            for lookup in self.lookups
            if lookup.name in behind
        )

    def too_old_to_grant(self) -> tuple[str, ...]:
        """Return the lookups whose answers are too old for any decision."""
        awaited = (lookup for lookup in self.lookups if lookup.awaited)
        return self._too_old((lookup, lookup.max_age) for lookup in awaited)

    def _too_old(self, limits: Iterable[tuple[Lookup, Any]]) -> tuple[str, ...]:
        at = self.at
        if at is None:
            return ()
        return tuple(
            lookup.name for lookup, limit in limits if older_than(lookup, self.facts, limit, at=at)
        )

    def _lookups_behind(self, names: Iterable[str]) -> tuple[str, ...]:
        wanted = set(names)
        return tuple(
            lookup.name for lookup in self.lookups if wanted.intersection(lookup.facts.values())
        )

    # --- what makes the case wait ------------------------------------------------------------

    def waits(self) -> list[Reason]:
        """Return why the case cannot be decided yet; empty if it can."""
        reasons = [self.words.missing(lookup) for lookup in self._incomplete()]
        reasons.extend(self.words.disputed(name) for name in self._disputes())
        reasons.extend(self.words.unanswered(name) for name in self.unanswered)
        return reasons

    def stale_reasons(self, names: Iterable[str]) -> list[Reason]:
        """Return the reasons for asking again."""
        wanted = set(names)
        return [self.words.stale(lookup) for lookup in self.lookups if lookup.name in wanted]

    def _incomplete(self) -> list[Lookup]:
        refusing = OnNotFound.REFUSE
        return [
            lookup
            for lookup in self.lookups
            if lookup.awaited
            and not evidence_complete(lookup, self.facts)
            and not (lookup.on_not_found is refusing and self._not_found(lookup))
        ]

    def _not_found(self, lookup: Lookup) -> bool:
        evidence = self.facts.evidence.get(lookup.name)
        return evidence is not None and evidence.outcome is EvidenceOutcome.NOT_FOUND

    def _disputes(self) -> tuple[str, ...]:
        asked = {name for lookup in self.lookups for name in lookup.facts.values()}
        return tuple(name for name in self.facts.disputed() if name in asked)

    # --- outcomes ----------------------------------------------------------------------------

    def wait(
        self, reasons: list[Reason], matches: list[_Match], *, refresh: tuple[str, ...] = ()
    ) -> Decision:
        """Return the outcome "waiting"; what would refuse now is told as concerns."""
        self._compute()
        incomplete = tuple(lookup.name for lookup in self._incomplete())
        return self._decision(
            Outcome.WAITING,
            reasons,
            waiting=tuple(dict.fromkeys((*incomplete, *refresh))),
            refresh=refresh,
            concerns=tuple(match.reason for match in matches),
        )

    def refuse(self, matches: list[_Match], others: list[_Match]) -> Decision:
        """Return the outcome "refused" with every reason that holds."""
        return self._decision(
            Outcome.REFUSED,
            [match.reason for match in matches],
            concerns=tuple(match.reason for match in others),
        )

    def refer(self, reasons: list[Reason]) -> Decision:
        """Return the outcome "referred", with the values that a grant by an officer would have."""
        self._compute()
        return self._decision(Outcome.REFERRED, reasons)

    def grant(self) -> Decision:
        """Return the outcome "granted" with all values; raises ENG-1104 if one has no result."""
        self._compute()
        for name, decision in self.pack.plan.values.items():
            if not self.pack.facts[name].accepts(self.values.get(name)):
                raise Problem(
                    ENG_DECISION_FAILED,
                    decision=decision,
                    file=self.rules.law(decision).file.file,
                    detail=f"{name}: {type(self.values.get(name)).__name__}",
                )
        text = self.pack.reasons[self.pack.plan.grant_reason]
        reason = self.words.reason(text, ReasonKind.GRANT, values=self.values)
        return self._decision(Outcome.GRANTED, [reason])

    def _decision(self, outcome: Outcome, reasons: list[Reason], **more: Any) -> Decision:
        service, law = self.pack.service, self.rules.day
        return Decision(
            outcome=outcome,
            on=self.on,
            law_of=law.day if law.day != self.on else None,
            known=law.known if law.known != self.on else None,
            pack=self.pack.hash,
            service=service.id,
            service_title=dict(service.title),
            objection=dict(service.objection.text),
            objection_days=service.objection.within_days,
            values={name: value for name, value in self.values.items() if value is not None},
            reasons=tuple(reasons),
            unanswered=self.unanswered,
            disputed=self._disputes(),
            steps=tuple(self.steps),
            **more,
        )

    def _compute(self) -> None:
        """Apply the rules that give values; one that lacks an input gives null."""
        for name, decision in self.pack.plan.values.items():
            applied = self.rules.apply(decision)
            self.values[name] = applied.value
            self.steps.append(self.rules.step(applied, fact=name))

    def _unworded(self, table: str, code: str) -> ReasonText:
        raise Problem(ENG_DECISION_FAILED, decision=table, file="reasons.yaml", detail=code)


def _seen(pack: Pack, facts: CaseFacts, on: date) -> dict[str, Any]:
    """Return what rules see of a case."""
    return {name: to_feel(value) for name, value in case_context(pack.facts, facts, on=on).items()}
