"""The programme office as it runs: events come in on one port, figures are seen on the other."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from taysir.testing.nodes import free_ports

from .test_events import sent

pytestmark = pytest.mark.slow

PATIENCE_S = 90.0
FROM = {"X-Road-Client": "WAHA/GOV/TRF/portal", "X-Road-Request-Id": "carrier-1"}


@dataclass(frozen=True, slots=True)
class Office:
    """A running programme office."""

    pages: int
    intake: int

    def ask(self, port: int, path: str, *, method: str = "GET", **rest: Any) -> tuple[int, str]:
        with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
            connection.request(method, path, **rest)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def wait_until_well(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the first good health answer; fails if the process ended or never gives one."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with suppress(OSError):
                if self.ask(self.intake, "/healthz")[0] == 200:
                    return
            assert process.poll() is None, "the office ended"
            assert time.monotonic() < deadline, "the office does not answer"
            time.sleep(0.1)

    def tell(self, *events: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        body = json.dumps(events).encode()
        given = FROM if headers is None else headers
        status, text = self.ask(
            self.intake, "/case-events", method="POST", body=body, headers=given
        )
        return status, json.loads(text)

    def figures(self) -> dict[str, Any]:
        found = json.loads(self.ask(self.pages, "/measures.json")[1])
        return {figure["key"]: figure for figure in found["figures"]}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("programme")
    pages, intake = free_ports(2)
    made = Office(pages=pages, intake=intake)
    file = folder / "settings.json"
    content = {"port": made.pages, "intake_port": made.intake, "database": str(folder / "db")}
    file.write_text(json.dumps(content))
    source = Path(__file__).parents[2] / "src"
    code = (
        f"import sys; sys.path.insert(0, {str(source)!r}); from pathlib import Path;"
        f"from taysir.web.programme import run; run(Path({str(file)!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL)
    try:
        made.wait_until_well(process)
        yield made
    finally:
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


def test_an_event_is_measured_at_once(office: Office) -> None:
    """Taken with 202, counted in the next figure, open to the events with the carrying call."""
    event = sent(step="submitted", data={})
    before = office.figures()["take_up"]["denominator"]

    assert office.tell(event) == (202, {"accepted": 1, "known": 0})
    assert office.tell(event) == (202, {"accepted": 0, "known": 1})
    assert office.figures()["take_up"]["denominator"] == before + 1
    status, page = office.ask(office.pages, "/figures/take_up/below")
    assert (status, "carrier-1" in page) == (200, True)


def test_a_contradicting_event_is_refused(office: Office) -> None:
    """Neither another content under the same id nor a second event at the same place."""
    event = sent(event_id="event-0001", case="b" * 32)
    office.tell(event)

    assert office.tell(event | {"step": "decided"})[1]["code"] == "PRG-0104"
    assert office.tell(event | {"event_id": "event-0002"})[1]["code"] == "PRG-0104"


def test_a_batch_is_stored_whole_or_not_at_all(office: Office) -> None:
    """One bad event keeps the good one out too."""
    good = sent(event_id="event-0003", case="c" * 32, step="submitted", data={})
    before = office.figures()["take_up"]["denominator"]

    assert office.tell(good, sent(data={"field": "سارة"}))[0] == 422
    assert office.figures()["take_up"]["denominator"] == before


@pytest.mark.parametrize("headers", [{}, {"X-Road-Client": "WAHA/GOV/TRF/portal"}])
def test_what_did_not_come_by_exchange_is_refused(office: Office, headers: dict[str, str]) -> None:
    """An event without the id of its call proves nothing."""
    assert office.tell(sent(), headers=headers)[1]["code"] == "PRG-0101"


def test_the_public_port_takes_no_events(office: Office) -> None:
    """Events are taken on the inner port only, and pages are shown on the outer only."""
    assert office.ask(office.pages, "/case-events", method="POST", body=b"[]")[0] == 404
    assert office.ask(office.intake, "/")[0] == 404
    assert office.ask(office.intake, "/case-events")[0] == 405


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("path", ["/", "/figures/prefill/above?page=999", "/figures/x/below"])
def test_pages_speak_both_languages(office: Office, language: str, path: str) -> None:
    """Pages, empty pages and refusals come in the chosen language."""
    cookie = {"Cookie": f"taysir_language={language}"}
    status, page = office.ask(office.pages, path, headers=cookie)

    assert status == (404 if "/x/" in path else 200)
    assert f'lang="{language}"' in page


def test_figures_come_as_a_table(office: Office) -> None:
    """CSV has one line a figure, each labelled measured."""
    lines = office.ask(office.pages, "/measures.csv")[1].splitlines()

    assert len(lines) == 10
    assert all(",measured," in line for line in lines[1:])
