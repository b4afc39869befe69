"""Keeps every version of a service that a case is pinned to, and opens it again years later.

A case is decided and explained by the version it began with. ``keep`` stores that version's files
beside the cases when one begins; ``kept_offer`` builds the pack again from them, checks that the
hash is the one that the case names, and lays the templates of its documents out as files. So an
installation may replace or drop a pack and every open or past case stays what it was. The pack's
own tests are not part of its hash and are not kept.
"""

from __future__ import annotations

import shutil
import tempfile
import zlib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec
from django.conf import settings

from taysir.engine.definition import Pack
from taysir.engine.pack import PackErrors, build_pack
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.kernel.log import get_logger
from taysir.transactions.catalogue.errors import TRX_PACK_MISSING
from taysir.transactions.catalogue.models import KeptPack

log = get_logger(__name__)

_DECODER: Final = msgspec.msgpack.Decoder(dict[str, bytes])
_ENCODER: Final = msgspec.msgpack.Encoder(order="deterministic")
_LEVEL: Final = 6


def keep(pack: Pack, *, at: datetime) -> None:
    """Store a version unless it is stored already; part of the caller's transaction."""
    if KeptPack.objects.filter(pk=pack.hash).exists():
        return
    KeptPack.objects.get_or_create(
        pk=pack.hash,
        defaults={
            "service_code": pack.service.code,
            "files": pack_files(pack.files),
            "kept_at": at,
        },
    )
    log.info("pack_kept", service=pack.service.code, pack=pack.hash[:12])


def kept_pack(digest: str) -> tuple[Pack, Path]:
    """Return a kept version and the folder of its templates; raises TRX-0102."""
    # The folder is an argument because one process may serve several installations in its tests.
    return _opened(digest, settings.TAYSIR_DOCUMENTS.folder)


@lru_cache(maxsize=limits.KEPT_PACKS)
def _opened(digest: str, folder: Path) -> tuple[Pack, Path]:
    row = KeptPack.objects.filter(pk=digest).first()
    if row is None:
        raise Problem(TRX_PACK_MISSING, pack=digest[:12])
    try:
        pack = build_pack(unpack_files(bytes(row.files)))
    except (PackErrors, ValueError) as error:
        log.error("pack_not_readable", pack=digest[:12])
        raise Problem(TRX_PACK_MISSING, pack=digest[:12]) from error
    if pack.hash != digest:
        log.error("pack_altered", pack=digest[:12], found=pack.hash[:12])
        raise Problem(TRX_PACK_MISSING, pack=digest[:12])
    return pack, _lay_out(pack, folder / "packs" / digest)


def pack_files(files: Mapping[str, bytes]) -> bytes:
    """Return the files that the hash covers as one compressed value."""
    kept = {name: data for name, data in files.items() if not name.startswith("tests/")}
    return zlib.compress(_ENCODER.encode(kept), _LEVEL)


def unpack_files(data: bytes) -> dict[str, bytes]:
    """Return the files again; raises ValueError for what :func:`pack_files` did not make."""
    opened = zlib.decompressobj()
    try:
        plain = opened.decompress(data, limits.KEPT_PACK_BYTES)
    except zlib.error as error:
        raise ValueError(f"not packed: {error}") from error
    if not opened.eof:
        raise ValueError(f"not packed, or beyond {limits.KEPT_PACK_BYTES} bytes")
    try:
        return _DECODER.decode(plain)
    except msgspec.DecodeError as error:
        raise ValueError(f"not packed files: {error}") from error


def _lay_out(pack: Pack, folder: Path) -> Path:
    """Write the templates of a version as files, whole or not at all; return their folder."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".pack-", dir=folder.parent))
    for name, data in pack.files.items():
        if name.startswith("templates/") and ".." not in name.split("/"):
            file = made / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    try:
        made.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(made)  # another process was quicker with the same files
    return folder
