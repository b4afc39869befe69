"""What stands before the call faces of a node: who may come in, and how much of it.

One :class:`Guard` holds the three judges of a node and answers what the HTTP server refuses by
itself in the language of each face: X-Road errors for information systems, RFC 9457 for nodes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from taysir.exchange.access import Access
from taysir.exchange.admin_gate import is_loopback
from taysir.exchange.errors import EXC_SETTINGS
from taysir.exchange.face_errors import kind_of_status
from taysir.exchange.http import Response, problem_response
from taysir.exchange.partner_limits import PartnerLimits
from taysir.exchange.runtime import Counters
from taysir.exchange.settings import NodeSettings
from taysir.exchange.wire import xroad_error
from taysir.kernel import limits
from taysir.kernel.errors import Problem

CLIENTS_FACE: Final = "information-systems"
NODES_FACE: Final = "nodes"
"""The names of the call faces in metrics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Who may call, and how much information systems and other nodes may take."""

    access: Access
    clients: PartnerLimits
    partners: PartnerLimits


def make_guard(settings: NodeSettings, *, now: Callable[[], datetime]) -> Guard:
    """Make the guard of a node.

    Raises:
        Problem: EXC-0140 when the information-system face would be open to everyone beyond this
            machine, EXC-0183 for unreadable API keys, and the errors of reading certificates.
    """
    access = Access(settings.face, now=now)
    if not (access.enforced or settings.face.open_to_all or is_loopback(settings.host)):
        reason = f"everyone could call at {settings.host}: set face.clients or face.api_keys"
        raise Problem(EXC_SETTINGS, file=settings.name, reason=reason)
    return Guard(
        access=access,
        clients=PartnerLimits(settings.client_allowance, clock=time.monotonic),
        partners=PartnerLimits(settings.partner_allowance, clock=time.monotonic),
    )


def refusal_of_clients(counters: Counters) -> Callable[[int], Response]:
    """Return how the information-system face answers what is no acceptable request."""

    def refuse(status: int) -> Response:
        problem = _problem(status)
        counters.refuse(CLIENTS_FACE, code=problem.code)
        return xroad_error(problem)

    return refuse


def refusal_of_nodes(counters: Counters) -> Callable[[int], Response]:
    """Return how the face for other nodes answers what is no acceptable request."""

    def refuse(status: int) -> Response:
        problem = _problem(status)
        counters.refuse(NODES_FACE, code=problem.code)
        return problem_response(problem)

    return refuse


def _problem(status: int) -> Problem:
    kind = kind_of_status(status)
    if kind.status == 503:
        return Problem(kind, retry_after_s=limits.BUSY_RETRY_S)
    return Problem(kind)
