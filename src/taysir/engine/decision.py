"""A decision as data: outcome, reasons, values and the whole way there, fit to be kept for ever.

Everything a later reader needs is inside: texts, articles, rows, inputs with their provenance and
the hash of the pack. So a stored decision is explained again years later from itself alone, and a
changed pack cannot change what was said.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec

from taysir.engine.errors import ENG_FACTS_FORM
from taysir.engine.facts import CaseFacts, Computed, FactValue, Json, Provenance
from taysir.kernel.errors import Language, Problem
from taysir.kernel.limits import DECISION_BYTES

Words = dict[Language, str]


class Outcome(StrEnum):
    """How a decision ends; waiting is a normal end, not an error.

    "Referred" means that the law leaves the case to an officer, for the reasons given.
    """

    GRANTED = "granted"
    REFUSED = "refused"
    REFERRED = "referred"
    WAITING = "waiting"


class ReasonKind(StrEnum):
    """What a reason explains."""

    GRANT = "grant"
    REFUSAL = "refusal"
    REFERRAL = "referral"
    WAITING = "waiting"


class RuleRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row of a decision table as it stands in the pack's file, with the days on which it is law.

    A row that applies to days before it became law tells when that was, and why.
    """

    file: str
    decision: str
    row: int = 0
    line: int = 0
    article: str = ""
    since: date | None = None
    until: date | None = None
    enacted: date | None = None
    because: Words = {}


class Input(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fact that a rule rested on: its value, the value in words, and where it came from."""

    fact: str
    label: Words
    value: Json
    words: Words
    provenance: Provenance | None = None
    disputed: bool = False


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reason: for people in words, for the court with article, row and inputs."""

    code: str
    kind: ReasonKind
    text: Words
    remedy: Words
    article: str = ""
    article_title: Words = {}
    rule: RuleRow | None = None
    inputs: tuple[Input, ...] = ()
    lookup: str = ""


class ColumnValue(msgspec.Struct, frozen=True, omit_defaults=True):
    """An input of a table: its expression, the value it had, labels of values its cells name.

    ``label`` is there for an input that is no fact, if the pack has a text of its name.
    """

    text: str
    value: Json = None
    options: dict[str, Words] = {}
    label: Words = {}


class MissedRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row that did not apply: the first input that failed it, and what the row asks of it."""

    row: int
    line: int
    article: str
    column: int
    test: str


class TableUse(msgspec.Struct, frozen=True, omit_defaults=True):
    """A table that was applied: its inputs, and why each row that did not apply did not."""

    decision: str
    columns: tuple[ColumnValue, ...]
    missed: tuple[MissedRow, ...] = ()
    label: Words = {}


class LawPart(msgspec.Struct, frozen=True, omit_defaults=True):
    """Days under the same law: its value, its article, and since when it is law.

    ``enacted`` and ``because`` are there if it applies to days before it became law.
    """

    first: date
    last: date
    value: Json
    words: Words
    article: str
    article_title: Words = {}
    since: date | None = None
    enacted: date | None = None
    because: Words = {}
    rows: tuple[RuleRow, ...] = ()


class LawUse(msgspec.Struct, frozen=True, omit_defaults=True):
    """A parameter or table of the law that a rule used, for a day or part by part for a period."""

    name: str
    label: Words = {}
    parts: tuple[LawPart, ...] = ()
    is_period: bool = False


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One rule that was applied: which rows matched, on which inputs, with which result.

    ``checked`` counts the rows of the decision's own table that were law on the day; a decision
    that is a formula has none, and its single entry in ``rows`` is the formula itself (row 0).
    ``tables`` say why other rows did not match, ``law`` which dated values were used and, for a
    period, where it was split.
    """

    decision: str
    file: str
    result: Json
    rows: tuple[RuleRow, ...] = ()
    inputs: tuple[Input, ...] = ()
    fact: str = ""
    label: Words = {}
    words: Words = {}
    checked: int = 0
    tables: tuple[TableUse, ...] = ()
    law: tuple[LawUse, ...] = ()


class Decision(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result of applying the law of one day to the facts of one case.

    ``waiting`` names the lookups whose evidence is missing, ``refresh`` those whose answers are too
    old to decide on (ask them again, then decide again), ``unanswered`` the questions still open.
    ``concerns`` would refuse if the case were decided on what is known now: tell the person early.
    ``law_of`` is the day whose law was applied if it is not ``on``; ``known`` the day up to which
    changes of the law were known. ``values`` are the computed facts, by name; for a grant all of
    them are there.
    """

    outcome: Outcome
    on: date
    pack: str
    service: str
    service_title: Words
    objection: Words
    objection_days: int
    law_of: date | None = None
    known: date | None = None
    values: dict[str, Json] = {}
    reasons: tuple[Reason, ...] = ()
    waiting: tuple[str, ...] = ()
    refresh: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()
    concerns: tuple[Reason, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def articles(self) -> tuple[str, ...]:
        """The articles behind the reasons, without repetition."""
        return tuple(dict.fromkeys(item.article for item in self.reasons if item.article))

    @property
    def codes(self) -> tuple[str, ...]:
        """The reason codes."""
        return tuple(reason.code for reason in self.reasons)

    def to_json(self) -> bytes:
        """Encode the decision for keeping."""
        return _ENCODER.encode(self)

    @classmethod
    def from_json(cls, data: bytes | str) -> Decision:
        """Decode a kept decision; raises ENG-1101."""
        if len(data) > DECISION_BYTES:
            raise Problem(ENG_FACTS_FORM, detail=f"> {DECISION_BYTES} bytes")
        try:
            return _DECODER.decode(data)
        except msgspec.DecodeError as error:
            raise Problem(ENG_FACTS_FORM, detail=str(error)) from error


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Decision)


def record_values(facts: CaseFacts, decision: Decision, *, at: datetime) -> CaseFacts:
    """Put the values of a decision into the case as computed facts, each with rule and article."""
    made: dict[str, FactValue] = {}
    for step in decision.steps:
        if step.fact in decision.values:
            article = next((row.article for row in step.rows if row.article), "")
            provenance = Computed(step.decision, article, decision.pack, at)
            made[step.fact] = FactValue(decision.values[step.fact], provenance)
    return facts.with_values(made)
