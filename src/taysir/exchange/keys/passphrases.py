"""Where passphrases and PINs come from: never from the settings themselves.

``env:NAME`` is an environment variable, ``file:PATH`` the first line of a file that only its owner
may read, ``credential:NAME`` a credential that systemd hands to the service.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from taysir.exchange.keys.errors import EXC_SECRET_SOURCE
from taysir.kernel import limits
from taysir.kernel.errors import Problem


def read_passphrase(source: str, *, environment: Mapping[str, str] = os.environ) -> bytes:
    """Return what a source holds, without its line end; raises EXC-0605."""
    if not source:
        return b""
    kind, _, rest = source.partition(":")
    if kind == "env" and rest:
        reason = "the variable is not set"
        return _variable(environment, rest, source=source, reason=reason).encode("utf-8")
    if kind == "file" and rest:
        return _first_line(Path(rest), source=source)
    if kind == "credential" and rest and "/" not in rest:
        reason = "the service has no credentials directory"
        folder = _variable(environment, "CREDENTIALS_DIRECTORY", source=source, reason=reason)
        return _first_line(Path(folder) / rest, source=source)
    raise Problem(EXC_SECRET_SOURCE, source=kind or "?", reason="unknown kind of source")


def _variable(environment: Mapping[str, str], name: str, *, source: str, reason: str) -> str:
    value = environment.get(name)
    if not value:
        raise Problem(EXC_SECRET_SOURCE, source=source, reason=reason)
    return value


def _first_line(file: Path, *, source: str) -> bytes:
    try:
        with file.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            data = stream.read(limits.PASSPHRASE_BYTES + 2)
    except OSError as error:
        raise Problem(EXC_SECRET_SOURCE, source=source, reason=str(error.strerror)) from error
    if stat.S_IMODE(mode) & 0o077:
        reason = "others than its owner may read it"
        raise Problem(EXC_SECRET_SOURCE, source=source, reason=reason)
    line = data.split(b"\n", 1)[0].rstrip(b"\r")
    if not line or len(line) > limits.PASSPHRASE_BYTES:
        reason = f"1 to {limits.PASSPHRASE_BYTES} bytes are expected"
        raise Problem(EXC_SECRET_SOURCE, source=source, reason=reason)
    return line
