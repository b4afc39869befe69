"""Decides stored cases again under a draft of the law, and counts whom it touches.

A case is one JSON line: its facts, the day of its decision, and a reference of the agency's own.
Each is decided by the pack in force and by the draft, without words; only counts and sums are kept,
so memory does not grow with the number of cases. Sums are of money facts of grants. Groups are the
options of facts; a group too small to hide in is not told apart. Nothing here names a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import msgspec

from taysir.engine.applying import Brief
from taysir.engine.decision import Decision, Outcome
from taysir.engine.definition import Pack
from taysir.engine.errors import ENG_FACTS_FORM
from taysir.engine.facts import CaseFacts, Fact, FactType
from taysir.engine.periods import LawDay
from taysir.engine.rules import decide
from taysir.engine.wording import LANGUAGES, word_plain
from taysir.kernel.errors import Problem
from taysir.kernel.limits import (
    REPLAY_CHUNK_CASES,
    REPLAY_GROUP_VALUES,
    REPLAY_LINE_BYTES,
    REPLAY_SMALL_GROUP,
)

_SHOWN: Final = 20
_OTHERS: Final = "…"
_GROUPED: Final = frozenset({FactType.BOOLEAN, FactType.LIST, FactType.TEXT, FactType.INTEGER})


class StoredCase(msgspec.Struct, frozen=True):
    """One line: the facts as kept, the day, the agency's reference, whether an officer looked."""

    facts: msgspec.Raw
    on: date
    case: str = ""
    reviewed: bool = False


_DECODER: Final = msgspec.json.Decoder(StoredCase)


@dataclass(slots=True)
class Money:
    """What one amount comes to before and after, and for how many it grows or shrinks."""

    before: int = 0
    after: int = 0
    more: int = 0
    less: int = 0

    def add(self, before: int, after: int) -> None:
        """Count one case."""
        self.before += before
        self.after += after
        self.more += after > before
        self.less += after < before


@dataclass(slots=True)
class Group:
    """Cases that share a value: how many, how many change, and by how much for each amount."""

    cases: int = 0
    changed: int = 0
    difference: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Tally:
    """What was counted so far; tallies of parts are added up."""

    cases: int = 0
    changed: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons_before: Counter[str] = field(default_factory=Counter)
    reasons_after: Counter[str] = field(default_factory=Counter)
    money: dict[str, Money] = field(default_factory=dict)
    groups: dict[str, dict[str, Group]] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def merge(self, other: Tally) -> None:
        """Add another tally to this one."""
        self.cases += other.cases
        self.changed += other.changed
        for mine, theirs in (
            (self.reasons_before, other.reasons_before),
            (self.reasons_after, other.reasons_after),
            (self.failures, other.failures),
        ):
            mine.update(theirs)
        self.outcomes.update(other.outcomes)
        for name, money in other.money.items():
            sums = self.money.setdefault(name, Money())
            sums.before += money.before
            sums.after += money.after
            sums.more += money.more
            sums.less += money.less
        for fact, values in other.groups.items():
            for value, group in values.items():
                found = self.group(fact, value)
                found.cases += group.cases
                found.changed += group.changed
                found.difference.update(group.difference)
        self.examples = (self.examples + other.examples)[:_SHOWN]

    def group(self, fact: str, value: str) -> Group:
        """Return the group of a value; when there are too many, the group of all others."""
        values = self.groups.setdefault(fact, {})
        if value not in values and len(values) >= REPLAY_GROUP_VALUES:
            value = _OTHERS
        return values.setdefault(value, Group())


@dataclass(frozen=True, slots=True)
class Replay:
    """The two states of the law that cases are decided by.

    ``law_of`` applies the draft as it is law on that day to every case, whenever it was decided:
    a draft that begins next year is tried on the cases of last year.
    """

    before: Pack
    after: Pack
    law_of: date | None = None

    def run(self, lines: Iterable[bytes]) -> Tally:
        """Decide every line again and count."""
        tally = Tally()
        money = money_facts(self.after)
        grouped = grouped_facts(self.after)
        shared = _see_the_same(self.before, self.after)
        for line in lines:
            tally.cases += 1
            try:
                stored = read_case(line)
                facts = CaseFacts.from_json(bytes(stored.facts))
                old, new = self._decide(stored, facts, shared=shared)
            except Problem as problem:
                tally.failures[problem.code] += 1
                continue
            _count(tally, stored, old, new, money)
            _count_groups(tally, facts, grouped, Effect.of(old, new, money))
        return tally

    def _decide(
        self, stored: StoredCase, facts: CaseFacts, *, shared: bool
    ) -> tuple[Decision, Decision]:
        """Decide a case by both; where they see the same facts, what both hold is decided once."""
        law = LawDay(self.law_of) if self.law_of else LawDay(stored.on)
        brief = Brief()
        old = decide(self.before, facts, on=stored.on, reviewed=stored.reviewed, brief=brief)
        new = decide(
            self.after,
            facts,
            on=stored.on,
            reviewed=stored.reviewed,
            law=law,
            brief=brief if shared else Brief(),
        )
        return old, new


def _see_the_same(one: Pack, other: Pack) -> bool:
    """Whether the rules of two packs see the same of a case: its facts, and no dated parameters."""
    if any(pack.rules.uses_law or pack.parameters for pack in (one, other)):
        return False
    kinds = ({name: fact.type for name, fact in pack.facts.items()} for pack in (one, other))
    return next(kinds) == next(kinds)


@dataclass(frozen=True, slots=True)
class Effect:
    """What the draft does to one case."""

    changed: bool
    difference: Mapping[str, int]

    @classmethod
    def of(cls, old: Decision, new: Decision, money: Iterable[str]) -> Effect:
        """Compare two decisions of a case."""
        if not _changed(old, new):
            return cls(False, {})
        amounts = {name: _amount(new, name) - _amount(old, name) for name in money}
        return cls(True, {name: amount for name, amount in amounts.items() if amount})


def read_case(line: bytes) -> StoredCase:
    """Read one line; raises ENG-1101, without anything of its contents."""
    if len(line) > REPLAY_LINE_BYTES:
        raise Problem(ENG_FACTS_FORM, detail=f"> {REPLAY_LINE_BYTES} bytes")
    try:
        return _DECODER.decode(line)
    except msgspec.DecodeError as error:
        raise Problem(ENG_FACTS_FORM, detail=str(error)) from error


def chunks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield the lines in lists that one process takes at a time; empty lines are left out."""
    chunk: list[bytes] = []
    for line in lines:
        if line.strip():
            chunk.append(line)
        if len(chunk) >= REPLAY_CHUNK_CASES:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def grouped_facts(pack: Pack) -> tuple[Fact, ...]:
    """Return the facts whose values make groups: those with options, and yes or no."""
    return tuple(
        fact
        for fact in pack.facts.values()
        if fact.type in _GROUPED and (fact.options or fact.type is FactType.BOOLEAN)
    )


def report(tally: Tally, pack: Pack) -> dict[str, Any]:
    """Return a tally for programs, small groups withheld."""
    return {
        "cases": tally.cases,
        "changed": tally.changed,
        "failed": sum(tally.failures.values()),
        "failures": dict(tally.failures),
        "outcomes": [
            {"before": before, "after": after, "cases": count}
            for (before, after), count in tally.outcomes.most_common()
        ],
        "reasons": [
            {
                "code": code,
                "before": tally.reasons_before[code],
                "after": tally.reasons_after[code],
            }
            for code in sorted(tally.reasons_before.keys() | tally.reasons_after.keys())
        ],
        "money": [
            {
                "fact": name,
                "label": dict(pack.facts[name].label),
                "before": sums.before,
                "after": sums.after,
                "difference": sums.after - sums.before,
                "more": sums.more,
                "less": sums.less,
            }
            for name, sums in tally.money.items()
        ],
        "groups": list(_told_groups(tally.groups, pack)),
        "examples": tally.examples,
    }


def _told_groups(groups: Mapping[str, Mapping[str, Group]], pack: Pack) -> Iterator[dict[str, Any]]:
    """Yield the groups that change; those of few people are neither named nor counted."""
    for name, values in groups.items():
        fact = pack.facts[name]
        for value, group in values.items():
            if group.changed >= REPLAY_SMALL_GROUP:
                yield {
                    "fact": name,
                    "label": dict(fact.label),
                    "value": value,
                    "value_label": _value_label(fact, value),
                    "cases": group.cases,
                    "changed": group.changed,
                    "difference": dict(group.difference),
                }


def _value_label(fact: Fact, value: str) -> dict[str, str]:
    if fact.type is FactType.BOOLEAN:
        return {language: word_plain(value == str(True), language) for language in LANGUAGES}
    option = next((each for each in fact.options if str(each.value) == value), None)
    return {str(language): text for language, text in option.label.items()} if option else {}


def _count(
    tally: Tally, stored: StoredCase, old: Decision, new: Decision, money: Iterable[str]
) -> None:
    tally.outcomes[old.outcome.value, new.outcome.value] += 1
    tally.reasons_before.update(old.codes)
    tally.reasons_after.update(new.codes)
    for name in money:
        amounts = _amount(old, name), _amount(new, name)
        if any(amounts):
            tally.money.setdefault(name, Money()).add(*amounts)
    if _changed(old, new):
        tally.changed += 1
        if stored.case and len(tally.examples) < _SHOWN:
            tally.examples.append(stored.case)


def _count_groups(
    tally: Tally, facts: CaseFacts, grouped: tuple[Fact, ...], effect: Effect
) -> None:
    for fact in grouped:
        value = facts.value(fact.name)
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                group = tally.group(fact.name, str(each))
                group.cases += 1
                group.changed += effect.changed
                group.difference.update(effect.difference)


def money_facts(pack: Pack) -> tuple[str, ...]:
    """Return the amounts that a grant computes."""
    return tuple(name for name in pack.plan.values if pack.facts[name].type is FactType.MONEY)


def _amount(decision: Decision, name: str) -> int:
    value = decision.values.get(name) if decision.outcome is Outcome.GRANTED else None
    return value if isinstance(value, int) else 0


def _changed(old: Decision, new: Decision) -> bool:
    if old is new:
        return False
    if (old.outcome, old.codes) != (new.outcome, new.codes):
        return True
    # What a case that still waits would be given is not yet anyone's.
    return old.outcome is not Outcome.WAITING and old.values != new.values
