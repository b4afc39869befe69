"""Says in words what a new version of a pack changes, and for whom.

``compare_packs`` reads both packs part by part: rows of tables (matched by their identifiers),
formulas, parameters, questions, facts, lookups, times and texts. Each change is a sentence in
Arabic and English with its place in the new pack, or in the old one if it is gone. What it does to
cases is shown by ``diff_outcomes.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any, Final

from taysir.engine.definition import Lookup, Pack, Page, Question, Stage
from taysir.engine.diff_rules import Change, ChangeKind, rule_changes, said
from taysir.engine.facts import Fact
from taysir.engine.findings import Place, Text

__all__ = ["Change", "ChangeKind", "compare_packs"]

_SCHEMA: Final = Place("facts.schema.json")


def compare_packs(old: Pack, new: Pack) -> tuple[Change, ...]:
    """Return every change, in the order a reader wants: law, money and rules, then the rest."""
    return tuple(
        chain(
            rule_changes(old, new),
            _service(old, new),
            _pages(old, new),
            _facts(old, new),
            _lookups(old, new),
            _stages(old, new),
            _reasons(old, new),
            _notices(old, new),
            _templates(old, new),
        )
    )


# --- the service ---------------------------------------------------------------------------------


def _service(old: Pack, new: Pack) -> Iterator[Change]:
    before, after = old.service, new.service
    place = Place("service.yaml")
    if before.deadline.net != after.deadline.net:
        was, now = (_span(each.deadline.net) for each in (before, after))
        yield said(
            ChangeKind.TIME,
            after.deadline.place,
            ar=f"المدة الموعودة: كانت {was['ar']} وصارت {now['ar']}.",
            en=f"The promised time: was {was['en']}, now {now['en']}.",
        )
    if before.objection.within_days != after.objection.within_days:
        days = (before.objection.within_days, after.objection.within_days)
        yield said(
            ChangeKind.TIME,
            place,
            ar=f"مهلة الاعتراض بالأيام: كانت {days[0]} وصارت {days[1]}.",
            en=f"Days to object: was {days[0]}, now {days[1]}.",
        )
    texts = (
        ("العنوان", "title", before.title, after.title),
        ("الرسم المعلن", "fee as published", before.fee, after.fee),
        ("المدة المعلنة", "time as published", before.deadline.text, after.deadline.text),
        ("نص الاعتراض", "text on objections", before.objection.text, after.objection.text),
    )
    for arabic, english, was_text, now_text in texts:
        if was_text != now_text:
            yield _text_change(place, arabic, english, was_text, now_text)


def _span(time: timedelta) -> Text:
    """Write a duration in days, hours and minutes."""
    days, rest = time.days, time.seconds
    parts = (
        (days, "يوم", "days"),
        (rest // 3600, "ساعة", "hours"),
        (rest % 3600 // 60, "دقيقة", "minutes"),
    )
    return {
        "ar": " و".join(f"{count} {name}" for count, name, _ in parts if count) or "0",
        "en": " ".join(f"{count} {name}" for count, _, name in parts if count) or "0",
    }


def _text_change(place: Place, arabic: str, english: str, was: Text, now: Text) -> Change:
    return said(
        ChangeKind.TEXT,
        place,
        ar=f"{arabic}: كان «{was['ar']}» وصار «{now['ar']}».",
        en=f"{english[0].upper()}{english[1:]}: was “{was['en']}”, now “{now['en']}”.",
    )


# --- named things --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Named:
    """How things of one sort are spoken of."""

    kind: ChangeKind
    ar: str
    en: str


def _named(
    sort: _Named,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    title: Callable[[Any], Text],
    details: Callable[[Any, Any], Iterable[tuple[str, str, str, str]]],
) -> Iterator[Change]:
    """Compare things by name: those that came, those that went, and what changed in the others.

    ``details`` yields for two versions of a thing: Arabic and English name of an aspect, was, is.
    """
    for name, thing in new.items():
        words = title(thing)
        if name not in old:
            yield said(
                sort.kind,
                thing.place,
                ar=f"{sort.ar} «{words['ar']}» ({name}): جديد.",
                en=f"{sort.en} “{words['en']}” ({name}): new.",
            )
            continue
        for arabic, english, was, now in details(old[name], thing):
            yield said(
                sort.kind,
                thing.place,
                ar=f"{sort.ar} «{words['ar']}» ({name})، {arabic}: كان {was} وصار {now}.",
                en=f"{sort.en} “{words['en']}” ({name}), {english}: was {was}, now {now}.",
            )
    for name, thing in old.items():
        if name not in new:
            words = title(thing)
            yield said(
                sort.kind,
                thing.place,
                ar=f"{sort.ar} «{words['ar']}» ({name}): حُذف.",
                en=f"{sort.en} “{words['en']}” ({name}): removed.",
            )


def _differing(
    *aspects: tuple[str, str, object, object],
) -> Iterator[tuple[str, str, str, str]]:
    for arabic, english, was, now in aspects:
        if was != now:
            yield arabic, english, _plain(was), _plain(now)


def _plain(value: object) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, dict):
        return "، ".join(f"{key}: {each}" for key, each in value.items())
    return str(value)


def _pages(old: Pack, new: Pack) -> Iterator[Change]:
    page = _Named(ChangeKind.PAGE, "الصفحة", "Page")
    yield from _named(
        page,
        {each.id: each for each in old.pages},
        {each.id: each for each in new.pages},
        lambda each: each.title,
        _page_details,
    )
    question = _Named(ChangeKind.PAGE, "السؤال", "Question")
    yield from _named(
        question, _questions(old), _questions(new), lambda each: each.label, _question_details
    )


def _questions(pack: Pack) -> dict[str, Question]:
    return {question.field: question for page in pack.pages for question in page.questions}


def _condition(thing: Page | Question | Lookup) -> str:
    return thing.when.text if thing.when else ""


def _page_details(was: Page, now: Page) -> Iterator[tuple[str, str, str, str]]:
    return _differing(
        ("شرط الظهور", "shown if", _condition(was), _condition(now)),
        (
            "شروط القبول",
            "conditions to go on",
            "; ".join(each.test.text for each in was.checks),
            "; ".join(each.test.text for each in now.checks),
        ),
    )


def _question_details(was: Question, now: Question) -> Iterator[tuple[str, str, str, str]]:
    return _differing(
        ("شرط الظهور", "asked if", _condition(was), _condition(now)),
        ("إلزامي", "required", was.required, now.required),
        ("القيمة المبدئية", "default", was.default, now.default),
        ("نص السؤال", "wording", was.label["ar"], now.label["ar"]),
    )


def _facts(old: Pack, new: Pack) -> Iterator[Change]:
    before, after = _placed_facts(old), _placed_facts(new)
    yield from _named(
        _Named(ChangeKind.FACT, "المعلومة", "Fact"),
        before,
        after,
        lambda each: each.fact.label,
        _fact_details,
    )


@dataclass(frozen=True, slots=True)
class _PlacedFact:
    """A fact with the file it stands in."""

    fact: Fact
    place: Place = _SCHEMA


def _placed_facts(pack: Pack) -> dict[str, _PlacedFact]:
    return {name: _PlacedFact(fact) for name, fact in pack.facts.items()}


def _fact_details(was: _PlacedFact, now: _PlacedFact) -> Iterator[tuple[str, str, str, str]]:
    one, two = was.fact, now.fact
    return _differing(
        ("النوع", "type", one.type.value, two.type.value),
        ("المصدر", "source", one.source.value, two.source.value),
        ("التصنيف", "sensitivity", one.sensitivity.value, two.sensitivity.value),
        ("مدة الحفظ", "kept for", one.retention, two.retention),
        ("القيم", "values", _options(one), _options(two)),
    )


def _options(fact: Fact) -> str:
    return ", ".join(str(option.value) for option in fact.options)


def _lookups(old: Pack, new: Pack) -> Iterator[Change]:
    yield from _named(
        _Named(ChangeKind.LOOKUP, "الاستعلام", "Lookup"),
        {each.name: each for each in old.lookups},
        {each.name: each for each in new.lookups},
        lambda each: each.label,
        lambda was, now: _differing(
            ("الجهة", "asked of", str(was.service), str(now.service)),
            ("البيانات", "facts", sorted(was.facts.values()), sorted(now.facts.values())),
            ("عند عدم وجود سجل", "without a record", was.on_not_found, now.on_not_found),
            ("أقصى عمر للرد", "oldest answer", was.max_age, now.max_age),
            ("الشرط", "made if", _condition(was), _condition(now)),
        ),
    )


def _stages(old: Pack, new: Pack) -> Iterator[Change]:
    yield from _named(
        _Named(ChangeKind.TIME, "المرحلة", "Stage"),
        old.flow.stages,
        new.flow.stages,
        lambda each: each.title,
        _stage_details,
    )


def _stage_details(was: Stage, now: Stage) -> Iterator[tuple[str, str, str, str]]:
    return _differing(
        ("الدور", "role", was.role.value, now.role.value),
        ("المهلة", "deadline", _time(was), _time(now)),
        ("الإجراءات", "actions", ", ".join(was.actions), ", ".join(now.actions)),
    )


def _time(stage: Stage) -> str:
    if stage.deadline is None:
        return ""
    return f"{_span(stage.deadline.after)['en']} → {stage.deadline.action}"


def _reasons(old: Pack, new: Pack) -> Iterator[Change]:
    yield from _named(
        _Named(ChangeKind.TEXT, "السبب", "Reason"),
        old.reasons,
        new.reasons,
        lambda each: each.text,
        lambda was, now: _differing(
            ("النص", "text", was.text["ar"], now.text["ar"]),
            ("ما يمكن فعله", "what can be done", was.remedy["ar"], now.remedy["ar"]),
            ("السند", "article", was.article, now.article),
        ),
    )


def _notices(old: Pack, new: Pack) -> Iterator[Change]:
    yield from _named(
        _Named(ChangeKind.TEXT, "الرسالة", "Message"),
        old.notices,
        new.notices,
        lambda each: each.subject,
        lambda was, now: _differing(
            ("العنوان", "subject", was.subject["ar"], now.subject["ar"]),
            ("النص", "body", was.body["ar"], now.body["ar"]),
        ),
    )


def _templates(old: Pack, new: Pack) -> Iterator[Change]:
    """Name the documents that look different; how is for the eye."""
    names = dict.fromkeys((*new.files, *old.files))
    for name in names:
        if name.startswith("templates/") and old.files.get(name) != new.files.get(name):
            yield said(
                ChangeKind.TEXT,
                Place(name),
                ar="تغيّر قالب الوثيقة.",
                en="The template of a document changes.",
            )
