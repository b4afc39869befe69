"""The operator's way through a rotation, command by command, on a running node."""

from __future__ import annotations

import http.client
import json
import signal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from taysir.cli import build_app
from taysir.exchange.keys.ring import TLS
from taysir.exchange.node import RunningNode
from taysir.exchange.settings import read_settings
from taysir.kernel.errors import Problem
from taysir.testing.nodes import HOST
from tests.exchange.keys.running import TRF, Place, make_place, running

APP = build_app(["keys"])
SUBSYSTEM = "WAHA/GOV/TRF/portal"


def keys(*arguments: object) -> dict[str, Any]:
    """Run one command of ``taysir keys`` and return what it prints for programs."""
    result = CliRunner().invoke(APP, ["keys", *map(str, arguments), "--json"])
    if result.exception is not None:
        raise result.exception
    printed: dict[str, Any] = json.loads(result.stdout)
    return printed


def refusal(*arguments: object) -> str:
    with pytest.raises(Problem) as caught:
        keys(*arguments)
    return caught.value.code


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An authority and a node's settings."""
    return make_place(tmp_path)


def states(place: Place) -> dict[str, str]:
    """Which thumbprint is in which state, as ``keys list`` tells."""
    rows = keys("list", "--settings", place.settings)["keys"]
    return {row["thumbprint"]: row["state"] for row in rows}


def let_time_pass(node: RunningNode, place: Place) -> None:
    """Let the node fetch, and the time pass in which all others do."""
    place.fetch()
    ring = node.keys.ring
    ring._settle_s = 0.0
    ring.advance(place.source.current())


@pytest.mark.parametrize("name", [str(TRF), TLS])
def test_a_key_is_replaced_by_five_commands(place: Place, name: str) -> None:
    request, certificate = place.folder / "new.csr", place.folder / "new.pem"
    where = ("--settings", place.settings, "--for", name)
    with running(place) as node:
        before = states(place)
        assert set(before.values()) == {"in-use"}
        made = keys("new", *where, "--request", request)
        assert Path(made["key"]).stat().st_mode & 0o777 == 0o600
        certified = keys(
            "certify", request, "--authority", place.authority.folder, "--certificate", certificate
        )
        new = certified["thumbprint"]
        installed = keys("install", *where, "--certificate", certificate, "--key", made["key"])
        assert installed["told"]
        assert states(place) == {**before, new: "waiting"}
        [old] = [t for t in before if t in _of(place, name)]
        assert refusal("retire", *where) == "EXC-0611"
        let_time_pass(node, place)
        assert states(place) == {**before, old: "previous", new: "in-use"}
        old_key = Path(_previous_key(place, name))
        assert keys("retire", *where)["retired"] == old
        assert not old_key.exists()
        assert old not in states(place)
        shown = place.folder / "keys" / "node-trf.pem" if name == TLS else old
        revoked = keys("revoke", shown, "--authority", place.authority.folder)
        assert revoked["thumbprint"] == old
        place.fetch()
        directory = place.source.current()
        if name == TLS:
            assert directory.node_by_tls(old) is None
            assert directory.node_by_tls(new) is not None
        else:
            listed = directory.certificate(old)
            assert listed is not None
            assert listed.revoked_at is not None
        assert states(place)[new] == "in-use"


def _of(place: Place, name: str) -> set[str]:
    rows = keys("list", "--settings", place.settings)["keys"]
    return {row["thumbprint"] for row in rows if row["place"] == name}


def _previous_key(place: Place, name: str) -> str:
    previous = read_settings(place.settings).previous
    pair = previous.tls if name == TLS else previous.members[name]
    assert pair is not None
    return pair.key


def test_keys_are_listed_when_the_node_does_not_run(place: Place) -> None:
    told = keys("list", "--settings", place.settings)
    assert not told["running"]
    assert {row["kind"] for row in told["keys"]} == {"file"}


def test_a_command_speaks_to_people_in_both_languages(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for language, word in (("ar_QA.UTF-8", "يوما"), ("en_US.UTF-8", "days left")):
        monkeypatch.setenv("LC_ALL", language)
        result = CliRunner().invoke(APP, ["keys", "list", "--settings", str(place.settings)])
        assert word in result.stdout


def test_a_certificate_of_somebody_else_is_not_installed(place: Place) -> None:
    request, certificate = place.folder / "tls.csr", place.folder / "tls.pem"
    made = keys("new", "--settings", place.settings, "--for", TLS, "--request", request)
    keys("certify", request, "--authority", place.authority.folder, "--certificate", certificate)
    arguments = ("--settings", place.settings, "--certificate", certificate)
    assert refusal("install", *arguments, "--for", TRF, "--key", made["key"]) == "EXC-0610"
    other = read_settings(place.settings).tls.key
    assert refusal("install", *arguments, "--for", TLS, "--key", other) == "EXC-0604"


def test_a_certificate_of_another_authority_is_not_installed(place: Place, tmp_path: Path) -> None:
    stranger = make_place(tmp_path / "stranger")
    pair = read_settings(stranger.settings).members[str(TRF)]
    arguments = ("--certificate", pair.certificate, "--key", pair.key, "--for", TRF)
    assert refusal("install", "--settings", place.settings, *arguments) == "EXC-0610"


def test_the_authority_certifies_only_who_is_registered(place: Place, tmp_path: Path) -> None:
    request = tmp_path / "r.csr"
    keys("request", "--settings", place.settings, "--for", TRF, "--request", request)
    stranger = make_place(tmp_path / "empty")
    out = ("--certificate", tmp_path / "out.pem")
    keys("certify", request, "--authority", stranger.authority.folder, *out)
    content = stranger.authority.folder / "content.json"
    content.write_text(content.read_text().replace("GOV/TRF", "GOV/XYZ"))
    assert refusal("certify", request, "--authority", stranger.authority.folder, *out) == "EXC-0609"
    request.write_text("nonsense")
    assert refusal("certify", request, "--authority", place.authority.folder, *out) == "EXC-0608"
    unknown = ("revoke", "A" * 43, "--authority", place.authority.folder)
    assert refusal(*unknown) == "EXC-0609"


@pytest.mark.parametrize("begin", ["A", "-A", "-h", "--"])
def test_a_thumbprint_may_begin_with_a_dash(place: Place, begin: str) -> None:
    name = begin.ljust(43, "h")
    authority = ("--authority", place.authority.folder)
    assert refusal("revoke", name, *authority) == "EXC-0609"
    assert refusal("revoke", *authority, name) == "EXC-0609"
    arguments = ["exposure", name, "--settings", str(place.settings), "--from", "2026-01-01"]
    told = CliRunner().invoke(build_app(["exposure"]), [*arguments, "--json"])
    assert json.loads(told.stdout)["key"] == name


def test_sighup_and_reload_take_new_settings_and_keep_the_old_ones_on_a_fault(
    place: Place,
) -> None:
    with running(place) as node:
        before = node.runtime.signers[TRF].thumbprint
        good = place.settings.read_bytes()
        place.settings.write_text("{")
        assert refusal("reload", "--settings", place.settings) == "EXC-0140"
        node.keys.reload_quietly()
        assert node.runtime.signers[TRF].thumbprint == before
        place.settings.write_bytes(good)
        assert len(keys("reload", "--settings", place.settings)["keys"]) == 2
    assert signal.SIGHUP


# --- API keys ------------------------------------------------------------------------------------


def test_api_keys_are_made_listed_and_revoked(tmp_path: Path) -> None:
    file = tmp_path / "api-keys.json"
    where = ("--file", file)
    made = keys("api-key", "new", *where, "--subsystem", SUBSYSTEM, "--days", 3, "--note", "desk 4")
    [row] = keys("api-key", "list", *where)["keys"]
    assert (row["id"], row["subsystem"], row["note"]) == (made["id"], SUBSYSTEM, "desk 4")
    assert made["key"] not in file.read_text()
    assert keys("api-key", "revoke", made["id"], *where)["id"] == made["id"]
    assert keys("api-key", "list", *where)["keys"] == []
    assert refusal("api-key", "new", *where, "--subsystem", "nonsense") == "KRN-0001"


# --- the admin face ------------------------------------------------------------------------------


def admin(node: RunningNode, method: str, path: str, **headers: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(HOST, node.faces[2].port, timeout=20)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, json.loads(body) if body else {}
    finally:
        connection.close()


def test_the_admin_face_keeps_web_pages_and_other_names_out(place: Place) -> None:
    with running(place) as node:
        assert admin(node, "GET", "/admin/keys")[0] == 200
        status, body = admin(node, "POST", "/admin/keys/reload", Origin="http://evil.example")
        assert (status, body["code"]) == (403, "EXC-0184")
        assert admin(node, "GET", "/admin/keys", Host="evil.example:80")[0] == 403
        assert admin(node, "GET", "/live", Host="evil.example:80")[0] == 200
        assert admin(node, "GET", "/ready")[0] == 200
        assert admin(node, "DELETE", "/admin/keys")[0] == 405
        assert admin(node, "GET", "/admin/keys/reload")[0] == 405


def test_with_a_token_only_who_has_it_may_use_the_admin_face(place: Place) -> None:
    file = place.folder / "token"
    file.touch(mode=0o600)
    file.write_text("very-secret\n")
    settings = json.loads(place.settings.read_text())
    settings["admin"] = {"token": f"file:{file}"}
    place.settings.write_text(json.dumps(settings))
    with running(place) as node:
        assert admin(node, "GET", "/admin/keys")[0] == 403
        assert admin(node, "GET", "/metrics", Authorization="Bearer wrong")[0] == 403
        assert admin(node, "GET", "/admin/keys", Authorization="Bearer very-secret")[0] == 200
        assert admin(node, "GET", "/live")[0] == 200
        assert keys("list", "--settings", place.settings)["running"]
