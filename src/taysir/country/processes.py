"""What each process of the running country does, and how one asks whether it is well."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Final

import msgspec
import orjson

from taysir.country.bootstrap import PERSONA_PASSWORD
from taysir.country.layout import NODE_MEMBERS, CountryLayout
from taysir.country.supervisor import ProcessSpec
from taysir.web.memory import keep_memory_small

PRELOADED: Final = (
    "uvloop",
    "httptools",
    "msgspec",
    "orjson",
    "jsonschema_rs",
    "jinja2",
    "waitress",
    "whitenoise",
    "requests",
    "cryptography.x509",
    "django.db.models",
    "django.core.handlers.wsgi",
    "django.template.backends.jinja2",
    "django.db.backends.sqlite3.base",
    "django.contrib.sessions.middleware",
    "django.contrib.staticfiles.storage",
    "django.contrib.auth.tokens",
    "django.middleware.common",
    "csp.middleware",
    "whitenoise.middleware",
    "whitenoise.storage",
    "prometheus_client",
    "taysir.exchange.process",
    "taysir.exchange.authority",
    "taysir.country.time_stamping.face",
    "taysir.country.sample_state",
    "taysir.country.treasury",
    "taysir.country.identity_provider",
    "typst",
    "segno",
    "pyhanko.sign.signers",
    "pyhanko.sign.validation",
    "taysir.engine.rules",
    "taysir.engine.pack",
    "taysir.engine.flow_check",
    "taysir.exchange.client",
    "taysir.transactions.cases.holidays",
    "taysir.transactions.documents.typesetting",
    "taysir.transactions.documents.contrib.pades",
    "taysir.ui.jinja",
)
"""Loaded once by the supervisor, shared by every process that is forked from it."""


def preload() -> None:
    """Load the code that the processes share, and bound how each holds memory after the fork."""
    keep_memory_small()
    for module in PRELOADED:
        importlib.import_module(module)


def specs(layout: CountryLayout) -> list[ProcessSpec]:
    """Return the processes in the order in which they start."""
    return [
        ProcessSpec(
            name="authority",
            run=lambda: _authority(layout),
            log_file=layout.log("authority"),
        ),
        ProcessSpec(
            name="sample-state",
            run=lambda: _sample_state(layout),
            log_file=layout.log("sample-state"),
        ),
        *(_node_spec(layout, node) for node in NODE_MEMBERS),
        ProcessSpec(
            name="programme",
            run=lambda: _programme(layout.settings("programme")),
            log_file=layout.log("programme"),
        ),
        ProcessSpec(
            name="portal",
            run=lambda: _portal(layout.settings("portal")),
            log_file=layout.log("portal"),
        ),
        ProcessSpec(
            name="worker",
            run=lambda: _worker(layout.settings("portal")),
            log_file=layout.log("worker"),
        ),
    ]


def health_urls(layout: CountryLayout) -> dict[str, str]:
    """Return the health address of each process that listens."""
    ports = {
        "authority": layout.authority_port,
        "sample-state": layout.control_port,
        **{f"node-{node}": layout.admin_port(node) for node in NODE_MEMBERS},
        "programme": layout.programme_port,
        "portal": layout.portal_port,
    }
    return {name: layout.url(port) + "/healthz" for name, port in ports.items()}


def _node_spec(layout: CountryLayout, node: str) -> ProcessSpec:
    from taysir.exchange import process

    name = f"node-{node}"
    return ProcessSpec(
        name=name, run=lambda: process.run(layout.settings(name)), log_file=layout.log(name)
    )


def _authority(layout: CountryLayout) -> None:
    from taysir.country.time_stamping.face import PATH, time_stamping_face
    from taysir.exchange import authority
    from taysir.exchange.membership import membership_face

    data = layout.settings("authority").read_bytes()
    settings = msgspec.json.decode(data, type=authority.AuthoritySettings)
    also = {PATH: time_stamping_face(layout.root / "keys")}
    authority.run(settings, also={**also, **membership_face(layout.authority)})


def _sample_state(layout: CountryLayout) -> None:
    from taysir.country import identity_provider, sample_state, treasury
    from taysir.country.identity_provider.tokens import Client

    portal = orjson.loads(layout.settings("portal").read_bytes())
    client = Client(
        client_id=portal["sign_in"]["client_id"],
        secret=portal["sign_in"]["secret"],
        redirect_uri=portal["public_url"] + "/accounts/oidc/national/login/callback/",
    )
    faces = (
        sample_state.Face(
            name="treasury",
            port=layout.treasury_port,
            make=lambda: treasury.make_handler(database=layout.root / "treasury.sqlite"),
        ),
        sample_state.Face(
            name="identity",
            port=layout.identity_port,
            make=lambda: identity_provider.make_handler(
                issuer=layout.url(layout.identity_port),
                client=client,
                password=PERSONA_PASSWORD,
            ),
        ),
    )
    sample_state.run(sample_state.SampleStateSettings.of_layout(layout, faces=faces))


def _portal(settings: Path) -> None:
    from taysir.web import portal

    portal.run(settings)


def _worker(settings: Path) -> None:
    from taysir.web import worker

    worker.run(settings)


def _programme(settings: Path) -> None:
    from taysir.web import programme

    programme.run(settings)
