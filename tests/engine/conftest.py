"""The renewal pack and cases made from it, for every test of the engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from taysir.engine.definition import Pack
from taysir.engine.facts import Attested, CaseFacts, EvidenceOutcome, Typed
from taysir.engine.lookups import needed_lookups, receive_answer, receive_outcome
from taysir.engine.pack import build_pack, load_pack, read_pack_files

PACK_PATH = Path(__file__).parents[2] / "src/taysir/country/services/licence_renewal"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

RECORDS: dict[str, dict[str, Any]] = {
    "person": {
        "name_ar": {"first": "سارة", "father": "محمد", "grandfather": "علي", "family": "الواحي"},
        "name_en": {
            "first": "Sara",
            "father": "Mohammed",
            "grandfather": "Ali",
            "family": "Alwahi",
        },
        "birth_date": "1990-04-12",
        "vital_status": "alive",
        "identity_expiry_date": "2030-01-01",
    },
    "licence": {
        "licence_number": "WL-0042",
        "categories": ["B"],
        "issued_on": "2021-12-24",
        "expires_on": "2026-12-24",
        "restrictions": [],
        "status": "valid",
    },
    "fines": {"unpaid_count": 0, "unpaid_total_minor": 0},
    "fitness": {"tested_on": "2026-10-01", "valid_until": "2027-10-01", "result": "fit"},
    "suspension": {"suspended": False},
}

MakeCase = Callable[..., CaseFacts]


@pytest.fixture(scope="session")
def files() -> dict[str, bytes]:
    """The files of the renewal pack."""
    return read_pack_files(PACK_PATH)


@pytest.fixture(scope="session")
def pack() -> Pack:
    """The renewal pack, loaded."""
    return load_pack(PACK_PATH)


@pytest.fixture(scope="session")
def changed(files: dict[str, bytes]) -> Callable[..., Pack]:
    """Build the pack with text replaced in some of its files."""

    def build(**changes: tuple[str, str]) -> Pack:
        return build_pack(edited(files, **changes))

    return build


def edited(files: dict[str, bytes], **changes: tuple[str, str]) -> dict[str, bytes]:
    """Return the files with one text replaced in each named file (``rules__fee`` for rules/fee)."""
    made = dict(files)
    for short, (old, new) in changes.items():
        name = next(file for file in files if file.startswith(short.replace("__", "/") + "."))
        text = files[name].decode()
        assert old in text, f"{name} does not hold {old!r}"
        made[name] = text.replace(old, new, 1).encode()
    return made


@pytest.fixture(scope="session")
def make_case(pack: Pack) -> MakeCase:
    """Make a complete case; keyword arguments overlay the registries' records or replace them."""

    def make(
        years: int | None = 5,
        delivery: str | None = "digital",
        at: datetime = NOW,
        **replies: dict[str, Any] | str | None,
    ) -> CaseFacts:
        facts = CaseFacts().with_value(
            "applicant.national_id", "3000000004", provenance=Attested("idp", at)
        )
        if years is not None:
            facts = facts.with_value("renewal.years", years, provenance=Typed("applicant", at))
        if delivery is not None:
            facts = facts.with_value(
                "renewal.delivery", delivery, provenance=Typed("applicant", at)
            )
        for lookup in needed_lookups(pack, facts):
            reply = replies.get(lookup.name, {})
            if isinstance(reply, str):
                facts = receive_outcome(lookup, facts, EvidenceOutcome(reply), at=at)
            elif reply is not None:
                record = {**RECORDS.get(lookup.name, {}), **reply}
                facts = receive_answer(
                    pack, lookup, facts, record, agreement="a1", exchange_id="x1", at=at
                )
        return facts

    return make
