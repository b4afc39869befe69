"""The SQL of a data service, made once from its mapping.

Names come from the mapping, whose schema lets only plain identifiers pass, and are quoted; values
are always parameters. A list is read one row beyond its limit, so that a cut is noticed.
"""

from __future__ import annotations

from dataclasses import dataclass

from taysir.dataservice.model import Field, ListPart, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement, the columns it answers, and the parameters before the key."""

    sql: str
    columns: tuple[str, ...]
    leading: tuple[str | int, ...] = ()


def quoted(name: str) -> str:
    """Quote a table or column name, part by part."""
    return ".".join(f'"{part}"' for part in name.split("."))


def record_statement(mapping: Mapping, *, mark: str) -> Statement | None:
    """Return the look-up of the record, or None for a service that has lists only.

    Two rows are asked for: the second one shows that the key is not unique.
    """
    if not mapping.table:
        return None
    columns = tuple(dict.fromkeys(c for f in mapping.fields.values() for c in f.columns()))
    latest = mapping.latest_by
    rows = _Rows(
        table=mapping.table,
        key_column=mapping.key.column,
        newest_by=latest,
        limit=1 if latest else 2,
    )
    what = [quoted(column) for column in columns] or ["1"]
    return Statement(sql=_select(what, rows, mark=mark), columns=columns)


def list_statement(part: ListPart, *, mark: str) -> Statement:
    """Return the look-up of a list's rows."""
    columns = tuple(dict.fromkeys(field.column for field in part.fields.values()))
    rows = _Rows(
        table=part.table,
        key_column=part.key_column,
        newest_by=part.newest_by,
        limit=part.limit + 1,
    )
    what = [quoted(column) for column in columns]
    return Statement(sql=_select(what, rows, mark=mark), columns=columns)


def aggregate_statement(
    part: ListPart, aggregates: dict[str, Field], *, mark: str
) -> Statement | None:
    """Return one statement for every count and sum over a list; the limit does not cut these."""
    if not aggregates:
        return None
    terms: list[str] = []
    leading: list[str | int] = []
    for field in aggregates.values():
        conditions = []
        for column, value in field.where.items():
            if value is None:
                conditions.append(f"{quoted(column)} IS NULL")
            else:
                conditions.append(f"{quoted(column)} = {mark}")
                leading.append(value)
        condition = " AND ".join(conditions) or "1 = 1"
        what = quoted(field.sum) if field.sum else "1"
        terms.append(f"COALESCE(SUM(CASE WHEN {condition} THEN {what} END), 0)")
    sql = _select(terms, _Rows(table=part.table, key_column=part.key_column), mark=mark)
    return Statement(sql=sql, columns=tuple(aggregates), leading=tuple(leading))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Which rows of a key are read: the newest first if a column says so, all or only some."""

    table: str
    key_column: str
    newest_by: str = ""
    limit: int = 0


def _select(terms: list[str], rows: _Rows, *, mark: str) -> str:
    words = ["SELECT", ", ".join(terms), "FROM", quoted(rows.table)]
    words += ["WHERE", quoted(rows.key_column), "=", mark]
    if rows.newest_by:
        words += ["ORDER BY", quoted(rows.newest_by), "DESC"]
    if rows.limit:
        words += ["LIMIT", str(rows.limit)]
    return " ".join(words)
