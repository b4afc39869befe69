"""Item definitions of DMN as FEEL types, with their allowed values as constraints.

Source: DMN 1.5 clause 7.3.3. For a collection, ``allowedValues`` holds for each item and
``typeConstraint`` for the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from taysir.engine.dmn.xml_tree import Element
from taysir.engine.feel.expression import UnaryTests
from taysir.engine.feel.types import (
    ALIASES,
    ANY,
    BUILT_IN,
    ConstrainedType,
    ContextType,
    FeelType,
    FunctionType,
    ListType,
    RangeType,
    SimpleType,
)
from taysir.engine.feel.values import Value

CompileTests = Callable[[Element, str], UnaryTests | None]
_PREFIXES = ("feel:", "feel.")


class ItemTypes:
    """The types of one model and of those it imports, found by name when they are first needed."""

    def __init__(
        self, definitions: Iterable[Element], *, imported: dict[str, FeelType], tests: CompileTests
    ) -> None:
        self.definitions = {each.get("name"): each for each in definitions}
        self.found: dict[str, FeelType] = dict(imported)
        self.tests = tests
        self._open: set[str] = set()

    def all(self) -> dict[str, FeelType]:
        """Return every type by its name."""
        for name in self.definitions:
            self.named(name)
        return self.found

    def named(self, reference: str) -> FeelType:
        """Return the type a reference names; an unknown one accepts anything."""
        name = reference.strip()
        for prefix in _PREFIXES:
            name = name.removeprefix(prefix)
        if name in self.found:
            return self.found[name]
        if name in self.definitions and name not in self._open:
            self._open.add(name)
            self.found[name] = self.define(self.definitions[name])
            self._open.discard(name)
            return self.found[name]
        plain = ALIASES.get(name, name)
        if plain == "list":
            return ListType(ANY)
        return SimpleType(plain) if plain in BUILT_IN else ANY

    def define(self, element: Element) -> FeelType:
        """Return the type of an item definition or component."""
        collection = element.get("isCollection") == "true"
        item = self._constrained(self._base(element), element, "allowedValues")
        whole: FeelType = ListType(item) if collection else item
        return self._constrained(whole, element, "typeConstraint")

    def _base(self, element: Element) -> FeelType:
        components = element.all("itemComponent")
        if components:
            return ContextType(tuple((each.get("name"), self.define(each)) for each in components))
        function = element.first("functionItem")
        if function is not None:
            parameters = tuple(
                self.named(each.get("typeRef", "Any")) for each in function.all("parameters")
            )
            return FunctionType(parameters, self.named(function.get("outputTypeRef", "Any")))
        reference = element.child_text("typeRef") or element.get("typeRef")
        if reference.startswith("range<") and reference.endswith(">"):
            return RangeType(self.named(reference[6:-1]))
        return self.named(reference) if reference else ANY

    def _constrained(self, base: FeelType, element: Element, name: str) -> FeelType:
        constraint = element.first(name)
        text = constraint.child_text("text") if constraint else ""
        if constraint is None or not text:
            return base
        tests = self.tests(constraint, text)
        if tests is None:
            return base

        def allows(value: Value) -> bool:
            return tests.matches(value, {}) is True

        return ConstrainedType(base, allows, text)
