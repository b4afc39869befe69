"""The authority gone for ten minutes, four hours, a day: calls on its last document, then none."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from taysir.exchange.federation import sign_federation
from taysir.exchange.federation_source import FederationSource
from tests.exchange.small_country import NOW, SmallCountry, country

PLACE = country()


def source(folder: Path, *, now: Callable[[], datetime]) -> FederationSource:
    """A node's source whose authority never answers."""
    shutil.copytree(PLACE.folder / "agreements", folder / "agreements")
    kept = dataclasses.replace(PLACE, folder=folder)
    assert isinstance(kept, SmallCountry)
    return FederationSource(
        url="http://127.0.0.1:1/federation",
        authority_certificate=kept.authority.certificate_file,
        folder=folder / "node",
        agreements=folder / "agreements",
        now=now,
    )


@pytest.mark.parametrize(("minutes", "usable"), [(10, True), (240, False), (1440, False)])
def test_the_last_document_serves_for_an_hour(tmp_path: Path, minutes: int, usable: bool) -> None:
    """It is kept over a restart; expired it still proves the past, and a new one is taken."""
    clock = [NOW]
    first = source(tmp_path, now=lambda: clock[0])
    first.take(PLACE.token)
    clock[0] = NOW + timedelta(minutes=minutes)

    again = FederationSource(
        url="http://127.0.0.1:1/federation",
        authority_certificate=PLACE.authority.certificate_file,
        folder=tmp_path / "node",
        agreements=tmp_path / "agreements",
        now=lambda: clock[0],
    )

    assert (clock[0] < again.current().expires_at) is usable
    assert again.token == PLACE.token
    newer = sign_federation(PLACE.content, serial=99, now=clock[0], signer=PLACE.authority.signer)
    assert again.take(newer)
    assert clock[0] < again.current().expires_at
