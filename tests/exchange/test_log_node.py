"""A running node with its log: real witnesses and a real time-stamp authority over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec

from taysir.country.time_stamping.face import KEY_NAME, time_stamping_face
from taysir.exchange.http import Request, Response
from taysir.exchange.http_server import HttpServer, serve_http
from taysir.exchange.keyfiles import write_signer
from taysir.exchange.log import LeafMaker
from taysir.exchange.log_face import LogFace
from taysir.exchange.log_keeper import LogKeeper, LogPorts
from taysir.exchange.log_setup import Transparency
from taysir.exchange.log_trust import LogTrust
from taysir.exchange.node import RunningNode, start_node
from taysir.exchange.stamping import RemoteStamper
from taysir.exchange.trust_status import fetch_status
from taysir.exchange.witness import Witness, WitnessPeer
from taysir.kernel.certificates import Use, Validity, issue_crl
from taysir.kernel.checkpoint import COSIGNATURE, open_note
from taysir.testing.nodes import HOST, Keys, StaticDirectory, free_ports, no_evidence
from tests.exchange.logs import LOG, SECRET, WITNESSES, note_signer, record
from tests.exchange.test_log_setup import node_settings


@dataclass(slots=True, kw_only=True)
class Running:
    """What runs."""

    node: RunningNode
    keeper: LogKeeper
    outsiders: list[HttpServer]
    admin_url: str
    log_url: str


def get(url: str) -> tuple[int, str]:
    """Get an address."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@contextlib.asynccontextmanager
async def running(folder: Path, *, refuse_after_s: float = 3600) -> AsyncIterator[Running]:
    """A node, two witnesses, a time-stamp authority and a status list."""
    now = datetime.now(UTC)
    keys = Keys.make(folder / "keys", now=now)
    stamper, _pair = keys.issue(Use.TIMESTAMP, "WAHA/TSA")
    write_signer(folder / "tsa", name=KEY_NAME, signer=stamper)
    outsiders = [await _witness_face(folder, i) for i in range(2)]
    outsiders.append(await serve_http(time_stamping_face(folder / "tsa"), host=HOST, port=0))
    outsiders.append(await serve_http(_status_face(keys, now=now), host=HOST, port=0))
    first, second, stamping, status = (f"http://{HOST}:{server.port}" for server in outsiders)
    trust = LogTrust(
        logs={LOG.name: (LOG.public,)},
        node_of_log={LOG.name: "trf"},
        witnesses={
            s.name: WitnessPeer(name=s.name, url=f"{url}/witness", keys=(s.public,))
            for s, url in zip(WITNESSES, (first, second), strict=True)
        },
        quorum=2,
        stamp_roots=(keys.authority.certificate_der,),
    )
    root = keys.authority.certificate_der
    keeper = LogKeeper(
        folder / "transparency",
        node="trf",
        signer=LOG,
        leaves=LeafMaker(SECRET),
        ports=LogPorts(
            trust=lambda: trust,
            now_ms=lambda: time.time_ns() // 1_000_000,
            stamper=RemoteStamper(
                f"{stamping}/time-stamp",
                roots=lambda: trust.stamp_roots,
                now=lambda: datetime.now(UTC),
            ),
            fetch_status=partial(fetch_status, f"{status}/authority.crl", authority=root),
        ),
        refuse_after_s=refuse_after_s,
    )
    own = Witness(
        folder / "own",
        signer=note_signer("WAHA/witness/trf", kind=COSIGNATURE),
        logs=dict,
        now_s=lambda: 0,
    )
    node = await _start(folder, keys, transparency=Transparency(keeper=keeper, witness=own, port=0))
    try:
        yield Running(
            node=node,
            keeper=keeper,
            outsiders=outsiders,
            admin_url=f"http://{HOST}:{node.faces[2].port}",
            log_url=f"http://{HOST}:{node.faces[3].port}",
        )
    finally:
        await node.close()
        for server in outsiders:
            await server.close()


async def _witness_face(folder: Path, number: int) -> HttpServer:
    judge = Witness(
        folder / f"witness-{number}",
        signer=WITNESSES[number],
        logs=lambda: {LOG.name: (LOG.public,)},
        now_s=lambda: int(time.time()),
    )
    return await serve_http(LogFace(None, witness=judge), host=HOST, port=0)


def _status_face(keys: Keys, *, now: datetime) -> object:
    period = Validity(start=now, end=now + timedelta(hours=1))
    crl = issue_crl(keys.authority, revoked=[], number=1, validity=period)

    async def answer(request: Request) -> Response:
        return Response(body=crl)

    return answer


async def _start(folder: Path, keys: Keys, *, transparency: Transparency) -> RunningNode:
    _signer, tls = keys.issue(Use.NODE, "WAHA/trf")
    (folder / "subject.key").write_bytes(bytes(32))
    face, admin, peer = free_ports(3)
    settings = msgspec.structs.replace(
        node_settings(folder),
        face_port=face,
        admin_port=admin,
        peer_port=peer,
        tls=tls,
        tls_authorities=str(folder / "keys" / "ca.crt"),
        subject_key=str(folder / "subject.key"),
        agreements=str(folder / "agreements"),
        segment_bytes=1 << 20,
    )
    directory = StaticDirectory(expires_at=keys.now + timedelta(hours=1))
    return await start_node(
        settings, source=directory, package=no_evidence, transparency=transparency
    )


def test_a_nodes_records_are_witnessed_and_stamped(tmp_path: Path) -> None:
    """Over HTTP from the journal to the cosigned checkpoint that anyone may fetch."""

    async def run() -> None:
        async with running(tmp_path) as place:
            for number in range(5):
                await place.node.runtime.journal.append(record(number))
            assert await place.keeper.settle(4, timeout_s=20)

            status, note = await asyncio.to_thread(get, f"{place.log_url}/log/checkpoint")
            keys = [LOG.public, *(w.public for w in WITNESSES)]
            checkpoint, signed = open_note(note.encode(), keys=keys)
            assert (status, checkpoint.size, len(signed)) == (200, 5, 3)
            _status, text = await asyncio.to_thread(get, f"{place.admin_url}/ready")
            shown = json.loads(text)["log"]
            assert (shown["records"], shown["stamped"], shown["witnesses"]) == (5, 5, 2)
            _status, text = await asyncio.to_thread(get, f"{place.admin_url}/metrics")
            assert 'taysir_log_stamped_total{in_time="yes"} 5' in text
            assert "taysir_log_oldest_unstamped_seconds 0.0" in text

    asyncio.run(run())


def test_calls_stop_when_third_parties_are_gone_too_long(tmp_path: Path) -> None:
    """The ready check says why, with the remedy; the metrics and the log go on."""

    async def run() -> None:
        async with running(tmp_path, refuse_after_s=0.001) as place:
            for server in place.outsiders:
                await server.close()
            await place.node.runtime.journal.append(record(0))
            assert not await place.keeper.settle(0, timeout_s=20)

            status, text = await asyncio.to_thread(get, f"{place.admin_url}/ready")
            assert status == 503
            assert "EXC-0542" in text
            status, text = await asyncio.to_thread(get, f"{place.admin_url}/metrics")
            assert 'taysir_log_failures_total{party="stamp"} 1' in text
            assert 'taysir_log_failures_total{party="witness"} 2' in text
            status, text = await asyncio.to_thread(get, f"{place.log_url}/log/checkpoint")
            assert status == 200

    asyncio.run(run())
