"""The portal's process: prepares the database, then serves pages until it is asked to stop."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def run(settings_file: Path) -> None:
    """Serve the portal with the settings of a file until SIGTERM."""
    os.environ["TAYSIR_SETTINGS"] = str(settings_file)
    os.environ["DJANGO_SETTINGS_MODULE"] = "taysir.web.settings"
    # Django reads its settings when it is first imported, so they must be named before.
    from taysir.web.serving import serve_wsgi
    from taysir.web.settings import PORTAL

    signal.signal(signal.SIGTERM, _stop)
    serve_wsgi(host=PORTAL.host, port=PORTAL.port, threads=PORTAL.threads)


def _stop(_number: int, _frame: object) -> None:
    raise SystemExit(0)
