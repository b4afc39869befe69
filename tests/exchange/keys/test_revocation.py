"""A revoked key's next call is refused, from the authority's command to the other node's answer."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from taysir.exchange.contracts import agree
from taysir.exchange.terms import OperationTerms, Terms
from taysir.testing.federation import TwoAgencies, two_agencies
from taysir.testing.nodes import PERSONS, PORTAL
from tests.exchange.keys.test_cli import keys


async def agreed(agencies: TwoAgencies) -> None:
    """Let the two agencies have an agreement in force."""
    now = datetime.now(UTC).replace(microsecond=0)
    terms = Terms(
        consumer=str(PORTAL),
        service=str(PERSONS),
        purposes=("tax-relief",),
        legal_basis="WAHA/LAW/tax/12",
        operations=(OperationTerms(method="GET", path="/persons/{id}"),),
        fields=(),
        valid_from=now - timedelta(minutes=1),
        valid_until=now + timedelta(days=30),
    )
    agreement = agree(
        terms,
        consumer_signer=agencies.asking.signer,
        provider_signer=agencies.answering.signer,
        at=now - timedelta(seconds=30),
    )
    for agency in (agencies.asking, agencies.answering):
        agency.source.shelf.put(agreement)
    fetch(agencies)


def fetch(agencies: TwoAgencies) -> None:
    """Have both nodes take what the authority published last."""
    token = (agencies.authority.folder / "federation.jws").read_bytes()
    for agency in (agencies.asking, agencies.answering):
        agency.source.take(token)


async def revoke(agencies: TwoAgencies, name: str) -> dict[str, Any]:
    """Withdraw a certificate by the authority's command, and let the nodes fetch."""
    done = await asyncio.to_thread(keys, "revoke", name, "--authority", agencies.authority.folder)
    fetch(agencies)
    return done


@pytest.mark.parametrize(
    ("side", "place", "code"),
    [
        ("asking", "member", "EXC-0124"),
        ("answering", "member", "EXC-0124"),
        ("asking", "node", "EXC-0124"),
        ("answering", "node", "EXC-0120"),
    ],
)
def test_the_next_call_of_a_revoked_key_is_refused(
    tmp_path: Path, side: str, place: str, code: str
) -> None:
    async def run() -> None:
        async with two_agencies(tmp_path) as agencies:
            await agreed(agencies)
            status, _head, body = await agencies.asking.call("/persons/7")
            assert status == 200, body
            agency = agencies.asking if side == "asking" else agencies.answering
            pair = agency.settings.tls
            if place == "member":
                [pair] = agency.settings.members.values()
            await revoke(agencies, pair.certificate)
            status, _head, body = await agencies.asking.call("/persons/7")
            assert status >= 400
            assert body["code"] == code

    asyncio.run(run())
