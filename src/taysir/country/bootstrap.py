"""Makes the contents of a country's folder, and brings a kept one up to date at each start."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from taysir.country.errors import CTY_UNREADABLE_MANIFEST
from taysir.country.layout import HOST, INSTANCE, NODE_MEMBERS, CountryLayout
from taysir.country.personas import PERSONAS
from taysir.country.population.building import (
    PopulationPlan,
    ensure_population,
    refresh_personas,
)
from taysir.country.sharing import PORTAL, service_packs
from taysir.country.transparency import log_settings
from taysir.country.trust import (
    ZONE,
    authority_certificate,
    ensure_agreements,
    key_pair,
    make_trust,
    member_id,
    publish_federation,
)
from taysir.exchange.authority import AuthoritySettings
from taysir.exchange.settings import NodeSettings
from taysir.kernel import limits
from taysir.kernel.errors import Problem
from taysir.web.installation import PortalSettings, SealSettings, SignInSettings

PERSONA_PASSWORD: Final = "waha"  # noqa: S105 - everyone's in the sample country, and published
ShowProgress = Callable[[str, float], None]

HOLIDAYS: Final = Path(__file__).parent / "holidays.yaml"
"""The public holidays of the State of Waha."""

_SERVICES: Final = {
    "civ": {
        "CIV/population/persons": "CIV/persons",
        "PST/addresses/addresses": "PST/addresses",
    },
    "trf": {
        "TRF/licensing/licences": "TRF/licences",
        "TRF/licensing/fines": "TRF/fines",
        "TRF/licensing/renewals": "TRF/renewals",
    },
    "state": {
        "HLT/fitness/tests": "HLT/fitness",
        "JUS/suspensions/suspensions": "JUS/suspensions",
    },
    "prg": {},
}
"""The data services of each node and the registry behind each."""


def make_country(
    layout: CountryLayout,
    *,
    seed: int,
    population: int,
    now: datetime,
    progress: ShowProgress,
) -> None:
    """Make population, keys, agreements and secrets; the folder exists and is empty."""
    progress("مفاتيح وشهادات · keys and certificates", 0.0)
    make_trust(layout, now=now)
    secret = {"portal": secrets.token_urlsafe(48), "programme": secrets.token_urlsafe(48)}
    secret["client"] = secrets.token_urlsafe(24)
    (layout.root / "secrets.json").touch(mode=0o600)
    (layout.root / "secrets.json").write_bytes(orjson.dumps(secret))
    for folder in (layout.portal, layout.programme, layout.root / "settings"):
        folder.mkdir(parents=True, exist_ok=True)
    title = f"{population:,} نسمة · persons"
    ensure_population(
        layout.registries,
        plan=PopulationPlan(seed=seed, size=population, today=now.date()),
        now=now,
        progress=lambda share: progress(title, share),
    )


def refresh(layout: CountryLayout, *, today: date) -> None:
    """Bring a complete folder up to date: personas of today, federation and settings for now."""
    now = datetime.now(UTC)
    assert now.date() >= today
    refresh_personas(layout.registries, now=now)
    ensure_agreements(layout, now=now)
    publish_federation(layout, now=now)
    write_settings(layout)


def write_settings(layout: CountryLayout) -> None:
    """Write the settings of every process for the ports in use now."""
    secret = _secrets(layout)
    settings: dict[str, Any] = {
        "authority": AuthoritySettings(
            folder=str(layout.authority), host=HOST, port=layout.authority_port
        ),
        "portal": _portal(layout, secret),
        "programme": _programme(layout, secret),
    }
    for node in NODE_MEMBERS:
        settings[f"node-{node}"] = _node(layout, node)
    for name, value in settings.items():
        file = layout.settings(name)
        file.touch(mode=0o600)
        file.write_bytes(msgspec.json.format(msgspec.json.encode(value)))


def _secrets(layout: CountryLayout) -> dict[str, str]:
    file = layout.root / "secrets.json"
    try:
        secret = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise Problem(CTY_UNREADABLE_MANIFEST, file=str(file)) from error
    return dict(secret)


def _node(layout: CountryLayout, node: str) -> NodeSettings:
    services = {
        f"{INSTANCE}/GOV/{service}": layout.url(layout.registry_port(registry))
        for service, registry in _SERVICES[node].items()
    }
    openapi = {
        f"{INSTANCE}/GOV/{service}": layout.url(layout.registry_port(registry)) + "/openapi.json"
        for service, registry in _SERVICES[node].items()
    }
    if node == "state":
        services[f"{INSTANCE}/GOV/PAY/bills/bills"] = layout.url(layout.treasury_port)
    if node == "prg":
        services[f"{INSTANCE}/GOV/PRG/measures/case-events"] = layout.url(layout.intake_port)
    return NodeSettings(
        name=node,
        zone=ZONE,
        folder=str(layout.node(node)),
        host=HOST,
        face_port=layout.face_port(node),
        admin_port=layout.admin_port(node),
        peer_port=layout.peer_port(node),
        tls=key_pair(layout, f"node-{node}"),
        tls_authorities=str(authority_certificate(layout)),
        members={
            str(member_id(code)): key_pair(layout, f"member-{code}") for code in NODE_MEMBERS[node]
        },
        services=services,
        subject_key=str(layout.root / "keys" / "subject.key"),
        federation_url=layout.url(layout.authority_port) + "/federation",
        authority_certificate=str(authority_certificate(layout)),
        agreements=str(layout.node(node) / "agreements"),
        openapi=openapi,
        segment_bytes=16 * limits.MIB,
        log=log_settings(layout, node),
    )


def _portal(layout: CountryLayout, secret: dict[str, str]) -> PortalSettings:
    seal = key_pair(layout, "seal-TRF")
    return PortalSettings(
        secret_key=secret["portal"],
        public_url=layout.url(layout.portal_port),
        host=HOST,
        port=layout.portal_port,
        database=str(layout.portal / "portal.sqlite"),
        documents=str(layout.portal / "documents"),
        static_root=str(layout.portal / "static"),
        subsystem=PORTAL,
        face_url=layout.url(layout.face_port("trf")),
        admin_url=layout.url(layout.admin_port("trf")),
        packs=tuple(str(folder) for folder in service_packs()),
        pay_url=layout.url(layout.treasury_port) + "/pay/{number}",
        holidays=str(HOLIDAYS),
        sign_in=SignInSettings(
            server_url=layout.url(layout.identity_port),
            client_id="portal",
            secret=secret["client"],
        ),
        seal=SealSettings(
            certificate=seal.certificate,
            key=seal.key,
            trust_roots=str(authority_certificate(layout)),
        ),
    )


def _programme(layout: CountryLayout, secret: dict[str, str]) -> dict[str, Any]:
    return {
        "secret_key": secret["programme"],
        "public_url": layout.url(layout.programme_port),
        "host": HOST,
        "port": layout.programme_port,
        "intake_port": layout.intake_port,
        "database": str(layout.programme / "programme.sqlite"),
        "static_root": str(layout.programme / "static"),
    }


def featured_personas() -> list[dict[str, str]]:
    """Return the people whom a first visitor should meet."""
    return [
        {
            "code": persona.code,
            "national_id": persona.national_id,
            "name_ar": persona.full_name_ar,
            "name_en": persona.full_name_en,
            "story_ar": persona.story_ar,
            "story_en": persona.story_en,
        }
        for persona in PERSONAS
        if persona.featured
    ]
