"""Turns the checked YAML of a pack into its structures and resolves the names between files.

By now every file has the right shape, so this module reads values without asking; what it still
finds are names that lead nowhere, dates in the wrong order, names used twice and FEEL that does
not compile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final

from taysir.engine.definition import (
    DATE_NAME,
    PLACEHOLDER,
    Article,
    Choices,
    CrossCheck,
    Deadline,
    DecisionPlan,
    Flow,
    Lookup,
    Notice,
    Objection,
    OnNotFound,
    Output,
    Page,
    Question,
    ReasonText,
    Registration,
    Role,
    Service,
    ServiceStatus,
)
from taysir.engine.durations import parse_duration
from taysir.engine.errors import (
    ENG_DUPLICATE,
    ENG_EXPRESSION,
    ENG_FACT_UNKNOWN,
    ENG_REFERENCE,
    ENG_VALIDITY,
)
from taysir.engine.expressions import Condition, condition
from taysir.engine.facts import Fact, FactModel, FactType
from taysir.engine.findings import Finding, Place, finding, problem_finding
from taysir.engine.flow_building import build_flow
from taysir.engine.source import Path, Source
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId

_WIDGETS: Final = {
    FactType.BOOLEAN: "checkbox",
    FactType.DATE: "date",
    FactType.INTEGER: "number",
    FactType.NUMBER: "number",
    FactType.MONEY: "number",
}


@dataclass(slots=True, kw_only=True)
class Builder:
    """Builds the parts of one pack; mistakes go to ``findings``."""

    sources: Mapping[str, Source]
    facts: FactModel
    findings: list[Finding]

    # --- service.yaml ------------------------------------------------------------------------

    def service(self) -> tuple[Service, Mapping[str, Article], DecisionPlan]:
        """Build the service, the articles it cites and the plan of its decision."""
        source = self.sources["service.yaml"]
        raw = source.value
        articles = {
            code: self._article(code, item, source.at(("articles", code)))
            for code, item in raw["articles"].items()
        }
        for index, output in enumerate(raw["outputs"]):
            for number, name in enumerate(output.get("facts", [])):
                self._fact(name, source.at(("outputs", index, "facts", number)))
        for index, code in enumerate(raw["legal_basis"]):
            self._known(code, articles, source.at(("legal_basis", index)), "articles")
        self._known(
            raw["objection"]["article"], articles, source.at(("objection", "article")), "articles"
        )
        service = _service(
            raw, source.at(("deadline", "net")), registration=self._registration(raw, source)
        )
        return service, MappingProxyType(articles), self._plan(raw["decide"], source)

    def _registration(self, raw: dict[str, Any], source: Source) -> Registration | None:
        item = raw.get("registration")
        if item is None:
            return None
        path: Path = ("registration",)
        for key in ("body", "facts"):
            for member, name in item.get(key, {}).items():
                self._fact(name, source.at((*path, key, member)))
        return Registration(
            label=item["label"],
            service=ServiceId.parse(item["service"]),
            path=item["path"],
            purpose=item.get("purpose", raw["purpose"]),
            body=MappingProxyType(dict(item["body"])),
            facts=MappingProxyType(dict(item.get("facts", {}))),
            place=source.at(path),
        )

    def _article(self, code: str, raw: dict[str, Any], place: Place) -> Article:
        start = self._day(raw["from"], place) or date.min
        until = self._day(raw["until"], place) if "until" in raw else None
        if until and until < start:
            self.findings.append(finding(ENG_VALIDITY, place, given=f"{start}/{until}"))
        return Article(
            code=code,
            title=raw["title"],
            valid_from=start,
            valid_until=until,
            url=raw.get("url", ""),
            place=place,
        )

    def _plan(self, raw: dict[str, Any], source: Source) -> DecisionPlan:
        for name in raw["values"]:
            self._fact(name, source.at(("decide", "values", name)))
        return DecisionPlan(
            refusals=raw["refusals"],
            values=MappingProxyType(dict(raw["values"])),
            grant_reason=raw["grant_reason"],
            referrals=raw.get("referrals", ""),
            place=source.at(("decide",)),
        )

    # --- lookups.yaml ------------------------------------------------------------------------

    def lookups(self, *, purpose: str) -> tuple[Lookup, ...]:
        """Build the lookups in the order of the file."""
        source = self.sources["lookups.yaml"]
        made = tuple(
            self._lookup(raw, ("lookups", index), source, purpose)
            for index, raw in enumerate(source.value["lookups"])
        )
        self._unique((lookup.name, lookup.place) for lookup in made)
        return made

    def _lookup(self, raw: dict[str, Any], path: Path, source: Source, purpose: str) -> Lookup:
        for pointer, name in raw["facts"].items():
            self._fact(name, source.at((*path, "facts", pointer)))
        for name in PLACEHOLDER.findall(raw["path"]):
            self._fact(name, source.at((*path, "path")))
        reasons = self.sources["reasons.yaml"].value["reasons"]
        for key in ("not_found_reason", "waiting_reason"):
            if key in raw:
                self._known(raw[key], reasons, source.at((*path, key)), "reasons.yaml")
        return Lookup(
            name=raw["name"],
            label=raw["label"],
            service=ServiceId.parse(raw["service"]),
            path=raw["path"],
            purpose=raw.get("purpose", purpose),
            facts=MappingProxyType(dict(raw["facts"])),
            on_not_found=OnNotFound(raw["on_not_found"]),
            not_found_reason=raw.get("not_found_reason", ""),
            waiting_reason=raw.get("waiting_reason", ""),
            max_age=_duration(raw.get("max_age")),
            max_age_refusal=_duration(raw.get("max_age_refusal")),
            when=self._condition(raw, path, source),
            awaited=raw.get("awaited", True),
            place=source.at(path),
        )

    # --- pages.yaml --------------------------------------------------------------------------

    def pages(self) -> tuple[Page, ...]:
        """Build the pages in the order of the file."""
        source = self.sources["pages.yaml"]
        made = tuple(
            self._page(raw, ("pages", index), source)
            for index, raw in enumerate(source.value["pages"])
        )
        self._unique((page.id, page.place) for page in made)
        self._unique((q.field, q.place) for page in made for q in page.questions)
        return made

    def _page(self, raw: dict[str, Any], path: Path, source: Source) -> Page:
        shown = [
            self._fact(name, source.at((*path, "preview", index)))
            for index, name in enumerate(raw.get("preview", []))
        ]
        asked = [
            self._question(item, (*path, "questions", index), source)
            for index, item in enumerate(raw.get("questions", []))
        ]
        questions = tuple(question for question in asked if question)
        fields = {question.field for question in questions}
        checks = [
            self._check(item, (*path, "checks", index), source, fields)
            for index, item in enumerate(raw.get("checks", []))
        ]
        return Page(
            id=raw["id"],
            title=raw["title"],
            lead=raw.get("lead"),
            by=Role(raw.get("by", "applicant")),
            preview=tuple(fact for fact in shown if fact),
            questions=questions,
            checks=tuple(check for check in checks if check),
            when=self._condition(raw, path, source),
            place=source.at(path),
        )

    def _question(self, raw: dict[str, Any], path: Path, source: Source) -> Question | None:
        fact = self._fact(raw["fact"], source.at((*path, "fact")))
        if fact is None:
            return None
        chosen = bool(fact.options) or "choices" in raw
        widget = "radios" if chosen else _WIDGETS.get(fact.type, "text")
        return Question(
            fact=fact,
            widget=raw.get("widget", widget),
            label=raw.get("label", fact.label),
            hint=raw.get("hint"),
            default=raw.get("default"),
            required=raw.get("required", True),
            choices=self._choices(raw.get("choices"), (*path, "choices"), source),
            when=self._condition(raw, path, source),
            place=source.at(path),
        )

    def _choices(self, raw: dict[str, Any] | None, path: Path, source: Source) -> Choices | None:
        if raw is None:
            return None
        self._fact(raw["records"], source.at((*path, "records")))
        return Choices(records=raw["records"], value=raw["value"], label=raw["label"])

    def _check(
        self, raw: dict[str, Any], path: Path, source: Source, fields: set[str]
    ) -> CrossCheck | None:
        self._known(raw["field"], fields, source.at((*path, "field")), "questions")
        test = self._condition(raw, path, source, key="test")
        if test is None:
            return None
        return CrossCheck(
            test=test, message=raw["message"], field=raw["field"], place=source.at(path)
        )

    # --- flow.yaml ---------------------------------------------------------------------------

    def flow(self) -> Flow:
        """Build the flow; every action must lead to a stage of the same file."""
        names = {
            "notices.yaml": self.sources["notices.yaml"].value["notices"],
            "reasons.yaml": self.sources["reasons.yaml"].value["reasons"],
        }
        flow = build_flow(
            self.sources["flow.yaml"], names=names, condition=self._condition, found=self.findings
        )
        for stage in flow.stages.values():
            for name in (stage.bill, *(action.refund for action in stage.actions.values())):
                if name:
                    self._fact(name, stage.place)
        return flow

    # --- texts -------------------------------------------------------------------------------

    def reasons(self) -> Mapping[str, ReasonText]:
        """Build the reason texts; their placeholders must be facts."""
        source = self.sources["reasons.yaml"]
        articles = self.sources["service.yaml"].value["articles"]
        made: dict[str, ReasonText] = {}
        for code, raw in source.value["reasons"].items():
            place = source.at(("reasons", code))
            self._placeholders((raw["text"], raw["remedy"]), place)
            if "article" in raw:
                self._known(raw["article"], articles, place, "articles")
            made[code] = ReasonText(
                code=code,
                text=raw["text"],
                remedy=raw["remedy"],
                article=raw.get("article", ""),
                place=place,
            )
        return MappingProxyType(made)

    def notices(self) -> Mapping[str, Notice]:
        """Build the message templates."""
        source = self.sources["notices.yaml"]
        made = {
            code: Notice(
                code=code,
                subject=raw["subject"],
                body=raw["body"],
                place=source.at(("notices", code)),
            )
            for code, raw in source.value["notices"].items()
        }
        return MappingProxyType(made)

    def _placeholders(self, texts: tuple[Mapping[str, str], ...], place: Place) -> None:
        for text in texts:
            for language in text.values():
                for name in PLACEHOLDER.findall(language):
                    if name != DATE_NAME:
                        self._fact(name, place)

    # --- names -------------------------------------------------------------------------------

    def _fact(self, name: str, place: Place) -> Fact | None:
        if name not in self.facts:
            self.findings.append(finding(ENG_FACT_UNKNOWN, place, fact=name))
            return None
        return self.facts[name]

    def _known(self, name: str, names: Any, place: Place, where: str) -> None:
        if name not in names:
            self.findings.append(finding(ENG_REFERENCE, place, name=name, where=where))

    def _unique(self, named: Any) -> None:
        seen: set[str] = set()
        for name, place in named:
            if name in seen:
                self.findings.append(finding(ENG_DUPLICATE, place, name=name))
            seen.add(name)

    def _condition(
        self, raw: dict[str, Any], path: Path, source: Source, *, key: str = "when"
    ) -> Condition | None:
        if key not in raw:
            return None
        try:
            return condition(raw[key], names=(*self.facts.groups, DATE_NAME))
        except Problem as error:
            self.findings.append(problem_finding(ENG_EXPRESSION, source.at((*path, key)), error))
            return None

    def _day(self, text: str, place: Place) -> date | None:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.findings.append(finding(ENG_VALIDITY, place, given=text))
            return None


def _service(raw: dict[str, Any], promise: Place, *, registration: Registration | None) -> Service:
    objection = raw["objection"]
    return Service(
        code=raw["code"],
        id=raw["id"],
        owner=MemberId.parse(raw["owner"]),
        purpose=raw["purpose"],
        title=raw["title"],
        summary=raw["summary"],
        who=raw["who"],
        needs=tuple(raw.get("needs", [])),
        steps=tuple(raw.get("steps", [])),
        legal_basis=tuple(raw["legal_basis"]),
        channels=tuple(raw["channels"]),
        fee=raw["fee"],
        deadline=Deadline(
            text=raw["deadline"]["text"],
            net=_duration(raw["deadline"]["net"]) or timedelta(0),
            place=promise,
        ),
        objection=Objection(
            within_days=objection["within_days"],
            article=objection["article"],
            text=objection["text"],
        ),
        outputs=tuple(
            Output(
                code=item["code"],
                title=item["title"],
                template=item.get("template", ""),
                facts=tuple(item.get("facts", [])),
            )
            for item in raw["outputs"]
        ),
        life_events=tuple(raw.get("life_events", [])),
        keywords=MappingProxyType(
            {name: tuple(words) for name, words in raw.get("keywords", {}).items()}
        ),
        status=ServiceStatus(raw.get("status", "live")),
        registration=registration,
    )


def _duration(text: str | None) -> timedelta | None:
    return None if text is None else parse_duration(text)
