"""What to ask next, what to show, and whether the answers will do.

A page is shown when its condition holds; a question likewise. :func:`validate_answers` takes the
raw form values as people write them: Arabic-Indic or Western digits, dates of either calendar,
spaces around. It returns values ready for :class:`~taysir.engine.facts.CaseFacts` and, for each
field that will not do, a sentence in both languages that says what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from taysir.engine.choices import may_choose, not_listed
from taysir.engine.definition import DATE_NAME, Pack, Page, Question, Role
from taysir.engine.facts import (
    CaseFacts,
    Fact,
    FactModel,
    FactType,
    FactValue,
    Json,
    Typed,
    feel_value,
)
from taysir.engine.findings import Text
from taysir.kernel.calendar import parse_date
from taysir.kernel.errors import Language, Problem
from taysir.kernel.limits import ANSWER_CHARACTERS
from taysir.kernel.money import Money
from taysir.kernel.text import normalise_digits

Variables = Mapping[str, Any]
"""What expressions see: the groups of facts and the day."""

_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,15}", re.ASCII)
_DECIMAL: Final = re.compile(r"[-+]?[0-9]{1,15}(?:\.[0-9]{1,10})?", re.ASCII)
_PLAIN_DAY: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/((?:19|20)[0-9]{2})", re.ASCII)
_SEPARATORS: Final = str.maketrans({"٫": ".", "٬": "", ",": "", "\u200f": "", "\u200e": ""})
_YES: Final = frozenset({"on", "true", "yes", "1", "نعم"})
_NO: Final = frozenset({"off", "false", "no", "0", "لا"})
_UNREADABLE: Final = object()


@dataclass(frozen=True, slots=True)
class Answers:
    """The outcome of one submitted page; unpacks into ``values, errors``."""

    values: Mapping[str, Json]
    errors: Mapping[str, Text]
    summary: tuple[tuple[str, str], ...] = field(default=())
    """Field and message in the language asked for, in the order of the page."""

    def __iter__(self) -> Any:
        return iter((self.values, self.errors))

    @property
    def ok(self) -> bool:
        """Whether the page may be left."""
        return not self.errors


def visible_pages(
    pack: Pack,
    facts: CaseFacts,
    *,
    by: Role | None = None,
    on: date | None = None,
    context: Variables | None = None,
) -> tuple[Page, ...]:
    """Return the pages whose conditions hold, in order; with ``by`` only those that role fills."""
    pages = tuple(page for page in pack.pages if by is None or page.by is by)
    if all(page.when is None for page in pages):
        return pages
    variables = context or case_context(pack.facts, facts, on=on)
    return tuple(page for page in pages if page.when is None or page.when.holds(variables))


def next_page(
    pack: Pack,
    facts: CaseFacts,
    *,
    by: Role | None = None,
    after: str | None = None,
    on: date | None = None,
) -> Page | None:
    """Return the page to show now, or None when everything needed is answered.

    Without ``after`` it is the first visible page with a required answer missing; with it, the
    first visible page behind that one, complete or not, so that "continue" moves on. ``by`` is
    the role that sits before the screen, where a pack has pages for several.
    """
    context = case_context(pack.facts, facts, on=on)
    pages = visible_pages(pack, facts, by=by, context=context)
    if after is None:
        return next((page for page in pages if _missing_on(page, facts, context)), None)
    order = [page.id for page in pack.pages]
    passed = order.index(after) if after in order else -1
    return next((page for page in pages if order.index(page.id) > passed), None)


def visible_questions(
    page: Page, facts: CaseFacts, *, model: FactModel | None = None, on: date | None = None
) -> tuple[Question, ...]:
    """Return the questions of a page whose conditions hold.

    ``model`` lets conditions see facts that are not asked on this page.
    """
    if all(question.when is None for question in page.questions):
        return page.questions
    return _shown(page, case_context(model or _page_model(page), facts, on=on))


def missing_answers(
    pack: Pack, facts: CaseFacts, *, on: date | None = None, context: Variables | None = None
) -> tuple[str, ...]:
    """Return the fields of all visible pages that must still be answered."""
    variables = context or case_context(pack.facts, facts, on=on)
    return tuple(
        name
        for page in visible_pages(pack, facts, context=variables)
        for name in _missing_on(page, facts, variables)
    )


def _shown(page: Page, context: Variables) -> tuple[Question, ...]:
    return tuple(q for q in page.questions if q.when is None or q.when.holds(context))


def _missing_on(page: Page, facts: CaseFacts, context: Variables) -> list[str]:
    shown = _shown(page, context)
    return [
        question.field for question in shown if question.required and question.field not in facts
    ]


def validate_answers(
    page: Page,
    raw: Mapping[str, str],
    *,
    language: Language = "ar",
    facts: CaseFacts | None = None,
    model: FactModel | None = None,
    on: date | None = None,
) -> Answers:
    """Read and check the submitted form of one page; all errors at once.

    With ``facts`` and ``model`` the page's conditions and cross-checks see the whole case; ``on``
    is today's date for checks that need it. A field that is not shown is ignored.
    """
    form = _Form(page, facts or CaseFacts(), model, on)
    for question in page.questions:
        if question.when is None or question.when.holds(form.context()):
            form.read(question, raw.get(question.field, ""))
    if page.checks and not form.errors:
        form.cross_check()
    summary = tuple((name, message[language]) for name, message in form.errors.items())
    return Answers(form.values, form.errors, summary)


def apply_answers(
    facts: CaseFacts, answers: Answers, *, page: Page, by: str, at: datetime
) -> CaseFacts:
    """Put accepted answers into the case; answers to questions no longer shown are removed."""
    typed = Typed(by, at)
    gone = [q.field for q in page.questions if q.field not in answers.values]
    made = {name: FactValue(value, typed) for name, value in answers.values.items()}
    return facts.without(*gone).with_values(made)


def case_context(
    model: FactModel,
    facts: CaseFacts,
    *,
    on: date | None = None,
    answers: Mapping[str, Json] | None = None,
) -> dict[str, Any]:
    """Return the variables that expressions of a pack see; ``answers`` overlay the facts."""
    context = model.context(facts)
    context[DATE_NAME] = on
    for name, value in (answers or {}).items():
        *groups, last = name.split(".")
        place = context
        for group in groups:
            place = place[group]
        place[last] = feel_value(model[name].type, value)
    return context


def _page_model(page: Page) -> FactModel:
    facts = {fact.name: fact for fact in page.preview}
    facts.update({question.fact.name: question.fact for question in page.questions})
    return FactModel(facts)


# --- one answer ----------------------------------------------------------------------------------


class _Form:
    """One submitted page while it is read: values and messages so far."""

    def __init__(
        self, page: Page, facts: CaseFacts, model: FactModel | None, on: date | None
    ) -> None:
        self._page, self._facts, self._model, self._on = page, facts, model, on
        self.values: dict[str, Json] = {}
        self.errors: dict[str, Text] = {}

    def context(self) -> Variables:
        """Return what conditions see: the case with the answers read so far laid over it."""
        model = self._model or _page_model(self._page)
        return case_context(model, self._facts, on=self._on, answers=self.values)

    def read(self, question: Question, raw: str) -> None:
        """Read one field: its value or a message."""
        fact, text = question.fact, raw.strip()
        name = fact.name
        if len(raw) > ANSWER_CHARACTERS:
            self.errors[name] = _too_long(fact, ANSWER_CHARACTERS)
        elif text or fact.type is FactType.BOOLEAN:
            self._take(question, _parse(fact, text))
        elif question.required:
            self.errors[name] = _missing(fact)

    def _take(self, question: Question, value: Any) -> None:
        fact, name = question.fact, question.field
        if value is _UNREADABLE:
            self.errors[name] = _unreadable(fact)
        elif not fact.accepts(value):
            self.errors[name] = _not_accepted(fact, value)
        elif question.choices is not None and not may_choose(question, self._facts, value):
            self.errors[name] = not_listed(fact)
        else:
            self.values[name] = value

    def cross_check(self) -> None:
        """Apply the conditions over several facts; the first that fails of each field is told."""
        context = self.context()
        for check in self._page.checks:
            if check.field not in self.errors and not check.test.holds(context):
                self.errors[check.field] = check.message


def _parse(fact: Fact, text: str) -> Any:
    if fact.type is FactType.TEXT:
        folded = fact.options or "pattern" in fact.schema
        return text if text.isascii() or not folded else normalise_digits(text)
    read = _READERS.get(fact.type)
    return _UNREADABLE if read is None else read(text)


def _plain(text: str) -> str:
    return normalise_digits(text).translate(_SEPARATORS)


def _whole(text: str) -> Any:
    # Most numbers are typed plainly, and a page of thirty is read in some tens of microseconds.
    plain = text if text.isascii() and text.isdecimal() else _plain(text)
    return int(plain) if _INTEGER.fullmatch(plain) else _UNREADABLE


def _number(text: str) -> Any:
    plain = _plain(text)
    return float(plain) if _DECIMAL.fullmatch(plain) else _UNREADABLE


def _yes_or_no(text: str) -> Any:
    word = normalise_digits(text).casefold()
    if word in _YES:
        return True
    return False if word in _NO or not word else _UNREADABLE


def _day(text: str) -> Any:
    if plain := _PLAIN_DAY.fullmatch(text):
        # The usual form is read here; the calendar's reader takes every other one, tens of times
        # slower. Both must agree: a test compares them.
        day, month, year = map(int, plain.groups())
        try:
            return date(year, month, day).isoformat()
        except ValueError:
            return _UNREADABLE
    if not any(map(str.isdecimal, text)):
        return _UNREADABLE
    try:
        return parse_date(text).isoformat()
    except Problem:
        return _UNREADABLE


def _money(text: str) -> Any:
    try:
        return Money.parse(text).minor
    except Problem:
        return _UNREADABLE


_READERS: Final[Mapping[FactType, Callable[[str], Any]]] = {
    FactType.INTEGER: _whole,
    FactType.NUMBER: _number,
    FactType.BOOLEAN: _yes_or_no,
    FactType.DATE: _day,
    FactType.MONEY: _money,
}


# --- messages ------------------------------------------------------------------------------------


def _missing(fact: Fact) -> Text:
    if fact.options:
        return {"ar": f"اختر: {fact.label['ar']}.", "en": f"Choose: {fact.label['en']}."}
    return {"ar": f"اكتب: {fact.label['ar']}.", "en": f"Enter: {fact.label['en']}."}


def _unreadable(fact: Fact) -> Text:
    return _unreadable_text(fact.type, bool(fact.options), fact.label["ar"], fact.label["en"])


# The sentences below are the same for every person: a page full of mistakes takes them ready-made.


@lru_cache(maxsize=4096)
def _unreadable_text(kind: FactType, has_options: bool, label_ar: str, label_en: str) -> Text:
    match kind:
        case FactType.DATE:
            return {
                "ar": f"{label_ar}: اكتب تاريخًا مثل 1/7/1447 أو 31/1/2026.",
                "en": f"{label_en}: enter a date such as 31/1/2026 or 1/7/1447.",
            }
        case FactType.INTEGER | FactType.NUMBER | FactType.MONEY if not has_options:
            return {"ar": f"{label_ar}: اكتب رقمًا.", "en": f"{label_en}: enter a number."}
        case _:
            return {
                "ar": f"{label_ar}: اختر قيمة من القائمة.",
                "en": f"{label_en}: choose one of the values listed.",
            }


def _too_long(fact: Fact, limit: int) -> Text:
    return _too_long_text(limit, fact.label["ar"], fact.label["en"])


@lru_cache(maxsize=4096)
def _too_long_text(limit: int, label_ar: str, label_en: str) -> Text:
    return {
        "ar": f"{label_ar}: اكتب {limit} حرف على الأكثر.",
        "en": f"{label_en}: enter at most {limit} characters.",
    }


def _not_accepted(fact: Fact, value: Json) -> Text:
    """Say which bound of the fact's schema a value passes; the schema itself has refused it."""
    if fact.options:
        return _unreadable_text(fact.type, True, fact.label["ar"], fact.label["en"])
    bounds = fact.schema
    if isinstance(value, str):
        if len(value) > bounds.get("maxLength", len(value)):
            return _too_long(fact, bounds["maxLength"])
        if len(value) < (least := bounds.get("minLength", 0)):
            return _bound_text("minLength", least, fact.type, fact.label["ar"], fact.label["en"])
    elif value < (least := bounds.get("minimum", value)):
        return _bound_text("minimum", least, fact.type, fact.label["ar"], fact.label["en"])
    elif value > (most := bounds.get("maximum", value)):
        return _bound_text("maximum", most, fact.type, fact.label["ar"], fact.label["en"])
    return {
        "ar": f"{fact.label['ar']}: القيمة ليست بالصيغة المطلوبة.",
        "en": f"{fact.label['en']}: the value does not have the required form.",
    }


@lru_cache(maxsize=4096)
def _bound_text(bound: str, limit: int, kind: FactType, label_ar: str, label_en: str) -> Text:
    match bound:
        case "minLength":
            return {
                "ar": f"{label_ar}: اكتب {limit} أحرف على الأقل.",
                "en": f"{label_en}: enter at least {limit} characters.",
            }
        case "minimum":
            return {
                "ar": f"{label_ar}: أقل قيمة {_shown_bound(kind, limit, 'ar')}.",
                "en": f"{label_en}: the least value is {_shown_bound(kind, limit, 'en')}.",
            }
        case _:
            return {
                "ar": f"{label_ar}: أكبر قيمة {_shown_bound(kind, limit, 'ar')}.",
                "en": f"{label_en}: the greatest value is {_shown_bound(kind, limit, 'en')}.",
            }


def _shown_bound(kind: FactType, bound: int, language: Language) -> str:
    return Money(bound).format(language) if kind is FactType.MONEY else str(bound)
