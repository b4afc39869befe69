"""Writes XML from a tree of tags, indented, in the order given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape, quoteattr


@dataclass(frozen=True, slots=True)
class Tag:
    """One element to be written; ``name`` carries its prefix."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: tuple[Tag, ...] = ()
    text: str = ""


def tag(element: str, /, *children: Tag | None, text: str = "", **attributes: str) -> Tag:
    """Make a tag; empty attributes are left out."""
    kept = {key: value for key, value in attributes.items() if value}
    return Tag(element, kept, tuple(child for child in children if child), text)


_UNWRITABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no way to write."""


def write_xml(root: Tag) -> bytes:
    """Write a document; a character that XML cannot hold becomes U+FFFD."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', *_lines(root, "")]
    return _UNWRITABLE.sub("\ufffd", "\n".join(lines) + "\n").encode()


def _lines(item: Tag, indent: str) -> Iterator[str]:
    # A line break in an attribute would be read back as a space, so it is written as a reference.
    breaks = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
    head = item.name + "".join(
        f" {key}={quoteattr(value, breaks)}" for key, value in item.attributes.items()
    )
    if item.children:
        yield f"{indent}<{head}>"
        for child in item.children:
            yield from _lines(child, indent + "  ")
        yield f"{indent}</{item.name}>"
    elif item.text:
        yield f"{indent}<{head}>{escape(item.text, {chr(13): '&#13;'})}</{item.name}>"
    else:
        yield f"{indent}<{head} />"
