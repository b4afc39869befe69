"""A key in a token signs calls of a node, and nobody waits in the event loop for it."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from taysir.exchange.client import Outcome
from taysir.exchange.keys.base import DistantKey
from taysir.exchange.keys.service import create_key
from taysir.exchange.settings import KeyPair
from taysir.kernel.certificates import Subject, Use, Validity, issue
from taysir.kernel.signature import Signer
from taysir.testing.nodes import ASKING, PERSONS, PURPOSE, TwoNodes
from tests.exchange.extra_node import changed, extra_node
from tests.exchange.keys.conftest import SoftToken
from tests.exchange.keys.test_rotation import listed


class Remembering(DistantKey):
    """A key that remembers which threads asked it."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self.threads: set[int] = set()

    def sign(self, data: Any, signature_algorithm: Any) -> bytes:
        self.threads.add(threading.get_ident())
        return self._key.sign(data, signature_algorithm)

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._key.public_key()

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._key.curve

    @property
    def key_size(self) -> int:
        return self._key.key_size

    def exchange(self, algorithm: Any, peer_public_key: Any) -> NoReturn:
        raise NotImplementedError

    def private_numbers(self) -> NoReturn:
        raise NotImplementedError

    def private_bytes(self, *form: Any, **named: Any) -> NoReturn:
        raise NotImplementedError

    def __copy__(self) -> Remembering:
        return self

    def __deepcopy__(self, memo: Any) -> Remembering:
        return self


def test_a_distant_key_is_asked_in_a_thread(nodes: TwoNodes) -> None:
    near = nodes.asking.runtime.signers[ASKING]
    key = Remembering(near.key)
    nodes.asking.runtime.signers[ASKING] = Signer(near.certificate_der, key)

    async def loop_thread() -> int:
        return threading.get_ident()

    own = asyncio.run_coroutine_threadsafe(loop_thread(), nodes.loop).result(10)
    with nodes.client() as client:
        answer = client.ask(PERSONS, path="/persons/7", purpose=PURPOSE)
    assert answer.outcome is Outcome.ANSWERED
    assert key.threads
    assert own not in key.threads


def test_a_node_signs_its_calls_with_a_key_in_a_token(
    nodes: TwoNodes, tmp_path: Path, token: SoftToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN_PIN", token.pin.decode())
    reference = token.uri(f"node-{tmp_path.name}")
    key = create_key(reference, secret="env:TOKEN_PIN")
    keys = nodes.keys
    der = issue(
        Subject(use=Use.MEMBER, identifier=str(ASKING), organization="Asking"),
        public_key=key.public_key(),
        issuer=keys.authority,
        serial=4711,
        validity=Validity.days(3, now=keys.now),
    )
    certificate = keys.write("token", der, None).certificate
    signer = Signer(der, key)
    nodes.directory.certificates[signer.thumbprint] = listed(signer, member=ASKING, nodes=nodes)
    pair = KeyPair(certificate=certificate, key=reference, secret="env:TOKEN_PIN")
    settings = msgspec.structs.replace(
        changed(nodes, tmp_path / "extra"), members={str(ASKING): pair}
    )
    with extra_node(nodes, settings) as node:
        nodes.asking.runtime.signers[ASKING] = node.runtime.signers[ASKING]
        with nodes.client() as client:
            for _ in range(3):
                answer = client.ask(PERSONS, path="/persons/7", purpose=PURPOSE)
                assert answer.outcome is Outcome.ANSWERED
