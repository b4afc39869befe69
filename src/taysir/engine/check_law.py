"""Looks for rules, fees and refusals that the law does not carry.

Every row and formula rests on an article in force for as long as it is law; a refusal names its
article and tells the way to object; a payment has a rule that computes it; a promise is a time. If
the country's register of articles is given, what the pack says of an article must agree with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import chain

from taysir.engine.check_errors import (
    ENG_CHECK_CONTRADICTION,
    ENG_CHECK_FEE,
    ENG_CHECK_PROMISE,
    ENG_CHECK_REGISTER,
    ENG_CHECK_RETROACTIVE,
    ENG_CHECK_UNTOLD,
)
from taysir.engine.definition import Article, ClockCause, OnNotFound, Pack
from taysir.engine.errors import ENG_CHECK_ARTICLE, ENG_CHECK_NO_ARTICLE, ENG_REFERENCE
from taysir.engine.facts import FactType
from taysir.engine.findings import Finding, Place, finding
from taysir.engine.law import Register, words_of_validity
from taysir.engine.references import names_in
from taysir.engine.rulexml import DecisionSource, Row, RuleFile, Validity


def law_findings(pack: Pack, *, on: date, register: Register | None) -> Iterator[Finding]:
    """Yield what the law does not carry."""
    yield from chain(
        _articles(pack, on),
        _formulas(pack),
        _parameters(pack),
        _refusals(pack, on),
        _fees(pack),
        _register(pack, register) if register else (),
    )


# --- articles ------------------------------------------------------------------------------------


def _articles(pack: Pack, on: date) -> Iterator[Finding]:
    """Every rule row, and the service itself, rests on an article in force."""
    for code in (*pack.service.legal_basis, pack.service.objection.article):
        yield from _in_force(pack, code, on, pack.articles[code].place, pack.service.code)
    for file in pack.rules.files:
        for row in file.rows:
            yield from _row_article(pack, file, row)


def _in_force(pack: Pack, code: str, on: date, place: Place, name: str) -> Iterator[Finding]:
    if not pack.articles[code].in_force(on):
        yield finding(ENG_CHECK_ARTICLE, place, name=name, article=code, date=on.isoformat())


def _row_article(pack: Pack, file: RuleFile, row: Row) -> Iterator[Finding]:
    name = f"{row.decision} {row.number}"
    first = row.validity.start or file.validity.start
    last = row.validity.end or file.validity.end
    yield from _carried(pack, row.article, Validity(first, last), row.place, name)
    if row.is_retroactive and not (row.because and row.replaces):
        yield finding(ENG_CHECK_RETROACTIVE, row.place, name=name)
    if row.because and row.because not in pack.texts:
        yield finding(ENG_REFERENCE, row.place, name=row.because, where="texts.yaml")
    yield from _replaced(file, row)


def _replaced(file: RuleFile, row: Row) -> Iterator[Finding]:
    """A row replaces rows of its own decision only."""
    siblings = {each.id for each in file.rows if each.decision == row.decision}
    for replaced in (each for each in row.replaces if each not in siblings):
        yield finding(ENG_REFERENCE, row.place, name=replaced, where=row.decision)


def _carried(
    pack: Pack, code: str, validity: Validity, place: Place, name: str
) -> Iterator[Finding]:
    """Something that is law for some days needs an article that is in force on all of them."""
    if not code:
        yield finding(ENG_CHECK_NO_ARTICLE, place, name=name)
        return
    article = pack.articles.get(code)
    if article is None:
        yield finding(ENG_REFERENCE, place, name=code, where="service.yaml articles")
        return
    first, last = validity.start or date.min, validity.end or date.max
    if day := _day_without_force(article, first, last):
        yield finding(ENG_CHECK_ARTICLE, place, name=name, article=code, date=day.isoformat())


def _day_without_force(article: Article, first: date, last: date) -> date | None:
    """Return a day of a validity on which the article is not in force, if there is one."""
    end = article.valid_until or date.max
    if first < article.valid_from:
        return first
    return end if last > end else None


def _formulas(pack: Pack) -> Iterator[Finding]:
    """A formula that gives a value of the grant rests on an article, its own or its inputs'."""
    for name in dict.fromkeys(pack.plan.values.values()):
        for file in pack.rules.files:
            source = file.decisions.get(name)
            if source and not source.columns and not _rests_on_article(file, source, frozenset()):
                yield finding(ENG_CHECK_NO_ARTICLE, source.place, name=name)


def _rests_on_article(file: RuleFile, source: DecisionSource, open_: frozenset[str]) -> bool:
    if file.article or any(row.article for row in file.rows if row.decision == source.name):
        return True
    names = {name for text in source.expressions for name in names_in(text)} - open_
    return any(
        _rests_on_article(file, file.decisions[name], open_ | names)
        for name in names
        if name in file.decisions
    )


def _parameters(pack: Pack) -> Iterator[Finding]:
    """Every version of a parameter is carried by an article, and says why it looks back."""
    for parameter in pack.parameters.values():
        for version in parameter.versions:
            name = f"law.{parameter.name}"
            yield from _carried(pack, version.article, version.validity, version.place, name)
            if version.is_retroactive and not version.because:
                yield finding(ENG_CHECK_RETROACTIVE, version.place, name=name)


# --- refusals, fees, promises --------------------------------------------------------------------


def _refusals(pack: Pack, on: date) -> Iterator[Finding]:
    """A refusal has an article, in force, and tells the person of the right to object."""
    for lookup in pack.lookups:
        reason = pack.reasons.get(lookup.not_found_reason)
        if lookup.on_not_found is OnNotFound.REFUSE and reason and not reason.article:
            yield finding(ENG_CHECK_NO_ARTICLE, reason.place, name=reason.code)
    for reason in pack.reasons.values():
        if reason.article:
            yield from _in_force(pack, reason.article, on, reason.place, reason.code)
    yield from _untold(pack)


def _untold(pack: Pack) -> Iterator[Finding]:
    refused = {name for name, stage in pack.flow.stages.items() if stage.final == "refused"}
    for stage in pack.flow.stages.values():
        for action in stage.actions.values():
            if action.to in refused and not action.notice:
                yield finding(ENG_CHECK_UNTOLD, stage.place, action=action.name, stage=stage.name)


def _fees(pack: Pack) -> Iterator[Finding]:
    """A case that waits for payment has an amount to pay, and the service promises a time."""
    computed = any(pack.facts[name].type is FactType.MONEY for name in pack.plan.values)
    for stage in pack.flow.stages.values():
        if stage.stopped_by is ClockCause.PAYMENT and not computed:
            yield finding(ENG_CHECK_FEE, stage.place, stage=stage.name)
    if not pack.service.deadline.net:
        yield finding(ENG_CHECK_PROMISE, pack.service.deadline.place, service=pack.service.code)


# --- the register --------------------------------------------------------------------------------


def _register(pack: Pack, register: Register) -> Iterator[Finding]:
    """What the pack says of an article agrees with the register."""
    for code, article in pack.articles.items():
        entry = register.articles.get(code)
        if entry is None:
            yield finding(ENG_CHECK_REGISTER, article.place, article=code)
        elif (entry.valid_from, entry.valid_until) != (article.valid_from, article.valid_until):
            yield finding(
                ENG_CHECK_CONTRADICTION,
                article.place,
                article=code,
                here=words_of_validity(article.valid_from, article.valid_until),
                there=words_of_validity(entry.valid_from, entry.valid_until),
            )
