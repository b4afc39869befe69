"""The programme office's process: its pages on one port, the intake of case events on another.

Two ports, because anybody may see the figures and only the programme's node may deliver events.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any


def run(settings_file: Path) -> None:
    """Serve the programme office with the settings of a file until SIGTERM."""
    os.environ["TAYSIR_SETTINGS"] = str(settings_file)
    os.environ["DJANGO_SETTINGS_MODULE"] = "taysir.web.settings_programme"
    # Django reads its settings when it is first imported, so they must be named before.
    from taysir.web.programme_serving import serve

    signal.signal(signal.SIGTERM, _stop)
    serve()


def _stop(_number: int, _frame: Any) -> None:
    raise SystemExit(0)
