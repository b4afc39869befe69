"""Routes of the admin interface as data: matched, decoded, called, and described in OpenAPI 3.1.

A route names its structs; the same structs decode the request, encode the answer and make the
schemas of ``/admin/openapi.json``. Handlers are plain coroutines that raise Problems.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from taysir.exchange.errors import EXC_MALFORMED
from taysir.exchange.face_errors import method_refused
from taysir.exchange.http import Request, Response, problem_response
from taysir.kernel.errors import Problem

_JSON: Final = ((b"content-type", b"application/json"),)
_QUOTED: Final = re.compile(r"'[^']*'")
"""What an error quotes of a body; it may be anything, so it is neither sent nor logged."""
_PARAMETER: Final = re.compile(r"\{([a-z]+)\}")
_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "A problem document (RFC 9457) in Arabic and English.",
    "required": ["title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string"},
        "title_ar": {"type": "string"},
        "detail_ar": {"type": "string"},
        "responsible": {"type": "string"},
        "retry": {"enum": ["never", "after-mending", "later", "now"]},
        "params": {"type": "object"},
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query parameter; ``schema`` is JSON Schema and ``check`` the same as a pattern."""

    name: str
    about: str
    schema: dict[str, Any]
    pattern: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What a handler is given: values of the path and the query, and the decoded body."""

    path: dict[str, str]
    query: dict[str, str]
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation of the interface."""

    method: str
    path: str
    name: str
    about: str
    answer: Any
    handle: Callable[[Asked], Awaitable[Any]]
    body: Any = None
    query: tuple[Query, ...] = ()
    status: int = 200
    segments: dict[str, str] = field(default_factory=dict)

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as a pattern; a parameter is one segment, or what ``segments`` says."""
        parts = _PARAMETER.split(self.path)
        return re.compile(
            "".join(
                f"(?P<{part}>{self.segments.get(part, '[^/]+')})" if n % 2 else re.escape(part)
                for n, part in enumerate(parts)
            )
        )


class RouteTable:
    """The routes of one face."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._matchers = [(route, route.pattern) for route in self.routes]

    def offers(self, path: str) -> bool:
        """Whether some method is offered at a path."""
        return any(pattern.fullmatch(path) for _route, pattern in self._matchers)

    async def answer(self, request: Request) -> Response:
        """Answer a request for one of the routes; every refusal is a problem document."""
        method = "GET" if request.method == "HEAD" else request.method
        allowed = []
        for route, pattern in self._matchers:
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            if route.method == method:
                try:
                    return await _call(route, match.groupdict(), request)
                except Problem as problem:
                    return problem_response(problem)
            allowed.append(route.method)
        return method_refused(request, allowed=", ".join(sorted(allowed)))

    def describe(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the OpenAPI paths and component schemas of the routes."""
        kinds = [k for route in self.routes for k in (route.body, route.answer) if k is not None]
        unique = list({repr(kind): kind for kind in kinds}.values())
        schemas, components = msgspec.json.schema_components(
            unique, ref_template="#/components/schemas/{name}"
        )
        by_kind = {repr(kind): schema for kind, schema in zip(unique, schemas, strict=True)}
        paths: dict[str, Any] = {}
        for route in self.routes:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, by_kind)
        return paths, {**components, "Problem": _PROBLEM}


async def _call(route: Route, path: dict[str, str], request: Request) -> Response:
    query = request.query
    for parameter in route.query:
        value = query.get(parameter.name)
        if value is None and parameter.required:
            raise Problem(EXC_MALFORMED, reason=f"{parameter.name} is missing")
        if value is not None and not re.fullmatch(parameter.pattern, value):
            raise Problem(EXC_MALFORMED, reason=f"{parameter.name} is not acceptable")
    body = None
    if route.body is not None:
        if request.header(b"content-type").partition(";")[0].strip() != "application/json":
            raise Problem(EXC_MALFORMED, reason="the content type is not application/json")
        try:
            body = msgspec.json.decode(request.body, type=route.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as cause:
            reason = _QUOTED.sub("…", str(cause))[:160]
            raise Problem(EXC_MALFORMED, reason=f"the body: {reason}") from cause
    answer = await route.handle(Asked(path, query, body))
    return Response(status=route.status, headers=_JSON, body=msgspec.json.encode(answer))


def _operation(route: Route, by_kind: dict[str, Any]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _segment(route, name)}
        for name in _PARAMETER.findall(route.path)
    ]
    parameters += [
        {
            "name": q.name,
            "in": "query",
            "required": q.required,
            "description": q.about,
            "schema": q.schema,
        }
        for q in route.query
    ]
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.about,
        "parameters": parameters,
        "responses": {
            str(route.status): {
                "description": "Done.",
                "content": {"application/json": {"schema": by_kind[repr(route.answer)]}},
            },
            "default": {
                "description": "Refused, with the reason, who can mend it and how.",
                "content": {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                },
            },
        },
    }
    if route.body is not None:
        schema = by_kind[repr(route.body)]
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return operation


def _segment(route: Route, name: str) -> dict[str, Any]:
    pattern = route.segments.get(name)
    return {"type": "string", **({"pattern": f"^{pattern}$"} if pattern else {"minLength": 1})}
