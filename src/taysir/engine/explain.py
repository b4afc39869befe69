"""Tells a decision to people: the citizen briefly, the officer fully, the auditor with proof.

Works from the decision alone, so that a stored one is told the same way years later. The result is
structure (sections with sentences and rows), which pages lay out, ``as_text`` prints and
``as_data`` hands to programs. Which rows did not apply, and why not, is told by ``missed.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from typing import Final

from taysir.engine.decision import (
    Decision,
    Input,
    LawPart,
    LawUse,
    Outcome,
    Reason,
    RuleRow,
    Step,
    Words,
)
from taysir.engine.facts import Attested, Computed, Fetched, Provenance, Typed
from taysir.engine.findings import Text
from taysir.engine.missed import missed_rows
from taysir.engine.wording import word_date
from taysir.kernel.errors import Language


class Audience(StrEnum):
    """Who reads the explanation."""

    CITIZEN = "citizen"
    OFFICER = "officer"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled value with a note, e.g. its source and time."""

    label: str
    value: str
    note: str = ""

    def as_data(self) -> dict[str, str]:
        """Return the row for programs."""
        return {"label": self.label, "value": self.value, "note": self.note}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with sentences and rows under it."""

    heading: str
    sentences: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision told to one audience in one language."""

    title: str
    sections: tuple[Section, ...]

    def as_text(self) -> str:
        """Return the explanation as plain text."""
        lines = [self.title]
        for section in self.sections:
            lines.extend(("", section.heading))
            lines.extend(f"  {sentence}" for sentence in section.sentences)
            for row in section.rows:
                note = f"  ({row.note})" if row.note else ""
                lines.append(f"  {row.label}: {row.value}{note}")
        return "\n".join(lines)

    def as_data(self) -> dict[str, object]:
        """Return the explanation for programs."""
        return {
            "title": self.title,
            "sections": [
                {
                    "heading": section.heading,
                    "sentences": list(section.sentences),
                    "rows": [row.as_data() for row in section.rows],
                }
                for section in self.sections
            ],
        }


_TITLES: Final[dict[Outcome, Text]] = {
    Outcome.GRANTED: {"ar": "قُبل الطلب: {service}", "en": "Granted: {service}"},
    Outcome.REFUSED: {"ar": "لم يُقبل الطلب: {service}", "en": "Refused: {service}"},
    Outcome.REFERRED: {"ar": "الطلب لدى موظف: {service}", "en": "With an officer: {service}"},
    Outcome.WAITING: {"ar": "الطلب قيد الانتظار: {service}", "en": "Waiting: {service}"},
}
_REASONS: Final[dict[Outcome, Text]] = {
    Outcome.GRANTED: {"ar": "لماذا قُبل", "en": "Why it was granted"},
    Outcome.REFUSED: {"ar": "لماذا لم يُقبل", "en": "Why it was refused"},
    Outcome.REFERRED: {"ar": "لماذا أحيل إلى موظف", "en": "Why an officer decides"},
    Outcome.WAITING: {"ar": "ما الذي ننتظره", "en": "What we wait for"},
}
_CONCERNS: Final[Text] = {
    "ar": "ما قد يمنع القبول إن بقي على حاله",
    "en": "What would prevent a grant if it stays as it is",
}
_VALUES: Final[Text] = {"ar": "ما تقرر", "en": "What was decided"}
_OBJECTION: Final[Text] = {"ar": "حقك في الاعتراض", "en": "Your right to object"}
_INPUTS: Final[Text] = {"ar": "البيانات التي بُني عليها القرار", "en": "Facts the decision rests on"}
_STEPS: Final[Text] = {"ar": "القواعد المطبقة", "en": "Rules applied"}
_MISSED: Final[Text] = {
    "ar": "السطور التي لم تنطبق، ولماذا",
    "en": "Rows that did not apply, and why not",
}
_LAW: Final[Text] = {
    "ar": "مدة يسري على أجزائها أكثر من حكم",
    "en": "A period under more than one law",
}
_LAW_FULL: Final[Text] = {"ar": "القيم والمدد النظامية", "en": "Values and periods of the law"}
_DAYS: Final[Text] = {"ar": "من {first} إلى {last}", "en": "{first} to {last}"}
_ONE_DAY: Final[Text] = {"ar": "في {first}", "en": "on {first}"}
_SINCE: Final[Text] = {"ar": "نافذ منذ {since}", "en": "law since {since}"}
_BACK: Final[Text] = {
    "ar": "صدر في {enacted} ويسري على ما قبله: {because}",
    "en": "enacted on {enacted} and applying to days before it: {because}",
}
_PROOF: Final[Text] = {"ar": "الإثبات", "en": "Proof"}
_ARTICLE: Final[Text] = {"ar": "السند: {title}.", "en": "Legal basis: {title}."}
_PACK: Final[Text] = {"ar": "إصدار تعريف الخدمة", "en": "Version of the service definition"}
_DAY: Final[Text] = {"ar": "تاريخ القانون المطبق", "en": "Law applied as of"}
_ROW: Final[Text] = {"ar": "السطر {row}", "en": "row {row}"}
_FORMULA: Final[Text] = {"ar": "صيغة", "en": "formula"}
_NO_ROW: Final[Text] = {
    "ar": "لم ينطبق أي سطر (عدد الأسطر: {count})",
    "en": "none of {count} rows matched",
}
_TYPED: Final[Text] = {"ar": "أدخله {by} في {at}", "en": "typed by {by} at {at}"}
_ATTESTED: Final[Text] = {"ar": "أثبته {by} عند الدخول في {at}", "en": "attested by {by} at {at}"}
_FETCHED: Final[Text] = {"ar": "من {by} في {at}", "en": "from {by} at {at}"}
_COMPUTED: Final[Text] = {"ar": "حُسب بالقاعدة {by} في {at}", "en": "computed by {by} at {at}"}
_EXCHANGE: Final[Text] = {
    "ar": "، التبادل {exchange}، الاتفاقية {agreement}",
    "en": ", exchange {exchange}, agreement {agreement}",
}
_DISPUTED: Final[Text] = {"ar": "، معترض عليه", "en": ", disputed"}
_ROLES: Final[dict[str, Text]] = {
    "applicant": {"ar": "مقدم الطلب", "en": "the applicant"},
    "officer": {"ar": "الموظف", "en": "the officer"},
}


def explain(decision: Decision, *, audience: Audience | str, language: Language) -> Explanation:
    """Tell a decision to an audience in a language."""
    reader = Audience(audience)
    title = _TITLES[decision.outcome][language].format(service=decision.service_title[language])
    sections = [
        _reasons(decision.reasons, _REASONS[decision.outcome], language),
        _reasons(decision.concerns, _CONCERNS, language),
        _values(decision, language),
        _law(decision.steps, language, full=reader is not Audience.CITIZEN),
    ]
    if decision.outcome is Outcome.REFUSED:
        sections.append(Section(_OBJECTION[language], (decision.objection[language],)))
    if reader is not Audience.CITIZEN:
        sections.append(_inputs(decision, language, proof=reader is Audience.AUDITOR))
        sections.append(_steps(decision.steps, language))
        sections.append(_missed(decision, language))
    if reader is Audience.AUDITOR:
        sections.append(_proof(decision, language))
    kept = (section for section in sections if section.sentences or section.rows)
    return Explanation(title, tuple(kept))


def source_words(provenance: Provenance | None, language: Language, *, proof: bool = False) -> str:
    """Say in words where a value came from and when; with ``proof`` the exchange and agreement."""
    match provenance:
        case Typed(by=by, at=at):
            named = _ROLES.get(by)
            return _by(_TYPED, named[language] if named else by, at, language)
        case Attested(issuer=issuer, at=at):
            return _by(_ATTESTED, issuer, at, language)
        case Fetched(source=source, at=at, exchange_id=exchange, agreement=agreement):
            words = _by(_FETCHED, source, at, language)
            if proof:
                words += _EXCHANGE[language].format(exchange=exchange, agreement=agreement)
            return words
        case Computed(rule=rule, at=at):
            return _by(_COMPUTED, rule, at, language)
        case None:
            return ""


def _by(text: Text, by: str, at: datetime, language: Language) -> str:
    return text[language].format(by=by, at=f"{at:%Y-%m-%d %H:%M:%S} UTC")


def _reasons(reasons: Iterable[Reason], heading: Text, language: Language) -> Section:
    sentences: list[str] = []
    for reason in reasons:
        parts = [reason.text[language], reason.remedy[language]]
        if reason.article_title:
            parts.append(_ARTICLE[language].format(title=reason.article_title[language]))
        sentences.append(" ".join(part for part in parts if part))
    return Section(heading[language], tuple(sentences))


def _values(decision: Decision, language: Language) -> Section:
    if decision.outcome is not Outcome.GRANTED:
        return Section(_VALUES[language])
    rows = tuple(
        Row(step.label[language], step.words[language])
        for step in decision.steps
        if step.fact in decision.values  # what the law leaves empty in this case is not told
    )
    return Section(_VALUES[language], rows=rows)


def _law(steps: Iterable[Step], language: Language, *, full: bool) -> Section:
    """Tell the dated values used; for a citizen only periods across which the law changed."""
    uses: list[LawUse] = []
    for use in (use for step in steps for use in step.law):
        if use not in uses and (full or _changes(use)):
            uses.append(use)
    rows = tuple(
        _law_row(use, parts, language) for use in uses for parts in _under_one_law(use.parts)
    )
    return Section((_LAW_FULL if full else _LAW)[language], rows=rows)


def _under_one_law(parts: Iterable[LawPart]) -> Iterator[list[LawPart]]:
    """Yield the parts that follow each other under one law with one value: years of a term."""
    for _, group in groupby(parts, lambda part: (part.value, part.article, part.since)):
        yield list(group)


def _changes(use: LawUse) -> bool:
    return len({(part.article, part.since) for part in use.parts}) > 1


def _law_row(use: LawUse, parts: list[LawPart], language: Language) -> Row:
    part = parts[0]
    first, last = word_date(part.first, language), word_date(parts[-1].last, language)
    days = (_DAYS if use.is_period else _ONE_DAY)[language].format(first=first, last=last)
    notes = [part.article_title.get(language, part.article)]
    if part.since:
        notes.append(_SINCE[language].format(since=word_date(part.since, language)))
    if part.enacted:
        notes.append(_enacted(part.enacted, part.because, language))
    name = use.label.get(language, use.name)
    separator = "، " if language == "ar" else ", "
    times = f" × {len(parts)}" if len(parts) > 1 else ""
    return Row(f"{name} {days}", part.words[language] + times, separator.join(notes))


def _enacted(enacted: date, because: Words, language: Language) -> str:
    day = word_date(enacted, language)
    return _BACK[language].format(enacted=day, because=because.get(language, ""))


def _missed(decision: Decision, language: Language) -> Section:
    told = missed_rows(decision, language)
    rows = tuple(Row(each.label, each.asked, each.place) for each in told)
    return Section(_MISSED[language], rows=rows)


def _inputs(decision: Decision, language: Language, *, proof: bool) -> Section:
    inputs: dict[str, Input] = {}
    for reason in (*decision.reasons, *decision.concerns):
        inputs.update({item.fact: item for item in reason.inputs})
    for step in decision.steps:
        inputs.update({item.fact: item for item in step.inputs})
    rows = tuple(_input_row(item, language, proof=proof) for item in inputs.values())
    return Section(_INPUTS[language], rows=rows)


def _input_row(item: Input, language: Language, *, proof: bool) -> Row:
    note = source_words(item.provenance, language, proof=proof)
    if item.disputed:
        note += _DISPUTED[language]
    return Row(item.label[language], item.words[language], note)


def _steps(steps: Iterable[Step], language: Language) -> Section:
    rows = tuple(
        Row(
            f"{step.file} {step.decision}",
            step.words[language] if step.words else _result(step),
            _matched(step, language),
        )
        for step in steps
    )
    return Section(_STEPS[language], rows=rows)


def _result(step: Step) -> str:
    if isinstance(step.result, list):
        return ", ".join(str(item) for item in step.result) or "—"
    return "—" if step.result is None else str(step.result)


def _matched(step: Step, language: Language) -> str:
    if not step.rows:
        return _NO_ROW[language].format(count=step.checked)
    return "; ".join(_row_words(row, language) for row in step.rows)


def _row_words(row: RuleRow, language: Language) -> str:
    number = _ROW[language].format(row=row.row) if row.row else _FORMULA[language]
    parts = [f"{row.decision} {number}", row.article, f"{row.file}:{row.line}"]
    if row.enacted:
        parts.append(_enacted(row.enacted, row.because, language))
    return ", ".join(part for part in parts if part)


def _proof(decision: Decision, language: Language) -> Section:
    day = decision.law_of or decision.on
    return Section(
        _PROOF[language],
        rows=(
            Row(_PACK[language], decision.pack, decision.service),
            Row(_DAY[language], word_date(day, language), day.isoformat()),
        ),
    )
