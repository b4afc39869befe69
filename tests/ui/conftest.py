"""Sets Django up for the tests of the screens, and serves the gallery to the browser tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.utils import translation

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taysir.web.settings")
django.setup()

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def arabic() -> Iterator[None]:
    """Every test begins in Arabic."""
    with translation.override("ar"):
        yield


@pytest.fixture(scope="session")
def gallery_url() -> Iterator[str]:
    """Serve the gallery alone, in a process of its own, and return its address."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    command = [sys.executable, "-m", "tests.ui.gallery_site", "0"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as site:
        assert site.stdout is not None
        yield site.stdout.readline().strip()
        site.terminate()
