"""The doctor finds what keeps a node from working, and names a remedy for each finding."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest

from taysir.cli.doctor_node import examine_node
from taysir.country.examination import Severity
from taysir.exchange.federation import Names
from taysir.exchange.joining import Plan, make_node
from taysir.exchange.keyfiles import certificate_pem
from taysir.kernel import limits
from taysir.kernel.certificates import Subject, Use, Validity, new_key, self_signed
from taysir.kernel.identifiers import MemberId
from taysir.testing.command import command

NOW = datetime.now(UTC)


@contextmanager
def answering(status: int, told: object) -> Iterator[int]:
    """Answer every request on a port of its own with a status and JSON."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = orjson.dumps(told)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """The folder of a node that has its certificates and does not run."""
    folder = tmp_path / "node"
    plan = Plan(
        member=MemberId.parse("WAHA/GOV/EDU"),
        name=Names(ar="التعليم", en="Education"),
        authority="https://authority.example",
        systems=("portal",),
        host="127.0.0.1",
        port=8200,
        zone="waha-1",
        time_stamp="",
    )
    settings = make_node(folder, plan)
    certify(folder, until=NOW + timedelta(days=365))
    (folder / "keys/subject.key").write_bytes(bytes(32))
    (folder / "keys/subject.key").chmod(0o600)
    change(settings, face_port=0, admin_port=1, peer_port=0, log_port=0)
    return folder


def certify(folder: Path, *, until: datetime) -> None:
    """Give a node the certificates that end at a time."""
    subject = Subject(use=Use.AUTHORITY, identifier="WAHA/AUTHORITY", organization="Office")
    validity = Validity(start=NOW - timedelta(days=400), end=until)
    der = self_signed(subject, key=new_key(), serial=1, validity=validity).certificate_der
    for name in ("node", "member"):
        (folder / "keys" / f"{name}.pem").write_bytes(certificate_pem(der))


def change(settings: Path, *, log_port: int | None = None, **changes: object) -> None:
    """Change members of a settings file."""
    told: dict[str, Any] = json.loads(settings.read_text("utf-8"))
    told.update(changes)
    if log_port is not None:
        told["log"]["port"] = log_port
    settings.write_text(json.dumps(told), "utf-8")


def faults(folder: Path) -> dict[str, str]:
    """Return what is not well, by what was looked at; each has its remedy in both languages."""
    found = [each for each in examine_node(folder, now=NOW) if each.severity is not Severity.GOOD]
    assert all(each.remedy_ar and each.remedy_en for each in found)
    return {each.check: each.text_en for each in found}


def test_a_stopped_node_is_named_as_such(node: Path) -> None:
    """Nothing else is wrong with it, and a stopped node is no fault."""
    assert faults(node) == {"running": "The node does not run."}
    assert command("doctor", "--node", str(node)).exit_code == 0


def test_a_running_node_says_itself_what_is_wrong(node: Path) -> None:
    """Ready is well; an error of the family comes with its own remedy, others by status."""
    expired = {"code": "EXC-0110", "params": {"expired_at": "2026-11-24"}}
    for status, told, found in (
        (200, {"status": "ready"}, None),
        (503, expired, "expired at 2026-11-24"),
        (404, {}, "answers with status 404"),
    ):
        with answering(status, told) as port:
            change(node / "node.json", admin_port=port)
            shown = faults(node)

        assert list(shown) == ([] if found is None else ["running"])
        assert (found or "") in shown.get("running", "")


def test_a_port_of_another_program_is_named(node: Path) -> None:
    """The node could not start."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        change(node / "node.json", face_port=port)

        assert str(port) in faults(node)["ports"]


def test_a_key_that_others_can_read_is_a_fault(node: Path) -> None:
    """So is one that is gone; the exit code says so to a program."""
    key = node / "keys/member.key"
    key.chmod(0o640)
    assert "can be read by others" in faults(node)["key"]

    key.unlink()
    assert "is not there" in faults(node)["key"]
    done = command("doctor", "--node", str(node / "node.json"), "--json")
    assert (done.exit_code, orjson.loads(done.stdout)["ok"]) == (1, False)


@pytest.mark.parametrize(
    ("days", "warned"),
    [(limits.CERTIFICATE_WARNING_DAYS, False), (limits.CERTIFICATE_WARNING_DAYS - 1, True)],
)
def test_a_certificate_is_told_of_a_fortnight_before_it_ends(
    node: Path, days: int, warned: bool
) -> None:
    """At the bound nothing is said, a day later it is."""
    certify(node, until=NOW + timedelta(days=days, seconds=60))

    assert ("certificate" in faults(node)) is warned


def test_a_node_that_has_not_joined_is_told_to(node: Path) -> None:
    """Its certificates are not there yet."""
    (node / "keys/node.pem").unlink()

    assert "cannot be read" in faults(node)["certificate"]


def test_an_authority_that_does_not_answer_is_named(node: Path) -> None:
    """The node goes on with its last document; one that answers is well."""
    change(node / "node.json", federation_url="http://127.0.0.1:1/federation")
    assert "does not answer" in faults(node)["authority"]

    with answering(200, {}) as port:
        change(node / "node.json", federation_url=f"http://127.0.0.1:{port}/federation")
        assert "authority" not in faults(node)


def test_too_little_room_for_the_journal_is_a_fault(node: Path) -> None:
    """Two more segments must fit."""
    change(node / "node.json", segment_bytes=1 << 60)

    assert "disk" in faults(node)


def test_settings_that_cannot_be_read_end_the_examination(tmp_path: Path) -> None:
    """Nothing else can be looked at."""
    assert list(faults(tmp_path)) == ["settings"]
