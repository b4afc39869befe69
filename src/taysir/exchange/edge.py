"""The faces of a node: which request goes where.

The information-system face takes calls and metaservices; the face for other nodes takes signed
statements, and what nodes settle between them besides calls. No protocol here.
"""

from __future__ import annotations

from taysir.exchange.flow.consume import consume
from taysir.exchange.flow.provide import provide
from taysir.exchange.frames import Message
from taysir.exchange.guard import CLIENTS_FACE, NODES_FACE, Guard
from taysir.exchange.http import Handler, Headers, Request, Response, problem_response
from taysir.exchange.link import LinkPeer
from taysir.exchange.metaservices import Metaservices, Question, read_question
from taysir.exchange.runtime import CallRuntime
from taysir.exchange.wire import (
    CALL_PATH,
    STATEMENT_HEADER,
    parse_information_call,
    xroad_error,
)
from taysir.kernel.errors import Problem
from taysir.kernel.signature import thumbprint


class Edge:
    """The call faces of one node."""

    def __init__(
        self, node: CallRuntime, *, guard: Guard, metaservices: Metaservices, others: Handler
    ) -> None:
        """Bind the faces; ``others`` answers what other nodes ask besides calls."""
        self._node = node
        self._metaservices = metaservices
        self._others = others
        self._guard = guard

    async def information_systems(self, request: Request) -> Response:
        """Answer a request of the information-system face."""
        guard = self._guard
        try:
            guard.access.check(request)
            question = read_question(request)
            if question is not None:
                return await self._tell(question)
            call = parse_information_call(request)
            guard.clients.enter(call.consumer)
        except Problem as problem:
            self._node.counters.refuse(CLIENTS_FACE, code=problem.code)
            return xroad_error(problem)
        try:
            return await consume(self._node, call)
        except Problem as problem:
            return xroad_error(problem)
        finally:
            guard.clients.leave(call.consumer)

    async def _tell(self, question: Question) -> Response:
        """Answer a metaservice, on the account of the client that asks.

        Raises:
            Problem: EXC-0177 and EXC-0178 for a client that takes too much, and those of the
                answer.
        """
        clients = self._guard.clients
        clients.enter(question.client)
        try:
            return await self._metaservices.answer(question)
        finally:
            clients.leave(question.client)

    async def nodes(self, request: Request) -> Response:
        """Answer a request of another node."""
        partners, partner = self._guard.partners, request.peer_certificate_der
        try:
            partners.enter(partner)
        except Problem as problem:
            self._node.counters.refuse(NODES_FACE, code=problem.code)
            return problem_response(problem)
        try:
            if request.method != "POST" or request.path != CALL_PATH:
                return await self._others(request)
            answer = await provide(
                self._node,
                _message_of(request),
                tls_thumbprint=thumbprint(request.peer_certificate_der or b""),
            )
        finally:
            partners.leave(partner)
        signed: Headers = (
            (STATEMENT_HEADER, answer.statement),
            (b"content-type", answer.body_type),
        )
        return Response(status=200, headers=(*signed, *answer.headers), body=answer.body)

    async def link(self, message: Message, peer: LinkPeer) -> Message:
        """Answer a call of another node that came over a framed link."""
        partners = self._guard.partners
        try:
            partners.enter(peer.certificate_der)
        except Problem as problem:
            self._node.counters.refuse(NODES_FACE, code=problem.code)
            return _unsigned(message, problem)
        try:
            return await provide(self._node, message, tls_thumbprint=peer.thumbprint)
        except Problem as problem:
            return _unsigned(message, problem)
        finally:
            partners.leave(peer.certificate_der)


def _message_of(request: Request) -> Message:
    """Return the call that a request of the HTTP form carries."""
    return Message(
        0,
        request.header(STATEMENT_HEADER).encode("latin-1"),
        request.header(b"content-type").encode("latin-1"),
        request.headers,
        request.body,
    )


def _unsigned(message: Message, problem: Problem) -> Message:
    """Return the answer to a call that cannot be tied to a known member."""
    answer = problem_response(problem)
    return Message(message.number, b"", b"application/problem+json", (), answer.body)
