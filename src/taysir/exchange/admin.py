"""The admin and health face of a node: JSON for our own programs, on loopback.

``/live`` and ``/ready`` say whether the node lives and can carry calls, ``/metrics`` counts in
Prometheus' text form, ``/admin/exchanges`` reads the journal, and ``/admin/erasures`` erases.
Agreements are made through the routes of ``admin_agreements``. ``/admin/openapi.json`` describes
the interface.
"""

from __future__ import annotations

from typing import Any, Final

from taysir.exchange.admin_agreements import AgreementRoutes
from taysir.exchange.admin_openapi import OPENAPI_PATH, admin_openapi
from taysir.exchange.admin_routes import RouteTable
from taysir.exchange.agreement_part import AgreementPart
from taysir.exchange.erasure_face import ERASURES_PATH, answer_erasures
from taysir.exchange.errors import EXC_MALFORMED, EXC_UNKNOWN_EXCHANGE
from taysir.exchange.evidence_face import RANGE_PATH, EvidenceFace, PackageEvidence
from taysir.exchange.face_errors import EXC_NO_PAGE, EXC_NO_WORKER, method_refused
from taysir.exchange.http import Request, Response, json_response
from taysir.exchange.journal_packer import JournalPacker
from taysir.exchange.model import StoredExchange
from taysir.exchange.runtime import NodeRuntime
from taysir.exchange.workers import Workers
from taysir.kernel import limits
from taysir.kernel.errors import Problem

_EXCHANGES: Final = "/admin/exchanges"
_READING: Final = frozenset(
    {"/live", "/healthz", "/ready", "/readyz", OPENAPI_PATH, "/metrics", _EXCHANGES, RANGE_PATH}
)


class AdminFace:
    """Answers the requests of the admin face."""

    def __init__(
        self,
        node: NodeRuntime,
        *,
        package: PackageEvidence,
        agreements: AgreementPart,
        packer: JournalPacker | None = None,
        workers: Workers | None = None,
    ) -> None:
        self._node = node
        self._workers = workers
        self._packer = packer
        self._evidence = EvidenceFace(node, package=package)
        self._routes = RouteTable(AgreementRoutes(node, agreements).routes())
        self._openapi = admin_openapi(self._routes)

    async def __call__(self, request: Request) -> Response:
        """Answer one request; a Problem that leaves becomes an RFC 9457 answer."""
        path = request.path.rstrip("/")
        if self._routes.offers(path):
            return await self._routes.answer(request)
        if path == ERASURES_PATH:
            return await answer_erasures(self._node, request)
        if path not in _READING and not path.startswith(_EXCHANGES + "/"):
            raise Problem(EXC_NO_PAGE)
        if request.method not in ("GET", "HEAD"):
            return method_refused(request, allowed="GET, HEAD")
        if path in ("/live", "/healthz"):
            return json_response({"status": "ok", "node": self._node.name})
        if path in ("/ready", "/readyz"):
            return self._ready()
        if path == OPENAPI_PATH:
            kind = ((b"content-type", b"application/json"),)
            return Response(headers=kind, body=self._openapi)
        if path == "/metrics":
            return self._metrics()
        return await self._read(path, request)

    async def _read(self, path: str, request: Request) -> Response:
        """Answer from the journal."""
        if path == RANGE_PATH:
            return await self._evidence.of_range(request)
        await self._node.journal.indexed()
        if path == _EXCHANGES:
            return self._list(request)
        return await self._one(path.removeprefix(_EXCHANGES + "/"), request)

    def _ready(self) -> Response:
        if self._workers is not None and not self._workers.alive:
            raise Problem(EXC_NO_WORKER)
        directory = self._node.current_directory()
        expires_at = directory.expires_at.isoformat(timespec="seconds")
        ready: dict[str, Any] = {"status": "ready", "federation_expires_at": expires_at}
        if self._node.keeper is not None:
            ready["log"] = self._node.keeper.state()
        return json_response(ready)

    def _metrics(self) -> Response:
        counters, journal = self._node.counters, self._node.journal
        lines = [
            "# HELP taysir_calls_total Calls by direction and result.",
            "# TYPE taysir_calls_total counter",
            *(
                f'taysir_calls_total{{direction="{direction}",result="{result}"}} {count}'
                for (direction, result), count in sorted(counters.calls.items())
            ),
            "# HELP taysir_calls_elapsed_milliseconds_total Time that calls took.",
            "# TYPE taysir_calls_elapsed_milliseconds_total counter",
            *(
                f'taysir_calls_elapsed_milliseconds_total{{direction="{direction}"}} {value:.3f}'
                for direction, value in sorted(counters.elapsed_ms.items())
            ),
            "# HELP taysir_refusals_total Requests refused by a face before they became a call.",
            "# TYPE taysir_refusals_total counter",
            *(
                f'taysir_refusals_total{{face="{face}",code="{code}"}} {count}'
                for (face, code), count in sorted(counters.refusals.items())
            ),
            "# HELP taysir_contract_breaks_total Answers of back ends against their own document.",
            "# TYPE taysir_contract_breaks_total counter",
            *(
                f'taysir_contract_breaks_total{{service="{service}"}} {count}'
                for service, count in sorted(self._node.descriptions.counts.items())
            ),
            "# HELP taysir_journal_records_total Exchanges in the journal.",
            "# TYPE taysir_journal_records_total counter",
            f"taysir_journal_records_total {journal.count}",
            "# HELP taysir_journal_refusing Whether new calls are refused for want of disk.",
            "# TYPE taysir_journal_refusing gauge",
            f"taysir_journal_refusing {int(journal.refusing)}",
            "# HELP taysir_refusals_left_out_total Unsigned refusals that left no record.",
            "# TYPE taysir_refusals_left_out_total counter",
            f"taysir_refusals_left_out_total {self._node.refusals.left_out}",
            *(self._packer.metrics() if self._packer else ()),
            *(self._workers.metrics() if self._workers else ()),
            *(self._node.keeper.metrics() if self._node.keeper else ()),
        ]
        kind = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
        return Response(headers=(kind,), body=("\n".join(lines) + "\n").encode())

    def _list(self, request: Request) -> Response:
        text = request.query.get("limit", "100")
        if (
            not text.isascii()
            or not text.isdigit()
            or not 1 <= int(text) <= limits.EXCHANGES_LISTED
        ):
            raise Problem(EXC_MALFORMED, reason=f"limit is 1 to {limits.EXCHANGES_LISTED}")
        subject, journal = request.query.get("subject", ""), self._node.journal
        if subject:
            found = journal.about(self._node.pseudonym(subject), limit=int(text))
        else:
            found = journal.latest(limit=int(text))
        return json_response([self._describe(exchange) for exchange in found])

    async def _one(self, rest: str, request: Request) -> Response:
        exchange_id, _, what = rest.partition("/")
        records = self._node.journal.find(exchange_id)
        if what == "evidence":
            return await self._evidence.of_exchange(records, request)
        if what:
            raise Problem(EXC_UNKNOWN_EXCHANGE)
        return json_response([self._describe(exchange) for exchange in records])

    def _describe(self, exchange: StoredExchange) -> dict[str, Any]:
        agreement = self._node.directory().agreement_by_hash(exchange.agreement)
        return {
            "exchange_id": exchange.exchange_id,
            "position": exchange.position,
            "direction": exchange.direction.value,
            "outcome": exchange.outcome.value,
            "recorded_at_ms": exchange.recorded_at_ms,
            "elapsed_ms": exchange.elapsed_ms,
            "consumer": exchange.consumer,
            "provider": exchange.provider,
            "service": exchange.service,
            "purpose": exchange.purpose,
            "agreement": exchange.agreement,
            "fields": list(agreement.fields) if agreement else [],
            "issue": exchange.issue,
            "method": exchange.method,
            "status": exchange.status,
            "error_code": exchange.error_code,
            "request_signed": bool(exchange.request),
            "response_signed": bool(exchange.response),
            "bodies": exchange.bodies.value,
        }
