"""Checks the shape of a pack's files against ``schemas/pack.schema.json`` and names every mistake.

The schema says what may be written; this module turns each violation into a finding at the line
and column of the value, in words that an author understands.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any, Final

import jsonschema_rs
import orjson

from taysir.engine.errors import (
    ENG_KEY_MISSING,
    ENG_KEY_UNKNOWN,
    ENG_SCHEMA,
    ENG_SHAPE,
    ENG_TRANSLATION,
)
from taysir.engine.findings import Finding, Place, Text, finding
from taysir.engine.source import Path, Source
from taysir.kernel.reasons import reason_of

_TYPES: Final[dict[str, Text]] = {
    "string": {"ar": "نص", "en": "text"},
    "integer": {"ar": "عدد صحيح", "en": "a whole number"},
    "number": {"ar": "عدد", "en": "a number"},
    "boolean": {"ar": "true أو false", "en": "true or false"},
    "array": {"ar": "قائمة", "en": "a list"},
    "object": {"ar": "مجموعة مفاتيح وقيم", "en": "a set of keys and values"},
}
_LANGUAGES: Final[dict[str, Text]] = {
    "ar": {"ar": "نصه العربي", "en": "Arabic"},
    "en": {"ar": "نصه الإنجليزي", "en": "English"},
}


@cache
def _validator(part: str) -> jsonschema_rs.Draft202012Validator:
    text = resources.files("taysir.engine").joinpath("schemas/pack.schema.json").read_bytes()
    schema = orjson.loads(text)
    return jsonschema_rs.Draft202012Validator({**schema, "$ref": f"#/$defs/{part}"})


def shape_findings(source: Source, part: str, *, prefix: Path = ()) -> list[Finding]:
    """Return every violation of one definition of the schema in a file, or in a value of it."""
    value = source.value
    for step in prefix:
        value = value[step]
    found: list[Finding] = []
    for error in _validator(part).iter_errors(value):
        path = (*prefix, *error.instance_path)
        found.extend(_findings_of(error, path, source))
    return found


def compile_schema(
    schema: dict[str, Any], place: Place, *, formats: bool = True
) -> jsonschema_rs.Draft202012Validator | Finding:
    """Compile a JSON Schema of the pack, or say why it is not one."""
    try:
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=formats)
    except jsonschema_rs.ValidationError as error:
        return finding(ENG_SCHEMA, place, detail=reason_of(error))
    except jsonschema_rs.ReferencingError as error:
        return finding(ENG_SCHEMA, place, detail=reason_of(error))


def dotted(path: Path) -> str:
    """Write a path for people."""
    return ".".join(str(step) for step in path) or "/"


def _findings_of(error: jsonschema_rs.ValidationError, path: Path, source: Source) -> list[Finding]:
    place = source.at(path)
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Required(property=key):
            if key in _LANGUAGES:
                return [_translation(path, key, place)]
            return [finding(ENG_KEY_MISSING, place, key=str(key), path=dotted(path))]
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties(unexpected=keys):
            return [_unknown(path, key, source) for key in keys]
        case jsonschema_rs.ValidationErrorKind.UnevaluatedProperties(unexpected=keys):
            return [_unknown(path, key, source) for key in keys]
        case _:
            detail = _detail(error)
            made = finding(ENG_SHAPE, place, path=dotted(path), detail=detail["en"])
            arabic = finding(ENG_SHAPE, place, path=dotted(path), detail=detail["ar"])
            texts: Text = {"ar": arabic.message["ar"], "en": made.message["en"]}
            return [Finding(code=made.code, place=place, message=texts, remedy=made.remedy)]


def _translation(path: Path, key: str, place: Place) -> Finding:
    names = _LANGUAGES[key]
    made = finding(ENG_TRANSLATION, place, path=dotted(path), language=names["en"])
    arabic = finding(ENG_TRANSLATION, place, path=dotted(path), language=names["ar"])
    texts: Text = {"ar": arabic.message["ar"], "en": made.message["en"]}
    return Finding(code=made.code, place=place, message=texts, remedy=made.remedy)


def _unknown(path: Path, key: str, source: Source) -> Finding:
    return finding(ENG_KEY_UNKNOWN, source.at((*path, key)), key=key, path=dotted(path))


def _types_required(types: Iterable[str]) -> Text:
    names = [_TYPES.get(name, {"ar": name, "en": name}) for name in types]
    ar = " أو ".join(name["ar"] for name in names)
    en = " or ".join(name["en"] for name in names)
    return {"ar": f"المطلوب {ar}.", "en": f"{en} is required."}


def _detail(error: jsonschema_rs.ValidationError) -> Text:
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Type(types=types):
            return _types_required(types)
        case jsonschema_rs.ValidationErrorKind.Enum(options=options):
            listed = ", ".join(str(option) for option in options)
            return {"ar": f"المقبول: {listed}.", "en": f"accepted are: {listed}."}
        case jsonschema_rs.ValidationErrorKind.Constant(expected_value=value):
            return {"ar": f"المقبول: {value}.", "en": f"accepted is: {value}."}
        case jsonschema_rs.ValidationErrorKind.Pattern(pattern=pattern):
            return {"ar": f"الصيغة المطلوبة {pattern}", "en": f"the form required is {pattern}"}
        case jsonschema_rs.ValidationErrorKind.MinItems(limit=limit):
            return {"ar": f"أقل عدد {limit}.", "en": f"at least {limit} needed."}
        case _:
            return {"ar": error.message, "en": error.message}
