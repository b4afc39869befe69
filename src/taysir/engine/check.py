"""Looks through a loaded pack for what would harm people once it is published.

The loader refuses what cannot run; this module refuses what should not run: a fact nobody uses or
nobody provides, a question whose answer a registry holds, a stage without an end, a reason without
words. Its neighbours look at tables (``check_tables``), conditions and names (``check_pages``) and
the law (``check_law``). Each check is a generator of findings with place and remedy; ``check_pack``
runs them all. The day of the check is an argument.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import chain
from typing import Any, Final

from taysir.engine.check_law import law_findings
from taysir.engine.check_pages import name_findings, page_findings
from taysir.engine.check_tables import table_findings
from taysir.engine.definition import PLACEHOLDER, OnNotFound, Pack
from taysir.engine.errors import (
    ENG_CHECK_ARABIC,
    ENG_CHECK_ONCE_ONLY,
    ENG_CHECK_REASON,
    ENG_CHECK_TESTS,
    ENG_CHECK_UNREACHABLE,
    ENG_CHECK_UNSOURCED,
    ENG_CHECK_UNUSED,
    ENG_FACT_UNKNOWN,
    ENG_REFERENCE,
)
from taysir.engine.facts import CASE_FACTS, FactSource
from taysir.engine.findings import Finding, Place, Severity, finding
from taysir.engine.flow_check import check_flow
from taysir.engine.law import Register
from taysir.engine.pack import FACTS, FILES
from taysir.engine.references import longest_known, names_in
from taysir.engine.shapes import dotted
from taysir.engine.source import Path, Source, read_yaml

_ARABIC: Final = re.compile("[\u0621-\u064a]")


def check_pack(
    pack: Pack,
    *,
    on: date,
    holdings: Mapping[str, str] | None = None,
    register: Register | None = None,
) -> tuple[Finding, ...]:
    """Return every finding, sorted by place.

    ``holdings`` names facts that connected registries hold beyond this pack's own lookups, each
    with its data service: asking a person for one of them breaks the once-only principle, unless
    the fact says why it is asked anyway. ``register`` is the country's register of articles: what
    the pack says of an article must agree with it.
    """
    sources = _sources(pack)
    found = chain(
        _facts(pack, sources[FACTS]),
        _names(pack),
        name_findings(pack),
        _once_only(pack, holdings or {}),
        page_findings(pack, on=on),
        check_flow(pack.flow),
        table_findings(pack, on=on),
        law_findings(pack, on=on, register=register),
        _reasons(pack),
        _documents(pack, sources["service.yaml"]),
        _notices(pack),
        _languages(sources.values()),
        _tests(pack),
    )
    return tuple(sorted(found, key=lambda item: item.place))


def holdings_of(packs: Iterable[Pack]) -> dict[str, str]:
    """Return the facts that connected registries hold, as the lookups of packs tell."""
    return {
        name: str(lookup.service)
        for pack in packs
        for lookup in pack.lookups
        for name in lookup.facts.values()
    }


def _sources(pack: Pack) -> dict[str, Source]:
    names = [name for name in (*FILES, FACTS) if name in pack.files]
    return {name: read_yaml(pack.files[name], file=name) for name in names}


# --- facts ---------------------------------------------------------------------------------------


def _facts(pack: Pack, schema: Source) -> Iterator[Finding]:
    """Every fact has one who provides it and one who uses it."""
    registration = pack.service.registration
    provided = {
        FactSource.REGISTER: set(registration.facts.values()) if registration else set(),
        FactSource.TYPED: {q.field for page in pack.pages for q in page.questions},
        FactSource.LOOKUP: {name for item in pack.lookups for name in item.facts.values()},
        FactSource.COMPUTED: set(pack.plan.values),
        FactSource.IDENTITY: set(pack.facts),
        FactSource.CASE: set(CASE_FACTS),
    }
    used = _used_facts(pack)
    for name, fact in pack.facts.items():
        place = schema.at(_schema_path(name))
        if name not in provided[fact.source]:
            yield finding(ENG_CHECK_UNSOURCED, place, fact=name, source=fact.source.value)
        if name not in used:
            yield finding(ENG_CHECK_UNUSED, place, fact=name)


def _schema_path(name: str) -> Path:
    path: Path = ()
    for part in name.split("."):
        path = (*path, "properties", part)
    return path


def _used_facts(pack: Pack) -> set[str]:
    used: set[str] = {name for output in pack.service.outputs for name in output.facts}
    used.update(fact.name for page in pack.pages for fact in page.preview)
    used.update(*(_known_in(pack, text) for text, _ in _expressions(pack)))
    used.update(*(law.facts for span in pack.rules.spans for law in span.laws.values()))
    used.update(*(PLACEHOLDER.findall(sentence) for sentence in _sentences(pack)))
    if pack.service.registration:
        used.update(pack.service.registration.body.values())
    # What the grant computes is what the person gets: it is shown with the decision.
    return used | set(pack.plan.values)


def _sentences(pack: Pack) -> Iterator[str]:
    """Yield every text of the pack that may name facts in braces."""
    for reason in pack.reasons.values():
        yield from reason.text.values()
        yield from reason.remedy.values()
    for lookup in pack.lookups:
        yield lookup.path


def _known_in(pack: Pack, text: str) -> set[str]:
    names = (longest_known(name, pack.facts) for name in names_in(text))
    return {name for name in names if name}


def _expressions(pack: Pack) -> Iterator[tuple[str, Place]]:
    """Yield every FEEL condition of the YAML files with its place."""
    for page in pack.pages:
        if page.when:
            yield page.when.text, page.place
        for question in page.questions:
            if question.when:
                yield question.when.text, question.place
            if question.choices:
                yield question.choices.records, question.place
        for check in page.checks:
            yield check.test.text, check.place
    for lookup in pack.lookups:
        if lookup.when:
            yield lookup.when.text, lookup.place


def _names(pack: Pack) -> Iterator[Finding]:
    """A name inside a group of facts must be one of them: FEEL itself would read it as null."""
    for text, place in chain(_expressions(pack), _rule_texts(pack)):
        for name in names_in(text):
            group = name.split(".", 1)[0]
            if "." in name and group in pack.facts.groups and not longest_known(name, pack.facts):
                yield finding(ENG_FACT_UNKNOWN, place, fact=name)


def _rule_texts(pack: Pack) -> Iterator[tuple[str, Place]]:
    for file in pack.rules.files:
        for decision in file.decisions.values():
            for text in (*decision.columns, *decision.expressions):
                yield text, decision.place
        for row in file.rows:
            for text in (*row.cells, *row.outputs):
                yield text, row.place


def _once_only(pack: Pack, holdings: Mapping[str, str]) -> Iterator[Finding]:
    held = {name: str(item.service) for item in pack.lookups for name in item.facts.values()}
    held.update(holdings)
    for page in pack.pages:
        for question in page.questions:
            service = held.get(question.field)
            if service and not question.fact.asked_because:
                yield finding(
                    ENG_CHECK_ONCE_ONLY, question.place, fact=question.field, service=service
                )


# --- reasons --------------------------------------------------------------------------------------


def _reasons(pack: Pack) -> Iterator[Finding]:
    """Every code that can come up has words, and every text can come up."""
    raised = dict(_raised_codes(pack))
    for code, place in raised.items():
        if code not in pack.reasons:
            yield finding(ENG_CHECK_REASON, place, code=code)
    for code, reason in pack.reasons.items():
        if code not in raised:
            yield finding(ENG_CHECK_UNREACHABLE, reason.place, severity=Severity.WARNING, name=code)


def _raised_codes(pack: Pack) -> Iterator[tuple[str, Place]]:
    """Yield the reason codes that decisions can give, with the place that gives them."""
    yield pack.plan.grant_reason, pack.plan.place
    for lookup in pack.lookups:
        if lookup.on_not_found is OnNotFound.REFUSE:
            yield lookup.not_found_reason, lookup.place
        if lookup.waiting_reason:
            yield lookup.waiting_reason, lookup.place
    for file in pack.rules.files:
        for row in file.rows:
            if row.decision in (pack.plan.refusals, pack.plan.referrals):
                yield row.code, row.place
    for stage in pack.flow.stages.values():
        for action in stage.actions.values():
            yield from ((code, stage.place) for code in action.reasons)


# --- documents, texts, tests ---------------------------------------------------------------------


def _documents(pack: Pack, service: Source) -> Iterator[Finding]:
    """Every document has its template, and every stage issues documents that exist."""
    outputs = {output.code for output in pack.service.outputs}
    for index, output in enumerate(pack.service.outputs):
        if output.template and output.template not in pack.files:
            place = service.at(("outputs", index, "template"))
            yield finding(ENG_REFERENCE, place, name=output.template, where="templates/")
    for stage in pack.flow.stages.values():
        for code in stage.documents:
            if code not in outputs:
                where = "service.yaml outputs"
                yield finding(ENG_REFERENCE, stage.place, name=code, where=where)


def _notices(pack: Pack) -> Iterator[Finding]:
    sent = {a.notice for stage in pack.flow.stages.values() for a in stage.actions.values()}
    for code, notice in pack.notices.items():
        if code not in sent:
            yield finding(ENG_CHECK_UNREACHABLE, notice.place, severity=Severity.WARNING, name=code)


def _languages(sources: Iterable[Source]) -> Iterator[Finding]:
    """An Arabic text has Arabic letters; presence of both languages is the loader's to check."""
    for source in sources:
        for path, text in _pairs(source.value, ()):
            if not _ARABIC.search(str(text["ar"])):
                yield finding(ENG_CHECK_ARABIC, source.at((*path, "ar")), path=dotted(path))


def _pairs(value: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    if isinstance(value, dict):
        if set(value) == {"ar", "en"} and all(isinstance(text, str) for text in value.values()):
            yield path, value
            return
        for key, inner in value.items():
            yield from _pairs(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _pairs(inner, (*path, index))


def _tests(pack: Pack) -> Iterator[Finding]:
    if not any(name.startswith("tests/") for name in pack.files):
        yield finding(ENG_CHECK_TESTS, Place("tests"))
