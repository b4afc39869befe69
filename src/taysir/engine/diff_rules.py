"""What changes in the law of a pack: rows of tables, formulas, parameters, articles; and for whom.

Rows are matched by their identifier in the DMN file, and by their cells where they have none. For
whom a row speaks is read from its cells, in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from taysir.engine.cellwords import word_cell
from taysir.engine.definition import DATE_NAME, Article, Pack
from taysir.engine.facts import Fact, FactType, Json
from taysir.engine.findings import Place, Text
from taysir.engine.law import Parameter, Version
from taysir.engine.rulexml import DecisionSource, Row, RuleFile
from taysir.engine.wording import LANGUAGES, word_plain, word_value
from taysir.kernel.errors import Language

_ANYONE: Final[Text] = {"ar": "كل الحالات", "en": "every case"}
_TODAY: Final[Text] = {"ar": "يوم القرار", "en": "the day of the decision"}
_ANY: Final = frozenset({"", "-"})


class ChangeKind(StrEnum):
    """What a change is about."""

    RULE = "rule"
    PARAMETER = "parameter"
    ARTICLE = "article"
    TIME = "time"
    PAGE = "page"
    FACT = "fact"
    LOOKUP = "lookup"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: where, what in words, and for whom if that can be said."""

    kind: ChangeKind
    place: Place
    what: Text
    whom: Text | None = None

    def in_words(self, language: Language) -> str:
        """Return the change as one line."""
        whom = f" [{self.whom[language]}]" if self.whom else ""
        return f"{self.place}: {self.what[language]}{whom}"

    def as_json(self) -> dict[str, object]:
        """Return the change for programs."""
        return {
            "kind": self.kind.value,
            "file": self.place.file,
            "line": self.place.line,
            "what": dict(self.what),
            "whom": dict(self.whom) if self.whom else None,
        }


def said(kind: ChangeKind, place: Place, *, ar: str, en: str, whom: Text | None = None) -> Change:
    """Make a change from its two sentences."""
    return Change(kind, place, {"ar": ar, "en": en}, whom)


def rule_changes(old: Pack, new: Pack) -> Iterator[Change]:
    """Yield what changes in articles, parameters and rules."""
    yield from _articles(old.articles, new.articles)
    yield from _parameters(old.parameters, new.parameters)
    before, after = _decisions(old), _decisions(new)
    for name, (file, source) in after.items():
        if name not in before:
            yield said(
                ChangeKind.RULE,
                source.place,
                ar=f"القرار «{name}»: جديد.",
                en=f"Decision “{name}”: new.",
            )
            continue
        yield from _formulas(before[name][1], source)
        yield from _rows(_Side(old, *before[name]), _Side(new, file, source))
    for name, (_, source) in before.items():
        if name not in after:
            yield said(
                ChangeKind.RULE,
                source.place,
                ar=f"القرار «{name}»: حُذف.",
                en=f"Decision “{name}”: removed.",
            )


def _decisions(pack: Pack) -> dict[str, tuple[RuleFile, DecisionSource]]:
    return {
        name: (file, source) for file in pack.rules.files for name, source in file.decisions.items()
    }


def _formulas(was: DecisionSource, now: DecisionSource) -> Iterator[Change]:
    for aspect, ar, en in (
        ("expressions", "الصيغة", "formula"),
        ("columns", "الأعمدة", "columns"),
    ):
        before, after = "; ".join(getattr(was, aspect)), "; ".join(getattr(now, aspect))
        if before != after:
            yield said(
                ChangeKind.RULE,
                now.place,
                ar=f"القرار «{now.name}»، {ar}: كانت {before or '—'} وصارت {after or '—'}.",
                en=f"Decision “{now.name}”, {en}: was {before or '—'}, now {after or '—'}.",
            )


# --- rows ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two versions of a decision."""

    pack: Pack
    file: RuleFile
    source: DecisionSource

    def rows(self) -> dict[object, Row]:
        """Return its rows by identifier, or by cells and validity where they have none."""
        rows = [row for row in self.file.rows if row.decision == self.source.name]
        return {row.id or (row.cells, row.validity): row for row in rows}

    def whom(self, row: Row) -> Text:
        """Say for which cases a row speaks, from its cells."""
        return {language: _cells(self, row, language) for language in LANGUAGES}


def _rows(before: _Side, after: _Side) -> Iterator[Change]:
    was, now = before.rows(), after.rows()
    for key, row in now.items():
        whom = after.whom(row)
        if key not in was:
            yield _row(row, f"جديد: النتيجة {_result(row)}", f"new: result {_result(row)}", whom)
            continue
        old = was[key]
        if old.cells != row.cells:
            one = before.whom(old)
            ar = f"الحالات: كانت ({one['ar']}) وصارت ({whom['ar']})"
            yield _row(row, ar, f"cases: were ({one['en']}), now ({whom['en']})", whom)
        for ar, en in _row_details(old, row):
            yield _row(row, ar, en, whom)
    for key, row in was.items():
        if key not in now:
            ar, en = f"حُذف: {_result(row)}", f"removed: result {_result(row)}"
            yield _row(row, ar, en, before.whom(row))


def _row(row: Row, ar: str, en: str, whom: Text) -> Change:
    name = f"{row.decision}"
    return said(
        ChangeKind.RULE,
        row.place,
        ar=f"الجدول «{name}»، السطر {row.number}، {ar}.",
        en=f"Table “{name}”, row {row.number}, {en}.",
        whom=whom,
    )


def _row_details(was: Row, now: Row) -> Iterator[tuple[str, str]]:
    aspects = (
        ("النتيجة", "result", _result(was), _result(now)),
        ("السريان", "law on", _validity(was), _validity(now)),
        ("السند", "article", was.article or "—", now.article or "—"),
        ("رمز السبب", "reason code", was.code or "—", now.code or "—"),
        ("قاطع", "conclusive", str(was.conclusive), str(now.conclusive)),
    )
    for ar, en, first, second in aspects:
        if first != second:
            yield f"{ar}: كان {first} وصار {second}", f"{en}: was {first}, now {second}"


def _result(row: Row) -> str:
    return ", ".join(row.outputs) or "—"


def _validity(row: Row) -> str:
    start, end = row.validity.start, row.validity.end
    days = f"{start or '…'}/{end or '…'}"
    return f"{days} ({row.enacted})" if row.enacted else days


def _cells(side: _Side, row: Row, language: Language) -> str:
    pack = side.pack

    def name(path: str) -> tuple[str, bool] | None:
        if path == DATE_NAME:
            return _TODAY[language], True
        fact = pack.facts.get(path)
        return (fact.label[language], fact.type is FactType.DATE) if fact else None

    parts: list[str] = []
    for column, cell in zip(side.source.columns, row.cells, strict=False):
        if cell in _ANY:
            continue
        fact = pack.facts.get(column)
        words = fact.label if fact else pack.texts.get(column)
        label = words[language] if words else column
        options = {str(o.value): o.label[language] for o in fact.options} if fact else {}
        parts.append(f"{label}: {word_cell(cell, language, name=name, options=options)}")
    return ("؛ " if language == "ar" else "; ").join(parts) or _ANYONE[language]


# --- parameters and articles ---------------------------------------------------------------------


def _parameters(old: Mapping[str, Parameter], new: Mapping[str, Parameter]) -> Iterator[Change]:
    for name in dict.fromkeys((*new, *old)):
        parameter = new.get(name) or old[name]
        before = _versions(old[name].versions if name in old else ())
        after = _versions(new[name].versions if name in new else ())
        for start in sorted(before.keys() | after.keys()):
            was, now = before.get(start), after.get(start)
            if was is None or now is None or _differs(was, now):
                yield _version_change(parameter, start, was, now)


def _versions(versions: Iterable[Version]) -> dict[date, Version]:
    return {version.validity.start or date.min: version for version in versions}


def _differs(was: Version, now: Version) -> bool:
    mine = (was.value, was.validity, was.enacted, was.article)
    return mine != (now.value, now.validity, now.enacted, now.article)


def _version_change(
    parameter: Parameter, start: date, was: Version | None, now: Version | None
) -> Change:
    def words(version: Version | None, language: Language) -> str:
        kind = FactType.MONEY if parameter.is_money else None
        if version is None:
            return "—"
        return f"{word_plain(version.value, language, kind)} ({version.article})"

    place = (now or was or parameter).place
    return said(
        ChangeKind.PARAMETER,
        place,
        ar=f"«{parameter.label['ar']}» من {start}: كان {words(was, 'ar')} وصار {words(now, 'ar')}.",
        en=f"“{parameter.label['en']}” from {start}: was {words(was, 'en')},"
        f" now {words(now, 'en')}.",
    )


def _articles(old: Mapping[str, Article], new: Mapping[str, Article]) -> Iterator[Change]:
    for code in dict.fromkeys((*new, *old)):
        was, now = old.get(code), new.get(code)
        before, after = _article_days(was), _article_days(now)
        if before != after:
            article = now or was
            if article is not None:
                yield said(
                    ChangeKind.ARTICLE,
                    article.place,
                    ar=f"{article.title['ar']}: كان السريان {before} وصار {after}.",
                    en=f"{article.title['en']}: in force {before}, now {after}.",
                )


def _article_days(article: Article | None) -> str:
    return f"{article.valid_from}/{article.valid_until or '…'}" if article else "—"


def value_words(fact: Fact, values: tuple[Json, Json], language: Language) -> tuple[str, str]:
    """Word two values of a fact."""
    one, two = values
    return word_value(fact, one, language), word_value(fact, two, language)
