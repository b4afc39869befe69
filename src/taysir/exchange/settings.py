"""The settings of one node: one frozen, typed struct, read once, unknown keys refused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from taysir.exchange.errors import EXC_SETTINGS
from taysir.exchange.http import HttpLimits
from taysir.exchange.partner_limits import Allowance
from taysir.kernel import limits
from taysir.kernel.errors import Problem

_Workers = Annotated[int, msgspec.Meta(ge=0, le=limits.WORKERS)]


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


class FaceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may use the information-system face, and how it is protected.

    Attributes:
        tls: the certificate and key that the face shows; without it the face speaks plain HTTP.
        clients: for each subsystem the certificate files (PEM) of the systems that speak for it.
        api_keys: the file of API keys, for development; see ``taysir keys api-key``.
        open_to_all: lets everyone call at an address beyond loopback, where something before the
            node decides who may.
    """

    tls: KeyPair | None = None
    clients: dict[str, tuple[str, ...]] = {}
    api_keys: str = ""
    open_to_all: bool = False


class PreviousKeys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys that are being replaced; the node uses them until the new ones are known."""

    members: dict[str, KeyPair] = {}
    tls: KeyPair | None = None


class AdminSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may use the admin face.

    Attributes:
        token: where its bearer token comes from: ``env:NAME``, ``file:PATH`` or
            ``credential:NAME``; needed at an address beyond loopback.
    """

    token: str = ""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The node's transparency log, its witness and who stamps it.

    Attributes:
        port: the port at which log and witness are served.
        origin: the log's name, without spaces, unique in the world.
        key: the log's Ed25519 key (PEM), plain or encrypted.
        key_secret: where its passphrase comes from, as of a :class:`KeyPair`.
        witness_name: the name of this node's witness of other logs.
        witness_key: the witness's Ed25519 key (PEM), plain or encrypted.
        witness_secret: where its passphrase comes from.
        salt: a file of 32 secret bytes from which the leaves' salts are derived; back it up.
        stamp_url: the address of an RFC 3161 time-stamp authority; empty for none.
        stamp_roots: its root certificates (PEM), where the federation does not name them.
        status_url: where the authority publishes its revocation list; empty for none.
        refuse_after_s: how old the oldest unstamped statement may be before new calls are refused.
    """

    port: int
    origin: str
    key: str
    witness_name: str
    witness_key: str
    salt: str
    key_secret: str = ""
    witness_secret: str = ""
    stamp_url: str = ""
    stamp_roots: tuple[str, ...] = ()
    status_url: str = ""
    refuse_after_s: float = limits.LOG_REFUSE_AFTER_S


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
        openapi: for each service that is held to its OpenAPI document the file or URL of it (JSON).
        subject_key: a file with the 32 bytes that make subjects' pseudonyms.
        federation_url: where the authority publishes the federation document.
        authority_certificate: the authority's certificate (PEM), the anchor of all trust.
        agreements: the folder of signed agreements.
        segment_bytes: the size of a journal segment.
        pack_segments: whether the node packs its closed segments by itself, beside its work.
        journal: where the journal's records lie: empty for segments in the folder, or the address
            of a PostgreSQL database (``postgresql://…``, a schema for each node).
        bodies_key: the file of the key that wraps the keys of bodies; made in the folder if empty.
        log: the transparency log; without it evidence has no third party's time.
        previous: the keys that are being replaced.
        admin: who may use the admin face.
        face: who may use the information-system face.
        http: the bounds of connections and requests at every face.
        client_allowance: what each information system may take.
        partner_allowance: what each other node may take.
        workers: how many processes carry calls beside the one that writes; with none it does both.
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
    pack_segments: bool = True
    journal: str = ""
    bodies_key: str = ""
    openapi: dict[str, str] = {}
    log: LogSettings | None = None
    previous: PreviousKeys = PreviousKeys()
    admin: AdminSettings = AdminSettings()
    face: FaceSettings = FaceSettings()
    http: HttpLimits = HttpLimits()
    client_allowance: Allowance = Allowance()
    partner_allowance: Allowance = Allowance()
    workers: _Workers = 0


def read_settings(file: Path) -> NodeSettings:
    """Read a settings file; raises EXC-0140 naming what is wrong."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=NodeSettings)
    except OSError as error:
        raise Problem(EXC_SETTINGS, file=str(file), reason=str(error.strerror)) from error
    except msgspec.DecodeError as error:
        raise Problem(EXC_SETTINGS, file=str(file), reason=str(error)) from error
