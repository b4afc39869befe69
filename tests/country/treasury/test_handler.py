"""The sample treasury keeps bills for billers and takes payments from people."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from taysir.country.treasury import make_handler
from taysir.country.treasury.store import LATE_NOTICE
from taysir.exchange.http import Request, Response
from taysir.kernel.errors import Problem

BILL = {
    "number": "0130000000072",
    "biller": "013",
    "reference": "TRF-2026-000001-1",
    "amount_minor": 20_000,
    "description_ar": "رسم <b>التجديد</b>",
    "description_en": "Fee",
    "due": "2026-12-24",
    "return_url": "http://127.0.0.1:8000/cases/TRF-2026-000001-1/paid",
}


class Treasury:
    """The handler with a clock that the test moves."""

    def __init__(self, file: Path) -> None:
        self.now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
        self._handle = make_handler(
            database=file, clock=lambda: self.now, token=lambda: "form-0001"
        )

    def ask(self, method: str, path: str, body: bytes = b"", cookie: str = "") -> Response:
        headers = ((b"cookie", cookie.encode()),) if cookie else ()
        request = Request(method=method, target=path.encode(), headers=headers, body=body)

        async def answer() -> Response:
            return await self._handle(request)

        return asyncio.run(answer())

    def make(self, **changes: Any) -> Response:
        return self.ask("POST", "/bills", json.dumps(BILL | changes).encode())

    def pay(self, outcome: str, *, attempt: str = "form-0001") -> Response:
        form = urlencode({"outcome": outcome, "attempt": attempt}).encode()
        return self.ask("POST", f"/pay/{BILL['number']}", form)

    def held(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.ask("GET", f"/bills/{BILL['number']}").body)
        return found


@pytest.fixture
def treasury(tmp_path: Path) -> Treasury:
    return Treasury(tmp_path / "treasury.sqlite3")


def test_a_bill_is_kept_once(treasury: Treasury) -> None:
    """The same bill again is the same; another under its number is refused."""
    assert (treasury.make().status, treasury.make().status) == (201, 200)
    with pytest.raises(Problem, match="CTY-0302"):
        treasury.make(amount_minor=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_minor": 0},
        {"amount_minor": "5"},
        {"number": "x"},
        {"return_url": "javascript:alert(1)"},
        {"due": "soon"},
        {"more": 1},
        {"description_ar": "x" * 9000},
    ],
)
def test_a_bad_bill_is_refused(treasury: Treasury, changes: dict[str, Any]) -> None:
    """Each wrong member is refused, as is a body that is too large."""
    with pytest.raises(Problem, match="CTY-0301"):
        treasury.make(**changes)


@pytest.mark.parametrize("path", ["/bills/1", "/nothing", "/fonts/../store.py"])
def test_the_unknown_is_not_found(treasury: Treasury, path: str) -> None:
    """There is nothing at other addresses."""
    with pytest.raises(Problem, match="CTY-0303"):
        treasury.ask("GET", path)


@pytest.mark.parametrize(
    ("outcome", "payments", "attempt"),
    [
        ("paid", 1, ""),
        ("twice", 2, ""),
        ("declined", 0, "declined"),
        ("timeout", 0, "timeout"),
        ("late", 0, ""),
    ],
)
def test_each_outcome_is_reported(
    treasury: Treasury, outcome: str, payments: int, attempt: str
) -> None:
    """The biller hears of payments and failed attempts."""
    treasury.make()
    treasury.pay(outcome)
    treasury.pay(outcome)

    held = treasury.held()

    assert (len(held["payments"]), held["last_attempt"]) == (payments, attempt)


def test_a_late_notice_comes(treasury: Treasury) -> None:
    """The biller hears of the payment only after a while; the payer sees it at once."""
    treasury.make()
    treasury.pay("late")
    assert b"Do not pay again" in treasury.ask("GET", f"/pay/{BILL['number']}?language=en").body
    treasury.now += LATE_NOTICE + timedelta(seconds=1)

    assert treasury.held()["status"] == "paid"


def test_the_way_back_is_the_registered_one(treasury: Treasury) -> None:
    """A payment ends where the biller said, whatever the link says."""
    treasury.make()
    answer = treasury.pay("paid")

    assert (answer.status, dict(answer.headers)[b"location"]) == (303, BILL["return_url"].encode())


@pytest.mark.parametrize(("language", "direction"), [("ar", 'dir="rtl"'), ("en", 'dir="ltr"')])
def test_the_page_speaks_both_languages(treasury: Treasury, language: str, direction: str) -> None:
    """Arabic unless the portal's cookie says English; texts of a bill are escaped."""
    treasury.make()
    cookie = f"taysir_language={language}"
    page = treasury.ask("GET", f"/pay/{BILL['number']}", cookie=cookie).body.decode()

    assert direction in page
    assert "<b>" not in page
    assert treasury.ask("GET", "/pay/1").status == 404


@pytest.mark.parametrize("form", [b"", b"outcome=free&attempt=form-0001", b"outcome=paid", b"\xff"])
def test_a_bad_form_pays_nothing(treasury: Treasury, form: bytes) -> None:
    """The page is shown again."""
    treasury.make()

    assert treasury.ask("POST", f"/pay/{BILL['number']}", form).status == 303
    assert treasury.held()["payments"] == []
