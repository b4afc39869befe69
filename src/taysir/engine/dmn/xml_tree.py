"""Read XML safely: no DTD, no entities, bounded depth and size; each element knows its line.

Built directly on expat, whose callbacks let us refuse a document type declaration before anything
in it is acted upon. Only elements, attributes and text are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from taysir.engine.dmn.errors import ENG_DMN_LIMIT, ENG_DMN_XML
from taysir.kernel import limits
from taysir.kernel.errors import Problem

SEPARATOR = "\n"
"""Stands between namespace and name of an attribute that has a namespace."""


@dataclass(slots=True)
class Element:
    """One element; ``text`` is the character data directly in it.

    The root also keeps the prefixes that the file declares: values like ``feel:string`` use them.
    """

    name: str
    namespace: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list[Element] = field(default_factory=list)
    prefixes: dict[str, str] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        """Return an attribute without a namespace."""
        return self.attributes.get(name, default)

    def first(self, *names: str) -> Element | None:
        """Return the first child with one of the names."""
        for child in self.children:
            if child.name in names:
                return child
        return None

    def all(self, name: str) -> list[Element]:
        """Return the children of a name."""
        return [child for child in self.children if child.name == name]

    def child_text(self, name: str) -> str:
        """Return the text of the first child of a name."""
        child = self.first(name)
        return child.text.strip() if child else ""


class _Builder:
    """The callbacks of expat."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Element | None = None
        self.open: list[Element] = []
        self.parser = expat.ParserCreate(namespace_separator=SEPARATOR)
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartNamespaceDeclHandler = self.declare
        self.prefixes: dict[str, str] = {}
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.EntityDeclHandler = self.refuse

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        if len(self.open) >= limits.DMN_XML_DEPTH:
            raise Problem(ENG_DMN_LIMIT, file=self.file, what="depth", limit=limits.DMN_XML_DEPTH)
        namespace, _, local = name.rpartition(SEPARATOR)
        element = Element(local, namespace, attributes, self.parser.CurrentLineNumber)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def declare(self, prefix: str | None, namespace: str | None) -> None:
        """Note a prefix; the first namespace it is declared for keeps it."""
        self.prefixes.setdefault(prefix or "", namespace or "")

    def end(self, _name: str) -> None:
        """Close an element."""
        self.open.pop()

    def characters(self, data: str) -> None:
        """Add text."""
        self.open[-1].text += data

    def refuse(self, *_args: object) -> None:
        """Refuse a document type declaration."""
        line = self.parser.CurrentLineNumber
        raise Problem(ENG_DMN_XML, file=self.file, line=line, detail="DTD")


def parse_xml(data: bytes, *, file: str) -> Element:
    """Return the root element."""
    if len(data) > limits.DMN_XML_BYTES:
        raise Problem(ENG_DMN_LIMIT, file=file, what="bytes", limit=limits.DMN_XML_BYTES)
    builder = _Builder(file)
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError as error:
        detail = expat.errors.messages.get(error.code, "syntax")
        raise Problem(ENG_DMN_XML, file=file, line=error.lineno, detail=detail) from error
    if builder.root is None:
        raise Problem(ENG_DMN_XML, file=file, line=1, detail="empty")
    builder.root.prefixes = builder.prefixes
    return builder.root
