"""The OpenAPI documents of the services behind this node, held compiled, and what broke them.

A document comes from a file or from the back end itself; it is looked at again from time to time,
and the last good one is kept on disk. A service whose document is configured but cannot be had is
refused, because nothing could be checked. Whatever a back end answers against its own document is
remembered here for its owner, without anything of the answer.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import msgspec

from taysir.exchange.backend import BackendUnreachable
from taysir.exchange.errors import EXC_BACKEND_ANSWER, EXC_NO_DESCRIPTION, EXC_REQUEST_INVALID
from taysir.exchange.http import Headers, Response
from taysir.exchange.keyfiles import write_public
from taysir.exchange.validation import Description, OperationCheck, compile_description
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import ServiceId
from taysir.kernel.log import get_logger
from taysir.kernel.statement import Statement

log = get_logger(__name__)

FetchUrl = Callable[[str], Awaitable[Response]]
"""Asks for a URL; raises BackendUnreachable."""


class ContractBreak(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer of a back end that does not fit its own document."""

    at_ms: int
    exchange_id: str
    service: str
    method: str
    status: int
    reason: str


class _Held:
    """A document in hand and when it was last looked for."""

    def __init__(self, source: str, *, file: Path) -> None:
        self.source = source
        self.file = file
        self.description: Description | None = None
        self.looked_at = float("-inf")
        self.looking: asyncio.Task[None] | None = None


class Descriptions:
    """The documents of one node's services.

    Args:
        sources: for each described service the file or URL of its document.
        folder: where last good documents are kept.
        fetch: asks for a URL.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        sources: Mapping[ServiceId, str],
        *,
        folder: Path,
        fetch: FetchUrl,
        clock: Callable[[], float],
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._held = {
            service: _Held(source, file=folder / f"{str(service).replace('/', '_')}.json")
            for service, source in sources.items()
        }
        self.breaks: deque[ContractBreak] = deque(maxlen=limits.CONTRACT_BREAKS_KEPT)
        self.counts: Counter[str] = Counter()
        self._told: list[Callable[[ContractBreak], None]] = []

    def configured(self, service: ServiceId) -> bool:
        """Whether a service has a document to be held to."""
        return service in self._held

    async def of(self, service: ServiceId) -> Description | None:
        """Return a service's document, or None if none is configured; raises EXC-0126."""
        held = self._held.get(service)
        if held is None:
            return None
        now = self._clock()
        fresh_s = limits.DESCRIPTION_FRESH_S if held.description else limits.DESCRIPTION_RETRY_S
        if now - held.looked_at >= fresh_s and held.looking is None:
            held.looked_at = now
            held.looking = asyncio.get_running_loop().create_task(self._look(service, held))
        if held.description is None and held.looking is not None:
            await asyncio.shield(held.looking)
        if held.description is None:
            raise Problem(EXC_NO_DESCRIPTION, service=str(service))
        return held.description

    async def check_request(
        self, service: ServiceId, statement: Statement, *, headers: Headers, body: bytes
    ) -> OperationCheck | None:
        """Check a request and return its operation; None for a service without a document.

        Raises:
            Problem: EXC-0125 for a request that does not fit, EXC-0126 without the document.
        """
        description = await self.of(service)
        if description is None:
            return None
        operation = description.find(statement.method, statement.path.partition("?")[0])
        if operation is None:
            raise Problem(EXC_REQUEST_INVALID, reason="no such operation")

        def header(name: str) -> str:
            wanted = name.encode("latin-1", "replace")
            return next((v.decode("latin-1") for n, v in headers if n == wanted), "")

        fault = operation.request_fault(
            statement.path, header=header, body=body, media_type=statement.body_type
        )
        if fault:
            raise Problem(EXC_REQUEST_INVALID, reason=fault)
        return operation

    def check_answer(
        self, operation: OperationCheck | None, answer: Response, *, request: Statement, at_ms: int
    ) -> None:
        """Check a back end's answer; raises EXC-0122 and remembers the break for its owner."""
        if operation is None:
            return
        fault = operation.answer_fault(
            answer.status,
            body=answer.body,
            media_type=dict(answer.headers).get(b"content-type", b"").decode("latin-1"),
            head=request.method == "HEAD",
        )
        if not fault:
            return
        broken = ContractBreak(
            at_ms=at_ms,
            exchange_id=request.id,
            service=request.receiver,
            method=request.method,
            status=answer.status,
            reason=fault,
        )
        self.note(broken)
        log.error(
            "contract_broken",
            exchange_id=request.id,
            service=request.receiver,
            status=answer.status,
            reason=fault,
        )
        raise Problem(EXC_BACKEND_ANSWER, reason=fault)

    def note(self, broken: ContractBreak) -> None:
        """Remember a break for the service's owner, and tell whoever wants to be told."""
        self.counts[broken.service] += 1
        self.breaks.append(broken)
        for told in self._told:
            told(broken)

    def when_broken(self, call: Callable[[ContractBreak], None]) -> None:
        """Call back at every break from now on."""
        self._told.append(call)

    async def _look(self, service: ServiceId, held: _Held) -> None:
        """Take a newer document, or the last good one when there is none in hand yet."""
        try:
            document = await self._read(held.source)
            if held.description is None or document != held.description.document:
                held.description = compile_description(document)
                await asyncio.to_thread(write_public, held.file, document)
        except (Problem, OSError, BackendUnreachable) as error:
            log.warning("description_not_taken", service=str(service), reason=str(error)[:200])
            if held.description is None and held.file.exists():
                held.description = compile_description(held.file.read_bytes())
        finally:
            held.looking = None

    async def _read(self, source: str) -> bytes:
        if not source.startswith(("http://", "https://")):
            return await asyncio.to_thread(Path(source).read_bytes)
        answer = await self._fetch(source)
        if answer.status != 200:
            raise BackendUnreachable(f"status {answer.status}")
        return answer.body
