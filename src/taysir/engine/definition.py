"""What a service pack says, as frozen structures: the result of loading one.

``pack.py`` builds these from the files; pages, rules, flow, checks and the parts that run services
only read them. Texts are always a pair of Arabic and English. Nothing here does anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taysir.engine.facts import Fact, FactModel
from taysir.engine.findings import Place, Text
from taysir.engine.law import Parameter
from taysir.kernel.identifiers import MemberId, ServiceId

if TYPE_CHECKING:
    from taysir.engine.expressions import Condition
    from taysir.engine.rulebook import RuleBook


PLACEHOLDER: Final = re.compile(r"\{([a-z][a-z0-9_.]*)\}", re.ASCII)
"""A fact named in a path or a text: ``{licence.expires_on}``."""

DATE_NAME: Final = "decision_date"
"""The variable that expressions and rules see as the day of the decision."""


# --- the service ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A provision that gives force to a rule, a fee or a question; ``until`` is its last day."""

    code: str
    title: Text
    valid_from: date
    valid_until: date | None = None
    url: str = ""
    place: Place

    def in_force(self, day: date) -> bool:
        """Whether the article is law on a day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A thing the service issues: the template that makes it and the facts printed on it."""

    code: str
    title: Text
    template: str = ""
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """How a person objects to a decision of this service."""

    within_days: int
    article: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """The promised time: for people in words, for the clock as a duration."""

    text: Text
    net: timedelta
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Where a granted case is entered before its documents are made.

    ``body`` maps members of the message to facts; the case number is always in it. ``facts`` maps
    JSON pointers of the register's answer to the facts that it gives, e.g. a number. ``label`` is
    what people read of it.
    """

    label: Text
    service: ServiceId
    path: str
    purpose: str
    body: Mapping[str, str]
    facts: Mapping[str, str]
    place: Place


class ServiceStatus(StrEnum):
    """Whether people may apply: a prepared service has rules and tests, but is not on offer yet."""

    PREPARED = "prepared"
    LIVE = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Identity and public description of the service."""

    code: str
    id: str
    owner: MemberId
    purpose: str
    title: Text
    summary: Text
    who: Text
    needs: tuple[Text, ...]
    steps: tuple[Text, ...]
    legal_basis: tuple[str, ...]
    channels: tuple[str, ...]
    fee: Text
    deadline: Deadline
    objection: Objection
    outputs: tuple[Output, ...]
    life_events: tuple[Text, ...]
    keywords: Mapping[str, tuple[str, ...]]
    status: ServiceStatus = ServiceStatus.LIVE
    registration: Registration | None = None


# --- lookups -------------------------------------------------------------------------------------


class OnNotFound(StrEnum):
    """What it means when the source agency holds no record."""

    WAIT = "wait"
    """The evidence is not there yet: the case is kept."""
    ABSENT = "absent"
    """Holding no record is itself the answer, e.g. no fines."""
    REFUSE = "refuse"
    """Without the record the application has no subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """One question to another agency's data service.

    ``facts`` maps JSON pointers of the answer to names of facts. ``max_age`` is how old an answer
    may be at the decision; ``max_age_refusal`` how old at a refusal that rests on it. A lookup that
    is not ``awaited`` tells the rules more if it is answered, but no case waits for it.
    """

    name: str
    label: Text
    service: ServiceId
    path: str
    purpose: str
    facts: Mapping[str, str]
    on_not_found: OnNotFound
    not_found_reason: str = ""
    waiting_reason: str = ""
    max_age: timedelta | None = None
    max_age_refusal: timedelta | None = None
    when: Condition | None = None
    awaited: bool = True
    place: Place


class Role(StrEnum):
    """Who acts on a case."""

    APPLICANT = "applicant"
    SYSTEM = "system"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    REGISTRY = "registry"
    PARTNER = "partner"
    """A private party that acts inside the case, e.g. the engineering office that was chosen."""


# --- pages ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a person chooses from where a registry has answered several records.

    ``records`` is the fact that holds them, ``value`` the member that is the answer; ``label``
    words one record, its members in braces.
    """

    records: str
    value: str
    label: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A fact asked for on a page."""

    fact: Fact
    widget: str
    label: Text
    hint: Text | None = None
    default: str | int | bool | None = None
    required: bool = True
    choices: Choices | None = None
    when: Condition | None = None
    place: Place

    @property
    def field(self) -> str:
        """The name of the form field: the fact's name."""
        return self.fact.name


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossCheck:
    """A condition over several facts that must hold before the page is left."""

    test: Condition
    message: Text
    field: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One screen: what is shown from the registries, then what is asked of whom."""

    id: str
    title: Text
    lead: Text | None
    preview: tuple[Fact, ...]
    questions: tuple[Question, ...]
    checks: tuple[CrossCheck, ...]
    by: Role = Role.APPLICANT
    when: Condition | None = None
    place: Place


# --- flow ----------------------------------------------------------------------------------------


class ClockCause(StrEnum):
    """Why the service's own clock does not run."""

    APPLICANT = "applicant"
    OTHER_AGENCY = "other_agency"
    PAYMENT = "payment"


class WaitFor(StrEnum):
    """How many branches a join waits for."""

    ALL = "all"
    ANY = "any"
    """The first to arrive ends the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A step that a role may take from a stage; ``reasons`` are its approved texts.

    ``when`` allows it only if the facts say so. An action that ``returns`` sends the case back to
    be corrected and remembers the stage that asked; an action that goes ``back`` leads to the
    stage that asked, or to ``to`` if none did.
    """

    name: str
    label: Text
    to: str
    roles: tuple[Role, ...]
    notice: str = ""
    needs_reason: bool = False
    reasons: tuple[str, ...] = ()
    when: Condition | None = None
    returns: bool = False
    back: bool = False
    refund: str = ""
    """The fact that holds what is paid back of a fee when this step is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTimer:
    """What happens by itself: after a time, once or again and again until the stage is left.

    With ``working_days`` the time is over when the last of so many working days ends.
    """

    after: timedelta
    action: str
    every: timedelta | None = None
    working_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """A further role that may act on the stage too once a time has passed."""

    role: Role
    after: timedelta
    working_days: int = 0
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way of a choice; the last of a choice has no condition."""

    to: str
    when: Condition | None = None
    label: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Where the branches of a fork come together, and where the case goes from there."""

    fork: str
    wait_for: WaitFor
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A place where a case can be; final stages carry the outcome that ends the case there.

    A stage with ``choose``, ``join`` or ``fork`` is passed without stopping. ``fork`` lists the
    stages of each branch, the first being where the branch begins; while branches run, the case
    as a whole is "at" the fork.
    """

    name: str
    title: Text
    role: Role
    actions: Mapping[str, Action]
    stopped_by: ClockCause | None = None
    deadline: StageTimer | None = None
    timer: StageTimer | None = None
    escalations: tuple[Escalation, ...] = ()
    final: str = ""
    documents: tuple[str, ...] = ()
    bill: str = ""
    """The fact that holds what is to be paid here; nothing to pay goes on by itself."""
    choose: tuple[Way, ...] = ()
    fork: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    join: Join | None = None
    place: Place

    @property
    def waits(self) -> bool:
        """Whether a case stops here until somebody acts or a time passes."""
        return not (self.final or self.choose or self.join or self.fork)

    @property
    def targets(self) -> tuple[str, ...]:
        """Every stage that one step from here may lead to."""
        after_join = (self.join.to,) if self.join else ()
        return (
            *(action.to for action in self.actions.values()),
            *(way.to for way in self.choose),
            *(stages[0] for stages in self.fork.values()),
            *after_join,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The stages of a case and where it starts; ``enclosing`` names the fork around a stage."""

    start: str
    stages: Mapping[str, Stage]
    enclosing: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


# --- decision ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonText:
    """What a person reads for a reason code, and what can be done about it."""

    code: str
    text: Text
    remedy: Text
    article: str = ""
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPlan:
    """Which decisions of the rule files refuse, refer to an officer, and give a grant's values.

    ``referrals`` is empty where the rules alone decide every case.
    """

    refusals: str
    values: Mapping[str, str]
    grant_reason: str
    referrals: str = ""
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message template: subject and body in both languages."""

    code: str
    subject: Text
    body: Text
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A loaded service pack; ``hash`` fixes everything in it but its tests."""

    hash: str
    service: Service
    articles: Mapping[str, Article]
    facts: FactModel
    pages: tuple[Page, ...]
    lookups: tuple[Lookup, ...]
    flow: Flow
    plan: DecisionPlan
    reasons: Mapping[str, ReasonText]
    notices: Mapping[str, Notice]
    texts: Mapping[str, Text]
    rules: RuleBook = field(repr=False)
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: MappingProxyType({}))
    files: Mapping[str, bytes] = field(repr=False)

    def lookup(self, name: str) -> Lookup | None:
        """Return the lookup of this name."""
        return next((lookup for lookup in self.lookups if lookup.name == name), None)

    def page(self, page_id: str) -> Page | None:
        """Return the page of this id."""
        return next((page for page in self.pages if page.id == page_id), None)
