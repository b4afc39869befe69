"""Bounds of the HTTP faces: sizes, timeouts, connections, and what one partner may take."""

from __future__ import annotations

from typing import Final

from taysir.kernel.limits.units import KIB, MIB

# --- HTTP faces (exchange, data services, sample services) ----------------------------------------

HTTP_HEADER_BYTES: Final = 16 * KIB
"""All request headers together; the usual servers allow 8 KiB, a statement takes about 1 KiB."""

HTTP_TARGET_BYTES: Final = 4 * KIB
"""The request target; longer ones are attacks or mistakes."""

HTTP_BODY_BYTES: Final = 10 * MIB
"""A whole body held in memory; larger ones go through streams (a later step)."""

HTTP_BODIES_BYTES: Final = 256 * MIB
"""All bodies that a face holds at once, of requests that arrive or are under way: a thousand
connections with the largest body each would take ten gigabytes."""

HTTP_HEADER_TIMEOUT_S: Final = 10.0
"""From the first byte of a request to the end of its headers; ends slow-header clients."""

HTTP_BODY_TIMEOUT_S: Final = 30.0
"""From the end of the headers to the end of the body; ends slow-body clients."""

HTTP_IDLE_TIMEOUT_S: Final = 60.0
"""A kept connection without a request."""

HTTP_CONNECTIONS: Final = 1024
"""Open connections of one listening face; beyond it new ones are refused at once."""

HTTP_BACKLOG: Final = 1024
"""Connections that wait to be accepted: as many as a face takes, for the moment of a handover."""

HTTP_CONNECTIONS_PER_ADDRESS: Final = 512
"""Open connections of one address, so that no single machine can take all of a face."""

HTTP_WRITE_TIMEOUT_S: Final = 30.0
"""From a full send buffer to an empty one; ends clients that do not read their answer."""

HTTP_HANDSHAKE_TIMEOUT_S: Final = 10.0
"""A TLS handshake; half of one is how a slow client begins."""

HTTP_LINGER_S: Final = 2.0
"""How long what still comes of a refused request is read and dropped, so that its sender can see
the refusal instead of a broken connection."""

# --- What one partner may take of a node ----------------------------------------------------------

PARTNER_REQUESTS_PER_S: Final = 20_000.0
"""Requests a second of one partner: above what a node carries, so it only ends floods of requests
that are cheap to refuse; agreements have their own quota, and settings may ask for less."""

PARTNER_BURST: Final = 20_000
"""Requests at once after a rest: one second of the rate."""

PARTNER_CALLS: Final = 1024
"""Calls of one partner under way together: a quarter of what may wait for the disk."""

PARTNERS_TRACKED: Final = 4096
"""Partners whose requests are counted; more than a country has agencies, and bounded for those
who invent names."""

BUSY_RETRY_S: Final = 1
"""When a caller that was refused for too much at once should come again."""

API_KEYS: Final = 1000
"""Keys in one file; they are for development, where a few dozen are many."""

API_KEY_DAYS: Final = 366
"""The longest life of an API key; whoever needs longer uses a certificate."""
