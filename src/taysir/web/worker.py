"""The portal's worker: advances cases that are due, follows bills, sends events to the programme.

One loop, one database, no broker: what is due is found in the tables that the portal writes in the
same transaction as the person's step, so that nothing is lost between the two.
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

from taysir.kernel.log import get_logger

log = get_logger(__name__)


def run(settings_file: Path) -> None:
    """Work with the settings of a file until SIGTERM."""
    os.environ["TAYSIR_SETTINGS"] = str(settings_file)
    os.environ["DJANGO_SETTINGS_MODULE"] = "taysir.web.settings"
    # Django reads its settings when it is first imported, so they must be named before.
    from taysir.web.serving import prepare

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    prepare()
    from taysir.web.rounds import work_until  # models need Django set up

    work_until(stop)
