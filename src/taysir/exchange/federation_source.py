"""Where a node gets the federation from: fetched each minute, the last good one kept on disk.

A document is taken only if the authority's certificate vouches for it and its number is not lower
than the one in hand, so an old list cannot be played back. If the authority is gone the last good
document serves until it expires. The node's folder of agreements is read again when it changes, so
a revocation that is written there stops the next call.
"""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from taysir.exchange.contracts import SignedAgreement
from taysir.exchange.federation import FederationDirectory, open_federation
from taysir.exchange.keyfiles import certificate_der, write_public
from taysir.exchange.log_requests import connect
from taysir.exchange.shelf import AgreementShelf
from taysir.exchange.trust_errors import EXC_FEDERATION, EXC_FEDERATION_MISSING
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger

log = get_logger(__name__)

_AGREEMENTS_LOOK_S: Final = 1.0


class FederationSource:
    """Implements the node's ``DirectorySource``."""

    def __init__(
        self,
        *,
        url: str,
        authority_certificate: Path,
        folder: Path,
        agreements: Path,
        now: Callable[[], datetime],
    ) -> None:
        """Remember where things are; reads the anchor and the last good document, if any.

        Raises:
            Problem: EXC-0501 for an unreadable authority certificate.
        """
        self._url = url
        self._file = folder / "federation.jws"
        self._now = now
        self.shelf = AgreementShelf(agreements)
        self._compiled = -1
        self._waited = limits.FEDERATION_FETCH_INTERVAL_S
        self._token = b""
        self._directory: FederationDirectory | None = None
        try:
            self.anchor = certificate_der(authority_certificate.read_bytes())
        except (OSError, ValueError) as cause:
            raise Problem(EXC_FEDERATION, reason="no authority certificate") from cause
        if self._file.exists():
            try:
                self.take(self._file.read_bytes())
            except Problem as problem:
                log.warning("kept_federation_not_used", code=problem.code)

    @property
    def token(self) -> bytes:
        """The signed document in hand; empty when there is none."""
        return self._token

    def current(self) -> FederationDirectory:
        """Return the federation in hand, fetching it if there is none; raises EXC-0502."""
        if self._directory is None:
            try:
                self.take(self._fetch())
            except (OSError, http.client.HTTPException) as cause:
                raise Problem(EXC_FEDERATION_MISSING, authority=self._url) from cause
        elif self._compiled != self.shelf.reading:
            self._use(self._token)
        directory = self._directory
        assert directory is not None
        return directory

    def fetch_soon(self) -> None:
        """Let the next look fetch a document: something is known that ours does not list."""
        if self._waited >= limits.FEDERATION_FETCH_SOON_S:
            self._waited = limits.FEDERATION_FETCH_INTERVAL_S

    def signed_agreement(self, digest: str) -> SignedAgreement | None:
        """Return an agreement with its signatures, whether in force or ended."""
        return self.shelf.get(digest)

    def take(self, token: bytes) -> bool:
        """Use a document if it is good and not older; returns whether it is used.

        Raises:
            Problem: EXC-0501 and the errors of :func:`open_federation`.
        """
        document = open_federation(token, anchor=self.anchor)
        if self._directory is not None and document.serial < self._directory.document.serial:
            raise Problem(EXC_FEDERATION, reason="an older document than the one in hand")
        if document.expires_at <= self._now():
            if self._directory is None:
                self._use(token)
            return False
        changed = token != self._token
        self._use(token)
        if changed:
            write_public(self._file, token)
        return True

    def reread(self) -> None:
        """Take what another process of this node has put on the disk; nothing is fetched.

        Raises:
            Problem: EXC-0501 and the errors of :func:`open_federation`.
        """
        token = self._file.read_bytes() if self._file.exists() else b""
        changed = self.shelf.refresh() or token != self._token
        if changed and token:
            self._use(token)

    def _use(self, token: bytes) -> None:
        document = open_federation(token, anchor=self.anchor)
        reading = self.shelf.reading
        self._directory = FederationDirectory(
            document,
            anchor=self.anchor,
            agreements=self.shelf.all().values(),
            now=self._now,
        )
        self._token = token
        self._compiled = reading

    async def keep_fresh(self) -> None:
        """Fetch newer documents and watch the agreements until cancelled."""
        while True:
            if self.shelf.refresh() and self._token:
                self._use(self._token)
            if self._waited >= limits.FEDERATION_FETCH_INTERVAL_S:
                self._waited = 0.0
                await self._fetch_quietly()
            await asyncio.sleep(_AGREEMENTS_LOOK_S)
            self._waited += _AGREEMENTS_LOOK_S

    async def _fetch_quietly(self) -> None:
        """Fetch once; a failure is logged and the last good document stays."""
        try:
            self.take(await asyncio.to_thread(self._fetch))
        except (OSError, http.client.HTTPException) as error:
            log.warning("authority_unreachable", authority=self._url, reason=type(error).__name__)
        except Problem as problem:
            log.warning("federation_refused", authority=self._url, code=problem.code)

    def _fetch(self) -> bytes:
        parts = urlsplit(self._url)
        connection = connect(self._url, timeout_s=limits.FEDERATION_FETCH_TIMEOUT_S)
        try:
            connection.request("GET", parts.path or "/")
            with connection.getresponse() as answer:
                body = answer.read(limits.JWS_BYTES + 1)
        finally:
            connection.close()
        if answer.status != 200 or len(body) > limits.JWS_BYTES:
            raise Problem(EXC_FEDERATION, reason=f"the authority answered {answer.status}")
        return body
