"""Schemathesis, the public fuzzer of OpenAPI, finds nothing on the admin interface."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from taysir.exchange.admin_openapi import OPENAPI_PATH
from taysir.testing.nodes import TwoNodes

CONFIG = Path(__file__).with_name("schemathesis.toml")

pytestmark = pytest.mark.slow


def test_schemathesis_finds_nothing(nodes: TwoNodes, tmp_path: Path) -> None:
    """Every check of the tool, with right and wrong data, over every operation."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        f"--config-file={CONFIG}",
        "run",
        nodes.admin_url + OPENAPI_PATH,
        "--checks=all",
        "--mode=all",
        "--max-examples=25",
        "--generation-deterministic",
        "--request-timeout=20",
        "--workers=1",
        "--no-color",
        # Identifiers of services hold slashes, which the tool keeps out of paths.
        "--suppress-health-check=filter_too_much",
    ]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=tmp_path, timeout=300
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
