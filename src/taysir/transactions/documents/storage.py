"""Keeps the bytes of documents in a folder, each named by its SHA-256 digest.

A file is written whole or not at all, and never changed: the same bytes get the same name, so a
repeated or interrupted issue leaves nothing behind that matters. It does not encrypt; the folder
belongs on an encrypted volume like the database beside it.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


class DocumentStore:
    """A content-addressed folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Keep the bytes on disk and return their digest."""
        digest = hashlib.sha256(content).hexdigest()
        target = self._path(digest)
        if target.exists():
            return digest
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(f".{os.getpid()}.new")
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
        return digest

    def get(self, digest: str) -> bytes | None:
        """Return the bytes, or None if they are not there or are no longer the same."""
        try:
            content = self._path(digest).read_bytes()
        except FileNotFoundError:
            return None
        return content if hashlib.sha256(content).hexdigest() == digest else None

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.pdf"
