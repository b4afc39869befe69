"""Keys are replaced under running calls, and no call is missed."""

from __future__ import annotations

import asyncio
import dataclasses
import ssl
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import msgspec
import pytest

from taysir.exchange.client import Outcome
from taysir.exchange.keys.ring import TLS, KeyRing, KeyState
from taysir.exchange.model import MemberCertificate
from taysir.exchange.node import RunningNode
from taysir.exchange.settings import KeyPair, NodeSettings, PreviousKeys
from taysir.kernel.certificates import Use
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId
from taysir.kernel.signature import Signer
from taysir.testing.nodes import ANSWERING, ASKING, HOST, PERSONS, PURPOSE, TwoNodes

Result = TypeVar("Result")


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def listed(signer: Signer, *, member: MemberId, nodes: TwoNodes) -> MemberCertificate:
    """A certificate as the federation lists it."""
    return MemberCertificate(
        member=member,
        der=signer.certificate_der,
        thumbprint=signer.thumbprint,
        public_key=signer.key.public_key(),
        valid_from=nodes.keys.now - timedelta(minutes=5),
        valid_until=nodes.keys.now + timedelta(days=30),
        revoked_at=None,
    )


def replaced(
    settings: NodeSettings, *, member: KeyPair | None = None, tls: KeyPair | None = None
) -> NodeSettings:
    """Settings in which new pairs stand, and the old ones as previous."""
    [(name, old)] = settings.members.items()
    previous = PreviousKeys(
        members={name: old} if member else {}, tls=settings.tls if tls else None
    )
    return msgspec.structs.replace(
        settings, members={name: member or old}, tls=tls or settings.tls, previous=previous
    )


def show_also(nodes: TwoNodes, name: str, *, thumbprints: frozenset[str]) -> None:
    """Have the federation list further TLS certificates of a node."""
    nodes.directory.nodes[:] = [
        dataclasses.replace(node, tls_also=thumbprints) if node.name == name else node
        for node in nodes.directory.nodes
    ]


# --- when a key is changed over ------------------------------------------------------------------


def test_a_new_member_key_is_used_only_when_the_federation_has_known_it_long_enough(
    nodes: TwoNodes,
) -> None:
    clock, settings = Clock(), nodes.settings["asking"]
    ring = KeyRing(settings, settle_s=100, clock=clock)
    old = ring.signers[ASKING]
    new, pair = nodes.keys.issue(Use.MEMBER, str(ASKING))
    ring.use(replaced(settings, member=pair))
    assert ring.signers[ASKING] == old
    ring.advance(nodes.directory)
    clock.now += 1000
    ring.advance(nodes.directory)
    assert ring.signers[ASKING] == old
    nodes.directory.certificates[new.thumbprint] = listed(new, member=ASKING, nodes=nodes)
    ring.advance(nodes.directory)
    clock.now += 99
    ring.advance(nodes.directory)
    assert ring.signers[ASKING] == old
    clock.now += 1
    ring.advance(nodes.directory)
    assert ring.signers[ASKING].thumbprint == new.thumbprint


def test_a_revoked_key_is_replaced_as_soon_as_the_new_one_is_known(nodes: TwoNodes) -> None:
    settings = nodes.settings["asking"]
    ring = KeyRing(settings, settle_s=1000, clock=Clock())
    old = ring.signers[ASKING]
    new, pair = nodes.keys.issue(Use.MEMBER, str(ASKING))
    ring.use(replaced(settings, member=pair))
    entry = nodes.directory.certificates[old.thumbprint]
    nodes.directory.certificates[old.thumbprint] = dataclasses.replace(
        entry, revoked_at=entry.valid_from
    )
    ring.advance(nodes.directory)
    assert ring.signers[ASKING] == old
    nodes.directory.certificates[new.thumbprint] = listed(new, member=ASKING, nodes=nodes)
    ring.advance(nodes.directory)
    assert ring.signers[ASKING].thumbprint == new.thumbprint


def test_a_start_in_the_middle_goes_on_with_the_previous_key(nodes: TwoNodes) -> None:
    settings = nodes.settings["asking"]
    _new, pair = nodes.keys.issue(Use.MEMBER, str(ASKING))
    during = replaced(settings, member=pair)
    ring = KeyRing(during, clock=Clock())
    assert ring.signers[ASKING].thumbprint == KeyRing(settings).signers[ASKING].thumbprint
    states = {row.state for row in ring.report(during, directory=nodes.directory)}
    assert states == {KeyState.IN_USE, KeyState.WAITING}


def test_a_key_without_a_previous_one_is_used_at_once(nodes: TwoNodes) -> None:
    settings = nodes.settings["asking"]
    ring = KeyRing(settings, clock=Clock())
    new, pair = nodes.keys.issue(Use.MEMBER, str(ASKING))
    held = ring.signers
    ring.use(msgspec.structs.replace(settings, members={str(ASKING): pair}))
    assert held[ASKING].thumbprint == new.thumbprint


def test_settings_with_a_fault_change_nothing(nodes: TwoNodes, tmp_path: Path) -> None:
    settings = nodes.settings["asking"]
    ring = KeyRing(settings, clock=Clock())
    before = dict(ring.signers)
    _new, good = nodes.keys.issue(Use.MEMBER, str(ASKING))
    for broken in (
        msgspec.structs.replace(settings, members={str(ANSWERING): good}),
        msgspec.structs.replace(
            settings, members={str(ASKING): good}, tls=KeyPair(certificate="none", key="none")
        ),
    ):
        with pytest.raises(Problem):
            ring.use(broken)
        assert ring.signers == before


def test_a_report_tells_every_key_apart(nodes: TwoNodes) -> None:
    settings = nodes.settings["asking"]
    new, pair = nodes.keys.issue(Use.MEMBER, str(ASKING))
    during = replaced(settings, member=pair)
    ring = KeyRing(settings, settle_s=0, clock=Clock())
    nodes.directory.certificates[new.thumbprint] = listed(new, member=ASKING, nodes=nodes)
    ring.use(during)
    ring.advance(nodes.directory)
    rows = ring.report(during, directory=nodes.directory)
    told = {(row.place, row.state, row.known, row.kind) for row in rows}
    assert told == {
        (str(ASKING), KeyState.IN_USE, True, "file"),
        (str(ASKING), KeyState.PREVIOUS, True, "file"),
        (TLS, KeyState.IN_USE, True, "file"),
    }


# --- under running calls -------------------------------------------------------------------------


@pytest.fixture
def calling(nodes: TwoNodes) -> Iterator[Counter[str]]:
    """Four programs that call without a pause; counts how their calls ended."""
    ended: Counter[str] = Counter()
    stop = Event()

    def work() -> None:
        with nodes.client() as client:
            while not stop.is_set():
                answer = client.ask(PERSONS, path="/persons/7", purpose=PURPOSE)
                ended[f"{answer.outcome}{answer.error_code}"] += 1

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(work) for _ in range(4)]
        try:
            yield ended
        finally:
            stop.set()
        for each in running:
            each.result(30)


def in_loop(nodes: TwoNodes, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    return asyncio.run_coroutine_threadsafe(work(), nodes.loop).result(30)


def further(ended: Counter[str], *, calls: int = 40) -> None:
    """Wait until so many further calls have ended."""
    until = ended.total() + calls

    deadline = time.monotonic() + 30
    while ended.total() < until:
        assert time.monotonic() < deadline, "the calls have stopped"
        time.sleep(0.01)


def change_over(nodes: TwoNodes, node: RunningNode, settings: NodeSettings) -> None:
    """Tell a node its new settings, and let the time pass in which they become known."""

    async def work() -> None:
        ring = node.keys.ring
        ring.use(settings)
        ring.advance(nodes.directory)
        ring._settle_s = 0.0
        ring.advance(nodes.directory)

    in_loop(nodes, work)


@pytest.mark.parametrize("side", ["asking", "answering"])
def test_no_call_fails_while_a_member_key_is_replaced(
    nodes: TwoNodes, calling: Counter[str], side: str
) -> None:
    member = ASKING if side == "asking" else ANSWERING
    node: RunningNode = getattr(nodes, side)
    further(calling)
    new, pair = nodes.keys.issue(Use.MEMBER, str(member))
    nodes.directory.certificates[new.thumbprint] = listed(new, member=member, nodes=nodes)
    old = node.runtime.signers[member]
    change_over(nodes, node, replaced(nodes.settings[side], member=pair))
    assert node.runtime.signers[member].thumbprint == new.thumbprint
    further(calling)
    del nodes.directory.certificates[old.thumbprint]
    further(calling)
    assert set(calling) == {Outcome.ANSWERED}


@pytest.mark.parametrize("side", ["asking", "answering"])
def test_no_call_fails_while_a_tls_key_is_replaced(
    nodes: TwoNodes, calling: Counter[str], side: str
) -> None:
    node: RunningNode = getattr(nodes, side)
    further(calling)
    new, pair = nodes.keys.issue(Use.NODE, f"WAHA/{side}")
    show_also(nodes, side, thumbprints=frozenset({new.thumbprint}))
    further(calling)
    change_over(nodes, node, replaced(nodes.settings[side], tls=pair))
    further(calling)
    # The old certificate is retired: only the new one is registered from here on.
    nodes.directory.nodes[:] = [
        dataclasses.replace(each, tls_thumbprint=new.thumbprint, tls_also=frozenset())
        if each.name == side
        else each
        for each in nodes.directory.nodes
    ]
    further(calling)
    assert set(calling) == {Outcome.ANSWERED}
    if side == "answering":
        assert shown_by(nodes) == new.certificate_der


def shown_by(nodes: TwoNodes) -> bytes:
    """The certificate that the answering node's face shows now."""
    pem = ssl.get_server_certificate((HOST, nodes.peer_port))
    return ssl.PEM_cert_to_DER_cert(pem)
