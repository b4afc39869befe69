"""The page on flows shows a flow that can be published."""

from __future__ import annotations

import re
from pathlib import Path

from taysir.engine.findings import Severity
from taysir.engine.flow_check import check_flow, token_bytes_at_most
from taysir.kernel.limits import TOKEN_BYTES

from .flows import flow_of

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "flow.md"


def test_the_example_has_nothing_to_mend() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    flow, found = flow_of(text)
    assert found == []
    errors = [item for item in check_flow(flow) if item.severity is Severity.ERROR]
    assert [item.in_words() for item in errors] == []
    assert token_bytes_at_most(flow) <= TOKEN_BYTES
