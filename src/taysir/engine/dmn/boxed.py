"""Compile the boxed expressions of DMN to closures: each becomes ``run(scope) -> value``.

Source: DMN 1.5 clause 7.3 and 10.2. A text that cannot be read becomes null and a Problem in
``problems``; whoever loads the model decides whether that is fatal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from taysir.engine.dmn.errors import ENG_DMN_EXPRESSION, ENG_DMN_FORMAT, ENG_DMN_LIMIT
from taysir.engine.dmn.item_types import ItemTypes
from taysir.engine.dmn.tables import HIT_POLICIES, Column, Output, Rule, Table
from taysir.engine.dmn.xml_tree import Element
from taysir.engine.feel import syntax
from taysir.engine.feel.compiler import compile_node
from taysir.engine.feel.compiler_scopes import filter_items, iterate
from taysir.engine.feel.expression import (
    Expression,
    UnaryTests,
    compile_expression,
    compile_unary_tests,
)
from taysir.engine.feel.names import normalise
from taysir.engine.feel.runtime import BUDGET, Budget, Run, Scope, check_items
from taysir.engine.feel.types import ANY, FeelType, coerce
from taysir.engine.feel.values import Context, Function, Value
from taysir.kernel import limits
from taysir.kernel.errors import Problem

EXPRESSIONS = (
    "literalExpression", "decisionTable", "context", "relation", "list", "invocation",
    "functionDefinition", "conditional", "for", "some", "every", "filter",
)  # fmt: skip
_EVERYTHING = compile_unary_tests("-")
"""The tests of a cell that accepts everything: most cells of most tables."""
_NULL: Run = lambda _scope: None  # noqa: E731


def expression_of(element: Element) -> Element | None:
    """Return the boxed expression directly in an element."""
    return element.first(*EXPRESSIONS)


@dataclass(slots=True)
class Boxes:
    """Compiles the expressions of one model."""

    file: str
    types: ItemTypes
    problems: list[Problem] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    def logic(self, element: Element, *, owner: str, names: Iterable[str]) -> Run:
        """Return the closure of the expression in an element; null if there is none."""
        return _Box(self, owner, frozenset(names)).inside(element)

    def tests(self, element: Element, text: str) -> UnaryTests | None:
        """Compile unary tests that see no names, such as allowed values."""
        return _Box(self, "", frozenset()).unary_tests(element, text)

    def kind(self, element: Element | None) -> FeelType:
        """Return the type an element refers to."""
        reference = element.get("typeRef") if element is not None else ""
        return self.types.named(reference) if reference else ANY

    def function(
        self, element: Element, *, owner: str, names: Iterable[str], result: FeelType
    ) -> Run:
        """Return what makes the function of a model of business knowledge."""
        return _Box(self, owner, frozenset(names)).function(element, result=result)

    def report(self, problem: Problem, *, element: Element, owner: str) -> None:
        """Keep a problem with its place."""
        self.problems.append(
            Problem(
                ENG_DMN_EXPRESSION,
                file=self.file,
                line=element.line,
                element=owner,
                detail=str(problem),
            )
        )


@dataclass(frozen=True, slots=True)
class _Box:
    """The compiler at one place of a model, with the names in scope there."""

    boxes: Boxes
    owner: str
    names: frozenset[str]

    def knowing(self, *names: str) -> _Box:
        return _Box(self.boxes, self.owner, self.names | set(names))

    def inside(self, parent: Element | None) -> Run:
        """Compile the expression in an element, coerced to the type it states."""
        element = expression_of(parent) if parent is not None else None
        if element is None:
            return _NULL
        run = _BOXES[element.name](self, element)
        kind = self.boxes.kind(element)
        return run if kind == ANY else _coerced(run, kind)

    def text(self, element: Element, text: str) -> Expression | None:
        """Compile a FEEL text."""
        try:
            return compile_expression(text, names=self.names, types=self.boxes.types.all())
        except Problem as problem:
            self.boxes.report(problem, element=element, owner=self.owner)
            return None

    def unary_tests(self, element: Element, text: str) -> UnaryTests | None:
        """Compile the tests of a cell."""
        if text == "-":
            return _EVERYTHING
        try:
            return compile_unary_tests(text, names=self.names, types=self.boxes.types.found)
        except Problem as problem:
            self.boxes.report(problem, element=element, owner=self.owner)
            return None

    def literal(self, element: Element) -> Run:
        """A FEEL text."""
        text = element.child_text("text")
        if not text:
            return _NULL
        compiled = self.text(element, text)
        return compiled.run if compiled else _NULL

    def context(self, element: Element) -> Run:
        """A context; an entry without a name is the result."""
        box = self
        entries: list[tuple[str, Run]] = []
        for entry in element.all("contextEntry"):
            variable = entry.first("variable")
            name = normalise(variable.get("name")) if variable else ""
            run, kind = box.inside(entry), box.boxes.kind(variable)
            entries.append((name, run if kind == ANY else _coerced(run, kind)))
            box = box.knowing(name)

        def run_context(scope: Scope) -> Value:
            inner, result = dict(scope), Context()
            for name, run in entries:
                value = run(inner)
                if not name:
                    return value
                result[name] = inner[name] = value
            return result

        return run_context

    def relation(self, element: Element) -> Run:
        """A list of contexts, one a row."""
        names = [normalise(column.get("name")) for column in element.all("column")]
        rows = [self._items(row) for row in element.all("row")]
        return lambda scope: [
            Context({name: run(scope) for name, run in zip(names, row, strict=False)})
            for row in rows
        ]

    def _items(self, element: Element) -> list[Run]:
        return [
            self.inside(Element("item", "", {}, child.line, children=[child]))
            for child in element.children
            if child.name in EXPRESSIONS
        ]

    def list_of(self, element: Element) -> Run:
        """A list."""
        items = self._items(element)
        return lambda scope: [run(scope) for run in items]

    def invocation(self, element: Element) -> Run:
        """A function with bindings of its parameters by name."""
        called = self.inside(element)
        bindings: list[tuple[str, Run]] = []
        for binding in element.all("binding"):
            parameter = binding.first("parameter")
            name = normalise(parameter.get("name")) if parameter else ""
            run, kind = self.inside(binding), self.boxes.kind(parameter)
            bindings.append((name, run if kind == ANY else _coerced(run, kind)))
        return lambda scope: scope[BUDGET].invoke_named(
            called(scope), {name: run(scope) for name, run in bindings}
        )

    def function(self, element: Element, *, result: FeelType = ANY) -> Run:
        """A function; those in other languages than FEEL give null."""
        parameters = element.all("formalParameter")
        names = tuple(normalise(each.get("name")) for each in parameters)
        kinds = tuple(self.boxes.kind(each) for each in parameters)
        body = self.knowing(*names).inside(element)
        if element.get("kind", "FEEL") != "FEEL":
            body = _NULL
        owner = self.owner

        def make(scope: Scope) -> Value:
            def call(arguments: list[Value], budget: Budget) -> Value:
                given = dict(zip(names, arguments, strict=True))
                return coerce(body({**scope, **given, BUDGET: budget}), result)

            return Function(name=owner, parameters=names, call=call, types=kinds)

        return make

    def conditional(self, element: Element) -> Run:
        """If, then, else."""
        condition, then = self.inside(element.first("if")), self.inside(element.first("then"))
        otherwise = self.inside(element.first("else"))
        return lambda scope: then(scope) if condition(scope) is True else otherwise(scope)

    def loop(self, element: Element) -> Run:
        """For, some, every."""
        name = normalise(element.get("iteratorVariable"))
        source = self.inside(element.first("in"))
        box = self.knowing(name, "partial")
        body = element.first("return", "satisfies")
        result, partial = box.inside(body), _mentions(body, "partial")
        finish = _FINISH[element.name]

        def run(scope: Scope) -> Value:
            items = iterate(source(scope))
            if items is None:
                return None
            scope[BUDGET].step(len(items))
            check_items(len(items))
            out: list[Value] = []
            for item in items:
                so_far = {"partial": list(out)} if partial else {}
                out.append(result({**scope, name: item, **so_far}))
            return finish(out)

        return run

    def filter(self, element: Element) -> Run:
        """A list and what its items must match."""
        source = self.inside(element.first("in"))
        match = element.first("match")
        test = self.knowing("item").inside(match)

        def run(scope: Scope) -> Value:
            return filter_items(source(scope), test, used=None, scope=scope, strict=True)

        return run

    def table(self, element: Element) -> Run:
        """A decision table."""
        rules = element.all("rule")
        cells = len(rules) * max(1, len(element.children) - len(rules))
        if cells > limits.DMN_TABLE_CELLS:
            raise Problem(
                ENG_DMN_LIMIT, file=self.boxes.file, what="cells", limit=limits.DMN_TABLE_CELLS
            )
        columns = tuple(self._column(each) for each in element.all("input"))
        outputs = tuple(self._output(each) for each in element.all("output"))
        notes = [each.get("name") for each in element.all("annotation")]
        compiled = Table(
            id=element.get("id"),
            owner=self.owner,
            line=element.line,
            hit_policy=element.get("hitPolicy", "UNIQUE"),
            aggregation=element.get("aggregation"),
            columns=columns,
            outputs=outputs,
            rules=tuple(self._rule(n, rule, notes) for n, rule in enumerate(rules, 1)),
        )
        self._check_table(compiled)
        self.boxes.tables.append(compiled)
        return compiled.run

    def _check_table(self, table: Table) -> None:
        """Refuse an unknown hit policy, and a row that does not have a cell for each column."""
        if table.hit_policy not in HIT_POLICIES:
            raise self._malformed(table.line, table.hit_policy)
        for rule in table.rules:
            for cells, columns in ((rule.checks, table.columns), (rule.outputs, table.outputs)):
                if len(cells) != len(columns):
                    detail = f"rule {rule.number}: {len(cells)} cells, {len(columns)} columns"
                    raise self._malformed(rule.line, detail)

    def _malformed(self, line: int, detail: str) -> Problem:
        return Problem(ENG_DMN_FORMAT, file=self.boxes.file, line=line, detail=detail)

    def _column(self, element: Element) -> Column:
        expression = element.first("inputExpression")
        text = expression.child_text("text") if expression else ""
        allowed = element.first("inputValues")
        values = allowed.child_text("text") if allowed else ""
        compiled = self.text(element, text) if text else None
        return Column(
            text=text,
            label=element.get("label") or (expression.get("label") if expression else "") or text,
            run=compiled.run if compiled else _NULL,
            allowed=self.unary_tests(element, values) if values else None,
            kind=self.boxes.kind(expression),
        )

    def _output(self, element: Element) -> Output:
        allowed = element.first("outputValues")
        text = allowed.child_text("text") if allowed else ""
        tests = self.unary_tests(element, text) if text else None
        default = element.first("defaultOutputEntry")
        default_text = default.child_text("text") if default else ""
        compiled = self.text(element, default_text) if default_text else None
        return Output(
            name=normalise(element.get("name")),
            priorities=_priorities(tests),
            default=compiled.run if compiled else None,
            kind=self.boxes.kind(element),
        )

    def _rule(self, number: int, element: Element, notes: list[str]) -> Rule:
        tests = []
        for entry in element.all("inputEntry"):
            compiled = self.unary_tests(entry, entry.child_text("text") or "-")
            tests.append(compiled or _NEVER)
        outputs = [self.literal(entry) for entry in element.all("outputEntry")]
        written = [each.child_text("text") for each in element.all("annotationEntry")]
        annotations = {
            notes[n] if n < len(notes) else f"annotation {n + 1}": text
            for n, text in enumerate(written)
        }
        return Rule(
            number=number,
            id=element.get("id"),
            line=element.line,
            checks=tuple(each.check for each in tests),
            outputs=tuple(outputs),
            annotations=annotations,
            tests=tuple(tests),
        )


def _priorities(tests: UnaryTests | None) -> tuple[Run, ...]:
    """Return the output values in order, where they are plain values."""
    if tests is None:
        return ()
    return tuple(
        compile_node(node) for node in tests.node.tests if not isinstance(node, syntax.Comparison)
    )


def _mentions(element: Element | None, word: str) -> bool:
    """Whether a word occurs in any text below an element."""
    if element is None:
        return False
    return word in element.text or any(_mentions(child, word) for child in element.children)


def _coerced(run: Run, kind: FeelType) -> Run:
    return lambda scope: coerce(run(scope), kind)


def _strange(values: list[Value]) -> bool:
    """Whether a condition gave something that is neither a boolean nor null."""
    return any(value is not None and type(value) is not bool for value in values)


def _some(values: list[Value]) -> Value:
    if _strange(values):
        return None
    if any(value is True for value in values):
        return True
    return False if all(value is False for value in values) else None


def _every(values: list[Value]) -> Value:
    if _strange(values):
        return None
    if any(value is False for value in values):
        return False
    return True if all(value is True for value in values) else None


_NEVER = compile_unary_tests("not(true, false, null, ?)")
_FINISH: dict[str, Callable[[list[Value]], Value]] = {
    "for": lambda values: values,
    "some": _some,
    "every": _every,
}
_BOXES: dict[str, Callable[[_Box, Element], Run]] = {
    "literalExpression": _Box.literal,
    "decisionTable": _Box.table,
    "context": _Box.context,
    "relation": _Box.relation,
    "list": _Box.list_of,
    "invocation": _Box.invocation,
    "functionDefinition": _Box.function,
    "conditional": _Box.conditional,
    "for": _Box.loop,
    "some": _Box.loop,
    "every": _Box.loop,
    "filter": _Box.filter,
}
