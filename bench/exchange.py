"""The exchange at full speed: two nodes as processes, a back end and the clients on this machine.

Every call carries 1 KB and is answered with 1 KB: signed and verified both ways, projected, both
bodies journalled and synced at both nodes before the answer. A POST, which may change something, is
also journalled at the provider before the back end is asked, and is measured apart. Rounds of both
modes, of a direct call to the back end and, where nginx is installed, of two nginx hops with mutual
TLS and no signatures (the limit of a proxy) are interleaved; printed are medians.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench._ground import (
    ALONE,
    BATCHED,
    HOST,
    Ground,
    Load,
    lay_ground,
    nginx_configuration,
    start,
    wait_for_port,
    wrk,
)
from taysir.testing.nodes import free_ports

ROUNDS = 3
SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One run of one kind, with what it cost the nodes."""

    load: Load
    asking_us: float = 0.0
    answering_us: float = 0.0


def run() -> list[dict[str, Any]]:
    """Return one row a measure."""
    if not shutil.which("wrk"):
        raise SystemExit("bench exchange needs the load generator wrk (Debian package wrk)")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ground = lay_ground(folder, stack=stack)
        kinds = _kinds(ground)
        for drive in kinds.values():
            drive(1)
        rounds: dict[str, list[Round]] = {name: [] for name in kinds}
        for _ in range(ROUNDS):
            for name, drive in kinds.items():
                rounds[name].append(drive(SECONDS))
        memory = max(ground.asking.memory_mb(), ground.answering.memory_mb())
        return _report(rounds, ground=ground, memory_mb=memory)


def _kinds(ground: Ground) -> dict[str, Callable[[int], Round]]:
    folder, direct = ground.folder, f"http://{HOST}:{ground.backend_port}/echo"
    kinds: dict[str, Callable[[int], Round]] = {
        "single": lambda s: drive(ground, ground.url(ALONE), connections=1, seconds=s),
        "alone": lambda s: drive(ground, ground.url(ALONE), connections=64, seconds=s),
        "unsafe": lambda s: drive(
            ground, ground.url(ALONE), connections=64, seconds=s, method="POST"
        ),
        "batched": lambda s: drive(ground, ground.url(BATCHED), connections=100, seconds=s),
        "direct single": lambda s: Round(load=wrk(direct, connections=1, seconds=s, folder=folder)),
        "direct": lambda s: Round(load=wrk(direct, connections=64, seconds=s, folder=folder)),
    }
    if shutil.which("nginx"):
        limit = _start_nginx_hops(ground)
        kinds["nginx"] = lambda s: Round(load=wrk(limit, connections=64, seconds=s, folder=folder))
    return kinds


def drive(
    ground: Ground, url: str, *, connections: int, seconds: int, method: str = "GET"
) -> Round:
    """Call through both nodes for some seconds; returns the load and what it cost each node."""
    before = ground.asking.cpu_s(), ground.answering.cpu_s()
    load = wrk(url, connections=connections, seconds=seconds, folder=ground.folder, method=method)
    calls = load.per_s * seconds
    if load.failed:
        raise RuntimeError(f"{load.failed} calls failed; see {ground.folder}")
    return Round(
        load=load,
        asking_us=(ground.asking.cpu_s() - before[0]) / calls * 1e6,
        answering_us=(ground.answering.cpu_s() - before[1]) / calls * 1e6,
    )


def _start_nginx_hops(ground: Ground) -> str:
    """Start two nginx with mutual TLS 1.3 between them; returns the first one's address."""
    entry, exit_ = free_ports(2)
    keys, authority = ground.folder / "keys", ground.authority
    first = (
        f"upstream peer {{ server {HOST}:{exit_}; keepalive 64; }}\n"
        f"server {{ listen {HOST}:{entry}; location / {{ proxy_pass https://peer;"
        " proxy_http_version 1.1; proxy_set_header Connection '';"
        # A node's certificate names an address, which nginx cannot check; that costs nothing.
        " proxy_ssl_protocols TLSv1.3; proxy_ssl_verify off;"
        f" proxy_ssl_certificate {keys}/asking-tls.pem;"
        f" proxy_ssl_certificate_key {keys}/asking-tls.key; }} }}"
    )
    second = (
        f"upstream back {{ server {HOST}:{ground.backend_port}; keepalive 64; }}\n"
        f"server {{ listen {HOST}:{exit_} ssl; ssl_protocols TLSv1.3; ssl_verify_client on;"
        f" ssl_client_certificate {authority}; ssl_verify_depth 3;"
        f" ssl_certificate {keys}/answering-tls.pem;"
        f" ssl_certificate_key {keys}/answering-tls.key;"
        " location / { proxy_pass http://back; proxy_http_version 1.1;"
        " proxy_set_header Connection ''; } }"
    )
    servers = {"first": (entry, first), "second": (exit_, second)}
    for name, (port, server) in servers.items():
        folder = ground.folder / f"nginx-{name}"
        folder.mkdir()
        configuration = nginx_configuration(folder, server)
        process = start(["nginx", "-c", str(configuration)], folder=folder, log="out.log")
        ground.stack.callback(process.stop)
        wait_for_port(port)
    return f"http://{HOST}:{entry}/echo"


def _report(
    rounds: dict[str, list[Round]], *, ground: Ground, memory_mb: float
) -> list[dict[str, Any]]:
    def median(kind: str, of: Callable[[Round], float]) -> float:
        return statistics.median(of(each) for each in rounds[kind])

    alone, batched = (median(k, lambda r: r.load.per_s) for k in ("alone", "batched"))
    rows = [
        at_least("one signature a message, 64 connections", alone, "1/s", 4000),
        at_least(
            "one signature a message, 64 connections, POST",
            median("unsafe", lambda r: r.load.per_s),
            "1/s",
            None,
        ),
        at_least("one signature a batch, 100 connections", batched, "1/s", 10_000),
        at_most(
            "one connection, added p50",
            median("single", lambda r: r.load.p50_ms)
            - median("direct single", lambda r: r.load.p50_ms),
            "ms",
            2,
        ),
        at_most(
            "one connection, added p99",
            median("single", lambda r: r.load.p99_ms)
            - median("direct single", lambda r: r.load.p99_ms),
            "ms",
            8,
        ),
        at_most("64 connections, p99", median("alone", lambda r: r.load.p99_ms), "ms", None),
        at_most(
            "100 connections batched, p99", median("batched", lambda r: r.load.p99_ms), "ms", None
        ),
    ]
    for kind, words, target in (("alone", "message", 180), ("batched", "batch", 60)):
        for side, of in (("asking", _asking), ("answering", _answering)):
            name = f"processor time an exchange, {side} node, one signature a {words}"
            rows.append(at_most(name, median(kind, of), "µs", target))
    rows.append(at_most("memory of a node under load", memory_mb, "MB", 120))
    rows.append(at_most("start of both nodes to listening", ground.start_s, "s", 1))
    rows.append(
        at_least(
            "direct calls to the back end", median("direct", lambda r: r.load.per_s), "1/s", None
        )
    )
    if "nginx" in rounds:
        limit = median("nginx", lambda r: r.load.per_s)
        rows.append(at_least("nginx, two hops of mutual TLS, unsigned", limit, "1/s", None))
        rows.append(at_least("share of it, one signature a message", 100 * alone / limit, "%", 10))
        rows.append(at_least("share of it, one signature a batch", 100 * batched / limit, "%", 25))
    return rows


def _asking(one: Round) -> float:
    return one.asking_us


def _answering(one: Round) -> float:
    return one.answering_us


def at_least(name: str, value: float, unit: str, target: float | None) -> dict[str, Any]:
    """Return a row whose value should reach the target."""
    met = None if target is None else value >= target
    return {"name": name, "value": round(value, 2), "unit": unit, "target": target, "met": met}


def at_most(name: str, value: float, unit: str, target: float | None) -> dict[str, Any]:
    """Return a row whose value should not pass the target."""
    met = None if target is None else value <= target
    return {"name": name, "value": round(value, 2), "unit": unit, "target": target, "met": met}
