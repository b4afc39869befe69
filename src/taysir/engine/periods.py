"""Law over time inside a rule: the variable ``law``, and periods split where the law changes.

A rule reads a parameter as ``law.yearly_fee``: the version for the day whose law is applied. A
period is given to ``law.split("yearly_fee", first day, last day)``, which returns one part for each
stretch of days with the same law, or to ``law.each("yearly_fee", first day, last day, duration)``,
which returns one part for each step begun, with the law of its first day. Both also take the name
of a decision of the pack: its table is then applied under the law of each part. Days count
inclusively. A part is a context ``{from, until, days, value, article}``; what was used is kept for
the explanation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

from taysir.engine.decision import LawPart, LawUse, RuleRow
from taysir.engine.definition import Pack
from taysir.engine.facts import FactType, Json, json_value
from taysir.engine.feel import to_feel
from taysir.engine.feel.operators import add
from taysir.engine.feel.runtime import Budget
from taysir.engine.feel.temporal import Date, DaysTime, YearsMonths
from taysir.engine.feel.values import Context, Function, Value, from_feel
from taysir.engine.law import LAW_NAME, Parameter, Version
from taysir.engine.rulebook import Law, RowInForce
from taysir.engine.wording import LANGUAGES, word_plain
from taysir.kernel.limits import LAW_DEPTH, LAW_PARTS

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LawDay:
    """The day whose law is applied, and the day up to which changes of the law are known."""

    day: date
    known: date | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days with the same law, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1


def split_period(first: date, last: date, changes: tuple[date, ...]) -> tuple[Stretch, ...]:
    """Cut a period at the days on which something changes; empty if it ends before it begins."""
    if last < first:
        return ()
    starts = [first, *(day for day in sorted(set(changes)) if first < day <= last)]
    ends = [*(day - _DAY for day in starts[1:]), last]
    return tuple(Stretch(start, end) for start, end in zip(starts, ends, strict=True))


def step_period(first: date, last: date, step: Value) -> tuple[Stretch, ...] | None:
    """Cut a period into steps of a duration, counted from its first day; the last may be short.

    Steps of months end where months end: a year from 29 February is begun again on 28 February.
    None if the duration is not one of whole days or months, or there are too many steps.
    """
    if last < first:
        return ()
    starts: list[date] = []
    begun, count = first, 0
    while begun <= last:
        starts.append(begun)
        count += 1
        following = _after(first, step, count)
        if following is None or following <= begun or count > LAW_PARTS:
            return None
        begun = following
    ends = [*(day - _DAY for day in starts[1:]), last]
    return tuple(Stretch(start, end) for start, end in zip(starts, ends, strict=True))


def _after(first: date, step: Value, count: int) -> date | None:
    if isinstance(step, YearsMonths):
        multiple: Value = YearsMonths(step.months * count)
    elif isinstance(step, DaysTime):
        multiple = DaysTime(step.nanos * count)
    else:
        return None
    moved = from_feel(add(to_feel(first), multiple))
    return moved if type(moved) is date else None


@dataclass(slots=True)
class LawView:
    """What the rules of one case see of the law; ``context`` gives what else they see.

    ``uses`` collects the parameters and periods asked for since it was last taken.
    """

    pack: Pack
    at: LawDay
    context: Callable[[], Mapping[str, Any]]
    rows: Callable[[RowInForce], RuleRow]
    depth: int = 0
    uses: list[LawUse] = field(default_factory=list)

    def variable(self) -> Context:
        """Return the variable ``law``: every parameter of the day, and the functions."""
        seen = Context()
        for name, parameter in self.pack.parameters.items():
            version = parameter.on(self.at.day, known=self.at.known)
            seen[name] = None if version is None else _feel(version.value)
        names = ("name", "first", "last")
        seen["split"] = Function(name="split", parameters=names, call=self._split)
        seen["each"] = Function(name="each", parameters=(*names, "step"), call=self._each)
        return seen

    def take(self, parameters: tuple[str, ...]) -> tuple[LawUse, ...]:
        """Return what was used since the last time, with the parameters read as plain values."""
        plain = [self._plain(name) for name in parameters if name in self.pack.parameters]
        taken = (*plain, *self.uses)
        self.uses = []
        return taken

    def _plain(self, name: str) -> LawUse:
        parameter = self.pack.parameters[name]
        version = parameter.on(self.at.day, known=self.at.known)
        stretch = Stretch(self.at.day, self.at.day)
        parts = () if version is None else (self._parameter_part(parameter, version, stretch),)
        return LawUse(name=name, label=dict(parameter.label), parts=parts)

    # --- the functions -----------------------------------------------------------------------

    def _split(self, arguments: list[Value], budget: Budget) -> Value:
        name, first, last = arguments
        period = _period(first, last)
        if period is None or type(name) is not str:
            return None
        return self._parts(name, split_period(*period, self._changes(name)), budget, join=True)

    def _each(self, arguments: list[Value], budget: Budget) -> Value:
        name, first, last, step = arguments
        period = _period(first, last)
        if period is None or type(name) is not str:
            return None
        stretches = step_period(*period, step)
        return None if stretches is None else self._parts(name, stretches, budget, join=False)

    def _changes(self, name: str) -> tuple[date, ...]:
        if name in self.pack.parameters:
            return self.pack.parameters[name].change_days()
        spans = self.pack.rules.spans_known(self.at.known)
        inner = (day for each in self.pack.parameters.values() for day in each.change_days())
        return (*(span.start for span in spans if span.start), *inner)

    def _parts(
        self, name: str, stretches: tuple[Stretch, ...], budget: Budget, *, join: bool
    ) -> Value:
        if len(stretches) > LAW_PARTS or self.depth >= LAW_DEPTH:
            return None
        parts: list[LawPart] = []
        values: list[Value] = []
        for stretch in stretches:
            budget.step()
            part, value = self._part(name, stretch, budget)
            if part is None:
                return None
            if join and parts and _same_law(parts[-1], part):
                parts[-1] = _joined(parts[-1], part)
            else:
                parts.append(part)
                values.append(value)
        label = self._label(name)
        self.uses.append(LawUse(name=name, label=label, parts=tuple(parts), is_period=True))
        return [_feel_part(part, value) for part, value in zip(parts, values, strict=True)]

    def _label(self, name: str) -> dict[Any, str]:
        parameter = self.pack.parameters.get(name)
        return dict(parameter.label) if parameter else {}

    def _part(self, name: str, stretch: Stretch, budget: Budget) -> tuple[LawPart | None, Value]:
        parameter = self.pack.parameters.get(name)
        if parameter is not None:
            version = parameter.on(stretch.first, known=self.at.known)
            if version is None:
                return None, None
            return self._parameter_part(parameter, version, stretch), _feel(version.value)
        law = self.pack.rules.on(stretch.first, known=self.at.known).laws.get(name)
        return (None, None) if law is None else self._decided_part(law, stretch, budget)

    def _parameter_part(self, parameter: Parameter, version: Version, stretch: Stretch) -> LawPart:
        kind = FactType.MONEY if parameter.is_money else None
        return LawPart(
            first=stretch.first,
            last=stretch.last,
            value=version.value,
            words={language: word_plain(version.value, language, kind) for language in LANGUAGES},
            article=version.article,
            article_title=self._title(version.article),
            since=version.validity.start,
            enacted=version.enacted if version.is_retroactive else None,
            because=dict(version.because) if version.because and version.is_retroactive else {},
        )

    def _decided_part(self, law: Law, stretch: Stretch, budget: Budget) -> tuple[LawPart, Value]:
        """Apply a decision under the law of the first day of a stretch."""
        inner = replace(
            self, at=LawDay(stretch.first, self.at.known), depth=self.depth + 1, uses=[]
        )
        context = {**self.context(), LAW_NAME: inner.variable()}
        result = law.model.decide(law.decision, context, budget=budget)
        self.uses.extend(inner.uses)
        rows = tuple(self.rows(item) for item in law.selected(result))
        article = next((row.article for row in rows if row.article), law.file.article)
        value = json_value(result.value)
        part = LawPart(
            first=stretch.first,
            last=stretch.last,
            value=value,
            words={language: word_plain(value, language) for language in LANGUAGES},
            article=article,
            article_title=self._title(article),
            since=next((row.since for row in rows if row.since), law.file.validity.start),
            enacted=next((row.enacted for row in rows if row.enacted), None),
            because=next((row.because for row in rows if row.because), {}),
            rows=rows,
        )
        return part, to_feel(result.value)

    def _title(self, code: str) -> dict[Any, str]:
        article = self.pack.articles.get(code)
        return dict(article.title) if article else {}


def _period(first: Value, last: Value) -> tuple[date, date] | None:
    if type(first) is not Date or type(last) is not Date:
        return None
    start, end = from_feel(first), from_feel(last)
    return (start, end) if type(start) is date and type(end) is date else None


def _feel(value: Json) -> Value:
    """Give a value of the law to FEEL; a day written as text becomes a date."""
    if isinstance(value, str) and len(value) == len("2026-01-31"):
        try:
            return to_feel(date.fromisoformat(value))
        except ValueError:
            return value
    return to_feel(value)


def _same_law(one: LawPart, other: LawPart) -> bool:
    """Whether nothing changed between two stretches: the same value by the same law."""
    mine = (one.value, one.article, one.since, one.enacted, one.rows)
    return mine == (other.value, other.article, other.since, other.enacted, other.rows)


def _joined(one: LawPart, other: LawPart) -> LawPart:
    return LawPart(
        first=one.first,
        last=other.last,
        value=one.value,
        words=one.words,
        article=one.article,
        article_title=one.article_title,
        since=one.since,
        enacted=one.enacted,
        because=one.because,
        rows=one.rows,
    )


def _feel_part(part: LawPart, value: Value) -> Context:
    return Context(
        {
            "from": to_feel(part.first),
            "until": to_feel(part.last),
            "days": to_feel((part.last - part.first).days + 1),
            "value": value,
            "article": part.article,
        }
    )
