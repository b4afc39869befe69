"""Looks for conditions that are never true and for names that mean nothing.

A condition that only compares facts with constants is settled by trying every boundary value of
its facts; one that computes is left to the pack's tests. A name that nobody defines is null for
FEEL, silently: here it is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice, product

from taysir.engine.boundaries import is_decidable, samples
from taysir.engine.check_errors import ENG_CHECK_NAME, ENG_CHECK_NEVER_SHOWN
from taysir.engine.definition import DATE_NAME, Pack
from taysir.engine.dmn.xml_tree import Element, parse_xml
from taysir.engine.expressions import Condition
from taysir.engine.facts import CaseFacts, Json
from taysir.engine.feel import compile_expression, compile_unary_tests
from taysir.engine.feel.functions import BUILTINS
from taysir.engine.findings import Finding, Place, finding
from taysir.engine.law import LAW_NAME
from taysir.engine.pages import case_context
from taysir.engine.references import longest_known
from taysir.engine.rulebook import Law
from taysir.engine.rulexml import RuleFile
from taysir.kernel.errors import Problem
from taysir.kernel.limits import BOUNDARY_CASES

_LOCAL = ("variable", "formalParameter")


def page_findings(pack: Pack, *, on: date) -> Iterator[Finding]:
    """Yield the pages, questions and lookups whose condition is true in no case."""
    values = samples(pack, on=on)
    guarded: list[tuple[str, Condition | None, Place]] = []
    for page in pack.pages:
        guarded.append((page.id, page.when, page.place))
        guarded.extend((q.field, q.when, q.place) for q in page.questions)
    guarded.extend((item.name, item.when, item.place) for item in pack.lookups)
    for name, condition, place in guarded:
        if condition and is_decidable(condition, pack) and not _ever(condition, pack, values, on):
            yield finding(ENG_CHECK_NEVER_SHOWN, place, name=name)


def _ever(
    condition: Condition, pack: Pack, values: Mapping[str, tuple[Json, ...]], on: date
) -> bool:
    """Whether a condition is true for some combination of its facts' boundary values."""
    found = (longest_known(name, pack.facts) for name in condition.expression.references)
    names = sorted({name for name in found if name})
    tried = 0
    for choice in islice(product(*(values[name] for name in names)), BOUNDARY_CASES):
        tried += 1
        answers = dict(zip(names, choice, strict=True))
        if condition.holds(case_context(pack.facts, CaseFacts(), on=on, answers=answers)):
            return True
    return tried >= BOUNDARY_CASES


# --- names ---------------------------------------------------------------------------------------


def name_findings(pack: Pack) -> Iterator[Finding]:
    """Yield the names in conditions and rules that nothing gives a value."""
    given = {*pack.facts.groups, DATE_NAME}
    for condition, place in _conditions(pack):
        for name in sorted(_roots(condition.expression.references) - given - BUILTINS.keys()):
            yield finding(ENG_CHECK_NAME, place, name=name)
    seen: set[tuple[Place, str]] = set()
    local = {file.file: _local_names(file) for file in pack.rules.files}
    for span in pack.rules.spans:
        for law in span.laws.values():
            for name, place in _undefined(law, given | {LAW_NAME}, local[law.file.file]):
                if (place, name) not in seen:
                    seen.add((place, name))
                    yield finding(ENG_CHECK_NAME, place, name=name)


def _conditions(pack: Pack) -> Iterator[tuple[Condition, Place]]:
    for page in pack.pages:
        yield from ((page.when, page.place),) if page.when else ()
        yield from ((q.when, q.place) for q in page.questions if q.when)
        yield from ((check.test, check.place) for check in page.checks)
    yield from ((item.when, item.place) for item in pack.lookups if item.when)


def _undefined(law: Law, given: set[str], local: set[str]) -> Iterator[tuple[str, Place]]:
    """Yield the names that a decision reads but does not require, or that no case can give."""
    source = law.file.decisions[law.decision]
    element = law.model.elements[law.model.own[law.decision]]
    required = {each.name for each in element.requires}
    for name in sorted((required & set(law.model.inputs)) - given):
        yield name, source.place
    known = required | BUILTINS.keys() | local
    for text, place, is_test in _texts(law.file, law.decision):
        for name in sorted(_roots(_references(text, law, is_test=is_test)) - known):
            yield name, place


def _texts(file: RuleFile, decision: str) -> Iterator[tuple[str, Place, bool]]:
    source = file.decisions[decision]
    for text in (*source.columns, *source.expressions):
        yield text, source.place, False
    for row in (row for row in file.rows if row.decision == decision):
        yield from ((cell, row.place, True) for cell in row.cells)
        yield from ((output, row.place, False) for output in row.outputs)


def _references(text: str, law: Law, *, is_test: bool) -> frozenset[str]:
    try:
        if is_test:
            return compile_unary_tests(text or "-", names=law.model.own).references
        return compile_expression(text, names=law.model.own).references if text else frozenset()
    except Problem:
        # A text that cannot be read has already been refused by the loader of the model.
        return frozenset()


def _roots(references: Iterable[str]) -> set[str]:
    return {path.partition(".")[0] for path in references}


def _local_names(file: RuleFile) -> set[str]:
    """Return the names that boxed expressions of a file introduce for themselves."""
    found: set[str] = set()
    stack: list[Element] = list(parse_xml(file.data, file=file.file).children)
    while stack:
        top = stack.pop()
        for child in top.children:
            inner = top.name not in {"decision", "inputData"}
            if child.name in _LOCAL and inner and child.get("name"):
                found.add(child.get("name"))
            if child.get("iteratorVariable"):
                found |= {child.get("iteratorVariable"), "partial"}
        stack.extend(top.children)
    return found | {"item"}
