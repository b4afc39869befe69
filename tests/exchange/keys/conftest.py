"""A software token (SoftHSM) of the test process, for what hardware would do."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

LIBRARIES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
)
PIN = "1234-test"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftToken:
    """One token: its name, and the library that reaches it."""

    label: str
    module: str

    def uri(self, key: str) -> str:
        """The reference of one key in it."""
        return f"pkcs11:token={self.label};object={key};type=private?module-path={self.module}"

    @property
    def pin(self) -> bytes:
        """The PIN that opens it."""
        return PIN.encode()


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> list[SoftToken]:
    """Three tokens, made before the library is loaded: it reads its folder once a process."""
    module = next((file for file in LIBRARIES if Path(file).exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM is not installed: apt install softhsm2")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(config)
    made = [SoftToken(label=f"taysir-{number}", module=module) for number in range(3)]
    secrets = ["--pin", PIN, "--so-pin", "so-pin-test"]
    for each in made:
        command = ["softhsm2-util", "--init-token", "--free", "--label", each.label, *secrets]
        subprocess.run(command, check=True, capture_output=True)
    return made


@pytest.fixture(scope="session")
def token(tokens: list[SoftToken]) -> SoftToken:
    """A token that tests share; each makes keys of its own name."""
    return tokens[0]
