"""Two real nodes as processes of their own, a back end, and a load generator: what benches need.

Nothing here measures. The nodes are started as in production, from settings files, with a signed
federation document and signed agreements; the back end is nginx where there is one, and otherwise
our own HTTP server in a process of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from taysir.exchange.authority import create_authority, issue_member, issue_node, write_federation
from taysir.exchange.contracts import agree, write_agreement
from taysir.exchange.federation import (
    Content,
    MemberRow,
    Names,
    NodeRow,
    ServiceRow,
    SubsystemRow,
)
from taysir.exchange.http import HttpLimits
from taysir.exchange.keyfiles import write_signer
from taysir.exchange.partner_limits import Allowance
from taysir.exchange.settings import KeyPair, NodeSettings
from taysir.exchange.terms import OperationTerms, Terms
from taysir.kernel.identifiers import MemberId, ServiceId, SubsystemId
from taysir.kernel.signature import Signer, base64url
from taysir.testing.nodes import free_ports

HOST = "127.0.0.1"
ASKING, ANSWERING = MemberId("BENCH", "GOV", "ASK"), MemberId("BENCH", "GOV", "ANS")
CLIENT: SubsystemId = ASKING.subsystem("portal")
ALONE: ServiceId = ANSWERING.subsystem("population").service("persons")
BATCHED: ServiceId = ANSWERING.subsystem("population").service("bulk")
PURPOSE = "bench"
ANSWER = b'{"answer":"' + b"x" * 1011 + b'"}'
_RUN_NODE = (
    "import sys; from pathlib import Path; from taysir.exchange.process import run;"
    " run(Path(sys.argv[1]))"
)
QUESTION = b'{"question":"' + b"y" * 1009 + b'"}'


@dataclass(slots=True)
class Process:
    """A started process whose use of the machine can be read."""

    popen: subprocess.Popen[bytes]

    def cpu_s(self) -> float:
        """Return the processor time it used, its children's included."""
        total = 0
        for pid in (self.popen.pid, *_children(self.popen.pid)):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Return its proportional set size."""
        text = Path(f"/proc/{self.popen.pid}/smaps_rollup").read_text()
        found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0

    def stop(self) -> None:
        """End it and wait."""
        self.popen.terminate()
        try:
            self.popen.wait(10)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait(10)


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed]


@dataclass(slots=True)
class Ground:
    """The running processes and where to call."""

    folder: Path
    authority: Path
    asking: Process
    answering: Process
    face_port: int
    backend_port: int
    start_s: float
    stack: ExitStack = field(repr=False)

    def url(self, service: ServiceId) -> str:
        """Return the address of a call through both nodes."""
        return f"http://{HOST}:{self.face_port}/r1/{service}/echo"


def wait_for_port(port: int, *, timeout_s: float = 20.0) -> float:
    """Wait until somebody listens; returns the time it took."""
    began = time.perf_counter()
    while time.perf_counter() - began < timeout_s:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return time.perf_counter() - began
        time.sleep(0.005)
    raise RuntimeError(f"nobody listens on port {port}")


def start(command: list[str], *, folder: Path, log: str) -> Process:
    """Start a process that writes what it says to a log file."""
    with (folder / log).open("wb") as output:
        popen = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    return Process(popen)


def lay_ground(folder: Path, *, stack: ExitStack, workers: int = 0) -> Ground:
    """Make keys and agreements, start back end and nodes; everything ends with the stack."""
    ports = free_ports(7)
    backend_port = ports[6]
    stack.callback(start_backend(folder / "backend", port=backend_port).stop)
    settings = _settle(folder, ports[:6], backend=f"http://{HOST}:{backend_port}")
    processes = {}
    began = time.perf_counter()
    for name, one in settings.items():
        file = folder / f"{name}.json"
        file.write_bytes(msgspec.json.encode(msgspec.structs.replace(one, workers=workers)))
        command = [sys.executable, "-c", _RUN_NODE, str(file)]
        processes[name] = start(command, folder=folder, log=f"{name}.log")
        stack.callback(processes[name].stop)
    for one in settings.values():
        wait_for_port(one.face_port)
    return Ground(
        folder=folder,
        authority=Path(settings["asking"].authority_certificate),
        asking=processes["asking"],
        answering=processes["answering"],
        face_port=settings["asking"].face_port,
        backend_port=backend_port,
        start_s=time.perf_counter() - began,
        stack=stack,
    )


def start_backend(folder: Path, *, port: int) -> Process:
    """Start what answers 1 KB of JSON to everything."""
    folder.mkdir(parents=True)
    if shutil.which("nginx"):
        configuration = nginx_configuration(
            folder,
            f"server {{ listen {HOST}:{port}; location / {{ default_type application/json;"
            f" return 200 '{ANSWER.decode()}'; }} }}",
        )
        process = start(["nginx", "-c", str(configuration)], folder=folder, log="nginx.log")
    else:
        process = start(
            [sys.executable, "-m", "bench.backend", str(port)], folder=folder, log="backend.log"
        )
    wait_for_port(port)
    return process


def nginx_configuration(folder: Path, servers: str) -> Path:
    """Write a configuration of one worker that keeps its connections."""
    file = folder / "nginx.conf"
    temporary = " ".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file.write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log warn;\n"
        "events { worker_connections 4096; }\n"
        f"http {{ access_log off; keepalive_requests 100000000; {temporary}\n{servers}\n}}\n"
    )
    return file


def _settle(folder: Path, ports: list[int], *, backend: str) -> dict[str, NodeSettings]:
    """Make the authority, its document, keys, agreements and the settings of both nodes."""
    now = datetime.now(UTC)
    authority = create_authority(
        folder / "authority", instance="BENCH", organization="Programme Office", now=now
    )
    members = {
        "asking": (ASKING, issue_member(authority, ASKING, organization="Asking", now=now)),
        "answering": (ANSWERING, issue_member(authority, ANSWERING, organization="Ans", now=now)),
    }
    nodes = {
        name: issue_node(authority, name, organization="Node", hosts=[HOST], now=now)
        for name in members
    }
    names = Names(ar="جهة", en="Agency")
    content = Content(
        instance="BENCH",
        authority=names,
        members=tuple(
            MemberRow(id=str(m), name=names, certificates=(base64url(s.certificate_der),))
            for m, s in members.values()
        ),
        nodes=tuple(
            NodeRow(
                name=name,
                host=HOST,
                port=ports[number * 3 + 2],
                tls=signer.thumbprint,
                zone="bench",
                members=(str(members[name][0]),),
            )
            for number, (name, signer) in enumerate(nodes.items())
        ),
        subsystems=(SubsystemRow(id=str(CLIENT), name=names),),
        services=tuple(ServiceRow(id=str(s), name=names) for s in (ALONE, BATCHED)),
        zones=("bench",),
    )
    token = write_federation(authority, content, now=now)
    for service in (ALONE, BATCHED):
        terms = Terms(
            consumer=str(CLIENT),
            service=str(service),
            purposes=(PURPOSE,),
            legal_basis="BENCH/1",
            operations=tuple(OperationTerms(method=m, path="/echo") for m in ("GET", "POST")),
            fields=("/answer",),
            batch=service is BATCHED,
            valid_from=(now - timedelta(days=1)).replace(microsecond=0),
            valid_until=(now + timedelta(days=1)).replace(microsecond=0),
        )
        signed = agree(
            terms,
            consumer_signer=members["asking"][1],
            provider_signer=members["answering"][1],
            at=now,
        )
        write_agreement(folder / "agreements", agreement=signed)
    (folder / "subject.key").write_bytes(os.urandom(32))
    settings = {}
    for number, (name, (member, signer)) in enumerate(members.items()):
        (folder / name).mkdir()
        (folder / name / "federation.jws").write_bytes(token)
        face, admin, peer = ports[number * 3 : number * 3 + 3]
        settings[name] = NodeSettings(
            name=name,
            zone="bench",
            folder=str(folder / name),
            host=HOST,
            face_port=face,
            admin_port=admin,
            peer_port=peer,
            tls=_pair(folder, f"{name}-tls", nodes[name]),
            tls_authorities=str(authority.certificate_file),
            members={str(member): _pair(folder, f"{name}-member", signer)},
            services={str(s): backend for s in (ALONE, BATCHED)} if name == "answering" else {},
            subject_key=str(folder / "subject.key"),
            federation_url=f"http://{HOST}:1/federation",
            authority_certificate=str(authority.certificate_file),
            agreements=str(folder / "agreements"),
            http=HttpLimits(connections=512, connections_per_address=512),
            partner_allowance=Allowance(requests_per_s=1e6, burst=100_000, calls=2048),
            client_allowance=Allowance(requests_per_s=1e6, burst=100_000, calls=2048),
        )
    return settings


def _pair(folder: Path, name: str, signer: Signer) -> KeyPair:
    certificate, key = write_signer(folder / "keys", name=name, signer=signer)
    return KeyPair(certificate=str(certificate), key=str(key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a run of the load generator found."""

    per_s: float
    p50_ms: float
    p99_ms: float
    failed: int


Measure = Callable[[str], Load]


def wrk(url: str, *, connections: int, seconds: int, folder: Path, method: str = "GET") -> Load:
    """Drive an address with wrk: 1 KB with the headers of a call."""
    script = folder / "call.lua"
    script.write_text(
        f'wrk.method = "{method}"\n'
        f"wrk.body = {QUESTION.decode()!r}\n"
        'wrk.headers["Content-Type"] = "application/json"\n'
        f'wrk.headers["X-Road-Client"] = "{CLIENT}"\n'
        f'wrk.headers["Taysir-Purpose"] = "{PURPOSE}"\n'
    )
    done = subprocess.run(
        [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--latency",
            "--timeout",
            "10s",
            "-s",
            str(script),
            url,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return read_wrk(done.stdout)


def read_wrk(text: str) -> Load:
    """Read what wrk prints."""
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(
        r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text
    )
    if rate is None:
        raise RuntimeError(f"wrk said nothing of use: {text[:400]}")
    return Load(
        per_s=float(rate[1]),
        p50_ms=_percentile(text, 50),
        p99_ms=_percentile(text, 99),
        failed=(int(bad[1]) if bad else 0) + (sum(map(int, errors.groups())) if errors else 0),
    )


def _percentile(text: str, percent: int) -> float:
    found = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s)", text, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"wrk printed no {percent}th percentile")
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]
