"""The port: a place where private keys lie, and what can be done there.

A key reference is what stands in the settings: a path, or a ``pkcs11:`` URI. What comes out is
always the interface of ``cryptography``, so that whoever signs does not know where the key lies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec

Secret = Callable[[], bytes]
"""Gives a key's passphrase or PIN when it is asked for; empty when none is configured."""


class DistantKey(ec.EllipticCurvePrivateKey):
    """A key that somebody else holds: each signature may take milliseconds.

    Whoever signs in an event loop asks such a key in a thread.
    """


class KeyStore(Protocol):
    """A kind of place in which private keys lie; P-256 only."""

    def open(self, reference: str, *, secret: Secret) -> ec.EllipticCurvePrivateKey:
        """Return the key; raises EXC-0601 to EXC-0603 and EXC-0605."""
        ...

    def create(self, reference: str, *, secret: Secret) -> ec.EllipticCurvePrivateKey:
        """Make a fresh key at a free reference and return it; raises as :meth:`open`."""
        ...

    def destroy(self, reference: str, *, secret: Secret) -> None:
        """Remove a key for good; raises as :meth:`open`."""
        ...
