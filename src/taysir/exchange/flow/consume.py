"""The consumer's side of a call: decide, sign, send, verify, journal, answer.

:func:`consume` is the whole story, read from top to bottom; each step has a function of its own.
Every end of a call is journalled, refusals too, and **no answer leaves before that**.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from msgspec.structs import replace

from taysir.exchange.admission import TURNED_AWAY, Asked
from taysir.exchange.backend import BackendUnreachable
from taysir.exchange.errors import (
    EXC_CLOCK,
    EXC_JOURNAL,
    EXC_NO_AGREEMENT,
    EXC_NODE_UNREACHABLE,
    EXC_NOT_OURS,
    EXC_PEER_ANSWER,
    EXC_UNKNOWN_MEMBER,
)
from taysir.exchange.face_errors import EXC_PEER_LIMIT, PEER_LIMITS
from taysir.exchange.frames import Message
from taysir.exchange.http import Headers, Response
from taysir.exchange.model import (
    Agreement,
    CallOutcome,
    Direction,
    Directory,
    MemberCertificate,
    NodeEntry,
    StoredExchange,
)
from taysir.exchange.permission import permit_sending
from taysir.exchange.policy import projection_digest
from taysir.exchange.runtime import CallRuntime
from taysir.exchange.store_errors import EXC_PEER_JOURNAL
from taysir.exchange.wire import (
    InformationCall,
    headers_block,
    headers_digest,
    passed_headers,
    request_hash,
    trace_of,
    xroad_error,
)
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId
from taysir.kernel.log import get_logger
from taysir.kernel.statement import (
    ParsedStatement,
    Statement,
    digest,
    digest_of_token,
    is_about,
    parse_statement,
)

log = get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class _Passage:
    """What is known of one call so far."""

    call: InformationCall
    exchange_id: str
    message_id: str
    started: float
    ticket: int = 0
    agreement: str = ""
    subject: str = ""
    statement: Statement | None = None
    request: bytes = b""
    response: bytes = b""
    answered_headers: Headers = ()
    signed_error: str = ""
    answer: Response = field(default_factory=Response)


async def consume(node: CallRuntime, call: InformationCall) -> Response:
    """Carry an information system's call to the provider and return its answer.

    Raises:
        Problem: EXC-0177 and EXC-0178 for a caller that takes too much, in a worker process.
    """
    exchange_id = node.new_id()
    message_id = call.message_id or f"{call.consumer.instance}-{exchange_id}"
    passage = _Passage(
        call=call, exchange_id=exchange_id, message_id=message_id, started=time.perf_counter()
    )
    try:
        return await _carry(node, passage)
    finally:
        node.admission.leave(passage.ticket)


async def _carry(node: CallRuntime, passage: _Passage) -> Response:
    call = passage.call
    try:
        directory = node.current_directory()
        peer = find_provider(node, call, directory=directory)
        agreement = find_agreement(node, call, directory=directory)
        passage.agreement = agreement.hash
        passage.subject = node.pseudonym(call.subject)
        passage.ticket = await node.admission.admit(_asked(call, agreement), agreement=agreement)
        await node.take_turn(batch=agreement.batch)
        passage.request = await _sign(node, passage, agreement=agreement)
        carried = await _send(node, passage, peer=peer)
        answer = _verify(node, passage, carried, agreement=agreement, directory=directory)
        passage.answer = answer
        await _keep(node, passage, error_code="")
    except Problem as problem:
        if problem.code in TURNED_AWAY:
            raise
        return await _refuse(node, passage, problem)
    return _to_information_system(passage, answered_at_ms=node.now_ms())


def find_provider(node: CallRuntime, call: InformationCall, *, directory: Directory) -> NodeEntry:
    """Return the provider's node; raises EXC-0102 and EXC-0103."""
    if call.consumer.owner not in node.signers:
        raise Problem(EXC_NOT_OURS, party=str(call.consumer))
    peer = directory.node_for(call.service.owner)
    if peer is None:
        raise Problem(EXC_UNKNOWN_MEMBER, party=str(call.service.owner))
    return peer


def find_agreement(node: CallRuntime, call: InformationCall, *, directory: Directory) -> Agreement:
    """Return the agreement that permits the call; raises EXC-0104 to EXC-0109."""
    agreement = directory.agreement(
        call.consumer, service=call.service, purpose=call.purpose, behalf=call.behalf
    )
    if agreement is None:
        raise Problem(
            EXC_NO_AGREEMENT,
            consumer=str(call.consumer),
            service=str(call.service),
            purpose=call.purpose or "-",
        )
    permit_sending(node, call, agreement=agreement, directory=directory)
    return agreement


def _asked(call: InformationCall, agreement: Agreement) -> Asked:
    """Return what is to be counted of a permitted call."""
    consumer = str(call.consumer)
    return Asked(
        direction=Direction.SENT,
        partner=consumer,
        consumer=consumer,
        service=str(call.service),
        agreement=agreement.hash,
        purpose=call.purpose,
        consent=call.consent,
    )


async def _sign(node: CallRuntime, passage: _Passage, *, agreement: Agreement) -> bytes:
    call = passage.call
    now_ms = node.now_ms()
    statement = Statement(
        id=passage.exchange_id,
        type="request",
        sender=str(call.consumer),
        receiver=str(call.service),
        method=call.method,
        path=call.target,
        agreement=agreement.hash,
        behalf=agreement.behalf,
        purpose=call.purpose,
        body_digest=digest(call.body),
        body_length=len(call.body),
        body_type=call.body_type,
        headers_digest=headers_digest(call.headers),
        time_ms=now_ms,
        expires_ms=now_ms + limits.STATEMENT_LIFETIME_MS,
        message_id=passage.message_id,
        consent=call.consent,
        zone=node.zone,
        subject=passage.subject,
        issue=call.issue,
    )
    passage.statement = statement
    return await node.sign(statement, by=call.consumer.owner, batch=agreement.batch)


async def _send(node: CallRuntime, passage: _Passage, *, peer: NodeEntry) -> Message:
    call = passage.call
    try:
        return await node.peer(peer).carry(
            passage.request,
            body_type=call.body_type.encode("latin-1"),
            headers=call.headers,
            body=call.body,
        )
    except BackendUnreachable as error:
        raise Problem(EXC_NODE_UNREACHABLE, party=str(call.service.owner)) from error


def _verify(
    node: CallRuntime,
    passage: _Passage,
    carried: Message,
    *,
    agreement: Agreement,
    directory: Directory,
) -> Response:
    """Check the provider's answer, which may be a signed refusal; raises EXC-0111, EXC-0124."""
    party = str(passage.call.service.owner)
    if not carried.statement:
        raise _unsigned(carried.body, party=party)
    try:
        parsed = parse_statement(carried.statement)
    except Problem as problem:
        raise Problem(EXC_PEER_ANSWER, party=party, reason=problem.code) from problem
    difference_s = abs(node.now_ms() - parsed.statement.time_ms) // 1000
    if difference_s > limits.CLOCK_SKEW_S:
        raise Problem(EXC_CLOCK, difference_s=difference_s, limit_s=limits.CLOCK_SKEW_S)
    headers = passed_headers(carried.headers)
    try:
        signer = directory.certificate(parsed.thumbprint)
        reason = _signer_fault(signer, by=passage.call.service.owner, at=node.now())
        if signer is not None and not reason:
            parsed.verify(signer.public_key)
            reason = _fault_of(passage, carried.body, parsed, headers=headers, agreement=agreement)
    except Problem as problem:
        raise Problem(EXC_PEER_ANSWER, party=party, reason=problem.code) from problem
    if reason:
        raise Problem(EXC_PEER_ANSWER, party=party, reason=reason)
    passage.response = carried.statement
    statement = parsed.statement
    passage.answered_headers, passage.signed_error = headers, statement.error
    if statement.body_type:
        headers = ((b"content-type", statement.body_type.encode("latin-1")), *headers)
    if statement.error:
        headers = ((b"x-road-error", statement.error.encode("latin-1")), *headers)
    return Response(status=statement.status, headers=headers, body=carried.body)


def _unsigned(body: bytes, *, party: str) -> Problem:
    """Return what an unsigned answer means: the peer takes no more of us, or it is not one."""
    try:
        code = orjson.loads(body).get("code")
    except (orjson.JSONDecodeError, AttributeError):
        code = None
    if code in PEER_LIMITS:
        return Problem(EXC_PEER_LIMIT, party=party, retry_after_s=limits.BUSY_RETRY_S)
    if code == EXC_JOURNAL.code:
        retry_after_s = limits.JOURNAL_RETRY_AFTER_S
        return Problem(EXC_PEER_JOURNAL, party=party, retry_after_s=retry_after_s)
    return Problem(EXC_PEER_ANSWER, party=party, reason="unsigned")


def _signer_fault(signer: MemberCertificate | None, *, by: MemberId, at: datetime) -> str:
    """Return why a certificate may not sign this provider's answers, or nothing."""
    if signer is None or signer.member != by:
        return "not signed by the provider"
    if signer.revoked_at is not None:
        return "signed with a revoked certificate"
    if not signer.valid_from <= at < signer.valid_until:
        return "signed with a certificate that is not valid now"
    return ""


def _fault_of(
    passage: _Passage,
    body: bytes,
    parsed: ParsedStatement,
    *,
    headers: Headers,
    agreement: Agreement,
) -> str:
    """Return what in a correctly signed answer does not fit the call, or nothing."""
    asked = passage.statement
    if asked is None:
        return "an answer to nothing"
    if parsed.batched and not agreement.batch:
        return "signed in a batch, which is not agreed"
    statement = parsed.statement
    return (
        _fault_of_relation(statement, asked=asked, request=passage.request)
        or _fault_of_content(statement, body=body, headers=headers)
        or _fault_of_projection(statement, agreement=agreement)
    )


def _fault_of_relation(statement: Statement, *, asked: Statement, request: bytes) -> str:
    """Return why this is not the answer to what was asked, or nothing."""
    if statement.type not in ("response", "refusal"):
        return "not an answer"
    if statement.request != digest_of_token(request, statement=asked):
        return "an answer to another request"
    if statement.receiver != asked.sender:
        return "addressed to somebody else"
    if statement.sender != asked.receiver:
        return "an answer of another service"
    if statement.behalf != asked.behalf:
        return "an answer for another member than we act for"
    if not is_about(statement, asked=asked):
        return "it tells of another call than was asked"
    return ""


def _fault_of_content(statement: Statement, *, body: bytes, headers: Headers) -> str:
    """Return what of an answer is not as it was signed, or nothing."""
    if not 100 <= statement.status <= 599:
        return "not an HTTP status"
    if statement.body_digest != digest(body):
        return "the body is not the signed one"
    if statement.body_length != len(body):
        return "the body has not the signed length"
    if statement.headers_digest != headers_digest(headers):
        return "the headers are not the signed ones"
    return ""


def _fault_of_projection(statement: Statement, *, agreement: Agreement) -> str:
    """Return why a good answer does not show that only the agreed fields were chosen."""
    good = statement.type == "response" and 200 <= statement.status < 300
    if good and statement.projection != projection_digest(agreement.fields):
        return "not projected as agreed"
    return ""


async def _keep(node: CallRuntime, passage: _Passage, *, error_code: str) -> None:
    call, answer = passage.call, passage.answer
    elapsed_ms = (time.perf_counter() - passage.started) * 1000
    failed = CallOutcome.FAILED if passage.request else CallOutcome.REFUSED
    refused = CallOutcome.REFUSED if passage.signed_error else CallOutcome.ANSWERED
    exchange = StoredExchange(
        exchange_id=passage.exchange_id,
        direction=Direction.SENT,
        outcome=failed if error_code else refused,
        consumer=str(call.consumer),
        service=str(call.service),
        provider=str(call.service.owner),
        purpose=call.purpose,
        agreement=passage.agreement,
        subject=passage.subject,
        issue=call.issue,
        method=call.method,
        path=call.target,
        status=answer.status,
        error_code=error_code or passage.signed_error,
        recorded_at_ms=node.now_ms(),
        elapsed_ms=round(elapsed_ms, 3),
        request=passage.request,
        response=passage.response,
        request_headers=headers_block(call.headers),
        request_body=call.body,
        response_headers=headers_block(passage.answered_headers),
        response_body=answer.body,
    )
    await node.evidence.append(exchange)
    node.counters.count("sent", result=exchange.outcome.value, elapsed_ms=elapsed_ms)


async def _refuse(node: CallRuntime, passage: _Passage, problem: Problem) -> Response:
    """Journal a call that ended here, and tell the information system why."""
    answer = xroad_error(problem, headers=_protocol_headers(passage))
    passage.answer = replace(answer, headers=())
    log.info(
        "call_refused",
        exchange_id=passage.exchange_id,
        service=str(passage.call.service),
        code=problem.code,
        traceparent=trace_of(passage.call.headers),
    )
    if problem.kind is EXC_JOURNAL:
        # The room that is left belongs to the calls that are under way.
        return answer
    try:
        await _keep(node, passage, error_code=problem.code)
    except Problem as full:
        return xroad_error(full, headers=_protocol_headers(passage))
    return answer


def _to_information_system(passage: _Passage, *, answered_at_ms: int) -> Response:
    answer = passage.answer
    extra: Headers = (
        *_protocol_headers(passage),
        (b"taysir-agreement", passage.agreement.encode()),
        (b"taysir-answered-at", str(answered_at_ms).encode()),
    )
    return replace(answer, headers=(*answer.headers, *extra))


def _protocol_headers(passage: _Passage) -> Headers:
    call = passage.call
    return (
        (b"x-road-client", str(call.consumer).encode()),
        (b"x-road-service", str(call.service).encode()),
        (b"x-road-id", passage.message_id.encode()),
        (b"x-road-request-id", passage.exchange_id.encode()),
        (b"x-road-request-hash", request_hash(call, message_id=passage.message_id).encode()),
    )
