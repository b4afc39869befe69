"""Who may call as which subsystem: registered certificates, API keys, and nobody else."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from taysir.exchange.access import Access, new_api_key, read_api_keys, revoke_api_key
from taysir.exchange.client import ExchangeClient, Outcome
from taysir.exchange.guard import make_guard
from taysir.exchange.http import Request
from taysir.exchange.keyfiles import certificate_der
from taysir.exchange.settings import FaceSettings, KeyPair
from taysir.kernel import limits
from taysir.kernel.certificates import Use
from taysir.kernel.errors import Problem
from taysir.testing.nodes import HOST, PERSONS, PORTAL, PURPOSE, TwoNodes
from tests.exchange.extra_node import changed, extra_node

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OTHER = PORTAL.owner.subsystem("other")


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(Problem) as caught:
        call()
    return caught.value.code


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


def request(client: object = PORTAL, *, key: str = "", der: bytes | None = None) -> Request:
    headers = [(b"x-road-client", str(client).encode())] if client else []
    if key:
        headers.append((b"taysir-api-key", key.encode()))
    return Request(method="GET", target=b"/", headers=tuple(headers), peer_certificate_der=der)


# --- API keys ------------------------------------------------------------------------------------


def test_a_key_speaks_for_its_subsystem_only_until_it_expires(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "api-keys.json"
    key, entry = new_api_key(file, subsystem=PORTAL, days=7, now=NOW)
    access = Access(FaceSettings(api_keys=str(file)), now=clock)
    access.check(request(key=key))
    access.check(request(client="", key=key))
    assert code_of(lambda: access.check(request(OTHER, key=key))) == "EXC-0182"
    assert code_of(lambda: access.check(request())) == "EXC-0181"
    assert code_of(lambda: access.check(request(key=key + "x"))) == "EXC-0181"
    assert code_of(lambda: access.check(request(key="tk_" + entry.id + "_x"))) == "EXC-0181"
    assert code_of(lambda: access.check(request(key="nonsense"))) == "EXC-0181"
    clock.time = entry.expires_at - timedelta(seconds=1)
    access.check(request(key=key))
    clock.time = entry.expires_at
    assert code_of(lambda: access.check(request(key=key))) == "EXC-0181"


def test_only_a_digest_of_a_key_is_kept_and_only_for_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "api-keys.json"
    key, entry = new_api_key(file, subsystem=PORTAL, days=7, now=NOW, note="Sara's laptop")
    assert key not in file.read_text()
    assert key.rpartition("_")[2] not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_api_keys(file) == [entry]


def test_a_revoked_key_is_refused_at_the_next_look(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "api-keys.json"
    key, entry = new_api_key(file, subsystem=PORTAL, days=7, now=NOW)
    kept, _entry = new_api_key(file, subsystem=OTHER, days=7, now=NOW)
    access = Access(FaceSettings(api_keys=str(file)), now=clock)
    access.check(request(key=key))
    assert revoke_api_key(file, number=entry.id) == entry
    clock.time += timedelta(seconds=2)
    assert code_of(lambda: access.check(request(key=key))) == "EXC-0181"
    access.check(request(OTHER, key=kept))
    assert code_of(lambda: revoke_api_key(file, number=entry.id)) == "EXC-0183"


@pytest.mark.parametrize(("days", "good"), [(0, False), (1, True), (366, True), (367, False)])
def test_a_key_s_life_is_bounded(tmp_path: Path, days: int, good: bool) -> None:
    assert limits.API_KEY_DAYS == 366
    file = tmp_path / "api-keys.json"
    if good:
        new_api_key(file, subsystem=PORTAL, days=days, now=NOW)
    else:
        assert (
            code_of(lambda: new_api_key(file, subsystem=PORTAL, days=days, now=NOW)) == "EXC-0183"
        )


def test_a_file_holds_so_many_keys_and_no_more(tmp_path: Path) -> None:
    file = tmp_path / "api-keys.json"
    new_api_key(file, subsystem=PORTAL, days=1, now=NOW)
    [entry] = json.loads(file.read_text())
    file.write_text(json.dumps([entry] * (limits.API_KEYS - 1)))
    new_api_key(file, subsystem=PORTAL, days=1, now=NOW)
    assert code_of(lambda: new_api_key(file, subsystem=PORTAL, days=1, now=NOW)) == "EXC-0183"
    file.write_text(json.dumps([entry] * (limits.API_KEYS + 1)))
    assert code_of(lambda: read_api_keys(file)) == "EXC-0183"


@pytest.mark.parametrize("content", ["{", "[{}]", None])
def test_a_broken_file_of_keys_stops_the_start(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "api-keys.json"
    if content is not None:
        file.write_text(content)
    assert code_of(lambda: Access(FaceSettings(api_keys=str(file)), now=Clock())) == "EXC-0183"


# --- certificates --------------------------------------------------------------------------------


def test_a_certificate_speaks_for_the_subsystems_it_is_registered_for(
    shared_nodes: TwoNodes,
) -> None:
    _signer, pair = shared_nodes.keys.issue(Use.NODE, "WAHA/portal-client")
    der = certificate_der(Path(pair.certificate).read_bytes())
    settings = FaceSettings(
        clients={str(PORTAL): (pair.certificate,), str(OTHER): (pair.certificate,)}
    )
    access = Access(settings, now=Clock())
    access.check(request(der=der))
    access.check(request(OTHER, der=der))
    third = PORTAL.owner.subsystem("third")
    assert code_of(lambda: access.check(request(third, der=der))) == "EXC-0182"
    assert code_of(lambda: access.check(request(der=der + b"x"))) == "EXC-0181"


def test_without_registrations_everyone_may_call() -> None:
    access = Access(FaceSettings(), now=Clock())
    assert not access.enforced
    access.check(request())


@pytest.mark.parametrize(
    ("host", "open_to_all", "starts"),
    [
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("localhost", False, True),
        ("0.0.0.0", False, False),
        ("node.example", False, False),
        ("0.0.0.0", True, True),
    ],
)
def test_a_face_that_is_open_to_all_is_for_loopback_only(
    shared_nodes: TwoNodes, tmp_path: Path, host: str, open_to_all: bool, starts: bool
) -> None:
    settings = changed(
        shared_nodes, tmp_path, host=host, face=FaceSettings(open_to_all=open_to_all)
    )
    if starts:
        make_guard(settings, now=Clock())
    else:
        assert code_of(lambda: make_guard(settings, now=Clock())) == "EXC-0140"


# --- over TLS ------------------------------------------------------------------------------------


def call(
    port: int, *, ca: str, pair: KeyPair | None = None, key: str = "", client: object = PORTAL
) -> tuple[int, dict[str, str]]:
    """Call a TLS face; returns status and body."""
    tls = ssl.create_default_context(cafile=ca)
    if pair is not None:
        tls.load_cert_chain(pair.certificate, pair.key)
    headers = {"X-Road-Client": str(client), "Taysir-Purpose": PURPOSE}
    if key:
        headers["Taysir-Api-Key"] = key
    asked = urllib.request.Request(f"https://{HOST}:{port}/r1/{PERSONS}/persons/7", headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=20, context=tls) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_over_tls_a_registered_certificate_calls_and_another_does_not(
    shared_nodes: TwoNodes, tmp_path: Path
) -> None:
    keys = shared_nodes.keys
    _face, face = keys.issue(Use.NODE, "WAHA/face")
    _portal, portal = keys.issue(Use.NODE, "WAHA/portal-client")
    _stranger, stranger = keys.issue(Use.NODE, "WAHA/stranger")
    settings = FaceSettings(tls=face, clients={str(PORTAL): (portal.certificate,)})
    ca = shared_nodes.settings["asking"].tls_authorities
    with extra_node(shared_nodes, changed(shared_nodes, tmp_path, face=settings)) as node:
        port = node.faces[1].port
        status, body = call(port, ca=ca, pair=portal)
        assert (status, body["path"]) == (200, "/persons/7")
        status, body = call(port, ca=ca, pair=portal, client=OTHER)
        assert (status, body["code"]) == (403, "EXC-0182")
        assert body["type"] == "Server.ClientProxy.AccessDenied"
        assert body["title_ar"]
        assert body["responsible"] == "caller"
        for pair in (stranger, None):
            with pytest.raises(OSError, match=r"alert|EOF|reset|closed|Remote end"):
                call(port, ca=ca, pair=pair)


def test_over_tls_an_api_key_takes_the_place_of_a_certificate(
    shared_nodes: TwoNodes, tmp_path: Path
) -> None:
    _face, face = shared_nodes.keys.issue(Use.NODE, "WAHA/face")
    _portal, portal = shared_nodes.keys.issue(Use.NODE, "WAHA/portal-client")
    file = tmp_path / "api-keys.json"
    key, entry = new_api_key(file, subsystem=PORTAL, days=1, now=datetime.now(UTC))
    settings = FaceSettings(
        tls=face, clients={str(OTHER): (portal.certificate,)}, api_keys=str(file)
    )
    ca = shared_nodes.settings["asking"].tls_authorities
    with extra_node(shared_nodes, changed(shared_nodes, tmp_path, face=settings)) as node:
        port = node.faces[1].port
        assert call(port, ca=ca, key=key)[0] == 200
        status, body = call(port, ca=ca)
        assert (status, body["code"]) == (401, "EXC-0181")
        assert body["type"] == "Server.ClientProxy.SslAuthenticationFailed"
        assert call(port, ca=ca, key=key, client=OTHER)[1]["code"] == "EXC-0182"
        counted = node.runtime.counters.refusals
        assert counted["information-systems", "EXC-0181"] == 1
        seen = [value for row in node.runtime.journal.latest(limit=5) for value in [row.request]]
        assert all(key.encode() not in token for token in seen)
        assert entry.subsystem == str(PORTAL)


def test_our_own_client_speaks_with_a_protected_face_over_one_kept_connection(
    shared_nodes: TwoNodes, tmp_path: Path
) -> None:
    keys = shared_nodes.keys
    _face, face = keys.issue(Use.NODE, "WAHA/face")
    _portal, portal = keys.issue(Use.NODE, "WAHA/portal-client")
    file = tmp_path / "api-keys.json"
    key, _entry = new_api_key(file, subsystem=PORTAL, days=1, now=datetime.now(UTC))
    settings = FaceSettings(
        tls=face, clients={str(PORTAL): (portal.certificate,)}, api_keys=str(file)
    )
    trusting = ssl.create_default_context(cafile=shared_nodes.settings["asking"].tls_authorities)
    showing = ssl.create_default_context(cafile=shared_nodes.settings["asking"].tls_authorities)
    showing.load_cert_chain(portal.certificate, portal.key)
    with extra_node(shared_nodes, changed(shared_nodes, tmp_path, face=settings)) as node:
        url = f"https://{HOST}:{node.faces[1].port}"
        for tls, api_key in ((showing, ""), (trusting, key)):
            with ExchangeClient(
                face_url=url, admin_url=url, client=PORTAL, tls=tls, api_key=api_key
            ) as client:
                for _ in range(3):
                    answer = client.ask(PERSONS, path="/persons/7", purpose=PURPOSE)
                    assert answer.outcome is Outcome.ANSWERED
                assert node.faces[1].connections == 1
            deadline = time.monotonic() + 10
            while node.faces[1].connections and time.monotonic() < deadline:
                time.sleep(0.01)
