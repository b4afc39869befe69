"""The operator's steps of replacing a key: make it, install its certificate, retire the old one.

Each step works on the settings file of one node and is safe to repeat or to leave undone: a new key
is not used before it is installed, and an installed one not before the federation knows it. The
settings are written whole. The running node is told afterwards, by whoever called.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from taysir.exchange.certifying import make_request
from taysir.exchange.errors import EXC_SETTINGS
from taysir.exchange.keyfiles import certificate_pem, write_private, write_public
from taysir.exchange.keys.errors import (
    EXC_CERTIFICATE_HOLDER,
    EXC_KEY_MISMATCH,
    EXC_NOT_SETTLED,
    EXC_TLS_KEY,
)
from taysir.exchange.keys.registry import scheme_of
from taysir.exchange.keys.ring import TLS
from taysir.exchange.keys.service import (
    create_key,
    destroy_key,
    fits,
    open_key,
    read_certificate,
    read_certificates,
    shown,
)
from taysir.exchange.settings import KeyPair, NodeSettings, read_settings
from taysir.kernel.certificates import (
    Subject,
    Use,
    identity_of,
    load_certificate,
    verify_chain,
)
from taysir.kernel.errors import Problem
from taysir.kernel.signature import thumbprint


def pair_of(settings: NodeSettings, place: str) -> KeyPair:
    """Return the pair of a place: ``tls`` or a member; raises EXC-0140."""
    if place == TLS:
        return settings.tls
    if place not in settings.members:
        raise Problem(EXC_SETTINGS, file=settings.name, reason=f"it does not carry {place}")
    return settings.members[place]


def free_reference(settings: NodeSettings, place: str, *, now: datetime) -> str:
    """Return a file name for a new key, beside the key that is in use."""
    used = Path(pair_of(settings, place).key)
    if scheme_of(str(used)):
        used = Path(pair_of(settings, place).certificate)
    stem = used.stem.partition(".")[0]
    base = used.with_name(f"{stem}.{now:%Y%m%d}.key")
    number = 2
    while base.exists():
        base = used.with_name(f"{stem}.{now:%Y%m%d}-{number}.key")
        number += 1
    return str(base)


def make_key(settings: NodeSettings, place: str, *, key: str, secret: str) -> bytes:
    """Make a key and return the certificate request for it; raises EXC-0140, EXC-0601 and on."""
    if place == TLS and scheme_of(key):
        raise Problem(EXC_TLS_KEY, key=shown(key))
    subject = subject_of(settings, place)
    return make_request(subject, key=create_key(key, secret=secret))


def request_again(settings: NodeSettings, place: str, *, key: str, secret: str) -> bytes:
    """Return a certificate request for a key that exists; raises EXC-0140, EXC-0601 and on."""
    return make_request(subject_of(settings, place), key=open_key(key, secret=secret))


def subject_of(settings: NodeSettings, place: str) -> Subject:
    """Return whom the certificate in use names; its successor names the same."""
    pair = pair_of(settings, place)
    certificate = load_certificate(read_certificate(pair.certificate))
    use, identifier = identity_of(certificate)
    organizations = [
        str(name.value) for name in certificate.subject if name.rfc4514_attribute_name == "O"
    ]
    return Subject(use=use, identifier=identifier, organization=(organizations or [identifier])[0])


def install(file: Path, place: str, *, offered: KeyPair, now: datetime) -> KeyPair:
    """Check a new pair and write it into the settings, the old one beside it; returns the new.

    The certificate is copied beside its key's node, named after the key's thumbprint.

    Raises:
        Problem: EXC-0140, EXC-0601 and on for files and keys, EXC-0604 for another's certificate,
            EXC-0610 for one of another holder or authority.
    """
    settings = read_settings(file)
    old = pair_of(settings, place)
    der = read_certificate(offered.certificate)
    if not fits(der, key=open_key(offered.key, secret=offered.secret).public_key()):
        raise Problem(EXC_KEY_MISMATCH, certificate=offered.certificate, key=shown(offered.key))
    _check_holder(settings, place, der=der, shown_as=offered.certificate, now=now)
    kept = Path(old.certificate).with_name(f"{Path(old.certificate).stem.partition('.')[0]}")
    target = kept.with_name(f"{kept.name}.{thumbprint(der)[:12]}.pem")
    write_public(target, certificate_pem(der))
    new = msgspec.structs.replace(offered, certificate=str(target))
    if new == old:
        return new
    write_settings(file, _with(settings, place, new=new, previous=old))
    return new


def retire(file: Path, place: str, *, in_use: str | None, keep_key: bool) -> KeyPair:
    """Take the previous pair of a place out of the settings and destroy its key; returns it.

    Args:
        file: the settings.
        place: whose key.
        in_use: the thumbprint that the running node uses, or None when it does not run.
        keep_key: leaves the private key where it is.

    Raises:
        Problem: EXC-0611 when there is no previous key, or the node still uses it.
    """
    settings = read_settings(file)
    previous = settings.previous.tls if place == TLS else settings.previous.members.get(place)
    if previous is None:
        raise Problem(EXC_NOT_SETTLED, place=place, reason="there is none")
    if in_use == thumbprint(read_certificate(previous.certificate)):
        raise Problem(EXC_NOT_SETTLED, place=place, reason="the node still uses it")
    write_settings(file, _with(settings, place, new=pair_of(settings, place), previous=None))
    if not keep_key:
        destroy_key(previous.key, secret=previous.secret)
    return previous


def write_settings(file: Path, settings: NodeSettings) -> None:
    """Write a settings file whole, readable by its owner only."""
    write_private(file, msgspec.json.format(msgspec.json.encode(settings)))


def _check_holder(
    settings: NodeSettings, place: str, *, der: bytes, shown_as: str, now: datetime
) -> None:
    wanted = subject_of(settings, place)
    use, identifier = identity_of(load_certificate(der))
    if (use, identifier) != (wanted.use, wanted.identifier):
        reason = f"it names {identifier} ({use.value})"
        raise Problem(EXC_CERTIFICATE_HOLDER, certificate=shown_as, place=place, reason=reason)
    anchors = read_certificates(
        settings.tls_authorities if place == TLS else settings.authority_certificate
    )
    try:
        verify_chain(der, anchors=anchors, at=now, use=Use.NODE if place == TLS else Use.MEMBER)
    except Problem as problem:
        reason = str(problem.params["reason"])
        raise Problem(
            EXC_CERTIFICATE_HOLDER, certificate=shown_as, place=place, reason=reason
        ) from problem


def _with(
    settings: NodeSettings, place: str, *, new: KeyPair, previous: KeyPair | None
) -> NodeSettings:
    before = settings.previous
    if place == TLS:
        changed = msgspec.structs.replace(before, tls=previous)
        return msgspec.structs.replace(settings, tls=new, previous=changed)
    members = {name: pair for name, pair in before.members.items() if name != place}
    if previous is not None:
        members[place] = previous
    return msgspec.structs.replace(
        settings,
        members={**settings.members, place: new},
        previous=msgspec.structs.replace(before, members=members),
    )
