"""What an agency may not get by asking the authority: others' nodes, names, and new histories."""

from __future__ import annotations

import http.client
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import NameOID

from taysir.exchange.authority import open_authority, read_content, write_federation
from taysir.exchange.backend import Address
from taysir.exchange.certifying import certify, make_request, read_request
from taysir.exchange.federation import Names
from taysir.exchange.joining import make_node
from taysir.exchange.keys.service import open_key
from taysir.exchange.log_requests import connect
from taysir.exchange.membership import approve, ask_membership, read_membership
from taysir.exchange.pools import address_of
from taysir.kernel.certificates import Subject, Use, new_key
from taysir.kernel.checkpoint import NoteSigner
from taysir.kernel.errors import Problem
from tests.exchange.test_membership import MEMBER, NAME, NOW, asked, lay, make_authority, plan


def again(authority: Path, folder: Path, **changes: object) -> str:
    """The same agency asks anew with something changed; returns the request's number."""
    said = read_membership((folder / "membership.json").read_bytes())
    document = ask_membership(
        msgspec.structs.replace(said, **changes),
        member_key=open_key(str(folder / "keys" / "member.key")),
        node_key=open_key(str(folder / "keys" / "node.key")),
    )
    return lay(authority, document)


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """An authority at which one agency was admitted."""
    place = make_authority(tmp_path / "authority")
    approve(place, asked(place, tmp_path / "agency"), now=NOW)
    return place


def test_an_agency_cannot_move_a_node_that_carries_others_too(
    authority: Path, tmp_path: Path
) -> None:
    """Else its new address and key would receive the others' calls."""
    content = read_content(authority)
    [node] = content.nodes
    shared = msgspec.structs.replace(node, members=(*node.members, "WAHA/GOV/TRF"))
    write_federation(
        open_authority(authority), msgspec.structs.replace(content, nodes=(shared,)), now=NOW
    )
    name = again(authority, tmp_path / "agency", host="evil.example")

    with pytest.raises(Problem) as refused:
        approve(authority, name, now=NOW)
    assert refused.value.code == "EXC-0522"
    assert read_content(authority).nodes == (shared,)


@pytest.mark.parametrize("which", ["log_key", "witness_key"])
def test_asking_anew_changes_no_key_of_a_log(authority: Path, tmp_path: Path, which: str) -> None:
    """A log with a new key could begin a second history, and old evidence would verify no more."""
    said = read_membership((tmp_path / "agency" / "membership.json").read_bytes())
    old = str(getattr(said, which))
    kind = {"log_key": 1, "witness_key": 4}[which]
    signer = NoteSigner(
        name=old.split("+", maxsplit=1)[0], key=ed25519.Ed25519PrivateKey.generate(), kind=kind
    )
    before = read_content(authority)
    name = again(authority, tmp_path / "agency", **{which: signer.public.encode()})

    with pytest.raises(Problem) as refused:
        approve(authority, name, now=NOW)
    assert refused.value.code == "EXC-0522"
    assert read_content(authority).logs == before.logs


def test_asking_anew_without_a_log_leaves_the_log_registered(
    authority: Path, tmp_path: Path
) -> None:
    """An agency cannot make its log unknown, and what it proved with it."""
    before = read_content(authority)
    name = again(authority, tmp_path / "agency", log_port=0, log_key="", witness_key="")
    approve(authority, name, now=NOW)

    assert (read_content(authority).logs, read_content(authority).witnesses) == (
        before.logs,
        before.witnesses,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "evil.example\r\nx-road-client: a"},
        {"host": "evil.example/path"},
        {"host": "a b"},
        {"node": "../trf"},
        {"node": "trf evil"},
        {"node": ""},
        {"name": Names(ar="وزارة الداخلية\u200b", en="Ministry of Interior")},
        {"name": Names(ar="وزارة", en="\u202eroiretnI fo yrtsiniM")},
    ],
)
def test_addresses_and_names_are_what_they_say(
    authority: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    """They are written into requests, file names and certificates."""
    with pytest.raises(Problem):
        again(authority, tmp_path / "agency", **changes)


def organization_of(der: bytes) -> str:
    """The organization that a certificate names."""
    names = x509.load_der_x509_certificate(der).subject
    return str(names.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value)


def test_a_certificate_names_the_agency_as_it_is_registered(
    authority: Path, tmp_path: Path
) -> None:
    """A request can call its holder anything; people in court read the certificate."""
    subject = Subject(use=Use.MEMBER, identifier=str(MEMBER), organization="Ministry of Interior")
    der, _content = certify(
        open_authority(authority), make_request(subject, key=new_key()), now=NOW
    )

    assert organization_of(der) == NAME.en
    folder = tmp_path / "other"
    make_node(folder, plan())
    assert read_request(make_request(subject, key=new_key())).subject.organization != NAME.en


def test_what_a_node_s_process_writes_is_readable_by_its_user_only(tmp_path: Path) -> None:
    """The journal says who asked about whom, whatever the umask of the service was."""
    told = (
        "import os, resource; from taysir.exchange.process import keep_to_itself; "
        "os.umask(0o022); keep_to_itself(); "
        f"open({str(tmp_path / 'made')!r}, 'w').close(); "
        "print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "(0, 0)"
    assert (tmp_path / "made").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:1/",
        "ftp://127.0.0.1/",
        "http://a:b@127.0.0.1/",
        "127.0.0.1:80",
        "http:///x",
    ],
)
def test_a_url_that_promises_more_than_is_done_is_refused_at_the_start(url: str) -> None:
    """A node speaks plain HTTP to the system behind; it must not quietly do so for https."""
    with pytest.raises(Problem) as refused:
        address_of(url)
    assert refused.value.code == "EXC-0140"
    assert address_of("http://127.0.0.1:9/base") == Address(host="127.0.0.1", port=9)


def test_an_authority_over_tls_is_asked_over_tls() -> None:
    """Wherever a URL may say https, it means it, with the certificate checked."""
    over = connect("https://authority.example/federation", timeout_s=1)
    assert isinstance(over, http.client.HTTPSConnection)
    assert not isinstance(connect("http://a.example/", timeout_s=1), http.client.HTTPSConnection)
