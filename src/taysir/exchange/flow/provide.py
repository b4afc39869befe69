"""The provider's side of a call: check, decide, ask the back end, project, sign, journal, answer.

:func:`provide` is the whole story. The numbered checks follow docs/reference/protocol.md. A refusal
is a signed, journalled statement too; only what cannot be tied to a known member goes unsigned.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from taysir.exchange.admission import TURNED_AWAY, Asked
from taysir.exchange.backend import BackendUnreachable
from taysir.exchange.errors import (
    EXC_BACKEND_ANSWER,
    EXC_BACKEND_UNREACHABLE,
    EXC_BATCH,
    EXC_BODY_DIGEST,
    EXC_CLOCK,
    EXC_EXPIRED,
    EXC_JOURNAL,
    EXC_MALFORMED,
    EXC_NO_AGREEMENT,
    EXC_NOT_OURS,
    EXC_SIGNER,
    EXC_TLS_PEER,
    EXC_UNKNOWN_SERVICE,
)
from taysir.exchange.frames import Message
from taysir.exchange.http import Headers, Response
from taysir.exchange.model import (
    Agreement,
    CallOutcome,
    Direction,
    Directory,
    MemberCertificate,
    StoredExchange,
)
from taysir.exchange.permission import permit_receiving
from taysir.exchange.policy import projection_digest, projector, reduced_refusal
from taysir.exchange.runtime import Backend, CallRuntime
from taysir.exchange.wire import (
    headers_block,
    headers_digest,
    is_media_type,
    passed_headers,
    service_id,
    subsystem_id,
    trace_of,
    xroad_error,
)
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import ServiceId, SubsystemId
from taysir.kernel.log import get_logger
from taysir.kernel.statement import (
    ParsedStatement,
    Statement,
    digest,
    is_batched,
    parse_statement,
)

log = get_logger(__name__)

_UNSIGNED = TURNED_AWAY | {EXC_JOURNAL.code}
"""What a partner is told without evidence: too much of it, or there is no room for evidence."""

_NOTHING: Final = Response()
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(slots=True, kw_only=True)
class _Passage:
    """What is known of one received call so far."""

    message: Message
    parsed: ParsedStatement
    statement: Statement
    service: ServiceId
    consumer: SubsystemId
    headers: Headers
    tls_thumbprint: str
    started: float
    ticket: int = 0
    answer: Response = _NOTHING
    answered_headers: Headers = ()
    error: str = ""
    projection: str = ""
    batch: bool = False


async def provide(node: CallRuntime, message: Message, *, tls_thumbprint: str) -> Message:
    """Answer the call of the node with this TLS certificate: a signed statement and a body.

    Raises:
        Problem: for what cannot be tied to a known member, and so is answered unsigned.
    """
    started = time.perf_counter()
    await node.take_turn(batch=is_batched(message.statement))
    try:
        directory = node.current_directory()
        parsed = parse_statement(message.statement)
        passage = _begin(node, message, parsed, tls_thumbprint=tls_thumbprint, started=started)
        _check_signer(parsed, tls_thumbprint=tls_thumbprint, directory=directory, node=node)
    except Problem as problem:
        await node.refusals.keep(
            message.statement, code=problem.code, tls_thumbprint=tls_thumbprint
        )
        raise
    try:
        return await _provide(node, passage, directory=directory)
    finally:
        node.admission.leave(passage.ticket)


async def _provide(node: CallRuntime, passage: _Passage, *, directory: Directory) -> Message:
    """Answer a call of a known member.

    Raises:
        Problem: EXC-0130 when evidence cannot be kept; in a worker process EXC-0177 and EXC-0178.
    """
    try:
        agreement = await _check_call(node, passage, directory=directory)
        backend = _find_backend(node, passage.service)
        operation = await node.descriptions.check_request(
            passage.service,
            passage.statement,
            headers=passage.headers,
            body=passage.message.body,
        )
        if passage.statement.method not in _SAFE_METHODS:
            await _keep(node, passage, token=b"", outcome=CallOutcome.ACCEPTED)
        answer = await _ask(passage, backend)
        node.descriptions.check_answer(
            operation, answer, request=passage.statement, at_ms=node.now_ms()
        )
        passage.answer = _project(passage, answer, agreement=agreement)
    except Problem as problem:
        if problem.code in _UNSIGNED:
            raise
        log.info(
            "call_refused",
            exchange_id=passage.statement.id,
            code=problem.code,
            traceparent=trace_of(passage.headers),
        )
        refusal = xroad_error(problem)
        passage.error = dict(refusal.headers)[b"x-road-error"].decode("ascii")
        passage.answer = refusal
    return await _answer(node, passage)


def _begin(
    node: CallRuntime,
    message: Message,
    parsed: ParsedStatement,
    *,
    tls_thumbprint: str,
    started: float,
) -> _Passage:
    """Check that the statement is a request to one of our members; raises EXC-0101, EXC-0103."""
    statement = parsed.statement
    if statement.type != "request":
        raise Problem(EXC_MALFORMED, reason="the statement is not a request")
    service = service_id(statement.receiver)
    if service.owner not in node.signers:
        raise Problem(EXC_NOT_OURS, party=str(service.owner))
    return _Passage(
        message=message,
        parsed=parsed,
        statement=statement,
        service=service,
        consumer=subsystem_id(statement.sender),
        headers=passed_headers(message.headers),
        tls_thumbprint=tls_thumbprint,
        started=started,
    )


def _check_signer(
    parsed: ParsedStatement, *, tls_thumbprint: str, directory: Directory, node: CallRuntime
) -> MemberCertificate:
    """Check who speaks; raises EXC-0114 for the signature, EXC-0115 for the connection."""
    certificate = directory.certificate(parsed.thumbprint)
    sender = subsystem_id(parsed.statement.sender).owner
    if certificate is None:
        raise Problem(EXC_SIGNER, reason="it is not in the federation document")
    if certificate.member != sender:
        raise Problem(EXC_SIGNER, reason=f"it does not belong to {sender}")
    if certificate.revoked_at is not None:
        raise Problem(EXC_SIGNER, reason="it is revoked")
    if not certificate.valid_from <= node.now() < certificate.valid_until:
        raise Problem(EXC_SIGNER, reason="it is not valid at this time")
    parsed.verify(certificate.public_key)
    peer = directory.node_by_tls(tls_thumbprint)
    if peer is None or sender not in peer.members:
        raise Problem(EXC_TLS_PEER, party=str(sender))
    return certificate


async def _check_call(node: CallRuntime, passage: _Passage, *, directory: Directory) -> Agreement:
    """Check freshness, bytes and permission, and count the call; raises EXC-0104 to EXC-0119."""
    _check_clock(node, passage.statement)
    try:
        agreement = _judge(node, passage, directory=directory)
    except Problem:
        # Its number counts as seen all the same; a second one of this number is told so.
        asked = _asked(passage, agreement="")
        passage.ticket = await node.admission.admit(asked, agreement=None)
        raise
    asked = _asked(passage, agreement=agreement.hash)
    passage.ticket = await node.admission.admit(asked, agreement=agreement)
    return agreement


def _judge(node: CallRuntime, passage: _Passage, *, directory: Directory) -> Agreement:
    """Check what a call shows by itself; raises EXC-0104 to EXC-0108, EXC-0113 to EXC-0119."""
    _check_bytes(passage)
    agreement = _find_agreement(passage, directory=directory)
    if passage.parsed.batched and not agreement.batch:
        raise Problem(EXC_BATCH)
    passage.batch = agreement.batch
    asking = directory.node_for(passage.consumer.owner)
    zone = asking.zone if asking is not None else ""
    body = passage.message.body
    permit_receiving(node, passage.statement, body, agreement=agreement, zone=zone)
    return agreement


def _asked(passage: _Passage, *, agreement: str) -> Asked:
    """Return what is to be counted of a call."""
    statement = passage.statement
    return Asked(
        direction=Direction.RECEIVED,
        partner=passage.tls_thumbprint,
        consumer=statement.sender,
        service=statement.receiver,
        number=f"{statement.sender} {statement.id}",
        agreement=agreement,
        purpose=statement.purpose,
        consent=statement.consent,
    )


def _check_clock(node: CallRuntime, statement: Statement) -> None:
    """Check both clocks and the expiry; raises EXC-0111 and EXC-0117."""
    now_ms = node.now_ms()
    difference_s = abs(now_ms - statement.time_ms) // 1000
    if difference_s > limits.CLOCK_SKEW_S:
        raise Problem(EXC_CLOCK, difference_s=difference_s, limit_s=limits.CLOCK_SKEW_S)
    if statement.expires_ms < now_ms:
        raise Problem(EXC_EXPIRED)


def _check_bytes(passage: _Passage) -> None:
    """Check that body and headers are the signed ones; raises EXC-0113."""
    statement, body = passage.statement, passage.message.body
    same_body = statement.body_digest == digest(body) and statement.body_length == len(body)
    if not same_body or statement.headers_digest != headers_digest(passage.headers):
        raise Problem(EXC_BODY_DIGEST)


def _find_agreement(passage: _Passage, *, directory: Directory) -> Agreement:
    """Return the agreement that the statement names, if it is about this call; raises EXC-0104."""
    statement = passage.statement
    agreement = directory.agreement_by_hash(statement.agreement)
    if (
        agreement is None
        or agreement.consumer != passage.consumer
        or agreement.service != passage.service
        or statement.purpose not in agreement.purposes
        or statement.behalf != agreement.behalf
    ):
        raise Problem(
            EXC_NO_AGREEMENT,
            consumer=str(passage.consumer),
            service=str(passage.service),
            purpose=statement.purpose or "-",
        )
    return agreement


def _find_backend(node: CallRuntime, service: ServiceId) -> Backend:
    """Return the information system behind a service; raises EXC-0123."""
    backend = node.backends.get(service)
    if backend is None:
        raise Problem(EXC_UNKNOWN_SERVICE, service=str(service))
    return backend


async def _ask(passage: _Passage, backend: Backend) -> Response:
    """Ask the back end; raises EXC-0121, EXC-0122."""
    statement = passage.statement
    told: Headers = (
        (b"x-road-client", statement.sender.encode()),
        (b"x-road-service", statement.receiver.encode()),
        (b"x-road-id", statement.message_id.encode()),
        (b"x-road-request-id", statement.id.encode()),
        (b"taysir-purpose", statement.purpose.encode()),
        (b"taysir-agreement", statement.agreement.encode()),
    )
    if statement.body_type:
        told = (*told, (b"content-type", statement.body_type.encode("latin-1")))
    try:
        answer = await backend.pool.send(
            statement.method,
            target=backend.base_path + statement.path,
            headers=(*passage.headers, *told),
            body=passage.message.body,
        )
    except BackendUnreachable as error:
        raise Problem(EXC_BACKEND_UNREACHABLE, service=str(passage.service)) from error
    if not 200 <= answer.status <= 599:
        raise Problem(EXC_BACKEND_ANSWER, reason="its status is none of HTTP")
    if not is_media_type(dict(answer.headers).get(b"content-type", b"").decode("latin-1")):
        raise Problem(EXC_BACKEND_ANSWER, reason="its content-type is too long or not ASCII")
    return answer


def _project(passage: _Passage, answer: Response, *, agreement: Agreement) -> Response:
    """Keep only the granted fields of a good answer; raises EXC-0122 for what is not JSON.

    Of any other answer only the reason is kept.
    """
    if not agreement.fields or not answer.body:
        return answer
    if not 200 <= answer.status < 300:
        said = reduced_refusal(answer.body)
        return Response(status=answer.status, headers=answer.headers, body=said)
    passage.projection = projection_digest(agreement.fields)
    try:
        body = projector(agreement.fields)(answer.body)
    except ValueError as error:
        reason = "the answer is not JSON, so the agreed fields cannot be chosen"
        raise Problem(EXC_BACKEND_ANSWER, reason=reason) from error
    return Response(status=answer.status, headers=answer.headers, body=body)


async def _answer(node: CallRuntime, passage: _Passage) -> Message:
    """Sign, journal, and only then answer."""
    request, answer, now_ms = passage.statement, passage.answer, node.now_ms()
    kept = passage.answered_headers = passed_headers(answer.headers)
    body_type = dict(answer.headers).get(b"content-type", b"")
    statement = Statement(
        id=request.id,
        type="refusal" if passage.error else "response",
        sender=request.receiver,
        receiver=request.sender,
        method=request.method,
        path=request.path,
        agreement=request.agreement,
        behalf=request.behalf,
        purpose=request.purpose,
        body_digest=digest(answer.body),
        body_length=len(answer.body),
        body_type=body_type.decode("latin-1"),
        headers_digest=headers_digest(kept),
        time_ms=now_ms,
        expires_ms=now_ms + limits.STATEMENT_LIFETIME_MS,
        message_id=request.message_id,
        projection=passage.projection,
        zone=node.zone,
        subject=request.subject,
        issue=request.issue,
        request=passage.parsed.digest,
        status=answer.status,
        error=passage.error,
    )
    token = await node.sign(statement, by=passage.service.owner, batch=passage.batch)
    outcome = CallOutcome.REFUSED if passage.error else CallOutcome.ANSWERED
    await _keep(node, passage, token=token, outcome=outcome)
    return Message(passage.message.number, token, body_type, kept, answer.body)


async def _keep(
    node: CallRuntime, passage: _Passage, *, token: bytes, outcome: CallOutcome
) -> None:
    statement = passage.statement
    elapsed_ms = (time.perf_counter() - passage.started) * 1000
    await node.evidence.append(
        StoredExchange(
            exchange_id=statement.id,
            direction=Direction.RECEIVED,
            outcome=outcome,
            consumer=statement.sender,
            service=statement.receiver,
            provider=str(passage.service.owner),
            purpose=statement.purpose,
            agreement=statement.agreement,
            subject=statement.subject,
            issue=statement.issue,
            method=statement.method,
            path=statement.path,
            status=passage.answer.status if token else 0,
            error_code=passage.error,
            recorded_at_ms=node.now_ms(),
            elapsed_ms=round(elapsed_ms, 3),
            request=passage.parsed.token,
            response=token,
            request_headers=headers_block(passage.headers),
            request_body=passage.message.body,
            response_headers=headers_block(passage.answered_headers),
            response_body=passage.answer.body if token else b"",
        )
    )
    if token:
        node.counters.count("received", result=outcome.value, elapsed_ms=elapsed_ms)
