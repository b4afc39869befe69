"""Serves the WSGI application of the settings in force with waitress."""

from __future__ import annotations

import fcntl
from pathlib import Path

import django
import waitress
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from taysir.kernel import limits
from taysir.kernel.log import get_logger
from taysir.web.memory import keep_memory_small

log = get_logger(__name__)


def prepare() -> None:
    """Set Django up and bring the database to the present form; one process at a time."""
    keep_memory_small()
    django.setup()
    database = Path(settings.DATABASES["default"]["NAME"])
    with database.with_suffix(".migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        call_command("migrate", interactive=False, verbosity=0)
        if settings.STATIC_ROOT:
            call_command("collectstatic", interactive=False, verbosity=0)


def serve_wsgi(*, host: str, port: int, threads: int) -> None:
    """Prepare, then answer pages until the process is stopped."""
    prepare()
    application = get_wsgi_application()
    log.info("pages_served", host=host, port=port, threads=threads)
    waitress.serve(
        application,
        host=host,
        port=port,
        threads=threads,
        ident=None,
        channel_timeout=int(limits.HTTP_IDLE_TIMEOUT_S),
        connection_limit=limits.HTTP_CONNECTIONS,
        max_request_header_size=limits.HTTP_HEADER_BYTES,
        max_request_body_size=limits.HTTP_BODY_BYTES,
        clear_untrusted_proxy_headers=True,
        _quiet=True,
    )
