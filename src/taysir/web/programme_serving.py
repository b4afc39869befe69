"""Serves the programme's pages and its intake from one loop with waitress."""

from __future__ import annotations

from typing import Any

import waitress
from django.core.wsgi import get_wsgi_application

from taysir.kernel import limits
from taysir.kernel.log import get_logger
from taysir.web.serving import prepare

log = get_logger(__name__)


def serve() -> None:
    """Prepare the database, then answer until the process is stopped."""
    prepare()
    # The app registry and the settings are complete only after preparation.
    from taysir.programme.measures.intake import intake
    from taysir.web.settings_programme import PROGRAMME

    sockets: dict[int, Any] = {}
    shared = {
        "map": sockets,
        "host": PROGRAMME.host,
        "ident": None,
        "channel_timeout": int(limits.HTTP_IDLE_TIMEOUT_S),
        "connection_limit": limits.HTTP_CONNECTIONS,
        "max_request_header_size": limits.HTTP_HEADER_BYTES,
        "clear_untrusted_proxy_headers": True,
    }
    pages = waitress.create_server(
        get_wsgi_application(), port=PROGRAMME.port, threads=PROGRAMME.threads, **shared
    )
    waitress.create_server(
        intake,
        port=PROGRAMME.intake_port,
        threads=1,
        max_request_body_size=limits.CASE_EVENTS_BYTES,
        **shared,
    )
    log.info("programme_served", port=PROGRAMME.port, intake_port=PROGRAMME.intake_port)
    pages.run()
