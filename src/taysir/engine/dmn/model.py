"""A DMN model that is ready to decide: ``Model.decide(name, inputs) -> Result``.

A model is made by ``load_dmn`` (see ``loader``) and never changes; evaluations keep their state in
an ``Evaluation`` each, so one model serves any number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from taysir.engine.dmn.errors import ENG_DMN_CYCLE, ENG_DMN_UNKNOWN
from taysir.engine.dmn.trace import DecisionTrace, Result, TableTrace
from taysir.engine.feel.expression import give_back, guarded
from taysir.engine.feel.runtime import BUDGET, Budget, Run, Scope
from taysir.engine.feel.types import ANY, FeelType, coerce
from taysir.engine.feel.values import Context, Function, Value, to_feel
from taysir.kernel.errors import Problem

TABLES = "\1"
"""The key of a scope under which the tables evaluated by a decision are collected."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """What an element needs: another element, under the name it has there."""

    key: str
    name: str
    space: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """An input, decision, model of business knowledge or decision service; ``key`` is unique."""

    key: str
    name: str
    line: int
    kind: FeelType = ANY
    requires: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InputData(Element):
    """A value that is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Element):
    """A value that is decided."""

    run: Run
    id: str = field(init=False)
    required: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", self.key.rpartition("#")[2])
        object.__setattr__(self, "required", tuple(each.name for each in self.requires))


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge(Element):
    """A business knowledge model: ``make`` gives its function for a scope."""

    make: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Element):
    """A decision service: decisions that may be asked for, with what is given to them."""

    parameters: tuple[Requirement, ...]
    outputs: tuple[Requirement, ...]


@dataclass(slots=True)
class Evaluation:
    """The state of one evaluation."""

    model: Model
    given: dict[str, Value]
    budget: Budget
    values: dict[str, Value] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    trace: list[DecisionTrace] = field(default_factory=list)

    def value(self, key: str) -> Value:
        """Return the value of an element."""
        if key in self.values:
            return self.values[key]
        element = self.model.elements[key]
        if key in self.open:
            raise Problem(ENG_DMN_CYCLE, name=element.name, file=self.model.file)
        self.open.add(key)
        result = _VALUES[type(element)](self, element)
        self.open.discard(key)
        self.values[key] = result
        return result

    def scope(self, element: Element) -> Scope:
        """Return what an element's logic sees: the values of all it requires."""
        scope: Scope = {BUDGET: self.budget}
        for each in element.requires:
            value = self.value(each.key)
            if each.space:
                space = scope.setdefault(each.space, Context())
                space[each.name] = value
            else:
                scope[each.name] = value
        return scope

    def input(self, element: InputData) -> Value:
        """Return a given value, as one of its type."""
        return coerce(self.given.get(element.key), element.kind)

    def decision(self, element: Decision) -> Value:
        """Take a decision."""
        if element.key in self.given:
            return coerce(self.given[element.key], element.kind)
        scope = self.scope(element)
        tables: list[TableTrace] = []
        scope[TABLES] = tables
        made = element.run(scope)
        self.budget.charge(made)
        value = coerce(made, element.kind)
        self.trace.append(
            DecisionTrace(
                id=element.id,
                name=element.name,
                value=give_back(value),
                requires=element.required,
                tables=tuple(tables),
            )
        )
        return value

    def knowledge(self, element: Knowledge) -> Value:
        """Return the function of a model of business knowledge; it may call itself."""
        scope: Scope = {BUDGET: self.budget}
        function: Value = element.make(scope)
        self.values[element.key] = scope[element.name] = function
        scope.update(self.scope(element))
        return function

    def service(self, element: Service) -> Value:
        """Return a decision service as a function."""

        def call(arguments: list[Value], budget: Budget) -> Value:
            keys = [each.key for each in element.parameters]
            given = dict(zip(keys, arguments, strict=True))
            inner = Evaluation(self.model, given, budget)
            result = inner.outputs(element)
            self.trace.extend(inner.trace)
            return result

        kinds = [self.model.elements[each.key].kind for each in element.parameters]
        return Function(
            name=element.name,
            parameters=tuple(each.name for each in element.parameters),
            call=call,
            types=tuple(kinds),
        )

    def outputs(self, element: Service) -> Value:
        """Return what a decision service decides: one value, or a context of several.

        A parameter that was not given at all makes the result null, as in any invocation.
        """
        if any(each.key not in self.given for each in element.parameters):
            return None
        values = {each.name: self.value(each.key) for each in element.outputs}
        result = next(iter(values.values())) if len(values) == 1 else Context(values)
        return coerce(result, element.kind)


_VALUES: dict[type, Callable[[Evaluation, Any], Value]] = {
    InputData: Evaluation.input,
    Decision: Evaluation.decision,
    Knowledge: Evaluation.knowledge,
    Service: Evaluation.service,
}


@dataclass(slots=True)
class Session:
    """Several decisions of one model for the same inputs: what one has decided, others reuse.

    Each result still has the whole trace of its decision, required ones first.
    """

    evaluation: Evaluation

    def decide(self, name: str) -> Result:
        """Take a decision for the inputs of the session."""
        model = self.evaluation.model
        key = model.own.get(name)
        element = model.elements.get(key or "")
        if key is None or not isinstance(element, Decision):
            raise Problem(ENG_DMN_UNKNOWN, name=name, file=model.file)
        value = guarded(lambda _scope: self.evaluation.value(key), {})
        return Result(give_back(value), self._trace(key))

    def _trace(self, key: str) -> tuple[DecisionTrace, ...]:
        """Return what was decided for a decision, in the order it was decided."""
        names = self.evaluation.model.behind(key)
        return tuple(step for step in self.evaluation.trace if step.name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model with everything it imports; ``problems`` are the texts that could not be read.

    ``tables`` are its own decision tables, for the analysis of gaps and overlaps.
    """

    file: str
    name: str
    namespace: str
    elements: Mapping[str, Element]
    own: Mapping[str, str]
    types: Mapping[str, FeelType]
    problems: tuple[Problem, ...] = ()
    tables: tuple[Any, ...] = ()
    _behind: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)

    def behind(self, key: str) -> frozenset[str]:
        """Return the names of an element and of all it requires, near and far."""
        if key not in self._behind:
            wanted, waiting = {key}, [key]
            while waiting:
                for each in self.elements[waiting.pop()].requires:
                    if each.key not in wanted:
                        wanted.add(each.key)
                        waiting.append(each.key)
            self._behind[key] = frozenset(self.elements[each].name for each in wanted)
        return self._behind[key]

    @property
    def decisions(self) -> tuple[str, ...]:
        """The names of the model's own decisions."""
        return tuple(
            name for name, key in self.own.items() if isinstance(self.elements[key], Decision)
        )

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the model's own inputs."""
        return tuple(
            name for name, key in self.own.items() if isinstance(self.elements[key], InputData)
        )

    def decide(
        self,
        name: str,
        inputs: Mapping[str, Any],
        *,
        now: Any = None,
        budget: Budget | None = None,
    ) -> Result:
        """Take a decision, or ask a decision service, for inputs given by name.

        ``budget`` is that of an evaluation under way, if this decision is part of one.
        """
        key = self.own.get(name)
        element = self.elements.get(key or "")
        if key is None or not isinstance(element, Decision | Service):
            raise Problem(ENG_DMN_UNKNOWN, name=name, file=self.file)
        given = self._given(inputs)
        evaluation = Evaluation(self, given, budget or Budget(now=to_feel(now)))
        if isinstance(element, Service):
            value = guarded(lambda _scope: evaluation.outputs(element), {})
        else:
            value = guarded(lambda _scope: evaluation.value(key), {})
        return Result(give_back(value), tuple(evaluation.trace))

    def session(self, inputs: Mapping[str, Any], *, budget: Budget | None = None) -> Session:
        """Begin a session: several decisions for the same inputs."""
        return Session(Evaluation(self, self._given(inputs), budget or Budget()))

    def evaluate(self, name: str, inputs: Mapping[str, Any], *, now: Any = None) -> Value:
        """Return only the value, as FEEL's own kinds, without loss."""
        key = self.own.get(name)
        element = self.elements.get(key or "")
        if key is None or element is None:
            raise Problem(ENG_DMN_UNKNOWN, name=name, file=self.file)
        evaluation = Evaluation(self, self._given(inputs), Budget(now=to_feel(now)))
        if isinstance(element, Service):
            return guarded(lambda _scope: evaluation.outputs(element), {})
        return guarded(lambda _scope: evaluation.value(key), {})

    def invoke(self, name: str, arguments: Mapping[str, Any], *, now: Any = None) -> Value:
        """Invoke a model of business knowledge with named arguments."""
        budget = Budget(now=to_feel(now))
        key = self.own.get(name)
        if key is None:
            raise Problem(ENG_DMN_UNKNOWN, name=name, file=self.file)
        evaluation = Evaluation(self, {}, budget)
        given = {each: to_feel(value) for each, value in arguments.items()}
        return guarded(lambda _scope: budget.invoke_named(evaluation.value(key), given), {})

    def _given(self, inputs: Mapping[str, Any]) -> dict[str, Value]:
        given: dict[str, Value] = {}
        for name, value in inputs.items():
            for key in self._keys(name):
                given[key] = to_feel(value)
        return given

    def _keys(self, name: str) -> list[str]:
        """Return the keys of a name; imported ones are ``space.name`` or ``namespace#name``."""
        if name in self.own:
            return [self.own[name]]
        if "." not in name and "#" not in name:
            return []
        space, _, rest = name.rpartition("#")
        if space:
            return [
                key
                for key, element in self.elements.items()
                if element.name == rest and key.startswith(f"{space}#")
            ]
        return [
            each.key
            for element in self.elements.values()
            for each in element.requires
            if each.space and f"{each.space}.{each.name}" == name
        ]
