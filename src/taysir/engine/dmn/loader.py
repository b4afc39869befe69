"""Read a DMN file and those it imports into a Model.

``load_dmn(xml, file=…)`` accepts DMN 1.2 to 1.5. A text that cannot be read makes loading fail with
its place, unless ``lenient`` asks to keep such models: the text is then null, the problem kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from taysir.engine.dmn.boxed import Boxes
from taysir.engine.dmn.errors import ENG_DMN_FORMAT, ENG_DMN_LIMIT, ENG_DMN_REFERENCE
from taysir.engine.dmn.item_types import ItemTypes
from taysir.engine.dmn.model import (
    Decision,
    Element,
    InputData,
    Knowledge,
    Model,
    Requirement,
    Service,
)
from taysir.engine.dmn.xml_tree import Element as Xml
from taysir.engine.dmn.xml_tree import parse_xml
from taysir.engine.feel.expression import UnaryTests
from taysir.engine.feel.names import normalise
from taysir.engine.feel.types import ANY, FeelType
from taysir.kernel import limits
from taysir.kernel.errors import Problem

NAMESPACES = frozenset(
    {
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    }
)
"""DMN 1.2, 1.3, 1.4, 1.5."""

_ELEMENTS = ("inputData", "decision", "businessKnowledgeModel", "decisionService")
_NAMED = ("variable", "itemComponent", "column", "output")
_REQUIRED = ("requiredInput", "requiredDecision", "requiredKnowledge")


@dataclass(slots=True)
class _Reader:
    """Reads one file; elements of imported models are there already."""

    root: Xml
    file: str
    imported: Mapping[str, Model]
    elements: dict[str, Element] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    @property
    def namespace(self) -> str:
        return self.root.get("namespace")

    def read(self) -> Model:
        """Return the model."""
        for model in self.imported.values():
            self.elements.update(model.elements)
        boxes = Boxes(file=self.file, types=self._types())
        boxes.types.tests = boxes.tests
        sources = [each for each in self.root.children if each.name in _ELEMENTS]
        self._index(sources)
        known = self._long_names()
        for source in sources:
            self._add(source, boxes, known)
        return Model(
            file=self.file,
            name=self.root.get("name"),
            namespace=self.namespace,
            elements=self.elements,
            own=self.own,
            types=boxes.types.all(),
            problems=tuple(boxes.problems),
            tables=tuple(boxes.tables),
        )

    def _types(self) -> ItemTypes:
        foreign: dict[str, FeelType] = {}
        for entry in self.root.all("import"):
            model = self.imported.get(entry.get("namespace"))
            space = normalise(entry.get("name"))
            for name, kind in (model.types if model else {}).items():
                foreign[f"{space}.{name}" if space else name] = kind
        return ItemTypes(self.root.all("itemDefinition"), imported=foreign, tests=_no_tests)

    def _index(self, sources: Iterable[Xml]) -> None:
        """Make the keys of all elements before their logic is read."""
        count = 0
        for source in sources:
            count += 1
            name = normalise(source.get("name"))
            self.own[name] = self._key(source)
        if count > limits.DMN_ELEMENTS:
            raise Problem(ENG_DMN_LIMIT, file=self.file, what="elements", limit=limits.DMN_ELEMENTS)
        self.names = {self._key(each): normalise(each.get("name")) for each in sources}

    def _key(self, source: Xml) -> str:
        return f"{self.namespace}#{source.get('id') or normalise(source.get('name'))}"

    def _long_names(self) -> frozenset[str]:
        """Return the names that members of values may have anywhere in the models."""
        found: set[str] = set()
        stack = [self.root]
        while stack:
            top = stack.pop()
            if top.name in _NAMED:
                found.add(normalise(top.get("name")))
            stack.extend(top.children)
        for model in self.imported.values():
            found |= _type_names(model.types.values())
        return frozenset(found - set(self.own))

    def _add(self, source: Xml, boxes: Boxes, known: frozenset[str]) -> None:
        key, name = self._key(source), normalise(source.get("name"))
        requires = tuple(self._requirements(source))
        scope = known | {each.name for each in requires} | {each.space for each in requires}
        scope |= {normalise(each.get("iteratorVariable")) for each in source.children}
        kind = boxes.kind(source.first("variable"))
        if source.name == "inputData":
            self.elements[key] = InputData(key=key, name=name, line=source.line, kind=kind)
        elif source.name == "decision":
            run = boxes.logic(source, owner=name, names=scope)
            self.elements[key] = Decision(
                key=key, name=name, line=source.line, kind=kind, requires=requires, run=run
            )
        elif source.name == "businessKnowledgeModel":
            logic = source.first("encapsulatedLogic") or Xml("encapsulatedLogic", "", {}, 0)
            make = boxes.function(logic, owner=name, names=scope, result=kind)
            self.elements[key] = Knowledge(
                key=key, name=name, line=source.line, requires=requires, make=make
            )
        else:
            self._add_service(source, kind)

    def _add_service(self, source: Xml, kind: FeelType) -> None:
        key, name = self._key(source), normalise(source.get("name"))
        given = [*source.all("inputData"), *source.all("inputDecision")]
        self.elements[key] = Service(
            key=key,
            name=name,
            line=source.line,
            kind=kind,
            parameters=tuple(self._requirement(each) for each in given),
            outputs=tuple(self._requirement(each) for each in source.all("outputDecision")),
        )

    def _requirements(self, source: Xml) -> Iterable[Requirement]:
        for group in ("informationRequirement", "knowledgeRequirement"):
            for requirement in source.all(group):
                for each in requirement.children:
                    if each.name in _REQUIRED:
                        yield self._requirement(each)

    def _requirement(self, reference: Xml) -> Requirement:
        """Resolve ``#id`` or ``namespace#id`` to an element and the name it has here."""
        href = reference.get("href")
        space, _, identifier = href.rpartition("#")
        key = f"{space or self.namespace}#{identifier}"
        if key in self.names:
            return Requirement(key, self.names[key])
        element = self.elements.get(key)
        if element is None:
            raise Problem(ENG_DMN_REFERENCE, file=self.file, line=reference.line, reference=href)
        return Requirement(key, element.name, self._import_name(space))

    def _import_name(self, namespace: str) -> str:
        for entry in self.root.all("import"):
            if entry.get("namespace") == namespace:
                return normalise(entry.get("name"))
        return ""


def _no_tests(_element: Xml, _text: str) -> UnaryTests | None:
    return None


def _type_names(kinds: Iterable[FeelType]) -> set[str]:
    """Return the names of all entries in types."""
    found: set[str] = set()
    stack: list[object] = list(kinds)
    while stack:
        top = stack.pop()
        for attribute in ("base", "item", "result"):
            inner = getattr(top, attribute, None)
            if inner is not None and inner != ANY:
                stack.append(inner)
        for name, inner in getattr(top, "entries", ()):
            found.add(name)
            stack.append(inner)
    return found


def read_root(xml: bytes, *, file: str) -> Xml:
    """Return the root of a DMN file, refusing other formats."""
    root = parse_xml(xml, file=file)
    if root.name != "definitions" or root.namespace not in NAMESPACES:
        detail = f"{root.name} {root.namespace}"
        raise Problem(ENG_DMN_FORMAT, file=file, line=root.line, detail=detail)
    return root


def load_dmn(
    xml: bytes,
    *,
    file: str,
    imports: Mapping[str, bytes] | None = None,
    lenient: bool = False,
) -> Model:
    """Return the model of a DMN file; ``imports`` are the files it may import, by namespace."""
    model = _load(xml, file=file, available=imports or {}, open_=(), loaded={})
    if model.problems and not lenient:
        raise model.problems[0]
    return model


def _load(
    xml: bytes,
    *,
    file: str,
    available: Mapping[str, bytes],
    open_: tuple[str, ...],
    loaded: dict[str, Model],
) -> Model:
    root = read_root(xml, file=file)
    imported: dict[str, Model] = {}
    for entry in root.all("import"):
        space = entry.get("namespace")
        if entry.get("importType") not in NAMESPACES:
            continue
        if space not in available or space in open_ or len(loaded) >= limits.DMN_IMPORTS:
            raise Problem(ENG_DMN_REFERENCE, file=file, line=entry.line, reference=space)
        if space not in loaded:
            loaded[space] = _load(
                available[space],
                file=space,
                available=available,
                open_=(*open_, space),
                loaded=loaded,
            )
        imported[space] = loaded[space]
    return _Reader(root, file, imported).read()
