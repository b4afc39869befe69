"""Does a message fit the service's OpenAPI 3.1 document? Compiled once, microseconds a message.

:func:`compile_description` turns a document into one checker for each operation. A checker returns
the first fault of a request or an answer in words that name places and rules only, never values, so
that it may be logged and sent. Format names are annotations here, as in JSON Schema 2020-12; media
types that are not JSON are passed by their name alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

import jsonschema_rs
import orjson

from taysir.exchange.validation_errors import EXC_DESCRIPTION
from taysir.kernel import limits
from taysir.kernel.errors import Problem

_METHODS: Final = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
_TEMPLATE: Final = re.compile(r"\{([^{}/]+)\}")
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER: Final = re.compile(r"-?[0-9]{1,17}(\.[0-9]{1,17})?([eE][+-]?[0-9]{1,3})?")
_SCALARS: Final[dict[str, tuple[re.Pattern[str], Callable[[str], Any]]]] = {
    "string": (re.compile(".*", re.DOTALL), str),
    "integer": (_INTEGER, int),
    "number": (_NUMBER, float),
    "boolean": (re.compile("true|false"), "true".__eq__),
}
"""How the text of a parameter is read as a type of JSON; the first type that fits is taken."""
_BODYLESS: Final = frozenset({204, 304})

_UNUSABLE: Final = (
    KeyError,
    TypeError,
    AttributeError,
    ValueError,
    jsonschema_rs.ReferencingError,
)


@dataclass(frozen=True, slots=True)
class _Schema:
    """A compiled schema and what its first fault is called."""

    validator: Any
    plain: Mapping[str, Any]

    def fault(self, value: Any) -> str:
        """Return the place and rule that a value breaks, or nothing."""
        if self.validator.is_valid(value):
            return ""
        error = next(iter(self.validator.iter_errors(value)))
        place = "".join(f"/{step}" for step in error.instance_path)
        rule = next((s for s in reversed(error.schema_path) if isinstance(s, str)), "schema")
        return f"{place or '/'}: {rule}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parameter:
    """One parameter of an operation in path, query or header."""

    name: str
    place: str
    required: bool
    explode: bool
    schema: _Schema

    def fault(self, values: list[str]) -> str:
        """Return what is wrong with the values sent under its name, or nothing."""
        where = f"{self.place} parameter {self.name}"
        if not values:
            return f"{where}: required" if self.required else ""
        try:
            value = _read_text(values, self.schema.plain, explode=self.explode)
        except ValueError:
            return f"{where}: type"
        found = self.schema.fault(value)
        return f"{where}: {found.rpartition(': ')[2]}" if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """The bodies that a message may have: a compiled schema for each media type, or None."""

    by_type: dict[str, _Schema | None] = field(default_factory=dict)
    required: bool = False

    def fault(self, body: bytes, *, media_type: str) -> str:
        """Return what is wrong with a body, or nothing."""
        if not body:
            return "the body is missing" if self.required else ""
        if not self.by_type:
            return "a body where none is described"
        kind = media_type.partition(";")[0].strip().lower()
        whole = kind.partition("/")[0] + "/*"
        name = next((n for n in (kind, whole, "*/*") if n in self.by_type), None)
        if name is None:
            return "the media type is not described"
        schema = self.by_type[name]
        if schema is None or not kind.endswith(("/json", "+json")):
            return ""
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            return "the body is not JSON"
        found = schema.fault(value)
        return f"body {found}" if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationCheck:
    """One operation of a service, compiled."""

    method: str
    path: str
    summary: str
    pattern: re.Pattern[str]
    parameters: tuple[_Parameter, ...]
    request: _Content
    responses: dict[str, _Content]

    def request_fault(
        self, target: str, *, header: Callable[[str], str], body: bytes, media_type: str
    ) -> str:
        """Return the first fault of a request, or nothing. Cost: 1 to 5 µs for small bodies."""
        path, _, query = target.partition("?")
        if self.parameters:
            found = self._parameter_fault(path, query, header=header)
            if found:
                return found
        return self.request.fault(body, media_type=media_type)

    def _parameter_fault(self, path: str, query: str, *, header: Callable[[str], str]) -> str:
        match = self.pattern.fullmatch(path)
        segments = match.groups() if match is not None else ()
        named = dict(zip(_TEMPLATE.findall(self.path), segments, strict=False))
        sent: dict[str, list[str]] = {}
        for name, value in parse_qsl(query, keep_blank_values=True) if query else ():
            sent.setdefault(name, []).append(value)
        for parameter in self.parameters:
            if parameter.place == "path":
                values = [unquote(named[parameter.name])] if parameter.name in named else []
            elif parameter.place == "query":
                values = sent.get(parameter.name, [])
            else:
                text = header(parameter.name.lower())
                values = [text] if text else []
            found = parameter.fault(values)
            if found:
                return found
        return ""

    def answer_fault(self, status: int, *, body: bytes, media_type: str, head: bool) -> str:
        """Return the first fault of an answer, or nothing. Cost: 1 to 5 µs for small bodies."""
        wanted = (str(status), f"{status // 100}XX", "default")
        content = next((self.responses[key] for key in wanted if key in self.responses), None)
        if content is None:
            return f"status {status} is not described"
        if head or status in _BODYLESS:
            return "a body where none may be" if body else ""
        return content.fault(body, media_type=media_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A service's OpenAPI document, compiled. ``document`` is what the service published."""

    document: bytes
    info: Mapping[str, Any]
    operations: tuple[OperationCheck, ...]
    fields: tuple[str, ...]

    def find(self, method: str, path: str) -> OperationCheck | None:
        """Return the operation of a request; a HEAD without one of its own is a GET's."""
        for operation in self.operations:
            if operation.method == method and operation.pattern.fullmatch(path) is not None:
                return operation
        return self.find("GET", path) if method == "HEAD" else None


def compile_description(document: bytes) -> Description:
    """Compile an OpenAPI 3.1 document; raises EXC-0128 naming what cannot be used."""
    if len(document) > limits.OPENAPI_BYTES:
        raise Problem(EXC_DESCRIPTION, reason=f"more than {limits.OPENAPI_BYTES} bytes")
    try:
        value = orjson.loads(document)
    except orjson.JSONDecodeError as cause:
        raise Problem(EXC_DESCRIPTION, reason="it is not JSON") from cause
    version = value.get("openapi") if isinstance(value, dict) else None
    if not isinstance(version, str) or not version.startswith("3.1"):
        raise Problem(EXC_DESCRIPTION, reason="it is not OpenAPI 3.1")
    try:
        operations = tuple(_operations(value))
    except _UNUSABLE as cause:
        raise Problem(EXC_DESCRIPTION, reason=f"not as OpenAPI has it: {cause!s:.160}") from cause
    return Description(
        document=document,
        info=dict(value.get("info") or {}),
        operations=tuple(sorted(operations, key=lambda o: (o.path.count("{"), o.path, o.method))),
        fields=tuple(_answer_fields(value)),
    )


def _operations(document: dict[str, Any]) -> Iterator[OperationCheck]:
    for path, raw in dict(document.get("paths") or {}).items():
        item = _resolved(document, raw)
        shared = item.get("parameters") or []
        for method in _METHODS:
            if method in item:
                yield _operation(document, path, method, item[method], shared)


def _operation(
    document: dict[str, Any], path: str, method: str, raw: dict[str, Any], shared: list[Any]
) -> OperationCheck:
    found = {}
    for entry in (*shared, *(raw.get("parameters") or [])):
        parameter = _parameter(document, _resolved(document, entry))
        if parameter is not None:
            found[parameter.place, parameter.name] = parameter
    body = _resolved(document, raw.get("requestBody") or {})
    responses = {
        str(status).upper() if str(status) != "default" else "default": _content(
            document, _resolved(document, answer), needed=True
        )
        for status, answer in dict(raw.get("responses") or {}).items()
    }
    return OperationCheck(
        method=method.upper(),
        path=path,
        summary=str(raw.get("summary") or ""),
        pattern=_pattern(path),
        parameters=tuple(found.values()),
        request=_content(document, body, needed=bool(body.get("required"))),
        responses=responses,
    )


def _pattern(path: str) -> re.Pattern[str]:
    """Return what paths of a template match, a group for each parameter in it."""
    parts = _TEMPLATE.split(path)
    return re.compile(
        "".join("([^/]+)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
    )


def _parameter(document: dict[str, Any], raw: dict[str, Any]) -> _Parameter | None:
    place = raw["in"]
    if place not in ("path", "query", "header"):
        return None
    return _Parameter(
        name=raw["name"],
        place=place,
        required=bool(raw.get("required")) or place == "path",
        explode=bool(raw.get("explode", place == "query")),
        schema=_schema(document, raw.get("schema") or {}),
    )


def _content(document: dict[str, Any], raw: dict[str, Any], *, needed: bool) -> _Content:
    described = dict(raw.get("content") or {})
    by_type = {
        str(name).partition(";")[0].strip().lower(): (
            _schema(document, media["schema"]) if "schema" in media else None
        )
        for name, media in described.items()
    }
    return _Content(by_type=by_type, required=needed and bool(by_type))


def _schema(document: dict[str, Any], schema: dict[str, Any]) -> _Schema:
    """Compile a schema so that its references into the document resolve."""
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "allOf": [schema],
        "components": document.get("components") or {},
        "paths": document.get("paths") or {},
    }
    validator = jsonschema_rs.validator_for(whole, retriever=_refuse_foreign)
    return _Schema(validator, _resolved(document, schema))


def _refuse_foreign(uri: str) -> Any:
    """References lead nowhere outside the document: a node fetches nothing that it names."""
    raise ValueError(f"a reference leaves the document: {uri}")


def _resolved(document: dict[str, Any], raw: Any) -> dict[str, Any]:
    """Follow references within the document, as many as make sense."""
    for _ in range(limits.OPENAPI_REFERENCES):
        reference = raw.get("$ref")
        if not isinstance(reference, str):
            return dict(raw)
        if not reference.startswith("#/"):
            raise ValueError("a reference leaves the document")
        raw = document
        for step in reference[2:].split("/"):
            raw = raw[unquote(step).replace("~1", "/").replace("~0", "~")]
    raise ValueError("references lead in circles")


def _read_text(values: list[str], schema: Mapping[str, Any], *, explode: bool) -> Any:
    """Read a parameter's text as the type that its schema names; raises ValueError."""
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "array" in kinds:
        parts = values if explode else values[-1].split(",")
        items = schema.get("items")
        inner = items if isinstance(items, dict) else {}
        return [_read_text([part], inner, explode=False) for part in parts]
    text = values[-1]
    if kinds == [None]:
        listed = schema.get("enum") or ()
        return next((v for v in listed if orjson.dumps(v) == text.encode()), text)
    return _read_scalar(text, kinds)


def _read_scalar(text: str, kinds: list[Any]) -> Any:
    for kind, (form, read) in _SCALARS.items():
        if kind in kinds and form.fullmatch(text):
            return read(text)
    raise ValueError(text)


def _answer_fields(document: dict[str, Any]) -> Iterator[str]:
    """Yield the JSON Pointers of the members of good answers, the top two levels."""
    seen = set()
    for item in dict(document.get("paths") or {}).values():
        for raw in item.values() if isinstance(item, dict) else ():
            answers = raw.get("responses", {}) if isinstance(raw, dict) else {}
            for status, answer in answers.items():
                if str(status).startswith("2"):
                    for pointer in _pointers(document, _resolved(document, answer)):
                        if pointer not in seen:
                            seen.add(pointer)
                            yield pointer


def _pointers(document: dict[str, Any], answer: dict[str, Any]) -> Iterator[str]:
    for media in dict(answer.get("content") or {}).values():
        schema = _resolved(document, media.get("schema") or {})
        for name in dict(schema.get("properties") or {}):
            yield "/" + str(name).replace("~", "~0").replace("/", "~1")
