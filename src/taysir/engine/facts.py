"""The facts of a case: what each is, where its value came from, and whether it is disputed.

A :class:`Fact` is defined once, in ``facts.schema.json`` of the pack. A :class:`FactValue` is its
value in one case together with its provenance: typed by a person, attested by the identity
provider at sign-in, fetched by a signed exchange under an agreement, or computed by a dated rule.
:class:`CaseFacts` holds all of a case, immutable, and goes to JSON and back without loss. Values
are JSON values; dates are ISO text until a rule needs them (``FactModel.context``). Nothing here
fetches, asks or decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum, auto
from types import MappingProxyType
from typing import Any, Final, TypeVar, overload

import jsonschema_rs
import msgspec

from taysir.engine.errors import ENG_FACT_UNDECLARED, ENG_FACTS_FORM
from taysir.engine.findings import Text
from taysir.kernel.errors import Problem
from taysir.kernel.limits import CASE_FACTS_BYTES

T = TypeVar("T")
Json = Any
"""A JSON value: None, bool, int, float, str, list or dict."""


class FactSource(StrEnum):
    """Who gives a fact its value."""

    TYPED = "typed"
    IDENTITY = "identity"
    LOOKUP = "lookup"
    COMPUTED = "computed"
    REGISTER = "register"
    """Given by the register when the result is entered there, e.g. its number."""
    CASE = "case"
    """Stated by the platform about the case itself, see :data:`CASE_FACTS`."""


CASE_FACTS: Final = frozenset({"case.draw", "case.number"})
"""What the platform states: the number people know, and a draw of 0 to 99 for samples."""


class Sensitivity(StrEnum):
    """The four classes of the national data policy."""

    PUBLIC = "public"
    RESTRICTED = "restricted"
    SECRET = auto()
    TOP_SECRET = auto()


class FactType(StrEnum):
    """How a fact is asked for, shown and given to the rules."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"
    BOOLEAN = "boolean"
    DATE = "date"
    LIST = "list"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Option:
    """One value that a fact may take, with its label."""

    value: str | int
    label: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """The definition of one fact; ``name`` is dotted, e.g. ``licence.expires_on``."""

    name: str
    label: Text
    type: FactType
    source: FactSource
    sensitivity: Sensitivity
    retention: str
    schema: Mapping[str, Json] = field(repr=False)
    options: tuple[Option, ...] = ()
    asked_because: Text | None = None
    """Why the person is asked although a registry holds the fact, e.g. to change it."""
    validator: jsonschema_rs.Draft202012Validator = field(repr=False, compare=False)

    def accepts(self, value: Json) -> bool:
        """Whether a value satisfies this fact's schema."""
        return self.validator.is_valid(value)

    def label_of(self, value: Json) -> Text | None:
        """Return the label of an option value, if the fact has options."""
        return next((option.label for option in self.options if option.value == value), None)


# --- provenance ----------------------------------------------------------------------------------


class Typed(msgspec.Struct, frozen=True, tag="typed", tag_field="kind", omit_defaults=True):
    """Given by a person; ``by`` is a role or a reference, never a name."""

    by: str
    at: datetime


class Attested(msgspec.Struct, frozen=True, tag="attested", tag_field="kind", omit_defaults=True):
    """Stated by the identity provider when the person signed in."""

    issuer: str
    at: datetime


class Fetched(msgspec.Struct, frozen=True, tag="fetched", tag_field="kind", omit_defaults=True):
    """Answered by an agency: the data service, the agreement's hash, the proving exchange."""

    source: str
    agreement: str
    exchange_id: str
    at: datetime
    lookup: str = ""


class Computed(msgspec.Struct, frozen=True, tag="computed", tag_field="kind", omit_defaults=True):
    """Computed by a rule: its name, the article behind it and the pack version that held it."""

    rule: str
    article: str
    version: str
    at: datetime


Provenance = Typed | Attested | Fetched | Computed


class Dispute(msgspec.Struct, frozen=True, omit_defaults=True):
    """The person says that a fetched value is wrong; the source agency must answer."""

    at: datetime
    statement: str = ""


class FactValue(msgspec.Struct, frozen=True, omit_defaults=True):
    """One value of one case with its provenance."""

    value: Json
    provenance: Provenance
    disputed: Dispute | None = None


class EvidenceOutcome(StrEnum):
    """How the last request for evidence ended; every one is a normal result."""

    ANSWERED = "answered"
    NOT_FOUND = "not_found"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
    INVALID = "invalid"


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """The last try of one lookup of the pack."""

    outcome: EvidenceOutcome
    at: datetime
    exchange_id: str = ""


class _Stored(msgspec.Struct, frozen=True, omit_defaults=True):
    format: int
    values: dict[str, FactValue]
    evidence: dict[str, Evidence] = {}


_DECODER: Final = msgspec.json.Decoder(_Stored)
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True)
class CaseFacts(Mapping[str, FactValue]):
    """Every fact known in one case, by name, and the state of its evidence, by lookup."""

    values_by_name: Mapping[str, FactValue] = field(default_factory=lambda: MappingProxyType({}))
    evidence: Mapping[str, Evidence] = field(default_factory=lambda: MappingProxyType({}))

    def __getitem__(self, name: str) -> FactValue:
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)

    @overload
    def get(self, key: str, /) -> FactValue | None: ...
    @overload
    def get(self, key: str, /, default: FactValue | T) -> FactValue | T: ...
    def get(self, key: str, /, default: Any = None) -> Any:
        """Return what is known of a fact; quick, as every decision asks for every fact."""
        return self.values_by_name.get(key, default)

    def value(self, name: str) -> Json:
        """Return the bare value of a fact, or None."""
        known = self.values_by_name.get(name)
        return None if known is None else known.value

    def with_value(
        self, name: str, value: Json, *, provenance: Provenance, disputed: Dispute | None = None
    ) -> CaseFacts:
        """Return the case with one fact set; an earlier value and its dispute are replaced."""
        return self.with_values({name: FactValue(value, provenance, disputed)})

    def with_values(self, values: Mapping[str, FactValue]) -> CaseFacts:
        """Return the case with several facts set at once."""
        return replace(self, values_by_name=MappingProxyType({**self.values_by_name, **values}))

    def without(self, *names: str) -> CaseFacts:
        """Return the case without some facts, e.g. answers that are no longer asked for."""
        kept = {name: value for name, value in self.values_by_name.items() if name not in names}
        return replace(self, values_by_name=MappingProxyType(kept))

    def with_dispute(self, name: str, dispute: Dispute | None) -> CaseFacts:
        """Mark a known value as disputed, or clear the mark; raises ENG-1102 if it is not known."""
        known = self.values_by_name.get(name)
        if known is None:
            raise Problem(ENG_FACT_UNDECLARED, fact=name)
        return self.with_values({name: FactValue(known.value, known.provenance, dispute)})

    def with_evidence(self, lookup: str, evidence: Evidence) -> CaseFacts:
        """Return the case with the outcome of one lookup recorded."""
        return replace(self, evidence=MappingProxyType({**self.evidence, lookup: evidence}))

    def disputed(self) -> tuple[str, ...]:
        """Return the names of the values that the person disputes."""
        return tuple(name for name, value in self.values_by_name.items() if value.disputed)

    def to_json(self) -> bytes:
        """Encode the case; the same facts always give the same bytes."""
        data = _ENCODER.encode(_Stored(1, dict(self.values_by_name), dict(self.evidence)))
        if len(data) > CASE_FACTS_BYTES:
            raise Problem(ENG_FACTS_FORM, detail=f"> {CASE_FACTS_BYTES} bytes")
        return data

    @classmethod
    def from_json(cls, data: bytes | str) -> CaseFacts:
        """Decode what :meth:`to_json` wrote; raises ENG-1101."""
        if len(data) > CASE_FACTS_BYTES:
            raise Problem(ENG_FACTS_FORM, detail=f"> {CASE_FACTS_BYTES} bytes")
        try:
            stored = _DECODER.decode(data)
        except msgspec.DecodeError as error:
            # The detail of a decoding error names members and types, never values.
            raise Problem(ENG_FACTS_FORM, detail=str(error)) from error
        if stored.format != 1:
            raise Problem(ENG_FACTS_FORM, detail=f"format {stored.format}")
        return cls(MappingProxyType(stored.values), MappingProxyType(stored.evidence))


@dataclass(frozen=True, slots=True)
class FactModel(Mapping[str, Fact]):
    """All facts of a service, by dotted name, in the order of the schema."""

    facts: Mapping[str, Fact]
    _places: tuple[tuple[str, tuple[str, ...], str, FactType], ...] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        places = tuple(_place_of(fact) for fact in self.facts.values())
        object.__setattr__(self, "_places", places)

    def __getitem__(self, name: str) -> Fact:
        return self.facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.facts)

    def __len__(self) -> int:
        return len(self.facts)

    @property
    def groups(self) -> tuple[str, ...]:
        """The first parts of the names: the variables that expressions see."""
        return tuple(dict.fromkeys(name.split(".", 1)[0] for name in self.facts))

    def context(self, facts: Mapping[str, FactValue]) -> dict[str, Any]:
        """Return the facts as nested FEEL values; what is not known is null."""
        context: dict[str, Any] = {}
        for name, groups, last, kind in self._places:
            known = facts.get(name)
            place = context
            for group in groups:
                place = place.setdefault(group, {})
            place[last] = None if known is None else feel_value(kind, known.value)
        return context


def _place_of(fact: Fact) -> tuple[str, tuple[str, ...], str, FactType]:
    *groups, last = fact.name.split(".")
    return fact.name, tuple(groups), last, fact.type


def feel_value(kind: FactType, value: Json) -> Any:
    """Give a stored value the type that rules calculate with; an unreadable date is null."""
    if kind is FactType.DATE and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value


def json_value(value: Any) -> Json:
    """Turn a FEEL value back into JSON: whole decimals to integers, dates to ISO text."""
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case date():
            return value.isoformat()
        case list() | tuple():
            return [json_value(item) for item in value]
        case dict():
            return {name: json_value(item) for name, item in value.items()}
        case _:
            return value
