"""Compares a mapping with its database before anyone asks: tables, columns, indexes.

A mapping that loads may still name a column that is not there. The findings name the line of the
mapping file and what the database has instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from taysir.dataservice.errors import (
    DSV_COLUMN_MISSING,
    DSV_KEY_NOT_INDEXED,
    DSV_TABLE_MISSING,
)
from taysir.dataservice.loading import LoadedMapping
from taysir.dataservice.model import Field
from taysir.dataservice.sources import Source
from taysir.engine.findings import Finding, Place, Severity, finding

Uses = list[tuple[str, Place]]
"""Column names with the place of the mapping that uses each."""

_LISTED = 30
"""Names shown as a remedy."""


def check_source(loaded: LoadedMapping, source: Source) -> list[Finding]:
    """Return every mistake of a mapping that only its database shows, sorted by line."""
    mapping = loaded.mapping
    found: list[Finding] = []
    if mapping.table:
        uses: Uses = [(mapping.key.column, loaded.at("key", "column"))]
        if mapping.latest_by:
            uses.append((mapping.latest_by, loaded.at("latest_by")))
        uses += _uses(loaded, mapping.fields, ("fields",))
        found += _check_table(source, mapping.table, loaded.at("table"), uses)
    for name, part in mapping.lists.items():
        path = ("lists", name)
        uses = [(part.key_column, loaded.at(*path, "key_column"))]
        if part.newest_by:
            uses.append((part.newest_by, loaded.at(*path, "newest_by")))
        uses += _uses(loaded, part.fields, (*path, "fields"))
        for field_name, field in mapping.aggregates(name).items():
            here = ("fields", field_name)
            uses += [(column, loaded.at(*here, "where", column)) for column in field.where]
            uses += [(field.sum, loaded.at(*here, "sum"))] if field.sum else []
        found += _check_table(source, part.table, loaded.at(*path, "table"), uses)
    return sorted(found, key=lambda one: one.place)


def _uses(loaded: LoadedMapping, fields: dict[str, Field], path: tuple[str, ...]) -> Uses:
    uses: Uses = []
    for name, field in fields.items():
        if field.column:
            uses.append((field.column, loaded.at(*path, name, "column")))
        uses += _uses(loaded, field.parts, (*path, name, "parts"))
    return uses


def _check_table(source: Source, table: str, place: Place, uses: Uses) -> Iterator[Finding]:
    columns = source.columns(table)
    if not columns:
        existing = ", ".join(source.tables()[:_LISTED])
        yield finding(DSV_TABLE_MISSING, place, table=table, existing=existing)
        return
    missing = [(column, where) for column, where in uses if column not in columns]
    for column, where in missing:
        existing = ", ".join(columns[:_LISTED])
        yield finding(DSV_COLUMN_MISSING, where, table=table, column=column, existing=existing)
    key_column, where = uses[0]
    if key_column in columns and not source.finds_by_index(table, key_column):
        yield finding(
            DSV_KEY_NOT_INDEXED,
            where,
            severity=Severity.WARNING,
            table=table,
            column=key_column,
        )
