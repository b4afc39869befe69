"""The settings of one node: one frozen, typed struct, read once, unknown keys refused."""

from __future__ import annotations

from pathlib import Path

import msgspec

from taysir.exchange.errors import EXC_SETTINGS
from taysir.kernel import limits
from taysir.kernel.errors import Problem


class KeyPair(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A certificate (PEM) and where its private key lies.

    Attributes:
        certificate: the certificate's file.
        key: a PKCS#8 file, plain or encrypted, readable by the node's user only; for signing keys
            also a ``pkcs11:`` URI.
        secret: where the passphrase or PIN comes from: ``env:NAME``, ``file:PATH`` or
            ``credential:NAME``.
    """

    certificate: str
    key: str
    secret: str = ""


class NodeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a node must be told.

    Attributes:
        name: the node's name in the federation document.
        zone: the residency zone in which it stands.
        folder: where its journal and index lie.
        host: the address that all its faces listen on.
        face_port: the information-system face (X-Road REST).
        admin_port: the admin and health face.
        peer_port: the mutual-TLS face for other nodes.
        tls: the node's TLS certificate and key.
        tls_authorities: the CA certificates (PEM) that other nodes' certificates chain to.
        members: the signing certificate and key of each member that the node carries.
        services: the back end's URL of each service that the node offers.
        subject_key: a file with the 32 bytes that make subjects' pseudonyms.
        federation_url: where the authority publishes the federation document.
        authority_certificate: the authority's certificate (PEM), the anchor of all trust.
        agreements: the folder of signed agreements.
        segment_bytes: the size of a journal segment.
    """

    name: str
    zone: str
    folder: str
    host: str
    face_port: int
    admin_port: int
    peer_port: int
    tls: KeyPair
    tls_authorities: str
    members: dict[str, KeyPair]
    services: dict[str, str]
    subject_key: str
    federation_url: str
    authority_certificate: str
    agreements: str
    segment_bytes: int = limits.JOURNAL_SEGMENT_BYTES


def read_settings(file: Path) -> NodeSettings:
    """Read a settings file; raises EXC-0140 naming what is wrong."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=NodeSettings)
    except OSError as error:
        raise Problem(EXC_SETTINGS, file=str(file), reason=str(error.strerror)) from error
    except msgspec.DecodeError as error:
        raise Problem(EXC_SETTINGS, file=str(file), reason=str(error)) from error
