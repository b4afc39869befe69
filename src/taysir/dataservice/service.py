"""One data service as a handler of HTTP requests.

``GET`` and ``HEAD`` of the mapping's path answer a record; ``/openapi.json`` describes the service
and ``/healthz`` says whether the registry answers. Everything else is refused with a problem.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from taysir.dataservice.answers import Value, absent_value, list_rows, record_value
from taysir.dataservice.errors import (
    DSV_KEY_AMBIGUOUS,
    DSV_METHOD,
    DSV_NOT_FOUND,
    DSV_PATH_UNKNOWN,
    DSV_QUERY,
)
from taysir.dataservice.keys import key_reader
from taysir.dataservice.loading import load_mapping
from taysir.dataservice.model import Field, Mapping
from taysir.dataservice.openapi import MEDIA_TYPE, describe_service
from taysir.dataservice.sources import Source, open_source
from taysir.dataservice.statements import aggregate_statement, list_statement, record_statement
from taysir.exchange.http import Request, Response, json_response, problem_response
from taysir.kernel.errors import Problem

_PRIVATE = (b"cache-control", b"no-store")


class DataService:
    """A mapping and its open source; hand :meth:`handle` to ``serve_http``."""

    def __init__(self, mapping: Mapping, source: Source) -> None:
        self.mapping = mapping
        self._source = source
        self._prefix = mapping.path_prefix.encode("ascii")
        self._read_key = key_reader(mapping)
        self._record = record_statement(mapping, mark=source.mark)
        self._lists = {
            name: (part, list_statement(part, mark=source.mark))
            for name, part in mapping.lists.items()
        }
        self._aggregates = [
            statement
            for name, part in mapping.lists.items()
            if (statement := aggregate_statement(part, mapping.aggregates(name), mark=source.mark))
        ]
        self._document = orjson.dumps(describe_service(mapping))

    @classmethod
    def open(cls, mapping_file: Path, *, folder: Path | None = None) -> DataService:
        """Load a mapping file and open its source.

        Args:
            mapping_file: the YAML file.
            folder: the folder to which file names in the mapping relate; its own by default.

        Raises:
            MappingErrors: for a mapping that cannot be used.
            Problem: for a source that cannot be opened.
        """
        mapping = load_mapping(mapping_file).mapping
        return cls(mapping, open_source(mapping.source, folder=folder or mapping_file.parent))

    async def handle(self, request: Request) -> Response:
        """Answer one request; every refusal is a problem document."""
        try:
            return await self._route(request)
        except Problem as problem:
            allow = ((b"allow", b"GET, HEAD"),) if problem.kind is DSV_METHOD else ()
            return problem_response(problem, headers=allow)

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    async def _route(self, request: Request) -> Response:
        path = request.raw_path
        if request.method not in ("GET", "HEAD"):
            raise Problem(DSV_METHOD)
        if path == b"/healthz":
            await self._source.rows("SELECT 1", ())
            return json_response({"status": "ok", "service": self.mapping.service})
        if path == b"/openapi.json":
            kind = (b"content-type", MEDIA_TYPE.encode("ascii"))
            return Response(headers=(kind,), body=self._document)
        encoded_key = path[len(self._prefix) :]
        if not path.startswith(self._prefix) or not encoded_key or b"/" in encoded_key:
            raise Problem(DSV_PATH_UNKNOWN, path=self.mapping.path)
        if request.raw_query:
            raise Problem(DSV_QUERY)
        return await self._look_up(self._read_key(encoded_key))

    async def _look_up(self, key: str) -> Response:
        row = await self._fetch_record(key)
        aggregates = await self._fetch_aggregates(key)
        answer: dict[str, Any] = {}
        for name, field in self.mapping.fields.items():
            answer[name] = _answered(name, field=field, key=key, row=row, aggregates=aggregates)
        cut = []
        for name, (part, statement) in self._lists.items():
            rows = await self._source.rows(statement.sql, (*statement.leading, key))
            if len(rows) > part.limit:
                cut.append(name)
            kept = rows[: part.limit]
            answer[name] = list_rows(part.fields, columns=statement.columns, rows=kept)
        headers = [_PRIVATE]
        if cut:
            headers.append((b"taysir-truncated", ",".join(cut).encode("ascii")))
        return json_response(answer, headers=tuple(headers))

    async def _fetch_record(self, key: str) -> dict[str, Any] | None:
        """Return the record's columns; None when there is none and that is an answer."""
        if self._record is None:
            return {}
        rows = await self._source.rows(self._record.sql, (key,))
        if len(rows) > 1:
            raise Problem(DSV_KEY_AMBIGUOUS)
        if rows:
            return dict(zip(self._record.columns, rows[0], strict=False))
        if self.mapping.not_found == "problem":
            raise Problem(DSV_NOT_FOUND)
        return None

    async def _fetch_aggregates(self, key: str) -> dict[str, int]:
        values: dict[str, int] = {}
        for statement in self._aggregates:
            rows = await self._source.rows(statement.sql, (*statement.leading, key))
            named = zip(statement.columns, rows[0], strict=True)
            values.update({name: int(value) for name, value in named})
        return values


def _answered(
    name: str,
    *,
    field: Field,
    key: str,
    row: dict[str, Any] | None,
    aggregates: dict[str, int],
) -> Value:
    if field.key:
        return key
    if field.of:
        return aggregates[name]
    return absent_value(field) if row is None else record_value(name, field, row=row)
