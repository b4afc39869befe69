"""What the portal promises: quick pages for one client, small memory, a quick second start.

Starts a country of its own, walks through renewals as persons without a browser would, and reads
the server's own time of each page. Population and disk are small on purpose: they are not measured.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from taysir.country import folder, running
from taysir.country.bootstrap import PERSONA_PASSWORD
from taysir.country.folder import UpOptions
from taysir.country.layout import CountryLayout
from taysir.country.personas import PERSONAS
from taysir.country.visitor import Page, Visitor

BASE_PORT = 8500
POPULATION = 500
ROUNDS = 5


def run() -> list[dict[str, Any]]:
    """Measure and return the rows."""
    with tempfile.TemporaryDirectory(prefix="taysir-bench-") as place:
        layout = CountryLayout(root=Path(place) / "waha", base_port=BASE_PORT)
        first_s = _start(layout)
        running.stop(layout.root)
        second_s = _start(layout)
        try:
            pages, decided_ms = _walk(layout)
            memory_mb = running.describe(running.find(layout.root))["memory_mb"]
        finally:
            running.stop(layout.root)
    server_ms = sorted(page.server_ms for page in pages)
    p95_ms = server_ms[int(len(server_ms) * 0.95)]
    bytes_max = max(len(page.body) for page in pages)
    return [
        _row("citizen pages, server time p50", statistics.median(server_ms), "ms", None),
        _row("citizen pages, server time p95", p95_ms, "ms", 50),
        _row("largest page, uncompressed", bytes_max / 1024, "KiB", None),
        _row("send to decision, p50", statistics.median(decided_ms), "ms", 2000),
        _row("first start, 500 persons", first_s, "s", None),
        _row("second start", second_s, "s", 15),
        _row("memory of the whole country (PSS)", memory_mb, "MB", 400),
    ]


def _row(name: str, value: float, unit: str, target: float | None) -> dict[str, Any]:
    met = None if target is None else value <= target
    return {"name": name, "value": round(value, 1), "unit": unit, "target": target, "met": met}


def _start(layout: CountryLayout) -> float:
    started = time.perf_counter()
    options = UpOptions(population=POPULATION)
    folder.prepare(layout, options=options, progress=lambda _step, _share: None)
    running.start_detached(layout)
    return time.perf_counter() - started


def _walk(layout: CountryLayout) -> tuple[list[Page], list[float]]:
    """Visit every kind of citizen page some times; returns the pages and the times to decide."""
    portal = layout.url(layout.portal_port)
    pages: list[Page] = []
    decided_ms: list[float] = []
    persons = [p for p in PERSONAS if p.expects.outcome == "granted"][:ROUNDS]
    for person in persons:
        visitor = Visitor()
        page = visitor.open(f"{portal}/services/licence-renewal/start")
        page = visitor.submit(
            page,
            page.form(field_name="password"),
            national_id=person.national_id,
            password=PERSONA_PASSWORD,
            action="sign-in",
        )
        pages.append(page)
        page = visitor.submit(
            page, page.form(field_name="renewal.years"), **{"renewal.years": "10"}
        )
        pages.append(page)
        started = time.perf_counter()
        page = visitor.submit(page, page.form(action="/submit"))
        decided_ms.append((time.perf_counter() - started) * 1000)
        number = page.url.split("/cases/")[1].split("/")[0]
        places = (
            "",
            "services/licence-renewal/",
            f"cases/{number}/",
            "cases/",
            "inbox/",
            "my-data/",
        )
        for path in places:
            pages.extend(visitor.open(f"{portal}/{path}") for _round in range(3))
    return pages, decided_ms
