"""Compile the nodes that open a scope: contexts, filters, loops, quantifiers, functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from taysir.engine.feel import syntax
from taysir.engine.feel.analysis import all_names
from taysir.engine.feel.compiler import Compiler, compiler_of
from taysir.engine.feel.operators import compare
from taysir.engine.feel.runtime import BUDGET, Budget, Run, Scope, check_items
from taysir.engine.feel.temporal import DAY, Date, DateTime, Time
from taysir.engine.feel.types import ANY, resolve
from taysir.engine.feel.values import Context, Function, Range, Value, as_list

_ONE = Decimal(1)


def compile_context(compiler: Compiler, node: syntax.ContextOf) -> Run:
    """A context; later entries see earlier ones."""
    entries = [(name, compiler.compile(each)) for name, each in node.entries]

    def run(scope: Scope) -> Value:
        inner = dict(scope)
        result = Context()
        for name, entry in entries:
            result[name] = inner[name] = entry(inner)
        return result

    return run


def compile_filter(compiler: Compiler, node: syntax.Filter) -> Run:
    """A filter: an index, or a condition for each item with ``item`` and its entries in scope."""
    target, test = compiler.compile(node.target), compiler.compile(node.test)
    used = all_names(node.test)

    def run(scope: Scope) -> Value:
        value = target(scope)
        return filter_items(value, test, used=used, scope=scope)

    return run


def filter_items(
    value: Value, test: Run, *, used: frozenset[str] | None, scope: Scope, strict: bool = False
) -> Value:
    """Return the items that pass, or the one at an index.

    ``used`` are the names the test may read; None brings all entries of an item in scope. If
    ``strict``, a test that is neither a boolean nor null makes the result null.
    """
    items: Sequence[Value] = [] if value is None else as_list(value)
    if not items:
        return None if type(test({**scope, "item": None})) is Decimal else []
    kept: list[Value] = []
    scope[BUDGET].step(len(items))
    for item in items:
        inner = {**scope, "item": item}
        if type(item) is Context:
            inner.update(_entries_read(item, used))
        result = test(inner)
        if type(result) is Decimal:
            return _at_index(items, result)
        if result is True:
            kept.append(item)
        elif strict and not isinstance(result, bool | None):
            return None
    return kept


def _entries_read(item: Context, used: frozenset[str] | None) -> Mapping[str, Value]:
    if used is None:
        return item
    return {name: item[name] for name in used if name in item}


def _at_index(items: Sequence[Value], index: Decimal) -> Value:
    if abs(index) > len(items) or index != index.to_integral_value() or not index:
        return None
    return items[int(index) - 1 if index > 0 else int(index)]


def compile_for(compiler: Compiler, node: syntax.For) -> Run:
    """``for``: the list of results; ``partial`` holds those so far."""
    sources = [_compile_iterator(compiler, each) for each in node.iterators]
    names = [each.name for each in node.iterators]
    result = compiler.compile(node.result)
    partial = "partial" in all_names(node.result)

    def run(scope: Scope) -> Value:
        out: list[Value] = []
        budget: Budget = scope[BUDGET]
        inner = {**scope, "partial": out}
        for bound in _combinations(inner, names, sources):
            if bound is None:
                return None
            budget.step()
            if partial:
                bound["partial"] = list(out)
                budget.step(len(out))
            out.append(result(bound))
            check_items(len(out))
        return out

    return run


def compile_quantified(compiler: Compiler, node: syntax.Quantified) -> Run:
    """``some`` and ``every``, three-valued."""
    sources = [_compile_iterator(compiler, each) for each in node.iterators]
    names = [each.name for each in node.iterators]
    test, decisive = compiler.compile(node.test), not node.every

    def run(scope: Scope) -> Value:
        result: bool | None = node.every
        for bound in _combinations(scope, names, sources):
            if bound is None:
                return None
            scope[BUDGET].step()
            value = test(bound)
            if value is decisive:
                return decisive
            if value is not True and value is not False:
                result = None
        return result

    return run


def _compile_iterator(compiler: Compiler, node: syntax.Iterator) -> Run:
    source = compiler.compile(node.source)
    if node.end is None:
        return lambda scope: iterate(source(scope))
    end = compiler.compile(node.end)
    return lambda scope: count_between(source(scope), end(scope))


def _combinations(
    scope: Scope, names: Sequence[str], sources: Sequence[Run]
) -> Iterator[Scope | None]:
    """Yield a scope for each combination; None if a source cannot be walked through."""
    values = sources[0](scope)
    if values is None:
        yield None
        return
    for value in values:
        inner = {**scope, names[0]: value}
        if len(sources) == 1:
            yield inner
        else:
            scope[BUDGET].step()
            yield from _combinations(inner, names[1:], sources[1:])


def iterate(value: Value) -> Sequence[Value] | None:
    """Return what a loop walks through: the items of a list, the members of a range, one value."""
    if value is None:
        return None
    if type(value) is not Range:
        return as_list(value)
    if (compare(value.low, value.high) or 0) > 0:
        return None
    members = count_between(value.low, value.high)
    if members is None:
        return None
    if not value.low_closed:
        members = members[1:]
    if members and not value.high_closed and compare(members[-1], value.high) == 0:
        members = members[:-1]
    return members


def count_between(low: Value, high: Value) -> list[Value] | None:
    """Return the whole numbers or days from one end to the other, upwards or downwards."""
    if type(low) is Decimal and type(high) is Decimal:
        if low != low.to_integral_value() or high != high.to_integral_value():
            return None
        check_items(int(min(abs(high - low), Decimal(10**12))) + 1)
        step = 1 if low <= high else -1
        return [Decimal(n) for n in range(int(low), int(high) + step, step)]
    if type(low) is Date and type(high) is Date:
        return _days(DateTime(low, Time(0)), high.ordinal - low.ordinal, only_date=True)
    return None


def _days(start: DateTime, days: int, *, only_date: bool) -> list[Value] | None:
    check_items(abs(days) + 1)
    step = 1 if days >= 0 else -1
    moments = [start.plus(n * DAY) for n in range(0, days + step, step)]
    return [each.date if only_date and each else each for each in moments]


def compile_function(compiler: Compiler, node: syntax.FunctionOf) -> Run:
    """A function; it keeps the scope it was made in."""
    names = tuple(name for name, _ in node.parameters)
    kinds = [resolve(kind or ANY, compiler.types) or ANY for _, kind in node.parameters]
    types = tuple(kinds)
    if node.external:
        return lambda _scope: Function(
            name="", parameters=names, call=lambda _arguments, _budget: None, types=types
        )
    body = compiler.compile(node.body)

    def run(scope: Scope) -> Value:
        def call(arguments: list[Value], budget: Budget) -> Value:
            inner = {**scope, **dict(zip(names, arguments, strict=True)), BUDGET: budget}
            return body(inner)

        return Function(name="", parameters=names, call=call, types=types)

    return run


compiler_of(syntax.ContextOf, compile_context)
compiler_of(syntax.Filter, compile_filter)
compiler_of(syntax.For, compile_for)
compiler_of(syntax.Quantified, compile_quantified)
compiler_of(syntax.FunctionOf, compile_function)
