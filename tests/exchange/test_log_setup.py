"""A node's log is made from its settings; wrong keys and names are refused with the file's name."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from taysir.exchange.federation import Content, LogRow, WitnessRow
from taysir.exchange.keyfiles import certificate_pem, write_private
from taysir.exchange.log_setup import make_transparency, read_note_signer, write_note_key
from taysir.exchange.log_trust import log_trust
from taysir.exchange.settings import KeyPair, LogSettings, NodeSettings
from taysir.kernel.certificates import new_key
from taysir.kernel.checkpoint import COSIGNATURE, open_note
from taysir.kernel.errors import Problem
from taysir.kernel.merkle import verify_consistency
from tests.exchange.logged_country import logged_country
from tests.exchange.logs import LOG, WITNESSES, MemoryJournal, note_signer, open_log


def node_settings(folder: Path, **changes: object) -> NodeSettings:
    """Settings of a node with a log; only what the log needs is true."""
    write_note_key(folder / "log.key", key=ed25519.Ed25519PrivateKey.generate())
    write_note_key(folder / "witness.key", key=ed25519.Ed25519PrivateKey.generate())
    write_private(folder / "salt", bytes(32))
    log = LogSettings(
        port=0,
        origin="WAHA/log/trf",
        key=str(folder / "log.key"),
        witness_name="WAHA/witness/trf",
        witness_key=str(folder / "witness.key"),
        salt=str(folder / "salt"),
        stamp_url="http://127.0.0.1:1/time-stamp",
        status_url="http://127.0.0.1:1/authority.crl",
    )
    pair = KeyPair(certificate="", key="")
    return NodeSettings(
        name="trf",
        zone="waha",
        folder=str(folder),
        host="127.0.0.1",
        face_port=0,
        admin_port=0,
        peer_port=0,
        tls=pair,
        tls_authorities="",
        members={},
        services={},
        subject_key="",
        federation_url="",
        authority_certificate="",
        agreements="",
        log=msgspec.structs.replace(log, **changes),
    )


def test_a_node_without_the_setting_keeps_no_log(tmp_path: Path) -> None:
    """And one with it does."""
    source = logged_country().source()
    settings = node_settings(tmp_path)

    assert make_transparency(msgspec.structs.replace(settings, log=None), source=source) is None
    made = make_transparency(settings, source=source)
    assert made is not None
    assert made.keeper.served is None


@pytest.mark.parametrize("name", ["key", "witness_key", "salt", "stamp_roots"])
def test_a_file_that_is_no_key_is_named(tmp_path: Path, name: str) -> None:
    """Missing or of another kind: refused at the start."""
    wrong = tmp_path / "wrong"
    value: object = (str(wrong),) if name == "stamp_roots" else str(wrong)
    source = logged_country().source()

    with pytest.raises(Problem, match=r"EXC-0140.*wrong"):
        make_transparency(node_settings(tmp_path, **{name: value}), source=source)
    wrong.write_bytes(b"x" * 31)
    with pytest.raises(Problem, match=r"EXC-0140.*wrong"):
        make_transparency(node_settings(tmp_path, **{name: value}), source=source)


def test_a_time_stampers_root_may_stand_in_the_settings(tmp_path: Path) -> None:
    """Any RFC 3161 authority by configuration."""
    root = tmp_path / "root.pem"
    root.write_bytes(certificate_pem(logged_country().authority.root.certificate_der))

    settings = node_settings(tmp_path, stamp_roots=(str(root),))

    assert make_transparency(settings, source=logged_country().source()) is not None


def test_a_log_key_is_ed25519(tmp_path: Path) -> None:
    """What was written is read; a P-256 key is refused."""
    key = ed25519.Ed25519PrivateKey.generate()
    write_note_key(tmp_path / "log.key", key=key)
    other = new_key().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_private(tmp_path / "other.key", other)

    signer = read_note_signer(str(tmp_path / "log.key"), name="x", kind=COSIGNATURE)

    assert signer.public.public == key.public_key().public_bytes_raw()
    with pytest.raises(Problem, match="not an Ed25519 key"):
        read_note_signer(str(tmp_path / "other.key"), name="x")


def content(**changes: object) -> Content:
    """The logged country's content, with changes."""
    return msgspec.structs.replace(logged_country().content, **changes)


def test_the_federation_names_logs_and_witnesses() -> None:
    """A node's own witness never counts for its own log."""
    trust = log_trust(
        content(
            witnesses=(
                WitnessRow(node="trf", url="u", keys=(WITNESSES[0].public.encode(),)),
                WitnessRow(node="civ", url="v", keys=(WITNESSES[1].public.encode(),)),
            )
        )
    )

    assert trust.logs == {LOG.name: (LOG.public,)}
    assert [peer.url for peer in trust.witnesses_of("trf")] == ["v"]
    assert trust.quorum == 2


@pytest.mark.parametrize(
    "keys",
    [
        (),
        ("junk",),
        (WITNESSES[0].public.encode(),),
        (LOG.public.encode(), note_signer("WAHA/log/civ").public.encode()),
    ],
)
def test_keys_that_do_not_belong_together_are_refused(keys: tuple[str, ...]) -> None:
    """None, unreadable, of a witness, of two logs."""
    with pytest.raises(Problem):
        log_trust(content(logs=(LogRow(node="trf", url="u", keys=keys),)))


def test_a_rotated_log_key_goes_on_with_the_same_tree(tmp_path: Path) -> None:
    """The new key signs what extends the old checkpoint; both verify by the list of keys."""
    journal = MemoryJournal()
    journal.grow(5)
    old = open_log(tmp_path, journal)
    old.publish()
    raw = ed25519.Ed25519PrivateKey.from_private_bytes(b"n" * 32)
    renewed = type(LOG)(name=LOG.name, key=raw)
    journal.grow(4)

    new = open_log(tmp_path, journal, signer=renewed)
    new.publish()

    keys = [renewed.public, LOG.public]
    assert [open_note(note, keys=keys)[1][0].name for note in (old.note, new.note)] == [
        LOG.name,
        LOG.name,
    ]
    assert open_note(new.note, keys=[LOG.public])[1] == []
    verify_consistency(
        first=5,
        second=9,
        first_root=old.checkpoint.root,
        second_root=new.checkpoint.root,
        proof=new.consistency(5, second=9),
    )
    trust = log_trust(
        content(logs=(LogRow(node="trf", url="u", keys=tuple(k.encode() for k in keys)),))
    )
    assert trust.logs[LOG.name] == tuple(keys)
