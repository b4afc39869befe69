"""An agency joins: it asks with its own keys, the authority decides, its node starts."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from taysir.exchange.authority import (
    authority_face,
    create_authority,
    open_authority,
    read_content,
    write_federation,
)
from taysir.exchange.federation import Content, Names, ServiceRow, SubsystemRow
from taysir.exchange.federation_source import FederationSource
from taysir.exchange.http import Request
from taysir.exchange.http_server import serve_http
from taysir.exchange.joining import (
    Plan,
    is_admitted,
    make_node,
    offer_service,
    pin_authority,
    send_request,
    take_admission,
)
from taysir.exchange.membership import (
    MembershipRequest,
    approve,
    ask_membership,
    ensure_subject_key,
    membership_face,
    memberships,
    read_membership,
    refuse,
    request_name,
)
from taysir.exchange.node import start_node
from taysir.exchange.settings import read_settings
from taysir.exchange.wrapping import unwrap, wrap
from taysir.kernel import limits
from taysir.kernel.canonical import canonical_json
from taysir.kernel.certificates import new_key
from taysir.kernel.checkpoint import NoteSigner
from taysir.kernel.errors import Problem
from taysir.kernel.identifiers import MemberId, ServiceId
from taysir.testing.nodes import HOST, free_ports, no_evidence

MEMBER = MemberId("WAHA", "GOV", "EDU")
NAME = Names(ar="وزارة التعليم", en="Ministry of Education")
KEY_OF_ANOTHER = NoteSigner(
    name="WAHA/log/trf", key=ed25519.Ed25519PrivateKey.generate()
).public.encode()
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def make_authority(folder: Path, *, now: datetime = NOW) -> Path:
    """Make an authority with nobody registered."""
    authority = create_authority(folder, instance="WAHA", organization="Office", now=now)
    ensure_subject_key(folder)
    content = Content(
        instance="WAHA",
        authority=Names(ar="مكتب", en="Office"),
        members=(),
        nodes=(),
        subsystems=(),
        services=(),
        zones=("waha-1",),
    )
    write_federation(authority, content, now=now)
    return folder


def plan(**changes: Any) -> Plan:
    """A reasonable plan."""
    made = Plan(
        member=MEMBER,
        name=NAME,
        authority="http://127.0.0.1:1",
        systems=("portal",),
        host=HOST,
        port=8200,
        zone="waha-1",
    )
    return replace(made, **changes)


def asked(authority: Path, folder: Path, **changes: Any) -> str:
    """Make a node and lay its request before the authority; returns the request's number."""
    make_node(folder, plan(**changes))
    return lay(authority, (folder / "membership.json").read_bytes())


def lay(authority: Path, document: bytes) -> str:
    """Put a request where the face would."""
    name = request_name(document)
    place = authority / "requests"
    place.mkdir(exist_ok=True)
    (place / f"{name}.json").write_bytes(document)
    return name


def request(**changes: Any) -> bytes:
    """The document of a request with changes, signed with fresh keys."""
    said = MembershipRequest(
        member=str(MEMBER),
        name=NAME,
        node="edu",
        host=HOST,
        port=8202,
        zone="waha-1",
        subsystems=(SubsystemRow(id=f"{MEMBER}/portal", name=NAME),),
        member_request="",
        node_request="",
    )
    changed = msgspec.structs.replace(said, **changes)
    return ask_membership(changed, member_key=new_key(), node_key=new_key())


def test_approval_registers_an_agency_and_publishes_it(tmp_path: Path) -> None:
    """Member, node and system are in the document; approving again changes nothing that counts."""
    authority = make_authority(tmp_path / "authority")
    number = asked(authority, tmp_path / "edu")
    assert [(one.name, one.state) for one in memberships(authority)] == [(number, "waiting")]

    for _ in range(2):
        approve(authority, number, now=NOW)
        content = read_content(authority)
        assert [row.id for row in content.members] == [str(MEMBER)]
        assert len(content.members[0].certificates) == 1
        assert [(row.name, row.members) for row in content.nodes] == [("edu", (str(MEMBER),))]
        assert [row.id for row in content.subsystems] == [f"{MEMBER}/portal"]
        assert [row.url for row in content.logs] == ["http://127.0.0.1:8203/log"]
        assert [row.node for row in content.witnesses] == ["edu"]
    assert memberships(authority)[0].state == "approved"


def test_an_agency_joins_over_the_network_and_its_node_starts(tmp_path: Path) -> None:
    """Pinned, asked, approved, installed, started; the subjects' key is the authority's."""
    authority_folder = make_authority(tmp_path / "authority", now=datetime.now(UTC))
    folder = tmp_path / "edu"

    async def scenario() -> None:
        face = authority_face(
            open_authority(authority_folder), also=membership_face(authority_folder)
        )
        server = await serve_http(face, host=HOST, port=0)
        [port] = free_ports(1)
        make_node(folder, plan(authority=f"http://{HOST}:{server.port}", port=port))
        fingerprint = await asyncio.to_thread(pin_authority, folder)
        assert fingerprint == await asyncio.to_thread(pin_authority, folder)
        number = await asyncio.to_thread(send_request, folder)
        with pytest.raises(Problem) as caught:
            await asyncio.to_thread(take_admission, folder)
        assert caught.value.code == "EXC-0524"
        assert not is_admitted(folder)

        approve(authority_folder, number, now=datetime.now(UTC))
        await asyncio.to_thread(take_admission, folder)
        assert is_admitted(folder)
        settings = read_settings(folder / "node.json")
        secret = folder / "keys" / "subject.key"
        assert secret.read_bytes() == (authority_folder / "subject.key").read_bytes()
        source = FederationSource(
            url=settings.federation_url,
            authority_certificate=Path(settings.authority_certificate),
            folder=Path(settings.folder),
            agreements=Path(settings.agreements),
            now=lambda: datetime.now(UTC),
        )
        await asyncio.to_thread(source.current)
        node = await start_node(settings, source=source, package=no_evidence, trust=source)
        entry = source.current().node_for(MEMBER)
        assert entry is not None
        assert entry.port == settings.peer_port
        await node.close()
        await server.close()

    asyncio.run(scenario())


def test_a_refusal_is_told_with_its_reason(tmp_path: Path) -> None:
    """The agency reads what to mend, and nothing was registered."""
    authority = make_authority(tmp_path / "authority")
    number = asked(authority, tmp_path / "edu")
    refuse(authority, number, reason="the name is taken")

    assert memberships(authority)[0].state == "refused"
    assert read_content(authority).members == ()


def test_a_member_adds_a_service_with_the_same_key(tmp_path: Path) -> None:
    """Its certificate stays; the service is registered and in its settings."""
    authority, folder = make_authority(tmp_path / "authority"), tmp_path / "edu"
    approve(authority, asked(authority, folder), now=NOW)
    before = read_content(authority).members
    service = ServiceId.parse(f"{MEMBER}/schools/enrolments")

    document = offer_service(
        folder, service, name=NAME, url="http://127.0.0.1:9000", openapi="/tmp/openapi.json"
    )
    approve(authority, lay(authority, document), now=NOW)

    content = read_content(authority)
    assert content.members == before
    assert content.services == (ServiceRow(id=str(service), name=NAME),)
    settings = read_settings(folder / "node.json")
    assert settings.services == {str(service): "http://127.0.0.1:9000"}
    assert settings.openapi == {str(service): "/tmp/openapi.json"}


def test_nobody_takes_the_place_of_a_registered_member(tmp_path: Path) -> None:
    """Another key for the same member, or the name of another's node, is refused."""
    authority = make_authority(tmp_path / "authority")
    approve(authority, asked(authority, tmp_path / "edu"), now=NOW)
    for number in (
        asked(authority, tmp_path / "thief"),
        lay(
            authority,
            request(
                member="WAHA/GOV/XXX",
                subsystems=(SubsystemRow(id="WAHA/GOV/XXX/portal", name=NAME),),
            ),
        ),
    ):
        with pytest.raises(Problem) as caught:
            approve(authority, number, now=NOW)
        assert caught.value.code == "EXC-0522"
    assert [row.id for row in read_content(authority).members] == [str(MEMBER)]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": Names(ar=" ", en="x")},
        {"subsystems": ()},
        {"subsystems": (SubsystemRow(id="WAHA/GOV/TRF/portal", name=NAME),)},
        {"services": (ServiceRow(id="WAHA/GOV/TRF/a/b", name=NAME),)},
        {"port": 0},
        {"port": 65536},
        {"host": ""},
        {"format": "taysir-membership/0"},
        {"member": "EDU"},
        {"log_port": 8203},
        {"log_port": 8203, "log_key": KEY_OF_ANOTHER, "witness_key": KEY_OF_ANOTHER},
    ],
)
def test_an_unreasonable_request_is_refused(changes: dict[str, Any]) -> None:
    """What could not be registered is not asked for."""
    with pytest.raises(Problem):
        request(**changes)


def test_a_request_for_another_holders_key_is_refused() -> None:
    """The certificate requests inside must name the member and node that ask."""
    said = msgspec.to_builtins(read_membership(request()))
    other = msgspec.to_builtins(
        read_membership(
            request(
                member="WAHA/GOV/XXX",
                subsystems=(SubsystemRow(id="WAHA/GOV/XXX/portal", name=NAME),),
            )
        )
    )
    swapped = {**said, "member_request": other["member_request"]}
    turned = {**said, "member_request": said["node_request"]}
    for document in (swapped, turned):
        with pytest.raises(Problem) as caught:
            read_membership(canonical_json(document))
        assert caught.value.code == "EXC-0522"


def test_an_unregistered_zone_is_refused(tmp_path: Path) -> None:
    """The authority names the zones of the federation."""
    authority = make_authority(tmp_path / "authority")
    with pytest.raises(Problem) as caught:
        approve(authority, lay(authority, request(zone="elsewhere")), now=NOW)
    assert caught.value.code == "EXC-0522"


def test_a_folder_holds_one_node(tmp_path: Path) -> None:
    """Keys are never overwritten."""
    make_node(tmp_path / "edu", plan())
    before = (tmp_path / "edu/keys/member.key").read_bytes()

    with pytest.raises(Problem) as caught:
        make_node(tmp_path / "edu", plan())
    assert caught.value.code == "EXC-0522"
    assert (tmp_path / "edu/keys/member.key").read_bytes() == before


def test_the_face_takes_as_many_requests_as_it_may(tmp_path: Path) -> None:
    """One more than the bound is refused until the office has decided; so is one too long."""
    authority = make_authority(tmp_path / "authority")
    place = authority / "requests"
    place.mkdir()
    for number in range(limits.MEMBERSHIPS_PENDING - 1):
        (place / f"{number:016x}.json").write_bytes(b"{}")
    [handler] = membership_face(authority).values()

    def post(document: bytes) -> int:
        made = Request(method="POST", target=b"/membership", headers=(), body=document)

        async def answered() -> int:
            return (await handler(made)).status

        return asyncio.run(answered())

    first, second = request(), request()
    assert post(first) == 202
    assert post(first) == 202
    assert post(second) == 422
    assert post(b" " * limits.MEMBERSHIP_BYTES) == 400
    assert post(b" " * (limits.MEMBERSHIP_BYTES + 1)) == 422
    (place / f"{0:016x}.decided").write_bytes(b"{}")
    assert post(second) == 202


def test_a_wrapped_secret_is_for_one_key_only() -> None:
    """Another key, or one changed byte, opens nothing."""
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    wrapped = wrap(b"s" * 32, receiver=key.public_key())

    assert unwrap(wrapped, key=key) == b"s" * 32
    assert wrapped != wrap(b"s" * 32, receiver=key.public_key())
    with pytest.raises(Problem):
        unwrap(wrapped, key=other)
    for position in (0, 40, 70, len(wrapped) - 1):
        changed = bytearray(wrapped)
        changed[position] ^= 1
        with pytest.raises(Problem) as caught:
            unwrap(bytes(changed), key=key)
        assert caught.value.code == "EXC-0522"
