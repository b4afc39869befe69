"""A node as a process: federation, agreements and evidence bound to the node, run until SIGTERM."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from taysir.exchange import node
from taysir.exchange.evidence import EvidencePackager, nothing_proved
from taysir.exchange.federation_source import FederationSource
from taysir.exchange.keys.ring import KeyRing
from taysir.exchange.log_setup import make_transparency
from taysir.exchange.settings import read_settings


def run(settings_file: Path) -> None:
    """Run the node that a settings file describes."""
    settings = read_settings(settings_file)
    source = FederationSource(
        url=settings.federation_url,
        authority_certificate=Path(settings.authority_certificate),
        folder=Path(settings.folder),
        agreements=Path(settings.agreements),
        now=lambda: datetime.now(UTC),
    )
    keys = KeyRing(settings)
    transparency = make_transparency(settings, source=source)
    node.run(
        settings,
        source=source,
        package=EvidencePackager(
            source,
            signers=keys.signers,
            node=settings.name,
            prove=transparency.keeper.prove if transparency else nothing_proved,
        ),
        keys=keys,
        reread=lambda: read_settings(settings_file),
        transparency=transparency,
        trust=source,
    )
