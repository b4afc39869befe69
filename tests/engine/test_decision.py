"""A kept decision is read back whole, up to the largest that may be kept."""

from __future__ import annotations

import pytest

from taysir.engine.decision import Decision
from taysir.engine.definition import Pack
from taysir.engine.rules import decide
from taysir.kernel.errors import Problem
from taysir.kernel.limits import DECISION_BYTES

from .conftest import NOW, MakeCase


def test_the_size_of_a_decision_is_bounded(pack: Pack, make_case: MakeCase) -> None:
    decision = decide(pack, make_case(), on=NOW.date(), at=NOW)
    data = decision.to_json()
    assert Decision.from_json(data.ljust(DECISION_BYTES)) == decision
    with pytest.raises(Problem, match="ENG-1101"):
        Decision.from_json(data.ljust(DECISION_BYTES + 1))
