"""``taysir verify`` and ``taysir evidence``: exit codes, words for people, JSON for programs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import orjson
import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from taysir.cli import build_app
from taysir.exchange.keyfiles import certificate_pem
from taysir.exchange.package import pack, unpack
from taysir.kernel.errors import Problem
from taysir.testing.command import command
from taysir.testing.nodes import PERSONS, PURPOSE, TwoNodes
from tests.exchange.logged_country import logged_country, make, packed, stamped_package
from tests.exchange.test_evidence_range import good

APP = build_app(["verify", "evidence"])


@pytest.fixture
def anchor(tmp_path: Path) -> Path:
    """The authority's certificate in a file."""
    file = tmp_path / "authority.pem"
    file.write_bytes(certificate_pem(logged_country().authority.root.certificate_der))
    return file


def verify(folder: Path, data: bytes, *words: str) -> Result:
    """Run the verb on a file with this content."""
    file = folder / "evidence.zip"
    file.write_bytes(data)
    return CliRunner().invoke(APP, ["verify", str(file), *words])


def test_stamped_evidence_is_called_so(tmp_path: Path, anchor: Path) -> None:
    """Every step has its mark, and the last line says who vouches."""
    result = verify(tmp_path, stamped_package(), "--anchor", str(anchor), "--stamped")

    assert result.exit_code == 0
    assert result.output.count("✓") == 14


def test_pending_evidence_is_called_so(tmp_path: Path, anchor: Path) -> None:
    """Valid as far as it goes: 0; asked for stamped evidence: 1."""
    data = packed(make(), gone=["stamp"])

    shown = verify(tmp_path, data, "--anchor", str(anchor))
    strict = verify(tmp_path, data, "--anchor", str(anchor), "--stamped")

    assert (shown.exit_code, strict.exit_code) == (0, 1)
    assert "pending" in shown.output
    assert shown.output.count("…") == 1


@pytest.mark.parametrize(
    ("gone", "state", "pending"), [([], "stamped", 0), (["log"], "pending", 4)]
)
def test_programs_read_the_state(
    tmp_path: Path, anchor: Path, gone: list[str], state: str, pending: int
) -> None:
    """State and pending steps as JSON."""
    data = packed(make(), gone=gone)

    found = orjson.loads(verify(tmp_path, data, "--anchor", str(anchor), "--json").output)

    assert (found["ok"], found["kind"], found["state"]) == (True, "evidence", state)
    assert sum(step["pending"] is not None for step in found["steps"]) == pending


def test_a_range_is_known_by_itself(tmp_path: Path, anchor: Path) -> None:
    """The same verb; counts for people and for programs."""
    shown = verify(tmp_path, good(), "--anchor", str(anchor), "--stamped")
    found = orjson.loads(verify(tmp_path, good(), "--anchor", str(anchor), "--json").output)

    assert shown.exit_code == 0
    assert (found["kind"], found["exchanges"], found["state"]) == ("evidence-range", 5, "stamped")
    assert found["stamped_at"].startswith("2026-11-24T09:00:10")


def test_what_is_changed_is_not_valid(tmp_path: Path, anchor: Path) -> None:
    """Exit code 1 for a package and for a range."""
    for data in (stamped_package(), good()):
        files = unpack(data)
        files["federation.jws"] = files["federation.jws"][1:]
        result = verify(tmp_path, pack(files), "--anchor", str(anchor))

        assert result.exit_code == 1
        assert "federation.jws" in result.output


def test_what_is_no_evidence_is_unreadable(tmp_path: Path) -> None:
    """Exit code 2."""
    assert verify(tmp_path, b"something else").exit_code == 2
    assert command("verify", str(tmp_path / "missing")).exit_code == 2


def test_without_an_anchor_the_fingerprint_is_shown(tmp_path: Path) -> None:
    """To compare with an independent source."""
    der = logged_country().authority.root.certificate_der
    fingerprint = hashlib.sha256(der).hexdigest()
    for data in (stamped_package(), good()):
        result = verify(tmp_path, data)

        assert result.exit_code == 0
        assert fingerprint in result.output.replace("\n", "")


def test_evidence_is_fetched_from_a_node(shared_nodes: TwoNodes, tmp_path: Path) -> None:
    """A package, and the reason where there is none."""
    with shared_nodes.client() as client:
        number = client.ask(PERSONS, method="GET", path="/persons/7", purpose=PURPOSE).exchange_id
    file = tmp_path / "e.zip"
    words = ["-o", str(file), "--node", shared_nodes.admin_url]

    with capture_logs():
        fetched = CliRunner().invoke(APP, ["evidence", number, "--no-bodies", *words, "--json"])
        unknown = CliRunner().invoke(APP, ["evidence", "no-such-exchange", *words])
        ranged = CliRunner().invoke(APP, ["evidence", "--from", "0", "--count", "1", *words])

    assert orjson.loads(fetched.output)["bytes"] == len(file.read_bytes())
    for result, status in ((unknown, 404), (ranged, 409)):
        assert isinstance(result.exception, Problem)
        assert result.exception.kind.status == status
