"""The keys that a running node uses, and how they are replaced without a missed call.

A new signing or TLS key is of no use before the other nodes know its certificate. The settings name
the new pair and the previous one; the ring goes on with the previous until the federation document
has listed the new certificate for longer than any node takes to fetch it, and then changes over,
between two calls. A pair without a previous one is used at once. Keys are never written here.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from taysir.exchange.errors import EXC_SETTINGS
from taysir.exchange.keys.contrib.files import is_encrypted
from taysir.exchange.keys.registry import scheme_of
from taysir.exchange.keys.service import load_signer, load_tls_key, read_certificate, shown
from taysir.exchange.model import Directory
from taysir.exchange.settings import KeyPair, NodeSettings
from taysir.kernel import limits
from taysir.kernel.certificates import load_certificate
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId
from taysir.kernel.log import get_logger
from taysir.kernel.signature import Signer, thumbprint

log = get_logger(__name__)

TLS: Final = "tls"
"""The place of the node's TLS key; the other places are members' identifiers."""


class KeyState(StrEnum):
    """What a node does with a key now."""

    IN_USE = "in-use"
    WAITING = "waiting"
    PREVIOUS = "previous"


class KeyReport(msgspec.Struct, frozen=True, kw_only=True):
    """One key as people and programs see it. ``known`` is whether the federation lists it."""

    place: str
    state: KeyState
    thumbprint: str
    subject: str
    valid_until: datetime
    key: str
    kind: str
    known: bool


@dataclass(frozen=True, slots=True)
class _Held:
    """One opened pair; the TLS key has no signer, because OpenSSL holds it."""

    pair: KeyPair
    thumbprint: str
    signer: Signer | None = None


@dataclass(slots=True)
class _Place:
    """What is used at one place, and what waits there until the federation knows it."""

    used: _Held
    waiting: _Held | None = None
    known_since: float | None = None


class KeyRing:
    """The keys of one node; ``signers`` is changed in place, so that all who hold it follow."""

    def __init__(
        self,
        settings: NodeSettings,
        *,
        settle_s: float = limits.KEY_SETTLE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the keys; raises the errors of :func:`load_signer` and :func:`load_tls_key`."""
        self.signers: dict[MemberId, Signer] = {}
        self._node = settings.name
        self._settle_s = settle_s
        self._clock = clock
        self._contexts: list[ssl.SSLContext] = []
        self._renewed: list[Callable[[], None]] = []
        self._places: dict[str, _Place] = {}
        self.use(settings)

    def use(self, settings: NodeSettings) -> None:
        """Take the keys of these settings, each at once or when it is known; all or none.

        Raises:
            Problem: EXC-0140 when other members are named than at the start, and the errors of
                opening keys.
        """
        names = {*settings.members, TLS}
        if self._places and names != set(self._places):
            reason = "other members than at the start; restart the node"
            raise Problem(EXC_SETTINGS, file=settings.name, reason=reason)
        wanted = {name: _hold(name, pair) for name, pair in _pairs(settings).items()}
        older = {name: _hold(name, pair) for name, pair in _previous(settings).items()}
        for name, held in wanted.items():
            self._take(name, held, previous=older.get(name))

    def _take(self, name: str, held: _Held, *, previous: _Held | None) -> None:
        place = self._places.get(name)
        if previous is None or (place and place.used.thumbprint == held.thumbprint):
            self._change(name, held)
        elif place is None:
            self._change(name, previous)
            self._places[name].waiting = held
        elif place.waiting is None or place.waiting.thumbprint != held.thumbprint:
            place.waiting, place.known_since = held, None

    def _change(self, name: str, held: _Held) -> None:
        """Use a pair from now on."""
        before = self._places.get(name)
        self._places[name] = _Place(held)
        if held.signer is not None:
            self.signers[MemberId.parse(name)] = held.signer
        elif before is None or before.used.thumbprint != held.thumbprint:
            for context in self._contexts:
                load_tls_key(context, held.pair)
            for renewed in self._renewed:
                renewed()
        if before is not None and before.used.thumbprint != held.thumbprint:
            log.info("key_changed", place=name, thumbprint=held.thumbprint)

    def show(self, context: ssl.SSLContext) -> None:
        """Give a context the TLS key in use, now and whenever it changes."""
        load_tls_key(context, self._places[TLS].used.pair)
        self._contexts.append(context)

    def when_tls_changes(self, call: Callable[[], None]) -> None:
        """Call back after each change of the TLS key, so that connections can be made anew."""
        self._renewed.append(call)

    def advance(self, directory: Directory) -> None:
        """Change over to every waiting key that the federation has known for long enough."""
        now = self._clock()
        for name, place in list(self._places.items()):
            if place.waiting is None:
                continue
            if not self._known(name, place.waiting, directory=directory):
                place.known_since = None
            elif place.known_since is None:
                place.known_since = now
            if place.known_since is None:
                continue
            # A key that was revoked is of no use to anybody, so nothing is won by waiting.
            revoked = not self._known(name, place.used, directory=directory)
            if revoked or now - place.known_since >= self._settle_s:
                self._change(name, place.waiting)

    def _known(self, name: str, held: _Held, *, directory: Directory) -> bool:
        if name == TLS:
            node = directory.node_by_tls(held.thumbprint)
            return node is not None and node.name == self._node
        found = directory.certificate(held.thumbprint)
        return found is not None and found.revoked_at is None

    def report(self, settings: NodeSettings, *, directory: Directory | None) -> list[KeyReport]:
        """Describe the keys in use, those that wait, and those that settings keep as previous."""
        rows: dict[str, KeyReport] = {}
        for name, place in self._places.items():
            held = [(place.used, KeyState.IN_USE)]
            if place.waiting is not None:
                held.append((place.waiting, KeyState.WAITING))
            for each, state in held:
                known = directory is not None and self._known(name, each, directory=directory)
                rows[each.thumbprint] = _report(name, each, state=state, known=known)
        for name, pair in _previous(settings).items():
            each = _hold(name, pair)
            known = directory is not None and self._known(name, each, directory=directory)
            report = _report(name, each, state=KeyState.PREVIOUS, known=known)
            rows.setdefault(each.thumbprint, report)
        return sorted(rows.values(), key=lambda row: (row.place, row.state))


def _pairs(settings: NodeSettings) -> dict[str, KeyPair]:
    return {**settings.members, TLS: settings.tls}


def _previous(settings: NodeSettings) -> dict[str, KeyPair]:
    tls = settings.previous.tls
    return {**settings.previous.members, **({TLS: tls} if tls else {})}


def _hold(name: str, pair: KeyPair) -> _Held:
    """Open a pair, or raise what is wrong with it."""
    if name != TLS:
        signer = load_signer(pair)
        return _Held(pair, signer.thumbprint, signer)
    load_tls_key(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), pair)
    return _Held(pair, thumbprint(read_certificate(pair.certificate)))


def _report(name: str, held: _Held, *, state: KeyState, known: bool) -> KeyReport:
    certificate = load_certificate(read_certificate(held.pair.certificate))
    return KeyReport(
        place=name,
        state=state,
        thumbprint=held.thumbprint,
        subject=certificate.subject.rfc4514_string()[:200],
        valid_until=certificate.not_valid_after_utc,
        key=shown(held.pair.key),
        kind=kind_of(held.pair),
        known=known,
    )


def kind_of(pair: KeyPair) -> str:
    """Return where a key lies: ``token``, ``encrypted-file`` or ``file``."""
    if scheme_of(pair.key):
        return "token"
    return "encrypted-file" if is_encrypted(Path(pair.key).read_bytes()) else "file"
