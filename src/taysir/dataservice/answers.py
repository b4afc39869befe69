"""Rows become declared fields: each value is brought to its declared type or the answer is refused.

A registry that holds "n/a" where a date is declared must not pass it on: the consumer decides on
these values. The problem names the field, never the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from taysir.dataservice.errors import DSV_ROW_BROKEN
from taysir.dataservice.model import Field, Scalar
from taysir.dataservice.sources.base import Row
from taysir.kernel.errors import Problem

Value = Scalar | list[str] | dict[str, Any]

_TRUE: Final = frozenset({"1", "true", "t", "yes", "y"})
_FALSE: Final = frozenset({"0", "false", "f", "no", "n"})
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def record_value(name: str, field: Field, *, row: Mapping[str, Any]) -> Value:
    """Return the value of a column or object field; raises DSV-0105."""
    if field.parts:
        return {part: record_value(part, inner, row=row) for part, inner in field.parts.items()}
    raw = row[field.column]
    if field.present:
        return raw is not None
    if field.split:
        return _parts(str(raw or ""), field.split)
    if raw is None:
        if not field.nullable:
            raise Problem(DSV_ROW_BROKEN, field=name)
        return None
    try:
        return field.values[str(raw)] if field.values else _CONVERT[field.type](raw)
    except (ValueError, KeyError, InvalidOperation) as error:
        raise Problem(DSV_ROW_BROKEN, field=name) from error


def _parts(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]


def absent_value(field: Field) -> Value:
    """Return what a field answers when the registry holds no record of the key."""
    if field.parts:
        return {part: absent_value(inner) for part, inner in field.parts.items()}
    return [] if field.split else field.absent


def list_rows(
    fields: Mapping[str, Field], *, columns: tuple[str, ...], rows: list[Row]
) -> list[dict[str, Value]]:
    """Return the rows of a list as objects."""
    answers = []
    for row in rows:
        named = dict(zip(columns, row, strict=True))
        answers.append({name: record_value(name, f, row=named) for name, f in fields.items()})
    return answers


def _text(raw: object) -> str:
    return str(raw)


def _integer(raw: object) -> int:
    if isinstance(raw, float) and not raw.is_integer():
        raise ValueError("not a whole number")
    return int(str(raw)) if not isinstance(raw, float | Decimal) else int(raw)


def _decimal(raw: object) -> str:
    return str(Decimal(str(raw)))


def _boolean(raw: object) -> bool:
    word = str(raw).lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("not a truth value")


def _date(raw: object) -> str:
    if isinstance(raw, datetime):
        return raw.date().isoformat()
    if isinstance(raw, date):
        return raw.isoformat()
    text = str(raw)[:10]
    if not _DATE.fullmatch(text):
        raise ValueError("not an ISO 8601 date")
    return date.fromisoformat(text).isoformat()


def _timestamp(raw: object) -> str:
    moment = raw if isinstance(raw, datetime) else datetime.fromisoformat(str(raw))
    if moment.tzinfo is None:
        raise ValueError("a moment without its offset")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_CONVERT: Final[dict[str, Callable[[object], Scalar]]] = {
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "timestamp": _timestamp,
}
