"""The OpenAPI 3.1 document of a data service, derived from its mapping and nothing else.

What the document says is what ``answers`` produces: required fields, types, enumerations, list
limits. Titles are English, with the Arabic beside them in ``x-title-ar``; the classification of
each field is in ``x-classification``.
"""

from __future__ import annotations

from typing import Any, Final

from taysir.dataservice.model import Field, ListPart, Mapping
from taysir.kernel import limits
from taysir.kernel.identity_number import PATTERN

MEDIA_TYPE: Final = "application/vnd.oai.openapi+json;version=3.1"

_TYPES: Final[dict[str, dict[str, Any]]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "decimal": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "timestamp": {"type": "string", "format": "date-time"},
}
_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "A problem document (RFC 9457) in Arabic and English.",
    "required": ["type", "title", "status", "code", "retry"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "title_ar": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "detail_ar": {"type": "string"},
        "code": {"type": "string"},
        "retry": {"enum": ["never", "after-mending", "later", "now"]},
    },
}
_REFUSALS: Final = {
    "400": "The key does not have the required form.",
    "404": "The registry holds no record of this key.",
    "405": "The service accepts GET and HEAD only.",
    "502": "The registry's record does not fit the declared fields.",
    "503": "The registry does not answer now.",
}


def describe_service(mapping: Mapping) -> dict[str, Any]:
    """Return the OpenAPI document of a mapping."""
    info: dict[str, Any] = {
        "title": mapping.title.en,
        "version": mapping.version,
        "x-title-ar": mapping.title.ar,
        "x-service": mapping.service,
        "x-classification": mapping.classification,
    }
    if mapping.description is not None:
        info["description"] = mapping.description.en
        info["x-description-ar"] = mapping.description.ar
    return {
        "openapi": "3.1.0",
        "info": info,
        "paths": {mapping.path: {"get": _operation(mapping)}},
        "components": {"schemas": {"Answer": _answer(mapping), "Problem": _PROBLEM}},
    }


def _operation(mapping: Mapping) -> dict[str, Any]:
    key = mapping.key
    schema: dict[str, Any] = {"type": "string", "maxLength": limits.DATASERVICE_KEY_CHARS}
    if key.check:
        schema |= {"pattern": PATTERN, "x-check": key.check}
    else:
        schema["pattern"] = f"^(?:{key.pattern})$"
    refusals = dict(_REFUSALS)
    if mapping.not_found == "answer":
        refusals["404"] = "The service does not offer this path."
    return {
        "operationId": mapping.service.rpartition("/")[2],
        "summary": mapping.title.en,
        "parameters": [
            {
                "name": mapping.key_name,
                "in": "path",
                "required": True,
                "description": key.en,
                "x-description-ar": key.ar,
                "schema": schema,
            }
        ],
        "responses": {
            "200": {
                "description": mapping.title.en,
                "content": {"application/json": {"schema": _reference("Answer")}},
            },
            **{
                status: {
                    "description": reason,
                    "content": {"application/problem+json": {"schema": _reference("Problem")}},
                }
                for status, reason in refusals.items()
            },
        },
    }


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(mapping: Mapping) -> dict[str, Any]:
    may_be_absent = mapping.not_found == "answer"
    schema = _object(
        mapping.fields, classification=mapping.classification, may_be_absent=may_be_absent
    )
    for name, part in mapping.lists.items():
        schema["properties"][name] = _list(part, classification=mapping.classification)
        schema["required"].append(name)
    return schema


def _object(
    fields: dict[str, Field], *, classification: str, may_be_absent: bool = False
) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(fields),
        "additionalProperties": False,
        "properties": {
            name: _field(field, classification=classification, may_be_absent=may_be_absent)
            for name, field in fields.items()
        },
    }


def _list(part: ListPart, *, classification: str) -> dict[str, Any]:
    return {
        "type": "array",
        "title": part.en,
        "x-title-ar": part.ar,
        "maxItems": part.limit,
        "items": _object(part.fields, classification=classification),
    }


def _field(field: Field, *, classification: str, may_be_absent: bool) -> dict[str, Any]:
    own = field.classification or classification
    words = {"title": field.en, "x-title-ar": field.ar, "x-classification": own}
    if field.parts:
        inner = _object(field.parts, classification=own, may_be_absent=may_be_absent)
        return {**inner, **words}
    if field.of:
        return {"type": "integer", **words}
    if field.split:
        return {"type": "array", "items": {"type": "string"}, **words}
    if field.present:
        return {"type": "boolean", **words}
    nullable = field.nullable or (may_be_absent and field.absent is None and not field.key)
    return {**_scalar(field, nullable=nullable), **words}


def _scalar(field: Field, *, nullable: bool) -> dict[str, Any]:
    if field.values:
        values = list(dict.fromkeys(field.values.values()))
        return {"enum": [*values, None] if nullable else values}
    schema = dict(_TYPES[field.type])
    if nullable:
        schema["type"] = [schema["type"], "null"]
    return schema
