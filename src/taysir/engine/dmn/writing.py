"""Write an element tree as XML again: reading what was written gives the same tree.

One form for every tree: two spaces of indentation, prefixes declared on the root, attributes in the
order they had. Writing what was read is stable: a second round gives the same bytes. Comments,
processing instructions and white space between elements are not part of a tree and are not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from taysir.engine.dmn.xml_tree import SEPARATOR, Element

_XML = "http://www.w3.org/XML/1998/namespace"
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_VALUE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
)


def write_xml(root: Element) -> bytes:
    """Return the file of a tree, in UTF-8."""
    prefixes = _prefixes(root)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    stack: list[tuple[Element | str, int]] = [(root, 0)]
    while stack:
        top, depth = stack.pop()
        if isinstance(top, str):
            lines.append("  " * depth + top)
            continue
        name = _name(top.namespace, top.name, prefixes)
        start = name + "".join(_attributes(top, prefixes, is_root=top is root))
        text = top.text.translate(_TEXT) if top.text.strip() else ""
        if not top.children:
            plain = top.text.translate(_TEXT)
            lines.append("  " * depth + (f"<{start}>{plain}</{name}>" if plain else f"<{start}/>"))
            continue
        lines.append("  " * depth + f"<{start}>{text}")
        stack.append((f"</{name}>", depth))
        stack.extend((child, depth + 1) for child in reversed(top.children))
    return ("\n".join(lines) + "\n").encode()


def _prefixes(root: Element) -> dict[str, str]:
    """Return a prefix for each namespace: as the file declared it, or a new one."""
    chosen = _declared(root)
    fresh = (name for number in count(1) if (name := f"n{number}") not in root.prefixes)
    qualified = {namespace for namespace in _attribute_namespaces(root) if namespace}
    for namespace in (*_namespaces(root), *sorted(qualified)):
        # A prefix is needed where there is none, and where an attribute stands in the default one.
        if not chosen.get(namespace) and (namespace not in chosen or namespace in qualified):
            chosen[namespace] = next(fresh)
    return chosen


def _declared(root: Element) -> dict[str, str]:
    """Return the prefixes as the file declared them, the first of each namespace."""
    chosen: dict[str, str] = {_XML: "xml"}
    # Where an element has no namespace, a default one would give it one.
    bare = any(not each.namespace for each in _walk(root))
    for prefix, namespace in root.prefixes.items():
        if namespace and namespace not in chosen and (prefix or not bare):
            chosen[namespace] = prefix
    return chosen


def _walk(root: Element) -> Iterator[Element]:
    stack = [root]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(reversed(top.children))


def _namespaces(root: Element) -> Iterator[str]:
    return (each.namespace for each in _walk(root) if each.namespace)


def _attribute_namespaces(root: Element) -> Iterator[str]:
    return (name.rpartition(SEPARATOR)[0] for each in _walk(root) for name in each.attributes)


def _name(namespace: str, name: str, prefixes: dict[str, str]) -> str:
    prefix = prefixes.get(namespace, "")
    return f"{prefix}:{name}" if prefix else name


def _attributes(element: Element, prefixes: dict[str, str], *, is_root: bool) -> Iterator[str]:
    if is_root:
        for namespace, prefix in prefixes.items():
            if namespace != _XML:
                declared = f"xmlns:{prefix}" if prefix else "xmlns"
                yield f' {declared}="{namespace.translate(_VALUE)}"'
        for prefix, namespace in element.prefixes.items():
            # A second prefix of one namespace is kept: values may use it.
            if prefix and namespace and prefixes.get(namespace) != prefix:
                yield f' xmlns:{prefix}="{namespace.translate(_VALUE)}"'
    for qualified, value in element.attributes.items():
        namespace, _, local = qualified.rpartition(SEPARATOR)
        yield f' {_name(namespace, local, prefixes)}="{value.translate(_VALUE)}"'
