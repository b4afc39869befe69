"""Which agency may ask which for what in Waha: the terms of every sharing agreement.

The fields are exactly those that the service packs map to facts, so that nothing travels that no
service needs.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from taysir.engine.definition import PLACEHOLDER, Lookup, Pack, Registration, ServiceStatus
from taysir.engine.pack import load_pack
from taysir.engine.source import read_yaml
from taysir.exchange.model import Classification
from taysir.exchange.terms import OperationTerms, Terms, ZoneTerms

SERVICES: Final = Path(__file__).parent / "services"
PORTAL: Final = "WAHA/GOV/TRF/portal"
_ZONES: Final = ("waha-1",)
_YEARS: Final = 2


def service_packs() -> list[Path]:
    """Return the folders of the sample services that are on offer; prepared ones are left out."""
    return sorted(file.parent for file in SERVICES.glob("*/service.yaml") if _is_live(file))


def _is_live(file: Path) -> bool:
    said = read_yaml(file.read_bytes(), file=file.name).value.get("status", ServiceStatus.LIVE)
    return bool(said == ServiceStatus.LIVE)


def sharing_terms(*, now: datetime) -> list[Terms]:
    """Return the terms of every agreement, valid from yesterday on."""
    packs = [load_pack(folder) for folder in service_packs()]
    lookups = [_lookup_terms(lookup, pack, now=now) for pack in packs for lookup in pack.lookups]
    registrations = [
        _registration_terms(pack.service.registration, pack, now=now)
        for pack in packs
        if pack.service.registration is not None
    ]
    return [*lookups, *registrations, *_other_terms(now)]


def _lookup_terms(lookup: Lookup, pack: Pack, *, now: datetime) -> Terms:
    return _terms(
        now,
        service=str(lookup.service),
        purpose=lookup.purpose,
        legal_basis=pack.service.legal_basis[0],
        operations=[OperationTerms(method="GET", path=PLACEHOLDER.sub("{key}", lookup.path))],
        fields=sorted(lookup.facts),
    )


def _registration_terms(registration: Registration, pack: Pack, *, now: datetime) -> Terms:
    """A result is entered by virtue of the article that grants it."""
    return _terms(
        now,
        service=str(registration.service),
        purpose=registration.purpose,
        legal_basis=pack.reasons[pack.plan.grant_reason].article,
        operations=[OperationTerms(method="POST", path=registration.path)],
        fields=sorted(registration.facts),
    )


def _other_terms(now: datetime) -> list[Terms]:
    """Return the terms for collecting fees and measuring."""
    return [
        _terms(
            now,
            service="WAHA/GOV/PAY/bills/bills",
            purpose="fee-collection",
            legal_basis="fees-3",
            operations=[
                OperationTerms(method="POST", path="/bills"),
                OperationTerms(method="GET", path="/bills/{number}"),
            ],
            fields=[],
        ),
        _terms(
            now,
            service="WAHA/GOV/PRG/measures/case-events",
            purpose="programme-measurement",
            legal_basis="cabinet-40-22",
            operations=[OperationTerms(method="POST", path="/case-events")],
            fields=[],
        ),
    ]


def _terms(
    now: datetime,
    *,
    service: str,
    purpose: str,
    legal_basis: str,
    operations: list[OperationTerms],
    fields: list[str],
) -> Terms:
    start = (now - timedelta(days=1)).replace(microsecond=0)
    return Terms(
        consumer=PORTAL,
        service=service,
        purposes=(purpose,),
        legal_basis=legal_basis,
        operations=tuple(operations),
        fields=tuple(fields),
        classification=Classification.RESTRICTED,
        zones=ZoneTerms(consumer=_ZONES, processing=_ZONES, storage=_ZONES),
        retention_days=5 * 365,
        valid_from=start,
        valid_until=start + timedelta(days=365 * _YEARS),
    )
