"""Backs a node's evidence up while it runs, and restores and verifies it.

A backup is one tar file: everything that lies in the node's folder up to a committed position, with
a manifest of lengths, SHA-256, the count of records and the head of the chain. What is derived (the
index) stays out, and so do private keys. The keys of bodies go into a file of their own, which is
written over each time: an old copy of them would bring erased bodies back. For the same reason a
restore carries out again every erasure that the journal knows of.

The order makes it consistent: first the transparency log, then the journal, which holds at least as
much, then the keys, which hold at least the journal's.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

import msgspec

from taysir.exchange.erasure import KEYS_FILE
from taysir.exchange.errors import EXC_JOURNAL_DAMAGED
from taysir.exchange.fsck import FsckReport, check_node, rebuild_index
from taysir.exchange.fsck_log import LogCheck
from taysir.exchange.journal import BODY_KEYS, INDEX, NODE_BODY_KEY
from taysir.exchange.journal_lock import LOCK, PACK_LOCK, PACK_WISH, packing_stopped
from taysir.exchange.journal_store import SEGMENTS
from taysir.exchange.segments_reading import committed
from taysir.exchange.settings import NodeSettings
from taysir.exchange.store_errors import EXC_BACKUP, EXC_NO_NODE
from taysir.kernel import limits
from taysir.kernel.errors import Problem

FORMAT: Final = "taysir-backup/1"
MANIFEST: Final = "manifest.json"
_KEYS_NAME: Final = f"{BODY_KEYS}/{KEYS_FILE}"
_CHUNK: Final = 1 << 20
_APART: Final = (SEGMENTS, BODY_KEYS)

Progress = Callable[[int], None]
"""Told of the position that was reached."""


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a backup."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds. ``chain`` is the hex of the chain hash after the last record."""

    format: str
    made_at_ms: int
    records: int
    chain: str
    files: dict[str, FileEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore gave back, and what the check of it found."""

    manifest: Manifest
    report: FsckReport
    keys_as_of: int | None


# --- making --------------------------------------------------------------------------------------


def back_up(
    folder: Path,
    *,
    file: Path,
    keys_file: Path,
    now_ms: int,
    progress: Progress = lambda _position: None,
) -> Manifest:
    """Write a backup of a node's folder, and the keys of bodies beside it.

    Raises:
        Problem: EXC-0805 for another folder, EXC-0131 if the journal is damaged, EXC-0802 while
            another backup is made, or the packing of segments does not stop.
    """
    if not (folder / SEGMENTS).is_dir():
        raise Problem(EXC_NO_NODE, folder=str(folder), reason="there is no journal in it")
    with packing_stopped(folder), _tar(file) as tar:
        entries = dict(_add_state(tar, folder))
        kept = committed(folder / SEGMENTS, progress=progress)
        for segment, length in kept.files:
            with segment.open("rb") as source:
                name = f"{SEGMENTS}/{segment.name}"
                entries[name] = _add(tar, name, source, length=length)
        manifest = Manifest(
            format=FORMAT,
            made_at_ms=now_ms,
            records=kept.records,
            chain=kept.chain.hex(),
            files=entries,
        )
        _add_manifest(tar, manifest)
    _back_up_keys(folder, file=keys_file, manifest=manifest)
    return manifest


def _add_state(tar: tarfile.TarFile, folder: Path) -> Iterator[tuple[str, FileEntry]]:
    """Add what lies beside the journal: agreements, log, federation document."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or path.is_symlink() or _stays_out(path, name):
            continue
        data = _sqlite_copy(path) if path.suffix == ".sqlite" else path.read_bytes()
        if b"PRIVATE KEY-----" not in data[:_CHUNK]:
            yield name, _add(tar, name, io.BytesIO(data), length=len(data))


def _stays_out(path: Path, name: str) -> bool:
    """Whether a file is derived, secret, or kept apart."""
    derived = name.startswith(INDEX) or name in (LOCK, PACK_LOCK, PACK_WISH)
    passing = path.suffix in (".sqlite-wal", ".sqlite-shm", ".draft", ".tmp", ".part")
    secret = path.suffix == ".key" or name == NODE_BODY_KEY
    return derived or passing or secret or name.split("/", 1)[0] in _APART


def _sqlite_copy(file: Path) -> bytes:
    """Return a consistent copy of a SQLite file that may be in use."""
    with (
        contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source,
        contextlib.closing(sqlite3.connect(":memory:")) as copy,
    ):
        source.backup(copy)
        return copy.serialize()


def _back_up_keys(folder: Path, *, file: Path, manifest: Manifest) -> None:
    """Write the wrapped keys over their last backup; without the node's key they are noise."""
    with _tar(file) as tar, (folder / BODY_KEYS / KEYS_FILE).open("rb") as source:
        length = os.fstat(source.fileno()).st_size
        entry = _add(tar, _KEYS_NAME, source, length=length)
        _add_manifest(tar, msgspec.structs.replace(manifest, files={_KEYS_NAME: entry}))


@contextlib.contextmanager
def _tar(file: Path) -> Iterator[tarfile.TarFile]:
    """Write a tar file that is there whole or not at all."""
    part = file.with_name(file.name + ".part")
    try:
        with part.open("wb") as target:
            os.fchmod(target.fileno(), 0o600)
            with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
                yield tar
            target.flush()
            os.fsync(target.fileno())
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)


def _add(tar: tarfile.TarFile, name: str, source: IO[bytes], *, length: int) -> FileEntry:
    """Add so many bytes of an open file and return what the manifest says of them."""
    hashed = _Hashing(source)
    info = tarfile.TarInfo(name)
    info.size, info.mode = length, 0o600
    tar.addfile(info, hashed)
    return FileEntry(bytes=length, sha256=hashed.digest.hexdigest())


def _add_manifest(tar: tarfile.TarFile, manifest: Manifest) -> None:
    data = msgspec.json.encode(manifest)
    _add(tar, MANIFEST, io.BytesIO(data), length=len(data))


class _Hashing(io.RawIOBase):
    """Hashes what is read through it."""

    def __init__(self, source: IO[bytes]) -> None:
        super().__init__()
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read and hash."""
        data = self._source.read(size)
        self.digest.update(data)
        return data


# --- restoring -----------------------------------------------------------------------------------


def restore(
    file: Path,
    *,
    folder: Path,
    keys_file: Path | None = None,
    body_key: Path | None = None,
    settings: NodeSettings | None = None,
) -> Restored:
    """Restore a backup into an empty folder and check everything that was restored.

    Args:
        file: the backup.
        folder: where the node's folder is made.
        keys_file: the newest backup of the keys of bodies; without it bodies stay unreadable.
        body_key: the key that wraps them; copied into the folder.
        settings: the node's settings, to check the restored transparency log with.

    Raises:
        Problem: EXC-0803 for a file that is no whole backup, or a folder that is not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise Problem(EXC_BACKUP, file=str(file), reason=f"the folder {folder} is not empty")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        manifest = _extract(file, folder=folder)
        as_of = _extract(keys_file, folder=folder).records if keys_file is not None else None
    except Problem:
        # It was empty before: the next attempt must find it so.
        _empty(folder)
        raise
    if body_key is not None:
        target = folder / NODE_BODY_KEY
        target.touch(0o600)
        target.write_bytes(body_key.read_bytes())
    rebuild_index(folder)
    log = None
    if settings is not None:
        log = LogCheck(msgspec.structs.replace(settings, folder=str(folder)))
    report = check_node(folder, repair=True, log=log)
    if (report.records, report.chain.hex()) != (manifest.records, manifest.chain):
        raise Problem(
            EXC_JOURNAL_DAMAGED,
            position=report.records,
            file=SEGMENTS,
            reason=f"the backup promises {manifest.records} records and another head of the chain",
        )
    return Restored(manifest=manifest, report=report, keys_as_of=as_of)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _extract(file: Path, *, folder: Path) -> Manifest:
    """Write the files of a backup and compare them with its manifest; raises EXC-0803."""
    try:
        with tarfile.open(file, mode="r:") as tar:
            members = tar.getmembers()
            manifest = _manifest_of(tar, members)
            names = [member.name for member in members if member.name != MANIFEST]
            if sorted(names) != sorted(manifest.files):
                raise Problem(EXC_BACKUP, file=str(file), reason="it does not fit its manifest")
            for member in members:
                if member.name != MANIFEST:
                    _write(tar, member, folder=folder, entry=manifest.files[member.name])
    except tarfile.TarError as error:
        raise Problem(EXC_BACKUP, file=str(file), reason="it is no tar file, or cut") from error
    except OSError as error:
        raise Problem(EXC_BACKUP, file=str(file), reason=error.strerror or str(error)) from error
    except ValueError as error:
        raise Problem(EXC_BACKUP, file=str(file), reason=str(error)) from error
    return manifest


def _manifest_of(tar: tarfile.TarFile, members: list[tarfile.TarInfo]) -> Manifest:
    found = next((member for member in members if member.name == MANIFEST), None)
    source = (
        tar.extractfile(found) if found and found.size <= limits.BACKUP_MANIFEST_BYTES else None
    )
    if source is None:
        raise ValueError("there is no manifest in it")
    try:
        manifest = msgspec.json.decode(source.read(), type=Manifest)
    except msgspec.DecodeError as error:
        raise ValueError("its manifest cannot be read") from error
    if manifest.format != FORMAT:
        raise ValueError("its format is another one")
    return manifest


def _write(
    tar: tarfile.TarFile, member: tarfile.TarInfo, *, folder: Path, entry: FileEntry
) -> None:
    """Write one file, never outside the folder; raises ValueError if it is not the promised one."""
    path = PurePosixPath(member.name)
    source = tar.extractfile(member) if member.isreg() else None
    if source is None or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{member.name} is no file of a backup")
    target = folder.joinpath(*path.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    hashed = _Hashing(source)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as sink:
        while data := hashed.read(_CHUNK):
            sink.write(data)
        sink.flush()
        os.fsync(sink.fileno())
    if (member.size, hashed.digest.hexdigest()) != (entry.bytes, entry.sha256):
        raise ValueError(f"{member.name} is not as it was written")
