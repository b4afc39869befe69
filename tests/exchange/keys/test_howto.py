"""The commands of the how-to pages about keys are run as they stand there."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from typer.testing import CliRunner

from taysir.cli import build_app
from taysir.exchange.keys.renewal import write_settings
from taysir.exchange.settings import NodeSettings, read_settings
from taysir.kernel.checkpoint import NoteSigner
from tests.exchange.keys.conftest import SoftToken
from tests.exchange.keys.running import TRF, Place, make_place, running
from tests.exchange.keys.test_log_keys import registered

HOWTO = Path(__file__).parents[3] / "docs" / "howto"
BLOCK = re.compile(r"```(sh|json)\n(.*?)```", re.DOTALL)
APP = build_app(["keys", "exposure"])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """An authority and a running node; commands run in its folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    return make_place(tmp_path)


def commands(page: str, *, values: dict[str, str]) -> Iterator[list[str]]:
    """The commands of a page in order, with its variables filled in."""
    for kind, text in BLOCK.findall((HOWTO / page).read_text("utf-8")):
        for line in text.splitlines() if kind == "sh" else ():
            filled = re.sub(r"\$([A-Z]+)", lambda found: values[found[1]], line)
            yield shlex.split(filled)


def taysir(words: list[str]) -> str:
    """Run one command of the platform and return what it prints."""
    assert words[0] == "./taysir"
    result = CliRunner().invoke(APP, words[1:])
    if result.exception is not None:
        raise result.exception
    return result.stdout


def values_of(place: Place, **more: str) -> dict[str, str]:
    return {"SETTINGS": str(place.settings), "AUTHORITY": str(place.authority.folder), **more}


def test_rotate_keys(place: Place) -> None:
    first = NoteSigner(name="WAHA/log/trf", key=ed25519.Ed25519PrivateKey.generate()).public
    registered(place, first.encode())
    with running(place) as node:
        old = node.runtime.signers[TRF].thumbprint
        values = values_of(place, OLD=old, VERIFIER=first.encode())
        for words in commands("rotate-keys.md", values=values):
            printed = taysir(words)
            if words[2] == "install":
                place.fetch()
                node.keys.ring._settle_s = 0.0
                node.keys.ring.advance(place.source.current())
            if words[2] == "retire":
                assert old in printed
        place.fetch()
        assert node.runtime.signers[TRF].thumbprint != old
        certificate = place.source.current().certificate(old)
        assert certificate is not None
        assert certificate.revoked_at is not None


def test_after_a_stolen_key(place: Place) -> None:
    with running(place) as node:
        stolen = node.runtime.signers[TRF].thumbprint
        for words in commands("after-a-stolen-key.md", values=values_of(place, KEY=stolen)):
            taysir(words)
        place.fetch()
        node.keys.ring.advance(place.source.current())
        assert node.runtime.signers[TRF].thumbprint != stolen


def test_use_an_hsm(place: Place, tokens: list[SoftToken]) -> None:
    pin = place.folder / "pin"
    pin.touch(mode=0o600)
    pin.write_bytes(tokens[0].pin)
    first, *others = commands("use-an-hsm.md", values=values_of(place, LIBRARY=tokens[0].module))
    assert first[0] == "softhsm2-util"
    printed = ""
    for words in others:
        # The library knows the tokens of the test's start only; this one stands for the new one.
        own = [word.replace("token=taysir;", f"token={tokens[0].label};") for word in words]
        printed = taysir(own)
    assert "token" in printed
    pair = read_settings(place.settings).members[str(TRF)]
    assert pair.key.startswith("pkcs11:")
    with running(place) as node:
        place.fetch()
        node.keys.ring._settle_s = 0.0
        node.keys.ring.advance(place.source.current())
        signer = node.runtime.signers[TRF]
        assert len(signer.sign(b"statement")) == 64


def test_secure_the_information_system_face(place: Place, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    page = "secure-the-information-system-face.md"
    (tmp_path / "passphrase").touch(mode=0o600)
    (tmp_path / "passphrase").write_text("correct horse\n")
    make_face_certificate(tmp_path)
    snippets = [text for kind, text in BLOCK.findall((HOWTO / page).read_text()) if kind == "json"]
    settings = msgspec.to_builtins(read_settings(place.settings))
    for snippet in snippets:
        settings.update(json.loads("{" + snippet + "}"))
    given = msgspec.convert(settings, NodeSettings)
    write_settings(place.settings, given)
    first, *others = commands(page, values=values_of(place, FACE=str(given.face_port)))
    subprocess.run(first, check=True, capture_output=True)
    assert given.face.clients == {"WAHA/GOV/TRF/portal": ("portal.pem",)}
    with running(place):
        for words in others:
            if words[0] == "curl":
                done = subprocess.run(
                    [*words, "--silent", "--fail"], check=True, capture_output=True
                )
                assert json.loads(done.stdout) == {"member": []}
            else:
                taysir(words)


def make_face_certificate(folder: Path) -> None:
    """A self-signed certificate of the face with an encrypted key, as an agency would have."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    names = ["-subj", "/CN=node", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "9"]
    secret = ["-passout", "pass:correct horse", "-keyout", "face.key", "-out", "face.pem"]
    subprocess.run([*command, *names, *secret], check=True, capture_output=True, cwd=folder)
