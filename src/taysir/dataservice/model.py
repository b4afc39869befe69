"""A mapping file as frozen structs: which table, which key, which declared fields.

``loading`` makes these from YAML and has checked them against ``mapping.schema.json``; the other
modules only read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

Scalar = str | int | bool | None
FieldType = Literal["text", "integer", "decimal", "boolean", "date", "timestamp"]


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same sentence in Arabic and English."""

    ar: str
    en: str


class SourceAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the rows are: one file, or the environment variable that holds a PostgreSQL address."""

    sqlite: str = ""
    csv: str = ""
    postgres: str = ""


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The key of a look-up and how it is checked before the registry is asked."""

    ar: str
    en: str
    column: str = ""
    check: str = ""
    pattern: str = ""


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One declared field.

    It answers the key, a column, an object of ``parts``, or a count or sum ``of`` a list.
    """

    ar: str
    en: str
    classification: str = ""
    key: bool = False
    column: str = ""
    type: FieldType = "text"
    nullable: bool = False
    values: dict[str, Scalar] = msgspec.field(default_factory=dict)
    split: str = ""
    present: bool = False
    absent: Scalar = None
    parts: dict[str, Field] = msgspec.field(default_factory=dict)
    of: str = ""
    count: bool = False
    sum: str = ""
    where: dict[str, str | int | None] = msgspec.field(default_factory=dict)

    def columns(self) -> Iterator[str]:
        """Yield the columns of the field's own table that it reads."""
        if self.column:
            yield self.column
        for part in self.parts.values():
            yield from part.columns()


class ListPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows of another table that belong to the key; at most ``limit``, the newest first."""

    ar: str
    en: str
    table: str
    key_column: str
    limit: int
    fields: dict[str, Field]
    newest_by: str = ""


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One data service."""

    service: str
    version: str
    title: Texts
    classification: str
    source: SourceAddress
    path: str
    key: Key
    fields: dict[str, Field]
    table: str = ""
    description: Texts | None = None
    latest_by: str = ""
    not_found: Literal["problem", "answer"] = "problem"
    lists: dict[str, ListPart] = msgspec.field(default_factory=dict)

    @property
    def key_name(self) -> str:
        """The name of the key in the path."""
        return self.path.rpartition("{")[2].rstrip("}")

    @property
    def path_prefix(self) -> str:
        """The path up to the key."""
        return self.path.rpartition("{")[0]

    def aggregates(self, list_name: str) -> dict[str, Field]:
        """Return the fields that count or sum a list."""
        return {name: field for name, field in self.fields.items() if field.of == list_name}


def as_mapping(value: Any) -> Mapping:
    """Turn checked plain values into structs."""
    return msgspec.convert(value, Mapping)
