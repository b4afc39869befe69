"""Answers the worker processes of a node: the one that writes journal and ledger.

Each worker has a :class:`Desk`, which knows what calls of it are under way, so that a worker that
dies leaves no partner's account uneven. The order in which questions arrive is the order in which
calls are counted, whatever worker they come from.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from taysir.exchange.admission import Asked
from taysir.exchange.errors import EXC_NO_AGREEMENT
from taysir.exchange.frames import Message
from taysir.exchange.guard import CLIENTS_FACE, NODES_FACE, Guard
from taysir.exchange.http import Handler
from taysir.exchange.link import LinkPeer
from taysir.exchange.model import Agreement, CallOutcome, Direction
from taysir.exchange.partner_limits import PartnerLimits
from taysir.exchange.runtime import NodeRuntime
from taysir.exchange.worker_asks import (
    ADMIT,
    APPEND,
    BREAK,
    COUNT,
    FACE,
    LEAVE,
    REFUSED,
    answer_to,
    decode_asked,
    decode_break,
    decode_counted,
    decode_exchange,
    decode_numbers,
    decode_refused,
    decode_request,
    problem_to,
)
from taysir.kernel.errors import Problem

_Answer = Callable[[bytes], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """What workers ask for: the node's parts, its partners' accounts, and the face for nodes."""

    node: NodeRuntime
    guard: Guard
    face: Handler

    def desk(self) -> Desk:
        """Return where one worker's questions are answered."""
        return Desk(self)


class Desk:
    """Answers one worker."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._under_way: dict[int, tuple[PartnerLimits, str]] = {}
        self._next_ticket = 1
        self._answers: Final[dict[bytes, _Answer]] = {
            ADMIT: self._admit,
            LEAVE: self._leave,
            APPEND: self._append,
            REFUSED: self._keep,
            COUNT: self._count,
            BREAK: self._note,
            FACE: self._face,
        }

    async def answer(self, message: Message, _peer: LinkPeer) -> Message:
        """Answer one question."""
        try:
            return answer_to(message, await self._answers[message.statement](message.body))
        except Problem as problem:
            return problem_to(message, problem)

    def close(self) -> None:
        """End every call of a worker that has gone."""
        for accounts, partner in self._under_way.values():
            accounts.leave(partner)
        self._under_way.clear()

    @property
    def under_way(self) -> int:
        """How many calls the worker has been admitted and has not ended."""
        return len(self._under_way)

    async def _admit(self, body: bytes) -> int:
        """Count a call for its partner, its number, quotas and consent: in all, or refuse it."""
        asked = decode_asked(body)
        node, guard = self._writer.node, self._writer.guard
        sent = asked.direction is Direction.SENT
        accounts = guard.clients if sent else guard.partners
        try:
            accounts.enter(asked.partner)
        except Problem as problem:
            node.counters.refuse(CLIENTS_FACE if sent else NODES_FACE, code=problem.code)
            raise
        try:
            node.admission.count(asked, agreement=self._in_force(asked))
        except Problem:
            accounts.leave(asked.partner)
            raise
        ticket, self._next_ticket = self._next_ticket, self._next_ticket + 1
        self._under_way[ticket] = (accounts, asked.partner)
        return ticket

    def _in_force(self, asked: Asked) -> Agreement | None:
        """Return a call's agreement as it stands here; what ended meanwhile ends the call."""
        directory = self._writer.node.current_directory()
        if not asked.agreement:
            return None
        agreement = directory.agreement_by_hash(asked.agreement)
        if agreement is None:
            raise Problem(
                EXC_NO_AGREEMENT,
                consumer=asked.consumer,
                service=asked.service,
                purpose=asked.purpose or "-",
            )
        return agreement

    async def _leave(self, body: bytes) -> None:
        for ticket in decode_numbers(body):
            accounts, partner = self._under_way.pop(ticket)
            accounts.leave(partner)

    async def _append(self, body: bytes) -> int:
        """Keep evidence and count its call; an unsafe call's first record is not yet one."""
        exchange, node = decode_exchange(body), self._writer.node
        position = await node.journal.append(exchange)
        if exchange.outcome is not CallOutcome.ACCEPTED:
            direction, result = exchange.direction.value, exchange.outcome.value
            node.counters.count(direction, result=result, elapsed_ms=exchange.elapsed_ms)
        return position

    async def _keep(self, body: bytes) -> None:
        refused = decode_refused(body)
        await self._writer.node.refusals.keep(
            refused.token, code=refused.code, tls_thumbprint=refused.tls_thumbprint
        )

    async def _count(self, body: bytes) -> None:
        counted = decode_counted(body)
        self._writer.node.counters.refuse(counted.face, code=counted.code)

    async def _note(self, body: bytes) -> None:
        self._writer.node.descriptions.note(decode_break(body))

    async def _face(self, body: bytes) -> object:
        return await self._writer.face(decode_request(body))
