"""A node as a process: federation, agreements and evidence bound to the node, run until SIGTERM."""

from __future__ import annotations

import gc
import os
import resource
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from taysir.exchange import node
from taysir.exchange.evidence import EvidencePackager, nothing_proved
from taysir.exchange.evidence_face import NodeEvidence, PackageEvidence
from taysir.exchange.evidence_range import RangePackager
from taysir.exchange.federation_source import FederationSource
from taysir.exchange.handover import fitting, given_by_systemd, take_over
from taysir.exchange.journal_lock import JournalLock
from taysir.exchange.keys.ring import KeyRing
from taysir.exchange.log_setup import Transparency, make_transparency
from taysir.exchange.settings import NodeSettings, read_settings
from taysir.kernel import limits


def run(settings_file: Path) -> None:
    """Run the node that a settings file describes."""
    keep_to_itself()
    settings = read_settings(settings_file)
    source = FederationSource(
        url=settings.federation_url,
        authority_certificate=Path(settings.authority_certificate),
        folder=Path(settings.folder),
        agreements=Path(settings.agreements),
        now=lambda: datetime.now(UTC),
    )
    keys = KeyRing(settings)
    folder = Path(settings.folder)
    listeners = fitting(given_by_systemd() or take_over(folder), ports=node.ports_of(settings))
    # The process before this one still ends its calls and writes their evidence, which is read
    # only afterwards.
    JournalLock(folder, wait_s=limits.CALL_TIMEOUT_S + limits.JOURNAL_LOCK_WAIT_S).release()
    transparency = make_transparency(settings, source=source)
    start = partial(
        node.start_node,
        settings,
        source=source,
        package=_evidence(settings, source=source, keys=keys, transparency=transparency),
        keys=keys,
        reread=lambda: read_settings(settings_file),
        transparency=transparency,
        listeners=listeners,
        trust=source,
    )
    calm_collector()
    node.run(settings, start=start)


def keep_to_itself() -> None:
    """Let nobody else on this machine read what the process writes, nor its memory after a crash.

    Journal, index and consents hold who asked about whom; memory holds keys.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def calm_collector() -> None:
    """Let the cycle collector look seldom, and never at what was made at the start.

    Calls leave no cycles behind, so looking for them after every 700 new objects finds nothing; it
    took a tenth of the processor time of a call.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(limits.COLLECTOR_OBJECTS, 20, 50)


def _evidence(
    settings: NodeSettings,
    *,
    source: FederationSource,
    keys: KeyRing,
    transparency: Transparency | None,
) -> PackageEvidence:
    """Return what makes the node's evidence packages; of ranges too where there is a log."""
    keeper = transparency.keeper if transparency else None
    single = EvidencePackager(
        source,
        signers=keys.signers,
        node=settings.name,
        prove=keeper.prove if keeper else nothing_proved,
    )
    if keeper is None:
        return single
    rows = RangePackager(source, signers=keys.signers, node=settings.name, prove=keeper.prove_range)
    return NodeEvidence(single, rows)
