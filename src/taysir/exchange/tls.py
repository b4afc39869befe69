"""The TLS contexts between nodes: 1.3 only, certificates on both sides, the framed link by ALPN."""

from __future__ import annotations

import ssl

from taysir.exchange.errors import EXC_SETTINGS
from taysir.exchange.frames import ALPN
from taysir.exchange.keys.ring import KeyRing
from taysir.exchange.peers import PeerTls
from taysir.exchange.settings import NodeSettings
from taysir.kernel.errors import Problem
from taysir.kernel.reasons import reason_of


def server_context(settings: NodeSettings, *, keys: KeyRing) -> ssl.SSLContext:
    """Return the context of the face for other nodes: TLS 1.3, a client certificate demanded."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols([ALPN, "http/1.1"])
    _load(context, settings, keys=keys)
    return context


def peer_tls(settings: NodeSettings, *, keys: KeyRing) -> PeerTls:
    """Return the contexts towards other nodes, with and without the framed link."""
    link = client_context(settings, keys=keys)
    link.set_alpn_protocols([ALPN])
    return PeerTls(link=link, http=client_context(settings, keys=keys))


def client_context(settings: NodeSettings, *, keys: KeyRing | None = None) -> ssl.SSLContext:
    """Return the context towards other nodes: TLS 1.3; the certificate is pinned, not the name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    _load(context, settings, keys=keys or KeyRing(settings))
    return context


def _load(context: ssl.SSLContext, settings: NodeSettings, *, keys: KeyRing) -> None:
    try:
        context.load_verify_locations(settings.tls_authorities)
    except (OSError, ssl.SSLError) as error:
        raise Problem(
            EXC_SETTINGS, file=settings.tls_authorities, reason=reason_of(error)
        ) from error
    keys.show(context)
