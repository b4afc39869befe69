"""What stands before the admin face: who may use it, and the desk of the node's keys.

On loopback the face needs no token, elsewhere it does not start without one. Web pages are kept
out: a browser sends ``Origin``, and a host name that was pointed at loopback gives itself away.
``/live`` and ``/ready`` answer everyone, because whoever watches a node holds no token.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from taysir.exchange.errors import EXC_SETTINGS
from taysir.exchange.face_errors import EXC_ADMIN, method_refused
from taysir.exchange.http import Handler, Request, Response, json_response, problem_response
from taysir.exchange.keys.passphrases import read_passphrase
from taysir.exchange.keys.ring import KeyReport
from taysir.exchange.settings import NodeSettings
from taysir.kernel.errors import Problem

_OPEN: Final = frozenset({"/live", "/ready", "/healthz", "/readyz"})
KEYS_PATH: Final = "/admin/keys"
RELOAD_PATH: Final = "/admin/keys/reload"


class KeyDesk(Protocol):
    """What the admin face may ask about the node's keys."""

    def report(self) -> list[KeyReport]:
        """Describe the keys."""
        ...

    def reload(self) -> None:
        """Read the settings again and take their keys; raises what is wrong with them."""
        ...


class AdminGate:
    """Answers the admin face: refuses, or answers about keys, or hands on to the face itself."""

    def __init__(
        self, face: Handler, *, keys: KeyDesk, token: bytes, is_ours: Callable[[str], bool]
    ) -> None:
        self._face = face
        self._keys = keys
        self._token = token
        self._is_ours = is_ours

    async def __call__(self, request: Request) -> Response:
        """Answer one request."""
        path = request.path.rstrip("/")
        try:
            self._check(request, path=path)
            answer = self._answer_about_keys(request, path=path)
        except Problem as problem:
            return problem_response(problem)
        return answer or await self._face(request)

    def _check(self, request: Request, *, path: str) -> None:
        if path in _OPEN:
            return
        if request.header(b"origin"):
            raise Problem(EXC_ADMIN, reason="it does not speak with web pages")
        if self._token:
            given = request.header(b"authorization").encode("latin-1")
            if not hmac.compare_digest(given, b"Bearer " + self._token):
                raise Problem(EXC_ADMIN, reason="the token is missing or wrong")
        elif not self._is_ours(request.header(b"host")):
            raise Problem(EXC_ADMIN, reason="the request names another host")

    def _answer_about_keys(self, request: Request, *, path: str) -> Response | None:
        if path == RELOAD_PATH:
            if request.method != "POST":
                return method_refused(request, allowed="POST")
            self._keys.reload()
        elif path != KEYS_PATH:
            return None
        elif request.method not in ("GET", "HEAD"):
            return method_refused(request, allowed="GET, HEAD")
        return json_response({"keys": msgspec.to_builtins(self._keys.report())})


def make_admin_gate(settings: NodeSettings, face: Handler, *, keys: KeyDesk) -> AdminGate:
    """Make the gate of a node; raises EXC-0140 for a face beyond loopback without a token."""
    token = read_passphrase(settings.admin.token)
    if not token and not is_loopback(settings.host):
        reason = f"everyone could use the admin face at {settings.host}: set admin.token"
        raise Problem(EXC_SETTINGS, file=settings.name, reason=reason)

    def is_ours(host: str) -> bool:
        return is_loopback(host.rpartition(":")[0].strip("[]") or host)

    return AdminGate(face, keys=keys, token=token, is_ours=is_ours)


def is_loopback(host: str) -> bool:
    """Whether an address reaches this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
