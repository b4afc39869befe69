"""The key of a transparency log is replaced: registered first, then used; the old one verifies."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from taysir.exchange.authority import read_content
from taysir.exchange.certifying import register_log_key
from taysir.exchange.federation import LogRow
from taysir.exchange.keyfiles import write_public
from taysir.exchange.log_setup import read_note_signer
from taysir.exchange.log_trust import log_trust
from taysir.kernel.canonical import canonical_json
from taysir.kernel.checkpoint import Checkpoint, NoteKey, open_note, sign_note
from taysir.kernel.errors import Problem
from taysir.kernel.merkle import EMPTY_ROOT
from tests.exchange.keys.running import Place, make_place
from tests.exchange.keys.test_cli import keys, refusal

ORIGIN = "WAHA/log/trf"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An authority that knows a node with a log."""
    return make_place(tmp_path)


def secret(folder: Path) -> str:
    file = folder / "passphrase"
    file.touch(mode=0o600)
    file.write_text("correct horse\n")
    return f"file:{file}"


def registered(place: Place, verifier: str) -> None:
    """Have the authority know the log by its first key."""
    folder = place.authority.folder
    row = LogRow(node="trf", url="http://127.0.0.1:1", keys=(verifier,))
    content = msgspec.structs.replace(read_content(folder), logs=(row,))
    write_public(folder / "content.json", canonical_json(msgspec.to_builtins(content)))


def test_a_new_log_key_signs_after_the_old_one_and_both_verify(place: Place) -> None:
    old_file, new_file = place.folder / "log-1.key", place.folder / "log-2.key"
    source = secret(place.folder)
    old = keys("log-key", "new", "--origin", ORIGIN, "--key", old_file)
    registered(place, old["verifier"])
    new = keys("log-key", "new", "--origin", ORIGIN, "--key", new_file, "--secret", source)
    assert b"ENCRYPTED" in new_file.read_bytes()
    keys("log-key", "register", new["verifier"], "--authority", place.authority.folder)
    place.fetch()
    trust = log_trust(place.source.current().document.content)
    assert [key.encode() for key in trust.logs[ORIGIN]] == [new["verifier"], old["verifier"]]
    checkpoint = Checkpoint(origin=ORIGIN, size=0, root=EMPTY_ROOT)
    for file in (old_file, new_file):
        signer = read_note_signer(str(file), name=ORIGIN, secret=source)
        note = sign_note(checkpoint, signer=signer)
        assert open_note(note, keys=trust.logs[ORIGIN])[1]


def test_a_log_key_is_made_and_registered_only_where_it_belongs(place: Place) -> None:
    file = place.folder / "log.key"
    made = keys("log-key", "new", "--origin", ORIGIN, "--key", file)
    again = ("log-key", "new", "--origin", ORIGIN, "--key", file)
    assert refusal(*again) == "EXC-0601"
    unknown = ("log-key", "register", made["verifier"], "--authority", place.authority.folder)
    assert refusal(*unknown) == "EXC-0609"
    assert refusal("log-key", "register", "nonsense", *unknown[3:]) == "KRN-0231"


def test_a_key_registered_twice_stands_there_once(place: Place) -> None:
    made = keys("log-key", "new", "--origin", ORIGIN, "--key", place.folder / "log.key")
    registered(place, made["verifier"])
    content = read_content(place.authority.folder)
    [row] = register_log_key(content, NoteKey.parse(made["verifier"])).logs
    assert row.keys == (made["verifier"],)


def test_an_encrypted_log_key_needs_its_passphrase(place: Place) -> None:
    file, source = place.folder / "log.key", secret(place.folder)
    keys("log-key", "new", "--origin", ORIGIN, "--key", file, "--secret", source)
    (place.folder / "passphrase").write_text("wrong\n")
    for given in (source, ""):
        with pytest.raises(Problem, match="EXC-0602"):
            read_note_signer(str(file), name=ORIGIN, secret=given)
